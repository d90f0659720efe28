"""Cuts runs off from their machines at random moments.

usage: cuts.py ENGINE COUNT SEED [AT_A_TIME]

Each run has twelve commands on the machines of ENGINE (cut_engines.py: local, ssh, slurm), and ends with several other
runs in a group. While it runs, a process between the run and a command is killed, or the network does not carry its
packets any more, in some groups for a few seconds only. Then

- no process may be left on a machine, and no file of k3thread;
- the status of each command must be its own, or 125 with ConnectionError if its machine was lost;
- no command may have run twice without --reschedule;
- with --reschedule every command must have succeeded, unless all machines were lost. It may have run again, on
  another machine, when nothing of it was left on the first one.

HOSTS_LONG in the environment: the network is cut too, which takes as long as a lease.
"""
import concurrent.futures
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
from cut_engines import ENGINES, family, marked, name_of  # noqa: E402

K3THREAD = os.environ["K3THREAD"]
JOBS = 12

# Job N. It leaves a process behind, which k3thread ends. Its processes hold a lock, so that a second one of the same
# number would find the first one. While the network is cut, the first run of some jobs takes longer than a lease.
JOB = """exec 9>lock.$1; flock -n 9 || echo "$1" >>overlap
long=0.$(($1 * 7 % 10 * 3 + 10)); [ $(($1 % 4)) = 3 ] && [ ! -e ran.$1 ] && long=${K3CUT_LONG-$long}
echo $K3THREAD_HOSTNAME >>ran.$1
setsid sleep 30 & sleep $long
echo $K3THREAD_HOSTNAME >>ended.$1; exit $(($1 % 5 == 4 ? $1 : 0))"""


def own_status(number):
    return number if number % 5 == 4 else 0


class Run:
    """One run, which is cut off."""

    def __init__(self, engine, number, seed):
        self.engine, self.number = engine, number
        self.rng = random.Random(f"{seed}.{number}")
        self.directory = tempfile.mkdtemp(prefix="k3cut.", dir="/tmp")
        self.mark = f"K3CUT={self.directory}"
        self.reschedule = self.rng.random() < 0.5
        self.via = engine.via(self.mark, self.rng)
        self.victim, self.way, self.faults = None, None, []
        self.may_leave = self.escaped = False

    def start(self, **variables):
        environ = dict(os.environ, XDG_RUNTIME_DIR=self.directory, TMPDIR=self.directory, K3CUT=self.directory)
        environ.update(variables)
        for name in ("K3THREAD_SOCKET", "K3THREAD_ID"):
            environ.pop(name, None)
        words = [*self.engine.words, K3THREAD, "run", "-q", "--hosts", self.engine.hosts]
        words += ["--via", self.via, "--json", "result.json"]
        words += ["--reschedule"] * self.reschedule + ["--each", "sh", "-c", JOB, "sh"]
        self.messages = open(f"{self.directory}/messages", "w+")
        self.process = subprocess.Popen(words, cwd=self.directory, env=environ, stdin=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL, stderr=self.messages)
        self.pid = self.process.pid
        self.process.stdin.write("".join(f"{n}\n" for n in range(JOBS)).encode())
        self.process.stdin.close()

    def wait_for_moment(self):
        """Waits until the carrier is there, or a command has begun; then for a random time, in which few runs end."""
        early = self.rng.random() < 0.4
        while self.process.poll() is None and not (
            "k3-carrier" in family([self.pid]).values() if early else any(self.words(f"ran.{n}") for n in range(JOBS))
        ):
            time.sleep(0.01)
        time.sleep(self.rng.random() * (self.engine.moment if early else 0.5))

    def cut(self):
        self.way = self.rng.choice(self.engine.ways)
        self.wait_for_moment()
        if self.process.poll() is None:
            self.victim = getattr(self.engine, self.way)(self, self.rng)

    def wait(self):
        try:
            self.status = self.process.wait(90)
        except subprocess.TimeoutExpired:
            self.faults.append("it does not end")
            self.process.kill()
            self.status = self.process.wait()

    # What is left, and what was reported

    def words(self, name):
        try:
            with open(f"{self.directory}/{name}") as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def look(self):
        """Looks at everything but the processes."""
        self.messages.seek(0)
        self.text = self.messages.read()
        self.lost = set(re.findall("host '([^']*)' is lost", self.text))
        if self.victim == "k3-carrier":
            self.lost = set(re.findall(r"\w+(?=:)", self.engine.hosts))
        self.expect(not self.words("overlap") or self.escaped, f"at two places at the same time: {self.words('overlap')}")
        for n in range(JOBS):
            ran = self.words(f"ran.{n}")
            self.expect(len(ran) <= 1 + self.reschedule * len(self.lost), f"{n} ran on {ran}")
            self.expect(len(set(ran)) == len(ran), f"{n} ran twice on one machine: {ran}")
        if self.victim != "front":
            self.look_at_result()
            left = [name for name in os.listdir(self.directory) if name.startswith("k3thread-run")]
            self.expect(not left or self.may_leave, f"left: {left}")

    def look_at_result(self):
        try:
            with open(f"{self.directory}/result.json") as file:
                threads = json.load(file)["threads"]
        except (FileNotFoundError, json.JSONDecodeError) as error:
            self.faults.append(f"no result: {error}")
            return
        self.expect(len(threads) == JOBS, f"{len(threads)} threads")
        for thread in threads:
            self.look_at_thread(thread)
        failed = {t["exit_code"] for t in threads} - {0}
        self.expect(self.status in (failed or {0}), f"status {self.status}, of {failed}")

    def look_at_thread(self, thread):
        n = int(thread["command"][-1])
        ran, ended = self.words(f"ran.{n}"), self.words(f"ended.{n}")
        if thread["exception"] is None:
            good = thread["exit_code"] == own_status(n) and ended[-1:] == [thread["host"]] == ran[-1:]
        else:
            all_lost = len(self.lost) == self.engine.hosts.count(":")
            good = thread["exception"] == "ConnectionError" and thread["exit_code"] == 125
            good = good and (all_lost or not self.reschedule and thread["host"] in self.lost)
        self.expect(good, f"{n} ran on {ran}, ended on {ended}, lost: {self.lost}: "
                    f"{[thread[name] for name in ('host', 'exit_code', 'signal', 'exception', 'message')]}")

    def expect(self, holds, fault):
        if not holds:
            self.faults.append(fault)

    def report(self):
        if self.faults:
            print(f"cut {self.number}, {self.way} of {self.victim} "
                  f"({'with' if self.reschedule else 'without'} --reschedule):", *self.faults, sep="\n  ")
            print("    " + self.text.replace("\n", "\n    "), flush=True)


