"""The batches of the golden chain, killed and torn: PSAMs washed and issued a second time, user cards made out of a data file.
Each is gone on with until it is closed: the same cards and sums as without, no intent without its outcome; and what was
made pays in every group."""

import json
import os
import re
import shutil
import signal
import time

import kills
from chain import MEMBER, NATIONAL, PINS, REGIONAL, Chain
from proofs import NOT_SHOWN
from torn import KINDS

RUNS_MAX = 60     # of one batch: far more than kills can need
COMMANDS = (5, 70)  # of those that the card in reader 2 gets, which one goes wrong


def split(scripts, at):
    n = scripts.index(at)
    return scripts[:n], scripts[n + 1:]


class Batch:
    """One script on one centre, held again and again from the same beginning."""

    def __init__(self, report, dice, tier, script):
        self.report, self.dice, self.tier, self.script = report, dice, tier, script
        self.kept = os.path.join(tier.folder, f"before-{script}")
        for name in ("store", "deck"):
            shutil.copytree(getattr(tier, name), os.path.join(self.kept, name))
        begun = time.monotonic()
        self.status, self.out, self.err = self.run(None, "program")
        self.whole = time.monotonic() - begun
        self.wanted = self.told(self.out)

    def begin_again(self):
        for name in ("store", "deck"):
            shutil.rmtree(getattr(self.tier, name))
            shutil.copytree(os.path.join(self.kept, name), getattr(self.tier, name))

    def run(self, delay, role):
        return kills.one_run(self.tier, [self.script], delay, role, option=None)

    def told(self, out):
        """What must not depend on kills: the sum, the numbers written on the cards, what the store accounts for."""
        status, text = self.tier.audit_command("verify", self.tier.store, "--json")
        audit = json.loads(text.splitlines()[-1]) if status == 0 else {"verdict": text}
        sums = re.findall(r"\d+ = \d+ \+ \d+ \+ \d+", out)
        return {"sum": sums[-1:], "labels": sorted(self.tier.inventory()), "open": audit.get("open_intents"),
                "verdict": audit["verdict"], "keys": audit.get("keys"), "cards": audit.get("cards"), "pieces": audit.get("pieces")}

    def agrees(self, out, what):
        told = self.told(out)
        if not told["sum"]:  # killed between signing the balance and saying so
            told["sum"] = self.wanted["sum"]
        return self.report.check(told == self.wanted, what, f"{told}\ninstead of\n{self.wanted}\n{out[-1500:]}")

    def torn(self):
        kind, n = self.dice.choice(KINDS), self.dice.randrange(*COMMANDS)
        self.begin_again()
        with open(os.path.join(self.tier.deck, "fault-1"), "w", encoding="ascii") as f:
            f.write(f"{n}:{kind}")
        status, out, err = self.run(None, "program")
        what = f"{self.script}: command {n} goes wrong ({kind}), the batch "
        return self.report.check(status == 0, what + "is closed", out[-1500:] + err) and self.agrees(out, what + "ends as it would have")

    def killed(self, most):
        """One batch to its end with at most so many kills on the way. Returns whether it ended well, and how many there were."""
        self.begin_again()
        said, done, moments = "", 0, []
        for _ in range(RUNS_MAX):
            role = self.dice.choice(["program", "program", "program", "@vault", "@cards"])
            delay = self.dice.uniform(0.02, self.whole * 0.8) if done < most else None
            status, out, err = self.run(delay, role)
            said += out
            if status == 0:
                what = f"{self.script} ends as without {done} kills ({', '.join(moments)})"
                return self.agrees(said, what), done
            if delay is None or not (status == -signal.SIGKILL or status == 1 and err.strip()):
                self.report.check(False, f"{self.script} goes on after kills ({', '.join(moments)})", f"exit {status}\n{said[-1500:]}{err}")
                return False, done
            done += 1
            moments.append(f"{role} {delay:.2f} s")
        self.report.check(False, f"{self.script} ends after {RUNS_MAX} runs", said[-1500:])
        return False, done

    def hold(self, count):
        if not self.report.check(self.status == 0, f"{self.script} is held ({self.whole:.1f} s)", self.out[-1500:] + self.err):
            return 0
        done = 0
        good = self.torn()
        while good and done < count:
            good, more = self.killed(min(4, count - done))
            done += more
        return done


