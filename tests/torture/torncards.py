"""Cards torn in every ceremony of the golden chain: each command that a card gets goes wrong in each of nine ways, and the ceremony
has to end with cards equal to their layout, or voided, the person told the truth."""

import concurrent.futures
import itertools
import os
import random
import re
import time

import cardfile
from road import Place, travelled

KINDS = ["gone-before", "gone-after", "empty", "one-byte", "wrong-sw", "61xx", "6cxx", "reset", "mute"]
WORKERS, WAITERS = 2, 4  # a mute card costs ten seconds, in which nothing is computed
RUNS_MAX = 4             # of one ceremony: a person begins again where it stopped
SHORT_SECONDS = 4
PROOFS = (0x82, 0x20)     # EXTERNAL AUTHENTICATE, VERIFY
UNTOUCHED = ("Nothing has been written on card", "before anything was written on it")
DOUBT = ("is in doubt: nobody can know yet what it holds", "Nobody knows yet whether the purse was changed")


class Case:
    """One ceremony with one command gone wrong."""

    def __init__(self, station, slot, at, kind):
        self.station, self.slot, self.at, self.kind = station, slot, at, kind
        self.name = f"{station.name}:{slot}:{at}:{kind}"
        self.out, self.runs = "", 0

    def hold(self, place):
        with open(os.path.join(place.deck, f"fault-{self.slot}"), "w", encoding="ascii") as f:
            f.write(f"{self.at}:{self.kind}")
        for _ in range(RUNS_MAX):
            status, out, err = self.station.hold(place)
            self.out += out + err
            self.runs += 1
            if status != 1:
                break
        return status

    def run(self):
        """What is wrong, "" for nothing."""
        place = Place(self.station)
        status = self.hold(place)
        self.commands = place.commands()
        self.fault = next((i for i, c in enumerate(self.commands) if c.fault), None)
        wrong = [f"exit {status}"] if status != 0 else []
        if self.fault is None:
            wrong.append("the command was never sent")
        if not wrong:
            self.cards = cardfile.deck(place.deck)
            self.voided = sum(label.startswith("spoiled ") for label in self.cards)
            wrong = self.account(place) + self.cards_whole() + self.keys_once() + self.tries() + self.truth()
        place.remove()
        return "; ".join(wrong)

    def account(self, place):
        told, wanted = self.station.told(place, self.out), dict(self.station.wanted)
        if self.voided:
            sums = [[int(n) for n in re.findall(r"\d+", s)] for s in told.pop("sum")]
            if any(s[0] != sum(s[1:]) or s[2] == 0 for s in sums):
                return [f"the balance says {sums} with {self.voided} voided"]
            wanted.pop("sum"), told.pop("cards"), wanted.pop("cards")
        return [] if told == wanted else [f"{told} instead of {wanted}"]

    def cards_whole(self):
        """Those with a number are what they are when nothing goes wrong; a blank has lost nothing."""
        wrong = self.station.wrong_cards({k: v for k, v in self.cards.items() if not k.startswith("spoiled ") and k in self.station.deck})
        missing = [label for label in self.station.deck if label[0].isdigit() and label not in self.cards]
        return wrong + ([f"{missing} are missing"] if len(missing) > self.voided else [])

    def keys_once(self):
        """No card takes the same key oftener than in the undisturbed ceremony; erasing a directory begins anew."""
        most = max(loads(self.station.commands).values(), default=0)
        return [f"{card} took a key {n} times" for (card, *_), n in loads(self.commands).items() if n > most]

    def tries(self):
        """A try may be spent on a card of which nobody knows which key it has, on no other; and never two."""
        spent = [c for c in self.commands if c.spends_a_try()]
        torn = self.commands[self.fault]
        doubtful = torn.changes or torn.ins in PROOFS
        allowed = sum(c.spends_a_try() for c in self.station.commands) + doubtful
        return [f"{len(spent)} tries spent"] if len(spent) > allowed else []

    def truth(self):
        """What the person read first after the fault, against what the card had been told by then."""
        torn = self.commands[self.fault]
        mine = [c for c in self.commands[:self.fault + 1] if c.card == torn.card and c.changes]
        written = any(c.carried_out() for c in mine)
        wrong = []
        said = [line for line in self.out.splitlines() if line[:2] in ("? ", "! ")]
        first = next((i for i, line in enumerate(said) if line.startswith("! ") or ".trouble" in line or ".back" in line), None)
        for line in said[first:first + 2] if first is not None else []:
            if any(text in line for text in UNTOUCHED) and written:
                wrong.append(f"a written card is called untouched: {line}")
            tried = torn.ins in PROOFS  # a try may be gone
            if any(text in line for text in DOUBT) and not (mine or tried or self.station.proves()):
                wrong.append(f"an untouched card is called doubtful: {line}")
        return wrong


