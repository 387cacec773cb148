"""kill -9 at random instants, of the program or of one of its children, then the same command again, until everything is
closed: the journal verifies all along."""

import os
import signal
import subprocess
import time

from centre import SEQUENCE, Centre

RUNS_MAX = 400  # of one store: far more than kills can need


def child(pid, role):
    """The child that was started with that word, or the program itself where there is none (yet)."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            children = f.read().split()
    except OSError:
        children = []
    for one in children:
        try:
            with open(f"/proc/{one}/cmdline", "rb") as f:
                if role.encode() in f.read().split(b"\0"):
                    return int(one)
        except OSError:
            continue
    return pid


def kill(pid, role):
    """Only what this run has started: the program, its child of that role, or all of them at once."""
    if role == "all":
        return os.killpg(pid, signal.SIGKILL)
    victim = pid if role == "program" else child(pid, role)
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:
        pass


def one_run(centre, scripts, delay, role, option="--quiet"):
    """Starts the scripts, kills role after delay seconds (None: never). Returns the exit status, stdout and stderr."""
    run = subprocess.Popen(centre.command(scripts, "--go-on", *[option] * bool(option)), stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, start_new_session=role == "all")
    try:
        out, err = run.communicate(timeout=delay)
    except subprocess.TimeoutExpired:
        kill(run.pid, role)
        try:
            out, err = run.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            run.kill()
            out, err = run.communicate()
            return "hangs", out, f"after {role} was killed: {err}"
    return run.returncode, out, err


def measure(build):
    centre = Centre(build, cards=4)
    centre.make_deck()
    begun = time.monotonic()
    status, _, err = one_run(centre, SEQUENCE, None, "program")
    if status != 0:
        raise RuntimeError(f"the chain does not run at all: {err}")
    return centre, time.monotonic() - begun


def killed_chain(report, centre, dice, whole, kills):
    """One store from founding to close with kills on the way. Returns how many there were."""
    centre.make_deck()
    done = 0
    for _ in range(RUNS_MAX):
        role = dice.choice(["program", "program", "program", "@vault", "@cards"])
        delay = dice.uniform(0.02, whole / 3) if done < kills else None
        status, _, err = one_run(centre, SEQUENCE, delay, role)
        if status == 0:
            report.check(True, f"the chain ends after {done} kills")
            break
        # Without its vault or card process the program may stop, but with a sentence, and the next run goes on.
        if not report.check(delay is not None and (status == -signal.SIGKILL or status == 1 and err.strip()),
                            f"kill {done + 1}, of {role} after {delay or 0:.3f} s", f"exit {status}: {err}"):
            break
        done += 1
        # Until the founding is done there is no store to verify.
        if os.path.exists(os.path.join(centre.store, "slots.a")) and done % 4 == 0:
            verdict, text = centre.audit()
            if not report.check(verdict == 0, f"the journal verifies right after kill {done}", text):
                break
    verdict, text = centre.audit()
    report.check(verdict == 0, f"the journal verifies after {done} kills", text)
    report.check(len(centre.inventory()) >= 2, "the cards carry their numbers", centre.vcard("list"))
    return done


def run(report, build, dice, kills):
    first, whole = measure(build)
    used = [first]
    done = 0
    while done < kills and not report.failed:
        centre = Centre(build, cards=6)
        used.append(centre)
        done += max(1, killed_chain(report, centre, dice, whole, min(20, kills - done)))
    print(f"{done} kills; one undisturbed chain takes {whole:.2f} s")
    return used
