"""trace.py FILE EXPRESSION: checks that FILE holds a valid trace, and prints the value of EXPRESSION.

The expression can use x and marks, the phases and the raises of each thread by its name, in the order of
their times, and r, the object of --json in r.json, if there is that file.
"""

import json
import os
import sys

# Chrome's trace event format, as far as --trace uses it: for each "ph", the members and their types. All
# other members are refused.
SCHEMA = {
    "X": {"name": str, "cat": str, "ts": int, "dur": int, "pid": int, "tid": int, "args": dict},
    "i": {"name": str, "cat": str, "ts": int, "s": str, "pid": int, "tid": int, "args": dict},
    "M": {"name": str, "pid": int, "tid": int, "args": dict},
}
PHASES = {"delayed", "waiting", "queued", "running", "ready", "stopping"}
METADATA = {"process_name": ("name", str), "thread_name": ("name", str), "thread_sort_index": ("sort_index", int)}


def check_event(event):
    """Checks one event against the schema."""
    members = SCHEMA[event["ph"]]
    assert set(event) == set(members) | {"ph"}, event
    for name, kind in members.items():
        assert type(event[name]) is kind and (kind is not int or event[name] >= 0), (name, event)
    if event["ph"] == "X":
        assert event["name"] in PHASES, event
    elif event["ph"] == "i":
        assert event["s"] == "t", event
    else:
        name, kind = METADATA[event["name"]]
        assert list(event["args"]) == [name] and isinstance(event["args"][name], kind), event


def check_track(phases):
    """Checks that the phases of one thread follow each other without overlapping."""
    for one, next_one in zip(phases, phases[1:]):
        assert one["ts"] + one["dur"] <= next_one["ts"], (one, next_one)


def read(path):
    """Returns the phases and the marks of each thread, by its name."""
    with open(path, encoding="utf-8") as file:
        trace = json.load(file)
    assert set(trace) == {"traceEvents", "displayTimeUnit", "otherData"}, list(trace)
    events = trace["traceEvents"]
    for event in events:
        check_event(event)
    assert len({event["pid"] for event in events}) == 1
    assert [event["name"] for event in events].count("process_name") == 1
    names = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    assert [event["name"] for event in events].count("thread_name") == len(names)
    tracks = {"X": {}, "i": {}}
    for event in sorted((event for event in events if event["ph"] != "M"), key=lambda event: event["ts"]):
        tracks[event["ph"]].setdefault(names[event["tid"]], []).append(event)
    for phases in tracks["X"].values():
        check_track(phases)
    return tracks["X"], tracks["i"]


def words(phases):
    """Returns the names of the phases."""
    return " ".join(phase["name"] for phase in phases)


def seconds(phases, run=None):
    """Returns how long the phases last together, or those of RUN."""
    return sum(phase["dur"] for phase in phases if run in (None, phase["args"].get("run"))) / 1e6


def main():
    x, marks = read(sys.argv[1])
    r = None
    if os.path.exists("r.json"):
        with open("r.json", encoding="utf-8") as file:
            r = json.load(file)
    print(eval(sys.argv[2], {"x": x, "marks": marks, "r": r, "words": words, "seconds": seconds}))


main()
