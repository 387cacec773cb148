"""The golden chain: a national, a regional and a member centre, cards carried from one deck to the next."""

import os
import re
import secrets
import shutil

from centre import Centre, check_value, combined

NATIONAL = ["site-init", "root-generate", "seed-generate", "seed-psam", "delivery-regional", "delivery-psam", "card-intake",
            "card-wash", "issue-rmkc", "card-intake", "issue-bkc", "psam-wash", "issue-pakc", "issue-rptk-card"]
REGIONAL = ["site-init", "seed-regional", "delivery-regional", "delivery-member", "card-intake", "receive-bkc", "load-btk",
            "issue-mkc"]
MEMBER = ["site-init", "seed-member", "private-keys", "delivery-member", "delivery-psam", "card-intake", "receive-mkc",
          "load-private", "receive-pakc", "receive-psam", "psam-second-issue", "issue-user-card", "prove-chain"]
PINS = {"rakc": "204816", "back": "310277", "pakc": "475913", "makc": "668204", "rptk": "120934"}


def identifier():
    """8 bytes in BCD that neither begin like a proof's factor nor are all zero."""
    return f"{secrets.randbelow(9) + 1}{secrets.randbelow(10 ** 15):015d}"


def delivery_sheets():
    parts = [secrets.token_bytes(16), secrets.token_bytes(16)]
    return {"sheets": "plain", "component": {str(n + 1): p.hex().upper() for n, p in enumerate(parts)},
            "component.kcv": {str(n + 1): check_value(p) for n, p in enumerate(parts)}, "combine.kcv": check_value(combined(parts))}


def number_of(out, title):
    """The number that a line of the rehearsal says after a step's title."""
    found = re.findall(rf"{title} · [^·]* · ([0-9 ]{{24}})", out)
    return found[-1].strip() if found else ""


class Tier(Centre):
    def __init__(self, build, tier, own, cards):
        super().__init__(build)
        self.kinds = cards
        self.own = own
        self.out = ""
        self.notes = os.path.join(self.folder, "notes")
        self.senders = set()
        self.answers["answers"]["site-init"] = {"tier": tier, "found": "found", "identifier": own, "name": f"{tier} centre",
                                                "origin": f"keyrite.example/{tier}/{own[-4:]}"}
        self.answers["defaults"].update({"seat-quorum": {"1": "sun"}})

    def make_deck(self):
        for kind, count in self.kinds.items():
            self.vcard("new", "--kind", kind, "--count", str(count))

    def hold(self, scripts, **kind):
        done = self.rehearse(scripts, **kind)
        self.out += done.stdout
        return done

    def send(self, cards, to, script, reader, bag):
        """Verified cards of a kind leave with a transfer note, which the other centre's ceremony is answered with."""
        before = set(os.listdir(self.notes)) if os.path.isdir(self.notes) else set()
        self.answers["answers"]["transfer"] = {
            "cards": cards, "first": "-", "last": "-", "receiver": f"接收中心 {to.own}", "receiver-id": to.own, "package": bag,
            "transfer": "send", "transfer.second": "send", "write.folder": self.notes}
        done = self.hold(["transfer"], reader=reader)
        if done.returncode == 0:
            (name,) = {n for n in set(os.listdir(self.notes)) - before if n.endswith(".note")}
            to.expect(shutil.copy(os.path.join(self.notes, name), to.folder), script)
        return done

    def expect(self, note, script):
        """Two people type the fingerprint that is printed on the first note of a sender."""
        with open(note, encoding="utf-8") as f:
            text = f.read()
        answers = self.answers["answers"].setdefault(script, {})
        answers |= {"transfer-note": note, "check-note": "agree"}
        (origin,) = set(re.findall(r"^origin (.*)$", text, re.M))
        if origin in self.senders:
            answers |= {"check-note.second": "agree"}
        else:
            fingerprint = re.search(r"^fingerprint (.*)$", text, re.M).group(1)
            answers |= {"check-note.fingerprint": fingerprint, "check-note.second-fingerprint": fingerprint.replace("-", " ").lower()}
        self.senders.add(origin)

    def card(self, number):
        """Name in the deck of the card that bears this number (grouped in fours)."""
        return self.inventory().get(number, "")

    def lying(self, slot):
        """Name of the card in that reader, "" for none."""
        path = os.path.join(self.deck, f"slot-{slot}")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8") as f:
            return f.read().strip()

    def carry(self, number, to, name):
        """One card travels: out of this drawer, into the other one."""
        mine = os.path.join(self.deck, "cards", self.card(number))
        theirs = os.path.join(to.deck, "cards", name)
        if not os.path.isdir(to.deck):
            to.make_deck()
        for slot in (0, 1):
            if self.lying(slot):
                self.vcard("eject", "--slot", str(slot))
        for ending in (".card", ".looks"):
            shutil.move(mine + ending, theirs + ending)


