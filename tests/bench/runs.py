"""Measures runs: their jobs, their output, their logs on a disk, and long scripts."""
import os
import select
import subprocess
import tempfile
import time

from measure import AT_LEAST, AT_MOST, QUICK, floor, in_turns, seconds_of
from supervisor import PROGRAM, Directory, family_of, pss_of

JOBS = 600 if QUICK else 1000
LONG = 20000 if QUICK else 100000  # a tenth of it is more threads than a run keeps
OUTPUT_SIZE = (10 if QUICK else 30) << 20
ROUNDS = 7 if QUICK else 9

TRUE = ["/bin/true"]


def at_home(directory, logs=None):
    """
    Returns the environment of a run whose supervisor lives in DIRECTORY, in memory, as do its logs, unless they
    are in LOGS.
    """
    return dict(os.environ, XDG_RUNTIME_DIR=directory.path, TMPDIR=logs or directory.path)


def write(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)
    return path


def jobs_from_a_script(table):
    """Measures a thousand runs of true, two at a time, from the start of a supervisor to its end."""
    with Directory() as directory, open(write(directory.file("words"), map(str, range(JOBS))),
                                        encoding="ascii") as words:
        script = write(directory.file("script"), ["start -- /bin/true"] * JOBS)
        home = at_home(directory)

        def each():
            words.seek(0)
            return seconds_of([PROGRAM, "run", "--slots", "2", "--each", *TRUE], env=home, stdin=words)

        def bare(*word):
            """With an argument, true takes longer."""
            return seconds_of([floor("jobs"), str(JOBS), "2", *TRUE, *word])

        ours, floors, by_words, floors_of_words = in_turns(
            ROUNDS, lambda: seconds_of([PROGRAM, "run", "--slots", "2", script], env=home), bare,
            each, lambda: bare("1"))
    table.compare(f"run --slots 2, {JOBS} jobs", ours, floors, (AT_LEAST, 0.95), rate=True)
    table.compare(f"run --slots 2 --each, {JOBS} jobs", by_words, floors_of_words, (AT_LEAST, 0.95),
                  rate=True)


def jobs_on_a_disk(table):
    """Measures what it costs a run that its logs are on a disk."""
    disk = os.environ.get("DISK", os.environ["BUILD"])
    with Directory() as directory, tempfile.TemporaryDirectory(dir=disk, prefix="bench-") as logs:
        script = write(directory.file("script"), ["start -- /bin/true"] * JOBS)
        on_disk, in_memory = in_turns(
            ROUNDS,
            *(lambda home=home: seconds_of([PROGRAM, "run", "--slots", "2", script], env=home)
              for home in (at_home(directory, logs), at_home(directory))))
    table.compare(f"logs of {JOBS} jobs on a disk, against memory", on_disk, in_memory, (AT_MOST, 1.2))


def is_ours(pid):
    """Returns true for a process of k3thread, and not one of its commands."""
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read().startswith("k3")
    except FileNotFoundError:
        return False


def run_with_peak(words, **options):
    """
    Runs WORDS. Returns the seconds, and the most memory, in KiB, that all its processes of k3thread had at a
    time.
    """
    begin = time.monotonic()
    peak = 0
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, **options) as process:
        end = os.pidfd_open(process.pid)
        while not select.select([end], [], [], 0.1)[0]:
            try:
                peak = max(peak, sum(pss_of(pid) for pid in family_of(process.pid) if is_ours(pid)))
            except (FileNotFoundError, ProcessLookupError, StopIteration):
                pass  # a process ended meanwhile
        os.close(end)
    return time.monotonic() - begin, peak


def long_scripts(table):
    """Measures the time of each job and the memory of a long script, against one of a tenth."""
    with Directory() as directory:
        def take(count):
            script = write(directory.file("script"), ["start -- /bin/true"] * count)
            return run_with_peak([PROGRAM, "run", "--slots", "2", script], env=at_home(directory))

        short = take(LONG // 10)
        long = take(LONG)
    table.compare(f"a tenth of the time of {LONG} jobs, against {LONG // 10}", [long[0] / 10], [short[0]],
                  (AT_MOST, 1.1))
    table.compare(f"memory of a run of {LONG} jobs, against {LONG // 10}", [long[1] / 1024],
                  [short[1] / 1024], (AT_MOST, 1.2), unit="MiB")


def output_of_a_run(table):
    """Measures how two threads' output gets its prefixes, against cat of the same to the same file."""
    with Directory() as directory:
        line = "a line of output, as long as many are, number 0123456789"
        data = write(directory.file("data"), [line] * (OUTPUT_SIZE // (len(line) + 1)))
        script = write(directory.file("script"),
                       [f"start --name {name} -- cat {data}" for name in ("one", "two")])
        path = directory.file("output")

        def into_file(words):
            with open(path, "w", encoding="ascii") as output:
                return seconds_of(words, stdout=output, env=at_home(directory))

        ours, bare = in_turns(ROUNDS, lambda: into_file([PROGRAM, "run", "--quiet", script]),
                              lambda: into_file(["cat", data, data]))
    table.compare(f"output of a run, 2 threads of {OUTPUT_SIZE >> 20} MiB, against cat", ours, bare,
                  (AT_MOST, 2.0))
