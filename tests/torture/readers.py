"""pcscd stopped, killed and started again, and readers pulled out, while cards are washed and issued through it."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../memory"))
from centre import SEQUENCE, Centre  # noqa: E402
from failing_case import Stage  # noqa: E402
from searched import descendants  # noqa: E402

PACE = "8"  # milliseconds a command takes, so that an instant falls into the middle of one often enough
LIMIT = 150


def cmdline(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return [word.decode() for word in f.read().split(b"\0")[:-1]]
    except OSError:
        return []


def found(run, program, *words):
    """(pid, command line) of one of the run's own processes."""
    for pid in descendants(run.pid):
        line = cmdline(pid)
        if line and os.path.basename(line[0]) == program and all(word in line for word in words):
            return pid, line
    return None, []


def again(run, line):
    """That command once more, where the run has its own /run/pcscd."""
    inside, _ = found(run, "keyrite", "rehearse")
    if inside is None:  # the rehearsal has ended, and with it the need
        return []
    return [subprocess.Popen(["nsenter", "-t", str(inside), "-m", "--", *line], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)]


def service(number, seconds):
    """pcscd gets that signal and comes back after so long; None: not at all."""
    def event(run):
        pid, line = found(run, "pcscd")
        if pid is None:
            return []
        os.kill(pid, number)
        if seconds is None:
            return []
        time.sleep(seconds)
        return again(run, line)
    return event


def reader(slot, seconds):
    """The reader's card program goes, and with it the connection; it comes back after so long."""
    def event(run):
        pid, line = found(run, "keyrite-vcard", "--slot", slot)
        if pid is None:
            return []
        os.kill(pid, signal.SIGKILL)
        time.sleep(seconds)
        return again(run, line)
    return event


EVENTS = {
    "pcscd stopped and started again": service(signal.SIGTERM, 0.7),
    "pcscd killed and started again": service(signal.SIGKILL, 0.7),
    "pcscd killed for good": service(signal.SIGKILL, None),
    "reader 1 pulled out and plugged in": reader("0", 0.5),
    "reader 2 pulled out and plugged in": reader("1", 0.5),
}


def people_try_again(centre):
    for key in ("wash", "wash.back", "rmkc", "rmkc.back", "check-rmkc", "rakc", "rakc.back", "check-rakc"):
        centre.answers["defaults"][key] = ["auto"] * 8
    for key in ("rakc.pin", "rmkc.pin", "check-rakc.pin", "check-rmkc.pin"):
        centre.answers["answers"]["issue-rmkc"][key] = ["204816"] * 8


def command(stage):
    line = stage.centre.command(stage.scripts, "--go-on", reader="pcsc")
    at = line.index("--deck")
    return line[:at] + ["--pace", PACE] + line[at:]


def held(stage, event, delay):
    """(exit status, stdout, stderr) of one run, disturbed after delay seconds of holding; None: not."""
    run = subprocess.Popen(command(stage), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    started = []
    begun = time.monotonic()
    while found(run, "keyrite", "rehearse")[0] is None and run.poll() is None and time.monotonic() - begun < 30:
        time.sleep(0.05)
    if event:
        time.sleep(delay)
        started = event(run)
    try:
        out, err = run.communicate(timeout=LIMIT)
        status = run.returncode
    except subprocess.TimeoutExpired:
        run.terminate()
        out, err = run.communicate()
        status = "hangs"
    for one in started:
        one.kill()
        one.wait()
    return status, out, err


def one(stage, event, delay):
    stage.restore()
    status, out, err = held(stage, event, delay)
    if status not in (0, 1) or (status == 1 and not re.search(r"\w{3}.*[.!?]", err)):
        return f"ends with {status}: {out}{err}"
    kept, text = stage.centre.audit()
    if kept != 0:
        return f"the store does not verify afterwards: {text}"
    lost, _, _ = stage.gone_on("")
    return lost


def run(report, options):
    """Events at random instants, for as long as there is time; with --short one of them."""
    centre = Centre(options.build, cards=5, groups=[1])
    people_try_again(centre)
    stage = Stage(centre, "readers", SEQUENCE[:4], SEQUENCE[4:])
    stage.restore()
    begun = time.monotonic()
    status, out, err = held(stage, None, 0)
    whole = time.monotonic() - begun
    rows = {name: [0, 0] for name in EVENTS}
    if not report.check(status == 0, "washing and issuing through pcscd, undisturbed", out + err):
        return [("readers", 0, 0, 1)]
    dice = random.Random(options.seed)
    while time.monotonic() - begun < options.seconds:
        name, delay = dice.choice(list(EVENTS)), dice.uniform(0.1, whole)
        lost = one(stage, EVENTS[name], delay)
        report.check(not lost, f"{name}, {delay:.2f} s after the beginning of {whole:.2f} s", lost)
        rows[name][bool(lost)] += 1
        if options.short:
            break
    stage.close()
    if not options.keep and not any(lost for _, lost in rows.values()):
        shutil.rmtree(centre.folder)
    return [(name, good + lost, good, lost) for name, (good, lost) in rows.items() if good + lost]
