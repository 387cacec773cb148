"""PSAMs handed over by ceremonies: a transfer note of several pages, a bag that does not hold all that its note lists, and kill -9
inside the steps that send, write the note and check it, gone on with to one outcome each."""

import os
import re
import shutil
import signal
import subprocess
import time

import kills
from chain import MEMBER, NATIONAL, PINS, Chain, number_of

PSAMS = 95        # 90 to a page
A_PAGE = 90
SENDING = ["site-init", "root-generate", "seed-generate", "seed-psam", "delivery-psam", "card-intake", "card-wash", "issue-rmkc",
           "card-intake", "psam-wash", "issue-pakc"]
RECEIVING = ["site-init", "delivery-psam", "receive-pakc"]
assert set(SENDING) < set(NATIONAL) and set(RECEIVING) < set(MEMBER)


class Handover(Chain):
    """A national and a member centre: what a region would do is left out."""

    def __init__(self, build):
        super().__init__(build, psams=PSAMS, users=0, pairs=(0, 0))
        self.mothers = 3  # RMKC, RAKC, PAKC
        self.national.kinds["blank-mother"] = self.mothers
        self.member.kinds = {"manufacturer": 1}
        shutil.rmtree(self.regional.folder)
        self.centres = [self.national, self.member]
        answers = self.national.answers["answers"]
        answers["card-intake"][0]["quantity"] = answers["card-wash"]["quantity"] = str(self.mothers)
        for tier in self.centres:
            for key in ("transfer", "transfer.second", "check-note", "check-note.second"):
                tier.answers["defaults"][key] = "send" if key.startswith("transfer") else "agree"


class Kept:
    """A centre as it was, to begin from again."""

    def __init__(self, tier, name):
        self.tier, self.folder = tier, os.path.join(tier.folder, f"before-{name}")
        for part in ("store", "deck"):
            shutil.copytree(getattr(tier, part), os.path.join(self.folder, part))

    def again(self):
        for part in ("store", "deck"):
            shutil.rmtree(getattr(self.tier, part))
            shutil.copytree(os.path.join(self.folder, part), getattr(self.tier, part))


def bundle(tier):
    """The journal as an export has it."""
    path = os.path.join(tier.folder, "bundle")
    if os.path.exists(path):
        os.remove(path)
    status, text = tier.audit_command("export", tier.store, "--to", path, "--form", "text")
    if status != 0:
        raise RuntimeError(text)
    with open(path, encoding="utf-8") as f:
        return f.read()


def entries(text, ceremony):
    """Bodies' lines and heads of a ceremony's entries, each as one text."""
    return [e for e in re.split(r"(?m)^(?=keyrite-entry/1$)", text) if re.search(rf"(?m)^ceremony {ceremony}$", e)]


def signers(entry):
    return sorted(re.findall(r"(?m)^signer (\S+) (\S+) ", entry))


def closings(tier):
    """A closing is in every export: its own checkpoint covers it."""
    return bundle(tier).count("\nkind close\n")


# ---- Killed ----


