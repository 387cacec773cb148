"""The supervisor's checkpoint card is issued, read back and counted, in each tier by its own ceremony."""

from centre import SEQUENCE, Centre
from chain import Tier, identifier


def judge(report, centre, done, what):
    report.check(done.returncode == 0, f"the checkpoint card's ceremony closes ({what})", done.stdout + done.stderr)
    report.check("1 = 1 + 0 + 0" in done.stdout, f"its card is counted ({what})", done.stdout)
    status, text = centre.audit()
    report.check(status == 0, f"the auditor's verification passes ({what})", text)
    return centre


def below(report, build, tier, seeds, script):
    """A centre that receives no washed cards makes its own out of a blank."""
    centre = Tier(build, tier, identifier(), {"manufacturer": 1, "blank-mother": 1})
    centre.answers["answers"]["card-intake"] |= {"quantity": "1"}
    return judge(report, centre, centre.hold(["site-init", *seeds, "card-intake", script]), tier)


def run(report, build, reader):
    centre = Centre(build, groups=[1])
    done = centre.rehearse([*SEQUENCE[:-1], "issue-checkpoint-card"], reader=reader)
    judge(report, centre, done, reader)
    if reader == "sim":
        below(report, build, "regional", ["seed-regional"], "issue-checkpoint-card-region")
        below(report, build, "member", ["seed-member"], "issue-checkpoint-card-member")
        below(report, build, "city-download", ["seed-member"], "issue-checkpoint-card-member")
    return centre
