"""A throw-away national centre for scenarios: its people, its sheets (drawn anew each time, check values by the openssl
command), its answers file, and the programs run on it."""

import fcntl
import json
import os
import pty
import secrets
import struct
import subprocess
import tempfile
import termios

SEQUENCE = ["site-init", "root-generate", "seed-generate", "card-intake", "card-wash", "issue-rmkc"]
GROUPS = [1, 2, 3, 4, 5]
CUSTODIANS = ["chen", "li"]


def check_value(value):
    """First 3 bytes of two-key Triple DES in ECB over 8 zero bytes, by the openssl command, grouped for people."""
    out = subprocess.run(["openssl", "enc", "-e", "-des-ede", "-nopad", "-K", value.hex()], input=bytes(8),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True).stdout
    return out[:3].hex(" ").upper()


def odd_parity(value):
    return bytes(b & 0xFE | (bin(b >> 1).count("1") + 1) % 2 for b in value)


def combined(components):
    key = bytes(16)
    for c in components:
        key = bytes(a ^ b for a, b in zip(key, c))
    return odd_parity(key)


def people():
    rows = [("zhao", "administrator", "赵 Zhao"), ("wang", "supervisor", "王 Wang"), ("chen", "custodian", "陈 Chen"),
            ("li", "custodian", "李 Li"), ("sun", "custodian", "孙 Sun"), ("zhou", "operator", "周 Zhou"),
            ("wu", "auditor", "吴 Wu"), ("he", "supervisor", "何 He")]
    return {i: {"role": role, "name": name, "passphrase": f"{i} {secrets.token_hex(8)}"} for i, role, name in rows}


class Centre:
    """One store, one deck, one answers file in a folder of its own."""

    def __init__(self, build, cards=3, sheets="letters", groups=None):
        self.build = os.path.abspath(build)
        self.folder = tempfile.mkdtemp(prefix="keyrite-scenario-")
        self.store = os.path.join(self.folder, "store")
        self.deck = os.path.join(self.folder, "deck")
        self.answers_file = os.path.join(self.folder, "answers.yaml")
        self.groups = groups or GROUPS
        self.people = people()
        self.components = {(n, g): secrets.token_bytes(16) for n in (1, 2) for g in self.groups}
        self.answers = self.plain_answers(sheets)
        self.cards = cards

    def plain_answers(self, sheets):
        index = {f"{n}.{g}": v for (n, g), v in self.components.items()}
        return {
            "people": self.people,
            "defaults": {"any-card": "auto", "any-text": "initial", "script.heard": "same", "approve": "approve",
                         "balance": "agree", "balance.second": "agree", "seat-supervisor": "wang",
                         "seat-custodian": {"1": "chen", "2": "li"}, "seat-operator": "zhou",
                         "wash.trouble": ["look", "look", "void"], "rakc.trouble": ["look", "look", "void"],
                         "rmkc.trouble": ["look", "look", "void"], "check-rakc.trouble": "void", "check-rmkc.trouble": "void"},
            "answers": {
                "site-init": {"tier": "national", "found": "found"},
                "root-generate": {
                    "groups": ",".join(str(g) for g in self.groups), "sheets": sheets,
                    "component": {i: v.hex().upper() for i, v in index.items()},
                    "component.kcv": {i: check_value(v) for i, v in index.items()},
                    "combine.kcv": {str(g): check_value(combined([self.components[1, g], self.components[2, g]]))
                                    for g in self.groups}},
                "card-intake": {"kind": "mother", "sheets": "letters", "combine.kcv": "sheet kMtk-component-1",
                                "component": {"1": "sheet kMtk-component-1", "2": "sheet kMtk-component-2"},
                                "maker.pin": "sheet manufacturer-card"},
                "issue-rmkc": {k + ".pin": "204816" for k in ("rakc", "rmkc", "check-rakc", "check-rmkc")},
            },
        }

    def write_answers(self):
        with open(self.answers_file, "w", encoding="utf-8") as f:
            json.dump(self.answers, f, ensure_ascii=False, indent=1)  # JSON is YAML

    def make_deck(self):
        for kind, count in (("manufacturer", 1), ("blank-mother", self.cards)):
            self.vcard("new", "--kind", kind, "--count", str(count))

    def vcard(self, *words):
        return subprocess.run([f"{self.build}/keyrite-vcard", *words, "--deck", self.deck], check=True, text=True,
                              stdout=subprocess.PIPE).stdout

    def command(self, scripts, *options, reader="sim", lang="en"):
        self.write_answers()
        line = [f"{self.build}/keyrite", "rehearse", *scripts, "--store", self.store, "--deck", self.deck, "--answers",
                self.answers_file, "--reader", reader, "--lang", lang, *options]
        if reader == "pcsc":
            here = os.path.dirname(os.path.abspath(__file__))
            line = [os.path.join(here, "../pcsc/with-pcscd"), "--build", self.build, "--deck", self.deck, "--", *line]
        return line

    def rehearse(self, scripts, *options, **kind):
        if not os.path.isdir(self.deck):
            self.make_deck()
        return subprocess.run(self.command(scripts, *options, **kind), text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=180, check=False)

    def go_on(self, scripts, runs, *options):
        """The last run of the same command, which was given again until everything was closed, at most so often."""
        for _ in range(runs):
            done = self.rehearse(scripts, "--go-on", *options)
            if done.returncode == 0:
                break
        return done

    def watched(self, scripts, lang, columns, rows):
        """(exit status, every byte drawn): the same on the console's own screens, in a terminal of that size."""
        if not os.path.isdir(self.deck):
            self.make_deck()
        line = self.command(scripts, "--screen", "--pace", "1", lang=lang)
        child, screen = pty.fork()
        if child == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.environ["TERM"] = "xterm-256color"
            os.execv(line[0], line)
        drawn = bytearray()
        while True:
            try:
                part = os.read(screen, 65536)
            except OSError:  # the other end is gone
                break
            if not part:
                break
            drawn += part
        os.close(screen)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), bytes(drawn)

    def audit(self, store=None, person="wu", passphrase=None):
        """(exit status, what it printed) of keyrite-audit verify."""
        return self.audit_command("verify", store or self.store, person=person, passphrase=passphrase)

    def audit_command(self, *words, person="wu", passphrase=None):
        """(exit status, what it printed): the auditor's passphrase goes through a pipe, never through argv."""
        ours, theirs = os.pipe()
        os.write(theirs, (passphrase or self.people[person]["passphrase"]).encode() + b"\n")
        os.close(theirs)
        done = subprocess.run([f"{self.build}/keyrite-audit", *words, "--person", person, "--passphrase-fd", str(ours)],
                              pass_fds=[ours], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
        os.close(ours)
        return done.returncode, done.stdout

    def inventory(self):
        """label of each card that has one -> its name in the deck"""
        rows = [line.split(None, 3) for line in self.vcard("list").splitlines()]  # name, kind, dialect, the rest
        labelled = {}
        for row in rows:
            rest = row[3].replace("slot 0", "").replace("slot 1", "").strip() if len(row) > 3 else ""
            if rest:
                labelled[rest] = row[0]
        return labelled
