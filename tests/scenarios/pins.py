"""The PIN of an RAKC: changed, changed again with the new one, then replaced by the centre that made the card."""

import secrets

from centre import SEQUENCE, Centre
from chain import PINS, number_of


def run(report, build, reader):
    centre = Centre(build, groups=[1])
    centre.answers["defaults"]["seat-holder"] = "chen"
    done = centre.rehearse(SEQUENCE, reader=reader)
    report.check(done.returncode == 0, f"a centre whose RAKC has a PIN ({reader})", done.stdout + done.stderr)
    if done.returncode != 0:
        return centre
    rakc = centre.inventory()[number_of(done.stdout, "Issue RAKC")]
    first, second, third = PINS["rakc"], f"{secrets.randbelow(900000) + 100000}", "918273"
    said = ""
    for script, answers in (("pin-change", {"pin.pin": first, "pin.new-pin": second}),
                            ("pin-change", {"pin.pin": second, "pin.new-pin": first}),
                            ("pin-unlock", {"pin.new-pin": third}),
                            ("pin-change", {"pin.pin": third, "pin.new-pin": first})):
        centre.answers["answers"][script] = answers | {"pin": rakc}
        done = centre.rehearse([script], reader=reader)
        report.check(done.returncode == 0, f"{script} closes ({reader})", done.stdout + done.stderr)
        said += done.stdout + done.stderr
    report.check(not any(pin in said for pin in (first, second, third)), f"no PIN is said ({reader})", said)
    status, text = centre.audit()
    report.check(status == 0, f"the auditor's verification passes ({reader})", text)
    return centre
