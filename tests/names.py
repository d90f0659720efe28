#!/usr/bin/env python3
"""Prints the names in a document of the sources that do not exist: files that are named without their folder, and
functions, constants and macros, as `name()` and `NAME`. A name must be in one of the files that its row or paragraph
names, or anywhere if that names no file. Files with their folder are checked by paths.bats."""

import pathlib
import re
import sys

ROOTS = ("cli", "lib", "tests", "etc")
FILE = r"[\w-]+\.(?:c|h|S|py|inc|bats|cc)\b"


def sources():
    found = {"./Makefile": pathlib.Path("Makefile").read_text()}
    for root in ROOTS:
        for path in pathlib.Path(root).rglob("*"):
            if path.is_file() and re.search(r"\.(c|h|S|py|inc|bats|bash|cc|map)$", path.name):
                found[str(path)] = path.read_text(errors="replace")
    return found


def units(text):
    """Returns the rows of the tables and the paragraphs between them."""
    for block in re.split(r"\n\s*\n", text):
        if block.startswith("|"):
            yield from block.split("\n")
        elif not block.startswith("    "):
            yield block


def named_files(unit, files):
    named = set()
    for path in re.findall(r"\b(?:cli|lib|tests|etc)/[\w./-]*\w", unit):
        named |= {file for file in files if file == path or file.startswith(path + "/")}
    for name in re.findall(r"(?<![\w/*.-])" + FILE, unit):
        named |= {file for file in files if file.endswith("/" + name)}
    return named


def findings(text, files):
    for unit in units(text):
        for name in re.findall(r"(?<![\w/*.-])" + FILE, unit):
            if not any(file.endswith("/" + name) for file in files):
                yield name
        named = named_files(unit, files) or set(files)
        for symbol in re.findall(r"`_?([A-Za-z]\w*(?:\.\w+)?(?=\(\)`)|[A-Z][A-Z0-9]*_[A-Z0-9_]+(?=`))", unit):
            word = re.compile(r"(?<![A-Za-z0-9])_?" + re.escape(symbol.split(".")[-1]) + r"\b")
            if not any(word.search(files[file]) for file in named):
                yield symbol


def main():
    text = pathlib.Path(sys.argv[1]).read_text() if sys.argv[1] != "-" else sys.stdin.read()
    found = sorted(set(findings(text, sources())))
    print("\n".join(found), end="\n" if found else "")


main()