def pay(report, chain):
    """Each user card, and each PSAM, in every group."""
    member = chain.member
    member.answers["answers"]["prove-chain"].update(NOT_SHOWN)
    for i in range(1, chain.users + 1):
        psam = f"psam-{(i - 1) % chain.psams + 1}"
        member.answers["answers"]["prove-chain"].update({"load": f"user-{i:02}", "purchase.psam": psam})
        done = member.hold(["prove-chain"])
        report.check(done.returncode == 0 and done.stdout.count("MAC1 MAC2 TAC") == 6,
                     f"user card {i} is loaded and pays in every group at {psam}", done.stdout[-2000:] + done.stderr)


def prepared(build):
    chain = Chain(build, psams=2, users=2)
    again = ["wash", "wash.back", "issue", "issue.back"]
    for tier in chain.centres:
        tier.answers["defaults"].update({key: ["auto"] * 12 for key in again} | {"issue.trouble": "look", "wash.trouble": "look"})
    # With its vault killed, the opened card is opened again, and its PIN typed once more.
    for tier, script, key, pin in ((chain.national, "psam-wash", "wash", "rakc"), (chain.member, "psam-second-issue", "issue", "pakc"),
                                   (chain.member, "issue-user-card", "issue", "makc")):
        tier.answers["answers"][script][f"{key}.mother-pin"] = [PINS[pin]] * 8
    return chain


def loading_interrupted(report, tier):
    """The card leaves while a key is loaded into it, and the program ends: another run goes on with what was begun."""
    with open(os.path.join(tier.deck, "fault-0"), "w", encoding="ascii") as f:
        f.write("20:gone-after")
    done = tier.rehearse(["load-btk"])
    _, text = tier.audit_command("verify", tier.store, "--json")
    begun = json.loads(text.splitlines()[-1])["open_intents"]
    report.check(done.returncode != 0 and begun == 1, "the card left with its intent open", done.stdout + done.stderr)
    held = tier.hold(["load-btk"])
    _, text = tier.audit_command("verify", tier.store, "--json")
    left = json.loads(text.splitlines()[-1])["open_intents"]
    report.check(held.returncode == 0 and left == 0, "loading keys goes on in another run", held.stdout[-1500:] + held.stderr)
    return held


def hold_regional(report, chain):
    before, after = split(REGIONAL, "load-btk")
    held = chain.regional.hold(before)
    if held.returncode == 0:
        held = loading_interrupted(report, chain.regional)
    return chain.regional.hold(after) if held.returncode == 0 else held


def batches(report, dice, chain, kills_each):
    before, after = split(NATIONAL, "psam-wash")
    first, _ = split(MEMBER, "psam-second-issue")
    done = 0
    held = chain.national.hold(before)
    if not report.check(held.returncode == 0, "a chain is held up to its PSAMs", held.stdout[-1500:] + held.stderr):
        return
    done += Batch(report, dice, chain.national, "psam-wash").hold(kills_each)
    for hold in (lambda: chain.national.hold(after), chain.travel_to_region, lambda: hold_regional(report, chain), chain.travel_to_member,
                 lambda: chain.hold_member(first)):
        held = None if report.failed else hold()
        if held is not None and not report.check(held.returncode == 0, "the chain goes on", held.stdout[-1500:] + held.stderr):
            return
    for script in ("psam-second-issue", "issue-user-card"):
        if not report.failed:
            done += Batch(report, dice, chain.member, script).hold(kills_each)
    if not report.failed:
        pay(report, chain)
    print(f"{done} kills in batches")


def run(report, build, dice, count):
    chain = prepared(build)
    batches(report, dice, chain, max(1, count // 3))
    return chain.centres
