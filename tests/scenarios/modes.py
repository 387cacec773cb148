"""A member bank's three ways to hold its keys: one bank goes through all of them, issues a user card in each, and prove-chain
passes; and the attempts that have to be refused, by the console and by the card."""

import os
import re
import secrets
import subprocess

from chain import MEMBER, NATIONAL, PINS, REGIONAL, Chain, number_of
from proofs import NOT_SHOWN, accounts

HSM = ["receive-hsm-init", "load-hsm", "issue-user-card-hsm", "prove-chain"]
EXPORT = ["mpk-export", "issue-user-card-export", "prove-chain"]
WAY = "another way to hold keys than the one in force here"
FORBIDDEN = "does not let a master key leave its card whole"


class Modes(Chain):
    def __init__(self, build):
        super().__init__(build, psams=1, users=3)
        self.regional.kinds["blank-mother"] = 6
        r, m = (c.answers["answers"] for c in (self.regional, self.member))
        r["card-intake"]["quantity"] = "6"
        for centre in (self.regional, self.member):
            centre.answers["defaults"].update({"seat-administrator": "zhao", "seat-second": "he", "approve-second": "approve",
                                               "decide": "decide", "export.warning": "export"})
            centre.answers["answers"]["key-holding"] = {"key-holding": "export"}
        for layout, script in (("hsm-init", "issue-hsm-init"), ("mkc-export", "issue-mkc-export")):
            r[script] = {"bank": self.bank, "makc.pin": PINS["makc"], "check-makc.pin": PINS["makc"],
                         f"{layout}.mother-pin": PINS["back"], f"check-{layout}.pin": PINS["makc"]}
            m[f"receive-{layout}"] = {"receive": layout, "receive.pair": f"makc-of-{layout}", "receive.pin": PINS["makc"]}
        m["load-hsm"] = {"mmtk.mother-pin": PINS["makc"], "private.mother-pin": PINS["makc"]}
        m["mpk-export"] = {"mmtk.mother-pin": PINS["makc"], "export.mother-pin": PINS["makc"]}
        m["issue-user-card-hsm"] = {"issue.mother-pin": PINS["makc"]}
        m["issue-user-card-export"] = {}
        m["prove-chain"] |= NOT_SHOWN

    def write_users(self):
        """Three orders of one card each: one for each way."""
        self.asns = [f"{secrets.randbelow(9000) + 1000}{secrets.randbelow(10 ** 16):016d}" for _ in range(3)]
        for script, asn in zip(("issue-user-card", "issue-user-card-hsm", "issue-user-card-export"), self.asns):
            path = os.path.join(self.member.folder, script + ".csv")
            with open(path, "w", encoding="utf-8") as f:
                f.write(f"asn,holder,holder-id-type,holder-id,valid-from,valid-to\n{asn},Holder,00,330100199001010001,20270101,20361231\n")
            self.member.answers["answers"][script]["data"] = path

    def hold_in(self, centre, way, scripts):
        """Decides the way, and then holds what it is for."""
        centre.answers["answers"]["key-holding"]["key-holding"] = way
        return centre.hold(["key-holding"] + scripts)

    def bring(self, layout, title):
        """The card of that layout travels to the member, and the MAKC made last with it."""
        self.regional.send(layout, self.member, f"receive-{layout}", self.reader, f"B-{layout}")
        out = self.regional.out
        self.regional.carry(number_of(out, title), self.member, layout)
        self.regional.carry(number_of(out, "Issue MAKC"), self.member, f"makc-of-{layout}")


def refused(report, centre, script, sentence, what):
    done = centre.rehearse([script], "--fresh")
    report.check(done.returncode == 1 and sentence in done.stderr, what, f"exit {done.returncode}\n{done.stdout}{done.stderr}")


def closed(report, done, what):
    return report.check(done.returncode == 0, what, done.stdout[-2500:] + done.stderr)


def proves(report, chain, out, number, way):
    """The card of that order, which still lies in reader 2, was loaded and paid in each of the five groups."""
    asn = chain.asns[number]
    grouped = " ".join(asn[i:i + 4] for i in range(0, 20, 4))
    report.check(out.count("MAC1 MAC2 TAC") == 6 and chain.member.lying(1) == chain.member.card(grouped) != "",
                 f"the card made in {way} proves the chain", out)


