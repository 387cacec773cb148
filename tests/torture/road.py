"""The golden chain cut into its ceremonies: each can be held again, from the very state it began from, as often as a harness wants."""

import atexit
import copy
import json
import os
import re
import shutil
import tempfile
import threading
import time

import cardfile
import kills
from centre import SEQUENCE, Centre
from chain import Chain
from proofs import NOT_SHOWN

WITH_CARDS = {"manufacturer-card", "intake", "wash", "issue", "personalise", "load-keys", "read-back", "receive", "receive-psam", "load",
              "purchase", "refusal", "key-holding"}
LOOKS = {"read-back": ("wait", "void"), "load": ("again", "leave"), "purchase": ("again", "leave"), "refusal": ("again", "leave")}
AGAIN = 40  # times that people put a card in, or type its PIN, before they give up


class Place(Centre):
    """A copy of a centre in a folder of its own."""

    def __init__(self, station):
        self.build, self.people, self.answers = station.build, station.people, copy.deepcopy(station.answers)
        self.folder = tempfile.mkdtemp(prefix="keyrite-station-")
        self.store, self.deck = (os.path.join(self.folder, part) for part in ("store", "deck"))
        self.answers_file = os.path.join(self.folder, "answers.yaml")
        for part in ("store", "deck"):
            if os.path.isdir(os.path.join(station.kept, part)):
                shutil.copytree(os.path.join(station.kept, part), getattr(self, part))
        with open(os.path.join(self.deck, "commands"), "w", encoding="ascii"):
            pass  # from now on each command is written into it
        transfer = self.answers["answers"].get("transfer")
        if transfer:
            transfer["write.folder"] = os.path.join(self.folder, "notes")

    def commands(self):
        with open(os.path.join(self.deck, "commands"), encoding="ascii") as f:
            return [Command(line) for line in f]

    def remove(self):
        shutil.rmtree(self.folder)


class Command:
    """One line of the log of commands (cardio/sim/command_log.h)."""

    # Select, read, challenge, authenticate, verify, get data, response, balance and proof, begin a transaction, compute.
    HARMLESS = {0xA4, 0xB0, 0xB2, 0x84, 0x88, 0xCA, 0xC0, 0x82, 0x20, 0x5C, 0x5A, 0x50, 0x1A, 0xFA}

    def __init__(self, line):
        self.line = line.strip()
        slot, self.card, self.directory, *head, length, status, fault = line.split()
        self.slot = int(slot)
        self.head = [int(b, 16) for b in head]
        self.ins, self.length = self.head[1], int(length)
        self.status = None if status == "-" else int(status, 16)
        self.fault = None if fault == "-" else fault
        self.changes = self.ins not in self.HARMLESS

    def __str__(self):
        return self.line

    def carried_out(self):
        return self.status == 0x9000

    def spends_a_try(self):
        return self.status is not None and self.length > 5 and (self.status >> 4 == 0x63C or self.status in (0x6988, 0x9302, 0x6983))


def patient(answers, script):
    """People put a card in again, look at one in doubt and type its PIN anew, as the sentences on the screen tell them."""
    answers = copy.deepcopy(answers)
    mine = answers["answers"].setdefault(script, {})
    with open(os.path.join(os.environ.get("KEYRITE_SOURCE", "."), "ceremony", "scripts", f"{script}.yaml"), encoding="utf-8") as f:
        text = f.read()
    for step, kind in re.findall(r"^ *- id: (\S+)\n *kind: (\S+)", text.split("\nsteps:")[1], re.M):
        if kind not in WITH_CARDS:
            continue
        for key in [step] + [f"{step}.{word}" for word in ("back", "psam", "user", "pair", "partner", "mother", "mother-pair")]:
            value = mine.get(key, "auto")
            mine[key] = [value] * AGAIN if isinstance(value, str) else value
        look, give_up = LOOKS.get(kind, ("look", "void"))
        mine[f"{step}.trouble"] = [look] * 4 + [give_up]
    for key, value in list(mine.items()):
        if isinstance(value, str) and key.endswith("pin"):
            mine[key] = [value] * AGAIN
    return answers


