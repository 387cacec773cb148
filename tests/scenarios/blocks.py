"""Keys between two centres as key blocks (key-export, key-import), held against a computation of its own (tests/independent), and
what has to be refused."""

import os
import re
import secrets
import subprocess

from centre import check_value, combined
from chain import Tier, identifier

MAKE = ["site-init", "block-key"]


def independent(way, *words):
    here = os.environ.get("KEYRITE_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    return subprocess.run(["python3", os.path.join(here, "tests", "independent", "key_block.py"), way, *words], text=True,
                          stdout=subprocess.PIPE, check=True).stdout.strip()


def sheets(parts):
    return {"groups": "1", "sheets": "plain", "component": {f"{n + 1}.1": p.hex().upper() for n, p in enumerate(parts)},
            "component.kcv": {f"{n + 1}.1": check_value(p) for n, p in enumerate(parts)},
            "combine.kcv": {"1": check_value(combined(parts))}}


class Partners:
    """Two member centres that agreed on one protection key."""

    def __init__(self, build):
        parts = [secrets.token_bytes(16), secrets.token_bytes(16)]
        self.kbpk = combined(parts)
        self.sender, self.receiver = (Tier(build, "member", identifier(), {"manufacturer": 1}) for _ in range(2))
        for centre in (self.sender, self.receiver):
            centre.answers["answers"]["block-key"] = sheets(parts)
        self.sender.answers["answers"]["private-keys"] = {"groups": "1-2"}

    def send(self, key, group, exportability):
        self.sender.answers["answers"]["key-export"] = {"key": key, "group": str(group), "partner": "1", "exportability": exportability,
                                                        "export.folder": self.sender.notes}
        return self.sender.rehearse(["key-export"], "--fresh")

    def newest(self):
        names = sorted(n for n in os.listdir(self.sender.notes) if n.endswith(".keyblock"))
        return os.path.join(self.sender.notes, names[-1])

    def receive(self, path, kcv, key="MLK", group=1):
        self.receiver.answers["answers"]["key-import"] = {"key": key, "group": str(group), "partner": "1", "look.file": path,
                                                          "look.header": "agrees", "look.kcv": kcv}
        return self.receiver.rehearse(["key-import"], "--fresh")


def text_of(path):
    with open(path, encoding="ascii") as f:
        return f.read()


def written(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    return path


def travels(report, p):
    """One key goes from one vault into the other; what lies between is what openssl makes of it."""
    done = p.send("MLK", 1, "final")
    report.check(done.returncode == 0, "key-export closes", done.stdout + done.stderr)
    path = p.newest()
    block = text_of(path)
    key = independent("open", p.kbpk.hex(), block.strip())
    kcv = check_value(bytes.fromhex(key)) if key != "refused" else "?"
    report.check(re.fullmatch(r"B\d{4}E6TX01N0200KC0C00[0-9A-F]{6}PB04[0-9A-F]+\n", block) is not None,
                 "the block says what the key is for and that it stays there", block)
    report.check(f"KC0C00{kcv.replace(' ', '')}" in block and kcv in done.stdout, "it opens to the key of that check value", done.stdout)
    report.check(key not in done.stdout + done.stderr, "the key itself is not said")
    done = p.receive(path, kcv)
    report.check(done.returncode == 0 and kcv in done.stdout, "key-import closes with the same check value", done.stdout + done.stderr)
    for centre in (p.sender, p.receiver):
        status, said = centre.audit()
        report.check(status == 0, "the auditor's verification passes", said)


def refused(report, done, sentence, what):
    report.check(done.returncode == 1 and sentence in done.stdout + done.stderr, what, done.stdout[-1500:] + done.stderr)


def refusals(report, p):
    done = p.send("MTK", 2, "further")
    report.check(done.returncode == 0, "a second key goes out", done.stdout + done.stderr)
    path, folder = p.newest(), p.receiver.folder
    block = text_of(path).strip()
    kcv = check_value(bytes.fromhex(independent("open", p.kbpk.hex(), block)))
    other = "0" if block[-1] != "0" else "1"
    for name, text, sentence in (
            ("mac", block[:-1] + other, "does not verify under this transport key"),
            ("header", block.replace("E6TX02E", "E6TX02N"), "does not verify under this transport key"),
            ("version", "A" + block[1:], "of a version that is not known"),
            ("length", block[:-2], "the wrong length"),
            ("form", block[:5] + "--" + block[7:], "not as a key block must be"),
            ("usage", independent("make", p.kbpk.hex(), "B0000P0TE00E0000", secrets.token_hex(16)), "something that does not fit"),
            ("storage", independent("make", p.kbpk.hex(), "B0000E6TX00E0010", secrets.token_hex(16)), "something that does not fit")):
        refused(report, p.receive(written(folder, name, text + "\n"), kcv, "MTK", 2), sentence, f"a block that is wrong in its {name} is refused")
    refused(report, p.receive(path, "12 34 56", "MTK", 2), "does not agree", "another check value than the paper's is refused")
    refused(report, p.receive(path, kcv, "MMTK", 0), "something that does not fit", "a master key does not come in as a transport key")
    first = sorted(n for n in os.listdir(p.sender.notes) if n.endswith(".keyblock"))[0]
    refused(report, p.receive(os.path.join(p.sender.notes, first), kcv, "MLK", 1), "exists already", "the same key does not come in twice")
    done = p.receive(path, kcv, "MTK", 2)
    report.check(done.returncode == 0, "and the right one comes in after all of them", done.stdout + done.stderr)


def stays(report, p):
    """What came in as final leaves the receiver in no block; what may go on, does."""
    p.receiver.answers["answers"]["key-export"] = {"key": "MLK", "group": "1", "partner": "1", "exportability": "further",
                                                   "export.folder": p.receiver.notes}
    refused(report, p.receiver.rehearse(["key-export"], "--fresh"), "does not leave again", "a key that came as not exportable is not given out")
    p.receiver.answers["answers"]["key-export"] |= {"key": "MTK", "group": "2"}
    done = p.receiver.rehearse(["key-export"], "--fresh")
    report.check(done.returncode == 0, "one that came as exportable is", done.stdout + done.stderr)


def run(report, build):
    p = Partners(build)
    for centre, scripts in ((p.sender, MAKE + ["private-keys"]), (p.receiver, MAKE)):
        done = centre.rehearse(scripts)
        report.check(done.returncode == 0, "a centre agrees on a protection key", done.stdout + done.stderr)
    travels(report, p)
    refusals(report, p)
    stays(report, p)
    return [p.sender, p.receiver]