def site_script(chain, name, changes):
    """A script of the site's own, made of a shipped one."""
    here = os.environ.get("KEYRITE_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    with open(os.path.join(here, "ceremony", "scripts", "mpk-export.yaml"), encoding="utf-8") as f:
        text = f.read()
    for old, new in changes:
        text = re.sub(old, new, text, flags=re.S)
    path = os.path.join(chain.member.folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def mode_one(report, chain):
    member = chain.member
    chain.write_users()
    done = member.hold(MEMBER)
    if not closed(report, done, "mode I: the member issues a user card by its MKC"):
        return False
    proves(report, chain, done.stdout, 0, "mode I")
    refused(report, member, "issue-user-card-hsm", WAY, "mode I: issuing by the HSM is refused")
    refused(report, member, "mpk-export", FORBIDDEN, "mode I: taking MPK out is refused")
    refused(report, member, "issue-user-card-export", FORBIDDEN, "mode I: issuing from the vault is refused")
    refused(report, chain.regional, "issue-mkc-export", FORBIDDEN, "a regional centre makes no MKC for export unless its policy allows it")
    return True


def mode_two(report, chain):
    member, regional = chain.member, chain.regional
    if not closed(report, regional.hold(["issue-hsm-init"]), "mode II: the regional centre makes the HSM initialisation card"):
        return False
    chain.bring("hsm-init", "Issue the HSM initialisation card")
    done = chain.hold_in(member, "hsm", HSM)
    if not closed(report, done, "mode II: decided, MMTK and private keys go in, and a user card is issued by the HSM's card"):
        return False
    proves(report, chain, done.stdout, 1, "mode II")
    refused(report, member, "issue-user-card", WAY, "mode II: issuing by MKC is refused")
    refused(report, member, "mpk-export", FORBIDDEN, "mode II: taking MPK out is refused")
    return True


def one_supervisor(report, member):
    """Who sits in the supervisor's seat is not among those who may sit in the second one."""
    sheet = member.answers["answers"]["mpk-export"]
    member.answers["answers"]["mpk-export"] = sheet | {"seat-second": "wang"}
    done = member.rehearse(["mpk-export"], "--fresh")
    report.check(done.returncode == 2 and "the words are: he" in done.stderr, "mode III: one supervisor is not two", done.stderr)
    member.answers["answers"]["mpk-export"] = sheet | {"approve-second": {"abort": "he does not approve"}}
    refused(report, member, "mpk-export", "aborted", "mode III: without the second approval nothing is done")
    member.answers["answers"]["mpk-export"] = sheet


def mode_three_refusals(report, chain):
    """Policy enables it, and still: one approver short, or a card that was not made for it."""
    member = chain.member
    one_supervisor(report, member)
    kept = site_script(chain, "kept", [("id: mpk-export\n", "id: mpk-kept\n"), ("mother: mkc-export", "mother: mkc"), ("MPKX", "MPKK")])
    member.answers["answers"]["mpk-kept"] = member.answers["answers"]["mpk-export"]
    refused(report, member, kept, "does not let MPK leave it whole", "an MKC that was not made for export keeps its keys (the card refuses)")
    del member.answers["answers"]["mpk-kept"]
    for name, pattern, sentence in (("alone", r"  - id: approve-second\n.*?(?=  - id: mmtk\n)", "two supervisors approve it before"),
                                    ("plain", r"key-holding: \[export\]\n", "key-holding: [export]")):
        done = subprocess.run([f"{member.build}/keyrite", "check", site_script(chain, name, [(pattern, "")])], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        report.check(done.returncode == 1 and sentence in done.stdout, f"such a script is refused: {sentence}", done.stdout)


def mode_three(report, chain):
    member, regional = chain.member, chain.regional
    done = chain.hold_in(regional, "export", ["issue-mkc-export"])
    if not closed(report, done, "the regional centre enables mode III, and makes an MKC for export, approved by two supervisors"):
        return False
    chain.bring("mkc-export", "Issue MKC for export")
    refused(report, member, "receive-mkc-export", FORBIDDEN, "mode II: an MKC for export is not taken in")
    done = chain.hold_in(member, "export", ["receive-mkc-export"])
    if not closed(report, done, "mode III: decided, and the MKC for export is taken in"):
        return False
    mode_three_refusals(report, chain)
    done = member.hold(EXPORT)
    if not closed(report, done, "mode III: MPK is taken out, and a user card is issued without a mother card"):
        return False
    report.check("5 keys out of card" in done.stdout, "five groups are taken", done.stdout)
    proves(report, chain, done.stdout, 2, "mode III")
    refused(report, member, "issue-user-card", WAY, "mode III: issuing by MKC is refused")
    return True


def prepared(report, chain):
    if not closed(report, chain.national.hold(NATIONAL[:-1]), "the national centre is held"):
        return False
    chain.travel_to_region()
    if not closed(report, chain.regional.hold(REGIONAL), "the regional centre is held"):
        return False
    chain.travel_to_member()
    return True


def run(report, build):
    chain = Modes(build)
    if prepared(report, chain) and mode_one(report, chain) and mode_two(report, chain) and mode_three(report, chain):
        accounts(report, chain)
    return chain.centres
