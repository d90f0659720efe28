"""An attached process that shares no code with k3thread: `process.py BEHAVIOUR`, run as the command of a thread.

It tells of the threads MainThread (1) and worker-3 (3) and publishes Reload. It writes each raise that it takes
to the file taken, as a line "THREAD EXCEPTION MESSAGE", and behaves well but for what BEHAVIOUR says.
"""
import array
import json
import os
import signal
import socket
import sys
import time


class Attached:
    def __init__(self, by_child=False):
        """Connects; BY_CHILD: by a child that has ended since, and that nobody has waited for."""
        self.socket = socket.socket(socket.AF_UNIX)
        if not by_child:
            self.socket.connect(os.environ["K3THREAD_SOCKET"])
        elif os.fork() == 0:
            self.socket.connect(os.environ["K3THREAD_SOCKET"])
            os._exit(0)
        else:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        self.received = b""
        self.descriptors = array.array("i")

    def send(self, **message):
        self.socket.sendall(json.dumps(dict(jsonrpc="2.0", **message)).encode() + b"\n")

    def receive(self):
        """Returns the next message, or None at the end."""
        while b"\n" not in self.received:
            data, parts, _, _ = self.socket.recvmsg(1 << 16, socket.CMSG_SPACE(4))
            for _, _, descriptors in parts:
                self.descriptors.frombytes(descriptors)
            if not data:
                return None
            self.received += data
        line, _, self.received = self.received.partition(b"\n")
        return json.loads(line)

    def attach(self, thread=None):
        """Attaches; returns the reply."""
        self.send(id=1, method="attach", params={"thread": thread or int(os.environ["K3THREAD_ID"])})
        while True:
            message = self.receive()
            if message is None or message.get("id") == 1:
                return message

    def tell(self, **news):
        self.send(method="tell", params=news)

    def takes(self):
        """Takes the permit. Returns false if the exception was withdrawn."""
        try:
            return bool(os.read(self.descriptors[0], 8))
        except BlockingIOError:
            return False


NAMES = {1: "MainThread", 3: "worker-3"}
IDS = {None: 1, 1: 1, 3: 3, "MainThread": 1, "worker-3": 3}


def note(file, *words):
    """Appends a line to FILE."""
    with open(file, "a", encoding="utf-8") as out:
        print(*words, file=out)


def answer(process, request):
    """Takes one raise."""
    params = request["params"]
    if not process.takes():
        note("withdrawn", params["exception"])
        process.send(id=request["id"], error={"code": -32004, "message": "withdrawn"})
        return
    id = IDS.get(params.get("thread"))
    if id is None:
        process.send(id=request["id"], error={"code": -32003, "message": "none"})
        return
    note("taken", id, params["exception"], params.get("message", "-"))
    process.send(id=request["id"], result={"id": id, "name": NAMES[id]})


def serve(process):
    """Takes raises until the connection ends."""
    while True:
        request = process.receive()
        if request is None:
            return
        if request.get("method") == "raise":
            answer(process, request)
        if os.path.exists("end"):
            exec(open("end").read())


def begin():
    """Attaches and tells, as every well-behaved process."""
    process = Attached()
    reply = process.attach()
    note("reply", json.dumps(reply))
    process.tell(started=[{"id": id, "name": name, "tid": os.getpid(), "daemon": id == 3}
                          for id, name in NAMES.items()],
                 published=[{"name": "Reload", "base": "Exception"},
                            {"name": "Leave", "base": "SystemExit"}])
    process.send(id=2, method="tell", params={})
    assert process.receive()["id"] == 2
    return process


