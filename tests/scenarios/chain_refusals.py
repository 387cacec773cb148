"""What the golden chain refuses: wrong data files, wrong cards, wrong partners, wrong identifiers and groups. Each has its own
sentence, stands in the journal where somebody did it to a ceremony that was open, harms nothing, and the ceremony goes on to its end."""

import hashlib
import os
import re
import shutil

from chain import MEMBER, NATIONAL, PINS, REGIONAL, Chain, identifier, number_of

CLOSED = "is closed · journal"


class Refusals:
    """Holds ceremonies of a centre whose answers are wrong at first, and looks for what was said."""

    def __init__(self, report, centre):
        self.report, self.centre, self.out = report, centre, ""

    def hold(self, what, scripts, **kind):
        done = self.centre.hold(scripts, **kind)
        self.out = done.stdout
        good = done.returncode == 0 and done.stdout.count(CLOSED) == len(scripts)
        self.report.check(good, f"{what} goes on to its end", done.stdout[-4000:] + done.stderr)
        status, text = self.centre.audit()
        self.report.check(status == 0, f"and the store verifies after {what}", text)
        return good

    def said(self, what, key, *parts, journal=True):
        """The refusal with its sentence, at that request or at what it asks next; of an open ceremony with its number in the journal."""
        lines = [line for line in self.out.split("\n! ") if line.startswith((f"{key} · ", f"{key}."))]
        fits = [line for line in lines if all(p in line for p in parts)]
        found = bool(fits) and (not journal or any(re.search(r" · refusal, journal \d+", line) for line in fits))
        self.report.check(found, what, f"{key}: {parts}\n" + "\n".join(lines) or self.out)


def answers(centre, script):
    return centre.answers["answers"].setdefault(script, {})


def forged(deck, name, copy):
    """A card that knows all but the key with which a mother card proves itself: docs/simulated-cos.md section 9."""
    with open(os.path.join(deck, "cards", name + ".card"), "rb") as f:
        card = bytearray(f.read()[:-32])
    record = bytes([0x01, 0x00, 0x00, 0x34, 0x11, 0x00, 0xEF, 0xFF])  # KID and header of 34/01
    at = card.rindex(record) + len(record) + 4
    for i in range(16):
        card[at + i] ^= 0x5A
    with open(os.path.join(deck, "cards", copy + ".card"), "wb") as f:
        f.write(bytes(card) + hashlib.sha256(card).digest())
    shutil.copy(os.path.join(deck, "cards", name + ".looks"), os.path.join(deck, "cards", copy + ".looks"))


def emptied(centre):
    for slot in (0, 1):
        if centre.lying(slot):
            centre.vcard("eject", "--slot", str(slot))


CROSSED = "The two cards lie in each other's reader"


# ---- National: groups, identifiers, partners, readers ----

def national(report, chain):
    """Two BKC with their BACK: one for our region, one for another."""
    centre = chain.national
    room = Refusals(report, centre)
    answers(centre, "root-generate")["groups"] = ["1-6", "1-5"]
    if not room.hold("the national centre", NATIONAL[:NATIONAL.index("issue-bkc")], reader=chain.reader):
        return False
    room.said("a sixth group is refused", "groups", "There is no group 6: a key has the groups 1 to 5 and no more.", journal=False)
    rmkc, rakc = (centre.card(number_of(room.out, f"Issue {kind}")) for kind in ("RMKC", "RAKC"))
    plain = dict(answers(centre, "issue-bkc"))
    wrong = ["3301000000000", "330100000000000011", "33010000000000G1"]
    answers(centre, "issue-bkc").update({"region": wrong + [chain.region], "bkc.mother": [rakc, rmkc, rmkc],
                                         "bkc.mother-pair": ["manufacturer-01", rakc, rakc], "bkc": [rmkc, "auto"],
                                         "bkc.mother-pin": [PINS["rakc"]] * 2})
    emptied(centre)
    centre.vcard("insert", rmkc, "--slot", "1")
    if not room.hold("issuing BKC", ["issue-bkc"], reader=chain.reader):
        return False
    for text in wrong:
        room.said(f"{text} is refused as an identifier", "region", f"{text} is no identifier of 8 bytes.", journal=False)
    room.said("mother card and partner swapped between the readers are told", "bkc.mother", CROSSED)
    room.said("a card that is nobody's partner is told", "bkc.mother-pair", "This card is not one of ours.")
    chain.travel_to_region()
    answers(centre, "issue-bkc").clear()
    answers(centre, "issue-bkc").update(plain | {"region": chain.elsewhere})
    return room.hold("issuing BKC for another region", NATIONAL[NATIONAL.index("issue-bkc"):], reader=chain.reader)


