#!/usr/bin/env python3
"""Measures each figure of the program beside its floor, in interleaved rounds: run by tests/bench/run."""
import datetime
import os
import platform
import signal
import subprocess
import sys
import time

import peers
from attached import attached, reactions
from machines import many_machines, over_ssh
from measure import (AT_LEAST, AT_MOST, DEADLINE, QUICK, Table, commands_in_turns, floor, in_turns,
                     quiet, run, seconds_of)
from runs import (JOBS, at_home, jobs_from_a_script, jobs_on_a_disk, long_scripts, output_of_a_run,
                  write)
from supervisor import PROGRAM, Directory, Supervisor, activity_of, family_of, rest, wait_until
from topview import top_of_many

SLEEPERS = 300 if QUICK else 1000
CROWD = 2000 if QUICK else 10000
PAST = 20000 if QUICK else 1000000
LOG_SIZE = (64 if QUICK else 1024) << 20
ROUNDS = 3 if QUICK else 9
TURNS = (7, 20) if QUICK else (25, 40)

TRUE = ["/bin/true"]
NAP = [floor("nap")]


class EchoServer:
    """Runs the tiny server, which starts COMMAND, if there is one, for each request."""

    def __init__(self, path, *command):
        self.path = path
        self.process = subprocess.Popen([floor("echo-server"), path, *command],
                                        stdout=subprocess.PIPE)

    def __enter__(self):
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def words(self, *words):
        return [floor("echo-client"), self.path, *words]


# Jobs


def shell_loop(directory, name, words):
    """Returns a script for sh that runs WORDS once for each job."""
    return write(directory.file(name),
                 [f"i=0; while [ $i -lt {JOBS} ]; do {' '.join(words)}; i=$((i + 1)); done"])


def one_start_a_job(table):
    """Measures a shell loop of starts, against a loop of small socket clients whose server starts the job too."""
    with Directory() as directory, Supervisor() as k3, \
            EchoServer(directory.file("run.sock"), *TRUE) as server:
        ours = shell_loop(directory, "ours", k3.words("start", "--", *TRUE))
        small = shell_loop(directory, "small", server.words(*TRUE))

        def take():
            seconds = seconds_of(["sh", ours])
            wait_until("the jobs have ended", lambda: k3.live() == 0)
            k3.wire.call("clear")
            return seconds

        mine, bare = in_turns(ROUNDS, take, lambda: seconds_of(["sh", small]))
    table.compare(f"one start a job, {JOBS} jobs", mine, bare, (AT_LEAST, 0.85), rate=True)


# Sleepers


