"""Somebody with the database key, other scripts, copies of cards and of stores tries to break rules R1 to R8 (tests/scenarios/adversary.py).
Not in the short slice: tests/check holds it as a scenario."""

import shutil

import adversary
from report import Report

RULES = [f"R{n}" for n in range(1, 9)]


class Counting(Report):
    """What is checked of each rule, beside the report that it goes to."""

    def __init__(self, report):
        super().__init__()
        self.report = report
        self.counts = {}

    def check(self, good, what, detail=""):
        rule = what[:2] if what[:2] in RULES else "control"
        tried, held = self.counts.get(rule, (0, 0))
        self.counts[rule] = (tried + 1, held + bool(good))
        return self.report.check(good, what, detail)


def run(report, options):
    if options.short:
        return []
    counting = Counting(report)
    failed_before = report.failed
    used = adversary.run(counting, options.build)
    for centre in used:
        if report.failed == failed_before and not options.keep:
            shutil.rmtree(centre.folder)
    rows = [(f"rule {rule} broken on purpose", *counting.counts.get(rule, (0, 0))) for rule in RULES]
    return [(what, tried, held, tried - held) for what, tried, held in rows]
