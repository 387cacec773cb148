"""Papers of a centre that held its ceremonies: what they say, that they line up, and that store, bundle and PDF say the same."""

import os
import re
import subprocess
import unicodedata

from centre import SEQUENCE, Centre


def columns(text):
    """As a terminal or a printer counts them, by Python's own table of wide characters."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def audit(centre, command, path, *options, secret=True):
    line = [f"{centre.build}/keyrite-audit", command, path, *options]
    if not secret:
        return subprocess.run(line, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False)
    ours, theirs = os.pipe()
    os.write(theirs, centre.people["wu"]["passphrase"].encode() + b"\n")
    os.close(theirs)
    done = subprocess.run([*line, "--person", "wu", "--passphrase-fd", str(ours)], pass_fds=[ours], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False)
    os.close(ours)
    return done


def words(text):
    """What is left when gaps and what is drawn as lines do not count."""
    return re.sub(r"[\s\u2500-\u259f]+", " ", text).strip()


def in_pdf(path):
    """The text of every page without what stands at its head and foot, which is drawn first and ends with its number."""
    raw = subprocess.run(["pdftotext", "-raw", "-enc", "UTF-8", path, "-"], check=True, stdout=subprocess.PIPE).stdout.decode()
    pages = [re.split(r"(?m)^\d+ / \d+$", page, maxsplit=1)[-1] for page in raw.split("\f")]
    return words(" ".join(pages))


def one_report(report, centre, bundle, ceremony, script, lang):
    name = f"{ceremony} in {lang}"
    asked = ("--ceremony", ceremony, "--lang", lang)
    done = audit(centre, "report", centre.store, *asked)
    report.check(done.returncode == 0 and ceremony in done.stdout, f"{name}: a report is made", done.stderr)
    wide = [line for line in done.stdout.splitlines() if columns(line) > 80]
    report.check(not wide, f"{name}: no line is wider than 80 columns", "\n".join(wide))
    frames = [line for line in done.stdout.splitlines() if line.startswith("│")]
    report.check({columns(line) for line in frames} <= {39, 80}, f"{name}: frames close in one column",
                 "\n".join(frames))
    gaps = [line for line in done.stdout.splitlines() if re.search(r"GAP|缺口  |NOT DONE|未做", line)]
    report.check(not gaps, f"{name}: no requirement has a gap", "\n".join(gaps))
    again = audit(centre, "report", bundle, *asked, "--script", script, secret=False)
    report.check(again.stdout == done.stdout, f"{name}: the bundle gives the same report", again.stderr)
    files = [os.path.join(centre.folder, f"{n}.pdf") for n in (1, 2)]
    for path in files:
        audit(centre, "report", bundle, *asked, "--script", script, "--pdf", path, secret=False)
    with open(files[0], "rb") as a, open(files[1], "rb") as b:
        report.check(a.read() == b.read(), f"{name}: its PDF is the same bytes twice")
    report.check(in_pdf(files[0]) == words(done.stdout), f"{name}: the PDF's text is the report's")


def run(report, build):
    centre = Centre(build)
    done = centre.rehearse(SEQUENCE)
    report.check(done.returncode == 0, "ceremonies to report on are held", done.stdout + done.stderr)
    bundle = os.path.join(centre.folder, "bundle")
    done = audit(centre, "export", centre.store, "--to", bundle, "--form", "text")
    report.check(done.returncode == 0, "a bundle is exported", done.stderr)
    held = sorted(set(re.findall(r"(?m)^ceremony (\S+)\nscript (\S+)", open(bundle, encoding="utf-8").read())))
    report.check(len(held) == len(SEQUENCE), "the bundle names every ceremony", held)
    source = os.environ.get("KEYRITE_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    for ceremony, script in held:
        path = os.path.join(source, "ceremony", "scripts", script + ".yaml")
        for lang in ("en", "zh_CN"):
            one_report(report, centre, bundle, ceremony, path, lang)
    for path, secret in ((centre.store, True), (bundle, False)):
        done = audit(centre, "report", path, "--statistics", "--lang", "en", secret=secret)
        report.check(done.returncode == 0 and re.search(r"(?m)^GMPK +generated +5 ", done.stdout), "keys are counted", done.stdout)
    with open(bundle, "r+b") as f:
        f.seek(os.path.getsize(bundle) // 2)
        byte = f.read(1)[0]
        f.seek(-1, 1)
        f.write(bytes([byte ^ 1]))
    done = audit(centre, "report", bundle, "--ceremony", held[0][0], secret=False)
    report.check(done.returncode == 1 and done.stdout == "", "an altered bundle gives no report", done.stdout)
    return [centre]
