"""Prints and kills each process that carries DIR, and fails if there is one: leaks.py DIR.

A process carries DIR in its environment or arguments, as its working directory, or among its files.
The caller and its ancestors do not count.
"""
import os
import signal
import sys


def parent(pid):
    with open(f"/proc/{pid}/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[1])


def callers():
    pids = set()
    pid = os.getpid()
    while pid > 0:
        pids.add(pid)
        pid = parent(pid)
    return pids


def read(path):
    with open(path, "rb") as file:
        return file.read()


def places(pid):
    """Yields a function for each place of a directory's name: a process may end meanwhile."""
    yield lambda: read(f"/proc/{pid}/environ")
    yield lambda: read(f"/proc/{pid}/cmdline")
    yield lambda: os.readlink(f"/proc/{pid}/cwd".encode())
    try:
        descriptors = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return
    for fd in descriptors:
        yield lambda: os.readlink(f"/proc/{pid}/fd/{fd}".encode())


def carries(pid, directory):
    for place in places(pid):
        try:
            if directory in place():
                return True
        except OSError:
            pass
    return False


def report(pid):
    try:
        words = read(f"/proc/{pid}/cmdline").replace(b"\0", b" ").decode("utf-8", "replace")
        print(f"left behind: {pid} (child of {parent(pid)}): {words}")
        os.kill(pid, signal.SIGKILL)
    except OSError:
        print(f"left behind: {pid}, which has gone since")


def main():
    directory = os.fsencode(sys.argv[1])
    assert directory.startswith(b"/tmp/k3t."), "not a directory that one test has for itself"
    mine = callers()
    left = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
            if pid not in mine and carries(pid, directory)]
    for pid in left:
        report(pid)
    return bool(left)


sys.exit(main())
