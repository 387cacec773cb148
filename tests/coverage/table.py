"""What gcov counted, as a table. Nothing is left out of the first figures; what a second figure leaves out is counted beside it."""

import json
import os
import re
import subprocess

# What the second figure leaves out: branches that only a failing allocation takes, and those of a condition that does nothing but pass
# an error of an earlier step on (where that step was made to fail, the branch counts as taken like any other).
ONLY_MEMORY = re.compile(r"KR_E_MEMORY|KR_E_LOCKED_MEMORY")
PASSES_ON = re.compile(r"^\s*(\} )?(else )?if \((!err|!error|!rc|(err|error|rc) == KR_OK)\)( \{)?$")


class Source:
    def __init__(self, path):
        self.path = path
        self.lines = {}     # line -> times run
        self.branches = {}  # line -> list of times taken
        with open(path, encoding="utf-8") as f:
            self.text = f.read().split("\n")

    def line_figures(self):
        return len(self.lines), sum(1 for n in self.lines.values() if n)

    def branch_figures(self):
        every = [n for taken in self.branches.values() for n in taken]
        return len(every), sum(1 for n in every if n)

    def says_memory(self, line):
        """Does this condition, or what it leads to on the next two lines, name the error of a failing allocation?"""
        return any(ONLY_MEMORY.search(t) for t in self.text[line - 1:line + 2])

    def passing_on(self):
        return sum(taken.count(0) for line, taken in self.branches.items()
                   if any(map(PASSES_ON.match, self.text[line - 1:line])) and not self.says_memory(line))

    def memory_only(self):
        """Branches never taken of conditions that name nothing but a failing allocation."""
        return sum(taken.count(0) for line, taken in self.branches.items() if self.says_memory(line))


def objects(folder, floors):
    for floor in floors:
        for where, _, names in os.walk(os.path.join(folder, "obj", floor)):
            for name in sorted(names):
                if name.endswith(".gcno"):
                    yield os.path.join(where, name)


def read(folder, floors):
    """Every source of the floors that was built, also those that never ran."""
    found = {}
    notes = list(objects(folder, floors))
    for first in range(0, len(notes), 40):
        out = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", *notes[first:first + 40]],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
        for document in filter(None, out.split(b"\n")):
            take(found, json.loads(document), floors)
    return [found[path] for path in sorted(found)]


def take(found, document, floors):
    for each in document["files"]:
        path = os.path.normpath(each["file"])
        if path.split("/")[0] not in floors or not path.endswith(".c"):
            continue
        source = found.setdefault(path, Source(path))
        for line in each["lines"]:
            number = line["line_number"]
            source.lines[number] = max(source.lines.get(number, 0), line["count"])
            if line["branches"]:
                source.branches.setdefault(number, []).extend(b["count"] for b in line["branches"])


def share(part, whole):
    return f"{100 * part / whole:5.1f} %" if whole else "      –"


def row(name, sources):
    lines, run = map(sum, zip(*(s.line_figures() for s in sources)))
    branches, taken = map(sum, zip(*(s.branch_figures() for s in sources)))
    memory = sum(s.memory_only() for s in sources)
    passing = sum(s.passing_on() for s in sources)
    return (f"{name:<34} {lines:6d} {share(run, lines)}  {branches:8d} {share(taken, branches)}  {memory:6d} {passing:10d}"
            f" {share(taken, branches - memory - passing)}")


def print_table(counted, floors, worst):
    head = f"{'':<34} {'lines':>6} {'run':>7}  {'branches':>8} {'taken':>7}  {'memory':>6} {'passing on':>10} {'without':>7}"
    print("\n" + head)
    for floor in floors:
        print(row(floor, [s for s in counted if s.path.startswith(floor + "/")]))
    print(row("crypto, store and ceremony", [s for s in counted if s.path.split("/")[0] in ("crypto", "store", "ceremony")]))
    print(row("in all", counted))
    print("memory: branches never taken that name KR_E_MEMORY or KR_E_LOCKED_MEMORY within two lines; passing on: those of conditions\n"
          "that only ask whether an earlier step failed, `if (error == KR_OK)`. 'taken' counts them, 'without' leaves both out.\n"
          "Nothing else is left out: every .c file of these folders counts, run or not.")
    print(f"\nMost branches never taken:\n{head}")
    missing = lambda s: s.branch_figures()[0] - s.branch_figures()[1]  # noqa: E731
    for source in sorted(counted, key=missing, reverse=True)[:worst]:
        print(row(source.path, [source]))


def print_missed(counted, paths):
    for source in (s for s in counted if s.path in paths):
        for line, taken in sorted(source.branches.items()):
            if 0 in taken:
                print(f"{source.path}:{line}: {taken.count(0)} of {len(taken)} never: {source.text[line - 1].strip()}")
