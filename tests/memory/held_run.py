"""keyrite in a terminal of its own, stopped at the end of its ceremonies, before it puts its processes away (hold.c)."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

from searched import descendants
from terminal import Screen

ROWS, COLUMNS = 24, 80
LIMIT = 120


def state_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "gone"


def words_of(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as f:
        return f.read().split(b"\0")


def role_of(pid):
    """program, @vault, @cards, @watch; "" for what is not keyrite, or gone."""
    try:
        words = words_of(pid)
        if os.path.basename(os.readlink(f"/proc/{pid}/exe")) != "keyrite":
            return ""
    except OSError:
        return ""
    return words[1].decode() if len(words) > 1 and words[1].startswith(b"@") else "program"


class Run:
    """keyrite in a terminal of its own, with folders of its own for what it may leave behind."""

    def __init__(self, build, line, folder):
        self.shown = b""
        self.screen = Screen(ROWS, COLUMNS)
        self.status = None
        self.homes = [os.path.join(folder, name) for name in ("temporary", "home")]
        for home in self.homes:
            os.makedirs(home, exist_ok=True)
        at = next(i for i, word in enumerate(line) if word.endswith("/keyrite"))
        line = line[:at] + ["env", f"LD_PRELOAD={os.path.abspath(build)}/memory/hold.so", f"TMPDIR={self.homes[0]}",
                            f"HOME={self.homes[1]}", "TERM=xterm-256color"] + line[at:]
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.chdir(self.homes[1])
            os.execvp(line[0], line)

    def drain(self, seconds):
        """False once the other end is gone."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            part = os.read(self.fd, 65536)
        except OSError:
            return False
        self.shown += part
        self.screen.feed(part.decode("utf-8", "replace"))
        return bool(part)

    def ours(self):
        return {pid: role for pid in descendants(self.pid) if (role := role_of(pid))}

    def until_held(self):
        """True when the program stopped at the end of its ceremony."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            quiet = len(self.shown)
            if not self.drain(0.1):
                return False
            if len(self.shown) == quiet and any(role == "program" and state_of(pid) == "T" for pid, role in self.ours().items()):
                return True
        return False

    def end(self):
        for pid, role in self.ours().items():
            if role == "program":
                os.kill(pid, signal.SIGCONT)
        end = time.monotonic() + LIMIT
        while self.drain(0.1) and time.monotonic() < end:
            pass
        os.close(self.fd)
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status
