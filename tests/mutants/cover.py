"""Knows which code each test runs, by the marks of the programs that cover-cc has built."""
import collections
import glob
import os
import pickle
import re
import subprocess
import sys

from tests import read, run_file, write

MARKS_SIZE = 4 << 20  # as in cover.c
PLACE = re.compile(r".*/(?<!/tests/)((?:cli|lib)/\S+\.c):(\d+)")
FUNCTION = re.compile(r"[0-9a-f]+ <(.*)>:")
INSTRUCTION = re.compile(r" +([0-9a-f]+):\t(?:(?:call|bl) .*<(cover_block)>)?")


def disassemble(program):
    """Returns the lines of each block, by the place of its mark, and the function of each line."""
    blocks, functions = {}, {}
    function = line = block = None
    new = set()  # the first lines of the next block: those of the call, and of the function's head
    called = False
    process = subprocess.Popen(["objdump", "-d", "-l", "--no-show-raw-insn", program], text=True,
                               stdout=subprocess.PIPE, errors="replace")
    for text in process.stdout:
        if found := INSTRUCTION.match(text):
            if called:
                block = blocks.setdefault(int(found[1], 16) // 4, new)
                new = set()
            called = bool(found[2])
            if line:
                functions[line] = function
                (new if called or block is None else block).add(line)
        elif found := PLACE.match(text):
            line = found[1], int(found[2])
        elif found := FUNCTION.match(text):
            function, line, block, new = found[1], None, None, set()
    process.wait()
    return blocks, functions


class Cover:
    """The programs of BUILD. The record of each disassembly is kept beside them."""

    def __init__(self, build, executor):
        self.blocks, self.functions, self.named = {}, collections.defaultdict(dict), {}
        programs = [os.path.basename(path).removesuffix(".cover.o") for path in glob.glob(f"{build}/*.cover.o")
                    if "tests,bench," not in path and "tests,fuzz," not in path]  # which no test runs
        self.build = build
        for program, (blocks, functions) in zip(programs, executor.map(self.load, programs)):
            self.blocks[program] = blocks
            for (path, line), function in functions.items():
                self.functions[path][line] = function

    def load(self, program):
        path, record = f"{self.build}/{program.replace(',', '/')}", f"{self.build}/{program}.blocks"
        if not os.path.exists(record) or os.path.getmtime(record) < os.path.getmtime(path):
            write(record, pickle.dumps(disassemble(path)), "wb")
        return pickle.loads(read(record, "rb"))

    def names(self, path):
        """Returns the names of each line of a function: its statement's beginning, the function, the file."""
        if path not in self.named:
            lines, found = read(path).splitlines(), {}
            extents, texts = collections.defaultdict(set), collections.Counter()
            for line, function in self.functions[path].items():
                extents[function].add(line)
            for function, executed in extents.items():
                name = f"{path}:{function}"
                for number in range(min(executed), max(executed) + 1):
                    if number in executed:
                        text = f"{name}:{lines[number - 1].strip()}"
                        texts[text] += 1
                        statement = f"{text} #{texts[text]}"  # so that two of the same text differ
                    found[number] = statement, name, path
            self.named[path] = found
        return self.named[path]

    def clear(self, marks):
        """Makes the files of the marks, without a mark, in the directory MARKS."""
        os.makedirs(marks, exist_ok=True)
        for program in self.blocks:
            path = f"{marks}/{program}"
            if not os.path.exists(path) or os.stat(path).st_blocks > 0:
                write(path, "")
                os.chmod(path, 0o666)  # some tests become another user
                os.truncate(path, MARKS_SIZE)

    def take(self, marks):
        """Returns the names of the code that has a mark."""
        lines = set()
        for program, blocks in self.blocks.items():
            if os.stat(f"{marks}/{program}").st_blocks > 0:
                for mark in re.finditer(rb"\x01", read(f"{marks}/{program}", "rb")):
                    lines |= blocks.get(mark.start(), set())
        return {name for path, line in lines for name in self.names(path).get(line, ())}


class Map:
    """Remembers which code each test runs, by its text: code that moves keeps its tests."""

    def __init__(self, path, cover):
        self.path, self.cover = path, cover
        # The names of the code, and the seconds, of each test, by its key.
        self.known = pickle.loads(read(path, "rb")) if os.path.exists(path) else {}

    def save(self):
        write(self.path, pickle.dumps(self.known), "wb")

    def add(self, tests, place):
        """Runs TESTS, which are of one file, and records the code that each runs; returns their results."""
        for number, _ in enumerate(tests, 1):
            self.cover.clear(f"{place}/marks/{number}")
        if tests[0].is_bats:
            results = list(run_file(tests, self.cover.build, 150, place))
        else:
            # tests/lib/step stops at each instruction. All that it runs has a mark long before its end.
            results = [tests[0].run(self.cover.build, 15 if tests[0].path == "tests/lib/step" else 150, place)]
        for number, (test, (_, seconds)) in enumerate(zip(tests, results), 1):
            names = self.cover.take(f"{place}/marks/{number}")
            self.known[test.key] = {sys.intern(name) for name in names}, seconds
        return [result for result, _ in results]
