"""kill -9 at random instants, then the same command again, until everything is closed: the journal verifies all along."""

import os
import signal
import subprocess
import time

from centre import SEQUENCE, Centre

RUNS_MAX = 400  # of one store: far more than kills can need


def one_run(centre, delay):
    """Starts the chain, kills it after delay seconds (None: never). Returns the exit status, None when killed, and stderr."""
    run = subprocess.Popen(centre.command(SEQUENCE, "--go-on", "--quiet"), stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        _, err = run.communicate(timeout=delay)
        return run.returncode, err
    except subprocess.TimeoutExpired:
        os.kill(run.pid, signal.SIGKILL)
        _, err = run.communicate()
        return None, err


def measure(build):
    centre = Centre(build, cards=4)
    centre.make_deck()
    begun = time.monotonic()
    status, err = one_run(centre, None)
    if status != 0:
        raise RuntimeError(f"the chain does not run at all: {err}")
    return centre, time.monotonic() - begun


def killed_chain(report, centre, dice, whole, kills):
    """One store from founding to close with kills on the way. Returns how many there were."""
    centre.make_deck()
    done = 0
    for _ in range(RUNS_MAX):
        delay = dice.uniform(0.02, whole / 3) if done < kills else None
        status, err = one_run(centre, delay)
        if status is not None:
            report.check(status == 0, f"the chain ends after {done} kills", f"exit {status}: {err}")
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
