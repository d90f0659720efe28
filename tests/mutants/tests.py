"""Finds the tests, runs one alone, and records which code each test runs."""
import glob
import json
import os
import pickle
import re
import subprocess
import sys
import time
import zlib

# This contains whatever a mutant does: a kill of every process, a file removed in /tmp.
# The shell stays, because process 1 is special, and gives ending processes time to write counters.
ROOM = ["unshare", *([] if os.getuid() == 0 else ["--user", "--map-root-user"]), "--mount", "--pid",
        "--fork", "--kill-child", "--mount-proc", "sh", "-c",
        'mount -t tmpfs -o mode=1777 tmpfs /tmp && "$@"; status=$?; for i in $(seq 100); do '
        'n=$(cat /proc/[0-9]*/status 2>/dev/null | grep -c "^State:.[RSD]"); [ "$n" -gt 3 ] || break; '
        'sleep 0.05; done; exit $status', "sh"]
# These run for minutes, or test no code of the program.
LEFT_OUT = ("tests/faults/faults.bats", "tests/hosts/lease.bats", "tests/hosts/slurm.bats", "tests/attach/storm.bats")
# What processes that attach themselves are made of.
ATTACHED = ("k3thread-host", "tests/attach/attached", "tests/attach/libjobs.so")
TEST = re.compile(r'^@test "(.*?)" \{\n(.*?)^\}', re.M | re.S)
# A process that ends by _exit, or by a signal that it sends itself, counts, too.
DUMP = b"""#include <unistd.h>
void __gcov_dump(void); void __gcov_reset(void); void __real__exit(int) __attribute__((noreturn));
void __wrap__exit(int status); int __real_kill(pid_t, int); int __wrap_kill(pid_t, int);
void __wrap__exit(int status) { __gcov_dump(); __real__exit(status); }
int __wrap_kill(pid_t pid, int signal)
{ if (pid == getpid()) { __gcov_dump(); __gcov_reset(); } return __real_kill(pid, signal); }"""


def read(path, mode="r"):
    with open(path, mode) as file:
        return file.read()


def write(path, content, mode="w"):
    with open(path, mode) as file:
        file.write(content)


class Test:
    def __init__(self, path, name, text):
        self.path, self.name = path, name
        self.key = f"{path} {name} {zlib.crc32(text.encode()):x}"

        self.is_bats = path.endswith(".bats")
        self.fit = None
        # What it runs of the build.
        self.programs = ["k3thread"] if self.is_bats else [path]
        if path.startswith("tests/attach/"):
            self.programs += ATTACHED

    def command(self, build):
        pattern = re.sub(r"[][\\.^$*+?{}()|]", r"\\\g<0>", self.name.replace('\\"', '"'))
        return ["bats", "-f", f"^{pattern}$", self.path] if self.is_bats else \
            [f"{build}/{self.path}", self.name]

    def run(self, build, limit):
        """Runs the test on the programs in BUILD; returns "passed", "failed" or "timed out", and the seconds."""
        began = time.monotonic()
        environment = {**os.environ, "BUILD": build, "K3THREAD": f"{build}/k3thread", "MAKE": "make",
                       "HOME": "/tmp", "BATS_TEST_TIMEOUT": str(int(limit) + 1)}
        if not self.is_bats:
            environment["MALLOC_PERTURB_"] = "90"  # as tests/lib/helpers.bash says
        with open(f"{build}/output", "w") as output, subprocess.Popen(
                ROOM + self.command(build), stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, env=environment) as process:
            try:
                result = "failed" if process.wait(limit) else "passed"
            except subprocess.TimeoutExpired:
                result = "timed out"
                process.kill()
        return result, time.monotonic() - began

    def is_fit(self, build):
        """Returns whether the test passes on the unchanged code, at least the second time; measures its time."""
        if self.fit is None:
            for _ in range(2):
                result, self.seconds = self.run(build, 120)
                self.fit = result == "passed"
                if self.fit:
                    break
        return self.fit


def find_tests(build):
    """Yields each case of the tests that are C programs, and each test of the program's files."""
    for source in sorted(glob.glob("tests/lib/*.c*") + glob.glob("tests/cli/*.c")):
        program, text = os.path.splitext(source)[0], read(source)
        if ("lib" in source or "TEST_MAIN" in text) and os.path.exists(f"{build}/{program}"):
            for case in subprocess.check_output([f"{build}/{program}"], text=True).split():
                yield Test(program, case, text)
    for path in sorted(glob.glob("tests/*/*.bats")):
        if path.split("/")[1] in ("cli", "script", "service", "faults", "hosts", "attach") and path not in LEFT_OUT:
            for name, text in TEST.findall(read(path)):
                yield Test(path, name, text)


class Map:
    """Knows which functions and lines each test runs, by their text: code that moves keeps its tests."""

    def __init__(self, path, build):
        self.path, self.build = path, build
        # The record of each test, by its key.
        self.known = pickle.loads(read(path, "rb")) if os.path.exists(path) else {}

    def save(self):
        write(self.path, pickle.dumps(self.known), "wb")

    def gcov(self, files):
        """Yields gcov's report of each file of the code."""
        output = subprocess.run(["gcov", "--json-format", "--stdout", *files], check=False,
                                capture_output=True, text=True).stdout
        for unit in output.splitlines():
            for file in json.loads(unit)["files"]:
                if re.match(r"(cli|lib)/.*\.c$", file["file"]) and os.path.exists(file["file"]):
                    yield file

    def names(self, path, source):
        """Yields the names of each line of a function: its statement's beginning, the function, the file."""
        lines, found = source.splitlines(), {}
        for file in self.gcov([f"{self.build}/{path}.gcno"]):
            executed = {line["line_number"] for line in file["lines"]}
            for function in file["functions"] if file["file"] == path else ():
                name, begin = f"{path}:{function['name']}", function["start_line"]
                for number in range(begin + 1, function["end_line"] + 1):
                    begin = number if number in executed else begin
                    found[number] = f"{name}:{lines[begin - 1].strip()}", name, path
        return found

    def add(self, test):
        """Runs TEST once and records the code that it runs."""
        counters = f"{self.build}/**/*.gcda"
        for counter in glob.glob(counters, recursive=True):
            os.unlink(counter)
        _, test.seconds = test.run(self.build, 150)
        covers, written = set(), glob.glob(counters, recursive=True)
        for file in self.gcov(written) if written else ():
            lines = read(file["file"]).splitlines()
            for line in file["lines"]:
                if line["count"]:
                    function = sys.intern(f"{file['file']}:{line.get('function_name')}")
                    text = lines[line["line_number"] - 1].strip()
                    covers |= {sys.intern(file["file"]), function, sys.intern(f"{function}:{text}")}
        self.known[test.key] = covers, test.seconds
