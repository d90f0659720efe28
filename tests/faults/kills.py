#!/usr/bin/env python3
"""Kills the supervisor, the guardian, clients and commands at random points of a mixed load, and
removes the supervisor's files.

    KILLS=1000 SEED=1 SECONDS=1 kills.py

SECONDS is how long an end may take. The seed decides what is done and in which order; the moment of a
kill depends on the machine. After each kill no process that had to end may be left, no status may be
wrong, doubled or lost, and a new start has to work.
"""
import collections
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time

from family import Broken, Family, wait_until
from wire import Wire

PROGRAM = os.environ["K3THREAD"]
CREATURE = os.path.join(os.environ["BUILD"], "tests/cli/creature")
KILLS = int(os.environ.get("KILLS", "1000"))
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
SECONDS = float(os.environ.get("SECONDS_MAX", "1"))
PATIENCE = 20  # for an end without a promised time
GRACE = 0.1
LIVE_MAX = 12  # threads whose commands stay, at a time

FAILED, NO_SUCH, ABSENT, GONE = 1, 3, 69, 125  # statuses of clients that got no answer


class Thread:
    """What the test knows of a thread: the statuses that it may end with, and those that were seen."""

    def __init__(self, tag, statuses, stays):
        self.tag = tag
        self.name = f"t-{tag}"  # never used twice, also not in the next life
        self.known = False      # its start was answered
        self.may = set(statuses)
        self.stays = stays
        self.seen = None

    def saw(self, status, where):
        if status not in self.may:
            raise Broken(f"thread {self.tag}: status {status} in {where}, not of {sorted(self.may)}")
        if self.seen not in (None, status):
            raise Broken(f"thread {self.tag}: status {status} in {where}, but {self.seen} before")
        self.seen = status


class Life:
    """The threads of one supervisor that the test started."""

    def __init__(self):
        self.threads = []
        self.cleared = False
        self.closing = False  # a shutdown was asked for
        self.dead = False     # the supervisor or the guardian was killed


