"""The console on a pseudo-terminal, half a component typed, and its terminal goes, shrinks or hangs, signals come, its processes are
killed: the screen is whole again and the ceremony goes on, or the console has ended by itself, left nothing on the screen and no
process behind, and another run goes on to the end."""

import fcntl
import os
import random
import shutil
import signal
import struct
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../memory"))
from centre import Centre  # noqa: E402
from console import go_on  # noqa: E402
from failing_case import Machine  # noqa: E402
from refusals import lettered  # noqa: E402
from searched import descendants, forms, look_in  # noqa: E402
from terminal import Terminal  # noqa: E402

SHORT_SECONDS = 6
CLEARED = b"\x1b[?1049l"


def resize(console, rows, columns):
    fcntl.ioctl(console.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    time.sleep(0.3)
    console.pump(0.2)


# ---- events after which the console is still there ----


def to_one_cell(console):
    resize(console, 1, 1)
    console.screen.__init__(24, 80)
    resize(console, 24, 80)


def to_one_cell_quickly(console):
    for rows, columns in ((1, 1), (24, 80), (1, 200), (200, 1), (3, 3)) * 6:
        fcntl.ioctl(console.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        time.sleep(0.01)
    console.pump(0.3)
    console.screen.__init__(24, 80)
    resize(console, 24, 80)


def stopped(number):
    def event(console):
        os.kill(console.pid, number)
        time.sleep(0.5)
        console.screen.__init__(24, 80)
        os.kill(console.pid, signal.SIGCONT)
    return event


def not_read(console):
    """Nobody takes what the console draws, until it can write no more."""
    for i in range(60):
        fcntl.ioctl(console.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24 + i % 2, 80, 0, 0))
        time.sleep(0.05)
    console.pump(0.3)
    console.screen.__init__(24, 80)
    resize(console, 25, 80)
    resize(console, 24, 80)


def flow_control(console):
    termios.tcflow(console.fd, termios.TCIOFF)
    console.type("\x13")
    time.sleep(0.5)
    termios.tcflow(console.fd, termios.TCION)
    console.type("\x11")


STAYS = {
    "terminal resized to 1x1 and back": to_one_cell,
    "terminal resized thirty times in a third of a second": to_one_cell_quickly,
    "SIGTSTP, SIGCONT": stopped(signal.SIGTSTP),
    "SIGSTOP, SIGCONT": stopped(signal.SIGSTOP),
    "terminal hung: nobody reads it for 3 s": not_read,
    "terminal's flow stopped and let go": flow_control,
    "vault process killed": lambda console: os.kill(child_of(console, b"@vault"), signal.SIGKILL),
    "card process killed": lambda console: os.kill(child_of(console, b"@cards"), signal.SIGKILL),
    "reader watch killed": lambda console: os.kill(child_of(console, b"@watch"), signal.SIGKILL),
}

# ---- events after which it has ended ----


def closed(console):
    os.close(console.fd)
    console.fd = None


def hung_and_told(number):
    def event(console):
        not_reading = time.monotonic() + 2
        while time.monotonic() < not_reading:
            fcntl.ioctl(console.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24 + int(time.monotonic() * 20) % 2, 80, 0, 0))
            time.sleep(0.05)
        os.kill(console.pid, number)
        console.hung = True
    return event


def told(number):
    return lambda console: os.kill(console.pid, number)


ENDS = {
    "terminal closed": closed,
    "SIGTERM": told(signal.SIGTERM),
    "SIGHUP": told(signal.SIGHUP),
    "SIGTERM while the terminal hangs": hung_and_told(signal.SIGTERM),
    "SIGHUP while the terminal hangs": hung_and_told(signal.SIGHUP),
    "kill -9": told(signal.SIGKILL),
}


# ---- a disk that fails under the console ----

DISKS = {
    "disk full while a component is recorded": "full",
    "writing fails while a component is recorded": "write",
    "fsync fails while a component is recorded": "sync",
}
FROZEN = "could not be written"


def child_of(console, word):
    for pid in descendants(console.pid):
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            if word in f.read():
                return pid
    raise RuntimeError(f"no {word.decode()}")


# ---- the console ----