NOT_ON_NOTE = "This card is not the one that the transfer note lists"


# ---- Regional: what was sent, and with whom ----

def regional(report, chain):
    centre = chain.regional
    for kind, name in (("BKC", "bkc-2"), ("BACK", "back-2")):
        chain.national.carry(number_of(chain.national.out, f"Issue {kind}"), centre, name)
    forged(centre.deck, "bkc", "bkc-false")
    room = Refusals(report, centre)
    answers(centre, "receive-bkc").update({
        "receive": ["mother-03", "back", "bkc-2", "bkc-false", "bkc"],
        "receive.pair": ["back-2", "back", "mother-03", "bkc-2", "back"], "receive.pin": [PINS["back"]] * 2})
    before = REGIONAL[:REGIONAL.index("receive-bkc")]
    if not room.hold("the regional centre", before, reader=chain.reader):
        return False
    emptied(centre)
    centre.vcard("insert", "bkc", "--slot", "1")
    if not room.hold("receiving BKC", ["receive-bkc"], reader=chain.reader):
        return False
    room.said("a blank among the cards received is told", "receive", "This card is blank: no centre has issued it")
    room.said("mother card and partner swapped between the readers are told", "receive", CROSSED)
    room.said("a mother card that is not on the transfer note is not taken in", "receive", NOT_ON_NOTE)
    room.said("an authentication card that is not on it neither", "receive.pair", NOT_ON_NOTE)
    room.said("a false mother card with the right partner is told", "receive",
              "The mother card let itself be opened, but could not prove itself to its authentication card")
    room.said("a blank as partner is told", "receive.pair", "This card is blank")
    room.said("a mother card as partner is told", "receive.pair", "this one is: regional mother card BKC")
    answers(centre, "load-btk").update({"btk.mother": ["back", "bkc"], "btk.mother-pair": ["mother-01", "back"]})
    answers(centre, "issue-mkc")["bank"] = ["5", chain.bank]
    if not room.hold("loading BTK and issuing MKC", ["load-btk", "issue-mkc"], reader=chain.reader):
        return False
    room.said("an authentication card in place of a mother card is told", "btk.mother", "this one is: authentication card BACK")
    room.said("another card of the centre in place of the partner is told", "btk.mother-pair",
              "is not the authentication card of the mother card in reader 1, but another one")
    room.said("one digit is refused as an identifier", "bank", "5 is no identifier of 8 bytes.", journal=False)
    return True


# ---- Member: the data file, and every wrong card ----

def bad_files(chain):
    """(what, file, line and sentence): each is the good file with one thing wrong."""
    good = os.path.join(chain.member.folder, "users.csv")
    with open(good, "rb") as f:
        lines = f.read().splitlines()
    asn = lines[1].split(b",")[0]
    header, first, rest = lines[0], lines[1], lines[2:]
    files = {
        "a repeated ASN": ([header, first, asn + rest[0][20:]], "Line 3: The ASN stands in the file twice"),
        "an ASN of 19 digits": ([header, first[1:], *rest], "Line 2: A field has the wrong length: asn: 19 / 20."),
        "an unknown column": ([header + b",colour", first + b",red"], "Line 1: The header names a column that is not known: colour."),
        "another encoding": ([header, first, rest[0].replace(b"Holder 2", "王小明".encode("gbk"))],
                             "Line 3: The line is not UTF-8, so the names on the cards would be wrong: holder."),
        "no line for a card": ([header], "The data file has no line for a card."),
    }
    for i, (what, (content, sentence)) in enumerate(files.items()):
        path = os.path.join(chain.member.folder, f"bad-{i}.csv")
        with open(path, "wb") as f:
            f.write(b"\n".join(content) + b"\n")
        yield what, path, sentence


