"""Cards that fail in the middle of a command, through a real pcscd: every ceremony still ends, with every card accounted for."""

import os
import shutil
import subprocess

from centre import SEQUENCE, Centre

KINDS = ["gone-before", "gone-after", "empty", "one-byte", "wrong-sw", "reset", "61xx", "6cxx"]
COMMANDS = 130  # that the card in reader 2 gets, from washing to reading back, at the least


def prepared(report, build):
    centre = Centre(build, cards=5)
    # People put a card in again, as the sentence on the screen tells them.
    again = ["wash", "wash.back", "rmkc", "rmkc.back", "check-rmkc", "rakc", "check-rakc"]
    centre.answers["defaults"].update({key: ["auto"] * 8 for key in again})
    for key in ("rakc.pin", "rmkc.pin", "check-rakc.pin", "check-rmkc.pin"):
        centre.answers["answers"]["issue-rmkc"][key] = ["204816"] * 8
    done = centre.rehearse(SEQUENCE[:4])
    report.check(done.returncode == 0, "cards are taken in", done.stderr)
    return centre


def one_fault(report, centre, n, kind):
    kept = centre.store, centre.deck
    for name in ("store", "deck"):
        copy = os.path.join(centre.folder, f"torn-{name}")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(getattr(centre, name), copy)
        setattr(centre, name, copy)
    line = centre.command(["card-wash", "issue-rmkc"], reader="pcsc")
    at = line.index("--deck")
    done = subprocess.run(line[:at] + ["--fault", f"{n}:{kind}"] + line[at:], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=180, check=False)
    status, text = centre.audit()
    good = done.returncode == 0 and status == 0 and done.stdout.count("Sign the balance") == 2
    report.check(good, f"command {n} goes wrong ({kind}): both ceremonies end, the cards add up, the journal verifies",
                 f"exit {done.returncode}, audit {status}\n{done.stdout}{done.stderr}{text if status else ''}")
    centre.store, centre.deck = kept


def run(report, build, dice, count):
    centre = prepared(report, build)
    for i in range(count):
        kind = "mute" if i == 0 else KINDS[i % len(KINDS)]
        one_fault(report, centre, dice.randrange(1, COMMANDS), kind)
        if report.failed:
            break
    return [centre]
