"""Somebody tries to break the rules of every ceremony, R1 to R8, with what an insider has: the database key (whoever is enrolled has it),
script and card files, copies of a store, the own passphrase in somebody else's place. Each attempt is refused by the console, named by the
auditor's check, or both; each check's name says what would be wrong.

What a unit test tries already is not done again: ELSEWHERE names it, and the names are held against the sources."""

import copy
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../memory"))
from centre import SEQUENCE, Centre  # noqa: E402

# rule: (what is tried, test file, test)
ELSEWHERE = {
    "R1": [("one person in two seats", "ceremony/test_engine", "nobody_takes_two_seats_and_nobody_a_seat_of_another_role"),
           ("somebody who is revoked (there is no ceremony for it yet)", "ceremony/test_engine",
            "whoever_is_revoked_takes_no_seat_and_does_not_sign_in"),
           ("an entry of somebody who is revoked", "store/test_journal", "the_revoked_sign_no_more_and_may_be_enrolled_again"),
           ("a signature made after a revocation", "store/test_verify", "a_signature_after_revocation_is_found"),
           ("a second component of a key, years later", "ceremony/test_engine",
            "knowledge_of_a_key_never_expires_and_the_refusal_cites_its_entry"),
           ("a supervisor with a component", "ceremony/test_engine", "a_supervisor_who_holds_a_component_does_not_approve"),
           ("a supervisor with a component of a key on the card", "ceremony/test_cards",
            "who_knows_a_component_of_a_key_on_the_card_does_not_approve_the_card"),
           ("a role in the slot file alone", "store/test_founding", "another_role_in_the_slot_file_alone_is_refused"),
           ("an enrolment of one's own", "store/test_founding", "an_operator_who_enrols_herself_as_supervisor_is_refused"),
           ("an approval by who is merely signed in", "crypto/test_vault_people",
            "being_signed_in_is_not_enough_for_an_approval_or_a_second_signature"),
           ("the second signature by the first signer", "ceremony/test_cards", "nobody_signs_the_balance_or_the_closing_for_the_other")],
    "R2": [("every secret in every place, after each ceremony", "memory/after_ceremonies.py", "def run")],
    "R3": [("a state past its approval", "ceremony/test_evidence", "a_state_row_that_goes_past_the_approval_is_not_believed"),
           ("an effect without approval", "store/test_verify", "an_effect_without_an_approval_before_it_is_found"),
           ("an effect outside a ceremony", "store/test_verify", "an_effect_outside_a_ceremony_is_refused"),
           ("an intent made up", "ceremony/test_evidence", "an_intent_that_the_journal_does_not_know_is_not_believed"),
           ("an outcome twice", "store/test_verify", "an_outcome_without_intent_or_twice_is_found"),
           ("a card command before its intent is on the disk", "torture/failing.py", "def control")],
    "R4": [("a balance while a card is in doubt", "ceremony/test_cards", "the_balance_refuses_while_a_card_is_in_doubt"),
           ("a broken reader that eats the stack", "ceremony/test_cards", "three_refused_cards_in_a_row_stop_the_batch"),
           ("a ceremony closed twice", "store/test_verify_rows", "a_ceremony_closed_twice_is_found")],
    "R5": [("a step left out of the state", "ceremony/test_evidence", "nothing_left_out_is_believed_either"),
           ("a script and its state together", "ceremony/test_evidence", "a_patched_script_is_not_resumed_whatever_the_state_says"),
           ("a layout before the opening", "ceremony/test_evidence", "a_layout_that_was_altered_sounds_otherwise"),
           ("a layout in the store", "ceremony/test_evidence", "a_layout_altered_in_the_store_is_named_and_not_gone_on_with"),
           ("an entry in another place", "store/test_verify", "an_approval_moved_elsewhere_is_found")],
    "R6": [("cards swapped between the readers", "ceremony/test_cards", "two_cards_swapped_between_the_readers_are_noticed"),
           ("another card in place of the one in doubt", "ceremony/test_cards", "another_card_is_not_worked_on_in_place_of_the_one_in_doubt"),
           ("a PIN tried to the end", "ceremony/test_cards", "a_wrong_pin_shows_the_tries_left_and_the_last_is_a_supervisors_to_approve")],
    "R7": [("simulated cards in production", "ceremony/test_engine", "production_takes_no_simulated_cards"),
           ("a rehearsal store made a real one", "store/test_founding", "a_rehearsal_store_cannot_be_made_a_real_one"),
           ("a slot of another centre", "crypto/test_vault_people", "a_slot_of_another_centre_does_not_mix_in")],
    "R8": [("a card whose PIN is lost", "ceremony/test_cards", "a_card_whose_pin_is_lost_is_voided_at_reading_back_and_remade"),
           ("an altered or copied card", "ceremony/test_card_query", "every_way_in_which_card_and_inventory_disagree_is_named")],
}
SCRIPTS = os.path.join(os.environ.get("KEYRITE_SOURCE", os.path.join(HERE, "../..")), "ceremony", "scripts")


