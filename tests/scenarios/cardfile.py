"""What lies on a simulated card: its file taken apart (docs/simulated-cos.md section 9, cardio/sim/card_file.c)."""

import glob
import os

COUNTED = (0x0001, 0x0002, 0x0018, 0x0019)  # purses, their log, exports left


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, count):
        return int.from_bytes(self.take(count), "big")

    def string(self):
        return self.take(self.number(4))


def read_key(r):
    kid, *header = r.take(8)
    *fixed, counter = header
    return (kid, fixed[2]), {"header": bytes(fixed), "counter": counter, "value": r.string()}


def read_file(r):
    identity = r.number(2)
    return identity, (r.take(6), r.number(2), r.string())


def read_directory(r):
    identity, name = r.number(2), r.string()
    rights, room = r.take(3), r.number(4)
    keys, size, add = r.number(1), r.number(2), r.number(1)
    terminal = r.number(4) if keys & 2 else 0
    return identity, {"shape": (name, rights, room, keys & ~2, size, add), "terminal": terminal,
                      "keys": dict(read_key(r) for _ in range(r.number(1))),
                      "files": dict(read_file(r) for _ in range(r.number(1)))}


def read_card(path):
    """(serial number of its chip, {directory: its shape, keys by (KID, type with protection) and files}) of a card."""
    with open(path, "rb") as f:
        r = Reader(f.read())
    named = r.take(15) == b"keyrite-card/2\n"
    r.string()
    if named:
        r.string()
    serial = r.string().hex().upper()
    return serial, dict(read_directory(r) for _ in range(r.number(1)))


def keys(path):
    """[(type, KID, value)] of all keys on a card."""
    _, card = read_card(path)
    return [(usage & 0x3F, kid, key["value"]) for d in card.values() for (kid, usage), key in d["keys"].items()]


def files(folder):
    """{name: path} of the cards in a deck, by name."""
    return {os.path.basename(path)[:-5]: path for path in sorted(glob.glob(os.path.join(folder, "cards", "*.card")))}


def parts(card, used):
    """{part: what has to be the same however often people had to begin again}. used: a mother card counts what it exports, a purse and
    a PSAM what was paid, and a purse has the log of it; these are left out."""
    out = {}
    for identity, d in card.items():
        out[f"{identity:04X}"] = d["shape"], 0 if used else d["terminal"]
        for (kid, usage), k in d["keys"].items():
            out[f"{identity:04X} key {usage:02X}/{kid:02X}"] = k["header"]
            out[f"{identity:04X} value of {usage:02X}/{kid:02X}"] = k["value"]
            out[f"{identity:04X} tries of {usage:02X}/{kid:02X}"] = k["counter"]
        out.update({f"{identity:04X} file {i:04X}": f for i, f in d["files"].items() if not used or i not in COUNTED})
    return out


def differences(card, right, used):
    """Names of the parts that are not the same."""
    ours, theirs = parts(card, used), parts(right, used)
    return sorted(p for p in ours.keys() | theirs.keys() if ours.get(p) != theirs.get(p))


def deck(folder):
    """{what is written on a card, or its name for one that bears nothing: (name, card)}"""
    cards = {}
    for name, path in files(folder).items():
        try:
            with open(path[:-5] + ".looks", encoding="utf-8") as f:
                looks = f.read().strip()
        except FileNotFoundError:
            looks = ""
        label = f"spoiled {name}" if looks == "spoiled" else looks or name
        cards[label] = (name, read_card(path)[1])
    return cards
