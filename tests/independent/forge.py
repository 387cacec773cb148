"""Journals made by hand with keys of its own, good ones and such as no honest program writes: signed, chained and numbered as they
must be, whatever they say. Written from docs/journal-format.md and docs/bundle-format.md; the openssl command signs."""

import base64
import hashlib
import os
import subprocess
import tempfile

from verify_bundle import Tree, dump, key_id, sha256

ORIGIN = "keyrite.example/national/0571"
SCRIPT = "script test " + hashlib.sha256(b"id: test\n").hexdigest()
ROLES = {"adam": "administrator", "carol": "supervisor", "chen": "supervisor", "kate": "custodian", "kurt": "custodian,operator",
         "ann": "auditor"}
kept = {}


def seed(person):
    return hashlib.sha256(b"forged " + person.encode()).digest()


def openssl(words, **files):
    """Runs the command with the files given; returns what it printed. Asked once for the same thing."""
    question = (tuple(words), tuple(sorted(files.items())))
    if question not in kept:
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                with open(os.path.join(folder, name), "wb") as f:
                    f.write(content)
            kept[question] = subprocess.run(["openssl", *words], cwd=folder, stdout=subprocess.PIPE, check=True).stdout
    return kept[question]


def private(person):
    der = bytes.fromhex("302e020100300506032b657004220420") + seed(person)
    return b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(der) + b"\n-----END PRIVATE KEY-----\n"


def public(person):
    return openssl(["pkey", "-in", "key", "-pubout", "-outform", "DER"], key=private(person))[-32:]


def sign(person, message):
    return openssl(["pkeyutl", "-sign", "-inkey", "key", "-rawin", "-in", "message"], key=private(person), message=message)


def enrolment(person, roles=None, key_of=None):
    return [f"person {person}", f"name {person}", f"roles {roles or ROLES[person]}", f"public-key {public(key_of or person).hex()}"]


def inside(*lines, step=None, ceremony="ROOT-2026-001"):
    """Lines of an entry of a ceremony."""
    return [f"ceremony {ceremony}", SCRIPT, *([f"step {step}"] if step else []), *lines]


class Journal:
    """Items: ["entry", leaf, salt, body] and ["checkpoint", note]."""

    def __init__(self, origin=ORIGIN):
        self.origin, self.items, self.leaves, self.tree, self.last = origin, [], [], Tree(), bytes(32)

    def entry(self, kind, signers, lines, signed_by=None, level=0, prev=None):
        """signers: "kate custodian, carol supervisor"; signed_by: who really signs, where that is somebody else."""
        seq = self.tree.size
        salt = hashlib.sha256(f"salt {seq}".encode()).digest()
        body = "".join(line + "\n" for line in lines).encode()
        people = [one.split() for one in signers.split(", ")]
        header = (f"keyrite-entry/1\norigin {self.origin}\nseq {seq}\nprev {(prev or self.last).hex()}\n"
                  f"tree {seq} {self.tree.root().hex()}\ntime {1764028800 + seq}.{seq:03}\nmono {1000 + seq} -\nkind {kind}\n"
                  f"level {level}\nbody {sha256(b'keyrite-body/1' + bytes([10]), salt, body).hex()}\n")
        for person, role in people:
            header += f"signer {person} {role} {sha256(public(person))[:4].hex()}\n"
        header = header.encode()
        leaf = header + b"".join(b"sig " + sign(who, header).hex().encode() + b"\n"
                                 for who in signed_by or [person for person, _ in people])
        self.put(leaf, salt, body)
        return seq

    def put(self, leaf, salt, body):
        self.items.append(["entry", leaf, salt, body])
        self.last = sha256(b"\x00", leaf)
        self.leaves.append(self.last)
        self.tree.add(self.last)

    def checkpoint(self, *people, log="log", root=None, size=None):
        body = f"{self.origin}\n{self.tree.size if size is None else size}\n".encode()
        body += base64.b64encode(root or self.tree.root()) + b"\n"
        name = self.origin.encode()
        note = body + b"\n" + self.line(name, key_id(name, 1, public(log)) + sign(log, body))
        for person in people:
            full = name + b"/person/" + person.encode()
            time = 1764028900
            signature = sign(person, b"cosignature/v1\ntime %d\n" % time + body)
            note += self.line(full, key_id(full, 4, public(person)) + time.to_bytes(8, "big") + signature)
        self.items.append(["checkpoint", note])
        return note

    @staticmethod
    def line(name, value):
        return "— ".encode() + name + b" " + base64.b64encode(value) + b"\n"

    def found(self):
        self.entry("found", "adam administrator, carol supervisor",
                   ["centre Forged", "tier national", "suite 3des", f"log-key {public('log').hex()}", "rehearsal yes",
                    *enrolment("adam"), *enrolment("carol")])
        self.entry("enrol", "adam administrator, carol supervisor",
                   [*enrolment("chen"), *enrolment("kate"), *enrolment("kurt"), *enrolment("ann")])
        return self

    def opening(self, ceremony="ROOT-2026-001"):
        self.entry("open", "carol supervisor, kate custodian", inside(ceremony=ceremony))
        self.entry("approval", "carol supervisor", inside("covers work", ceremony=ceremony))
        return self

    def work(self, ceremony="ROOT-2026-001"):
        n = self.entry("intent", "kate custodian", inside("card - mother 01 issued rmkc -", step="work[1]", ceremony=ceremony))
        self.entry("outcome", "kate custodian",
                   inside(f"intent {n}", "result ok", "text 根密钥 \"ok\" \\x5c\\x0a", step="work[1]", ceremony=ceremony))
        return self

    def close(self, ceremony="ROOT-2026-001"):
        self.entry("close", "carol supervisor, kate custodian", inside("result ok", ceremony=ceremony))
        return self


