"""Counting and printing of what scenarios find."""

import sys
import time


class Report:
    def __init__(self):
        self.passed = self.failed = 0
        self.begun = time.monotonic()

    def check(self, good, what, detail=""):
        print(f"{'ok  ' if good else 'FAIL'} {what}", flush=True)
        if good:
            self.passed += 1
        else:
            self.failed += 1
            for line in str(detail).strip().splitlines()[-25:]:
                print(f"     | {line}")
        return good

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed  ({time.monotonic() - self.begun:.0f} s)")
        sys.exit(1 if self.failed else 0)
