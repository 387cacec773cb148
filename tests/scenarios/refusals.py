"""Bad input: each has its own sentence and exit status, in a person's words."""

import copy
import fcntl
import os
import subprocess

from centre import Centre, check_value

FOUNDED = ["site-init"]
PREPARED = ["site-init", "root-generate", "seed-generate", "card-intake"]


class Room:
    """A centre that is founded once; each case gets its own answers."""

    def __init__(self, report, build, scripts, **kind):
        self.report = report
        self.centre = Centre(build, **kind)
        done = self.centre.rehearse(scripts)
        report.check(done.returncode == 0, f"the room is ready: {' '.join(scripts)}", done.stdout + done.stderr)
        self.plain = copy.deepcopy(self.centre.answers)

    def case(self, what, script, changes, status, *sentences, options=("--fresh",), reader="sim"):
        self.centre.answers = copy.deepcopy(self.plain)
        changes(self.centre.answers)
        done = self.centre.rehearse([script], *options, reader=reader)
        good = done.returncode == status and all(s in done.stderr for s in sentences)
        self.report.check(good, what, f"exit {done.returncode}, wanted {status} with {sentences}\n{done.stdout}{done.stderr}")
        return done


def setting(script, **values):
    def change(answers):
        for name, value in values.items():
            answers["answers"].setdefault(script, {})[name.replace("__", ".")] = value
    return change


def of_answers_file(room):
    room.case("an answer for a step that does not exist is named", "root-generate",
              setting("root-generate", combinee="ok"), 2, "a step that does not exist: combinee")
    room.case("a missing answer names its key and its words", "root-generate",
              lambda a: a["defaults"].pop("script.heard"), 2, "nothing for step script.heard", "same")
    room.case("a word that is no option is named with those there are", "root-generate",
              setting("root-generate", script__heard="perhaps"), 2, "perhaps", "same")
    room.case("a wrong passphrase says whose", "root-generate",
              lambda a: a["answers"]["root-generate"].update({"sign-in[li]": "not it at all"}), 1,
              "not the passphrase of 李 Li")
    room.case("an empty passphrase is not complete", "root-generate",
              lambda a: a["answers"]["root-generate"].update({"sign-in[li]": ["", "wrong at first"]}), 1,
              "not the passphrase of 李 Li")


def other_component(n, g, value):
    """Component n of group g is another one, with its own right check value."""
    def change(answers):
        root = answers["answers"]["root-generate"]
        root["component"][f"{n}.{g}"] = value.hex()
        root["component.kcv"][f"{n}.{g}"] = check_value(value) if any(value) else "8CA64D"
    return change


def of_components(room):
    same = room.centre.components[1, 1]
    room.case("a component of zeros is refused", "root-generate", other_component(1, 1, bytes(16)), 1, "all zeros")
    room.case("a weak component is refused", "root-generate", other_component(1, 1, bytes([1] * 16)), 1, "weak")
    room.case("a component equal to another is refused", "root-generate", other_component(2, 1, same), 1, "Two components are the same")
    room.case("a check value that is not the sheet's is refused", "root-generate",
              lambda a: a["answers"]["root-generate"]["component.kcv"].update({"1.1": ["000001", "000001"]}), 1,
              "does not agree with the sheet", "component.differs[1.1]")
    room.case("a combined check value that is not the sheet's is refused", "root-generate",
              lambda a: a["answers"]["root-generate"]["combine.kcv"].update({"1": "000001"}), 1,
              "does not agree with the sheet", "combine.wrong[1]")


def of_people(room):
    room.case("one person in two seats is refused", "root-generate",
              setting("root-generate", **{"seat-custodian": {"1": "chen", "2": "chen"}}), 2, "chen")
    room.case("a custodian cannot be seated as supervisor", "root-generate",
              setting("root-generate", **{"seat-supervisor": "chen"}), 2, "chen")


def of_interruptions(room):
    def pausing(answers):
        answers["answers"]["root-generate"]["script.heard"] = {
            "note": "somebody coughed", "exception": "expected silence; heard a cough; read it again", "pause": "", "answer": "same"}
    room.case("a pause asked for ends the run with 3", "root-generate", pausing, 3, "paused")
    done = room.case("the same command goes on after it and closes", "root-generate", pausing, 0, options=())
    room.report.check("goes on at step 2" in done.stdout and "is closed" in done.stdout, "and says where it goes on", done.stdout)
    room.case("an abort asked for ends the run with its reason", "root-generate",
              lambda a: a["answers"]["root-generate"].update({"groups": "2", "script.heard": {"abort": "wrong printed copy"}}), 1,
              "aborted", "wrong printed copy")
    done = room.case("what an earlier run of the same command closed is left out with --go-on", "root-generate",
                     lambda a: None, 0, options=("--go-on", "--quiet"))
    room.report.check(done.stdout == "", "and with --quiet nothing is printed", done.stdout)


