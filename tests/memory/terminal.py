"""The console in a pseudo-terminal: keys in, screen as text out. Understands what ncurses sends to an xterm."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import unicodedata

SEQUENCE = re.compile(r"\x1b\[([?>]?)([0-9;]*)([@-~])|\x1b[()][A-Z0-9]|\x1b[=>78M]|\x1b\][^\x07]*\x07")


class Screen:
    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.cells = [[" "] * columns for _ in range(rows)]
        self.row = self.column = self.top = 0
        self.bottom = rows - 1
        self.last = " "
        self.pending = ""

    def text(self):
        return "\n".join("".join(row).rstrip() for row in self.cells)

    def feed(self, text):
        text = self.pending + text
        self.pending = ""
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                self.plain(text[at])
                at += 1
                continue
            found = SEQUENCE.match(text, at)
            if found:
                self.control(found)
                at = found.end()
            elif len(text) - at < 32:
                self.pending = text[at:]
                return
            else:
                at += 1

    def plain(self, c):
        if c == "\r":
            self.column = 0
        elif c == "\n":
            self.line_feed()
        elif c == "\b":
            self.column = max(0, self.column - 1)
        elif c >= " ":
            self.put(c)

    def put(self, c):
        width = 2 if unicodedata.east_asian_width(c) in "WF" else 1
        if self.column + width > self.columns:
            self.column = 0
            self.line_feed()
        self.cells[self.row][self.column] = self.last = c
        if width == 2:
            self.cells[self.row][self.column + 1] = ""
        self.column += width

    def line_feed(self):
        if self.row == self.bottom:
            self.scroll(self.top, 1)
        else:
            self.row = min(self.rows - 1, self.row + 1)

    def scroll(self, top, lines):
        """Lines from top to the bottom margin move up (negative: down)."""
        for _ in range(abs(lines)):
            gone, new = (top, self.bottom) if lines > 0 else (self.bottom, top)
            del self.cells[gone]
            self.cells.insert(new, [" "] * self.columns)

    def blank(self, row, begin, end):
        self.cells[row][begin:end] = [" "] * (end - begin)

    def erase(self, kind, n, whole):
        rows = range(self.rows) if whole else [self.row]
        for row in rows:
            if row == self.row:
                self.blank(row, self.column if n == 0 else 0, self.column + 1 if n == 1 else self.columns)
            elif n == 2 or (n == 0) == (row > self.row):
                self.blank(row, 0, self.columns)

    def control(self, found):
        kind = found.group(3)
        if found.group(0) == "\x1bM":
            self.scroll(self.top, -1) if self.row == self.top else self.move(self.row - 1, self.column)
        if kind is None or found.group(1):
            return
        numbers = [int(x or 0) for x in found.group(2).split(";")]
        n = max(1, numbers[0])
        line = self.cells[self.row]
        if kind in "Hf":
            self.move(n - 1, (numbers[1] if len(numbers) > 1 and numbers[1] else 1) - 1)
        elif kind in "ABCD":
            down, right = {"A": (-n, 0), "B": (n, 0), "C": (0, n), "D": (0, -n)}[kind]
            self.move(self.row + down, self.column + right)
        elif kind == "d":
            self.move(n - 1, self.column)
        elif kind == "G":
            self.move(self.row, n - 1)
        elif kind in "JK":
            self.erase(kind, numbers[0], kind == "J")
        elif kind == "X":
            self.blank(self.row, self.column, min(self.columns, self.column + n))
        elif kind == "P":
            line[self.column:] = (line[self.column + n:] + [" "] * self.columns)[:self.columns - self.column]
        elif kind == "@":
            line[self.column:] = ([" "] * n + line[self.column:])[:self.columns - self.column]
        elif kind == "b":
            for _ in range(n):
                self.put(self.last)
        elif kind in "LM":
            self.scroll(self.row, n if kind == "M" else -n)
        elif kind in "ST":
            self.scroll(self.top, n if kind == "S" else -n)
        elif kind == "r":
            self.top, self.bottom = n - 1, (numbers[1] if len(numbers) > 1 else self.rows) - 1
            self.move(0, 0)

    def move(self, row, column):
        self.row = min(max(row, 0), self.rows - 1)
        self.column = min(max(column, 0), self.columns - 1)


class Terminal:
    KEYS = {"Enter": "\r", "Down": "\x1b[B", "Up": "\x1b[A", "Escape": "\x1b", "Backspace": "\x7f"}

    def __init__(self, command, rows=24, columns=80, around=None):
        self.screen = Screen(rows, columns)
        self.shown = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, dict(around or os.environ, TERM="xterm-256color"))
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def pump(self, seconds):
        """Takes in what the program shows until it is quiet for that long. False once it has ended."""
        while select.select([self.fd], [], [], seconds)[0]:
            try:
                bytes_ = os.read(self.fd, 65536)
            except OSError:
                return False
            if not bytes_:
                return False
            self.shown += bytes_
            self.screen.feed(bytes_.decode("utf-8", "replace"))
        return True

    def wait(self, *wanted, seconds=30):
        """Until one of the texts stands on the screen: returns it. RuntimeError with the screen otherwise."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            alive = self.pump(0.1)
            text = self.screen.text()
            for one in wanted:
                if one in text:
                    return one
            if not alive:
                break
        raise RuntimeError(f"{' / '.join(wanted)} did not appear:\n{self.screen.text()}")

    def key(self, *names):
        for name in names:
            os.write(self.fd, self.KEYS.get(name, name).encode())
            self.pump(0.05)

    def type(self, text):
        os.write(self.fd, text.encode())
        self.pump(0.1)

    def close(self):
        try:
            os.kill(self.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.pump(0.5)
        os.close(self.fd)
        os.waitpid(self.pid, 0)
