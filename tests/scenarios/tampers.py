"""What happens to a closed store afterwards: bits flipped, an older copy put back, an entry's ceremony replaced. The auditor notices."""

import os
import shutil

from centre import SEQUENCE, Centre


def copied(centre, name):
    place = os.path.join(centre.folder, name)
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(centre.store, place)
    return place


def flip(path, offset, bit):
    with open(path, "r+b") as f:
        f.seek(offset)
        byte = f.read(1)[0]
        f.seek(offset)
        f.write(bytes([byte ^ 1 << bit]))


def flips(report, centre, dice, count):
    """A flip in the database is always found, but for the 12 bytes at the end of a page that are random filling under no MAC
    and that nobody reads. Of the two slot copies one may be damaged: the other serves."""
    missed = []
    for i in range(count):
        name = dice.choice(["journal.db"] * 4 + ["anchor"])
        place = copied(centre, "flipped")
        path = os.path.join(place, name)
        offset, bit = dice.randrange(os.path.getsize(path)), dice.randrange(8)
        flip(path, offset, bit)
        status, text = centre.audit(place)
        filling = name == "journal.db" and offset % 4096 >= 4096 - 12
        if status != (0 if filling else 1):
            missed.append(f"{name} byte {offset} bit {bit}: exit {status} {text[:200]}")
    report.check(not missed, f"each of {count} flipped bits in database and anchor is found", "\n".join(missed))
    place = copied(centre, "flipped")
    for name in ("slots.a", "slots.b"):
        flip(os.path.join(place, name), 40, 0)
    status, text = centre.audit(place)
    report.check(status != 0, "both copies of the slot file damaged: refused", text)
    for name in ("slots.a", "slots.b"):
        place = copied(centre, "flipped")
        path = os.path.join(place, name)
        flip(path, dice.randrange(os.path.getsize(path)), dice.randrange(8))
        status, text = centre.audit(place)
        report.check(status == 0 and f"copy {name} of the slot file is damaged" in text,
                     f"{name} damaged: the other copy serves and the bad one is named", text)


def rollback(report, centre, older):
    place = copied(centre, "older")
    shutil.copy(os.path.join(older, "journal.db"), os.path.join(place, "journal.db"))
    status, text = centre.audit(place)
    report.check(status == 1, "an older database put back is found by the anchor", text)
    os.truncate(os.path.join(place, "journal.db"), os.path.getsize(os.path.join(place, "journal.db")) // 2)
    status, text = centre.audit(place)
    report.check(status == 1, "a database cut in half is found", text)


def strangers(report, centre):
    status, text = centre.audit(passphrase="not the passphrase at all")
    report.check(status == 2, "a wrong passphrase opens nothing", text)
    status, text = centre.audit(os.path.join(centre.folder, "nowhere"))
    report.check(status == 2, "a folder without a store is refused", text)


def run(report, build, dice, count):
    centre = Centre(build)
    first = centre.rehearse(SEQUENCE[:3])
    report.check(first.returncode == 0, "a store to tamper with", first.stderr)
    older = copied(centre, "before")
    rest = centre.rehearse(SEQUENCE[3:])
    report.check(rest.returncode == 0, "and its later ceremonies", rest.stderr)
    flips(report, centre, dice, count)
    rollback(report, centre, older)
    strangers(report, centre)
    return [centre]