class Run:
    def __init__(self):
        self.random = random.Random(SEED)
        self.directory = tempfile.mkdtemp(prefix="k3f.", dir="/tmp")
        self.place = f"{self.directory}/place"
        os.mkdir(self.place, 0o700)
        self.socket = f"{self.place}/k.sock"
        os.environ["K3THREAD_SOCKET"] = self.socket
        self.family = Family(PROGRAM, self.directory)
        self.wire = Wire(self.socket)
        self.life = Life()
        self.clients = []  # (child, what to do with its status)
        self.tags = 0
        self.counts = collections.Counter()
        self.times = collections.defaultdict(list)

    # --- the load ---

    def client(self, *words, then=None):
        child = self.family.start(PROGRAM, *map(str, words))
        self.clients.append((child, then, self.life))
        return child

    def new_command(self):
        """Returns a command, the statuses that it may end with, and whether it stays."""
        self.tags += 1
        tag, code = self.tags, self.random.randrange(1, 100)
        say = f"echo said-{tag}; : >{self.directory}/said.{tag}"
        creature = f"env -i {CREATURE} {self.directory}/creatures"
        leave = self.random.choice([f"{creature} setsid fork chdir close &",
                                    f"{creature} stubborn fork setsid fork &",
                                    f"{creature} setpgid &"])
        script, status, stays = self.random.choice([
            (f"{say}; exit {code}", code, False),
            (f"{say}; sleep 0.0{self.random.randrange(1, 9)}; exit {code}", code, False),
            (f"{say}; kill -KILL $$", 137, False),
            (f"{say}; {leave} exit {code}", code, False),
            (f"{say}; {leave} exec sleep 1000", None, True),
            (f"{say}; exec sleep 1000", None, True),
            (f"trap 'sleep 0.0{self.random.randrange(1, 9)}; exit {code}' TERM INT; {say}; "
             f"{leave} while :; do sleep 0.01; done", code, True),
        ])
        return Thread(tag, [] if status is None else [status], stays), script

    def start(self):
        thread, script = self.new_command()
        if thread.stays and sum(t.stays for t in self.life.threads) >= LIVE_MAX:
            return
        words = ["start", "-n", thread.name, "-g", GRACE]
        if self.random.random() < 0.2:
            words += ["-a", self.random.choice(["0.01", "0.05"])]
        if self.random.random() < 0.3:
            words += ["-d"]
        if self.random.random() < 0.1:
            words += ["-t", "0.03"]
            thread.may.add(124)
        self.life.threads.append(thread)
        self.client(*words, "--", "/bin/sh", "-c", script, then=lambda c, s, l: self.started(thread, c, s, l))

    def started(self, thread, client, status, life):
        if life.dead or life.closing:
            if status not in (0, FAILED):  # with 0 it may have begun the next life
                raise Broken(f"a start at the end of a life: {client}")
        elif status != 0:
            raise Broken(f"a start failed: {client}")
        else:
            thread.known = True

    def pick(self):
        return self.random.choice(self.life.threads) if self.life.threads else None

    def join(self):
        thread = self.pick()
        if thread is not None and thread.known:
            self.client("join", thread.name, then=lambda c, s, l: self.joined(thread, c, s, l))

    def joined(self, thread, client, status, life):
        ends = life.dead or life.closing
        if status == GONE and "went away" in client.text() and ends:
            return
        if (status == ABSENT and ends) or (status == NO_SUCH and (ends or life.cleared)):
            return
        thread.saw(status, f"{client}")

    def raise_(self):
        thread = self.pick()
        if thread is None:
            return
        exception, statuses = self.random.choice([
            ("SystemExit", [143, 137]), ("KeyboardInterrupt", [130, 143, 137]),
            ("ValueError", [143, 137]), ("SIGTERM", [143]), ("SIGKILL", [137])])
        thread.may.update(statuses)
        # In its delay an exception ends it without a command: by its own rule, 125 for the others.
        thread.may.update([125] if exception == "ValueError" or exception.startswith("SIG") else [])
        self.client("raise", thread.name, exception)

    def logs(self):
        thread = self.pick()
        if thread is not None:
            self.client("logs", thread.name)

    def list(self):
        self.client("list", "--json")

    def clear(self):
        if self.random.random() < 0.2:
            self.life.cleared = True
            self.client("clear")

    def shutdown(self):
        if self.random.random() < 0.2:
            self.life.closing = True
            for thread in self.life.threads:
                thread.may.update([143, 137])
            self.client("shutdown", *self.random.choice([[], ["--now"]]))

    def act(self):
        actions = [self.start] * 6 + [self.join] * 4 + [self.raise_] * 2 + \
                  [self.logs, self.list, self.clear, self.shutdown]
        self.random.choice(actions)()

    # --- the kills ---

    def identify(self):
        """Returns the supervisor and the guardian, held by descriptors, or None."""
        try:
            answer = self.wire.call("version")
            pids = [answer["pid"], answer["guardian"]]
            return [(pid, os.pidfd_open(pid)) for pid in pids]
        except (OSError, Broken):
            return None

    @staticmethod
    def is_dead(pidfd):
        try:
            signal.pidfd_send_signal(pidfd, 0)
        except ProcessLookupError:
            return True
        return False

    def kill_client(self):
        running = [c for c, _, _ in self.clients if c.status is None]
        if running:
            child = self.random.choice(running)
            os.kill(child.pid, signal.SIGKILL)  # not reaped yet: no other process has its pid
            child.words[0] = "killed"
            self.counts["client"] += 1

    def kill_command(self):
        """Kills the command of a thread that stays: held first, then looked at again, so that no
        other process can have its pid."""
        threads = {t.name: t for t in self.life.threads if t.known}
        if not threads:
            return  # there may be no supervisor yet
        try:
            rows = [r for r in self.wire.call("list", live=True) if r["pid"] and r["name"] in threads]
            if not rows:
                return
            row = self.random.choice(rows)
            pidfd = os.pidfd_open(row["pid"])
            try:
                if self.wire.call("list", threads=[row["id"]])[0]["pid"] == row["pid"]:
                    threads[row["name"]].may.add(137)
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
                    self.counts["command"] += 1
            finally:
                os.close(pidfd)
        except ProcessLookupError:
            pass  # it ended before it was held
        except (OSError, Broken):
            if not (self.life.closing or self.life.cleared):
                raise

    def kill_keeper(self, guardian):
        """Kills the supervisor or the guardian; all processes must end, and the next life begins anew."""
        held = self.identify()
        if held is None:
            if self.life.closing:
                self.next_life()
            return
        (_, supervisor), (_, guard) = held
        number = signal.SIGKILL if guardian else \
            self.random.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
        self.life.dead = True
        for thread in self.life.threads:
            thread.may.update([143, 137])
        try:
            signal.pidfd_send_signal(guard if guardian else supervisor, number)
        except ProcessLookupError:
            pass  # the shutdown was faster
        took = wait_until("the end of all", SECONDS + (2 * GRACE if guardian else 0) + 0.05,
                          lambda: self.family.check() or (self.is_dead(supervisor) and self.is_dead(guard)))
        os.close(supervisor)
        os.close(guard)
        kind = "guardian" if guardian else "supervisor"
        self.times[kind].append(took)
        self.counts[kind] += 1
        self.next_life()

    def remove_files(self):
        """Removes the supervisor's files: clients find it all the same."""
        names = self.random.choice([["k.sock"], ["k.lock"], ["k.sock", "k.lock"], ["k.logs"], [""]])
        held = self.identify()
        if held is None and names == [""]:
            return  # no supervisor would make the directory anew, so that a start under way fails
        for _, pidfd in held or []:
            os.close(pidfd)
        for name in names:
            path = f"{self.place}/{name}"
            if name in ("", "k.logs"):
                self.life.cleared = True
                shutil.rmtree(path, ignore_errors=True)
            elif os.path.exists(path):
                os.unlink(path)
        child = self.family.start(PROGRAM, "version")
        if self.family.wait(child, PATIENCE) != 0:
            raise Broken(f"after {names} were removed: {child}")
        os.makedirs(self.place, 0o700, exist_ok=True)  # if there was no supervisor to restore it
        self.counts["files"] += 1

    def kill_in_cleanup(self):
        """Raises in all threads, and kills while they clean up."""
        for thread in self.life.threads:
            thread.may.update([143, 137])
        self.client("raise", "--all")
        time.sleep(self.random.uniform(0, GRACE))
        self.counts["during clean-up"] += 1
        self.random.choice([self.kill_command, lambda: self.kill_keeper(False),
                            lambda: self.kill_keeper(True)])()

    def fill_signal_queue(self):
        """Leaves no room to queue a signal for the supervisor: raised exceptions arrive all the same."""
        held = self.identify()
        if held is None:
            return
        for pid, pidfd in held:
            try:
                resource.prlimit(pid, resource.RLIMIT_SIGPENDING, (0, 0))
            except ProcessLookupError:
                pass
            os.close(pidfd)
        for thread in self.life.threads:
            thread.may.update([143, 137])
        child = self.family.start(PROGRAM, "raise", "--all")
        if self.family.wait(child, PATIENCE) not in (0, NO_SUCH, ABSENT):
            raise Broken(f"with a full queue of signals: {child}")
        self.counts["full queue"] += 1

    def next_life(self):
        self.finish_clients()
        self.check_logs()
        self.life = Life()
        self.end_life()
        self.check_fresh()

    def kill(self):
        what = self.random.choice(["supervisor", "guardian", "client", "client", "command", "command",
                                   "files", "clean-up", "queue"])
        if what == "client":
            self.kill_client()
        elif what == "files":
            self.remove_files()
        elif what == "clean-up":
            self.kill_in_cleanup()
        elif what == "queue":
            self.fill_signal_queue()
        elif what == "command":
            self.kill_command()
        else:
            self.kill_keeper(what == "guardian")

    # --- the checks ---

    def finish_clients(self):
        for child, then, life in self.clients:
            if child.status is None and child.words[1] in ("join", "shutdown") and not life.dead:
                continue
            self.family.wait(child, PATIENCE)
        for entry in list(self.clients):
            child, then, life = entry
            if child.status is None:
                continue
            if child.status in (134, 139):
                raise Broken(f"a client crashed: {child}")
            was_killed = child.words[0] == "killed" and child.status == 137
            if then is not None and not was_killed:
                then(child, child.status, life)
            self.clients.remove(entry)
            os.unlink(child.output)

    def end_life(self):
        """Shuts the supervisor down, if there is one: no process is left then."""
        self.life.closing = True
        for thread in self.life.threads:
            thread.may.update([143, 137])
        child = self.family.start(PROGRAM, "shutdown", "--now")
        if self.family.wait(child, PATIENCE) not in (0, 69, 1):
            raise Broken(f"shutdown: {child}")
        for client, _, _ in self.clients:
            self.family.wait(client, PATIENCE)
        wait_until("an empty family", PATIENCE, lambda: self.family.check() or self.family.is_empty())
        self.life.dead = True
        self.finish_clients()
        self.life = Life()

    def check_fresh(self):
        """Checks that a new start works, in a directory that exists."""
        os.makedirs(self.place, 0o700, exist_ok=True)
        child = self.family.start(PROGRAM, "start", "--", "/bin/sh", "-c", "exit 7")
        if self.family.wait(child, PATIENCE) != 0 or child.text() != "1\n":
            raise Broken(f"the start after a kill: {child}")
        child = self.family.start(PROGRAM, "join", "1")
        if self.family.wait(child, PATIENCE) != 7:
            raise Broken(f"the join after a kill: {child}")

    def check_logs(self):
        """Checks that the log has what the command wrote before it made its file."""
        said = {int(name[5:]) for name in os.listdir(self.directory) if name.startswith("said.")}
        text = ""
        for directory, _, names in os.walk(f"{self.place}/k.logs"):
            for name in names:
                with open(os.path.join(directory, name), encoding="utf-8") as file:
                    text += file.read()
        written = {int(line[5:]) for line in text.split("\n") if line.startswith("said-")}
        if not self.life.cleared and said - written:
            raise Broken(f"lost output of {sorted(said - written)}")
        for tag in said:
            os.unlink(f"{self.directory}/said.{tag}")

    def check_statuses(self):
        """Checks that every thread is listed with the status that clients saw."""
        known = [thread for thread in self.life.threads if thread.known]
        if self.life.closing or self.life.dead or not known:
            return
        rows = {row["name"]: row for row in self.wire.call("list")}
        for thread in known:
            row = rows.get(thread.name)
            if row is None:
                if not self.life.cleared:
                    raise Broken(f"thread {thread.tag} is lost")
            elif row["state"] == "ended":
                thread.saw(status_of(row), f"list: {json.dumps(row)}")

    # --- a run ---

    def round(self):
        for _ in range(self.random.randrange(1, 12)):
            self.act()
        time.sleep(self.random.choice([0, 0, 0.001, 0.005, 0.02, 0.05]))
        self.kill()
        self.family.check()
        self.finish_clients()
        self.check_statuses()

    def run(self):
        try:
            while sum(self.counts.values()) < KILLS:
                self.round()
            self.end_life()
        except BaseException:
            keep_journal(self.place)
            self.family.end()
            raise
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def report(self):
        words = ", ".join(f"{kind} {count}" for kind, count in sorted(self.counts.items()))
        print(f"{sum(self.counts.values())} kills: {words}; {self.tags} threads")
        for kind, times in sorted(self.times.items()):
            times.sort()
            print(f"{kind}: all ended within {times[-1]:.3f} s (median {times[len(times) // 2]:.3f} s)")


def status_of(row):
    """Returns the status as join reports it."""
    if row["exception"] == "TimeoutError":
        return 124
    if row["signal"] is not None:
        return 128 + row["signal"]
    if row["exit_code"] is not None and row["exit_code"] >= 0:
        return row["exit_code"]
    return {"SystemExit": 143, "KeyboardInterrupt": 130}.get(row["exception"], 125)


def keep_journal(directory):
    try:
        with open(f"{directory}/k.log", encoding="utf-8", errors="replace") as file:
            sys.stderr.write("".join(file.readlines()[-20:]))
    except OSError:
        pass


def main():
    print(f"SEED={SEED} KILLS={KILLS}", flush=True)
    run = Run()
    try:
        run.run()
    except Broken as broken:
        print(f"after {sum(run.counts.values())} kills: {broken}", file=sys.stderr)
        return 1
    finally:
        run.report()
    return 0


sys.exit(main())
