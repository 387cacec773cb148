"""One run of ceremonies on a machine that fails at the n-th call (faults.c), what the run left behind, and going on without the fault."""

import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile

import cardfile

KINDS = ["read", "write", "full", "short", "sync", "memory", "random", "clock"]
ROLES = {"program": 1, "vault": 2, "cards": 4, "watch": 8, "any": 15}
ASKED = struct.Struct("<IIIIQ256s")  # struct faults (faults.h): what the driver sets ...
ASKED_AT = struct.calcsize("<IIII")  # of the n in it
FOUND = struct.Struct("<QQ256sQ")  # ... and what the injector answers
NOTES = 4 << 20
RUNS_MAX = 3  # of the same command without the fault, until it closes
LIMIT = 90  # seconds after which a run counts as hanging; a card that says nothing is given up after ten
# Commands that leave a card as it was, or spend one of its tries: select, read, challenge, authenticate, verify, get data or response.
HARMLESS = {0xA4, 0xB0, 0xB2, 0x84, 0x88, 0xCA, 0xC0, 0x82, 0x20}


class Machine:
    """The injector, and the file by which it is told what to do and tells what happened."""

    def __init__(self, build, folder):
        self.library = os.path.join(os.path.abspath(build), "torture/faults.so")
        handle, self.path = tempfile.mkstemp(prefix="keyrite-faults-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        os.close(handle)
        self.folder = folder
        self.asked = b""
        self.calls = self.fired = 0
        self.first = ""
        self.notes = []

    def run(self, command, kind, at, lasting=False, role="any", survey=False):
        """(exit status, stdout, stderr); the status is "hangs" for one that had to be ended."""
        self.asked = ASKED.pack(1 + KINDS.index(kind), lasting, ROLES[role], survey, at, self.folder.encode())
        with open(self.path, "wb") as f:
            f.write(self.asked)
            f.truncate(ASKED.size + FOUND.size + NOTES)
        run = subprocess.Popen(command, env=self.around(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                               start_new_session=True)
        try:
            out, err = run.communicate(timeout=LIMIT)
            status = run.returncode
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            out, err = run.communicate()
            status = "hangs"
        self.listen()
        return status, out, err

    def arm(self, kind):
        """For a program that runs with around(): nothing fails yet."""
        with open(self.path, "wb") as f:
            f.write(ASKED.pack(1 + KINDS.index(kind), True, ROLES["program"], 0, 0, self.folder.encode()))
            f.truncate(ASKED.size + FOUND.size + NOTES)

    def strike(self):
        """From now on every call of the kind fails."""
        with open(self.path, "r+b") as f:
            f.seek(ASKED_AT)
            f.write(struct.pack("<Q", 1))

    def around(self):
        return dict(os.environ, LD_PRELOAD=self.library, KEYRITE_FAULTS=self.path)

    def listen(self):
        with open(self.path, "rb") as f:
            f.seek(ASKED.size)
            self.calls, self.fired, first, noted = FOUND.unpack(f.read(FOUND.size))
            self.first = first.split(b"\0")[0].decode()
            self.notes = f.read(min(noted, NOTES)).decode(errors="replace").splitlines()

    def fell_in_a_library(self):
        """Without memory SQLCipher and the set-up of OpenSSL's secure heap fall over by themselves: as bad as kill -9, and no worse."""
        return any(line.startswith(("crash SQLCipher", "crash OpenSSL")) for line in self.notes)

    def clock_goes_unsaid(self):
        """The clock stayed back (all later calls): of the entries since, the first has to say so, or the second where the first had its
        time already."""
        _, lasting, roles, *_ = ASKED.unpack(self.asked)
        since = [i for i, line in enumerate(self.notes) if line.startswith("fault")]
        later = [line for line in self.notes[since[0]:] if line.startswith("entry")] if since and lasting and roles & ROLES["program"] else []
        return len(later) > 1 and not any("\tclock-back " in line for line in later[:2])

    def close(self):
        os.unlink(self.path)


class Watched:
    """Follows the notes of one run: which intents were durable, and which were not yet, when a card was touched."""

    def __init__(self):
        self.rollback = "idle"  # the rollback journal; once zeroed and synced, the transaction is on the disk
        self.pending = []
        self.intents = {}  # durable ones without a durable outcome: number -> chips
        self.sends = self.changes = self.commits = 0
        self.wrong = []

    def entry(self, number, kind, body):
        self.pending.append((number, kind, body))

    def durable(self):
        self.commits += 1
        for number, kind, body in self.pending:
            if kind == "intent":
                self.intents[number] = re.findall(r"(?:^|\t)card \S+ \S+ ([0-9A-F]{16}) ", body)
            elif kind == "outcome":
                self.intents.pop(re.search(r"\tintent (\d+)", body).group(1), None)
        self.pending = []

    def rollback_file(self, what):
        if what == "open":
            self.rollback = "open"
        elif what == "closed" and self.rollback == "open":
            self.rollback = "closing"
        elif what == "synced" and self.rollback == "closing":
            self.rollback = "idle"
            self.durable()

    def follow(self, notes, chips):
        """chips: of the deck's cards, by the name of their file."""
        for line in notes:
            word, _, rest = line.partition(" ")
            if word == "entry":
                self.entry(*rest.split(" ", 2))
            elif word == "rollback":
                self.rollback_file(rest)
            elif word in ("undone", "opened"):
                self.pending, self.rollback = [], "idle"
            elif word == "send" and int(rest.split()[1][2:4], 16) not in HARMLESS:
                self.sends += 1
                if not self.intents:
                    self.wrong.append(f"{line} without a durable intent")
            elif word == "card" and rest.endswith(".card"):
                self.changes += 1
                chip = chips.get(os.path.basename(rest)[:-5])
                if not any(chip in named for named in self.intents.values()):
                    self.wrong.append(f"{os.path.basename(rest)} changed without a durable intent of its own")


def chips_of(centre):
    """Serial numbers of the deck's chips by the names of their cards."""
    return {name: cardfile.read_card(path)[0] for name, path in cardfile.files(centre.deck).items()}


class Stage:
    """A centre made ready up to the ceremonies that are to be disturbed; every case begins from a copy."""

    def __init__(self, centre, name, before, scripts):
        self.centre, self.name, self.scripts = centre, name, scripts
        done = centre.rehearse(before, "--go-on")
        if done.returncode != 0:
            raise RuntimeError(f"{name} cannot be made ready: {done.stderr}")
        self.kept = os.path.join(centre.folder, f"before-{name}")
        for part in ("store", "deck"):
            shutil.copytree(getattr(centre, part), os.path.join(self.kept, part))
        self.machine = Machine(centre.build, centre.folder)
        self.chips = chips_of(centre)
        self.right = self.undisturbed()

    def restore(self):
        for part in ("store", "deck"):
            there = getattr(self.centre, part)
            shutil.rmtree(there, ignore_errors=True)
            shutil.copytree(os.path.join(self.kept, part), there)

    def command(self):
        return self.centre.command(self.scripts, "--go-on")

    def undisturbed(self):
        self.restore()
        status, out, err = self.machine.run(self.command(), "sync", 0)
        if status != 0:
            raise RuntimeError(f"{self.name} does not run undisturbed: {out}{err}")
        self.plain_notes = self.machine.notes
        return self.end()

    def control(self):
        """(how often a card was touched, how often that is found wrong) in the undisturbed run, as if no sync had ever been done."""
        watched = Watched()
        watched.follow([line for line in self.plain_notes if line != "rollback synced"], self.chips)
        return watched.sends + watched.changes, len(watched.wrong)

    def calls(self, kind, role):
        """n of one call from each place in the code, as the stack tells them apart, of an undisturbed run."""
        self.restore()
        self.machine.run(self.command(), kind, 0, role=role, survey=True)
        return [int(line.split()[1]) for line in self.machine.notes if line.startswith("place ")]

    def end(self):
        """What has to be the same in the end, fault or not: cards with their labels, rows, open things, the balance."""
        status, text = self.centre.audit()
        said = [re.search(rf"  {what} +(.*)", text) for what in ("intents without outcome", "rows compared", "working state")]
        return {"audit": status, "says": [m.group(1) if m else text for m in said], "cards": self.centre.inventory()}

    def case(self, kind, at, lasting, role):
        """(what was lost or "", what became of the run: "continued", "refused" or "not reached", cards the same)"""
        self.restore()
        status, out, err = self.machine.run(self.command(), kind, at, lasting, role)
        if not self.machine.fired:
            return "", "not reached", True
        lost = self.lost_at_once(kind, status, out, err)
        if lost:
            return lost, "", False
        kept, text = self.centre.audit()
        if kept != 0:
            return f"the store does not verify afterwards: {text}", "", False
        return self.gone_on("fell" if self.machine.fell_in_a_library() else "continued" if status == 0 else "refused")

    def lost_at_once(self, kind, status, out, err):
        crashes = [line for line in self.machine.notes if line.startswith("crash program")]
        if status == "hangs" or crashes:
            return f"{status}, {crashes}: {out}{err}"
        fell = self.machine.fell_in_a_library()
        if not 0 <= status <= 3 and not fell:
            return f"ends with {status}: {out}{err}"
        if status != 0 and not fell and not re.search(r"\w{3}.*[.!?]", err):
            return f"ends with {status} and without a sentence: {out}{err}"
        watched = Watched()
        watched.follow(self.machine.notes, self.chips)
        if kind == "clock" and self.machine.clock_goes_unsaid():
            watched.wrong.append("the clock was set back, and no entry says so")
        return "; ".join(watched.wrong)

    def gone_on(self, became):
        done = self.centre.go_on(self.scripts, RUNS_MAX)
        if done.returncode != 0:
            return f"does not go on without the fault: {done.stdout}{done.stderr}", became, False
        end = self.end()
        if end["audit"] != 0 or end["says"][0] != "0" or not end["says"][2].startswith(self.right["says"][2][:24]):
            return f"is not whole in the end: {end}, undisturbed {self.right}", became, False
        return "", became, end["cards"] == self.right["cards"] and end["says"] == self.right["says"]

    def close(self):
        self.machine.close()
