"""Prints the rows of a terminal that got the bytes of FILE: rows.py FILE

It knows what a run with a line of progress writes: text, newlines, and what removes a row. With --lines, it prints
the lines of progress instead, in the order in which they were drawn.
"""
import re
import sys

data = open(sys.argv[-1], errors="surrogateescape", newline="").read().replace("\r\n", "\n")
if "--lines" in sys.argv:
    drawn = re.findall(r"\r\x1b\[K([^\r\n]*\bdone, [^\r\n]*)", data)
    print(*drawn, sep="\n")
    sys.exit()
for row in data.split("\n"):
    row = row.rpartition("\r\x1b[K")[2]
    assert "\r" not in row and "\x1b[K" not in row, row
    print(re.sub(r"\x1b\[[0-9;]*m", "", row).rstrip())
