"""Bundles that are broken, each by itself: what a forger with some keys makes, and what happens to a file on its way."""

import random

from verify_bundle import sha256

from forge import (ORIGIN, Journal, as_json, as_text, enrolment, good, hiding, inside, public, withholding)


def ending(journal):
    journal.checkpoint("carol")
    return as_text(journal.items)


def begun():
    return Journal().found().opening()


def moved(wanted_by):
    """An approval given in one ceremony, put into another: byte for byte, or signed lines under another header."""
    j = Journal().found().opening().close()
    approval = j.items[3]
    j.entry("open", "carol supervisor, kate custodian", inside(ceremony="SEED-2026-001"))
    if wanted_by == "copy":
        j.put(*approval[1:])
    j.work("SEED-2026-001")
    return ending(j)


def second_opinion(kind, signers, lines, **how):
    j = begun()
    j.entry(kind, signers, lines, **how)
    return ending(j)


def forged():
    """(name, bundle): journals whose hashes are all right."""
    work = inside("result ok", step="work")
    yield "same person twice", second_opinion("balance", "carol supervisor, carol supervisor", work)
    yield "same person under two roles", second_opinion("note", "kurt custodian, kurt operator", work)
    yield "a supervisor alone opens", second_opinion("open", "carol supervisor", inside(ceremony="SEED-2026-001"))
    yield "an auditor acts", second_opinion("note", "ann auditor", work)
    yield "a role that was not granted", second_opinion("note", "kate operator", work)
    yield "nobody of that name", second_opinion("note", "eve custodian", work)
    yield "somebody signs for somebody else", second_opinion("note", "kate custodian", work, signed_by=["kurt"])
    yield "an unknown kind", second_opinion("blessing", "kate custodian", work)
    yield "two type one component", second_opinion("component", "kate custodian, kurt custodian", work)
    lost = inside("piece 1 01 lost 1", step="work")
    yield "a paper lost by one", second_opinion("exception", "carol supervisor", ["override paper"])
    yield "a paper lost without a supervisor", second_opinion("exception", "kate custodian, kurt operator", ["override paper"])
    yield "a card lost by one", second_opinion("exception", "carol supervisor", lost)
    yield "a card lost without a supervisor", second_opinion("resume", "kate custodian, kurt operator", lost)
    gone = inside("gone damaged", step="work")
    yield "a card gone by one", second_opinion("exception", "kate custodian", gone)
    yield "a card gone without a supervisor", second_opinion("exception", "kate custodian, kurt operator", gone)
    yield "no approval", second_opinion("intent", "kate custodian", inside(step="other"))
    yield "an intent outside a ceremony", second_opinion("intent", "kate custodian", ["step work"])
    yield "a card without approval", second_opinion("card", "kate custodian", inside("card 1 mother 01 issued r -", step="x"))
    yield "an outcome without intent", second_opinion("outcome", "kate custodian", inside("intent 3", step="work"))
    yield "an outcome without number", second_opinion("outcome", "kate custodian", inside(step="work"))
    yield "another script", second_opinion("note", "kate custodian", ["ceremony ROOT-2026-001", "script other " + "0" * 64])
    yield "no such ceremony", second_opinion("note", "kate custodian", inside(ceremony="SEED-2026-009"))
    yield "opened twice", second_opinion("open", "carol supervisor, kate custodian", inside())
    yield "a second founding", second_opinion("found", "adam administrator, carol supervisor", enrolment("adam"))
    yield "another key for somebody", second_opinion("enrol", "adam administrator, carol supervisor", enrolment("kate", key_of="x"))
    yield "another key that replaces somebody else's", second_opinion(
        "enrol", "adam administrator, carol supervisor", [*enrolment("kate", key_of="x"), f"replaces {sha256(public('kurt'))[:4].hex()}"])
    yield "one key for two", second_opinion("enrol", "adam administrator, carol supervisor", enrolment("eve", "operator", "kate"))
    yield "more roles for somebody", second_opinion("enrol", "adam administrator, carol supervisor", enrolment("kate", "supervisor"))
    yield "nobody to revoke", second_opinion("revoke", "adam administrator, carol supervisor", ["person eve"])
    yield "enrolled by a custodian", second_opinion("enrol", "kate custodian, carol supervisor", enrolment("eve", "operator"))
    yield "an escape that is none", second_opinion("note", "kate custodian", inside("text \\x41"))
    yield "a name that is none", second_opinion("note", "kate custodian", inside("Text a"))
    yield "a line without value", second_opinion("note", "kate custodian", inside("text"))
    yield "another predecessor", second_opinion("note", "kate custodian", work, prev=bytes(32))
    yield "a level that is none", second_opinion("note", "kate custodian", work, level=4)
    yield "an approval moved", moved("nobody")
    yield "an approval copied", moved("copy")
    yield from forged_courses()
    yield from forged_checkpoints()


