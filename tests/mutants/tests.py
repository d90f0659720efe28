"""Finds the tests, and runs one alone."""
import glob
import os
import re
import subprocess
import time
import zlib

# This contains whatever a mutant does: a kill of every process, a file removed in /tmp. Each test has marks of its
# own (cover.c). The shell stays, because process 1 is special.
ROOM = ["unshare", *([] if os.getuid() == 0 else ["--user", "--map-root-user"]), "--mount", "--pid",
        "--fork", "--kill-child", "--mount-proc", "sh", "-c",
        'mount -t tmpfs -o mode=1777 tmpfs /tmp && if [ -d "$2" ]; then mount --bind "$1" "$2"; fi && '
        'shift 2 && "$@"; exit $?', "sh"]
# These run for minutes, or test no code of the program.
LEFT_OUT = ("tests/faults/faults.bats", "tests/hosts/lease.bats", "tests/hosts/slurm.bats", "tests/attach/storm.bats")
# What processes that attach themselves are made of.
ATTACHED = ("k3thread-host", "tests/attach/attached", "tests/attach/libjobs.so")
TEST = re.compile(r'^@test "([^\n]*)" \{\n(.*?)^\}', re.M | re.S)


def read(path, mode="r"):
    with open(path, mode) as file:
        return file.read()


def write(path, content, mode="w"):
    with open(path, mode) as file:
        file.write(content)


class Test:
    def __init__(self, path, name, text):
        self.path, self.name, self.title = path, name, f"{os.path.basename(path)} {name}"
        self.key = f"{path} {name} {zlib.crc32(text.encode()):x}"

        self.is_bats = path.endswith(".bats")
        self.fit = None
        # What it runs of the build.
        self.programs = ["k3thread"] if self.is_bats else [path]
        if path.startswith(("tests/attach/", "tests/lib/loading")):  # with the shared library
            self.programs += ATTACHED

    def pattern(self):
        """Returns an expression of the name. In a name, some versions of bats keep the backslash of a quote."""
        return re.sub(r"[][\\.^$*+?{}()|]", r"\\\g<0>", self.name).replace('\\\\"', '\\\\?"')

    def command(self, build):
        return ["bats", "-f", f"^{self.pattern()}$", self.path] if self.is_bats else \
            ["env", "--chdir=/tmp", f"{build}/{self.path}", self.name]  # its files stay in its own /tmp

    def run(self, build, limit, place):
        """Runs the test on the programs in BUILD, from the sources in PLACE/tree.

        Returns "passed", "failed" or "timed out", and the seconds. PLACE/output has the output.
        """
        began = time.monotonic()
        return run_in_room(self.command(build), self, build, limit, limit, place), time.monotonic() - began

    def is_fit(self, build, place):
        """Returns whether the test passes on the unchanged code, at least the second time; measures its time."""
        if self.fit is None:
            for _ in range(2):
                result, self.seconds = self.run(build, 120, place)
                self.fit = result == "passed"
                if self.fit:
                    break
        return self.fit


def run_in_room(command, test, build, test_limit, limit, place):
    """Runs the command of TEST, or of all tests of its file. The marks are those in PLACE/marks/1."""
    environment = {**os.environ, "BUILD": build, "K3THREAD": f"{build}/k3thread", "MAKE": "make",
                   "HOME": "/tmp", "BATS_TEST_TIMEOUT": str(int(test_limit) + 1)}
    if not test.is_bats:  # as tests/lib/*.bash and *.bats say
        environment |= {"MALLOC_PERTURB_": "90", "K3THREAD_TEST_SO": f"{build}/libk3thread.so"}
    if "-T" in command:
        environment |= {"BASH_ENV": f"{place}/tree/tests/mutants/each_test.bash", "MARKS": f"{place}/marks"}
    with open(f"{place}/output", "w") as output, subprocess.Popen(
            [*ROOM, f"{place}/marks/1", f"{build}/marks", *command], stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=f"{place}/tree") as process:
        try:
            return "failed" if process.wait(limit) else "passed"
        except subprocess.TimeoutExpired:
            process.kill()
            return "timed out"


def run_file(tests, build, limit, place):
    """Runs tests of one file of bats; yields the result of each, and its seconds."""
    command = ["bats", "-T", "-f", f"^({'|'.join(test.pattern() for test in tests)})$", tests[0].path]
    run_in_room(command, tests[0], build, limit, limit * len(tests), place)
    results = {int(number): ("failed" if fails else "passed", int(milliseconds) / 1000) for fails, number, milliseconds
               in re.findall(r"^(not )?ok (\d+) .* in (\d+)ms", read(f"{place}/output"), re.M)}
    for number, _ in enumerate(tests, 1):
        yield results.get(number, ("failed", limit))


def find_tests(build):
    """Yields each case of the tests that are C programs, and each test of the program's files."""
    for source in sorted(glob.glob("tests/lib/*.c*") + glob.glob("tests/parts/*/*.c")):
        program, text = os.path.splitext(source)[0], read(source)
        if ("lib" in source or "TEST_MAIN" in text) and os.path.exists(f"{build}/{program}"):
            for case in subprocess.check_output([f"{build}/{program}"], text=True).split():
                yield Test(program, case, text)
    for path in sorted(glob.glob("tests/*/*.bats")):
        if path.split("/")[1] in ("cli", "script", "service", "faults", "hosts", "attach") and path not in LEFT_OUT:
            for name, text in TEST.findall(read(path)):
                yield Test(path, name, text)