class Console:
    """A ceremony that waits for component A, its store kept to begin from again."""

    def __init__(self, build):
        self.centre = Centre(build, groups=[1])
        root = self.centre.answers["answers"]["root-generate"]
        self.component = self.centre.components[1, 1]
        plain = root["component"]["1.1"]
        root["component"]["1.1"] = {"pause": "", "answer": plain}
        done = self.centre.rehearse(["site-init", "root-generate"])
        if done.returncode != 3:
            raise RuntimeError(f"no ceremony waits for a component: {done.stderr}")
        root["component"]["1.1"] = plain
        self.kept = os.path.join(self.centre.folder, "kept")
        shutil.copytree(self.centre.store, self.kept)
        digits = self.component.hex().upper()
        self.blocks = [digits[4 * i:4 * i + 4] + letter for i, letter in enumerate(lettered(digits))]
        self.check_value = root["component.kcv"]["1.1"].replace(" ", "")

    def half_typed(self, around=None):
        shutil.rmtree(self.centre.store)
        shutil.copytree(self.kept, self.centre.store)
        centre = self.centre
        console = Terminal([f"{centre.build}/keyrite", "--lang", "en", "--store", centre.store, "--deck", centre.deck, "demo"], around=around)
        console.hung = False
        go_on(console, centre)
        for block in self.blocks[:4]:
            console.type(block)
        console.wait("16 of 32", "20 of 40")
        return console

    def finish_component(self, console):
        for block in self.blocks[4:]:
            console.type(block)
        console.wait("32 of 32", "40 of 40", "complete")
        console.key("Enter")
        console.wait("check value (KCV) printed on the sheet")
        console.type(self.check_value)
        console.key("Enter")
        console.wait("Component B of group 1")

    def rest(self):
        """What was lost, by holding the rest without a screen."""
        done = self.centre.rehearse(["root-generate"], "--go-on")
        status, text = self.centre.audit()
        if done.returncode != 0 or status != 0 or "intents without outcome    0" not in text:
            return f"the ceremony does not close: {done.stdout}{done.stderr}{text}"
        return ""

    def shown(self, console):
        wanted = forms(self.component, lettered(self.component.hex()))
        return "\n".join(look_in(console.shown, wanted, "what was shown"))

    def stays(self, event):
        console = self.half_typed()
        family = descendants(console.pid)
        try:
            event(console)
            console.wait("16 of 32", "20 of 40", seconds=15)
            self.finish_component(console)
            lost = ""
        except RuntimeError as stuck:
            lost = str(stuck)
        finally:
            console.close()
        return lost or self.shown(console) or left_behind(family, 5) or self.rest()

    def failing_disk(self, kind):
        """The screen says in a sentence that nothing more is done, and what was recorded is there."""
        machine = Machine(self.centre.build, self.centre.folder)
        machine.arm(kind)
        console = self.half_typed(machine.around())
        family = descendants(console.pid)
        try:
            for block in self.blocks[4:]:
                console.type(block)
            console.wait("32 of 32", "40 of 40", "complete")
            console.key("Enter")
            console.wait("check value (KCV) printed on the sheet")
            machine.strike()
            console.type(self.check_value)
            console.key("Enter")
            console.wait(FROZEN)
            lost = ""
        except RuntimeError as stuck:
            lost = str(stuck)
        finally:
            console.close()
            machine.close()
        return lost or self.shown(console) or left_behind(family, 5) or self.rest()

    def restarts(self, event):
        """A child was killed: the console says so in a sentence, asks again or ends; nothing of the component is kept."""
        console = self.half_typed()
        family = descendants(console.pid)
        try:
            event(console)
            console.pump(1.5)
            console.key("Escape")
            console.pump(0.5)
            alive = os.path.exists(f"/proc/{console.pid}") and console.screen.text().strip() != ""
            lost = "" if alive else f"the console is gone:\n{console.screen.text()}"
        finally:
            console.close()
        return lost or self.shown(console) or left_behind(family, 5) or self.rest()

    def ends(self, event):
        console = self.half_typed()
        family = descendants(console.pid)
        event(console)
        killed = event is ENDS["kill -9"]
        lost = ended(console, 10)
        if not lost and console.fd is not None:
            console.pump(0.5)
            tail = console.shown[-4000:]
            if not killed and not console.hung and (CLEARED not in tail or console.screen.text().strip()):
                lost = f"something is left on the screen:\n{console.screen.text()}"
            os.close(console.fd)
        return lost or self.shown(console) or left_behind(family[1:], 10) or self.rest()


def ended(console, seconds):
    """"" once the console has ended and was waited for; else it is killed and said to hang."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if console.fd is not None and not console.hung:
            console.pump(0.05)
        pid, status = os.waitpid(console.pid, os.WNOHANG)
        if pid:
            crashed = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGSYS)
            return f"it crashed with signal {os.WTERMSIG(status)}" if crashed else ""
        time.sleep(0.05)
    os.kill(console.pid, signal.SIGKILL)
    os.waitpid(console.pid, 0)
    return f"the console had not ended after {seconds} s"


def left_behind(family, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        left = [pid for pid in family if os.path.exists(f"/proc/{pid}/exe") and not is_zombie(pid)]
        if not left:
            return ""
        time.sleep(0.1)
    return f"processes are left behind: {left}"


def is_zombie(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def one(console, name):
    if name in ENDS:
        return console.ends(ENDS[name])
    if name in DISKS:
        return console.failing_disk(DISKS[name])
    return console.restarts(STAYS[name]) if name.endswith("killed") else console.stays(STAYS[name])


def run(report, options):
    """Each event once, in random order; with --short as many as begin within a few seconds."""
    console = Console(options.build)
    failed_before = report.failed
    rows = []
    begun = time.monotonic()
    for name in random.Random(options.seed).sample([*STAYS, *ENDS, *DISKS], len(STAYS) + len(ENDS) + len(DISKS)):
        lost = one(console, name)
        report.check(not lost, name, lost)
        rows.append((name, 1, int(not lost), int(bool(lost))))
        if options.short and time.monotonic() - begun > SHORT_SECONDS:
            break
    if not options.keep and report.failed == failed_before:
        shutil.rmtree(console.centre.folder)
    return rows
