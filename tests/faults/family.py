"""Processes and their ends, known for certain.

Family makes this process a subreaper: each process below it becomes its child when the parent of that
process is gone. So a process that was left behind cannot hide: it is a child here.
"""
import ctypes
import os
import time

PR_SET_CHILD_SUBREAPER = 36


class Broken(AssertionError):
    """A promise was broken."""


def wait_until(what, seconds, condition):
    """Waits until CONDITION() is true; returns how long that took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise Broken(f"not within {seconds} s: {what}")
        time.sleep(0.001)
    return time.monotonic() - began


def spawn(words, environment, actions):
    """Repeats the call, as other tests may have the machine's last process for a moment."""
    deadline = time.monotonic() + 10
    while True:
        try:
            return os.posix_spawn(words[0], words, environment, file_actions=actions)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Child:
    """A process that this process started; its output goes to a file."""

    def __init__(self, words, output, environment):
        self.words = words
        self.output = output
        self.status = None  # as the shell reports it
        actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                   (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
                   (os.POSIX_SPAWN_DUP2, 1, 2)]
        self.pid = spawn(words, environment, actions)

    def text(self):
        with open(self.output, encoding="utf-8", errors="replace") as file:
            return file.read()

    def __str__(self):
        words = " ".join(os.path.basename(word) for word in self.words)
        return f"'{words}' (status {self.status}, says {self.text()!r})"


class Family:
    def __init__(self, program, directory):
        self.program = os.path.realpath(program)
        self.directory = directory
        self.children = {}  # the started processes that have not ended, by pid
        self.count = 0
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")

    def start(self, *words, environment=None):
        self.count += 1
        child = Child(list(words), f"{self.directory}/output.{self.count}",
                      os.environ if environment is None else environment)
        self.children[child.pid] = child
        return child

    def reap(self):
        """Takes the status of every child that ended, started or adopted."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG | 0x40000000)  # __WALL
            except ChildProcessError:
                return
            if pid == 0:
                return
            child = self.children.pop(pid, None)
            if child is not None:
                code = os.waitstatus_to_exitcode(status)
                child.status = code if code >= 0 else 128 - code

    def others(self):
        """Returns the pids of the adopted children."""
        self.reap()
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            return [pid for pid in map(int, file.read().split()) if pid not in self.children]

    def check(self):
        """Checks that an adopted child is a supervisor or its guardian; any other was left behind."""
        for pid in self.others():
            try:
                program = os.readlink(f"/proc/{pid}/exe")
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue  # it has just ended; the next call reaps it
            if os.path.realpath(program) != self.program:
                raise Broken(f"left behind: process {pid}: {words}")

    def wait(self, child, seconds):
        wait_until(f"the end of {child}", seconds, lambda: self.reap() or child.status is not None)
        return child.status

    def is_empty(self):
        return not self.others() and not self.children

    def end(self):
        """Kills the processes that are left at the end of a run that failed."""
        deadline = time.monotonic() + 5
        while not self.is_empty() and time.monotonic() < deadline:
            for pid in self.others() + list(self.children):
                os.kill(pid, 9)
            time.sleep(0.01)
