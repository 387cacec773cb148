"""The life of keys, from an answers file: activated, retired, made again, restored, marked, destroyed before a witness; what each
state forbids; and the auditor's verdict over all of it."""

from centre import SEQUENCE, Centre

REFUSALS = [
    # act, key, what is read
    ("activate", "PTK/0/1", "is active already"),
    ("destroy", "PTK/0/1", "is active: what still works with it would stop"),
    ("restore", "PTK/0/1", "is not retired, so there is nothing to restore"),
    ("retire", "RAK/0/1", "was never activated, so it cannot be retired"),
]
AFTER = [
    ("activate", "RPTK/0/1", "is destroyed: its material exists nowhere any more"),
    ("restore", "RPTK/0/1", "is destroyed"),
    ("destroy", "RPTK/0/1", "is destroyed"),
    ("activate", "GMPK/1/1", "is marked as compromised, so it may protect nothing again"),
    ("restore", "GMPK/1/1", "is marked as compromised"),
    ("compromise", "GMPK/1/1", "is marked as compromised already"),
]


class Keys(Centre):
    def act(self, act, key, *options):
        """One ceremony of one act on one key."""
        said = {"key": key, act: act, "seat-custodian": "chen", "seat-quorum": "li"}
        if act not in ("activate", "restore"):
            said["reason"] = "the scenario"
        if act == "destroy":
            said |= {"seat-witness": "zhou", "destroy.cards": "keep"}
        self.answers["answers"][f"key-{act}"] = said
        return self.rehearse([f"key-{act}"], *options)


def done(report, run, what):
    return report.check(run.returncode == 0, what, run.stdout[-2000:] + run.stderr)


def refused(report, centre, rows):
    for act, key, sentence in rows:
        run = centre.act(act, key, "--fresh")
        report.check(run.returncode == 1 and sentence in run.stderr, f"{act} of {key} is refused: {sentence}",
                     f"exit {run.returncode}\n{run.stdout}{run.stderr}")


def verdict(report, centre, what):
    status, text = centre.audit()
    report.check(status == 0, f"the auditor's verification passes {what}", text)


def run(report, build):
    centre = Keys(build, groups=[1])
    if not done(report, centre.rehearse(SEQUENCE), "a centre with an RMKC"):
        return [centre]
    done(report, centre.act("activate", "PTK/0/1"), "a first version is activated")
    refused(report, centre, REFUSALS)
    done(report, centre.act("retire", "PTK/0/1"), "it is retired")
    run_ = centre.rehearse(["issue-rmkc"], "--fresh")
    report.check(run_.returncode == 1 and "PTK" in run_.stderr, "without it no mother card is issued", run_.stdout + run_.stderr)
    out = centre.rehearse(["seed-generate"])
    report.check(out.returncode == 0 and "1 keys" in out.stdout, "the next version is drawn, and nothing else", out.stdout + out.stderr)
    done(report, centre.act("activate", "PTK/0/2"), "the second version is activated")
    done(report, centre.act("restore", "PTK/0/1"), "the first one is restored, which retires the second")
    done(report, centre.act("destroy", "PTK/0/2"), "the second is destroyed before a witness")
    done(report, centre.act("destroy", "RPTK/0/1"), "a key that was never activated is destroyed")
    done(report, centre.act("compromise", "GMPK/1/1"), "a group is marked as compromised")
    refused(report, centre, AFTER)
    verdict(report, centre, "after a whole life of keys")
    status, text = centre.audit_command("report", centre.store, "--statistics")
    report.check(status == 0 and "compromised" in text and "archive" in text, "statistics tell the states, and what is in the archive", text)
    return [centre]
