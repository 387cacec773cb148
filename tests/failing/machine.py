"""The file by which a program of BUILD/failing is told what fails, and what it tells (places.h); and centres whose programs these are."""

import collections
import os
import struct
import subprocess
import tempfile

HEAD = struct.Struct("<IIIIQQQ256s")
SIZE = HEAD.size + 8 * (1 << 18)
WRONG = 70  # exit status of a program in which a failure left what it must not leave (again.c)
RUNS_MAX = 400  # of one command, each of which was stopped by a failure


class Machine:
    def __init__(self, depth, every=1):
        handle, self.path = tempfile.mkstemp(prefix="keyrite-failing-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        os.close(handle)
        with open(self.path, "wb") as f:
            f.write(HEAD.pack(depth, every, 0, 0, 0, 0, 0, b""))
            f.truncate(SIZE)

    def told(self):
        """(calls that failed, places reached, acts that ended with an error because of it, the last call)"""
        with open(self.path, "rb") as f:
            _, _, _, _, fired, reached, returned, last = HEAD.unpack(f.read(HEAD.size))
        return fired, reached, returned, last.split(b"\0")[0].decode()

    def around(self):
        return dict(os.environ, KEYRITE_FAILING=self.path)

    def said(self):
        """Which errors acts ended with, and how often."""
        if not os.path.exists(self.path + ".said"):
            return collections.Counter()
        with open(self.path + ".said", encoding="utf-8") as f:
            return collections.Counter(line.split()[1] for line in f)

    def close(self):
        for path in (self.path, self.path + ".said"):
            if os.path.exists(path):
                os.unlink(path)


def failing(centre, machine, programs):
    """Lets that centre rehearse with programs whose calls fail, again and again until nothing new fails."""
    plain = centre.command

    def command(scripts, *options, **kind):
        line = plain(scripts, *options, **kind)
        return [os.path.join(programs, "keyrite"), *line[1:]]

    def rehearse(scripts, *options, **kind):
        if not os.path.isdir(centre.deck):
            centre.make_deck()
        said, before = "", -1
        for _ in range(RUNS_MAX):
            line = command(scripts, *options, *(["--go-on"] if len(scripts) > 1 else []), **kind)
            done = subprocess.run(line, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=machine.around(),
                                  timeout=3600, check=False)
            said += done.stdout
            fired = machine.told()[0]
            if done.returncode in (0, WRONG) or done.returncode < 0 or fired == before:
                break
            before = fired
        done.stdout = said
        return done

    centre.command, centre.rehearse = command, rehearse
    defaults = centre.answers["defaults"]
    for key in [k for k in defaults if k.endswith(".trouble")]:
        defaults[key] = "look"
    for step in ("intake", "wash", "rakc", "rmkc", "receive", "issue"):  # where several cards in a row gave trouble
        defaults[step + ".stopped"] = "go-on"
    return centre
