"""Measures runs on other machines: two that sshd serves on this one, and a thousand whose agents run no commands."""
import contextlib
import json
import os
import resource
import select
import shutil
import socket
import subprocess
import time

from measure import AT_LEAST, AT_MOST, QUICK, floor, in_turns, run, seconds_of
from runs import at_home, write
from supervisor import PROGRAM, Directory, Wire, family_of, pss_of, rest, wait_until

JOBS = 1000
FEW = 4 if QUICK else 8  # for GNU parallel, which takes a connection for each job
ROUNDS = 2 if QUICK else 5
RAISES = 9 if QUICK else 51
MACHINES = 100 if QUICK else 1000
FAR_JOBS = 10000 if QUICK else 100000
JOB = ["sleep", "0.01"]

os.environ["PATH"] += ":/usr/sbin"


def missing(*programs):
    return [program for program in programs if not shutil.which(program)]


# Machines that ssh reaches


class Machines:
    """
    Two sshd on the loopback, the machines h1 and h2, which nobody but this process can enter. The login shell there has
    another home, because the user's start-up files may take longer than ssh itself.
    """

    NAMES = "h1", "h2"

    def __enter__(self):
        self.directory = Directory()
        self.servers = []
        for name in "host_key", "key":
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.directory.file(name)])
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        self.ssh = ["ssh", "-F", self.directory.file("ssh_config")]
        self.via = " ".join(self.ssh) + " {}"
        with contextlib.ExitStack() as stack:
            stack.push(self.__exit__)
            self.serve()
            stack.pop_all()
        return self

    def serve(self):
        ports = [self.start() for _ in self.NAMES]
        write(self.ssh[2], [line for name, port in zip(self.NAMES, ports) for line in (
            f"Host {name}", "HostName 127.0.0.1", f"Port {port}", f"IdentityFile {self.directory.file('key')}",
            "IdentitiesOnly yes", "StrictHostKeyChecking no", "UserKnownHostsFile /dev/null", "LogLevel ERROR")])
        for name in self.NAMES:
            wait_until(f"{name} answers", lambda name=name: subprocess.run(
                [*self.ssh, name, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0)

    def start(self):
        """Starts an sshd and returns its port."""
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        config = write(self.directory.file(f"sshd_config.{port}"), [
            f"ListenAddress 127.0.0.1:{port}", f"HostKey {self.directory.file('host_key')}",
            f"AuthorizedKeysFile {self.directory.file('key.pub')}", "PidFile none", "StrictModes no", "UsePAM no",
            "PasswordAuthentication no", f"SetEnv HOME={self.directory.path}"])
        self.servers.append(subprocess.Popen([shutil.which("sshd"), "-D", "-f", config], stdin=subprocess.DEVNULL,
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return port

    def __exit__(self, *_):
        for server in self.servers:
            server.terminate()
            server.wait()
        self.directory.__exit__()

    def words(self, script, slots=2):
        hosts = ",".join(f"{name}:{slots}" for name in self.NAMES)
        return [PROGRAM, "run", "-q", "--hosts", hosts, "--via", self.via, script]


def over_ssh(table):
    """Measures two machines that ssh reaches, from the start of a run to its end."""
    lacks = missing("ssh", "sshd", "ssh-keygen")
    if lacks:
        table.heading(f"Machines over ssh: skipped, because {', '.join(lacks)} is missing")
        return
    with Machines() as machines:
        jobs(table, machines)
        bring_up(table, machines)
        raises(table, machines)


def course_of(words, directory, **options):
    """Returns the seconds of a run, and those from the beginning of its first command to the end of its last."""
    file = directory.file("results")
    seconds = seconds_of([*words[:2], "--json", file, *words[2:]], **options)
    with open(file, encoding="utf-8") as results:
        threads = json.load(results)["threads"]
    return seconds, max(thread["ended"] for thread in threads) - min(thread["started"] for thread in threads)


def connect(machines):
    """Returns the seconds that ssh takes to reach all machines at the same time."""
    begin = time.monotonic()
    clients = [subprocess.Popen([*machines.ssh, name, "true"], stdin=subprocess.DEVNULL) for name in machines.NAMES]
    for client in clients:
        client.wait()
    return time.monotonic() - begin


def jobs(table, machines):
    words = ["parallel", "--will-cite", "-j2", "--ssh", " ".join(machines.ssh), "-S", ",".join(machines.NAMES),
             " ".join(JOB), ":::", *map(str, range(FEW))]
    script = write(machines.directory.file("script"), ["start -- " + " ".join(JOB)] * JOBS)
    home = dict(at_home(machines.directory), PARALLEL_HOME=machines.directory.path)
    far, own, bare = in_turns(
        ROUNDS, lambda: course_of(machines.words(script), machines.directory, env=home),
        lambda: course_of([PROGRAM, "run", "-q", "--slots", "4", script], machines.directory, env=home),
        lambda: connect(machines))
    what = f"{JOBS} jobs of 10 ms on 2 machines over ssh, 2 slots each"
    table.compare(f"{what}: from the first to the last, against --slots 4", [a[1] for a in far], [a[1] for a in own],
                  (AT_LEAST, 0.8), rate=True)
    table.compare(f"{what}: the whole run, against --slots 4", [a[0] for a in far], [a[0] for a in own],
                  (AT_LEAST, 0.8), rate=True)
    table.compare(f"{what}: the whole run, against --slots 4 and the connections of ssh alone", [a[0] for a in far],
                  [a[0] + b for a, b in zip(own, bare)], rate=True)
    if missing("parallel") or "GNU" not in run(["sh", "-c", "parallel --version 2>&1 || :"]):
        table.heading(f"{what}, against GNU parallel: skipped, because it is missing")
        return
    far, theirs = in_turns(1 if QUICK else 3, lambda: seconds_of(machines.words(script), env=home) / JOBS,
                           lambda: seconds_of(words, env=home) / FEW)
    table.compare(f"{what}, against GNU parallel, for each job", far, theirs, (AT_LEAST, 5.0), rate=True)


def bring_up(table, machines):
    """Measures a whole run of one command on a machine, less the same run on this one, against ssh alone."""
    script = write(machines.directory.file("one"), ["start -- true"])
    home = at_home(machines.directory)
    far, near, bare = in_turns(
        2 * ROUNDS + 1,
        lambda: seconds_of([PROGRAM, "run", "-q", "--hosts", "h1:1", "--via", machines.via, script], env=home),
        lambda: seconds_of([PROGRAM, "run", "-q", script], env=home),
        lambda: seconds_of([*machines.ssh, "h1", "true"]))
    table.compare("what a machine over ssh adds to a run of true, against ssh HOST true",
                  [a - b for a, b in zip(far, near)], bare, (AT_MOST, 1.3))


# Exceptions


class Nap:
    """A run with one command that sleeps, on a machine or here; a raise ends it, and the next one begins."""

    def __init__(self, *options):
        self.directory = Directory()
        script = write(self.directory.file("script"),
                       ["daemon -n keep -- sh -c 'echo $K3THREAD_SOCKET; exec sleep 1000'", "join keep"])
        self.process = subprocess.Popen([PROGRAM, "run", "--no-prefix", *options, script], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        env=at_home(self.directory))
        self.wire = Wire(self.process.stdout.readline().decode().strip())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()
        self.process.terminate()
        self.process.stdout.close()
        self.process.wait()
        self.directory.__exit__()

    def reaction(self):
        """Returns the seconds from the raise until the command is dead."""
        thread = self.wire.call("start", command=["sleep", "1000"], directory="/", umask=0o22,
                                environment=["PATH=" + os.environ["PATH"]])["id"]
        wait_until("the command runs", lambda: self.pid(thread))
        end = os.pidfd_open(self.pid(thread))
        begin = time.monotonic()
        self.wire.send("raise", {"thread": str(thread), "exception": "SystemExit"})
        select.select([end], [], [], 60)
        seconds = time.monotonic() - begin
        os.close(end)
        self.wire.receive()
        self.wire.call("join", thread=str(thread))
        return seconds

    def pid(self, thread):
        return self.wire.call("list", threads=[str(thread)], members=["pid"])[0]["pid"]


class Echo:
    """A connection of ssh over which each byte comes back."""

    def __init__(self, machines):
        self.process = subprocess.Popen([*machines.ssh, "h1", "exec cat"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, bufsize=0)
        self.round_trip()

    def round_trip(self):
        begin = time.monotonic()
        self.process.stdin.write(b"x")
        self.process.stdout.read(1)
        return time.monotonic() - begin

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def raises(table, machines):
    """Measures a raise until the command is dead, on a machine over ssh; and the memory of the agent there."""
    echo = Echo(machines)
    with Nap("--hosts", "h1:4", "--via", machines.via) as far, Nap() as near:
        there, here, trip = in_turns(RAISES, far.reaction, near.reaction, echo.round_trip)
        table.compare("raise to death over ssh, against that here and a round trip of ssh", there,
                      [a + b for a, b in zip(here, trip)], (AT_MOST, 1.2))
        table.figure("round trip of ssh", trip, "s")
        memory(table, machines)
    echo.close()


def name_of(pid):
    with open(f"/proc/{pid}/comm", encoding="ascii") as file:
        return file.read().strip()


def memory(table, machines):
    """Measures an agent with its supervisor and guardian, which run one command."""
    rest()
    agent = next(pid for server in machines.servers for pid in family_of(server.pid) if name_of(pid) == "k3-agent")
    ours = [pid for pid in family_of(agent) if name_of(pid).startswith("k3")]
    table.figure("memory of an agent, its supervisor and its guardian", [sum(map(pss_of, ours)) / 1024], "MiB",
                 (AT_MOST, 1.0))


# A thousand machines


class Agents:
    """The agents of any number of machines, in one process that runs no commands."""

    def __init__(self, milliseconds):
        self.directory = Directory()
        self.path = self.directory.file("agents")
        self.process = subprocess.Popen([floor("agents"), "serve", self.path, str(milliseconds)],
                                        stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.directory.__exit__()

    def run(self, machines, jobs):
        """
        Returns the seconds of a run, and those of its processors with the processes that reach the machines, and
        the most memory that its supervisor and its carrier had.
        """
        script = write(self.directory.file("script"), ["start -- true"] * jobs)
        hosts = write(self.directory.file("hosts"), [f"m{i}:4" for i in range(machines)])
        words = [PROGRAM, "run", "-q", "--hosts", f"@{hosts}", "--via", f"{floor('agents')} link {self.path}", script]
        begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        with subprocess.Popen(words, env=at_home(self.directory), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL) as process:
            peak = peak_until_end(process)
        if process.returncode != 0:
            raise RuntimeError(f"{words}: status {process.returncode}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (time.monotonic() - begin, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak)


def peak_until_end(process):
    """Returns the most KiB that the front, the supervisor and the carrier of a run had at a time."""
    end = os.pidfd_open(process.pid)
    peak = 0
    while not select.select([end], [], [], 0.25)[0]:
        with contextlib.suppress(OSError, StopIteration):
            peak = max(peak, sum(pss_of(pid) for pid in ours_of(process.pid)))
    os.close(end)
    return peak


def ours_of(pid):
    """Returns PID and the processes of k3thread below it; the many that reach the machines are not looked at."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        children = [int(word) for word in file.read().split()]
    few = children if len(children) < 10 else []
    return [pid] + [one for child in few if name_of(child).startswith("k3") for one in ours_of(child)]


def many_machines(table):
    """Measures what a run does itself, with a thousand machines against ten, for each job."""
    with Agents(10) as agents:
        begin_few, few = agents.run(MACHINES // 100, 1), agents.run(MACHINES // 100, FAR_JOBS // 10)
        idle, many = agents.run(MACHINES, 1), agents.run(MACHINES, FAR_JOBS)
    table.compare(f"processor time of each of {FAR_JOBS} jobs on {MACHINES} machines, against {FAR_JOBS // 10} on "
                  f"{MACHINES // 100}", [(many[1] - idle[1]) / FAR_JOBS],
                  [(few[1] - begin_few[1]) / (FAR_JOBS // 10)], (AT_MOST, 1.3))
    table.figure(f"processor time to reach each of {MACHINES} machines", [idle[1] / MACHINES], "s")
    table.figure(f"jobs on {MACHINES} machines", [FAR_JOBS / (many[0] - idle[0])], "a second")
    table.figure(f"memory of a run of {FAR_JOBS} jobs on {MACHINES} machines", [many[2] / 1024], "MiB")
    with Agents(5000) as agents:
        crowd = agents.run(MACHINES, 4 * MACHINES)
    table.figure(f"memory for each of {4 * MACHINES} jobs at a time", [(crowd[2] - idle[2]) / 4 / MACHINES], "KiB")