def main(behaviour):
    signal.signal(signal.SIGTERM, lambda *_: (note("signals", "SIGTERM"), os._exit(7)))
    process = begin()
    request = {}
    note("attached", os.getpid())
    if behaviour == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif behaviour == "headless":
        del IDS[None]
    elif behaviour == "deaf":
        time.sleep(1000)
    elif behaviour == "silent":  # takes the permit, and never replies
        process.receive()
        process.takes()
        time.sleep(1000)
    elif behaviour == "close":
        process.receive()
        process.socket.close()
        time.sleep(1000)
    elif behaviour == "die":
        process.receive()
        os._exit(5)
    elif behaviour == "takes-and-dies":
        process.receive()
        process.takes()
        os._exit(5)
    elif behaviour == "last-words":  # the first line takes the supervisor so long that it learns of the end meanwhile
        process.tell(ended=[99] * 300000)
        for id in range(100, 600):
            process.tell(started=[{"id": id, "name": "word-%d" % id}])
        os._exit(5)
    elif behaviour == "arrives-last":  # the same: the reply to the raise is read when the end is known
        request = process.receive()
        process.takes()
        process.tell(ended=[99] * 300000)
        process.send(id=request["id"], result={"id": 1, "name": "MainThread"})
        os._exit(0)
    elif behaviour == "fork":  # the parent ends while the child holds the connection
        if os.fork() > 0:
            os._exit(0)
        time.sleep(1000)
    elif behaviour == "lie":
        for id in (5, 77, -1, "x", None):
            process.send(id=id, result={"id": 1, "name": "MainThread"})
        for line in (b"{}\n", b"[]\n", b"\xff\n", b"{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":7}\n"):
            process.socket.sendall(line)
        for news in ({"started": 7}, {"started": [{"id": 0, "name": "x"}]}, {"ended": ["x"]},
                     {"started": [{"id": 4, "name": "a/b"}]}, {"started": [{"id": 4, "name": "7"}]},
                     {"started": [{"id": 4, "name": "a\tb"}]}, {"started": [{"id": 4, "name": "a\u007fb"}]},
                     {"published": [{"name": "A b", "base": "Exception"}]},
                     {"published": [{"name": "SIGHUP", "base": "Exception"}]},
                     {"published": [{"name": "Fine", "base": "Nosuch"}]}, {"ended": [99]}, {"what": 1},
                     {"started": [{"id": 6, "name": "a\u009b2J\u202eb"}]},
                     # Threads that are told in any order, that end, and that get another name. A name has 1 to 256 bytes.
                     {"started": [{"id": id, "name": "t%d" % id} for id in (9, 2, 8, 5, 1 << 40)]},
                     {"ended": [5, 4, 10]}, {"started": [{"id": 2, "name": "two"}]},
                     {"started": [{"id": 7, "name": "y" * 256}, {"id": 11, "name": "y" * 257}]},
                     {"started": [{"id": 11, "name": ""}]}):
            process.tell(**news)
    elif behaviour == "block":  # whoever reads or writes the permit without care would wait for ever
        os.set_blocking(process.descriptors[0], True)
        note("blocked", 1)
        request = process.receive()
        process.takes()
        process.send(id=request["id"], result={"id": 1, "name": "MainThread"})
        try:
            while True:
                os.write(process.descriptors[0], b"\xfe" + 7 * b"\xff")
        except OSError:
            pass
        time.sleep(1000)
    elif behaviour == "shut":  # the permit takes nothing more
        try:
            socket.socket(fileno=os.dup(process.descriptors[0])).shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        note("shutting", 1)
    elif behaviour == "learn":  # as many exceptions as it can, also as those that end it
        for i in range(10000):
            process.tell(published=[{"name": "Learned%d" % i, "base": "Exception"}])
            process.tell(exception="Ending%d" % i)
        process.send(id=3, method="tell", params={})
        while process.receive().get("id") != 3:
            pass
        note("learnt", 1)
    elif behaviour == "heir":
        note("heir", Attached(by_child=True).attach()["error"]["message"])
    elif behaviour == "terse":  # replies that say little, or nonsense
        for reply in ({"error": {"code": 7}}, {"error": {"code": -32002, "message": "bad"}},
                      {"error": {"code": -32001, "message": "odd"}}, {"error": {"code": -32008, "message": "no"}},
                      {"result": {"id": 3, "name": "a/b"}}, {"result": {"id": 3}}):
            request = process.receive()
            process.takes()
            process.send(id=request["id"], **reply)
    elif behaviour == "hasty":  # attaches on a connection that has answers under way
        version = {"jsonrpc": "2.0", "id": 7, "method": "version"}
        attach = {"jsonrpc": "2.0", "id": 8, "method": "attach",
                  "params": {"thread": int(os.environ["K3THREAD_ID"])}}
        process.socket.sendall((json.dumps(version) + "\n" + json.dumps(attach) + "\n").encode())
        while "error" not in request:
            request = process.receive()
        note("refused", request["error"]["message"])
    elif behaviour == "many":  # threads and exceptions
        for first in range(100, 8292, 256):
            process.tell(started=[{"id": first + i, "name": "t%d" % (first + i)} for i in range(256)])
        process.tell(published=[{"name": "Published_exception_%d" % i, "base": "Exception"} for i in range(250)])
        process.send(id=3, method="tell", params={})
        while process.receive().get("id") != 3:
            pass
        note("many", 1)
    elif behaviour == "odd":
        process.tell(published=[{"name": "Odd", "base": "Exception"}])
        process.send(id=3, method="tell", params={})
        while process.receive().get("id") != 3:
            pass
        note("odd", 1)
    elif behaviour == "flood":
        line = json.dumps({"jsonrpc": "2.0", "method": "tell", "params": {"started": [
            {"id": 100 + i, "name": "x" * 64} for i in range(500)]}}).encode() + b"\n"
        note("flooding", 1)
        while True:
            process.socket.sendall(line.replace(b'"id": 1', b'"id": %d' % (time.monotonic_ns() % 10**12)))
    serve(process)
    time.sleep(1000)


if __name__ == "__main__":
    main(sys.argv[1])
