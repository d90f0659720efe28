"""report.py FILE EXPRESSION: checks that FILE is a valid page of run --report, and prints the value of EXPRESSION.

The expression can use page, what is read from the page, and r, the object of --json in r.json, if there is that file.
"""

import html.parser
import json
import os
import re
import sys

VOID = {"meta", "link", "br"}
FORBIDDEN = {"script", "iframe", "object", "embed", "img", "image", "form", "input", "base", "foreignobject"}


class Page(html.parser.HTMLParser):
    """Reads a page, and refuses what is not well nested, what may come from outside, and what may run."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open = []  # the open elements: (tag, attributes)
        self.ids = []
        self.links = []
        self.numbers = {}  # of each class of "data": the values
        self.rows = []  # of the table of threads: {class of a cell: its text, or the value of its "data"}
        self.path = []  # of the table of the critical path: (what, why)
        self.times = []  # at which the parts of the critical path begin
        self.outputs = []  # the last lines of the failures
        self.titles = []  # of the phases and marks in the timeline
        self.names = []  # of the rows of the timeline
        self.text = ""
        self.arrows = {}
        self.crossings = []  # lines between threads that go on in the next chunk: (class, top, bottom)
        self.head = ""
        self.feed(text)
        self.close()
        assert not self.open, self.open
        self.outputs = [output.removeprefix("\n") for output in self.outputs]  # as browsers do
        assert len(self.ids) == len(set(self.ids)), "an id occurs twice"
        assert not set(self.links) - set(self.ids), set(self.links) - set(self.ids)

    def inside(self, tag, **attributes):
        """Returns true if an open element is TAG and has ATTRIBUTES."""
        return any(t == tag and attributes.items() <= a.items() for t, a in self.open)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        assert tag not in FORBIDDEN, tag
        for name, value in attributes.items():
            assert not name.startswith("on") and name not in ("style", "src", "srcset", "xlink:href"), name
            if name == "href":
                assert value == "data:," or value[0] == "#", value
                if value[0] == "#":
                    self.links.append(value[1:])
            elif name == "id":
                self.ids.append(value)
            elif name == "marker-end" and "x1" in attributes and attributes["x1"].endswith("%"):
                self.arrows[value] = self.arrows.get(value, 0) + 1
        if attributes.get("class") in ("n", "c") and "marker-end" not in attributes and \
                attributes.get("x1", "%") == attributes.get("x2"):
            self.crossings.append((attributes["class"], attributes["y1"], attributes["y2"]))
        if tag == "data":
            kind = attributes.get("class")
            self.numbers.setdefault(kind, []).append(float(attributes["value"]))
            if self.path and self.inside("section", id="path") and len(self.path[-1]) == 1:
                self.times.append(float(attributes["value"]))
            if self.rows and self.inside("section", id="threads"):
                cell = self.open[-1][1].get("class", "").split()[0]
                self.rows[-1][kind or cell] = float(attributes["value"])
        elif tag == "tr" and self.inside("section", id="threads") and self.inside("tbody"):
            self.rows.append({"class": attributes["class"], "name": "", "result": "", "command": "", "needs": ""})
        elif tag == "tr" and self.inside("section", id="path") and self.inside("tbody"):
            self.path.append([])
        elif tag == "td" and self.inside("section", id="path"):
            self.path[-1].append("")
        elif tag == "pre":
            self.outputs.append("")
        elif tag == "title" and self.inside("svg"):
            self.titles.append("")
        elif tag == "li" and self.inside("ol", **{"class": "names"}):
            self.names.append("")
        if tag not in VOID:
            self.open.append((tag, attributes))

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open[-1][0] == tag, (tag, self.open)
        self.open.pop()

    def handle_data(self, data):
        self.text += data
        if not self.open:
            return
        tag, attributes = self.open[-1]
        if tag == "title" and self.inside("head"):
            self.head += data
        elif tag == "pre":
            self.outputs[-1] += data
        elif self.inside("ol", **{"class": "names"}) and self.inside("li"):
            self.names[-1] += data
        elif tag == "title":
            self.titles[-1] += data
        elif self.rows and self.inside("section", id="threads") and self.inside("tbody"):
            for kind in ("result", "command", "needs"):
                if self.inside("td", **{"class": kind}):
                    self.rows[-1][kind] += data
            if self.inside("th") and self.inside("bdi"):
                self.rows[-1]["name"] += data
        elif self.path and self.inside("section", id="path") and self.inside("td"):
            self.path[-1][-1] += data

    def agrees(self, r):
        """Returns the names of the numbers that differ from those of R, the object of --json."""
        threads = r["threads"]
        pairs = {
            "threads": (self.numbers["threads"], [len(threads)]),
            "ok": (self.numbers["ok"], [r["ok"]]),
            "failed": (self.numbers["failed"], [r["failed"]]),
            "skipped": (self.numbers.get("skipped", []), [r["skipped"]] if r["skipped"] > 0 else []),
            "exit status": (self.numbers["exit-status"], [r["exit_status"]]),
            "took": (self.numbers[None][0], round(r["seconds"], 6)),
            "ids": ([row["id"] for row in self.rows], [t["id"] for t in threads]),
            "names": ([row["name"] for row in self.rows], [t["name"] for t in threads]),
            "rows": (self.names, [t["name"] for t in threads]),
            "statuses": ([row["status"] for row in self.rows], [t["exit_status"] for t in threads]),
            "which failed": ([row["class"] == "failed" for row in self.rows], [t["failed"] for t in threads]),
            "seconds": ([row.get("seconds") for row in self.rows],
                        [None if t["seconds"] is None else round(t["seconds"], 6) for t in threads]),
        }
        return [name for name, (one, other) in pairs.items() if one != other]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read()
    assert "url(" not in re.sub(r"url\(#[a-z-]+\)", "", text)
    page = Page(text)
    r = None
    if os.path.exists("r.json"):
        with open("r.json", encoding="utf-8") as file:
            r = json.load(file)
    print(eval(sys.argv[2], {"page": page, "r": r}))


main()