def loads(commands):
    """{(card, directory, key): how often it was taken since the directory was erased}; a card's own control key is never erased."""
    counts = {}
    for c in commands:
        named = f"{c.head[2]:02X}{c.head[3]:02X}"
        if c.ins == 0x0E and c.carried_out():
            gone = {c.directory if named == "0000" else named}
            if gone == {"3F00"}:
                gone |= {k[1] for k in counts}
            counts = {k: n for k, n in counts.items() if k[0] != c.card or k[1] not in gone or k[1:] == ("3F00", "0039")}
        elif c.ins == 0xD4 and c.carried_out():
            key = (c.card, c.directory, named)
            counts[key] = counts.get(key, 0) + 1
    return counts


class Tally:
    def __init__(self, report, stations):
        self.report = report
        self.rows = {s.name: {"tried": 0, "survived": 0, "lost": 0, "voided": 0, "again": 0, "places": set()} for s in stations}
        self.there = {s.name: s.count(0) + s.count(1) for s in stations}

    def add(self, case, wrong):
        row = self.rows[case.station.name]
        row["tried"] += 1
        row["lost" if wrong else "survived"] += 1
        row["places"].add((case.slot, case.at))
        row["again"] += case.runs > 1
        if wrong:
            self.report.check(False, f"torn {case.name}", f"{case.out[-3000:]}\n{wrong}")
        else:
            self.report.passed += 1
            row["voided"] += case.voided > 0

    def table(self):
        rows = []
        for name, row in self.rows.items():
            if row["tried"]:
                print(f"torn {name}: {len(row['places'])} of {self.there[name]} commands, {row['tried']} of "
                      f"{self.there[name] * len(KINDS)} cases, a card voided in {row['voided']}, another run needed in {row['again']}")
                rows.append((f"torn card, {name}", row["tried"], row["survived"], row["lost"]))
        return rows


def all_cases(station):
    return [Case(station, slot, at, kind) for slot in (0, 1) for at in range(1, station.count(slot) + 1) for kind in KINDS]


def in_order(stations, dice):
    """At first each command of national ceremonies once with a kind drawn, then all that is left; the others in turn with these."""
    first, rest, others = [], [], []
    for station in stations:
        cases = all_cases(station)
        dice.shuffle(cases)
        if not station.name.startswith("national"):
            others += cases
            continue
        seen = set()
        for case in cases:
            (rest if (case.slot, case.at) in seen else first).append(case)
            seen.add((case.slot, case.at))
    for cases in (first, rest, others):
        dice.shuffle(cases)
    mixed = itertools.zip_longest(first + rest, others)
    return [case for pair in mixed for case in pair if case is not None]


def work(tally, cases, until, workers):
    """Those cases, so many at a time, as long as there is time."""
    cases = iter(cases)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        running = {pool.submit(case.run): case for case in itertools.islice(cases, workers)}
        while running:
            done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for one in done:
                tally.add(running.pop(one), one.result())
                case = next(cases, None) if time.monotonic() < until else None
                if case is not None:
                    running[pool.submit(case.run)] = case


def add_options(options):
    mine = options.add_argument_group("torn cards, kills")
    mine.add_argument("--torn", metavar="STATION:READER:N:KIND", help="one case again, as a failed one is named, with what was said")
    mine.add_argument("--station", action="append", metavar="NAME", help="only these ceremonies, as national/card-wash")


def run(report, options):
    begun = time.monotonic()
    dice = random.Random(options.seed)
    wanted = [options.torn.split(":")[0]] if options.torn else options.station or (["national/issue-rmkc"] if options.short else None)
    road = travelled(options.build, options.short, None if options.short else wanted)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        stations = pool.map(lambda s: s.measure(), [s for s in road.stations if not wanted or s.name in wanted])
    stations = [s for s in stations if s.uses_cards()]
    tally = Tally(report, stations)
    if options.torn:
        _, slot, at, kind = options.torn.split(":")
        case = Case(stations[0], int(slot), int(at), kind)
        tally.add(case, case.run())
        print(case.out)
        print("\n".join(map(str, case.commands)))
    else:
        cases = in_order(stations, dice)
        until = time.monotonic() + SHORT_SECONDS if options.short else begun + options.seconds
        mute = [] if options.short else [c for c in cases if c.kind == "mute"]
        with concurrent.futures.ThreadPoolExecutor(2) as both:
            parts = [both.submit(work, tally, [c for c in cases if c.kind != "mute"], until, WORKERS),
                     both.submit(work, tally, mute, until, WAITERS)]
            for part in parts:
                part.result()
    return tally.table()