def time_until_up(words, directory, end):
    """Returns the time until WORDS, whose input stays open, has printed a line; then calls END(process)."""
    begin = time.monotonic()
    with subprocess.Popen(words, env=at_home(directory), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        if not process.stdout.readline():
            raise RuntimeError(f"{words} said nothing")
        seconds = time.monotonic() - begin
        end(process)
        process.stdout.read()
        process.wait(DEADLINE)
    return seconds


def sleepers(table):
    """Measures a script whose last line waits for all and prints a line; their end is not timed."""
    with Directory() as directory:
        script = write(directory.file("script"),
                       ["start -- sleep 1000"] * SLEEPERS + ["start --wait -- echo up"])
        ours, bare = in_turns(
            ROUNDS,
            lambda: time_until_up([PROGRAM, "run", "--no-prefix", script], directory,
                                  subprocess.Popen.terminate),
            lambda: time_until_up([floor("sleepers"), str(SLEEPERS), "sleep", "1000"],
                                  directory, lambda floor_process: floor_process.stdin.close()))
    table.compare(f"{SLEEPERS} sleepers up", ours, bare, (AT_LEAST, 0.85), rate=True)


# Clients


def client_commands(table, k3, crowd):
    """Measures the client's part of a command, against the smallest dynamic program."""
    live = k3.start(*NAP, name="one")[0]["id"]
    k3.start("true", name="ended")
    k3.wire.call("join", thread="ended")
    takes = {
        "raise": k3.words("raise", "one", "SIGCONT"),
        "join of an ended thread": k3.words("join", "ended"),
        "list of one thread": k3.words("list", "one"),
    }
    samples = commands_in_turns(*TURNS, TRUE, *takes.values())
    for what, figures in zip(takes, samples[1:]):
        table.compare(f"{what}, {crowd}", figures, samples[0], (AT_MOST, 1.0))
    k3.wire.call("raise", thread=live, exception="SIGKILL")


def deaths(table, k3, crowd):
    """Measures a command's death by raise, against a death by kill; both from before the client's start."""
    def by_raise():
        thread = k3.start(*NAP)[0]
        return float(run([floor("deaths"), str(thread["pid"]),
                          *k3.words("raise", str(thread["id"]))]))

    def by_kill():
        with subprocess.Popen(NAP) as worker:
            try:
                return float(run([floor("deaths"), str(worker.pid), "/bin/kill", str(worker.pid)]))
            finally:
                worker.kill()

    ours, bare = in_turns(9 if QUICK else 101, by_raise, by_kill)
    table.compare(f"raise to death, {crowd}", ours, bare, (AT_MOST, 1.1))


def list_of_many(table, k3, count, aim=None):
    ours, bare = commands_in_turns(TURNS[0], max(TURNS[1] * 200 // count, 3), k3.words("list"), TRUE)
    table.compare(f"list of {count}", ours, bare, aim)


def first_start(table):
    """Measures the time from no socket to the answer; the ends of supervisors are not timed."""
    def ours():
        with Directory() as directory:
            path = directory.file("k.sock")
            words = [PROGRAM, "-S", path, "start", "--", *TRUE]
            seconds = float(run([floor("turns"), "1", "1", ",", *words]))
            run([PROGRAM, "-S", path, "shutdown"])
        return seconds

    def bare():
        return float(run([floor("turns"), "1", "1", ",", *TRUE]))

    mine, floors = in_turns(15 if QUICK else 51, ours, bare)
    table.compare("first start", mine, floors, (AT_MOST, 3.0))


# Scale


def fill(k3, count):
    """Starts COUNT naps, and returns how long that took."""
    begin = time.monotonic()
    k3.start(*NAP, count=count)
    return time.monotonic() - begin


def life_of(count):
    """Measures the seconds until COUNT threads run, are listed, one is raised in, and all are shut down."""
    with Supervisor() as k3:
        up = fill(k3, count)
        listed = seconds_of(k3.words("list"))
        raised = seconds_of(k3.words("raise", "--wait", str(count)))
        ended = seconds_of(k3.words("shutdown", "--now"))
    return up + listed + raised + ended


def growth(table):
    small = CROWD // 10
    figures, floors = in_turns(1 if QUICK else 3, lambda: life_of(CROWD) / CROWD,
                               lambda: life_of(small) / small)
    table.compare(f"life of each of {CROWD}, against {small}", figures, floors, (AT_MOST, 1.3))


def idle_activity(table, k3, count):
    before = activity_of(k3.pid), activity_of(k3.guardian)
    time.sleep(2 if QUICK else 10)
    after = activity_of(k3.pid), activity_of(k3.guardian)
    ticks = sum(a[0] - b[0] for a, b in zip(after, before))
    switches = sum(a[1] - b[1] for a, b in zip(after, before))
    table.figure(f"CPU of {count} idle threads", [ticks], "ticks", (AT_MOST, 0))
    table.figure(f"wake-ups of {count} idle threads", [switches], "", (AT_MOST, 0))


def memory(table, k3, idle, count):
    rest()
    table.figure(f"memory for each of {count} workers", [(k3.pss() - idle) / count], "KiB",
                 (AT_MOST, 8))


def scale(table):
    """Measures a supervisor that grows: without threads, with a thousand, with ten thousand."""
    with Supervisor() as k3:
        rest()
        idle = k3.pss()
        table.figure("supervisor and guardian idle", [idle / 1024], "MiB", (AT_MOST, 0.8))
        client_commands(table, k3, "alone")
        deaths(table, k3, "alone")
        k3.end_all()
        fill(k3, 1000)
        memory(table, k3, idle, 1000)
        list_of_many(table, k3, 1000, (AT_MOST, 3.0))
        fill(k3, CROWD - 1000)
        memory(table, k3, idle, CROWD)
        idle_activity(table, k3, CROWD)
        top_of_many(table, k3, CROWD)
        client_commands(table, k3, f"with {CROWD}")
        deaths(table, k3, f"among {CROWD}")
        list_of_many(table, k3, CROWD, (AT_MOST, 5.0))


def past(k3, count):
    """Starts COUNT commands, waits for their ends and joins them; returns the memory after that, in KiB."""
    for _ in range(count // 1000):
        ids = [thread["id"] for thread in k3.start(*TRUE, count=1000)]
        k3.wire.call_many("join", [{"thread": str(one)} for one in ids])
    rest()
    return k3.pss()


def starts(table):
    """Measures a start, and the memory, beside many threads, and after many that have ended and been joined."""
    few = PAST // 10
    with Supervisor() as alone, Supervisor() as crowd, Supervisor() as old:
        fill(crowd, CROWD)
        memory_of_few = past(old, few)
        memory_of_all = past(old, PAST - few)
        bare, beside_many, after_many = commands_in_turns(
            *TURNS, *(k3.words("start", "--", *TRUE) for k3 in (alone, crowd, old)))
    table.compare(f"start beside {CROWD}, against none", beside_many, bare, (AT_MOST, 1.2))
    table.compare(f"start after {PAST} have been joined, against none", after_many, bare, (AT_MOST, 1.2))
    table.compare(f"memory after {PAST} have been joined, against {few}", [memory_of_all / 1024],
                  [memory_of_few / 1024], unit="MiB")


# The end of everything


def gone_after_kill(table):
    time_to_die(table, NAP, 1, 1, 0.01)
    time_to_die(table, ["sh", "-c", "sleep 1000 & sleep 1000 & wait"], 3, 300, 0.1)


def time_to_die(table, command, size, workers, limit):
    """
    Measures the end of WORKERS commands of SIZE processes each, until the last process is dead. The
    floor is one call of kill for as many processes, each family of them a process group.
    """
    def families(pids):
        wait_until("all have begun", lambda: all(len(family_of(pid)) == size for pid in pids))
        return ",".join(str(one) for pid in pids for one in family_of(pid))

    def by_our_end():
        with Supervisor() as k3:
            every = families([thread["pid"] for thread in k3.start(*command, count=workers)])
            return float(run([floor("deaths"), every, "/bin/kill", "-KILL", str(k3.pid)]))

    def by_kill():
        leaders = [subprocess.Popen(command, start_new_session=True) for _ in range(workers)]
        try:
            every = families([leader.pid for leader in leaders])
            return float(run([floor("deaths"), every, "/bin/kill", "-KILL", "--",
                              *(f"-{leader.pid}" for leader in leaders)]))
        finally:
            for leader in leaders:
                leader.kill()
                leader.wait()

    ours, bare = in_turns(ROUNDS, by_our_end, by_kill)
    what = f"gone after SIGKILL, {workers} worker{'s' * (workers > 1)}"
    table.compare(f"{what}, against kill", ours, bare, (AT_MOST, 1.05) if workers > 1 else None)
    table.figure(what, ours, "s", (AT_MOST, limit))


# Logs


def write_log(k3, size):
    """Starts a thread whose log has SIZE bytes of lines; returns its id and the log."""
    line = "a line of output, as long as many are, number 0123456789\n"
    thread = k3.start("sh", "-c", f"yes '{line.strip()}' | head -c {size // len(line) * len(line)}")
    done = k3.wire.call("join", thread=thread[0]["id"])
    return str(done["id"]), done["log"]


def seconds_into_pipe(words):
    """Measures a command whose output is read; /dev/null would drop it unread."""
    return seconds_of(["sh", "-c", '"$@" | cat >/dev/null', "sh", *words])


def logs(table):
    with Supervisor() as k3:
        small, _ = write_log(k3, 1 << 20)
        large, path = write_log(k3, LOG_SIZE)
        ours, bare = in_turns(ROUNDS, lambda: seconds_into_pipe(k3.words("logs", large)),
                              lambda: seconds_into_pipe(["cat", path]))
        table.compare(f"logs of {LOG_SIZE >> 20} MiB, against cat", ours, bare, (AT_MOST, 1.2))
        of_large, of_small = commands_in_turns(*TURNS, k3.words("logs", "-n", "10", large),
                                               k3.words("logs", "-n", "10", small))
        table.compare(f"logs -n 10 of {LOG_SIZE >> 20} MiB, against 1 MiB", of_large, of_small,
                      (AT_MOST, 1.2))


def beside(table):
    peers.measure_all(table, lambda directory: EchoServer(directory.file("run.sock"), *TRUE))


def main():
    table = Table()
    only = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends everything that was started in any case
    print(f"{datetime.date.today()}, Linux {platform.release()}, {os.cpu_count()} processors")
    print("Ratio: the median over interleaved rounds; spread: its quartiles.\n")
    for part in (jobs_from_a_script, jobs_on_a_disk, one_start_a_job, sleepers, first_start, reactions,
                 attached, scale, growth, starts, gone_after_kill, logs, output_of_a_run, long_scripts, over_ssh,
                 many_machines, beside):
        if not only or part.__name__ in only:
            part(table)
    table.print()
    print(f"\n{quiet}.")


if __name__ == "__main__":
    main()
