"""The golden chain: three centres, the cards that travel between them, purchases in every group, cards that have to be refused
(those of another chain), a purchase by somebody else's terminal, and the two tiers of a city deployment."""

import glob
import json
import os
import re
import subprocess

import papers
import queries
from centre import check_value, combined
from chain import MEMBER, PINS, Chain
from strangers import RETIRED, Beside, laboratory, psam_of, user_of


def held(report, chain, name, scripts):
    """False when a ceremony of the three centres did not close."""
    done = chain.hold_chain(scripts)
    return report.check(done.returncode == 0, f"{name} is held", done.stdout[-3000:] + done.stderr)


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
SHOWN = {"other-bank": "show", "other-bank.user": "bank-2-user", "other-root": "show", "other-root.psam": "other-root-psam",
         "other-bank.psam": "psam-1", "other-root.user": "user-01", "retired.user": "user-01", "load": "user-01",
         "purchase.psam": "psam-1", "purchase": "user-01", "retired": "show", "retired.group": str(RETIRED), "retired.psam": "retired-psam"}
BY_MAC1, BY_GROUP = "user card: MAC1 does not verify", "PSAM: it has no key of that group"


def refused(report, out):
    for title, by in (("A card of another bank is refused", BY_MAC1), ("A PSAM with another GMPK is refused", BY_MAC1),
                      ("A retired group is refused", BY_GROUP)):
        report.check(f"{title} · 周 Zhou · refused · {by}" in out, f"{title.lower()}, {by}", out)


def purchase_in_own_place(report, beside, ours):
    """A stranger's card pays where it belongs, at a PSAM of our bank: so it is a good card, and only its bank or region is another."""
    member = beside.member
    terminal = next(n for n, name in ours.member.inventory().items() if name == "psam-2")
    ours.member.carry(terminal, member, "psam-2")
    member.answers["answers"]["prove-chain"].update(NOT_SHOWN | {"groups": "1,5", "purchase.psam": "psam-2"})
    done = member.hold(["prove-chain"], reader=beside.reader)
    report.check(done.returncode == 0 and done.stdout.count("MAC1 MAC2 TAC") == 3,
                 f"a card of {beside.name} pays as what it is, at a PSAM of ours", done.stdout + done.stderr)
    member.carry(terminal, ours.member, "psam-2")


def strangers(report, build, ours):
    """The cards that have to be refused come into our member's drawer; False when one could not be made."""
    used = []
    for name, elsewhere, card in (("another bank of the region", False, "bank-2-user"),
                                  ("a bank of the same identifier in another region", True, "region-2-user")):
        beside = Beside(build, ours, elsewhere)
        beside.name = name
        used += beside.own
        what, done = beside.hold_all()
        report.check(what == "", f"{name} is held", done.stdout[-3000:] + done.stderr)
        if what:
            return used, False
        purchase_in_own_place(report, beside, ours)
        beside.member.carry(user_of(beside.member), ours.member, card)
    for of, name in ((None, "other-root-psam"), (ours, "retired-psam")):
        centre, done = laboratory(build, of)
        used.append(centre)
        report.check(done.returncode == 0, f"the centre of {name} is held", done.stdout[-3000:] + done.stderr)
        if done.returncode != 0:
            return used, False
        centre.carry(psam_of(centre), ours.member, name)
    return used, True


def refused_further(report, ours):
    """Another region is refused like another bank; the PSAM without the retired group pays in the groups that it has; a PSAM is no user
    card, and the other way round."""
    answers = ours.member.answers["answers"]["prove-chain"]
    answers.update({"groups": "1,4", "other-bank.user": "region-2-user", "other-root": "none", "retired": "none",
                    "purchase.psam": ["user-02", "retired-psam", "retired-psam"], "load": ["psam-1", "user-01"]})
    done = ours.member.hold(["prove-chain"], reader=ours.reader)
    out = done.stdout
    report.check(done.returncode == 0, "prove-chain closes with the PSAM of which a group was retired", out + done.stderr)
    report.check(f"A card of another bank is refused · 周 Zhou · refused · {BY_MAC1}" in out, "a card of another region is refused", out)
    report.check(out.count("MAC1 MAC2 TAC") == 3, "and that PSAM pays in the groups that it has", out)
    report.check("! load · The card in reader 2 is not a user card with our application." in out, "a PSAM is no user card", out)
    report.check("The card in reader 1 is not a PSAM with our application." in out, "a user card is no PSAM", out)


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
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240, check=False)
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


def one_note(report, sender, receiver, path):
    """A transfer note alone, beside both journals, and on paper."""
    name = os.path.basename(path)
    for journal, said in ((sender, "written, it says, in"), (receiver, "received, it says, in")):
        done = papers.audit(journal, "verify", path, "--journal", journal.store)
        report.check(done.returncode == 0 and re.search(said + r" +entry \d", done.stdout),
                     f"{name}: the journal of {journal.own} names it", done.stdout + done.stderr)
    done = papers.audit(sender, "verify", path, "--fingerprint", "AAAA-BBBB-CCCC-DDDD", secret=False)
    report.check(done.returncode == 1, f"{name}: another fingerprint is refused", done.stdout + done.stderr)
    (text,) = glob.glob(path + ".*.txt")
    done = papers.audit(sender, "report", path, "--lang", text.split(".")[-2], secret=False)
    with open(text, encoding="utf-8") as f:
        report.check(f.read() == done.stdout, f"{name}: the paper beside it is the auditor's", done.stderr)
    report.check(papers.in_pdf(text[:-3] + "pdf") == papers.words(done.stdout), f"{name}: the PDF's text is the paper's")
    with open(path, encoding="utf-8") as f:
        altered = f.read().replace("delivered", "delivereb", 1)
    with open(path + ".altered", "w", encoding="utf-8") as f:
        f.write(altered)
    done = papers.audit(sender, "verify", path + ".altered", secret=False)
    report.check(done.returncode == 1 and done.stdout.startswith("VERDICT: ALTERED"), f"{name}: a changed one is refused", done.stdout)
    os.unlink(path + ".altered")


def notes(report, chain):
    for sender, receiver in ((chain.national, chain.regional), (chain.regional, chain.member)):
        for path in sorted(glob.glob(os.path.join(sender.notes, "*.note"))):
            with open(path, encoding="utf-8") as f:
                if f"receiver {receiver.own} " in f.read():
                    one_note(report, sender, receiver, path)


def simulated(report, build):
    """A whole chain, and beside it cards that are good elsewhere and have to be refused here."""
    ours = Chain(build, pairs=(2, 2))
    used = list(ours.centres)
    if held(report, ours, "the golden chain", MEMBER[:-1]):
        theirs, good = strangers(report, build, ours)
        used += [centre for centre in theirs if centre not in used]
        if good:
            refused(report, prove(report, ours, SHOWN))
            refused_further(report, ours)
            queries.run(report, build, ours)
        notes(report, ours)
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