def forged_courses():
    j = begun().work()
    j.entry("outcome", "kate custodian", inside("intent 4", step="work[1]"))
    yield "two outcomes", ending(j)
    j = begun().work()
    j.entry("intent", "kate custodian", inside(step="work[2]"))
    j.entry("outcome", "kate custodian", inside("intent 6", step="work[1]"))
    yield "an outcome of another step", ending(j)
    j = begun().close()
    j.entry("component", "kate custodian", inside(step="work"))
    yield "a component after the end", ending(j)
    j = begun()
    j.entry("revoke", "adam administrator, carol supervisor", ["person kurt"])
    j.entry("note", "kurt custodian", inside("text late"))
    yield "a revoked person signs", ending(j)
    j = begun()
    j.checkpoint("carol", "kurt", "adam", log="eve")
    yield "a checkpoint of another log", as_text(j.items)
    j = Journal()
    j.entry("found", "adam administrator, carol supervisor", ["centre x", *enrolment("adam"), *enrolment("carol")])
    yield "a founding without log key", ending(j)
    j = Journal()
    j.entry("note", "adam administrator", ["text x"])
    yield "no founding", ending(j)
    fork = Journal().found().opening()
    fork.checkpoint()
    other = Journal().found().opening("SEED-2026-001")
    yield "a checkpoint of a fork", as_text(other.items + [fork.items[-1]])
    yield "an entry of a fork", as_text(other.items[:3] + fork.items[3:])
    strange = Journal("keyrite.example/national/9999").found().opening()
    yield "another origin", ending(strange)


def forged_checkpoints():
    for name, people, how in (("a stranger on a checkpoint", ["carol", "eve"], {}), ("signed twice", ["carol", "carol"], {}),
                              ("another root", ["carol"], {"root": bytes(32)}), ("another size", ["carol"], {"size": 3})):
        j = begun()
        j.checkpoint(*people, **how)
        yield name, as_text(j.items)
    j = Journal().found()
    early = j.checkpoint("carol")
    j.opening()
    yield "an old checkpoint at the end", as_text(j.items + [["checkpoint", early]])
    yield "no checkpoint at the end", as_text(j.items)
    yield "a checkpoint before the first entry", as_text([j.items[2]] + j.items)


def reduced(items):
    """Ways to leave something out that must not be: (name, bundle)."""
    yield "people withheld", as_text(withholding(items, 1))
    yield "the founding hidden", as_text(hiding(items, 0), "ROOT-2026-001")
    yield "the enrolment hidden", as_text(hiding(items, 1), "ROOT-2026-001")
    yield "a gap in a whole journal", as_text(hiding(items, 8))
    yield "a ceremony that is not there", as_text(items, "PSAM-2026-001")
    yield "the opening withheld", as_text(withholding(items, 2), "ROOT-2026-001")
    hidden = hiding(items, 9, 10)
    at = next(i for i, item in enumerate(hidden) if item[0] == "gap")
    for name, gap in (("a gap of 3", [hidden[at][1], 3, hidden[at][3]]), ("a gap of 0", [hidden[at][1], 0, hidden[at][3]]),
                      ("a gap elsewhere", [8, 1, hidden[at][3]]), ("a gap too long", [hidden[at][1], 1 << 40, hidden[at][3]]),
                      ("a gap with another hash", [hidden[at][1], 1, bytes(32)]), ("an odd gap", [hidden[at][1], 2, hidden[at][3]])):
        yield name, as_text(hidden[:at] + [["gap", *gap]] + hidden[at + 1:], "ROOT-2026-001")
    for n, item in enumerate(items):
        if item[0] == "entry":
            yield f"body {n} replaced", as_text(items[:n] + [["entry", item[1], item[2], b"text other\n"]] + items[n + 1:])
            yield f"salt {n} replaced", as_text(items[:n] + [["entry", item[1], bytes(32), item[3]]] + items[n + 1:])


