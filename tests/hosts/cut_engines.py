"""What reaches the machines of the runs that cuts.py cuts off, and the ways to cut: one class for each engine."""
import os
import random
import signal
import subprocess
import time


def read(pid, name):
    """Returns a file of a process, or nothing if the process is gone."""
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""


def name_of(pid):
    return read(pid, "comm").decode().strip()


def processes():
    """Yields each process that lives."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        stat = read(pid, "stat")
        if stat and stat[stat.rindex(b")") + 2 :][:1] not in b"ZX":
            yield int(pid)


def marked(mark):
    """Returns the processes that have MARK in their environment, with their names."""
    return {pid: name_of(pid) for pid in processes() if mark.encode() in read(pid, "environ").split(b"\0")}


def family(roots):
    """Returns the processes below ROOTS with their names: a supervisor has nothing of its run's environment."""
    below, todo = {}, list(roots)
    while todo:
        pid = todo.pop()
        try:
            tasks = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        for child in b" ".join(read(pid, f"task/{task}/children") for task in tasks).split():
            below[int(child)] = name_of(int(child))
            todo.append(int(child))
    return below


def parent_of(pid):
    stat = read(pid, "stat")
    return int(stat[stat.rindex(b")") + 2 :].split()[1]) if stat else 0


def variables(pid):
    return dict(word.split(b"=", 1) for word in read(pid, "environ").split(b"\0") if b"=" in word)


def is_agents(pid, name):
    """Returns true for an agent, its supervisor and guardian, and for what brings it up."""
    return name in ("k3-agent", "k3-guardian", "k3thread", "sh", "head") and b"K3THREAD_ID" not in variables(pid)


def is_guarded(pid):
    """Returns true if the agent that the process is, or that it belongs to, has started its guardian."""
    return "k3-guardian" in {name_of(pid), name_of(parent_of(pid)), *family([pid]).values()}


class Engine:
    """The machines of all runs. The name of each way to cut is that of a method, which returns what it did or None."""

    hosts = "a:2,b:2,c:2"
    ways = ["kill_agent"] * 8 + ["kill_carrier"]
    net_ways = []  # cut all runs that are under way
    moment = 0.5  # most runs take longer, in seconds
    patience = 5  # within so many seconds nothing may be left of a run
    lets_escape = False  # where may_leave is set, a process may be left
    words = []  # before the command of a run

    def via(self, mark, rng):
        raise NotImplementedError

    def reset(self):
        """Prepares the machines for the next runs."""

    def strays(self):
        """Returns the processes on the machines that are of no use when no run is under way, with their names."""
        return {}

    def at_machines(self, run):
        """Returns the processes of RUN at its machines, with their names."""
        return family(self.carrier(run))

    @staticmethod
    def carrier(run):
        return [pid for pid, name in family([run.pid]).items() if name == "k3-carrier"]

    def kill_agents(self, run, found, rng, signals=(signal.SIGKILL,)):
        """Kills an agent of FOUND, or a process of it. Without a guardian nobody removes its files then."""
        pids = [pid for pid, name in found.items() if is_agents(pid, name)]
        if not pids:
            return None
        victim = rng.choice(sorted(pids))
        run.may_leave |= not is_guarded(victim) or "unshare" in run.via
        return self.kill([victim], rng, signals)

    @staticmethod
    def kill(pids, rng, signals=(signal.SIGKILL,)):
        """Kills one of PIDS, and returns its name."""
        if not pids:
            return None
        pid = rng.choice(sorted(pids))
        name = name_of(pid)
        try:
            os.kill(pid, rng.choice(signals))
        except ProcessLookupError:
            return None
        return name

    def kill_agent(self, run, rng):
        return self.kill_agents(run, self.at_machines(run), rng, (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))

    def kill_carrier(self, run, rng):
        return self.kill(self.carrier(run), rng)

    def kill_front(self, run, rng):
        return self.kill([run.pid], rng) and "front"


class Local(Engine):
    """Machines that are this one: as it is, by a program in between, and in a process namespace."""

    def __init__(self):
        self.vias = ["env MACHINE={}", "sh -c '\"$@\"; exit $?' {} env MACHINE={}"]
        if subprocess.run(["unshare", "-p", "-f", "true"], stderr=subprocess.DEVNULL).returncode == 0:
            self.vias.append("env MACHINE={} unshare -p -f")

    def via(self, mark, rng):
        return rng.choice(self.vias)