def wait_for_none(look, seconds):
    """Returns what LOOK still finds after SECONDS."""
    end = time.monotonic() + seconds
    while (found := look()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def go(run):
    run.start()
    run.cut()
    run.wait()
    left = wait_for_none(lambda: marked(run.mark), run.engine.patience)
    run.escaped = run.engine.lets_escape and run.may_leave and set(left.values()) == {"sleep"}
    run.expect(not left or run.escaped, f"left: {left}")
    for pid in left:
        os.kill(pid, signal.SIGKILL)


def go_in_net(run):
    time.sleep(run.rng.random() * run.engine.moment)
    run.start(K3CUT_LONG="15")
    run.wait()


def cut_net(engine, runs, pool, rng):
    """Has RUNS under way while the network is cut, for a random time or until they have ended."""
    way = rng.choice(engine.net_ways)
    done = [pool.submit(go_in_net, run) for run in runs]
    time.sleep(engine.moment * (0.5 + rng.random()))
    getattr(engine, way)(rng)
    for run in runs:
        run.way = way
        run.victim = name_of(run.pid) and "network" if hasattr(run, "pid") else None
    if rng.random() < 0.3:
        time.sleep(rng.random() * 8)
        engine.mend()
    for future in done:
        future.result()
    for run in runs:
        left = wait_for_none(lambda run=run: marked(run.mark), 15)
        run.expect(not left, f"left: {left}")


def go_group(engine, numbers, seed, pool):
    """Cuts a group of runs. Returns them."""
    rng = random.Random(f"{seed}.{numbers[0]}.group")
    runs = [Run(engine, number, seed) for number in numbers]
    engine.reset()
    if engine.net_ways and "HOSTS_LONG" in os.environ and rng.random() < 0.25:
        cut_net(engine, runs, pool, rng)
    else:
        list(pool.map(go, runs))
    strays = wait_for_none(engine.strays, engine.patience)
    for run in runs:
        run.expect(not strays, f"strays of this group: {strays}")
        run.look()
        run.report()
        run.messages.close()
        if not run.faults or "KEEP" not in os.environ:
            subprocess.run(["rm", "-rf", run.directory], check=True)
    return runs


def main():
    engine, count, seed = ENGINES[sys.argv[1]](), int(sys.argv[2]), int(sys.argv[3])
    at_a_time = int(sys.argv[4]) if len(sys.argv) > 4 else 4
    print(f"{count} cuts of {sys.argv[1]}, SEED={seed}", flush=True)
    failed, by_name = 0, {}
    with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
        for first in range(0, count, at_a_time):
            for run in go_group(engine, range(first, min(first + at_a_time, count)), seed, pool):
                name = f"{run.way} {run.victim}"
                by_name[name] = by_name.get(name, 0) + 1
                failed += bool(run.faults)
    engine.reset()
    print(f"{failed} of {count} cuts failed; cut:", by_name)
    sys.exit(failed > 0)


main()
