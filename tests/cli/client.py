"""A client of the socket that shares no code with k3thread: Python's standard library and the protocol."""
import base64
import fcntl
import json
import os
import socket
import struct
import sys
import termios
import time

PATH = os.environ["K3THREAD_SOCKET"]
TIMEOUT = 25 * int(os.environ.get("SLOWNESS", "1"))

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602


class Failure(Exception):
    """An error in the supervisor's answer."""

    def __init__(self, error):
        super().__init__(error)
        self.code = error["code"]
        self.message = error["message"]
        self.data = error.get("data", {})
        self.type = self.data.get("type")


class Client:
    def __init__(self, path=PATH):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(path)
        self.received = b""
        self.last_id = 0

    def send_bytes(self, data):
        self.socket.sendall(data)

    def send(self, method, **params):
        """Sends a request; returns its id."""
        self.last_id += 1
        self.send_bytes(request(self.last_id, method, params))
        return self.last_id

    def receive(self):
        """Returns the next answer, or None at the end."""
        while b"\n" not in self.received:
            try:
                data = self.socket.recv(1 << 16)
            except ConnectionResetError:
                data = b""
            if not data:
                assert not self.received, "half a line: %r" % self.received[:200]
                return None
            self.received += data
        line, _, self.received = self.received.partition(b"\n")
        answer = json.loads(line)
        assert answer["jsonrpc"] == "2.0", answer
        return answer

    def call(self, method, **params):
        """Returns the result, or raises Failure."""
        wanted = self.send(method, **params)
        answer = self.receive()
        assert answer is not None, "the supervisor hung up"
        assert answer["id"] == wanted, answer
        return result_of(answer)

    def unread(self):
        """Returns how many bytes the supervisor has not read."""
        return struct.unpack("i", fcntl.ioctl(self.socket, termios.TIOCOUTQ, b"0000"))[0]

    def end_of_input(self):
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()


def listen(path):
    """Returns a socket that listens at PATH, which appears only when the socket does."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path + ".new")
    listener.listen()
    os.rename(path + ".new", path)
    return listener


def slowest(times, method, **params):
    """Returns the seconds that the slowest of so many calls took."""
    slowest = 0
    for _ in range(times):
        began = time.monotonic()
        call(method, **params)
        slowest = max(slowest, time.monotonic() - began)
    return slowest


def wait_until(what, condition):
    """Waits until the condition holds."""
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end, "not in time: " + what
        time.sleep(0.005)


def descriptors(pid):
    """Returns how many files a process has open."""
    return len(os.listdir("/proc/%d/fd" % pid))


def request(id, method, params):
    message = {"jsonrpc": "2.0", "id": id, "method": method, "params": params}
    return json.dumps(message).encode() + b"\n"


def result_of(answer):
    if "error" in answer:
        assert "result" not in answer, answer
        raise Failure(answer["error"])
    return answer["result"]


def call(method, **params):
    """Makes one call on a connection of its own."""
    client = Client()
    try:
        return client.call(method, **params)
    finally:
        client.close()


def ask(data):
    """Sends bytes as they are, and returns the one answer."""
    client = Client()
    client.send_bytes(data)
    answer = client.receive()
    client.close()
    return answer


def fails(code, type, method, **params):
    """Checks that the call fails with this code and data.type; returns the Failure."""
    try:
        result = call(method, **params)
    except Failure as failure:
        assert (failure.code, failure.type) == (code, type), failure
        return failure
    raise AssertionError("%s(%s) did not fail: %s" % (method, params, result))


def start(*command, **params):
    """Starts a command with a small environment."""
    params.setdefault("environment", ["PATH=" + os.environ["PATH"]])
    params.setdefault("directory", os.environ.get("PWD", "/"))
    return call("start", command=list(command), **params)
