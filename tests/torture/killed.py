"""kill -9 at random instants of every ceremony of the golden chain, of the program, of its vault or card process, or of all at once;
then the same command again to the end: the same cards and sums, one outcome for each intent."""

import concurrent.futures
import random
import signal
import time

import cardfile
from road import Place, travelled

ROLES = ["program", "all", "@vault", "@cards"]
WORKERS = 2
RUNS_MAX = 4
SHORT_SECONDS = 4
SECOND = 0.25  # how often the run that goes on is killed too


class Kill:
    def __init__(self, station, dice):
        self.station = station
        self.moments = [(dice.choice(ROLES), dice.random() * 0.98)]
        if dice.random() < SECOND:
            self.moments.append((dice.choice(ROLES), dice.random() * 0.98))
        self.kills, self.out = 0, ""

    def name(self):
        return f"{self.station.name} ({', '.join(f'{role} at {at:.3f}' for role, at in self.moments)})"

    def run(self):
        """What is wrong, "" for nothing."""
        self.station.measure()
        place = Place(self.station)
        status = None
        moments = [*self.moments, *[(None, None)] * RUNS_MAX]
        for role, at in moments:
            begun = time.monotonic()
            status, out, err = self.station.hold(place, None if at is None else at * self.station.whole, role or "program")
            self.out += out + err
            late = at is not None and time.monotonic() - begun < at * self.station.whole
            self.kills += at is not None and not late
            if status == 0:
                break
            if at is None or not (status == -signal.SIGKILL or status == 1 and err.strip()):
                place.remove()
                return f"exit {status}"
        wrong = self.compare(place)
        place.remove()
        return wrong

    def compare(self, place):
        told, wanted = self.station.told(place, self.out), self.station.wanted
        if not told["sum"]:  # killed between signing the balance and saying so
            told["sum"] = wanted["sum"]
        wrong = [] if told == wanted else [f"{told} instead of {wanted}"]
        cards, right = cardfile.deck(place.deck), self.station.deck
        numbered = sorted(label for label in cards.keys() ^ right.keys() if label[0].isdigit())
        wrong += [f"{label} is {'missing' if label in right else 'new'}" for label in numbered]
        wrong += self.station.wrong_cards({label: card for label, card in cards.items() if label in right})
        return "; ".join(wrong)


def run(report, options):
    begun = time.monotonic()
    dice = random.Random(options.seed)
    road = travelled(options.build, options.short, options.station)
    stations = [s for s in road.stations if not options.station or s.name in options.station]
    if options.short:
        stations = dice.sample(stations, min(2, len(stations)))
    until = time.monotonic() + SHORT_SECONDS if options.short else begun + options.seconds
    rows = {s.name: [0, 0, 0] for s in stations}
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        running = {}
        while running or time.monotonic() < until:
            while len(running) < WORKERS and time.monotonic() < until:
                kill = Kill(dice.choice(stations), dice)
                running[pool.submit(kill.run)] = kill
            done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for one in done:
                kill, wrong = running.pop(one), one.result()
                row = rows[kill.station.name]
                row[0] += kill.kills
                row[2 if wrong else 1] += 1 if wrong else kill.kills
                if wrong:
                    report.check(False, f"killed: {kill.name()}", f"{kill.out[-3000:]}\n{wrong}")
                else:
                    report.passed += 1
    print(f"{sum(r[0] for r in rows.values())} kills in {time.monotonic() - begun:.0f} s, of ceremonies: "
          + ", ".join(f"{name} {row[0]}" for name, row in rows.items()))
    by_tier = {}
    for name, row in rows.items():
        total = by_tier.setdefault(name.split("/")[0], [0, 0, 0])
        for i, n in enumerate(row):
            total[i] += n
    return [(f"kill -9, {tier} ceremonies", *row) for tier, row in by_tier.items()]
