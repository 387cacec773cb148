"""Everything secret that the centres of a chain have, from other sources than the program's own answer: sheets and passphrases from the
answers, the maker's keys from the deck, keys of centres from the simulated cards' files and, where they spring from a component, by the
openssl command; signing seeds, shares and vault key from the slots, opened with the passphrases."""

import base64
import os
import shutil
import subprocess
import tempfile

import cardfile
from chain import PINS
from centre import combined
from refusals import lettered

PIN_TYPE = 0x3A


# ---- Forms ----


def swapped(value):
    return bytes((b << 4 | b >> 4) & 255 for b in value)


def in_base64(value):
    """At each of the three places where it may begin in a longer text: the characters that it alone decides."""
    return [base64.b64encode(bytes(lead) + value)[(0, 2, 3)[lead]:(len(value) + lead) * 8 // 6] for lead in range(3)]


def text_forms(text):
    """name -> bytes: letters as one, two and four bytes, backwards, as hex, in base64."""
    raw = text.encode()
    found = {"as is": raw, "backwards": raw[::-1], "nibbles swapped": swapped(raw), "hex": raw.hex().encode(),
             "hex, upper": raw.hex().upper().encode(), "UTF-16": text.encode("utf-16-le"), "wide characters": text.encode("utf-32-le")}
    return found | {f"base64 {i}": b for i, b in enumerate(in_base64(raw))}


def byte_forms(value):
    """name -> bytes, of each half: who finds one half of a key has the other beside it."""
    digits = value.hex().upper()
    blocks = [digits[4 * i:4 * i + 4] + letter for i, letter in enumerate(lettered(digits))] if len(value) == 16 else []
    found = {"as on a sheet": "".join(blocks).encode(), "as on a sheet, in blocks": " ".join(blocks).encode()} if blocks else {}
    for part, half in (("first half ", value[:len(value) // 2]), ("second half ", value[len(value) // 2:])):
        lower, upper = half.hex(), half.hex().upper()
        found |= {part + "as is": half, part + "backwards": half[::-1], part + "nibbles swapped": swapped(half),
                  part + "nibbles swapped, hex": swapped(half).hex().encode(), part + "one nibble a byte": bytes(int(c, 16) for c in lower),
                  part + "hex": lower.encode(), part + "hex, upper": upper.encode(), part + "hex backwards": lower[::-1].encode(),
                  part + "hex, upper, backwards": upper[::-1].encode(), part + "in pairs": half.hex(" ").upper().encode(),
                  part + "in fours": " ".join(upper[i:i + 4] for i in range(0, len(upper), 4)).encode(),
                  part + "UTF-16": upper.encode("utf-16-le"), part + "UTF-16, lower": lower.encode("utf-16-le"),
                  part + "wide": upper.encode("utf-32-le"), part + "wide, lower": lower.encode("utf-32-le")}
    return found | {f"base64 {i}": b for i, b in enumerate(in_base64(value))}


def pin_forms(pin):
    """Three bytes in BCD are everywhere by chance: as the card's command has them."""
    bcd = bytes.fromhex(pin)
    digits = {"digits": pin.encode(), "digits backwards": pin[::-1].encode()}
    command = {f"VERIFY {kid:02x}": bytes([0x00, 0x20, 0x00, kid, len(bcd)]) + bcd for kid in range(4)}
    return digits, command | {"block": bcd + b"\xff" * 5, "one digit a byte": bytes(map(int, pin)), "UTF-16": pin.encode("utf-16-le"),
                              "wide": pin.encode("utf-32-le"), "base64": base64.b64encode(pin.encode())}


# ---- Keys ----


def des(key, block):
    return subprocess.run(["openssl", "enc", "-e", "-des-ede", "-nopad", "-K", key.hex()], input=block, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=True).stdout


def diversified(key, factor):
    return des(key, factor + bytes(b ^ 255 for b in factor))


def on_cards(deck):
    """name -> key of 8 or 16 bytes, of every card in the drawer. Equal ones once."""
    found = {}
    for card, path in cardfile.files(deck).items():
        for kind, kid, value in cardfile.keys(path):
            if kind != PIN_TYPE and len(value) in (8, 16):
                found.setdefault(value, f"{card}:{kind:02X}/{kid:02X}")
    return {name: value for value, name in found.items()}


def pins_on_cards(deck):
    found = {value for path in cardfile.files(deck).values() for kind, _, value in cardfile.keys(path) if kind == PIN_TYPE}
    return {value.hex() for value in found if len(value) == 3}


def spring_from_components(chain):
    """name -> key: GMPK of each group, and what region, bank and user card have of it."""
    found = {}
    for group in chain.national.groups:
        parts = [chain.national.components[n, group] for n in (1, 2)]
        key = combined(parts)
        found[f"GMPK{group}"] = key
        found[f"GMPK{group}-unadjusted"] = bytes(a ^ b for a, b in zip(*parts))
        for name, factor in (("BMPK", chain.region), ("MPK", chain.bank)):
            key = found[f"{name}{group}"] = diversified(key, bytes.fromhex(factor))
        for i, asn in enumerate(getattr(chain, "asns", [])):
            found[f"user{i + 1}-MPK{group}"] = diversified(key, bytes.fromhex(asn[-16:]))
    return found


def delivered(sheets):
    parts = [bytes.fromhex(p) for p in sheets["component"].values()]
    return {f"component-{i + 1}": p for i, p in enumerate(parts)} | {"key": combined(parts)}


def makers(deck):
    """kMprd, kMtk and the components of kMtk on the maker's sheets, whose blocks end with a check letter."""
    with open(os.path.join(deck, "factory"), "rb") as f:
        factory = f.read()
    at = factory.index(b"\n") + 1
    found = {"kMprd": factory[at:at + 16], "kMtk": factory[at + 16:at + 32]}
    for n in (1, 2):
        with open(os.path.join(deck, "sheets", f"kMtk-component-{n}.txt"), encoding="utf-8") as f:
            blocks = next(line for line in f if line.startswith(f"component {n}:")).split(":")[1].split()
        found[f"kMtk-component-{n}"] = bytes.fromhex("".join(block[:4] for block in blocks))
    with open(os.path.join(deck, "sheets", "manufacturer-card.txt"), encoding="utf-8") as f:
        pin = next(line for line in f if line.startswith("pin:")).split()[1]
    return found, pin


def sealed(build, centre):
    """(person, what) -> bytes, of everybody whose passphrase the answers have, and the keys that are kept under ("-", label)."""
    lines = "".join(f"{i} {p['passphrase']}\n" for i, p in centre.people.items())
    with tempfile.TemporaryDirectory(dir=centre.folder) as folder:
        copy = shutil.copytree(centre.store, os.path.join(folder, "store"))
        done = subprocess.run([os.path.join(build, "memory/sealed"), copy], input=lines, text=True, stdout=subprocess.PIPE, check=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    return {(person, what): bytes.fromhex(value) for person, what, value in rows}


# ---- What is known by now ----


class Known:
    """What has to be nowhere. kinds: component, key, pin, passphrase, piece, database-key."""

    def __init__(self, chain, build):
        self.chain, self.build = chain, build
        self.values, self.kept = {}, {}  # value -> "kind:name"; tier -> what lies sealed in its store

    def add(self, kind, name, value):
        self.values.setdefault(value, f"{kind}:{name}")

    def gather(self):
        for tier in self.chain.centres:
            self.of_tier(tier)
        for name, sheets in (("region", self.chain.to_region), ("member", self.chain.to_member), ("psam", self.chain.for_psams)):
            for what, value in delivered(sheets).items():
                self.add("component" if what != "key" else "key", f"delivery-{name}-{what}", value)
        for name, value in spring_from_components(self.chain).items():
            self.add("key", name, value)
        for name, pin in PINS.items():
            self.add("pin", name, pin)

    def of_tier(self, tier):
        place = tier.answers["answers"]["site-init"]["tier"]
        for person, said in tier.people.items():
            self.add("passphrase", f"{place}-{person}", said["passphrase"])
        for (n, group), value in tier.components.items():
            self.add("component", f"{place}-{n}.{group}", value)
        if os.path.isdir(tier.deck):
            keys, pin = makers(tier.deck)
            for name, value in keys.items():
                self.add("component" if "component" in name else "key", f"{place}-{name}", value)
            for one in {pin} | pins_on_cards(tier.deck):
                self.add("pin", f"{place}-{one}", one)
            for name, value in on_cards(tier.deck).items():
                self.add("key", f"{place}-{name}", value)
        if os.path.isdir(tier.store):
            self.kept[place] = sealed(self.build, tier)
            for (person, what), value in self.kept[place].items():
                kind = "key" if what.startswith("key/") else what if what == "database-key" else "piece"
                self.add(kind, f"{place}-{person}-{what}", value)

    def lines(self):
        """What search is told: NAME HEX [digits]."""
        said, forms = [], 0
        for value, name in self.values.items():
            if name.startswith("pin:"):
                digits, rest = pin_forms(value)
            elif isinstance(value, str):
                digits, rest = {}, text_forms(value)
            else:
                digits, rest = {}, byte_forms(value)
            for form, found in list(digits.items()) + list(rest.items()):
                said.append(f"{name}({form.replace(' ', '_')}) {found.hex()}{' digits' if form in digits else ''}\n")
        return "".join(said), len(said)
