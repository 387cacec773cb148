"""The supervisor's checkpoint card is issued, read back and counted in its ceremony."""

from centre import SEQUENCE, Centre


def run(report, build, reader):
    centre = Centre(build, groups=[1])
    done = centre.rehearse([*SEQUENCE[:-1], "issue-checkpoint-card"], reader=reader)
    report.check(done.returncode == 0, f"the checkpoint card's ceremony closes ({reader})", done.stdout + done.stderr)
    report.check("1 = 1 + 0 + 0" in done.stdout, "its card is counted", done.stdout)
    status, text = centre.audit()
    report.check(status == 0, f"the auditor's verification passes ({reader})", text)
    return centre