def items_moved(items, make):
    """Entries removed, doubled, exchanged with what follows; counted as they then are. A checkpoint that is left out on purpose, with
    the end made anew, is what no bundle can show (docs/bundle-format.md)."""
    for n in (n for n, item in enumerate(items) if item[0] == "entry"):
        yield f"item {n} removed", make(items[:n] + items[n + 1:])
        yield f"item {n} removed, size kept", make(items[:n] + items[n + 1:], size=11)
        yield f"item {n} doubled", make(items[:n + 1] + items[n:])
        yield f"items {n} exchanged", make(items[:n] + items[n:n + 2][::-1] + items[n + 2:])


def damaged(bundle, seed, flips, cuts):
    """A file on its way: lines removed, doubled or exchanged, bytes flipped or lost, the end cut off."""
    chance = random.Random(seed)
    lines = bundle.splitlines(keepends=True)
    for n in range(len(lines)):
        yield f"line {n + 1} removed", b"".join(lines[:n] + lines[n + 1:])
    for n in range(0, len(lines) - 1, 3):
        yield f"lines {n + 1} exchanged", b"".join(lines[:n] + [lines[n + 1], lines[n]] + lines[n + 2:])
        yield f"line {n + 1} doubled", b"".join(lines[:n + 1] + lines[n:])
    for at in chance.sample(range(len(bundle)), flips):
        bit = chance.randrange(8)
        yield f"byte {at}, bit {bit}", bundle[:at] + bytes([bundle[at] ^ 1 << bit]) + bundle[at + 1:]
    for at in chance.sample(range(len(bundle)), cuts):
        yield f"cut at {at}", bundle[:at]
        yield f"byte {at} lost", bundle[:at] + bundle[at + 1:]
        yield f"byte {at} zero", bundle[:at] + b"\0" + bundle[at + 1:]
        yield f"a space at {at}", bundle[:at] + b" " + bundle[at:]
    yield "something behind", bundle + b"\n"
    yield "nothing", b""


def sound():
    """(name, bundle) that agree, in both forms."""
    items = good().items
    for name, shown, ceremony in (
            ("whole", items, None), ("bodies withheld", withholding(items, *range(2, 8), 9, 10), None),
            ("one body withheld", withholding(items, 3), None), ("openings withheld", withholding(items, 2, 9), None),
            ("an intent withheld", withholding(items, 4), None),
            ("one ceremony", hiding(items, 9, 10, 11), "ROOT-2026-001"),
            ("one ceremony with headers", withholding(items, 9, 10, 11), "ROOT-2026-001"),
            ("the other ceremony", hiding(items, *range(2, 8)), "SEED-2026-001")):
        yield name + ", text", as_text(shown, ceremony)
        yield name + ", JSON", as_json(shown, ceremony)


def broken(flips, cuts):
    """(name, bundle); nearly all are broken, and what is not is so for both verifiers."""
    items = good().items
    yield from forged()
    yield from reduced(items)
    yield from items_moved(items, as_text)
    whole, one = as_text(items), as_json(hiding(items, 9, 10, 11), "ROOT-2026-001")
    yield from damaged(whole, 1, flips, cuts)
    yield from damaged(one, 2, flips, cuts)
    yield "another name of the log", whole.replace(ORIGIN.encode(), b"keyrite.example/national/0572")
    yield "another log key", whole.replace(public("log").hex().encode(), public("eve").hex().encode())
