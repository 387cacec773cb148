"""The golden chain: three centres, the cards that travel between them, purchases in every group, cards that have to be refused
(those of another chain), a purchase by somebody else's terminal, and the two tiers of a city deployment."""

import json
import os
import re
import subprocess

from centre import check_value, combined
from chain import MEMBER, PINS, Chain

def held(report, chain, name, scripts):
    """Three centres, cards carried between them; False when a ceremony did not close."""
    for hold in (chain.hold_national, chain.travel_to_region, chain.hold_regional, chain.travel_to_member,
                 lambda: chain.hold_member(scripts)):
        done = hold()
        if done is not None and done.returncode != 0:
            report.check(False, f"{name} is held", done.stdout[-3000:] + done.stderr)
            return False
    report.check(True, f"{name} is held")
    return True


def bring(theirs, member):
    """A user card and a PSAM of the other chain come into this member's drawer."""
    for number, name in theirs.inventory().items():
        if name.startswith("user"):
            theirs.carry(number, member, "theirs-user")
        if name.startswith("psam"):
            theirs.carry(number, member, "theirs-psam")


def prove(report, chain, more):
    member = chain.member
    member.answers["answers"]["prove-chain"].update(more)
    done = member.hold(["prove-chain"], reader=chain.reader)
    out = done.stdout
    report.check(done.returncode == 0, "prove-chain closes", out + done.stderr)
    report.check("MAC1 MAC2 TAC · 0 → 1000" in out, "the load verifies with the member's keys", out)
    for group in range(1, 6):
        line = f"Purchase, group {group} · 周 Zhou · MAC1 MAC2 TAC · {1100 - 100 * group} → {1000 - 100 * group}"
        report.check(line in out, f"the purchase in group {group} verifies", out)
    return out


NOT_SHOWN = {"other-bank": "none", "other-root": "none", "retired": "none"}
SHOWN = {"other-bank": "show", "other-bank.user": "theirs-user", "other-root": "show", "other-root.psam": "theirs-psam",
         "retired": "none"}


def refused(report, out):
    for title in ("A card of another bank is refused", "A PSAM with another GMPK is refused"):
        report.check(re.search(rf"✓ \d+ {title} · 周 Zhou · refused", out) is not None, title.lower(), out)


def accounts(report, chain):
    """Each journal verifies, balances add up, and nothing secret was printed."""
    said = ""
    for centre in chain.centres:
        status, text = centre.audit()
        report.check(status == 0, "the auditor's verification passes", text)
        said += centre.out + text
    for line in re.findall(r"(\d+) = (\d+) \+ (\d+) \+ (\d+)", said):
        drawn, *parts = map(int, line)
        report.check(drawn == sum(parts), "drawn = good + spoiled + returned", str(line))
    secret = [v.hex().upper() for c in chain.centres for v in c.components.values()]
    secret += [p["passphrase"] for c in chain.centres for p in c.people.values()] + list(PINS.values())
    report.check(not any(s in said for s in secret), "nothing secret is printed")


def check_values(report, chain):
    out = chain.national.out
    for group in chain.national.groups:
        key = combined([chain.national.components[n, group] for n in (1, 2)])
        report.check(f"Keep group {group} · 陈 Chen · KCV {check_value(key)}" in out, f"group {group} is kept with openssl's value", out)


def paid(member, name):
    """The card that prove-chain loaded: the first one issued."""
    return name == "user-01"


def outside(report, build, chain, group):
    """Cards of the chain, pcscd, pyscard, openssl: nothing of ours computes or checks anything."""
    member = chain.member
    user = next(name for number, name in member.inventory().items() if number.replace(" ", "") in chain.asns and paid(member, name))
    psam = next(name for name in member.inventory().values() if name.startswith("psam"))
    for slot in (0, 1):
        if member.lying(slot):
            member.vcard("eject", "--slot", str(slot))
    for slot, name in ((0, psam), (1, user)):
        member.vcard("insert", name, "--slot", str(slot))
    here = os.path.dirname(os.path.abspath(__file__))
    gmpk = combined([chain.national.components[n, group] for n in (1, 2)])
    done = subprocess.run([os.path.join(here, "../pcsc/with-pcscd"), "--build", os.path.abspath(build), "--deck", member.deck, "--",
                           "/usr/bin/python3", os.path.join(here, "outside_purchase.py"), "--gmpk", gmpk.hex(), "--region", chain.region,
                           "--bank", chain.bank, "--group", str(group)],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    said = done.stdout.strip().splitlines()
    report.check(done.returncode == 0, f"somebody else's terminal is paid in group {group}, and its openssl agrees", done.stdout)
    return json.loads(said[-1]) if done.returncode == 0 else {}


class City(Chain):
    """Two tiers: a key management centre and a card key download system, no region between."""

    def answer(self):
        super().answer()
        for centre, tier in ((self.national, "city-centre"), (self.member, "city-download")):
            centre.answers["answers"]["site-init"]["tier"] = tier
        n, m = self.national.answers["answers"], self.member.answers["answers"]
        n["delivery-member"] = self.to_member
        n["issue-mkc-city"] = self.regional.answers["answers"]["issue-mkc"] | {"mkc.mother-pin": PINS["rakc"]}
        m["prove-chain-city"] = {"bank": self.bank} | NOT_SHOWN
        self.centres = [self.national, self.member]
        self.regional = self.national


CITY = ["site-init", "root-generate", "seed-generate", "seed-city", "delivery-member", "delivery-psam", "card-intake", "card-wash",
        "issue-rmkc", "card-intake", "issue-mkc-city", "psam-wash", "issue-pakc"]


def city(report, build):
    chain = City(build, psams=1, users=1)
    done = chain.national.hold(CITY)
    report.check(done.returncode == 0, "the city's key management centre is held", done.stdout[-3000:] + done.stderr)
    if done.returncode == 0:
        chain.travel_to_member()
        done = chain.hold_member(MEMBER[:-1] + ["prove-chain-city"])
        report.check(done.returncode == 0, "the download system's cards prove its chain", done.stdout[-3000:] + done.stderr)
        report.check(done.stdout.count("MAC1 MAC2 TAC") == 6, "one load and five purchases in two tiers", done.stdout)
        accounts(report, chain)
    return chain.centres


def simulated(report, build):
    """Two whole chains, so that cards of the one can be refused by the other."""
    ours, theirs = Chain(build), Chain(build, psams=1, users=1)
    used = ours.centres + theirs.centres
    if held(report, ours, "the golden chain", MEMBER[:-1]) and held(report, theirs, "another chain", MEMBER[:-1]):
        bring(theirs.member, ours.member)
        refused(report, prove(report, ours, SHOWN))
        check_values(report, ours)
        accounts(report, ours)
    return used + city(report, build)


def through_pcscd(report, build):
    chain = Chain(build, psams=1, users=1, reader="pcsc")
    if held(report, chain, "the golden chain through pcscd", MEMBER[:-1]):
        prove(report, chain, NOT_SHOWN)
        accounts(report, chain)
        found = outside(report, build, chain, 3)
        report.check(found.get("balance") == [500, 400], "the outside terminal debits what it says", str(found))
    return chain.centres
