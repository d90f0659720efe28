"""Takes samples of two sides in turns, and prints the table of the results."""
import os
import select
import statistics
import subprocess
import time

QUICK = os.environ.get("QUICK", "") != ""
FLOORS = os.path.join(os.environ["BUILD"], "tests/bench")
DEADLINE = 300  # of each command, in seconds

AT_MOST, AT_LEAST = "<=", ">="


def floor(name):
    return os.path.join(FLOORS, name)


def run(words, **options):
    """Runs WORDS to its end and returns its output."""
    options.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run(words, timeout=DEADLINE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{words}: status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def seconds_of(words, **options):
    """
    Returns how long WORDS runs; drops its output. Python's own wait with a time limit sleeps up to 50 ms before it
    looks again, which would make all short runs take equally long.
    """
    for stream in ("stdin", "stdout", "stderr"):
        options.setdefault(stream, subprocess.DEVNULL)
    begin = time.monotonic()
    with subprocess.Popen(words, **options) as process:
        pidfd = os.pidfd_open(process.pid)
        ended = select.select([pidfd], [], [], DEADLINE)[0]
        seconds = time.monotonic() - begin
        os.close(pidfd)
        if not ended:
            process.kill()
    if process.returncode != 0:
        raise RuntimeError(f"{words}: status {process.returncode}")
    return seconds


class Quiet:
    """
    Waits for moments in which no other process is busy: other load does not slow both sides alike, as
    the kernel shares the processors out by session, and each measured command has its own session.
    """
    PATIENCE = float(os.environ.get("QUIET", 5 if QUICK else 60))  # seconds for all waits together
    WINDOW = 0.1
    ENOUGH = 0.9  # idle share of the processors' time

    def __init__(self):
        self.left = self.PATIENCE
        self.busy = self.asked = 0

    @staticmethod
    def times():
        with open("/proc/stat", encoding="ascii") as file:
            ticks = [int(word) for word in file.readline().split()[1:]]
        return sum(ticks), ticks[3] + ticks[4]  # all; idle and waiting for a disk

    def is_quiet(self):
        before = self.times()
        time.sleep(self.WINDOW)
        after = self.times()
        return after[1] - before[1] >= self.ENOUGH * (after[0] - before[0])

    def wait(self):
        self.asked += 1
        while not self.is_quiet():
            if self.left <= 0:
                self.busy += 1
                return
            self.left -= self.WINDOW

    def __str__(self):
        return f"{self.asked - self.busy} of {self.asked} rounds began on a quiet machine"


quiet = Quiet()


def in_turns(rounds, *takers):
    """Calls each of TAKERS once a round, every other round backwards; returns a list of samples for each."""
    samples = [[] for _ in takers]
    for i in range(rounds):
        quiet.wait()
        order = list(zip(takers, samples))
        for take, into in order if i % 2 == 0 else reversed(order):
            into.append(take())
    return samples


def commands_in_turns(rounds, times, *commands):
    """As in_turns, for short commands: a C program runs the rounds."""
    words = [floor("turns"), "2", str(times)]
    for command in commands:
        words += [",", *command]
    lines = []
    while len(lines) < rounds:
        quiet.wait()
        lines += [[float(word) for word in line.split()] for line in run(words).splitlines()]
    return [list(samples) for samples in zip(*lines)]


def show(value, unit):
    if value is None:
        return "-"
    if unit == "s":
        for factor, name in ((1, "s"), (1e3, "ms"), (1e6, "us")):
            if value * factor >= 1:
                break
        return f"{value * factor:.3g} {name}"
    return f"{value:.3g} {unit}".rstrip()


class Table:
    COLUMNS = ("what", "figure", "floor", "ratio", "spread", "aim", "met")

    def __init__(self):
        self.rows = []

    def add(self, *cells):
        self.rows.append(tuple(str(cell) for cell in cells))
        print("  ".join(self.rows[-1]), flush=True)

    def heading(self, text):
        self.add(text, "", "", "", "", "", "")

    def compare(self, what, figures, floors, aim=None, rate=False, unit="s"):
        """Compares FIGURES with FLOORS of the same rounds. The ratio of a rate is that of the floor's time."""
        pairs = zip(floors, figures) if rate else zip(figures, floors)
        ratios = sorted(a / b for a, b in pairs)
        ratio = statistics.median(ratios)
        quarter = len(ratios) // 4
        self.add(what, show(statistics.median(figures), unit), show(statistics.median(floors), unit),
                 f"{ratio:.2f}", f"{ratios[quarter]:.2f}-{ratios[-1 - quarter]:.2f}",
                 *verdict(ratio, aim, ""))
        return ratio

    def figure(self, what, samples, unit, aim=None):
        """Compares SAMPLES with AIM alone."""
        samples = sorted(samples)
        median = statistics.median(samples)
        spread = f"{show(samples[0], unit)}-{show(samples[-1], unit)}" if len(samples) > 1 else ""
        self.add(what, show(median, unit), "-", "-", spread, *verdict(median, aim, unit))

    def print(self):
        rows = [self.COLUMNS, tuple("-" * len(word) for word in self.COLUMNS)] + self.rows
        widths = [max(len(row[i]) for row in rows if any(row[1:])) for i in range(len(rows[0]))]
        print()
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())

    def missed(self):
        return [row for row in self.rows if row[-1] == "NO"]


def verdict(value, aim, unit):
    """Returns the last two cells: AIM is (AT_MOST or AT_LEAST, limit) or None."""
    if aim is None:
        return "-", "-"
    kind, limit = aim
    met = value <= limit if kind == AT_MOST else value >= limit
    return f"{kind} {show(limit, unit)}", "yes" if met else "NO"