def of_typing(room):
    def mistyped(answers):
        root = answers["answers"]["root-generate"]
        right = root["component"]["1.1"]
        wrong = right[:9] + ("0" if right[9] != "0" else "1") + right[10:]
        letters = "".join(wrong[i:i + 4] + letter for i, letter in zip(range(0, 32, 4), lettered(right)))
        root["component"]["1.1"] = letters
    room.case("a wrong digit is located by its block, and no digit is shown", "root-generate", mistyped, 1,
              "Block 3 does not match its check letter")


def lettered(digits):
    """Check letters of our own sheets (crypto/component.h), computed here anew."""
    alphabet = "GHJKLMNPQRTUVWXY"

    def times(a, b):
        product = 0
        for i in range(4):
            product ^= (a << i) if b >> i & 1 else 0
        for i in (6, 5, 4):
            product ^= (0b10011 << (i - 4)) if product >> i & 1 else 0
        return product

    powers = [1]
    for _ in range(6):
        powers.append(times(powers[-1], 2))
    out = ""
    for block in range(len(digits) // 4):
        value = times(powers[5], (block + 1) & 15)
        for i in range(4):
            value ^= times(powers[i + 1], int(digits[4 * block + i], 16))
        out += alphabet[value]
    return out


def of_cards(room):
    first, second = sorted(room.centre.inventory().values())[:2]
    blank = "mother-03"
    room.case("washing a blank that was never taken in is refused", "card-wash", setting("card-wash", wash=blank), 1,
              "not one of ours")
    room.case("an empty reader says so", "card-wash", setting("card-wash", wash="none"), 1, "no card in reader")
    room.case("a card of another kind says so", "card-wash", setting("card-wash", wash="manufacturer-01"), 1)
    room.case("a card washes once the answers are right", "card-wash", setting("card-wash", wash=first, quantity="1"), 0)
    room.case("a washed card is not washed twice", "card-wash", setting("card-wash", wash=first, quantity="1"), 1, "already been used")
    room.case("the second one washes too", "card-wash", setting("card-wash", wash=second, quantity="1"), 0)
    room.case("a blank card cannot be issued", "issue-rmkc", setting("issue-rmkc", rakc=blank), 1, "blank")
    room.case("a card that is not in the deck is named", "issue-rmkc", setting("issue-rmkc", rakc="mother-99"), 1, "mother-99")
    room.case("cards swapped between the readers are noticed at reading back", "issue-rmkc",
              setting("issue-rmkc", rakc=first, rmkc=second, **{"check-rakc": second}), 1, "Another card")


def of_places(report, build, room):
    centre = room.centre
    centre.answers = copy.deepcopy(room.plain)
    no_store = Centre(build)
    done = no_store.rehearse(["root-generate"])
    report.check(done.returncode == 1 and "no store" in done.stderr, "no store: found one first", done.stderr)
    done = centre.rehearse(["site-init"])
    report.check(done.returncode == 1 and "already is a store" in done.stderr, "a store is never overwritten", done.stderr)
    done = centre.rehearse(["no-such-ceremony"])
    report.check(done.returncode == 2 and "no-such-ceremony" in done.stderr, "an unknown ceremony is named", done.stderr)
    with open(os.path.join(centre.store, "lock"), "r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = centre.rehearse(["root-generate"])
    report.check(done.returncode == 1 and "Another console" in done.stderr, "a second console on the store is refused", done.stderr)
    centre.answers["answers"]["card-intake"].update({"intake": "keep", "quantity": "1"})
    line = [w if w != "sim" else "pcsc" for w in centre.command(["card-intake"], "--fresh")]
    if not os.path.exists("/run/pcscd/pcscd.comm"):
        done = subprocess.run(line, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False)
        report.check(done.returncode == 1 and "pcscd" in done.stderr, "pcscd not running has its own sentence", done.stderr)
    return no_store


def run(report, build):
    room = Room(report, build, FOUNDED, groups=[1])
    of_answers_file(room)
    of_people(room)
    of_typing(room)
    of_components(room)
    of_interruptions(room)
    cards = Room(report, build, PREPARED)
    of_cards(cards)
    no_store = of_places(report, build, cards)
    status, text = room.centre.audit()
    report.check(status == 0, "the journal of refusals verifies", text)
    return [room.centre, cards.centre, no_store]
