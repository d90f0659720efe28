"""Reaches a machine, which is this one, and breaks the connection in one direction when a file appears.

usage: relay.py from-agent|to-agent FILE COMMAND...
"""
import os
import subprocess
import sys
import threading
import time

way, file, *command = sys.argv[1:]
child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
to, from_ = child.stdin.fileno(), child.stdout.fileno()


def copy(source, target):
    try:
        while data := os.read(source, 65536):
            os.write(target, data)
    except OSError:
        pass


for pair in (0, to), (from_, 1):
    threading.Thread(target=copy, args=pair, daemon=True).start()
while not os.path.exists(file):
    time.sleep(0.01)
null = os.open("/dev/null", os.O_RDWR)
for fd in (1, from_) if way == "from-agent" else (0, to):
    os.dup2(null, fd)  # closes the end of the pipe
child.wait()
