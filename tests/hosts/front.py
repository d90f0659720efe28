"""A run that speaks to one agent itself, in the frames of cli/remote/link.h, and shares no code with k3thread."""

import base64
import fcntl
import json
import os
import select
import struct
import subprocess
import termios
import time

OPEN, DATA, END, CLOSE, CREDIT, BEAT = range(1, 7)
AGENT = 1 << 31
WINDOW = 512 * 1024
TIMEOUT = 25 * int(os.environ.get("SLOWNESS", "1"))


def wait_until(what, condition):
    """Waits until the condition holds."""
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end, "not in time: " + what
        time.sleep(0.005)


def waiting(pipe):
    """Returns how many bytes are in the pipe."""
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"1234"))[0]


def descriptors(pid):
    """Returns how many files a process has open."""
    return len(os.listdir("/proc/%d/fd" % pid))


class Agent:
    def __init__(self):
        self.process = subprocess.Popen([os.environ["K3THREAD"], "agent"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, bufsize=0)
        self.lines = {}
        self.last_id = 0
        line = b""
        while not line.startswith(b"k3thread-agent up "):
            line = b""
            while not line.endswith(b"\n"):
                line += self.read(1)

    def read(self, size):
        """Reads as many bytes, or fewer at the end."""
        data = b""
        while len(data) < size:
            piece = self.process.stdout.read(size - len(data))
            if not piece:
                break
            data += piece
        return data

    def send_bytes(self, data):
        while data:
            data = data[self.process.stdin.write(data):]

    def send(self, channel, kind, data=b""):
        self.send_bytes(struct.pack("<IB", channel, kind) + len(data).to_bytes(3, "little") + data)

    def receive(self):
        """Returns the next frame that is no sign of life, or None at the end."""
        while True:
            head = self.read(8)
            if len(head) < 8:
                return None
            channel, kind = struct.unpack("<IB", head[:5])
            data = self.read(int.from_bytes(head[5:], "little"))
            if kind != BEAT:
                return channel, kind, data

    def ask(self, channel, method, **params):
        """Sends a request; returns its id."""
        self.last_id += 1
        request = {"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}
        self.send(channel, DATA, json.dumps(request).encode() + b"\n")
        return self.last_id

    def message(self, channel):
        """Returns the next message on the channel, and gives credit for it. Frames of other channels are dropped."""
        while b"\n" not in self.lines.setdefault(channel, b""):
            frame = self.receive()
            assert frame is not None, "the agent has ended"
            if frame[0] == channel:
                assert frame[1] in (DATA, CREDIT), frame
                self.lines[channel] += frame[2] if frame[1] == DATA else b""
        line, _, self.lines[channel] = self.lines[channel].partition(b"\n")
        return json.loads(line)

    def call(self, channel, method, **params):
        """Returns the reply."""
        id = self.ask(channel, method, **params)
        while True:
            message = self.message(channel)
            if message.get("id") == id:
                return message

    def execute(self, channel, *command):
        """Has the command run; returns the id of the request."""
        return self.ask(channel, "execute", id=1, name="a", host="far", start={
            "command": command, "environment": ["PATH=" + os.environ["PATH"]], "directory": os.getcwd()})

    def started(self, channel):
        """Returns the process of the command on the channel, when it runs."""
        while True:
            report = self.message(channel).get("params", {}).get("report", {})
            if report.get("pid"):
                return report["pid"]

    def waits(self):
        """Returns how often the agent has waited."""
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as status:
            return int(next(line for line in status if line.startswith("voluntary")).split()[1])

    def is_cut(self):
        """Returns true if the agent has closed the link."""
        poll = select.poll()
        poll.register(self.process.stdout, select.POLLHUP)
        return any(events & select.POLLHUP for _, events in poll.poll(0))

    def end(self):
        """Closes the link; returns the agent's status."""
        self.process.stdin.close()
        while self.process.stdout.read(1 << 16):
            pass
        return self.process.wait(TIMEOUT)
