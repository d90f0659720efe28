"""Reaches a machine, which is this one, and breaks the connection when a file appears.

usage: relay.py from-agent|to-agent|silent FILE COMMAND...

It is closed in one direction; or it stays open, but nothing comes from the agent any more, and four seconds later
nothing comes to it, as in a network that fails by and by.
"""
import os
import signal
import subprocess
import sys
import threading
import time

way, file, *command = sys.argv[1:]
child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
to, from_ = child.stdin.fileno(), child.stdout.fileno()
silent = set()


def copy(source, target):
    try:
        while data := os.read(source, 65536):
            if target not in silent:
                os.write(target, data)
    except OSError:
        pass


for pair in (0, to), (from_, 1):
    threading.Thread(target=copy, args=pair, daemon=True).start()
while not os.path.exists(file):
    time.sleep(0.01)
if way == "silent":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    silent.add(1)
    time.sleep(4)
    silent.add(to)
    child.wait()
    sys.exit()
null = os.open("/dev/null", os.O_RDWR)
for fd in (1, from_) if way == "from-agent" else (0, to):
    os.dup2(null, fd)  # closes the end of the pipe
child.wait()
