#!/usr/bin/env python3
"""Verifies a bundle: a second verifier, written from docs/bundle-format.md and docs/journal-format.md alone.

    verify_bundle.py FILE [CHECKPOINT FILE ...]

Python's standard library and the openssl command (for Ed25519) are all it needs. Prints one JSON object: verdict, and where
it is "altered" what is wrong and with which entry. Exit status 0 agrees, 1 altered, 2 not judged.
"""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

NUMBER = rb"(?:0|[1-9][0-9]*)"
HEX64 = rb"[0-9a-f]{64}"
ROLES = {"administrator", "custodian", "supervisor", "operator", "auditor"}
ACTING = ROLES - {"auditor"}
OPPOSITE = {"administrator", "custodian", "operator"}
TWO = [{"administrator"}, {"supervisor"}]
LED = [{"supervisor"}, OPPOSITE]
# kind: roles that may sign, at least one of each of these, at most so many
SIGNERS = {
    "found": ({"administrator", "supervisor"}, TWO, 8), "enrol": ({"administrator", "supervisor"}, TWO, 8),
    "revoke": ({"administrator", "supervisor"}, TWO, 8), "policy": ({"administrator", "supervisor"}, TWO, 8), "sign-in": (ROLES, [], 1), "sign-out": (ROLES, [], 1),
    "key-state": (ACTING, LED, 8), "open": (ACTING, LED, 8), "close": (ACTING, LED, 8), "balance": (ACTING, LED, 8), "approval": ({"supervisor"}, [], 8),
    "component": ({"custodian"}, [], 1), "refusal": (ROLES, [], 8), "checkpoint": (ROLES, [], 8),
    **{kind: (ACTING, [], 8) for kind in ("intent", "outcome", "card", "note", "exception", "pause", "resume", "abort")},
}
ABOUT_PEOPLE = {"found", "enrol", "revoke"}
NOT_AFTER_THE_END = {"intent", "outcome", "card", "policy", "key-state", "component", "approval", "balance", "close", "abort"}
LEAF = re.compile(
    rb"keyrite-entry/1\norigin ([\x21-\x2a\x2c-\x7e]{1,127})\nseq (" + NUMBER + rb")\nprev (" + HEX64 + rb")\ntree (" + NUMBER
    + rb") (" + HEX64 + rb")\ntime (" + NUMBER + rb")\.[0-9]{3}\nmono (" + NUMBER + rb") [0-9a-f-]{1,39}\nkind ([a-z-]{1,15})\n"
    rb"level [0-3]\nbody (" + HEX64 + rb")\n((?:signer [A-Za-z0-9._-]{1,23} [a-z-]{1,15} [0-9a-f]{8}\n){1,8})"
    rb"((?:sig [0-9a-f]{128}\n){1,8})")
BODY_LINE = re.compile(rb"([a-z0-9.-]{1,24}) ((?:[^\x00-\x1f\x7f\\]|\\x(?:0[1-9a-f]|1[0-9a-f]|7f|5c))*)")


class Altered(Exception):
    """What is wrong, and with which entry: None for none."""

    def __init__(self, what, entry):
        super().__init__(what)
        self.what, self.entry = what, entry


class NotJudged(Exception):
    pass


def sha256(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


def node(left, right):
    return sha256(b"\x01", left, right)


# ---- Signatures, by the openssl command ----

class Signatures:
    """Remembers what it was told, for whoever verifies many copies of one bundle."""

    def __init__(self):
        self.known = {}
        self.asked = 0

    def good(self, key, message, signature):
        question = (key, message, signature)
        if question not in self.known:
            self.known[question] = self.ask(key, message, signature)
        return self.known[question]

    def ask(self, key, message, signature):
        self.asked += 1
        der = bytes.fromhex("302a300506032b6570032100") + key
        pem = b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(der) + b"\n-----END PUBLIC KEY-----\n"
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ("key", "message", "signature")]
            for path, content in zip(paths, (pem, message, signature)):
                with open(path, "wb") as f:
                    f.write(content)
            done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", paths[0], "-rawin", "-in", paths[1],
                                   "-sigfile", paths[2]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        return done.returncode == 0


# ---- The file, item by item ----

