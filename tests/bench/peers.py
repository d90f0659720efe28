"""Measures other programs, where they are installed, by their ratio to the same floors; without aims."""
import contextlib
import os
import shutil
import subprocess

from measure import QUICK, commands_in_turns, floor, in_turns, run, seconds_of
from supervisor import Directory, pss_of, wait_until

JOBS = 200 if QUICK else 1000
ROUNDS = 1 if QUICK else 5
TURNS = (2, 10) if QUICK else (9, 20)
SLOW_JOBS, SLOW_TURNS = JOBS // 10, (1 if QUICK else 3, 1)  # for programs that take a thousand times as long
TRUE = "/bin/true"


def have(*programs):
    return all(shutil.which(program) for program in programs)


@contextlib.contextmanager
def serving(words, ready, **options):
    """Runs a server: WORDS in the foreground, begun when READY() is true and ended at the end."""
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
             "stderr": subprocess.DEVNULL}
    with subprocess.Popen(words, **quiet, **options) as server:
        try:
            wait_until(f"{words[0]} serves", ready)
            yield server
        finally:
            server.terminate()


def answers(words, **options):
    """Returns true if WORDS succeeds."""
    return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=10,
                          check=False, **options).returncode == 0


# Jobs from a list


def job_runners():
    """Yields the name, the number of jobs, and the words that run them."""
    if have("xargs"):
        yield "xargs -P2", JOBS, ["sh", "-c", f"seq {JOBS} | xargs -P2 -n1 {TRUE}"]
    for name in "parallel.moreutils", "parallel":
        if have(name) and "GNU" not in run(["sh", "-c", f"{name} --version 2>&1 || :"]):
            yield "moreutils parallel -j2", JOBS, ["sh", "-c", f"{name} -j2 {TRUE} -- $(seq {JOBS})"]
            break
    if have("parallel") and "GNU" in run(["sh", "-c", "parallel --version 2>&1 || :"]):
        yield "GNU parallel -j2", SLOW_JOBS, ["sh", "-c",
                                              f"seq {SLOW_JOBS} | parallel -j2 {TRUE}"]


def jobs(table):
    for name, count, words in job_runners():
        theirs, bare = in_turns(ROUNDS, lambda words=words: seconds_of(words),
                                lambda n=str(count): seconds_of([floor("jobs"), n, "2", TRUE]))
        table.compare(f"{name}, {count} jobs", theirs, bare, rate=True)


# One call of a client for each job, and the cost of a client


@contextlib.contextmanager
def task_spooler(directory):
    """The first call brings up its server, and -K ends it."""
    environment = dict(os.environ, TS_SOCKET=directory.file("tsp"), TMPDIR=directory.path)
    run(["tsp", TRUE], env=environment)
    os.environ["TS_SOCKET"] = environment["TS_SOCKET"]
    try:
        yield environment
    finally:
        run(["tsp", "-K"], env=environment)


def calls(table, echo):
    """Runs the same shell loop for the client of each program."""
    with Directory() as directory, echo(directory) as small:
        def loop(words):
            return ["sh", "-c", f"i=0; while [ $i -lt {JOBS} ]; do {words}; i=$((i + 1)); done"]

        def compare(name, words, environment):
            theirs, bare = in_turns(ROUNDS, lambda: seconds_of(loop(words), env=environment),
                                    lambda: seconds_of(loop(" ".join(small.words(TRUE)))))
            table.compare(f"{name}, one call a job", theirs, bare, rate=True)

        if have("tsp"):
            with task_spooler(directory) as environment:
                compare("task-spooler", f"tsp -n {TRUE}", environment)
        if have("nq"):
            environment = dict(os.environ, NQDIR=directory.path)
            compare("nq", f"nq -q {TRUE}", environment)
            wait_until("nq is done", lambda: answers(["fq", "-t"], env=environment) or
                       answers(["nq", "-t"], env=environment))


@contextlib.contextmanager
def tmux(directory):
    words = ["tmux", "-f", "/dev/null", "-S", directory.file("tmux")]
    run(words + ["new-session", "-d", "sleep 1000"])
    try:
        yield words
    finally:
        run(words + ["kill-server"])


@contextlib.contextmanager
def s6(directory):
    service = directory.file("s6")
    os.makedirs(service)
    write_program(os.path.join(service, "run"), "exec sleep 1000")
    with serving(["s6-supervise", service], lambda: answers(["s6-svstat", service])) as server:
        yield service, server
        run(["s6-svc", "-dx", service])
        server.wait(10)


@contextlib.contextmanager
def runit(directory):
    service = directory.file("runit")
    os.makedirs(service)
    write_program(os.path.join(service, "run"), "exec sleep 1000")
    with serving(["runsv", service], lambda: answers(["sv", "status", service])) as server:
        yield service
        run(["sv", "exit", service])
        server.wait(10)


@contextlib.contextmanager
def supervisord(directory):
    config = directory.file("supervisord.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write("[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\n"
                   f"pidfile={directory.file('pid')}\n"
                   f"[unix_http_server]\nfile={directory.file('supervisord')}\n"
                   "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory="
                   "supervisor.rpcinterface:make_main_rpcinterface\n"
                   f"[supervisorctl]\nserverurl=unix://{directory.file('supervisord')}\n"
                   "[program:nap]\ncommand=sleep 1000\n")
    control = ["supervisorctl", "-c", config, "status"]
    with serving(["supervisord", "-c", config], lambda: answers(control)) as server:
        yield control, server


def write_program(path, body):
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\n{body}\n")
    os.chmod(path, 0o755)


def client(table, name, *words, turns=TURNS):
    theirs, bare = commands_in_turns(*turns, list(words), [TRUE])
    table.compare(name, theirs, bare)


def clients(table):
    with Directory() as directory:
        if have("tsp"):
            with task_spooler(directory):
                client(table, "tsp", "tsp")
        if have("tmux"):
            with tmux(directory) as words:
                client(table, "tmux list-sessions", *words, "list-sessions")
                pid = int(run(words + ["display-message", "-p", "#{pid}"]))
                table.figure("tmux idle", [pss_of(pid) / 1024], "MiB")
        if have("s6-supervise", "s6-svstat"):
            with s6(directory) as (service, server):
                client(table, "s6-svc", "s6-svc", "-a", service)
                table.figure("s6-supervise idle", [pss_of(server.pid) / 1024], "MiB")
        if have("runsv", "sv"):
            with runit(directory) as service:
                client(table, "sv", "sv", "status", service)
        if have("supervisord", "supervisorctl"):
            with supervisord(directory) as (control, server):
                client(table, "supervisorctl", *control, turns=SLOW_TURNS)
                table.figure("supervisord idle", [pss_of(server.pid) / 1024], "MiB")


def measure_all(table, echo):
    table.heading("Beside it, what is installed:")
    jobs(table)
    calls(table, echo)
    clients(table)