def drawer(centre):
    digests = {}
    for name in sorted(os.listdir(os.path.join(centre.deck, "cards"))):
        with open(os.path.join(centre.deck, "cards", name), "rb") as f:
            digests[name] = hashlib.sha256(f.read()).hexdigest()
    return digests


def data_files(report, chain, room):
    centre = chain.member
    files = list(bad_files(chain))
    answers(centre, "issue-user-card")["data"] = [path for _, path, _ in files]
    before = drawer(centre)
    done = centre.hold(["issue-user-card"], reader=chain.reader)
    room.out = done.stdout
    report.check(done.returncode == 1, "no bad data file opens a ceremony", done.stdout + done.stderr)
    for what, _, sentence in files:
        room.said(f"a data file with {what} is refused by line number", "data", "no card was drawn", sentence, journal=False)
    report.check(drawer(centre) == before, "and no card was drawn")
    status, text = centre.audit()
    report.check(status == 0, "and the store verifies", text)
    answers(centre, "issue-user-card")["data"] = os.path.join(centre.folder, "users.csv")


def member(report, chain):
    centre = chain.member
    room = Refusals(report, centre)
    chain.write_users()
    for number, name in list(chain.regional.inventory().items()):
        if name in ("bkc-2", "back-2"):
            chain.regional.carry(number, centre, name)
    answers(centre, "private-keys")["groups"] = ["1-6", "1-2"]
    answers(centre, "receive-psam").update({"receive": ["user-01", "pakc", "makc", "psam-1", "psam-1", "psam-2"],
                                            "receive.mother": ["pakc"] * 2, "receive.mother-pin": [PINS["pakc"]] * 2,
                                            "receive.stopped": "go-on"})
    answers(centre, "psam-second-issue")["issue"] = ["user-01", "psam-1", "psam-1", "psam-2"]
    if not room.hold("the member centre", MEMBER[:MEMBER.index("issue-user-card")], reader=chain.reader):
        return
    room.said("a sixth group is refused", "groups", "There is no group 6", journal=False)
    room.said("a user card in place of a PSAM is told", "receive", "this one is: user card")
    room.said("the opened PAKC in the reader of the PSAMs is told", "receive", CROSSED)
    room.said("another card of the centre in place of a PSAM is told", "receive", "this one is: authentication card MAKC")
    room.said("a PSAM that was received is not received twice", "receive", "has already been used for this")
    room.said("a user card in place of a PSAM is told", "issue", "this one is: user card")
    room.said("a PSAM issued a second time is not issued a third time", "issue", "this one is: PSAM issued a second time")
    data_files(report, chain, room)
    answers(centre, "issue-user-card").update({
        "issue": ["psam-1", "back-2", "mkc", "user-01", "user-01", "mkc", "user-02", "user-03"], "issue.stopped": "go-on",
        "issue.mother": ["mkc"] * 3, "issue.mother-pair": ["makc"] * 3, "issue.mother-pin": [PINS["makc"]] * 3})
    if not room.hold("issuing user cards", ["issue-user-card"], reader=chain.reader):
        return
    room.said("a PSAM in place of a user card is told", "issue", "this one is: PSAM issued a second time")
    room.said("a card of another centre is told", "issue", "This card is not one of ours.")
    room.said("a card that is issued already is told", "issue", "has already been used for this")
    room.said("the opened mother card in the reader of the card that is made is told", "issue", CROSSED)
    report.check("3 = 3 + 0 + 0" in room.out, "the cards of the batch add up", room.out)


def run(report, build):
    chain = Chain(build, pairs=(2, 1))
    chain.elsewhere = identifier()
    chain.regional.kinds["blank-mother"] = 3
    if national(report, chain) and regional(report, chain):
        chain.travel_to_member()
        member(report, chain)
    return chain.centres
