"""Cuts runs off from their machines at random moments.

usage: cuts.py COUNT SEED [AT_A_TIME]

Each run has twelve commands on three machines, which are agents on this one; what reaches them is chosen from ENGINES.
While it runs, a process between the run and a command is killed. Then no process may be left, no command may have run
twice, and the status of each command must be its own or 125 with ConnectionError. With --reschedule every command must
have succeeded. AT_A_TIME such runs are under way at a time.
"""
import concurrent.futures
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

K3THREAD = os.environ["K3THREAD"]
JOBS = 12

# What reaches a machine: this one, by a program in between, and in a process namespace.
ENGINES = ["env MACHINE={}", "sh -c '\"$@\"; exit $?' {} env MACHINE={}"]


def processes(mark):
    """Returns the processes that have MARK in their environment, as pid: (name, machine, parent)."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                environ = file.read().split(b"\0")
            if mark.encode() not in environ:
                continue
            with open(f"/proc/{pid}/stat") as file:
                stat = file.read()
        except OSError:
            continue
        name, rest = stat[stat.index("(") + 1 : stat.rindex(")")], stat[stat.rindex(")") + 2 :].split()
        if rest[0] not in "ZX":
            machine = next((v[8:].decode() for v in environ if v.startswith(b"MACHINE=")), None)
            found[int(pid)] = (name, machine, int(rest[1]))
    return found


def family(root):
    """Returns the processes below ROOT, as pid: name: a supervisor has nothing of its run's environment."""
    below, todo = {}, [root]
    while todo:
        pid = todo.pop()
        try:
            children = []
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children") as file:
                    children += map(int, file.read().split())
            for child in children:
                with open(f"/proc/{child}/comm") as file:
                    below[child] = file.read().strip()
        except OSError:
            continue
        todo += children
    return below


def choose(root, rng):
    """Returns a process that holds a run and one of its machines together, or None."""
    carrier = [p for p, name in family(root).items() if name == "k3-carrier"]
    if not carrier:
        return None
    agents = [p for p, name in family(carrier[0]).items() if name in ("k3-agent", "k3-guardian", "k3thread")]
    return rng.choice(agents + carrier) if agents and rng.random() < 0.9 else rng.choice(carrier + agents)


def wait_for_moment(run, rng):
    """Waits until the carrier is there, and then for a random time, in which most runs do not end."""
    while run.poll() is None and "k3-carrier" not in family(run.pid).values():
        time.sleep(0.005)
    time.sleep(rng.random() * 0.5)


def wait_for_end(mark):
    """Returns what is left five seconds after the end of a run."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        left = processes(mark)
        if not left:
            return {}
        time.sleep(0.02)
    return left


def check(directory, status, reschedule, victim, rng):
    lines = {}
    for n in range(JOBS):
        try:
            with open(f"{directory}/ran.{n}") as file:
                lines[n] = file.read().split()
        except FileNotFoundError:
            lines[n] = []
    with open(f"{directory}/result.json") as file:
        threads = json.load(file)["threads"]
    lost = [t for t in threads if t["exception"] == "ConnectionError"]
    for t in threads:
        n = int(t["command"][-1])
        if not reschedule:
            assert len(lines[n]) <= 1, f"{n} ran on {lines[n]}"
        if t["exception"] == "ConnectionError":
            assert t["exit_code"] == 125, t
        else:
            assert t["exit_code"] == 0 and t["exception"] is None and lines[n], (t, lines[n])
    if victim != "k3-carrier" and reschedule:
        assert not lost and status == 0, (status, [t["message"] for t in lost])
    assert status == (125 if lost else 0), (status, lost)
    assert len(threads) == JOBS


def cut(number, rng):
    with tempfile.TemporaryDirectory(prefix="k3cut.", dir="/tmp") as directory:
        mark = f"K3CUT={directory}"
        environ = dict(os.environ, XDG_RUNTIME_DIR=directory, TMPDIR=directory, K3CUT=directory)
        for name in ("K3THREAD_SOCKET", "K3THREAD_ID"):
            environ.pop(name, None)
        reschedule = rng.random() < 0.5
        words = [K3THREAD, "run", "-q", "--hosts", "a:2,b:2,c:2", "--via", rng.choice(ENGINES), "--json", "result.json"]
        words += ["--reschedule"] * reschedule + ["--each", "sh", "-c"]
        words += ['echo $K3THREAD_HOSTNAME >>ran.$1; setsid sleep 0.05 & sleep 0.$(($1 * 7 % 10 * 3 + 10)); wait', "sh"]
        run = subprocess.Popen(words, cwd=directory, env=environ, stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        run.stdin.write("".join(f"{n}\n" for n in range(JOBS)).encode())
        run.stdin.close()
        wait_for_moment(run, rng)
        name, victim = None, choose(run.pid, rng)
        if victim is not None:
            try:
                with open(f"/proc/{victim}/comm") as file:
                    name = file.read().strip()
                os.kill(victim, signal.SIGKILL)
            except (ProcessLookupError, FileNotFoundError):
                name = None
        messages = run.stderr.read().decode()
        status = run.wait(60)
        left = wait_for_end(mark)
        try:
            assert not left, f"left: {left}"
            check(directory, status, reschedule, name, rng)
        except (AssertionError, FileNotFoundError, KeyError) as failure:
            print(f"cut {number} of {name} ({'with' if reschedule else 'without'} --reschedule): {failure}\n{messages}")
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            return name, False
        return name, True


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    at_a_time = int(sys.argv[3]) if len(sys.argv) > 3 else 4
    print(f"{count} cuts, SEED={seed}", flush=True)
    if subprocess.run(["unshare", "-p", "-f", "true"], stderr=subprocess.DEVNULL).returncode == 0:
        ENGINES.append("env MACHINE={} unshare -p -f")
    failed, by_name = 0, {}
    with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
        for name, good in pool.map(lambda number: cut(number, random.Random(f"{seed}.{number}")), range(count)):
            by_name[name] = by_name.get(name, 0) + 1
            failed += not good
    print(f"{failed} of {count} cuts failed; killed:", by_name)
    sys.exit(failed > 0)


main()
