#!/usr/bin/env python3
"""Makes system calls fail, one function after the other, and each call of it.

    POINTS=0 inject.py [PHASE…]

The phases: birth (a supervisor comes up), request (the supervisor reads one), service (it serves),
death (it is shut down), murder (it is killed), client (the commands), launch (a start brings a supervisor up),
carrier (a run reaches another machine).
POINTS bounds how many calls of a function fail in a phase, spread over all calls; 0 means every call.
"""
import base64
import os
import shutil
import signal
import sys
import tempfile

from control import Control
from family import Broken, Family, wait_until
from wire import HungUp, Refused, Wire

PROGRAM = os.path.join(os.environ["BUILD"], "tests/faults/k3thread")
PRELOAD = os.path.join(os.environ["BUILD"], "tests/faults/fail.so")
CREATURE = os.path.join(os.environ["BUILD"], "tests/cli/creature")
POINTS = int(os.environ.get("POINTS", "0"))
PATIENCE = 20


class Stage:
    """A directory for a supervisor, and what happens in it."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="k3i.", dir="/tmp")
        self.socket = f"{self.directory}/k.sock"
        self.family = Family(PROGRAM, self.directory)
        self.wire = Wire(self.socket)
        self.control = Control(f"{self.directory}/control")
        self.plain = {"PATH": os.environ["PATH"], "K3THREAD_SOCKET": self.socket}
        self.failing = dict(self.plain, LD_PRELOAD=PRELOAD, K3FAIL_CONTROL=self.control.path)
        self.supervisor = None
        self.witness = None
        self.count = 0

    # --- the supervisor ---

    def supervise(self):
        """Brings up a supervisor whose calls can fail; returns whether it serves."""
        self.supervisor = self.family.start(PROGRAM, "supervise", environment=self.failing)
        wait_until("a supervisor that serves or ends", PATIENCE, self.serves_or_ended)
        return self.supervisor.status is None

    def serves_or_ended(self):
        self.family.reap()
        if self.supervisor.status is not None:
            return True
        try:
            return self.wire.call("version")["pid"] > 0
        except OSError:
            return False
        except (HungUp, Refused):
            return False

    def check_alive(self):
        self.family.check()
        if self.supervisor.status is not None:
            raise Broken(f"the supervisor has ended: {self.supervisor}; {self.journal()}")

    def journal(self):
        try:
            with open(f"{self.directory}/k.log", encoding="utf-8") as file:
                return file.readlines()[-1].strip()
        except (OSError, IndexError):
            return "no journal"

    def descriptors(self):
        """Returns how many descriptors the supervisor has, once those of our connections are closed."""
        return len(os.listdir(f"/proc/{self.wire.call('version')['pid']}/fd"))

    def shut_down(self):
        """Returns the guardian's status; no process is left then."""
        if self.supervisor.status is None:
            try:
                self.wire.call("shutdown", now=True)
            except (OSError, HungUp, Refused):
                pass
        try:
            self.family.wait(self.supervisor, 2)
        except Broken:  # the request was lost
            os.kill(self.supervisor.pid, signal.SIGTERM)
        status = self.family.wait(self.supervisor, PATIENCE)
        wait_until("an empty family", PATIENCE, lambda: self.family.check() or self.family.is_empty())
        return status

    # --- the load ---

    def start(self, script, **params):
        self.count += 1
        # With its quotes the name fills the parser's buffer once that has grown.
        return self.wire.call("start", name=f"x{self.count:029}", command=["/bin/sh", "-c", script],
                              grace=0.02, directory="/", environment=[f"PATH={self.plain['PATH']}"],
                              **params)["name"]

    def ends_with(self, name, *statuses):
        row = self.wire.call("join", thread=name)
        status = row["exit_code"] if row["signal"] is None else 128 + row["signal"]
        if status in (125, 126) and row["message"] and self.control.hits():
            return  # the command could not be run
        if status not in statuses:
            raise Broken(f"status {status}, not of {statuses}: {row}")

    def print_something(self):
        name = self.start("echo hello; exit 3")
        self.ends_with(name, 3)
        text = self.wire.call("logs", thread=name)["text"]
        if isinstance(text, dict):  # without memory this was not made text
            text = base64.b64decode(text["base64"]).decode()
        if text != "hello\n":
            raise Broken(f"the log says {text!r}")

    def leave_something(self):
        self.ends_with(self.start(f"{CREATURE} {self.directory}/c stubborn fork setsid fork & exit 4",
                                  timeout=5), 4)

    def raise_something(self):
        name = self.start("exec sleep 1000")
        self.wire.call("raise", thread=name, message="enough")
        self.ends_with(name, 143)

    def delay_something(self):
        name = self.start("exit 5", after=0.001)
        self.ends_with(name, 5)

    def miss_something(self):
        try:
            self.wire.call("start", command=["/no/such"], directory="/")
        except Refused as refused:
            if refused.type == "FileNotFoundError":
                return
            raise
        raise Broken("a command that is missing was run")

    def look(self):
        self.wire.call("list")
        self.wire.call("exceptions")
        self.wire.call("version")

    STEPS = [print_something, leave_something, raise_something, delay_something, miss_something, look]

    def load(self, strict):
        """Checks that each step works; unless STRICT it may be refused after a call has failed."""
        for step in self.STEPS:
            try:
                step(self)
            except (Refused, HungUp, ConnectionError) as error:
                if strict or not self.control.hits():
                    raise Broken(f"{step.__name__}: {error}") from error
            self.check_alive()

    def tidy(self):
        """Ends what a refused step may have left running, and forgets it."""
        for row in self.wire.call("list", live=True):
            if row["name"] != "witness":
                try:
                    self.wire.call("raise", thread=row["id"])
                except Refused:
                    pass  # it ended by itself
                self.wire.call("join", thread=row["id"])
        self.wire.call("clear")

    def begin_witness(self):
        self.wire.call("start", command=["/bin/sleep", "1000"], name="witness", directory="/")
        self.witness = self.wire.call("list", threads=["witness"])[0]["pid"]

    def check_witness(self):
        row = self.wire.call("list", threads=["witness"])[0]
        if row["state"] not in ("running", "ready") or row["pid"] != self.witness:
            raise Broken(f"a running thread was harmed: {row}")

    # --- the phases: each returns whether the call was made ---

    def birth(self):
        served = self.supervise()
        hit = self.control.hits() > 0
        self.control.disarm()
        if served:
            self.load(strict=True)
        elif not hit:
            raise Broken(f"no supervisor: {self.supervisor}")
        elif self.supervisor.status == 0 or not (self.supervisor.text() or self.journal()):
            raise Broken(f"it failed without a word: {self.supervisor}")
        self.shut_down()
        # A start that cannot look for old logs leaves them to the next, which then has more to do.
        shutil.rmtree(f"{self.directory}/k.logs", ignore_errors=True)
        return hit

    def request(self):
        """A load so small that every call can fail in every run."""
        if self.supervisor is None:
            self.dying_supervisor()
        self.rearm()
        try:
            self.wire.call("list", threads=["witness", f"x{0:029}"])
        except (Refused, HungUp, ConnectionError):
            pass  # no thread has that name, or a call has failed
        hit = self.control.hits() > 0
        self.control.disarm()
        self.check_alive()
        self.check_witness()
        return hit

    def service(self):
        if self.supervisor is None or self.supervisor.status is not None:
            self.control.disarm()
            if not self.supervise():
                raise Broken(f"no supervisor: {self.supervisor}")
            self.begin_witness()
            self.load(strict=True)
            self.tidy()
            self.held = self.descriptors()
        self.rearm()
        self.load(strict=False)
        hit = self.control.hits() > 0
        self.control.disarm()
        self.tidy()
        if hit:
            self.load(strict=True)
            self.tidy()
            self.check_witness()
            wait_until("descriptors that are closed", 5, lambda: self.descriptors() <= self.held)
        return hit

    def dying_supervisor(self):
        self.control.disarm()
        if not self.supervise():
            raise Broken(f"no supervisor: {self.supervisor}")
        self.begin_witness()
        self.start(f"{CREATURE} {self.directory}/c setsid fork & exec sleep 1000", daemon=True)

    def death(self):
        self.dying_supervisor()
        self.rearm()
        status = self.shut_down()
        hit = self.control.hits() > 0
        self.control.disarm()
        if status != 0 and not (hit and status == 1):
            raise Broken(f"the shutdown ended with {status}: {self.journal()}")
        return hit

    def murder(self):
        self.dying_supervisor()
        pid = self.wire.call("version")["pid"]
        self.rearm()
        os.kill(pid, signal.SIGKILL)  # a grandchild that the guardian has not reaped
        self.family.wait(self.supervisor, PATIENCE)
        hit = self.control.hits() > 0
        self.control.disarm()
        wait_until("an empty family", 1, lambda: self.family.check() or self.family.is_empty())
        return hit

    COMMANDS = [["start", "-n", "a", "--", "sleep", "1000"], ["list"], ["list", "--json"],
                ["raise", "-m", "why", "--wait", "a"], ["join", "a"], ["logs", "a"], ["version"],
                ["exceptions"], ["clear"], ["help", "start"]]

    def client(self):
        """Runs commands whose calls fail, at a supervisor whose calls do not."""
        self.control.disarm()
        if self.supervisor is None or self.supervisor.status is not None:
            self.supervisor = self.family.start(PROGRAM, "supervise", environment=self.plain)
            wait_until("a supervisor", PATIENCE, self.serves_or_ended)
        self.rearm()
        for words in self.COMMANDS:
            before = self.control.hits()
            child = self.family.start(PROGRAM, *words, environment=self.failing)
            self.family.wait(child, PATIENCE)
            self.check_command(child, words, failed=self.control.hits() > before)
            os.unlink(child.output)
            if words[0] == "raise":  # the join that follows would wait for ever
                child = self.family.start(PROGRAM, *words, environment=self.plain)
                self.family.wait(child, PATIENCE)
                os.unlink(child.output)
        hit = self.control.hits() > 0
        self.control.disarm()
        self.tidy()
        self.check_alive()
        return hit

    def check_command(self, child, words, failed):
        good = {"join": 143}.get(words[0], 0)
        if "argp-help.c" in child.text():
            return  # glibc aborts, as it asserts that there is memory
        if child.status in (134, 139) or child.status > 143:
            raise Broken(f"a client crashed: {child}")
        if not failed and child.status != good and not self.control.hits():
            raise Broken(f"without a failure: {child}")
        if failed and child.status not in (0, good) and "k3thread: " not in child.text():
            raise Broken(f"failed without a word: {child}")

    def launch(self):
        """Runs a start that brings up a supervisor while its calls fail."""
        child = self.family.start(PROGRAM, "start", "--", "true", environment=self.failing)
        self.family.wait(child, PATIENCE)
        hit = self.control.hits() > 0
        self.control.disarm()
        if child.status != 0 and ("k3thread: " not in child.text() or child.status > 125 or not hit):
            raise Broken(f"failed without a word: {child}")
        for words, status in (["start", "--", "true"], 0), (["shutdown"], 0):
            child = self.family.start(PROGRAM, *words, environment=self.plain)
            if self.family.wait(child, PATIENCE) != status:
                raise Broken(f"afterwards: {child}")
        wait_until("an empty family", PATIENCE, lambda: self.family.check() or self.family.is_empty())
        return hit

    def carrier(self):
        """Runs a command on another machine. The run's calls fail, and those of the process that reaches the machine."""
        if self.point[0] == "recv" and self.point[2] == "ECONNRESET":
            return False  # the run relies on it that the supervisor has ended then
        with open(f"{self.directory}/script", "w", encoding="ascii") as file:
            file.write("start -n a -- true\n")
        child = self.family.start(PROGRAM, "run", "--hosts", "a", "--via", "env -u LD_PRELOAD", f"{self.directory}/script",
                                  environment=dict(self.failing, TMPDIR=self.directory))
        self.family.wait(child, PATIENCE)
        hit = self.control.hits() > 0
        self.control.disarm()
        if child.status != 0 and (not hit or child.status > 126 or "k3thread: " not in child.text()):
            raise Broken(f"failed without a word: {child}")
        if "cannot run 'env'" in child.text() and self.point[0] not in ("pipe2", "posix_spawn", "malloc", "calloc"):
            raise Broken(f"the command was run: {child}")
        wait_until("an empty family", PATIENCE, lambda: self.family.check() or self.family.is_empty())
        os.unlink(child.output)
        return hit

    def rearm(self):
        self.control.arm(*self.point)

    def run_point(self, phase, name, number, error):
        self.point = (name, number, error)
        self.rearm()
        try:
            return getattr(self, phase)()
        except Exception as broken:
            raise Broken(f"{phase}, call {number} of {name} fails with {error}: {broken!r}; "
                         f"journal: {self.journal()}") from broken

    def run_phase(self, phase):
        total = 0
        for name, error in self.control.points():
            total += self.run_function(phase, name, error)
        self.control.disarm()
        if self.supervisor is not None and self.supervisor.status is None:
            self.shut_down()
        self.supervisor = None
        print(f"{phase}: {total} calls failed, each alone", flush=True)

    def run_function(self, phase, name, error):
        """Yields the number of every call, or of POINTS of them in steps that grow."""
        number, hits, step = 1, 0, 1
        while self.run_point(phase, name, number, error):
            hits += 1
            if POINTS and hits % POINTS == 0:
                step *= 4
            number += step
        return hits


PHASES = ["birth", "request", "service", "death", "murder", "client", "launch", "carrier"]


def main():
    stage = Stage()
    try:
        for phase in sys.argv[1:] or PHASES:
            stage.run_phase(phase)
    except Broken as broken:
        print(broken, file=sys.stderr)
        return 1
    finally:
        stage.family.end()
        shutil.rmtree(stage.directory, ignore_errors=True)
    return 0


sys.exit(main())
