"""Power cuts: the writes of whole ceremonies are recorded once; the disk is then rebuilt as a cut at any instant may leave it,
many thousand times, and opened (powercut.c); some of those are gone on with by the programs themselves, to the end."""

import contextlib
import copy
import json
import os
import random
import re
import shutil
import struct
import subprocess
import tempfile

from centre import SEQUENCE, Centre
from chain import NATIONAL, Chain

# A disk that takes these syncs for nothing. Each must show losses, else nothing was proved about those that are kept.
LIES = ["all", "folders", "rollback", "database", "side-files"]
RUNS_MAX = 6  # of the same command, until a ceremony that was cut off is closed
LAST = "RMKC-2026-001"


def national_centre(build):
    """Every ceremony of a national centre, and cards that leave it with a transfer note."""
    chain = Chain(build)
    centre = chain.national
    centre.answers["answers"]["transfer"] = {
        "cards": "bkc", "first": "-", "last": "-", "receiver": "接收中心", "receiver-id": chain.region, "package": "B-0001",
        "transfer": "send", "transfer.second": "send", "write.folder": centre.notes}
    return centre, [*NATIONAL, "transfer"]


class Recording:
    """One centre from its founding to issued cards and exports, with everything that was written on the way."""

    def __init__(self, build, centre, scripts, weak=False):
        self.build = os.path.abspath(build)
        self.weak = {"KEYRITE_RECORD_WEAK": "1"} if weak else {}
        self.centre, self.scripts = centre, scripts
        self.work = tempfile.mkdtemp(prefix="keyrite-powercut-")
        self.log, self.base = os.path.join(self.work, "log"), os.path.join(self.work, "base")
        self.centre.make_deck()
        self.centre.write_answers()
        self.exports = os.path.join(self.centre.folder, "exports")
        os.mkdir(self.exports)
        shutil.copytree(self.centre.folder, self.base)

    @contextlib.contextmanager
    def recorded(self):
        ours = {"LD_PRELOAD": f"{self.build}/torture/recorder.so", "KEYRITE_RECORD_ROOT": self.centre.folder,
                "KEYRITE_RECORD_LOG": self.log} | self.weak
        os.environ.update(ours)
        try:
            yield
        finally:
            for name in ours:
                del os.environ[name]

    def told(self, path):
        """From here on people know that the file is there (recorder_log.h)."""
        path = os.path.relpath(path, self.centre.folder).encode()
        with open(self.log, "ab") as f:
            f.write(struct.pack("=IIQQII", 0x4B525443, ord("N"), 0, 0, len(path), 0) + path)

    def export(self, report, name, *words):
        path = os.path.join(self.exports, name)
        with self.recorded():
            status, text = self.centre.audit_command(*words, path)
        if report.check(status == 0, f"{name} is written while the recorder looks on", text):
            self.told(path)

    def hold(self, report):
        with self.recorded():
            done = self.centre.rehearse(self.scripts, "--quiet")
        if not report.check(done.returncode == 0, f"{len(self.scripts)} ceremonies close while the recorder looks on",
                            done.stdout + done.stderr):
            return False
        notes = getattr(self.centre, "notes", self.exports)
        for name in os.listdir(notes):
            self.told(os.path.join(notes, name))
        store = self.centre.store
        self.export(report, "whole.bundle", "export", store, "--to")
        self.export(report, "last.json", "export", store, "--ceremony", LAST, "--form", "json", "--to")
        self.export(report, "report.pdf", "report", store, "--ceremony", LAST, "--pdf")
        return True

    def powercut(self, seed, *words):
        done = subprocess.run(
            ["nice", "-n", "5", f"{self.build}/torture/powercut", "--log", self.log, "--base", self.base, "--folder",
             self.centre.folder, "--person", "wu", "--seed", str(seed), *words],
            input=self.centre.people["wu"]["passphrase"] + "\n", text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout

    def keep(self, seed):
        """What is needed to look at a state again."""
        with open(os.path.join(self.work, "passphrase"), "w", encoding="utf-8") as f:
            f.write(self.centre.people["wu"]["passphrase"] + "\n")
        print(f"kept: {self.build}/torture/powercut --log {self.log} --base {self.base} --seed {seed} --state POINT:VARIANT "
              f"--to FOLDER < {self.work}/passphrase")

    def remove(self):
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.rmtree(self.centre.folder, ignore_errors=True)


def figures(text):
    """The last line of powercut, its numbers by name."""
    line = [x for x in text.splitlines() if x.startswith("states ")]
    return {k: v for k, v in re.findall(r"(\S+)=(\S+)", line[-1])} if line else {}


# ---- Going on after the cut ----


def books(centre):
    """What must come out the same however often the power failed: keys, closings, sums."""
    status, text = centre.audit_command("verify", centre.store, "--json")
    verdict = json.loads(text) if text.startswith("{") else {}
    _, shown = centre.audit_command("show", centre.store, "--json")
    entries = json.loads(shown)["entries"] if shown.startswith("{") else []
    closes, sums, outcomes = [], [], []
    for e in entries:
        body = [tuple(line) for line in e["body"]]
        says = dict(body)
        if e["kind"] == "close":
            closes.append(says["ceremony"])
        if e["kind"] == "outcome":
            outcomes.append(says["intent"])
        if e["kind"] == "balance":
            drawn, good, spoiled, returned = (int(n) for n in re.findall(r"\d+", says["text"]))
            sums.append((says["ceremony"], good, drawn == good + spoiled + returned))
    return {"verified": status == 0, "open intents": verdict.get("open_intents"), "keys": verdict.get("keys"),
            "people": verdict.get("people"), "shown components": verdict.get("knowledge"),
            "unfinished": verdict.get("working", {}).get("unfinished"), "closed": sorted(closes), "sums": sorted(sums),
            "one outcome for each intent": len(outcomes) == len(set(outcomes))}


def surviving(recording, folder):
    """The centre as it stands after the cut, cards included."""
    centre = copy.copy(recording.centre)
    centre.folder, centre.store, centre.deck = (os.path.join(folder, *x) for x in ([], ["store"], ["deck"]))
    centre.answers_file = os.path.join(folder, "answers.yaml")
    centre.answers = json.loads(json.dumps(centre.answers).replace(recording.centre.folder, folder))
    return centre


def go_on(report, recording, folder, expected, recorded):
    """True when the programs find everything, and end as the run did that nothing disturbed."""
    name = os.path.basename(folder)
    centre = surviving(recording, folder)
    if recorded:
        status, text = centre.audit()
        if not report.check(status == 0, f"state {name}: keyrite-audit verifies it", text):
            return False
    done = centre.go_on(recording.scripts, RUNS_MAX, "--quiet")
    if not report.check(done.returncode == 0, f"state {name}: the ceremonies go on to the end", done.stdout + done.stderr):
        return False
    found = books(centre)
    return report.check(found == expected, f"state {name}: the same keys, closings and sums, nothing twice",
                        "\n".join(f"{k}: {found[k]} instead of {v}" for k, v in expected.items() if found[k] != v))


def resume(report, recording, seed, count):
    """Returns how many were tried and how many were lost."""
    print(f"states to be gone on with are picked by seed {seed}")
    expected = books(recording.centre)
    to = tempfile.mkdtemp(prefix="keyrite-cut-")
    status, text = recording.powercut(seed, "--sample", str(count), "--to", to)
    report.check(status == 0, f"{count} states are taken to be gone on with", text)
    lost = 0
    states = re.findall(r"^state (\S+) \S+ recorded=(\d+)", text, re.M)
    for name, recorded in states:
        lost += not go_on(report, recording, os.path.join(to, name), expected, int(recorded))
    shutil.rmtree(to)
    return len(states), lost


# ---- The parts ----


def states(report, recording, options, seconds):
    status, text = recording.powercut(options.seed, "--seconds", str(seconds))
    print(text, end="")
    f = figures(text)
    report.check(status == 0 and f.get("lost") == "0", f"{f.get('distinct')} different states of the disk: nothing lost, nothing torn", text)
    report.check(f.get("wrong") == "0", f"no card is told to change before its intent is durable ({f.get('effects')} messages)", text)
    return int(f.get("distinct", 0)), int(f.get("lost", 1))


def control(report, recording, options, what, seconds, *words):
    """The same where it must go wrong: what the harness is worth."""
    _, text = recording.powercut(options.seed, "--seconds", str(seconds), *words)
    f = figures(text)
    lost, tried = int(f.get("lost", 0)), int(f.get("distinct", 0))
    report.check(lost > 0, f"control, {what}: {lost} of {tried} states are lost", text)
    return (f"control: {what}", tried, tried - lost, lost)


def weak_settings(report, options, seconds):
    """The same ceremonies with the settings that SQLite has by itself (docs/store-format.md)."""
    recording = Recording(options.build, Centre(options.build), SEQUENCE, weak=True)
    try:
        if not recording.hold(report):
            return []
        return [control(report, recording, options, "SQLite's own settings, DELETE and FULL", seconds)]
    finally:
        recording.remove()


def kept(report, recording, options, work):
    """The rows of work(), which a recording is made for and dropped after; it is kept when something failed."""
    failed_before = report.failed
    try:
        return work() if recording.hold(report) else [("power cut", 0, 0, 1)]
    finally:
        if options.keep or report.failed > failed_before:
            recording.keep(options.seed)
        else:
            recording.remove()


def cut(report, recording, options, name, seconds, samples):
    tried, lost = states(report, recording, options, seconds)
    resumed, failed = resume(report, recording, random.Random(options.seed).randrange(1 << 32), samples)
    return [(f"power cut, {name}", tried, tried - lost, lost),
            (f"power cut, {name}, gone on to the end", resumed, resumed - failed, failed)]


def run(report, options):
    whole = options.seconds
    recording = Recording(options.build, Centre(options.build), SEQUENCE)

    def issuing():
        rows = cut(report, recording, options, "founding to cards", 6 if options.short else whole * 3 // 5, 2 if options.short else whole // 40)
        seconds = 1 if options.short else max(2, whole // 60)
        for lie in LIES[:1] if options.short else LIES:
            rows.append(control(report, recording, options, f"syncs ignored, {lie}", seconds, "--lie", lie))
        return rows

    rows = kept(report, recording, options, issuing)
    if options.short:
        return rows
    rows += weak_settings(report, options, max(10, whole // 30))
    larger = Recording(options.build, *national_centre(options.build))
    return rows + kept(report, larger, options, lambda: cut(report, larger, options, "whole national centre", whole // 10, whole // 100))