def killed_after(tier, script, line, delay):
    """Starts the script, and kills it so long after that line was printed. False when it had ended before."""
    run = subprocess.Popen(tier.command([script]), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for said in run.stdout:
        if line in said:
            break
    time.sleep(delay)
    kills.kill(run.pid, "program")
    run.communicate()
    return run.returncode == -signal.SIGKILL


def lasts(tier, script, line, until):
    """Seconds between two lines of an undisturbed run."""
    run = subprocess.Popen(tier.command([script]), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    begun, ended = 0.0, 0.0
    for said in run.stdout:
        if line in said:
            begun = time.monotonic()
        if until in said:
            ended = time.monotonic()
    _, err = run.communicate()
    if run.returncode != 0 or not 0 < begun < ended:
        raise RuntimeError(f"{script} is not held: {err}")
    return ended - begun


def killed_step(report, kept, step, times, outcome):
    """step: (script, title of the step before, title of the step). outcome() says what must be, once, at the end."""
    tier, (script, before, title) = kept.tier, step
    kept.again()
    closed = closings(tier)
    whole = lasts(tier, script, before, title)
    wanted = outcome()
    inside = 0
    for n in range(times):
        kept.again()
        delay = whole * n / times
        if not killed_after(tier, script, before, delay) or closings(tier) > closed:
            continue  # it was quicker than the undisturbed run
        done = tier.rehearse([script])
        first = done.stdout.split("\n", 2)[1] if done.returncode == 0 else ""
        inside += title in first
        got = outcome()
        status, text = tier.audit_command("verify", tier.store)
        what = f"{script}: killed {delay:.2f} s into “{title}”, gone on with: one outcome"
        if not report.check(done.returncode == 0 and status == 0 and got == wanted, what,
                            f"{text if status else ''}{done.stdout}{done.stderr}\n{got}\ninstead of\n{wanted}"):
            return
    report.check(inside > 0, f"{script}: of {times} kills {inside} were inside “{title}”")


def sent(tier):
    """Of the last sending: pages, cards on them, notes written, steps' acts, and what the note on the disk lists."""
    def told():
        text = bundle(tier)
        ceremony = re.findall(r"(?m)^ceremony (SEND-\S+)$", text)[-1]
        mine = entries(text, ceremony)
        pages = [e for e in mine if re.search(r"(?m)^page \d+ \d+$", e)]
        files = [n for n in os.listdir(tier.notes) if n.endswith(".note")]
        with open(os.path.join(tier.notes, f"{ceremony}.note"), encoding="utf-8") as f:
            listed = len(re.findall(r"(?m)^label ", f.read()))
        return {"pages": [re.search(r"(?m)^page (.*)$", e).group(1) for e in pages], "two": [len(signers(e)) for e in pages],
                "cards": sorted(c for e in pages for c in re.findall(r"(?m)^card (\S+) ", e)), "listed": listed,
                "notes": len(files), "intents": sum("\nkind intent\n" in e for e in mine),
                "outcomes": sum("\nkind outcome\n" in e for e in mine), "closed": sum("\nkind close\n" in e for e in mine)}
    return told


def received(tier):
    """Of the last reception: that the note was taken note of once, by two, and what came of the cards."""
    def told():
        text = bundle(tier)
        ceremony = re.findall(r"(?m)^ceremony (RECV\S+)$", text)[-1]
        mine = entries(text, ceremony)
        noted = [e for e in mine if re.search(r"(?m)^received-note ", e)]
        return {"noted": len(noted), "two": [len(signers(e)) for e in noted], "cards": sum("\nresult received" in e for e in mine),
                "intents": sum("\nkind intent\n" in e for e in mine), "outcomes": sum("\nkind outcome\n" in e for e in mine),
                "closed": sum("\nkind close\n" in e for e in mine)}
    return told


# ---- The bag, and what is in it ----


def hold(report, tier, scripts, what):
    done = tier.hold(scripts)
    return report.check(done.returncode == 0, what, done.stdout[-2500:] + done.stderr)


def several_pages(report, chain, note):
    with open(note, encoding="utf-8") as f:
        text = f.read()
    pages = re.findall(r"(?m)^page (\d+) (\d+)$", text)
    report.check(re.search(r"(?m)^pages 2$", text) and pages == [("1", "2"), ("2", "2")], "the note has two pages", pages)
    report.check(len(re.findall(r"(?m)^label ", text)) == PSAMS > A_PAGE, f"it lists {PSAMS} PSAMs", text[:400])
    report.check(max(len(line.encode()) for line in text.splitlines()) <= 80, "no line of it is wider than the paper")
    bare = sorted(n.replace(" ", "") for n in chain.psam_numbers)
    report.check(sorted(re.findall(r"(?m)^card (\d+) psam ", text)) == bare, "by the numbers that are written on them")


def taken_in_short(report, chain, lost):
    """All but one are in the bag. The operator has said the note's number of them, and finds one less."""
    member = chain.member
    sheet = member.answers["answers"]["receive-psam"]
    sheet |= {"quantity": str(PSAMS), "receive": ["auto"] * (PSAMS - 1) + ["no-more"], "receive.no-more": "missing",
              "receive.mother-pin": PINS["pakc"]}
    done = member.hold(["receive-psam"])
    if not report.check(done.returncode == 0, "the receiver closes with one card missing", done.stdout[-2500:] + done.stderr):
        return
    n = PSAMS - 1
    report.check(f"{n} of {PSAMS}" in done.stdout and f"{n} = {n} + 0 + 0" in done.stdout, "what came adds up", done.stdout[-1500:])
    mine = entries(bundle(member), re.findall(r"● (RECVP\S+) is closed", done.stdout)[-1])
    said = [e for e in mine if re.search(r"(?m)^missing ", e)]
    number = lost.replace(" ", "")
    report.check(len(said) == 1 and re.search(rf"(?m)^missing {number} psam [0-9A-F]{{16}} {lost}$", said[0]), "an exception names it", said)
    report.check(said and signers(said[0]) == [("wang", "supervisor"), ("zhou", "operator")], "two people signed that", said)
    balance = [e for e in mine if "\nkind balance\n" in e]
    report.check(len(balance) == 1 and "on the transfer note and not here: 1" in balance[0], "and the balance says so", balance)
    again = member.rehearse(["receive-psam"], "--fresh")
    report.check(again.returncode == 1 and "RECVP" in again.stderr, "the note is used up", again.stderr)
    status, text = member.audit_command("verify", member.store)
    report.check(status == 0, "the receiver's journal verifies", text)


def bags(report, chain, kept, times):
    """Sent and received, killed inside each step, then the bag with a card missing."""
    national, member = chain.national, chain.member
    send = kept["national"]
    for before, title in (("Approve", "Put the cards into the bag"), ("Put the cards into the bag", "Write the transfer note")):
        killed_step(report, send, ("transfer", before, title), times, sent(national))
    note = os.path.join(national.notes, sorted(n for n in os.listdir(national.notes) if n.endswith(".note"))[-1])
    several_pages(report, chain, note)
    member.expect(note, "receive-psam")
    chain.psam_numbers.remove(lost := chain.psam_numbers[PSAMS // 2])
    for i, number in enumerate(chain.psam_numbers):
        national.carry(number, member, f"psam-{i + 1}")
    taken = Kept(member, "psams")
    member.answers["answers"]["receive-psam"] |= {"quantity": "2", "receive.mother-pin": PINS["pakc"]}
    killed_step(report, taken, ("receive-psam", "Read the script aloud", "Check the transfer note"), times, received(member))
    taken.again()
    taken_in_short(report, chain, lost)


def run(report, build, times):
    chain = Handover(build)
    if not hold(report, chain.national, SENDING, f"a national centre washes {PSAMS} PSAMs"):
        return chain.centres
    numbers = chain.national.inventory()
    chain.psam_numbers = sorted(n for n, name in numbers.items() if name.startswith("psam"))
    done = chain.national.send("pakc", chain.member, "receive-pakc", "sim", "B-0003")
    if not report.check(done.returncode == 0, "PAKC is sent", done.stdout + done.stderr):
        return chain.centres
    chain.national.carry(number_of(chain.national.out, "Issue PAKC"), chain.member, "pakc")
    if not hold(report, chain.member, RECEIVING, "the member takes PAKC in"):
        return chain.centres
    chain.national.answers["answers"]["transfer"] |= {"cards": "psam", "package": "B-0004"}
    bags(report, chain, {"national": Kept(chain.national, "sending")}, times)
    return chain.centres
