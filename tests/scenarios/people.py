"""People come and go in a centre that holds keys: enrolled, revoked, with changed and lost passphrases, other roles and another
quorum. Each ceremony is killed at random instants until it is through; after each the journal verifies, the keys still open, and
what was in force before serves for nothing. And what has to be refused, in its own words."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time

from centre import Centre
from kills import one_run

FOUNDED = ["site-init", "root-generate", "seed-generate"]
USES_KEYS = ["card-intake", "card-wash", "issue-rmkc"]
ACTS = 8


class Staff(Centre):
    """A centre with its quorum of three custodians, two of whom open the vault."""

    def __init__(self, build):
        super().__init__(build, cards=4, groups=[1])
        self.answers["defaults"].update({"seat-administrator": "zhao", "enrol": "go", "revoke": "go", "change": "go",
                                         "recover": "go"})
        self.held_before = {}
        self.quorum("chen", "li")

    def quorum(self, *people):
        """Who comes to open the vault beside whoever is there."""
        self.answers["defaults"]["seat-quorum"] = {str(i + 1): p for i, p in enumerate(people)}

    def custodians(self, first, second):
        self.answers["defaults"]["seat-custodian"] = {"1": first, "2": second}

    def say(self, script, **values):
        self.answers["answers"][script] = {k.replace("_", "-").replace("--", "."): v for k, v in values.items()}

    def knows(self, person, passphrase):
        self.people.setdefault(person, {})["passphrase"] = passphrase


def phrase(person):
    return f"{person} {secrets.token_hex(8)}"


def refused(report, staff, script, sentence, what, *options):
    """Asked for in a way that must not be, it says why; the next holding goes on where this one stopped."""
    done = staff.rehearse([script], *options)
    text = done.stdout + done.stderr
    return report.check(done.returncode in (1, 2) and sentence in text, what, f"exit {done.returncode}\n{text}")


def held(report, staff, script, dice, kills, what):
    """The ceremony, killed at random instants that many times, and then to its end."""
    begun = time.monotonic()
    whole, done = 0.6, 0
    times = staff.held_before.get(script, 0) + 1  # the earlier ones are closed, and left out
    sheet = staff.answers["answers"][script]
    staff.answers["answers"][script] = [sheet] * times
    for _ in range(60):
        delay = dice.uniform(0.02, whole) if done < kills else None
        status, out, err = one_run(staff, [script] * times, delay, "program")
        if status == 0:
            break
        if not report.check(delay is not None and (status == -signal.SIGKILL or status == 1 and err.strip()),
                            f"{what}: kill {done + 1} after {delay or 0:.3f} s", f"exit {status}: {out[-1500:]}{err}"):
            return done
        done += 1
    staff.held_before[script] = times
    staff.answers["answers"][script] = sheet
    verdict, text = staff.audit()
    report.check(status == 0 and verdict == 0, f"{what}: closed after {done} kills, and the journal verifies",
                 f"exit {status}\n{err}\n{text}")
    report.check(not os.path.exists(os.path.join(staff.store, "slots.next")), f"{what}: no slot file waits")
    print(f"     {what}: {done} kills in {time.monotonic() - begun:.1f} s")
    return done


def enrolments(report, staff, dice, kills):
    """A custodian comes: the vault key is shared anew, also for those who are not there."""
    xu = phrase("xu")
    staff.say("operator-enrol", person_id="chen", person_name="陈 Chen", role="custodian", enrol__passphrase=xu)
    refused(report, staff, "operator-enrol", "chen is taken", "a name that is taken is refused")
    staff.say("operator-enrol", person_id="Xu Er", person_name="徐 Xu", role="custodian", enrol__passphrase=xu)
    refused(report, staff, "operator-enrol", "is not made of small letters", "a name that the journal does not take is refused")
    staff.say("operator-enrol", person_id="xu", person_name="徐 Xu", role="custodian", enrol__passphrase="seven77")
    refused(report, staff, "operator-enrol", "too short", "a passphrase that is too short is refused")
    staff.say("operator-enrol", person_id="xu", person_name="徐 Xu", role="custodian", enrol__passphrase=xu)
    done = held(report, staff, "operator-enrol", dice, kills, "a custodian is enrolled")
    staff.knows("xu", xu)
    staff.say("operator-enrol", person_id="ma", person_name="马 Ma", role="supervisor", enrol__passphrase=phrase("ma"))
    staff.knows("ma", staff.answers["answers"]["operator-enrol"]["enrol.passphrase"])
    staff.quorum()  # nobody with a share is wanted for somebody without one
    done += held(report, staff, "operator-enrol", dice, kills, "a supervisor is enrolled without the custodians")
    return done


def quorums(report, staff, dice, kills):
    staff.quorum("sun", "xu")  # old share and new one, opened by the new sharing alone
    staff.say("quorum-change", quorum="5")
    refused(report, staff, "quorum-change", "too few for a vault that opens with 5", "five of four is refused")
    staff.say("quorum-change", quorum="3")
    done = held(report, staff, "quorum-change", dice, kills, "three of four open the vault")
    staff.quorum("sun", "xu", "li")
    return done


def passphrases(report, staff, dice, kills):
    """By its owner, who still knows the old one; and lost."""
    old, new = staff.people["chen"]["passphrase"], phrase("chen")
    staff.say("credential-change", person="chen", change__old=old, change__passphrase=old)
    refused(report, staff, "credential-change", "passphrase that chen had before", "the passphrase of before is no new one")
    staff.say("credential-change", person="chen", change__old="not the one of chen", change__passphrase=new)
    refused(report, staff, "credential-change", "not the passphrase of", "without the old passphrase there is no new one")
    staff.say("credential-change", person="chen", change__old=old, change__passphrase=new)
    done = held(report, staff, "credential-change", dice, kills, "a custodian's passphrase is changed")
    staff.quorum("chen", "li", "sun")
    staff.say("quorum-change", quorum="3")
    refused(report, staff, "quorum-change", "not the passphrase of", "the old passphrase signs nobody in")
    staff.knows("chen", new)

    new = phrase("wang")
    staff.say("credential-change", person="wang", change__old=staff.people["wang"]["passphrase"], change__passphrase=new,
              close__passphrase=new)
    staff.quorum()
    done += held(report, staff, "credential-change", dice, 0, "a supervisor in the seat changes the own one")
    staff.knows("wang", new)

    staff.quorum("chen", "li", "sun")
    staff.say("passphrase-lost", person="sun", recover__passphrase=phrase("sun"))
    refused(report, staff, "passphrase-lost", "the words are", "who lost it does not come as one of the quorum")
    staff.quorum("chen", "li", "xu")
    done += held(report, staff, "passphrase-lost", dice, kills, "a lost passphrase is replaced by the others")
    staff.knows("sun", staff.answers["answers"]["passphrase-lost"]["recover.passphrase"])
    return done


def roles(report, staff, dice, kills):
    staff.quorum("li", "xu", "sun")
    staff.say("role-change", person="chen", role="supervisor", act="grant")
    refused(report, staff, "role-change", "entered a component of GMPK/1/1 in entry", "who holds a component does not become supervisor")
    staff.say("role-change", person="zhou", role="operator", act="withdraw")
    refused(report, staff, "role-change", "without any role", "nobody is left without a role")
    staff.say("role-change", person="wu", role="operator", act="grant")
    refused(report, staff, "role-change", "an auditor watches", "an auditor gets no other role")
    staff.say("role-change", person="zhou", role="custodian", act="grant")
    return held(report, staff, "role-change", dice, kills, "an operator becomes a custodian too")


def revocations(report, staff, dice, kills):
    staff.quorum("chen", "xu", "sun")
    staff.say("operator-revoke", person="wu")
    refused(report, staff, "operator-revoke", "is the only auditor", "the last auditor stays")
    staff.say("operator-revoke", person="nobody")
    refused(report, staff, "operator-revoke", "nobody", "whom nobody knows is not revoked")
    staff.say("operator-revoke", person="li")
    done = held(report, staff, "operator-revoke", dice, kills, "a custodian is revoked")
    staff.quorum("li", "xu", "sun")
    staff.say("quorum-change", quorum="3")
    refused(report, staff, "quorum-change", "the words are", "who is revoked is offered no seat", "--fresh")
    staff.say("operator-revoke", person="zhao")
    refused(report, staff, "operator-revoke", "seat-administrator answers zhao", "nobody revokes the own person")
    return done


def old_files(report, staff, before):
    """Slots from before, put back: neither console nor auditor takes them."""
    aside = staff.store + ".aside"
    shutil.copytree(staff.store, aside)
    for name in ("slots.a", "slots.b"):
        shutil.copy(os.path.join(before, name), os.path.join(aside, name))
    status, text = staff.audit(aside)
    report.check(status != 0 and "slot" in text, "slot files of before are refused", text)


def second_verifier(report, staff):
    """Who signs when, and by which key, also for a verifier that shares no line with this program."""
    bundle = os.path.join(staff.folder, "bundle")
    status, text = staff.audit_command("export", staff.store, "--to", bundle)
    report.check(status == 0, "the journal is exported", text)
    done = subprocess.run([sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "independent",
                                                        "verify_bundle.py"), bundle],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    report.check(done.returncode == 0, "the second verifier agrees", done.stdout)


def run(report, build, dice, kills):
    staff = Staff(build)
    done = staff.rehearse(FOUNDED)
    if not report.check(done.returncode == 0, "a centre with keys is founded", done.stdout[-1500:] + done.stderr):
        return [staff]
    before = staff.store + ".before"
    shutil.copytree(staff.store, before)
    each = max(1, kills // ACTS)
    total = 0
    for act in (enrolments, quorums, passphrases, roles, revocations):
        total += act(report, staff, dice, each)
    old_files(report, staff, before)
    staff.quorum("zhou", "sun")
    staff.custodians("chen", "xu")
    done = staff.rehearse(USES_KEYS)
    report.check(done.returncode == 0, "the people of now open the keys of then and issue a card by them",
                 done.stdout[-1500:] + done.stderr)
    status, text = staff.audit()
    report.check(status == 0, "and the journal verifies", text)
    second_verifier(report, staff)
    print(f"{total} kills")
    return [staff]
