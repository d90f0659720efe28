"""Raises at random into processes that die, fork, exec, detach and are stopped (storm.c), and checks each reply:

 - after a reply that the exception has arrived, the process logs it, unless its image ended first: the log is in
   order, so every exception that arrived before one that the same image has logged is logged, too;
 - after an error, the process never logs it. Only an error that says that the process ended before it confirmed
   the exception leaves both open.

`storm.py PROGRAM COUNT SEED`: raises COUNT exceptions, in eight threads at a time.
"""
import os
import random
import sys

from client import Client, Failure, start

program, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
THREADS = 8
random.seed(seed)
print("seed", seed, flush=True)


class Target:
    """One thread of the supervisor, and what was raised in its process."""

    def __init__(self, number):
        self.log = "storm.%d" % number
        self.id = start(program, self.log, str(random.randrange(1 << 31)), name="storm-%d" % number)["id"]
        self.arrived, self.failed, self.unsure = [], set(), set()

    def check(self):
        """Checks the log when the thread has ended."""
        images, logged = [], []
        if not os.path.exists(self.log):  # it was ended before it had begun
            return 0
        for line in open(self.log, encoding="ascii"):
            if line == "image\n":
                images.append(len(logged))
            else:
                logged.append(int(line))
        where = "%s (id %d)" % (self.log, self.id)
        assert logged == sorted(set(logged)), (where, "not in order", logged)
        assert not self.failed & set(logged), (where, "arrived after an error", self.failed & set(logged))
        assert set(logged) <= set(self.arrived) | self.unsure, (where, set(logged) - set(self.arrived))
        for first, last in zip(images, images[1:] + [len(logged)]):
            seen = logged[first:last]
            lost = [n for n in self.arrived if seen and seen[0] < n < seen[-1] and n not in seen]
            assert not lost, (where, "lost", lost)
        return len(logged)


client = Client()
waiting = {}  # the id of a request: its target and the number in its message
numbers = iter(range(1, count + 1))
targets, ended, outcomes, logged = 0, 0, {}, 0


def begin():
    global targets
    targets += 1
    return Target(targets)


def send(target):
    """Raises the next exception in TARGET. Returns false if there are no more."""
    number = next(numbers, None)
    if number is None:
        return False
    waiting[client.send("raise", thread="%d/MainThread" % target.id, exception="ValueError",
                        message=str(number), members=["id"])] = target, number
    return True


def note(target, number, answer):
    """Notes the reply to a raise. Returns false if the thread has ended."""
    if "result" in answer:
        assert answer["result"] == [{"id": "%d/1" % target.id, "name": "storm-%s/MainThread" % target.log[6:]}], answer
        target.arrived.append(number)
        outcome = "arrived"
    else:
        outcome = " ".join(word for word in answer["error"]["message"].split() if not word.strip("':").isdigit())
        (target.unsure if "confirm" in outcome else target.failed).add(number)
    kind = "".join(c for c in outcome if not c.isdigit())
    outcomes[kind] = outcomes.get(kind, 0) + 1
    return not kind.startswith("no live thread")


def finish(target):
    """Ends a thread, and checks what its process has logged."""
    global ended, logged
    try:
        Client().call("raise", thread=target.id, exception="SIGKILL")
    except Failure as failure:
        assert failure.type == "InvalidThreadIdError", failure  # it has ended by itself
    Client().call("join", thread=target.id)
    logged += target.check()
    ended += 1


def is_live(target):
    return bool(Client().call("list", threads=[target.id])[0]["state"] != "ended")


for _ in range(THREADS):
    send(begin())
while waiting:
    answer = client.receive()
    target, number = waiting.pop(answer["id"])
    if not note(target, number, answer) and not is_live(target):
        finish(target)
        target = begin()
    if not send(target):
        finish(target)
for kind, number in sorted(outcomes.items()):
    print("%8d %s" % (number, kind))
assert sum(outcomes.values()) == count, outcomes
print("%d raises, %d logged, %d threads" % (count, logged, ended))
