"""Measures the view of the command top: how soon a key has its effect on the screen, and what it costs to stay open."""
import fcntl
import os
import pty
import select
import struct
import termios
import time

from measure import AT_MOST
from supervisor import PROGRAM, activity_of

DOWN, PAGE_DOWN = b"\033[B", b"\033[6~"
SAMPLES = 25
PATIENCE = 10  # seconds for a screen that does not change
QUIET = 0.1  # a screen is drawn when nothing has come for so many seconds


class View:
    """A top at a terminal of 24 rows and 80 columns."""

    def __init__(self, k3):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
            os.environ["TERM"] = "xterm-256color"
            os.execv(PROGRAM, k3.words("top"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)  # which ends it
        os.waitpid(self.pid, 0)

    def take(self):
        """Returns what is drawn next, and the time when the last byte of it came."""
        drawn, last = b"", 0
        while select.select([self.fd], [], [], QUIET if drawn else PATIENCE)[0]:
            drawn += os.read(self.fd, 65536)
            last = time.monotonic()
        return drawn, last

    def settle(self):
        """Waits until nothing is drawn for a second."""
        while select.select([self.fd], [], [], 1)[0]:
            os.read(self.fd, 65536)

    def seconds_until(self, words):
        """Returns the seconds until WORDS are on the screen."""
        begin, drawn = time.monotonic(), b""
        while words not in drawn:
            more, last = self.take()
            drawn += more
        return last - begin

    def seconds_of(self, key):
        """Returns the seconds from KEY until the screen has its effect."""
        begin = time.monotonic()
        os.write(self.fd, key)
        return self.take()[1] - begin


def top_of_many(table, k3, count):
    """Measures a top of COUNT threads, most of which are idle."""
    with View(k3) as view:
        table.figure(f"top shows {count}", [view.seconds_until(b" threads")], "s", (AT_MOST, 2))
        view.settle()
        for name, key in ("down", DOWN), ("page down", PAGE_DOWN):
            table.figure(f"{name} in top of {count}", [view.seconds_of(key) for _ in range(SAMPLES)], "s",
                         (AT_MOST, 0.02))
        before = activity_of(view.pid)[0]
        time.sleep(5)
        table.figure(f"top of {count} idle, 5 s", [activity_of(view.pid)[0] - before], "ticks", (AT_MOST, 1))