class Lines:
    def __init__(self, data):
        self.data, self.at = data, 0

    def next(self):
        end = self.data.find(b"\n", self.at)
        line = self.data[self.at:end]
        if end < 0 or b"\0" in line or len(line) > 65536:
            raise ValueError("line")
        self.at = end + 1
        return line

    def paragraph(self):
        lines = []
        while (line := self.next()) != b"":
            lines.append(line + b"\n")
        return b"".join(lines)


def number(text):
    if not re.fullmatch(NUMBER, text) or int(text) >= 1 << 64:
        raise ValueError("number")
    return int(text)


def fits(pattern, line):
    found = re.fullmatch(pattern, line)
    if not found:
        raise ValueError("line")
    return found.groups()


def text_head(lines):
    (origin,) = fits(rb"origin (.*)", lines.next())
    (size,) = fits(rb"size (.*)", lines.next())
    (ceremony,) = fits(rb"scope (?:whole|ceremony ([\x21-\x7e]{1,39}))", lines.next())
    if lines.next() != b"":
        raise ValueError("head")
    return origin, number(size), ceremony


def text_entry(lines, line):
    leaf, signers, signatures = [line], 0, 0
    while signatures == 0 or signatures < signers:
        line = lines.next()
        if line == b"":
            raise ValueError("leaf")
        signers += line.startswith(b"signer ")
        signatures += line.startswith(b"sig ")
        leaf.append(line)
    leaf = b"".join(one + b"\n" for one in leaf)
    line = lines.next()
    if line == b"withheld":
        if lines.next() != b"":
            raise ValueError("withheld")
        return "entry", leaf, None, None
    (salt,) = fits(rb"salt (" + HEX64 + rb")", line)
    return "entry", leaf, bytes.fromhex(salt.decode()), lines.paragraph()


def text_item(lines):
    line = lines.next()
    if line.startswith(b"keyrite-entry/"):
        return text_entry(lines, line)
    if line.startswith(b"gap "):
        first, count, root = fits(rb"gap (" + NUMBER + rb") (" + NUMBER + rb") (" + HEX64 + rb")", line)
        return "gap", number(first), number(count), bytes.fromhex(root.decode())
    if line == b"checkpoint":
        head = lines.paragraph()
        return "checkpoint", head + b"\n" + lines.paragraph()
    *counts, notes = fits(rb"end (.*) (.*) (.*) (.*) (" + HEX64 + rb")", line)
    return "end", [number(n) for n in counts], notes.decode()


