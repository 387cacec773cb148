"""Ceremonies on a machine that fails: at the n-th call of a kind something goes wrong, once or from then on, in the program and in its
vault and card processes (faults.c, faults_watch.c)."""

import random
import shutil
import time

from centre import SEQUENCE, Centre
from failing_case import KINDS, ROLES, Stage

# name: (held before, disturbed)
STAGES = {
    "root": (SEQUENCE[:1], ["root-generate"]),
    "wash": (SEQUENCE[:4], ["card-wash"]),
    "issue": (SEQUENCE[:5], ["issue-rmkc"]),
}
WORDS = {"read": "reading: EIO", "write": "writing: EIO", "full": "disk full", "short": "short write", "sync": "failing fsync",
         "memory": "no memory", "random": "no random bytes", "clock": "clock set back"}


SHORT_SECONDS = 12
PROCESSES = ["program", "program", "vault", "cards"]


class Tally:
    """Rows of the table, by kind and way of failing."""

    def __init__(self, report):
        self.report = report
        self.rows = {}

    def add(self, case, became, lost, same):
        row = self.rows.setdefault(case[1:3], {"tried": 0, "lost": 0, "other": 0, "continued": 0, "refused": 0, "fell": 0})
        row["tried"] += 1
        row["lost"] += bool(lost)
        row["other"] += not lost and not same
        if not lost:
            row[became] += 1
            self.report.passed += 1
            return
        self.report.check(False, f"{name_of(case)} ({case[0].machine.first})", lost)

    def table(self):
        order = sorted(self.rows.items(), key=lambda item: (KINDS.index(item[0][0]), item[0][1]))
        for (kind, lasting), row in order:
            print(f"     {name(kind, lasting)}: {row['continued']} went on, {row['refused']} ended with a sentence, {row['fell']} fell over in "
                  f"SQLCipher or OpenSSL; {row['other']} closed "
                  "otherwise than undisturbed, with a card voided")
        return [(name(kind, lasting), row["tried"], row["tried"] - row["lost"], row["lost"]) for (kind, lasting), row in order]


def name(kind, lasting):
    return f"{WORDS[kind]}, {'from then on' if lasting else 'once'}"


def name_of(case):
    stage, kind, lasting, role, at = case
    return f"{stage.name}:{kind}:{'lasting' if lasting else 'once'}:{role}:{at}"


def one(tally, case):
    """False when the n-th call was not reached."""
    stage, kind, lasting, role, at = case
    lost, became, same = stage.case(kind, at, lasting, role)
    if became == "not reached":
        return False
    tally.add(case, became, lost, same)
    return True


def every_call(tally, stages, kinds, role):
    """From the first call on until a run ends in which nothing failed."""
    for stage in stages:
        for kind in kinds:
            for lasting in (False, True):
                at = 1
                while one(tally, (stage, kind, lasting, role, at)):
                    at += 1
                print(f"     {stage.name}: {name(kind, lasting)}: {at - 1} calls, each tried", flush=True)


def drawn_at_random(tally, stages, kinds, roles, dice, seconds):
    """Places in the code are drawn, not calls: most calls for memory come from a few of them."""
    begun = time.monotonic()
    left = {}
    while time.monotonic() - begun < seconds:
        for kind in dice.sample(kinds, len(kinds)):
            stage, role = dice.choice(stages), dice.choice(roles)
            if not left.get((stage, kind, role)):
                left[stage, kind, role] = stage.calls(kind, role)
                dice.shuffle(left[stage, kind, role])
            if left[stage, kind, role]:
                one(tally, (stage, kind, dice.random() < 0.5, role, left[stage, kind, role].pop()))
            if time.monotonic() - begun > seconds:
                break


def add_options(options):
    mine = options.add_argument_group("failing machine")
    mine.add_argument("--kind", action="append", choices=KINDS, help="only these kinds of calls fail")
    mine.add_argument("--stage", action="append", choices=list(STAGES), help="only while these ceremonies are held")
    mine.add_argument("--role", action="append", choices=list(ROLES), help="only in that process")
    mine.add_argument("--every", action="store_true", help="every n from 1 on until none fails, however long it takes")
    mine.add_argument("--only", metavar="STAGE:KIND:HOW:ROLE:N", help="one case again, as a failed one is named, with what was noted")


def control(report, stage):
    """What watches intents and cards has to find each touch of a card wrong where no intent was ever on the disk."""
    touched, wrong = stage.control()
    report.check(touched > 0 and wrong == touched, f"control: {stage.name} without a sync: all of {touched} touches of cards are found",
                 f"{wrong} were")
    return (f"control: no intent on the disk, {stage.name}", touched, touched - wrong, wrong)


def run(report, options):
    names = [options.only.split(":")[0]] if options.only else options.stage or (["issue"] if options.short else list(STAGES))
    failed_before = report.failed
    tally = Tally(report)
    stages = [Stage(Centre(options.build, cards=4, groups=[1]), stage, *STAGES[stage]) for stage in names]
    if options.only:
        _, kind, how, role, at = options.only.split(":")
        one(tally, (stages[0], kind, how == "lasting", role, int(at)))
        print("\n".join(stages[0].machine.notes))
    elif options.every:
        every_call(tally, stages, options.kind or KINDS, "any")
    else:
        seconds = SHORT_SECONDS if options.short else options.seconds
        drawn_at_random(tally, stages, options.kind or KINDS, options.role or PROCESSES, random.Random(options.seed), seconds)
    controls = [control(report, stage) for stage in stages if stage.name != "root"]
    for stage in stages:
        stage.close()
        if options.keep or report.failed > failed_before:
            print(f"kept: {stage.centre.folder}")
        else:
            shutil.rmtree(stage.centre.folder)
    return tally.table() + controls