class Station:
    """One ceremony, with all that its centre had before it."""

    def __init__(self, tier, script, kept, name):
        self.build, self.people, self.script, self.name, self.kept = tier.build, tier.people, script, name, kept
        self.answers = patient(tier.answers, script)
        self.wanted = None
        self.measuring = threading.Lock()

    def measure(self):
        """Held once undisturbed: what comes out then is what has to come out always."""
        with self.measuring:
            if self.wanted is None:
                self.hold_undisturbed()
        return self

    def hold_undisturbed(self):
        place = Place(self)
        begun = time.monotonic()
        status, out, err = self.hold(place)
        self.whole = time.monotonic() - begun
        if status != 0:
            raise RuntimeError(f"{self.name} is not held: {out}{err}")
        self.commands = place.commands()
        self.deck = cardfile.deck(place.deck)
        self.wanted = self.told(place, out)
        place.remove()

    def hold(self, place, delay=None, role="program"):
        """(exit status, stdout, stderr) of holding it, or going on with it, killed after delay."""
        return kills.one_run(place, [self.script], delay, role, "--questions")

    def count(self, slot):
        return sum(1 for c in self.commands if c.slot == slot)

    def told(self, place, out):
        """What must not depend on faults: the sums, what was proved, what the store accounts for."""
        status, text = place.audit_command("verify", place.store, "--json")
        audit = json.loads(text.splitlines()[-1]) if status == 0 else {"verdict": text}
        sums = re.findall(r"\d+ = \d+ \+ \d+ \+ \d+", out)
        return {"sum": sums[-1:], "open": audit.get("open_intents"), "verdict": audit["verdict"], "working": audit.get("working"),
                "keys": audit.get("keys"), "cards": audit.get("cards")}

    def wrong_cards(self, cards):
        """What is other than after the undisturbed ceremony, of cards by their labels."""
        made = {c.card for c in self.commands if c.ins in (0xD4, 0xE0)}
        wrong = []
        for label, (_, card) in cards.items():
            name, right = self.deck[label]
            differs = cardfile.differences(card, right, self.proves() or name not in made)
            if self.script.startswith("issue-user-card"):
                differs = [part for part in differs if " value of 3A/" not in part]  # its PIN is drawn
            wrong += [f"{label} is not as its layout says: {', '.join(differs)}"] if differs else []
        return wrong

    def uses_cards(self):
        return bool(self.commands)

    def proves(self):
        return self.script.startswith("prove-")


class Enough(Exception):
    """All the stations that are wanted are there."""


class Road:
    """Stations of the whole chain, of it as far as those that are wanted, or of the first ceremonies of its national centre."""

    def __init__(self, build, short=False, wanted=()):
        self.stations, self.wanted = [], set(wanted)
        self.chain = Chain(build, psams=2, users=2)
        self.chain.member.answers["answers"]["prove-chain"].update(NOT_SHOWN)
        self.held = {}
        for tier in self.chain.centres:
            tier.kinds = {kind: count + (kind != "manufacturer") for kind, count in tier.kinds.items()}  # for a voided one
            self.watch(tier)
        self.travel(short)

    def travel(self, short):
        try:
            done = self.chain.national.hold(SEQUENCE) if short else self.chain.hold_chain()
        except Enough:
            return
        if done.returncode != 0:
            raise RuntimeError(f"the chain is not held: {done.stdout[-2000:]}{done.stderr}")

    def watch(self, tier):
        """Its hold() keeps a copy of store and deck before each ceremony."""
        hold = tier.hold

        def hold_one(script, kind):
            given = tier.answers["answers"].get(script)
            times = self.held[tier, script] = self.held.get((tier, script), -1) + 1
            if isinstance(given, list):
                tier.answers["answers"][script] = given[times]
            self.keep(tier, script)
            done = hold([script], **kind)
            if given is not None:
                tier.answers["answers"][script] = given
            return done

        def hold_each(scripts, **kind):
            for script in scripts:
                done = hold_one(script, kind)
                if done.returncode != 0:
                    break
            return done

        tier.hold = hold_each

    def keep(self, tier, script):
        if not os.path.isdir(tier.deck):
            tier.make_deck()
        which = ("national", "regional", "member")[self.chain.centres.index(tier)]
        number = 1 + sum(s.script == script and s.name.startswith(which) for s in self.stations)
        name = f"{which}/{script}" + (f"-{number}" if number > 1 else "")
        kept = os.path.join(tier.folder, "kept", name.replace("/", "-"))
        for part in ("store", "deck"):
            if os.path.isdir(getattr(tier, part)):
                shutil.copytree(getattr(tier, part), os.path.join(kept, part))
        self.stations.append(Station(tier, script, kept, name))
        if self.wanted and self.wanted <= {station.name for station in self.stations}:
            raise Enough

    def remove(self):
        for tier in self.chain.centres:
            shutil.rmtree(tier.folder, ignore_errors=True)


roads = {}


def travelled(build, short, wanted=None):
    """The one that all parts of a run share; it is gone when the program ends."""
    which = (build, short, *(wanted or ()))
    if which not in roads:
        roads[which] = Road(build, short, wanted or ())
        atexit.register(roads[which].remove)
    return roads[which]