def dump(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def json_line(line, before="", after=""):
    """The value of a line, which must be written as it would be written again."""
    text = line.decode("utf-8", "surrogateescape")
    if not text.startswith(before) or not text.endswith(after):
        raise ValueError("JSON")
    value = json.loads(text[len(before):len(text) - len(after)])
    if before + dump(value) + after != text:
        raise ValueError("JSON")
    return value


def json_head(line):
    text = line.decode("utf-8", "surrogateescape")
    end = ',"items":['
    if not text.endswith(end):
        raise ValueError("head")
    head = json.loads(text[:-len(end)] + "}")
    members = ["format", "origin", "size", "scope"] + (["ceremony"] if head.get("scope") == "ceremony" else [])
    if list(head) != members or dump(head)[:-1] + end != text or head["scope"] not in ("whole", "ceremony"):
        raise ValueError("head")
    ceremony = head["ceremony"].encode("utf-8", "surrogateescape") if "ceremony" in head else None
    if ceremony is not None:
        fits(rb"[\x21-\x7e]{1,39}", ceremony)
    return head["origin"].encode("utf-8", "surrogateescape"), number(str(head["size"]).encode()), ceremony


def strings(values, spaces=False):
    for value in values:
        if not isinstance(value, str) or (" " in value and not spaces):
            raise ValueError("string")


def json_entry(value, origin):
    members = ["entry", "prev", "tree", "time", "mono", "kind", "level", "commitment", "signers"]
    withheld = "withheld" in value
    if list(value) != members + (["withheld"] if withheld else ["salt", "body"]) or (withheld and value["withheld"] is not True):
        raise ValueError("entry")
    strings([value[name] for name in ("prev", "tree", "time", "kind", "commitment")])
    strings([value["mono"]], spaces=True)
    for one in value["signers"]:
        if list(one) != ["person", "role", "key", "sig"]:
            raise ValueError("signer")
        strings(one.values())
    for n in (value["entry"], value["level"]):
        if type(n) is not int:
            raise ValueError("number")
    leaf = (f"keyrite-entry/1\norigin {origin}\nseq {value['entry']}\nprev {value['prev']}\ntree {value['entry']} {value['tree']}\n"
            f"time {value['time']}\nmono {value['mono']}\nkind {value['kind']}\nlevel {value['level']}\n"
            f"body {value['commitment']}\n")
    leaf += "".join(f"signer {one['person']} {one['role']} {one['key']}\n" for one in value["signers"])
    leaf += "".join(f"sig {one['sig']}\n" for one in value["signers"])
    leaf = leaf.encode("utf-8", "surrogateescape")
    if withheld:
        return "entry", leaf, None, None
    for name, what in value["body"]:
        strings([name])
        strings([what], spaces=True)
    body = "".join(f"{name} {what}\n" for name, what in value["body"]).encode("utf-8", "surrogateescape")
    fits(HEX64, value["salt"].encode("utf-8", "surrogateescape"))
    return "entry", leaf, bytes.fromhex(value["salt"]), body


def json_item(line, last, origin):
    if last:
        value = json_line(line, '],"end":', "}")
        if list(value) != ["entries", "withheld", "hidden", "checkpoints", "notes"]:
            raise ValueError("end")
        *counts, notes = value.values()
        fits(HEX64, notes.encode("utf-8", "surrogateescape"))
        return "end", [number(str(n).encode()) for n in counts], notes
    value = json_line(line)
    if not isinstance(value, dict) or not value:
        raise ValueError("item")
    if "entry" in value:
        return json_entry(value, origin)
    if list(value) == ["gap", "count", "hash"]:
        fits(HEX64, value["hash"].encode("utf-8", "surrogateescape"))
        return "gap", number(str(value["gap"]).encode()), number(str(value["count"]).encode()), bytes.fromhex(value["hash"])
    if list(value) != ["checkpoint"] or not value["checkpoint"]:
        raise ValueError("item")
    strings(value["checkpoint"], spaces=True)
    return "checkpoint", "".join(line + "\n" for line in value["checkpoint"]).encode("utf-8", "surrogateescape")


class Bundle:
    """Head, then items one by one; whatever is out of form raises ValueError when it is reached."""

    def __init__(self, data):
        self.lines = Lines(data)
        self.json = data.startswith(b'{"format":"keyrite-bundle/1",')
        self.last = False
        if not self.json and not data.startswith(b"keyrite-bundle/1\n"):
            raise NotJudged("no bundle that this version reads")

    def head(self):
        line = self.lines.next()
        self.origin, size, ceremony = json_head(line) if self.json else text_head(self.lines)
        return self.origin, size, ceremony

    def item(self):
        item = self.json_item() if self.json else text_item(self.lines)
        if item[0] == "end" and self.lines.at != len(self.lines.data):
            raise ValueError("something follows the end")
        return item

    def json_item(self):
        line, last = self.lines.next(), self.last
        if not last and line.endswith(b","):
            line = line[:-1]
        else:
            self.last = True
        return json_item(line, last, self.origin.decode("utf-8", "surrogateescape"))


# ---- The tree ----

class Tree:
    def __init__(self):
        self.size, self.peaks = 0, []

    def add(self, root, count=1):
        """A subtree of that many leaves, a power of two that divides the size."""
        size = self.size // count
        while size & 1:
            root = node(self.peaks.pop(), root)
            size >>= 1
        self.peaks.append(root)
        self.size += count

    def root(self):
        if not self.peaks:
            return sha256()
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node(peak, root)
        return root


# ---- People ----

class People:
    def __init__(self):
        self.known = {}  # id: [key, roles, revoked, share key or None]

    def take(self, kind, body):
        persons = [value for name, value in body if name == "person"]
        if not persons:
            raise ValueError("names nobody")
        if kind == "revoke":
            for person in persons:
                self.known[person][2] = True
            return
        roles = [value for name, value in body if name == "roles"]
        keys = [value for name, value in body if name == "public-key"]
        shares = [value for name, value in body if name == "share-key"] or [None] * len(persons)
        replaces = [value for name, value in body if name == "replaces"]
        for n, person in enumerate(persons):
            self.enrol(person, bytes.fromhex(keys[n]), set(roles[n].split(",")), shares[n],
                       replaces[0] if replaces and len(persons) == 1 else None)

    def enrol(self, person, key, roles, share, replaces):
        if len(key) != 32 or not roles <= ROLES or share is not None and len(bytes.fromhex(share)) != 32:
            raise ValueError("person")
        if any(other[0] == key for name, other in self.known.items() if name != person):
            raise ValueError("a key that somebody else has")
        known = self.known.get(person)
        if known and not known[2] and (known[0], known[1]) == (key, roles) and (None in (share, known[3]) or share == known[3]):
            known[3] = share or known[3]
            return
        if known and not known[2] and replaces != sha256(known[0])[:4].hex():
            raise ValueError("enrolled already")
        self.known[person] = [key, roles, False, share]


# ---- The rules of ceremonies ----

class Ceremonies:
    def __init__(self):
        self.opened = {}  # id: [script, ended, approved steps]
        self.intents = {}  # number: [ceremony and step or None, concluded]
        self.withheld = set()  # kinds that were passed unread

    def withhold(self, seq, kind):
        self.withheld.add("open" if kind == "found" else kind)
        if kind == "intent":
            self.intents[seq] = [None, False]

    def take(self, seq, kind, body):
        first = {}
        for name, value in body:
            first.setdefault(name, value)
        self.course(kind, first, [v for n, v in body if n == "covers"], [v for n, v in body if n == "card"])
        place = (first.get("ceremony"), first.get("step"))
        if kind == "intent":
            self.intents[seq] = [place, False]
        if kind == "outcome":
            intent = self.intents[number(first["intent"].encode())]
            if intent[1] or intent[0] not in (None, place):
                raise ValueError("outcome")
            intent[1] = True

    def course(self, kind, first, covers, cards):
        ceremony = first.get("ceremony")
        if ceremony is None:
            self.approved(kind, first, cards, set())
            return
        if kind in ("open", "found"):
            if ceremony in self.opened:
                raise ValueError("opened twice")
            self.opened[ceremony] = [first.get("script"), False, set()]
            return
        if ceremony not in self.opened:
            if "open" not in self.withheld:
                raise ValueError("no opening")
            return
        course = self.opened[ceremony]
        if course[1] and kind in NOT_AFTER_THE_END:
            raise ValueError("after the end")
        if course[0] != first.get("script"):
            raise ValueError("another script")
        self.approved(kind, first, cards, course[2])
        if kind == "approval":
            course[2].update(covers)
        course[1] = course[1] or kind in ("close", "abort")

    def approved(self, kind, first, cards, steps):
        acts = kind in ("intent", "policy", "key-state") or (kind == "card" and not (cards and all(self.spoiled(card) for card in cards)))
        if acts and "approval" not in self.withheld and first.get("step", "").split("[")[0] not in steps:
            raise ValueError("not approved")

    @staticmethod
    def spoiled(card):
        words = card.split()
        return len(words) > 3 and words[3] == "spoiled"


# ---- Checkpoints ----

def strict_base64(text):
    value = base64.b64decode(text, validate=True)
    if base64.b64encode(value) != text:
        raise ValueError("base64")
    return value


def read_note(note):
    """Origin, size, root, what the log signs, and (name, bytes) of each signature."""
    if len(note) > 4096 or re.search(rb"[\x00-\x09\x0b-\x1f]", note):
        raise ValueError("note")
    origin, size, root, empty, *signatures = note.split(b"\n")
    if empty != b"" or len(signatures) < 2 or signatures.pop() != b"" or b" " in origin or not origin:
        raise ValueError("note")
    root = strict_base64(root)
    if len(root) != 32:
        raise ValueError("root")
    lines = [fits("— ".encode() + rb"([^ +]+) ([A-Za-z0-9+/=]+)", line) for line in signatures]
    signed = b"\n".join(note.split(b"\n")[:3]) + b"\n"
    return origin, number(size), root, signed, [(name, strict_base64(value)) for name, value in lines]


def key_id(name, kind, key):
    return sha256(name, b"\n", bytes([kind]), key)[:4]


class Verifier:
    def __init__(self, data, signatures=None):
        self.signatures = signatures or Signatures()
        self.bundle = Bundle(data)
        self.tree, self.people, self.ceremonies = Tree(), People(), Ceremonies()
        self.last = bytes(32)
        self.log_key = None
        self.counts = [0, 0, 0, 0]
        self.notes = bytes(32)

    def verify(self, notes=()):
        """Raises Altered or NotJudged. notes are checkpoints that were brought along."""
        size = 0
        try:
            self.origin, self.size, self.ceremony = self.bundle.head()
            item = ("head",)
            while item[0] != "end":
                before, size = item, self.tree.size
                item = self.bundle.item()
                self.take(item, before)
                self.compare(notes, item)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as fault:
            raise Altered(f"{type(fault).__name__}: {fault}", size) from fault
        if any(read_note(note)[1] > self.size for note in notes):
            raise Altered("ends before a checkpoint that was brought", self.size)

    def take(self, item, before):
        if item[0] == "entry":
            if before[0] == "gap" and before[2] > 1:
                raise ValueError("behind a gap whose last entry has no hash")
            self.entry(*item[1:])
        elif item[0] == "gap":
            self.gap(*item[1:])
        elif item[0] == "checkpoint":
            try:
                self.checkpoint(item[1], strangers=False)
            except ValueError as fault:
                raise Altered(str(fault), max(self.tree.size - 1, 0)) from fault
            self.counts[3] += 1
            self.notes = sha256(self.notes, item[1])
        else:
            self.end(item[1], item[2], before)

    def compare(self, notes, item):
        if item[0] in ("entry", "gap"):
            for note in notes:
                if read_note(note)[1] == self.tree.size:
                    try:
                        self.checkpoint(note, strangers=True)
                    except ValueError as fault:
                        raise Altered(str(fault), self.tree.size - 1) from fault

    # -- entries --

    def entry(self, leaf, salt, body):
        found = LEAF.fullmatch(leaf)
        if not found:
            raise ValueError("leaf")
        origin, seq, prev, size, root, _, _, kind, commitment, signers, sigs = found.groups()
        kind = kind.decode()
        if origin != self.origin or number(seq) != self.tree.size or number(size) != self.tree.size:
            raise ValueError("another place")
        if bytes.fromhex(prev.decode()) != self.last or bytes.fromhex(root.decode()) != self.tree.root():
            raise ValueError("does not follow")
        if (kind == "found") != (self.tree.size == 0):
            raise ValueError("founding")
        lines = None if body is None else self.read_body(salt, body, bytes.fromhex(commitment.decode()))
        if kind in ABOUT_PEOPLE and lines is None:
            raise ValueError("people withheld")
        if kind == "found":
            self.people.take(kind, lines)
        self.check_signers(kind, leaf, signers, sigs, lines or [])
        self.check_rules(number(seq), kind, lines)
        if kind in ("enrol", "revoke"):
            self.people.take(kind, lines)
        if kind == "found":
            self.log_key = bytes.fromhex(dict(reversed(lines))["log-key"])
            if len(self.log_key) != 32:
                raise ValueError("log-key")
        self.last = sha256(b"\x00", leaf)
        self.tree.add(self.last)
        self.counts[0] += 1
        self.counts[1] += lines is None

    @staticmethod
    def read_body(salt, body, commitment):
        if sha256(b"keyrite-body/1\n", salt, body) != commitment:
            raise ValueError("commitment")
        if len(body) > 16384:
            raise ValueError("body too long")
        lines = []
        for line in body.split(b"\n")[:-1]:
            name, value = fits(BODY_LINE, line)
            value = re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), value)
            lines.append((name.decode(), value.decode()))
        return lines

    @staticmethod
    def is_for_two(kind, lines):
        """A safeguard left out, a card that nobody has looked at, or a piece that is lost."""
        lost = any(name == "piece" and len(value.split()) > 2 and value.split()[2] == "lost" for name, value in lines)
        return kind != "note" and (lost or (kind == "exception" and any(name in ("override", "gone") for name, _ in lines)))

    def check_signers(self, kind, leaf, signers, sigs, lines):
        signers = [line.decode().split(" ")[1:] for line in signers.splitlines()]
        sigs = [bytes.fromhex(line.decode()[4:]) for line in sigs.splitlines()]
        may, need, most = SIGNERS[kind]
        if len(sigs) != len(signers) or len(signers) > most or len({s[0] for s in signers}) != len(signers):
            raise ValueError("signers")
        header = leaf[:leaf.index(b"\nsig ") + 1]
        for (person, role, key), signature in zip(signers, sigs):
            known = self.people.known[person]
            if known[2] or role not in known[1] or role not in may or sha256(known[0])[:4].hex() != key:
                raise ValueError(f"{person} may not sign")
            if not self.signatures.good(known[0], header, signature):
                raise ValueError(f"signature of {person}")
        for one_of in need:
            if not any(role in one_of for _, role, _ in signers):
                raise ValueError("a role is missing")
        if self.is_for_two(kind, lines) and (len(signers) < 2 or not any(role == "supervisor" for _, role, _ in signers)):
            raise ValueError("two have to sign, one of them a supervisor")
        if kind == "key-state" and ("act", "destroy") in [line for line in lines or [] if line[0] == "act"][:1]:
            witness = dict(reversed(lines)).get("witness")
            if len(signers) < 3 or witness not in [person for person, _, _ in signers]:
                raise ValueError("a destruction has a witness")

    def check_rules(self, seq, kind, lines):
        if lines is None:
            self.ceremonies.withhold(seq, kind)
        elif self.ceremony is None or dict(reversed(lines)).get("ceremony", "").encode() == self.ceremony:
            self.ceremonies.take(seq, kind, lines)

    # -- gaps --

    def gap(self, first, count, root):
        power = count > 0 and count & (count - 1) == 0
        if self.ceremony is None or first != self.tree.size or first == 0 or not power or first % count != 0:
            raise ValueError("gap")
        if first + count > self.size:
            raise ValueError("gap beyond the end")
        self.tree.add(root, count)
        self.last = root
        self.counts[2] += count

    # -- checkpoints --

    def checkpoint(self, note, strangers):
        if self.log_key is None:
            raise ValueError("before the first entry")
        origin, size, root, signed, lines = read_note(note)
        if origin != self.origin or size != self.tree.size or root != self.tree.root():
            raise ValueError("root")
        seen = [self.signer(signed, name, value) for name, value in lines]
        known = [name for name in seen if name]
        if self.origin not in known or (not strangers and (len(known) != len(seen) or len(set(known)) != len(known))):
            raise ValueError("signers of a checkpoint")

    def signer(self, signed, name, value):
        """The name, None for a stranger's."""
        if name == self.origin and value[:4] == key_id(name, 1, self.log_key):
            if len(value) != 68 or not self.signatures.good(self.log_key, signed, value[4:]):
                raise ValueError("signature of the log")
            return name
        person = name[len(self.origin) + 8:].decode("utf-8", "replace")
        known = self.people.known.get(person) if name.startswith(self.origin + b"/person/") else None
        if not known or value[:4] != key_id(name, 4, known[0]):
            return None
        time = int.from_bytes(value[4:12], "big")
        message = b"cosignature/v1\ntime %d\n" % time + signed
        if len(value) != 76 or not self.signatures.good(known[0], message, value[12:]):
            raise ValueError(f"signature of {person} on a checkpoint")
        return name

    # -- the end --

    def end(self, said, notes, before):
        right = said == self.counts and notes == self.notes.hex()
        if self.tree.size != self.size or before[0] != "checkpoint" or not right:
            raise Altered("end", None)
        if self.ceremony is not None and self.ceremony.decode() not in self.ceremonies.opened:
            raise Altered("the ceremony's opening is not there", None)


def judge(data, notes=(), signatures=None):
    """(exit status, entry or None, what)"""
    try:
        Verifier(data, signatures).verify(notes)
    except NotJudged as fault:
        return 2, None, str(fault)
    except Altered as fault:
        return 1, fault.entry, fault.what
    return 0, None, ""


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        contents = []
        for path in sys.argv[1:]:
            with open(path, "rb") as f:
                contents.append(f.read())
    except OSError as fault:
        print(fault, file=sys.stderr)
        return 2
    status, entry, what = judge(contents[0], contents[1:])
    answer = {"verdict": ("ok", "altered", "not-run")[status]}
    if what:
        answer["what"] = what
    if entry is not None:
        answer["entry"] = entry
    print(json.dumps(answer, ensure_ascii=False))
    return status


if __name__ == "__main__":
    sys.exit(main())