class Ssh(Engine):
    """The network namespaces of ssh.bash, with an sshd each. NET is their name, SSH_CONFIG the client's file."""

    hosts = "h1:2,h2:2,h3:2"
    ways = ["kill_agent"] * 3 + ["kill_client"] * 2 + ["kill_session"] * 3 + ["end_session"] * 2
    ways += ["kill_carrier", "kill_front"]
    net_ways = ["link_down", "drop_there", "drop_back", "drop_both"]
    moment = 1.2

    def __init__(self):
        self.net = os.environ["NET"]
        self.words = ["ip", "netns", "exec", self.net]
        self.inodes = {os.stat(f"/run/netns/{self.net}{n}").st_ino for n in "123"}
        self.servers = set(self.on_machines())
        self.undo = []

    def on_machines(self, inodes=None):
        """Returns the processes on the machines, or on those of INODES, with their names."""
        found = {}
        for pid in processes():
            try:
                if os.stat(f"/proc/{pid}/ns/net").st_ino in (inodes or self.inodes):
                    found[pid] = name_of(pid)
            except OSError:
                pass
        return found

    def via(self, mark, rng):
        # The server takes the variable, so the shell and the agent of a run are known by its mark.
        name, directory = mark.split("=")
        names = " ".join(f"{name}={directory}" for name in (name, "TMPDIR", "XDG_RUNTIME_DIR"))
        return f"ssh -F {os.environ['SSH_CONFIG']} -o 'SetEnv={names}' {{}}"

    def at_machines(self, run):
        there = self.on_machines()
        return {pid: name for pid, name in marked(run.mark).items() if pid in there}

    def strays(self):
        """A connection that the network cut is its sshd's to notice, which may take hours."""
        return {pid: name for pid, name in self.on_machines().items() if pid not in self.servers and name != "sshd"}

    def kill_agent(self, run, rng):
        there = self.at_machines(run)
        return self.kill_agents(run, {**there, **family(there)}, rng,
                                (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))

    def kill_client(self, run, rng):
        return self.kill([pid for pid, name in family(self.carrier(run)).items() if name == "ssh"], rng,
                         (signal.SIGKILL, signal.SIGTERM))

    def kill_session(self, run, rng):
        """Kills the process of a connection, or one that takes a connection and does not know its run yet."""
        there = self.on_machines()
        sessions = {parent_of(pid) for pid in self.at_machines(run)} & {p for p, n in there.items() if n == "sshd"}
        return self.kill((sessions or {p for p, n in there.items() if n == "sshd"}) - self.servers, rng)

    def end_session(self, run, rng):
        """Sends SIGTERM to all processes of one machine, as the end of a login does."""
        machine = rng.choice(sorted(self.inodes))
        there = [pid for pid, name in self.on_machines({machine}).items() if pid not in self.servers]
        for pid in there:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        run.may_leave = True  # a shell that was bringing up an agent
        return "session" if there else None

    def do(self, *command, undo=None):
        subprocess.run(command, check=True)
        if undo:
            self.undo.append(undo)

    def link_down(self, rng):
        n = rng.choice("123")
        self.do("ip", "-n", self.net, "link", "set", f"h{n}", "down",
                undo=["ip", "-n", self.net, "link", "set", f"h{n}", "up"])

    def drop(self, net, device):
        """Drops each packet that leaves NET by DEVICE: none fits into the bucket of its queue."""
        queue = ["tc", "-n", net, "qdisc", "add", "dev", device, "root"]
        self.do(*queue, *"tbf rate 8bit burst 1 limit 1".split(), undo=[*queue[:4], "del", *queue[5:]])

    def drop_there(self, rng):
        self.drop(self.net, "h" + rng.choice("123"))

    def drop_back(self, rng):
        self.drop(self.net + rng.choice("123"), "eth0")

    def drop_both(self, rng):
        n = rng.choice("123")
        self.drop(self.net, "h" + n)
        self.drop(self.net + n, "eth0")

    def mend(self):
        """Takes back what the ways that cut the network have done."""
        while self.undo:
            subprocess.run(self.undo.pop(), check=True)

    def reset(self):
        self.mend()
        for pid in set(self.on_machines()) - self.servers:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class Slurm(Engine):
    """
    The nodes of the allocation in which cuts.py runs. The end of a step kills all the processes that Slurm finds at the
    same time, with the agent and its guardian. A process that is born at that moment may escape, and files stay.
    """

    hosts = "n1:3,n2:3"
    ways = ["cancel"] * 3 + ["kill_srun"] * 2 + ["kill_stepd"] * 2 + ["kill_agent"] * 3 + ["kill_carrier"]
    moment = 1.2
    patience = 15
    lets_escape = True

    def via(self, mark, rng):
        return "srun --overlap -N1 -n1 -w {}"

    def at_machines(self, run):
        """The agents have been given the environment of their srun, and the steps of no other run have it."""
        return {pid: name for pid, name in marked(run.mark).items()
                if b"SLURM_STEP_ID" in read(pid, "environ") and name != "srun"}

    def kill_agent(self, run, rng):
        there = self.at_machines(run)
        return self.kill_agents(run, {**there, **family(there)}, rng)

    def kill_carrier(self, run, rng):
        run.may_leave = True
        return super().kill_carrier(run, rng)

    def kill_srun(self, run, rng):
        run.may_leave = True
        return self.kill([pid for pid, name in family(self.carrier(run)).items() if name == "srun"], rng,
                         (signal.SIGKILL, signal.SIGTERM, signal.SIGINT))

    def kill_stepd(self, run, rng):
        return self.kill({p for p in map(parent_of, self.at_machines(run)) if name_of(p) == "slurmstepd"}, rng)

    def cancel(self, run, rng):
        run.may_leave = True
        for pid in self.at_machines(run):
            names = variables(pid)
            if b"SLURM_STEP_ID" in names:
                step = b"%s.%s" % (names[b"SLURM_JOB_ID"], names[b"SLURM_STEP_ID"])
                subprocess.run(["scancel", step], check=True)
                return "step"
        return None


ENGINES = {"local": Local, "ssh": Ssh, "slurm": Slurm}