def good():
    j = Journal().found()
    j.checkpoint()
    j.opening().work()
    j.entry("component", "kurt custodian", inside("component GMPK/1/1 1 3DES-ECB0 E2 F9 F6", step="type"))
    j.close()
    j.checkpoint("carol", "kate")
    j.entry("revoke", "adam administrator, carol supervisor", ["person kurt"])
    j.opening("SEED-2026-001").close("SEED-2026-001")
    j.checkpoint("chen")
    j.checkpoint()
    return j


# ---- Bundles ----

def counts(items):
    entries = [i for i in items if i[0] == "entry"]
    return [len(entries), sum(i[3] is None for i in entries), sum(i[2] for i in items if i[0] == "gap"),
            sum(i[0] == "checkpoint" for i in items)]


def notes(items):
    value = bytes(32)
    for item in items:
        if item[0] == "checkpoint":
            value = sha256(value, item[1])
    return value.hex()


def shown(items):
    """Entries and those in gaps."""
    return sum(1 if i[0] == "entry" else i[2] if i[0] == "gap" else 0 for i in items)


def text_of(item):
    if item[0] == "gap":
        return b"gap %d %d %s\n" % (item[1], item[2], item[3].hex().encode())
    if item[0] == "checkpoint":
        return b"checkpoint\n" + item[1] + b"\n"
    rest = b"withheld\n" if item[3] is None else b"salt " + item[2].hex().encode() + b"\n" + item[3]
    return item[1] + rest + b"\n"


def as_text(items, ceremony=None, origin=ORIGIN, size=None):
    scope = f"ceremony {ceremony}" if ceremony else "whole"
    head = f"keyrite-bundle/1\norigin {origin}\nsize {shown(items) if size is None else size}\nscope {scope}\n\n".encode()
    return head + b"".join(text_of(item) for item in items) + b"end %d %d %d %d %s\n" % (
        *counts(items), notes(items).encode())


def json_of(item):
    if item[0] == "gap":
        return dump({"gap": item[1], "count": item[2], "hash": item[3].hex()})
    if item[0] == "checkpoint":
        return dump({"checkpoint": item[1].decode().split("\n")[:-1]})
    lines = item[1].decode().split("\n")
    field = [line.split(" ", 1)[1] if " " in line else "" for line in lines]
    signers = [line.split(" ")[1:] for line in lines if line.startswith("signer ")]
    sigs = [line[4:] for line in lines if line.startswith("sig ")]
    value = {"entry": int(field[2]), "prev": field[3], "tree": field[4].split(" ")[1], "time": field[5], "mono": field[6],
             "kind": field[7], "level": int(field[8]), "commitment": field[9],
             "signers": [{"person": p, "role": r, "key": k, "sig": s} for (p, r, k), s in zip(signers, sigs)]}
    if item[3] is None:
        value["withheld"] = True
    else:
        value["salt"] = item[2].hex()
        value["body"] = [line.split(" ", 1) for line in item[3].decode().split("\n")[:-1]]
    return dump(value)


def as_json(items, ceremony=None, origin=ORIGIN, size=None):
    head = {"format": "keyrite-bundle/1", "origin": origin, "size": shown(items) if size is None else size,
            "scope": "ceremony" if ceremony else "whole"}
    if ceremony:
        head["ceremony"] = ceremony
    end = dict(zip(("entries", "withheld", "hidden", "checkpoints", "notes"), [*counts(items), notes(items)]))
    return (dump(head)[:-1] + ',"items":[\n' + ",\n".join(json_of(item) for item in items) + '\n],"end":' + dump(end) + "}\n").encode()


def withholding(items, *numbers):
    """The same with the bodies of these entries withheld."""
    out, n = [], 0
    for item in items:
        entry = item[0] == "entry"
        out.append(["entry", item[1], None, None] if entry and n in numbers else item)
        n += entry
    return out


def hiding(items, *numbers):
    """The same with these entries hidden, each in a gap of its own."""
    out, n = [], 0
    for item in items:
        entry = item[0] == "entry"
        out.append(["gap", n, 1, sha256(b"\x00", item[1])] if entry and n in numbers else item)
        n += entry
    return out