class Stage:
    """A centre held up to a point. Each attempt is made on a copy of its store and deck."""

    def __init__(self, report, build, scripts, cards=3):
        self.report = report
        self.centre = Centre(build, cards=cards, groups=[1])
        done = self.centre.rehearse(scripts)
        report.check(done.returncode == 0, f"a centre for the adversary: {scripts[-1]} is held", done.stdout[-1500:] + done.stderr)
        self.plain = copy.deepcopy(self.centre.answers)

    def go_on(self, script, status=3, **answers):
        """One more ceremony, up to where an answer pauses it."""
        self.centre.answers["answers"].setdefault(script, {}).update({k.replace("__", "-"): v for k, v in answers.items()})
        done = self.centre.rehearse([script])
        self.report.check(done.returncode == status, f"a centre for the adversary: {script} stands where it is wanted",
                          done.stdout[-1500:] + done.stderr)

    def copied(self):
        """The same centre in another place."""
        other = copy.copy(self.centre)
        other.answers = copy.deepcopy(self.centre.answers)
        other.folder = os.path.join(self.centre.folder, "copy")
        shutil.rmtree(other.folder, ignore_errors=True)
        os.mkdir(other.folder)
        other.store, other.deck = (shutil.copytree(place, os.path.join(other.folder, os.path.basename(place)))
                                   for place in (self.centre.store, self.centre.deck))
        other.answers_file = os.path.join(other.folder, "answers.yaml")
        return other

    def insider(self, centre, *statements):
        """An operator, who has a slot as everybody has, alters rows."""
        done = subprocess.run([os.path.join(centre.build, "scenarios/insider"), centre.store, "zhou"], text=True,
                              input="\n".join([centre.people["zhou"]["passphrase"], *statements]) + "\n",
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.report.check(done.returncode == 0, f"the rows can be altered: {statements[0][:60]}", done.stderr)

    def attempt(self, what, alter, script=None, said=(), audited=(), options=(), answers=None):
        """said: what the console says where it refuses to go on with that script; audited: what the auditor's check names. what
        tells what would be wrong."""
        other = self.copied()
        alter(other)
        if audited:
            status, text = other.audit()
            self.report.check(status == 1 and all(word in text for word in audited), f"{what}: the auditor's check names it",
                              f"exit {status}, wanted {audited}\n{text[-2500:]}")
        if script:
            if answers:
                answers(other.answers)
            done = other.rehearse([script], *options)
            text = done.stdout + done.stderr
            self.report.check(done.returncode in (1, 2) and all(word in text for word in said), f"{what}: the console refuses it",
                              f"exit {done.returncode}, wanted {said}\n{text[-2500:]}")
        return other


def elsewhere(report):
    """The tests that are named are there."""
    for rule, tests in ELSEWHERE.items():
        for what, place, name in tests:
            path = os.path.join(HERE, "..", place if "." in place else place + ".c")
            with open(path, encoding="utf-8") as f:
                report.check(name in f.read(), f"{rule}: {what}: {place}, {name}")


# ---- Rows, with the database key ----


def of_people(stage):
    """R1"""
    stage.attempt("R1: an operator is a supervisor by the row of the database",
                  lambda c: stage.insider(c, "UPDATE people SET roles = roles | 4 WHERE person = 'zhou'"), "issue-rmkc",
                  ["seat-supervisor answers zhou, the words are: wang, he"], ["people zhou: roles differ"], ["--fresh"],
                  lambda a: a["answers"]["issue-rmkc"].update({"seat-supervisor": "zhou"}))
    stage.attempt("R1: what a custodian knows of a key is forgotten",
                  lambda c: stage.insider(c, "DELETE FROM knowledge WHERE person = 'chen'"), audited=["knowledge GMPK/1/1 1 chen: missing"])
    stage.attempt("R1: a component becomes somebody else's",
                  lambda c: stage.insider(c, "UPDATE knowledge SET person = 'sun' WHERE person = 'chen'"), audited=["knowledge GMPK/1/1"])
    for who in ("zhou", "he", "chen"):
        stage.attempt(f"R1: {who} approves in the supervisor's name with the own passphrase", lambda c: None, "issue-rmkc",
                      ["That is not the passphrase of 王 Wang", "refusal, journal"], answers=lambda a, who=who: a["answers"]["issue-rmkc"].update(
                          {"approve.passphrase": stage.centre.people[who]["passphrase"]}))


APPROVAL = "(SELECT max(seq) FROM entries WHERE kind = 'approval')"
COLUMNS = "leaf_hash, kind, salt, leaf, body"


def of_entries(stage):
    """R1, R3: approvals and effects as entries of the journal."""
    stage.attempt("R1: an approval is repeated for another ceremony", lambda c: stage.insider(
        c, f"INSERT INTO entries(seq, {COLUMNS}) SELECT (SELECT max(seq) + 1 FROM entries), {COLUMNS} FROM entries WHERE seq = {APPROVAL}"),
        "issue-rmkc", ["out of order"], ["first bad entry", "out of order"])
    body = "CAST(replace(CAST(body AS TEXT), '{}', '{}') AS BLOB)"
    for what, old, new in (("is moved to another ceremony", "WASH-2026-001", "RMKC-2026-001"), ("is another person's", "wang", "heee"),
                           ("was given at another time", "time 1", "time 2")):
        stage.attempt(f"R1: an approval {what}", lambda c, old=old, new=new: stage.insider(
            c, f"UPDATE entries SET body = {body.format(old, new)}, leaf = {body.replace('body', 'leaf').format(old, new)} "
               f"WHERE seq = {APPROVAL} AND (instr(body, '{old}') OR instr(leaf, '{old}'))"), audited=["first bad entry: 41"])
    stage.attempt("R3: the outcome of a card's work is taken out",
                  lambda c: stage.insider(c, "DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries WHERE kind = 'outcome')"),
                  audited=["first bad entry: 45", "missing"])
    stage.attempt("R3: an entry of today stands where one was taken out", lambda c: stage.insider(
        c, "DELETE FROM entries WHERE seq = 45",
        f"INSERT INTO entries(seq, {COLUMNS}) SELECT 45, {COLUMNS} FROM entries ORDER BY seq DESC LIMIT 1"), audited=["first bad entry: 45"])
    stage.attempt("R3: the end of the journal is cut off with its checkpoints", lambda c: stage.insider(
        c, "DELETE FROM entries WHERE seq >= 40", "DELETE FROM checkpoints WHERE size > 40"), "issue-rmkc",
        ["The store is older than its last checkpoint"], ["first bad entry: 40", "although more was signed"])
    stage.attempt("R3: a ceremony is opened in the state table alone", lambda c: stage.insider(
        c, "UPDATE ceremony_states SET state = replace(state, 'current 2', 'current 5')"), "issue-rmkc",
        ["A row of the database tells something else than the journal"])


def of_inventory(stage):
    """R4, R5: cards, numbers, ceremonies, scripts as rows."""
    stage.attempt("R4: a card has a state that nobody gave it", lambda c: stage.insider(c, "UPDATE cards SET state = 'verified' WHERE state = 'washed'"),
                  "issue-rmkc", ["at rakc"], ["state is verified, not washed"])
    stage.attempt("R4: a number is given out a second time", lambda c: stage.insider(c, "UPDATE series SET last = last - 1"), "card-intake",
                  ["numbers are never used twice"], ["series KSN: last is 1, not 2"], ["--fresh"],
                  lambda a: a["answers"]["card-intake"].update({"quantity": "1"}))
    stage.attempt("R4: a ceremony is closed by a row, its cards never balanced",
                  lambda c: stage.insider(c, "UPDATE ceremonies SET status = 'closed' WHERE status = 'open'"), audited=["status is closed, not open"])
    stage.attempt("R4: a card is nowhere", lambda c: stage.insider(c, "DELETE FROM cards WHERE state = 'washed'"), audited=["cards", "missing"])
    for what, old, new, said in (("leaves a card out of its approval", "covers: [rakc, rmkc", "covers: [rmkc", "no supervisor approved before it"),
                                 ("says something else", "Issue RMKC", "Issue  RMKC", "differs from the one this ceremony was opened with")):
        stage.attempt(f"R5: the script of an open ceremony {what}", lambda c, old=old, new=new: stage.insider(
            c, f"UPDATE ceremonies SET script_text = replace(script_text, '{old}', '{new}') WHERE status = 'open'"), "issue-rmkc", [said],
            ["script_text is"])
    stage.attempt("R7: a key has another's check value", lambda c: stage.insider(c, "UPDATE keys SET kcv = 'AAAAAA' WHERE kind = 'GMPK'"),
                  "issue-rmkc", ["A row of the database tells something else than the journal: keys GMPK/1/1: kcv differs"], ["kcv is AAAAAA"])
    stage.attempt("R7: a key is another key", lambda c: stage.insider(c, "UPDATE keys SET blob = (SELECT blob FROM keys WHERE kind = 'kIctlR') "
                  "WHERE kind = 'GMPK'"), "issue-rmkc", ["Stored key material does not open"], ["keys GMPK/1/1: blob"])


def before_balance(stage):
    """R4, R8: cards are issued, and wait for what comes after."""
    stage.attempt("R4: a card is spoiled in the inventory and good in the balance",
                  lambda c: stage.insider(c, "UPDATE cards SET state = 'spoiled' WHERE kind LIKE 'rmkc%' OR layout = 'rmkc'"), "issue-rmkc",
                  ["balance"], ["state is spoiled"])
    stage.attempt("R8: a card counts as read back that was not", lambda c: stage.insider(
        c, "UPDATE ceremony_states SET state = replace(state, 'current 7', 'current 8')"), "issue-rmkc",
        ["A row of the database tells something else than the journal"])


# ---- Files: scripts, cards, stores ----


def patched(stage, script, changes):
    with open(os.path.join(SCRIPTS, script + ".yaml"), encoding="utf-8") as f:
        text = f.read()
    new = text
    for old, with_ in changes:
        new = re.sub(old, with_, new, flags=re.S)
    stage.report.check(new != text, f"{script} can be patched: {changes[0][0][:40]}")
    path = os.path.join(stage.centre.folder, script + ".yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(new)
    return path


def words(build, path):
    out = subprocess.run([f"{build}/keyrite", "check", path], text=True, stdout=subprocess.PIPE, check=False).stdout
    return [line for line in out.splitlines() if line.startswith("    ")]


def step(name):
    """The whole step of that id."""
    return rf"  - id: {name}\n.*?(?=  - id: )"


def of_scripts(stage):
    """R5, and R1 to R4 and R8 by a script of one's own: it is not opened at all."""
    for rule, what, script, changes, said in (
            ("R1", "has no approval", "card-wash", [(step("approve"), "")], "R1"),
            ("R1", "has its operator approve", "card-wash", [(r"(id: approve\n    kind: approve\n    who: )supervisor", r"\1operator")], "R1"),
            ("R1", "has one custodian enter all components", "root-generate", [(r"least: 2, most: 5, count: components", "least: 1, most: 1")], "R1"),
            ("R2", "shows a component", "root-generate", [(r"(comes to the keyboard and enters component) \{letter\}", r"\1 {component}")], "R2"),
            ("R3", "approves after the effect", "issue-rmkc", [(r"(covers: \[)rakc, ", r"\1")], "R1"),
            ("R4", "has no balance", "card-wash", [(step("balance"), "")], "R4"),
            ("R8", "does not read a card back", "issue-rmkc", [(step("check-rmkc"), ""), (r", check-rmkc\]", "]")], "R8")):
        path = patched(stage, script, changes)
        other = stage.copied()
        other.answers["answers"] = {}
        done = other.rehearse([path], "--fresh")
        text = done.stdout + done.stderr
        stage.report.check(done.returncode in (1, 2) and f"{said}: " in text, f"{rule}: a script that {what} is held",
                           f"exit {done.returncode}, wanted {said}\n{text[-1500:]}")
    shipped = os.path.join(SCRIPTS, "card-wash.yaml")
    path = patched(stage, "card-wash", [("title:", "title: ")])
    stage.report.check(words(stage.centre.build, shipped) != words(stage.centre.build, path) != [],
                       "R5: a script with one more blank sounds like the printed one")


def cloned(centre, name, to):
    """A card from the deck's file of another one: its chip, its keys, all of it."""
    for ending in (".card", ".looks"):
        shutil.copy(os.path.join(centre.deck, "cards", name + ending), os.path.join(centre.deck, "cards", to + ending))


def of_cards(stage):
    """R4, R6, R8: the same card twice."""
    pins = {k + ".pin": ["204816"] * 2 for k in ("rakc", "rmkc", "check-rakc", "check-rmkc")}
    first, second = (name for _, name in sorted(stage.centre.inventory().items()))

    def attempt(what, rmkc, read_back, said):
        stage.attempt(what, lambda c: cloned(c, first, "clone"), "issue-rmkc", said, answers=lambda a: a["answers"]["issue-rmkc"].update(
            pins | {"rakc": first, "rmkc": rmkc, "check-rakc": read_back, "rakc.trouble": {"abort": "a clone"},
                    "check-rakc.trouble": {"abort": "a clone"}}))

    attempt("R4: a clone of an issued card is issued as a second one", ["clone"], first, ["Another kind of card is needed here", "refusal, journal"])
    attempt("R8: a clone from before the issue is read back in the card's place", second, "clone",
            ["What the card says on reading back differs from what was written", "refusal, journal"])
    attempt("R8: the partner is read back in the card's place", second, second, ["Another card"])
    stage.attempt("R4: a clone of a blank that was taken in is taken in again", lambda c: cloned(c, first, "clone"), "card-intake",
                  ["at intake"], options=["--fresh"], answers=lambda a: a["answers"]["card-intake"].update({"quantity": "1", "intake": "clone"}))


def of_other_centres(stage, build):
    """R7: keys and slots of a rehearsal elsewhere."""
    theirs = Centre(build, groups=[1])
    done = theirs.rehearse(["site-init", "root-generate"])
    stage.report.check(done.returncode == 0, "another centre for the adversary", done.stderr)
    blob = key_blob(theirs, "key/GMPK/1/1")

    def slots_of(other):
        for name in ("slots.a", "slots.b"):
            shutil.copy(os.path.join(theirs.store, name), os.path.join(other.store, name))

    stage.attempt("R7: a key sealed in another centre, as a rehearsal's is, serves in this one",
                  lambda c: stage.insider(c, f"UPDATE keys SET blob = x'{blob}' WHERE kind = 'GMPK'"), "issue-rmkc",
                  ["Stored key material does not open"], ["keys GMPK/1/1: blob"])
    stage.attempt("R7: another centre's people open this store", slots_of, "issue-rmkc",
                  answers=lambda a: a.update({"people": theirs.people}))
    return theirs


def key_blob(centre, label):
    """The sealed bytes of a key as its outcome entry says them."""
    said = centre.audit_command("export", centre.store, "--to", os.path.join(centre.folder, "bundle"), "--form", "text", "--level", "3")[1]
    with open(os.path.join(centre.folder, "bundle"), encoding="utf-8") as f:
        found = re.search(rf"material {label} ([0-9a-f]+)", f.read())
    return found.group(1) if found else said


def production(stage):
    """R7: the console of a site, given a rehearsal's store, asks nobody for a passphrase."""
    from terminal import Terminal
    console = Terminal([f"{stage.centre.build}/keyrite", "--lang", "en", "--store", stage.copied().store])
    try:
        console.wait("A rehearsal store and real cards do not go together", seconds=15)
        refused = True
    except RuntimeError as stuck:
        refused = str(stuck)
    console.close()
    stage.report.check(refused is True, "R7: the console of a site opens a rehearsal's store", refused)


# ---- Two consoles ----


def two_consoles(stage):
    """R3: a store that was copied goes on twice: each by itself is whole, together they are not."""
    ours, status = stage.copied(), []
    theirs_store = shutil.copytree(ours.store, os.path.join(ours.folder, "theirs"))
    done = ours.rehearse(["issue-rmkc"])
    stage.report.check(done.returncode == 0, "the first console goes on to the end", done.stderr)
    paper = re.findall(r"· (\d+ [A-Z0-9]{4}(?:-[A-Z0-9]{4}){3})$", done.stdout, re.M)[-1]
    other = copy.copy(ours)
    other.store, other.deck = theirs_store, shutil.copytree(stage.centre.deck, os.path.join(ours.folder, "their-deck"))
    done = other.rehearse(["issue-rmkc"])
    stage.report.check(done.returncode == 0, "and so does the second one on its copy", done.stderr)
    for centre in (ours, other):
        status.append(centre.audit()[0])
    stage.report.check(status == [0, 0], "either store verifies by itself", status)
    code, text = other.audit_command("verify", other.store, "--checkpoint", paper)
    stage.report.check(code == 1, "R3: two consoles go on with one store, and the paper of the one fits the other", text)
    shutil.copy(os.path.join(other.store, "journal.db"), os.path.join(ours.store, "journal.db"))
    code, text = ours.audit()
    stage.report.check(code == 1, "R3: the journal of the one is put into the other's store", text)


def run(report, build):
    elsewhere(report)
    stage = Stage(report, build, SEQUENCE[:5])
    of_scripts(stage)
    stage.go_on("issue-rmkc", approve={"pause": "", "answer": "approve"})
    of_people(stage)
    of_entries(stage)
    of_inventory(stage)
    of_cards(stage)
    theirs = of_other_centres(stage, build)
    production(stage)
    two_consoles(stage)
    stage.centre.answers = copy.deepcopy(stage.plain)
    stage.go_on("issue-rmkc", balance={"pause": "", "answer": "agree"})
    before_balance(stage)
    return [stage.centre, theirs]
