"""Hostile bytes to every parser: the targets of tests/fuzz over their corpora and over mutations, a new seed with each round."""

import os
import re
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
FUZZ = os.path.join(HERE, "..", "fuzz")
GROUPS = {
    "files that people bring": ("script", "answers", "layout", "data"),
    "what cards and readers say": ("replies", "exchange", "vpcd"),
    "commands to simulated cards, and their files": ("sim", "deck"),
    "journals, bundles, notes, slots": ("entry", "bundle", "checkpoint", "note", "outline", "document", "slots"),
    "keys, secrets as typed, words, key blocks": ("keyboard", "typed", "words", "key_block"),
    "messages to the vault": ("vault", "wire"),
}


def mutations():
    with open(os.path.join(FUZZ, "targets"), encoding="utf-8") as f:
        rows = [line.split() for line in f if line.strip() and not line.startswith("#")]
    return {row[0]: row[2] for row in rows}


def rounds(report, build, target, number, seed, seconds):
    """(executions, lost) of rounds of mutations until the time is over; at least one."""
    executions, until = 0, time.monotonic() + seconds
    while True:
        kept = f"{build}/fuzz/{target}.lost"
        done = subprocess.run(["nice", "-n", "5", f"{build}/fuzz/{target}", f"{FUZZ}/corpus/{target}", number, str(seed), kept],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
        said = re.search(r"(\d+) files, (\d+) mutations", done.stdout)
        if done.returncode != 0 or not said:
            report.check(False, f"{target}, seed {seed}: the input is kept in {kept}", done.stdout)
            return executions, 1
        executions += int(said[1]) + int(said[2])
        seed += 1
        if time.monotonic() > until:
            return executions, 0


def run(report, options):
    """The short slice is a part of tests/check by itself (tests/fuzz/check)."""
    if options.short:
        return []
    build = f"{options.build}/sanitized"
    make = subprocess.run(["make", "-s", "-j2", f"BUILD={build}", "SANITIZE=1", "fuzz-programs"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if not report.check(make.returncode == 0, "fuzz targets are built", make.stdout):
        return [("hostile input", 0, 0, 1)]
    counts, rows = mutations(), []
    for group, targets in GROUPS.items():
        tried = lost = 0
        for target in targets:
            more, wrong = rounds(report, build, target, counts[target], options.seed, options.seconds / len(counts))
            tried, lost = tried + more, lost + wrong
        report.check(lost == 0, f"{tried:,} hostile inputs: {group}")
        rows.append((f"hostile input: {group}", tried, tried - lost, lost))
    return rows
