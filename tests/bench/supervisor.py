"""Runs a supervisor in a directory of its own, and talks to its socket."""
import json
import os
import select
import shutil
import signal
import socket
import tempfile
import time

from measure import DEADLINE, run

PROGRAM = os.environ["K3THREAD"]

# At most this many requests of one connection wait for an answer.
WINDOW = 64


def wait_until(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.002)


def rest():
    """Waits until a supervisor counts as idle and has freed the memory that it does not need."""
    time.sleep(2.5)


class Directory:
    """Returns a temporary directory, in /dev/shm where that exists, so that no disk is measured."""

    def __init__(self):
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.path = tempfile.mkdtemp(prefix="k3thread-bench-", dir=base)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name):
        return os.path.join(self.path, name)


class Wire:
    """A client of the socket that has many requests on their way at a time."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(path)
        self.lines = self.socket.makefile("rb")
        self.last_id = 0

    def send(self, method, params):
        self.last_id += 1
        request = {"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}
        self.socket.sendall(json.dumps(request).encode() + b"\n")

    def receive(self):
        answer = json.loads(self.lines.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]

    def call(self, method, **params):
        self.send(method, params)
        return self.receive()

    def call_many(self, method, all_params):
        results = []
        for i, params in enumerate(all_params):
            if i >= WINDOW:
                results.append(self.receive())
            self.send(method, params)
        while len(results) < len(all_params):
            results.append(self.receive())
        return results

    def close(self):
        self.lines.close()
        self.socket.close()


class Supervisor:
    def __init__(self):
        self.directory = Directory()
        self.socket = self.directory.file("k.sock")
        self.environment = dict(os.environ, K3THREAD_SOCKET=self.socket)
        self.wire = None
        self.pid = self.guardian = 0

    def __enter__(self):
        run(self.words("start", "--", "true"), env=self.environment)
        self.wire = Wire(self.socket)
        version = self.wire.call("version")
        self.pid, self.guardian = version["pid"], version["guardian"]
        return self

    def __exit__(self, *_):
        """Ends the supervisor by shutdown; its processes are dead when its guardian is."""
        try:
            guardian = os.pidfd_open(self.guardian)
        except ProcessLookupError:
            guardian = -1  # a measurement killed it
        if guardian >= 0:
            signal.pidfd_send_signal(guardian, signal.SIGTERM)  # this needs no new process
            self.wait_for_death(guardian)
        self.wire.close()
        self.directory.__exit__()

    def wait_for_death(self, pidfd):
        if not select.select([pidfd], [], [], 60)[0]:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        os.close(pidfd)

    def words(self, *words):
        return [PROGRAM, "-S", self.socket, *words]

    @staticmethod
    def params(*command, **params):
        """Returns the parameters of a start."""
        return {"command": list(command), "directory": "/", "umask": 0o22,
                "environment": ["PATH=" + os.environ["PATH"]], **params}

    def start(self, *command, count=1, **params):
        """Starts COUNT threads of the same command; returns the supervisor's answers."""
        return self.wire.call_many("start", [self.params(*command, **params)] * count)

    def raise_all(self, exception="SystemExit"):
        self.wire.call("raise", all=True, exception=exception)

    def live(self):
        return len(self.wire.call("list", live=True, members=["id"]))

    def end_all(self):
        self.raise_all()
        wait_until("all have ended", lambda: self.live() == 0)
        self.wire.call("clear")

    def pss(self):
        """Returns the memory of the supervisor and its guardian, in KiB."""
        return sum(pss_of(pid) for pid in (self.pid, self.guardian))


def pss_of(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def activity_of(pid):
    """Returns the clock ticks of processor time and voluntary switches of all threads of PID."""
    ticks = switches = 0
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as file:
            switches += next(int(line.split()[1]) for line in file
                             if line.startswith("voluntary"))
    return ticks, switches


def family_of(pid):
    """Returns PID and all processes below it."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        children = [int(word) for word in file.read().split()]
    return [pid] + [one for child in children for one in family_of(child)]
