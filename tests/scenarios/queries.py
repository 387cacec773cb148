"""What is told of a card that somebody puts into a reader: kind, whose, state, audit data, keys, and whether the inventory agrees. The
cards are those of the chain, made by its ceremonies; what their keys have to be is read from the layouts, not asked of keyrite."""

import hashlib
import os
import re
import shutil
import subprocess

from chain import number_of

HERE = os.environ.get("KEYRITE_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


class Answer:
    def __init__(self, words):
        self.nature, self.layout, self.number, self.verdict, self.control, self.state, self.noted = words
        self.findings, self.facts, self.keys = [], [], set()

    def add(self, kind, words):
        if kind == "finding":
            self.findings.append(tuple(words))
        elif kind == "fact":
            self.facts.append(tuple(words))
        elif kind == "key":
            self.keys.add(tuple(words))

    def fact(self, label):
        return " ".join(value for name, value in self.facts if name == label)

    def differing(self):
        return sorted(f[0] for f in self.findings if f[3] == "differs")

    def __str__(self):
        return str(vars(self))


def ask(build, centre, names, people=("wang", "chen", "li")):
    """{name: Answer}, by the test program of the card query; everything but its own lines is passed over."""
    for slot in (0, 1):
        if centre.lying(slot):
            centre.vcard("eject", "--slot", str(slot))
    signs = "".join(f"{p} {centre.people[p]['passphrase']}\n" for p in people)
    done = subprocess.run([os.path.abspath(f"{build}/tests/ceremony/test_card_query"), "--ask", centre.store, centre.deck, *names],
                          cwd=HERE, input=signs, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
    answers, last = {}, None
    for line in done.stdout.splitlines():
        kind, *words = line.split("\t")
        if kind == "card" and len(words) == 8:
            last = answers[words[0]] = Answer(words[1:])
        elif last is not None and words:
            last.add(kind, words)
    return answers, done.stdout


def layout_keys(*names):
    """(all, those that have to be there) of the layouts, as the query tells keys."""
    every, needed = set(), set()
    for name in names:
        with open(os.path.join(HERE, "cardio", "layouts", name + ".yaml"), encoding="utf-8") as f:
            parts = re.split(r"^(?:mf|adf):$", f.read(), flags=re.M)[1:]
        for part in parts:
            directory = re.search(r"^  id: 0x(\w+)$", part, re.M).group(1)
            keys = re.search(r"^  keys:\n(.*?)(?=^  files:)", part, re.M | re.S).group(1)
            for text in keys.split("    - ")[1:]:
                row = dict(re.findall(r"^\s*([\w-]+): (.*)$", text, re.M))
                counter = row["counter"][2:]
                label = row["name"] + (f" {row['group']}" if "group" in row else "")
                key = (directory, row["kind"], row["kid"][2:], label, "-" if counter == "FF" else f"{counter[1]}/{counter[0]}")
                every.add(key)
                if "optional" not in row and "later" not in row:
                    needed.add(key)
    return every, needed


def altered(deck, name, copy, change):
    """A copy of the card whose bytes were changed; the card file's digest is made anew."""
    with open(os.path.join(deck, "cards", name + ".card"), "rb") as f:
        card = change(bytes(f.read()[:-32]))
    with open(os.path.join(deck, "cards", copy + ".card"), "wb") as f:
        f.write(card + hashlib.sha256(card).digest())
    if os.path.exists(os.path.join(deck, "cards", name + ".looks")):
        shutil.copy(os.path.join(deck, "cards", name + ".looks"), os.path.join(deck, "cards", copy + ".looks"))


def replaced(old, new):
    def change(card):
        assert card.count(old) >= 1, old.hex()
        return card.replace(old, new, 1)
    return change


def flipped(card, at):
    return card[:at] + bytes([card[at] ^ 0xFF]) + card[at + 1:]


class Query:
    def __init__(self, report, build, centre, names, **kind):
        self.report = report
        self.answers, self.out = ask(build, centre, names, **kind)

    def right(self, name, what, layout, control, state, *below, **facts):
        """The card and the inventory agree, and all of it is told."""
        a = self.answers.get(name)
        every, needed = layout_keys(layout, *below)
        good = (a is not None and a.nature == "issued" and a.layout == layout and a.verdict == "agrees" and a.state == state
                and a.control == control and a.noted == "noted" and needed <= a.keys <= every and len(a.number) == 20
                and all(re.search(value, a.fact(label.replace("_", " "))) for label, value in facts.items()))
        self.report.check(good, f"{what} is told with its state, audit data and every key", f"{a}\n{self.out if a is None else ''}")

    def other(self, name, what, nature, layout, verdict, *differing):
        a = self.answers.get(name)
        good = (a is not None and (a.nature, a.layout, a.verdict) == (nature, layout, verdict)
                and a.differing() == sorted(differing))
        self.report.check(good, f"{what} is told", f"{a}\n{self.out if a is None else ''}")


def chip_of(centre, name):
    with open(os.path.join(centre.deck, "cards", name + ".card"), "rb") as f:
        return re.search(rb"KR[\x01\x02\x03\x0f]\x00?.{5}", f.read(), re.S).group(0)[:8]


def of_national(report, build, chain):
    centre = chain.national
    rmkc, rakc, rptk = (centre.card(number_of(centre.out, f"Issue {kind}")) for kind in ("RMKC", "RAKC", "RPTK"))
    # GMPK 1 may leave as another kind of key; a copy of RAKC on another piece of plastic
    altered(centre.deck, rmkc, "rmkc-altered", replaced(bytes.fromhex("0101003E1180EFFF"), bytes.fromhex("0101003E11C0EFFF")))
    chip = chip_of(centre, rakc)
    altered(centre.deck, rakc, "rakc-cloned", replaced(chip, chip[:7] + bytes([chip[7] ^ 1])))
    centre.vcard("new", "--kind", "blank-user", "--count", "1")
    query = Query(report, build, centre, [rmkc, rakc, rptk, "rmkc-altered", "rakc-cloned", "user-01", "manufacturer-01"])
    day = r"^\d{4}-\d\d-\d\d$"
    query.right(rmkc, "RMKC", "rmkc", "kIctlR", "verified", cards_it_may_issue=r"^\d+ of 12000 left$", personalised_as="^11$",
                activated_by="^0{16} 0000$", activated_on=day, paired_with=r"^[\d ]{24}$", application="3F01 KEYRITE.RMKC")
    query.right(rakc, "RAKC", "rakc", "kIctlR", "verified", personalised_as="^12$", paired_with=r"^[\d ]{24}$")
    query.right(rptk, "the RPTK card", "rptk", "kIctlR", "verified", personalised_as="^44$")
    query.other("rmkc-altered", "a mother card with an altered key", "issued", "rmkc", "differs", "key-differs")
    query.other("rakc-cloned", "a copy of a card on another piece of plastic", "issued", "rakc", "differs", "other-piece")
    query.other("user-01", "a blank that was never taken in", "blank", "", "unrecorded")
    query.other("manufacturer-01", "the manufacturer's mother card", "manufacturer", "", "unrecorded")


def of_regional(report, build, chain):
    query = Query(report, build, chain.regional, ["bkc", "back"])
    query.right("bkc", "BKC, from another centre,", "bkc", "", "received", cards_it_may_issue=r"^\d+ of 500 left$",
                activated_by="^0{16} ", made_for_region=f"^{chain.region}$")
    query.right("back", "BACK", "back", "", "received", made_for_region=f"^{chain.region}$")


def of_member(report, build, chain):
    centre = chain.member
    # the control key's value, so that the card is no longer the centre's
    header = bytes.fromhex("00000039F00FFF55")
    altered(centre.deck, "user-02", "user-altered", lambda card: flipped(card, card.index(header) + len(header) + 4))
    query = Query(report, build, centre, ["mkc", "makc", "pakc", "psam-1", "user-01", "user-altered", "bank-2-user", "retired-psam"])
    query.right("mkc", "MKC", "mkc", "", "received", made_for_bank=f"^{chain.bank}$", cards_it_may_issue=" left$")
    query.right("makc", "MAKC", "makc", "", "received", made_for_bank=f"^{chain.bank}$")
    query.right("pakc", "PAKC", "pakc", "", "received", personalised_as="^43$")
    query.right("psam-1", "a PSAM issued a second time", "psam-second", "", "verified", "psam", terminal=r"^\d{12}$",
                application="3F01 KEYRITE.PSAM 3F02 KEYRITE.PSAM2", application_activated_by=chain.bank)
    query.right("user-01", "a user card", "user", "kIctlM", "verified", issuer=f"^{chain.bank}$", ASN=f"^{chain.asns[0]}$",
                holder="^Holder 1$", valid="^2027-01-01 – 2036-12-31$", activated_by=f"^{chain.bank} ")
    query.other("user-altered", "a user card with another control key", "issued", "user", "differs", "control-key")
    query.other("bank-2-user", "a user card of another bank", "issued", "user", "differs", "control-key")
    query.other("retired-psam", "a PSAM of another centre, with the number of one of ours,", "issued", "psam", "differs", "other-piece")


def run(report, build, chain):
    if not os.access(f"{build}/tests/ceremony/test_card_query", os.X_OK):
        report.check(False, "the test program of the card query is built", "make build/tests/ceremony/test_card_query")
        return
    for part in (of_national, of_regional, of_member):
        part(report, build, chain)