class Chain:
    def __init__(self, build, psams=2, users=3, reader="sim", pairs=(1, 1)):
        """pairs: how many BKC and how many MKC are made, each with its authentication card."""
        self.reader, self.psams, self.users, self.pairs = reader, psams, users, pairs
        self.region, self.bank = identifier(), identifier()
        self.mothers = 4 + 2 * pairs[0]  # RMKC, RAKC, PAKC, RPTK card
        self.national = Tier(build, "national", "0" * 16, {"manufacturer": 1, "blank-mother": self.mothers, "blank-psam": psams})
        self.to_region, self.to_member, self.for_psams = delivery_sheets(), delivery_sheets(), delivery_sheets()
        self.found_region(build)
        self.found_member(build)

    def found_region(self, build):
        self.regional = Tier(build, "regional", self.region, {"manufacturer": 1, "blank-mother": 2 * self.pairs[1]})

    def found_member(self, build):
        self.member = Tier(build, "member", self.bank, {"manufacturer": 1, "blank-user": self.users})
        self.centres = [self.national, self.regional, self.member]
        self.answer()

    def answer(self):
        n, r, m = (c.answers["answers"] for c in self.centres)
        n["delivery-regional"] = r["delivery-regional"] = self.to_region
        r["delivery-member"] = m["delivery-member"] = self.to_member
        n["delivery-psam"] = m["delivery-psam"] = self.for_psams
        if not isinstance(n["card-intake"], list):
            n["card-intake"] = [n["card-intake"] | {"quantity": str(self.mothers)},
                                n["card-intake"] | {"kind": "psam", "quantity": str(self.psams)}]
        r["card-intake"] = r["card-intake"] | {"quantity": str(2 * self.pairs[1])}
        m["card-intake"] = m["card-intake"] | {"kind": "user", "quantity": str(self.users)}
        n["card-wash"] = {"quantity": str(self.mothers)}
        opened = {"mother-pin": PINS["rakc"]}
        n["issue-rmkc"] = {k + ".pin": PINS["rakc"] for k in ("rakc", "rmkc", "check-rakc", "check-rmkc")}
        n["issue-bkc"] = {"region": self.region, "back.pin": PINS["back"], "check-back.pin": PINS["back"],
                          "bkc.mother-pin": PINS["rakc"], "check-bkc.pin": PINS["back"]}
        n["psam-wash"] = {"quantity": str(self.psams), "wash.mother-pin": PINS["rakc"]}
        n["issue-pakc"] = {"pakc.pin": PINS["pakc"], "check-pakc.pin": PINS["pakc"]}
        n["issue-rptk-card"] = {"rptk.pin": PINS["rptk"], "check-rptk.pin": PINS["rptk"]}
        r["receive-bkc"] = {"receive": "bkc", "receive.pair": "back", "receive.pin": PINS["back"]}
        r["load-btk"] = {"btk.mother-pin": PINS["back"]}
        r["issue-mkc"] = {"bank": self.bank, "makc.pin": PINS["makc"], "check-makc.pin": PINS["makc"],
                          "mkc.mother-pin": PINS["back"], "check-mkc.pin": PINS["makc"]}
        m["private-keys"] = {"groups": "1-2"}
        m["receive-mkc"] = {"receive": "mkc", "receive.pair": "makc", "receive.pin": PINS["makc"]}
        m["load-private"] = {"mmtk.mother-pin": PINS["makc"], "private.mother-pin": PINS["makc"]}
        m["receive-pakc"] = {"receive": "pakc", "receive.pin": PINS["pakc"]}
        m["receive-psam"] = {"quantity": str(self.psams), "receive.mother-pin": PINS["pakc"]}
        m["psam-second-issue"] = {"quantity": str(self.psams), "issue.mother-pin": PINS["pakc"]}
        m["issue-user-card"] = {"data": os.path.join(self.member.folder, "users.csv"), "issue.mother-pin": PINS["makc"]}
        m["prove-chain"] = {"region": self.region, "bank": self.bank}

    def write_users(self):
        self.asns = [f"{secrets.randbelow(9000) + 1000}{secrets.randbelow(10 ** 16):016d}" for _ in range(self.users)]
        with open(os.path.join(self.member.folder, "users.csv"), "w", encoding="utf-8") as f:
            f.write("asn,holder,holder-id-type,holder-id,valid-from,valid-to\n")
            for i, asn in enumerate(self.asns):
                f.write(f"{asn},Holder {i + 1},00,{330100199001010000 + i},20270101,20361231\n")

    def hold_chain(self, scripts=None):
        """Three centres, cards carried between them; the last run, which is the first that did not close. scripts: of the member."""
        for act in (self.hold_national, self.travel_to_region, self.hold_regional, self.travel_to_member,
                    lambda: self.hold_member(scripts)):
            done = act()
            if done.returncode != 0:
                break
        return done

    def hold_national(self):
        return self.national.hold(NATIONAL, reader=self.reader)

    def travel_to_region(self):
        done = self.national.send("bkc", self.regional, "receive-bkc", self.reader, "B-0001")
        out = self.national.out
        self.national.carry(number_of(out, "Issue BKC"), self.regional, "bkc")
        self.national.carry(number_of(out, "Issue BACK"), self.regional, "back")
        return done

    def hold_regional(self):
        return self.regional.hold(REGIONAL, reader=self.reader)

    def travel_to_member(self):
        done = self.travel_to_bank()
        for cards, bag in (("pakc", "B-0003"), ("psam", "B-0004")):
            if done.returncode == 0:
                done = self.national.send(cards, self.member, f"receive-{cards}", self.reader, bag)
        if done.returncode != 0:
            return done
        self.national.carry(number_of(self.national.out, "Issue PAKC"), self.member, "pakc")
        psams = [n for n in self.national.inventory() if n.replace(" ", "")[4] == "2"]
        for i, number in enumerate(psams):
            self.national.carry(number, self.member, f"psam-{i + 1}")
        return done

    def travel_to_bank(self):
        """MKC and MAKC alone: the member bank has no PSAMs of its own."""
        done = self.regional.send("mkc", self.member, "receive-mkc", self.reader, "B-0002")
        for kind in ("MKC", "MAKC"):
            self.regional.carry(number_of(self.regional.out, f"Issue {kind}"), self.member, kind.lower())
        return done

    def hold_member(self, scripts=None):
        self.write_users()
        return self.member.hold(scripts or MEMBER, reader=self.reader)
