"""Measures exceptions that arrive in attached processes: alone, and in a crowd of a thousand such processes."""
import contextlib
import os
import subprocess
import time

from measure import AT_MOST, QUICK, commands_in_turns, floor, in_turns, run
from supervisor import Directory, Supervisor, rest, wait_until

PROCESSES = 300 if QUICK else 1000
THREADS = 10  # of each process; see caught.c
ROUNDS = 60 if QUICK else 200
TURNS = (7, 20) if QUICK else (25, 40)


class Fifo:
    """A FIFO into which processes write a byte each time that something happens."""

    def __init__(self, directory):
        self.path = directory.file("fifo")
        os.mkfifo(self.path)
        self.file = os.open(self.path, os.O_RDWR)

    def wait(self, count=1):
        while count > 0:
            count -= len(os.read(self.file, count))

    def reaction(self, *words):
        """Returns the time from the start of WORDS to the next byte."""
        return float(run([floor("reaction"), self.path, *words]))

    def close(self):
        os.close(self.file)


class Crowd:
    """A supervisor with COUNT threads p1, p2, …, each a process of ten threads: attached, or idle."""

    def __init__(self, how, count):
        self.how, self.count = how, count
        self.directory, self.k3 = Directory(), Supervisor()
        self.fifo = Fifo(self.directory)

    def __enter__(self):
        self.k3.__enter__()
        self.start(floor("caught"), self.how, self.fifo.path)
        self.fifo.wait(self.count)
        return self

    def start(self, *words):
        self.k3.wire.call_many("start", [self.k3.params(*words, name=f"p{i + 1}") for i in range(self.count)])

    def __exit__(self, *_):
        self.k3.__exit__()
        self.fifo.close()
        self.directory.__exit__()

    def memory(self):
        """Returns the supervisor's KiB for each process."""
        rest()
        return self.k3.pss() / self.count


def reactions(table):
    """
    Measures an exception from the start of raise until an attached thread that waits has caught it, against kill
    until a handler has run; and how long it takes to start a function as a thread.
    """
    with Crowd("attached", 1) as one, \
            subprocess.Popen([floor("caught"), "handler", one.fifo.path]) as worker:
        one.fifo.wait()
        ours, bare = in_turns(
            ROUNDS, lambda: one.fifo.reaction(*one.k3.words("raise", "p1", "ValueError")),
            lambda: one.fifo.reaction("/bin/kill", "-USR1", str(worker.pid)))
        worker.kill()
    table.compare("raise to caught, against kill to a handler", ours, bare, (AT_MOST, 1.5))
    calls(table)


def calls(table):
    """Measures start --call until the function is called, against start of a dynamic program."""
    library = os.path.join(os.environ["BUILD"], "tests/attach/libjobs.so")
    with Supervisor() as k3:
        ours, bare = commands_in_turns(*TURNS, k3.words("start", "--call", f"{library}:leave"),
                                       k3.words("start", "--", "/bin/true"))
    table.compare("start --call, against start", ours, bare)


def attached(table):
    """Measures a thousand attached processes of ten threads each, against one such process."""
    crowd_memory(table)
    with Crowd("crowd", 1) as one, Crowd("crowd", PROCESSES) as many:
        crowd_raises(table, one, many)
        crowd_lists(table, one, many)
    gate(table)


def crowd_memory(table):
    with Crowd("crowd", PROCESSES) as crowd:
        attached_memory = crowd.memory()
    with Crowd("idle", PROCESSES) as crowd:
        idle_memory = crowd.memory()
    table.figure(f"memory of an attached process of {THREADS} threads, {PROCESSES} of them",
                 [attached_memory - idle_memory], "KiB", (AT_MOST, 2.0))


def crowd_raises(table, one, many):
    """Measures a raise by name among all, against one process; each until the thread has caught it."""
    last = many.count
    for what, inner in ("a process", ""), ("a thread inside", "/worker-9"):
        ours, bare = in_turns(
            ROUNDS, lambda inner=inner: many.fifo.reaction(
                *many.k3.words("raise", f"p{last}{inner}", "ValueError")),
            lambda inner=inner: one.fifo.reaction(*one.k3.words("raise", f"p1{inner}", "ValueError")))
        table.compare(f"raise in {what} of {PROCESSES}, against 1", ours, bare, (AT_MOST, 1.2))


def crowd_lists(table, one, many):
    ours, bare = commands_in_turns(*TURNS, many.k3.words("list", f"p{many.count // 2}/"),
                                   one.k3.words("list", "p1/"))
    table.compare(f"list of a process of {PROCESSES}, against 1", ours, bare, (AT_MOST, 1.2))
    every, outer = commands_in_turns(TURNS[0], 3, many.k3.words("list", "p*/"), many.k3.words("list"))
    table.compare(f"list of all {PROCESSES * THREADS} threads inside, against {PROCESSES} threads", every, outer,
                  (AT_MOST, float(THREADS)))


def gate(table):
    """Measures a thousand processes that attach at the same time, and then detach at the same time."""
    attach, detach = zip(*(pass_gate() for _ in range(1 if QUICK else 5)))
    table.figure(f"{PROCESSES} attach at the same time", attach, "s", (AT_MOST, 1.0))
    table.figure(f"{PROCESSES} detach at the same time", detach, "s", (AT_MOST, 1.0))


@contextlib.contextmanager
def held_crowd():
    """Yields a crowd, not attached yet, and the path of its gate."""
    with Crowd("crowd", 0) as crowd:
        crowd.count = PROCESSES
        path = crowd.directory.file("gate")
        os.mkfifo(path)
        crowd.start(floor("caught"), "crowd", crowd.fifo.path, path)
        crowd.fifo.wait(PROCESSES)
        yield crowd, path


def pass_gate():
    """Returns the seconds until all processes are attached, and until all are detached again."""
    with held_crowd() as (crowd, path):
        begin = time.monotonic()
        opened = os.open(path, os.O_WRONLY)
        crowd.fifo.wait(PROCESSES)
        attach = time.monotonic() - begin
        begin = time.monotonic()
        os.close(opened)
        crowd.fifo.wait(PROCESSES)
        detach = time.monotonic() - begin
        wait_until("none is attached", lambda: not any(
            thread["attached"] for thread in crowd.k3.wire.call("list", members=["attached"])))
    return attach, detach
