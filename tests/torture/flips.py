"""Every byte of a closed store changed, one at a time, and every file of it cut: the auditor's check says so (flips.c)."""

import re
import shutil
import subprocess

from centre import SEQUENCE, Centre

SHORT_STRIDE = 97
LONG_STRIDE = 1


def run(report, options):
    centre = Centre(options.build)
    done = centre.rehearse(SEQUENCE[:4], "--quiet")
    older = centre.store + ".older"
    if done.returncode == 0:
        shutil.copytree(centre.store, older)
        done = centre.rehearse(SEQUENCE[4:], "--quiet")
    if not report.check(done.returncode == 0, f"{len(SEQUENCE)} ceremonies, to change bytes of their store", done.stdout + done.stderr):
        return [("byte changed in the store", 0, 0, 1)]
    stride = SHORT_STRIDE if options.short else LONG_STRIDE
    done = subprocess.run(
        ["nice", "-n", "5", f"{options.build}/torture/flips", "--store", centre.store, "--older", older, "--stride", str(stride), "--seconds",
         str(max(options.seconds, 60)), "--seed", str(options.seed % 4096)],
        input=centre.people["wu"]["passphrase"] + "\n", text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    print(done.stdout, end="")
    figures = {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", done.stdout.splitlines()[-1] if done.stdout else "")}
    tried, missed = figures.get("tried", 0), figures.get("missed", 1)
    report.check(done.returncode == 0 and tried > 0 and missed == 0, f"{tried} changes of a store's files: none unseen", done.stdout)
    report.check(options.short or figures.get("left") == 0, f"every byte was changed ({figures.get('left')} left for want of time)")
    shutil.rmtree(centre.folder, ignore_errors=True)
    return [("byte changed in the store", tried, tried - missed, missed)]
