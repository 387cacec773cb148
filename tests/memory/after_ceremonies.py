"""After every ceremony of the golden chain nothing secret is anywhere: not in the images of the processes, the store, temporary files,
what was shown, argv, environment, nor in what an auditor can read. The ceremonies are held on the console's own screens, whose program is
stopped where it would put its processes away (hold.c).

Known and therefore not a find, all of it in locked memory that is left out of dumps: what the rehearsal's answers still have to give
(passphrases and PINs, in the program that types them in people's stead), and in the vault the pieces of those who are signed in. While
a store is open the program has the database key in SQLCipher's own memory (docs/threat-model.md); here it is closed. A simulated card is in the deck, and in the card process
while that is its reader: through pcscd it is in neither. Needs root."""

import copy
import os
import random
import shutil
import stat
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../scenarios")]
import known  # noqa: E402
from centre import SEQUENCE  # noqa: E402
from chain import PINS, Chain  # noqa: E402
from held_run import Run, words_of  # noqa: E402
from proofs import NOT_SHOWN  # noqa: E402
from watched import PRINTED  # noqa: E402

TEMPORARY = ["/tmp", "/var/tmp", "/dev/shm"]
LOGS = ["/var/log"]


def search(build, lines, places):
    """([(name, place, offset, locked)], bytes searched)"""
    done = subprocess.run([os.path.join(build, "memory/search"), *places], input=lines, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    rows = done.stdout.splitlines()
    if not rows or done.returncode != 0:
        raise RuntimeError(f"search ended with {done.returncode}: {done.stderr}")
    finds = [tuple(row.split("\t")) for row in rows[:-1]]
    return [(name, place, offset, locked == "locked") for name, place, offset, locked in finds], int(rows[-1].split()[0])


# ---- Where it looks ----


def is_file(path):
    """Of a size that can be searched; False too for what is gone meanwhile."""
    try:
        about = os.lstat(path)
        return stat.S_ISREG(about.st_mode) and about.st_size < 64 << 20
    except OSError:
        return False


def files_below(folder):
    return [path for place, _, names in os.walk(folder) for name in names if is_file(path := os.path.join(place, name))]


def beside(folders):
    """What lies in folders that other programs write to as well: (folder, name)."""
    return {(folder, name) for folder in folders for name in os.listdir(folder)}


def new_there(folders, before, but):
    """Files that came meanwhile, whoever wrote them."""
    for folder, name in beside(folders):
        path = os.path.join(folder, name)
        if path in but or (folder, name) in before:
            continue
        yield from files_below(path) if os.path.isdir(path) else filter(is_file, [path])


def owner(place, family):
    """What the process is that a find lies in; "" for a file."""
    return family.get(int(place[4:].split()[0]), "") if place.startswith("pid:") else ""


class Search:
    """Counts what was searched, and keeps what was found."""

    def __init__(self, report, build, chain, reader):
        self.report, self.build, self.reader = report, os.path.abspath(build), reader
        self.known = known.Known(chain, self.build)
        self.chain = chain
        self.ceremonies = self.bytes = self.most_forms = self.most_values = self.lost = 0
        self.permitted_finds = set()  # (role, kind)
        self.folder = tempfile.mkdtemp(prefix="keyrite-secrets-")

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            f.write(content)
        return path

    def gather_places(self, run, tier, before):
        """name -> [place]"""
        family = run.ours()
        words = b"\n".join(b"\0".join(words_of(pid)) for pid in family)
        around = b"\n".join(open(f"/proc/{pid}/environ", "rb").read() for pid in family)
        # Carried cards and answers lie in the centres' folders; the searches' own files in this one.
        but = {self.folder} | {c.folder for c in self.chain.centres}
        return {"images": [f"pid:{pid}" for pid in family],
                "store": files_below(tier.store) + files_below(tier.notes),
                "temporary files": [p for home in run.homes for p in files_below(home)] + list(new_there(TEMPORARY, before, but)),
                "logs": list(new_there(LOGS, set(), but)),
                "argv and environment": [self.write("words", words), self.write("environment", around)],
                "screen": [self.write("drawn", run.shown), self.write("cells", run.screen.text().encode())]}

    def permitted(self, find, family):
        name, place, _, locked = find
        kind = name.split(":")[0]
        role = owner(place, family)
        if role == "program" and locked and kind in ("passphrase", "pin"):
            return True
        if role == "@vault" and locked and kind in ("piece", "database-key"):
            return True
        # The card itself, whose keys and PINs these are.
        return role == "@cards" and self.reader == "sim" and kind in ("key", "pin")

    def after(self, what, run, tier, before):
        """Everywhere, for everything. Adds a line of the report for each place."""
        self.known.gather()
        lines, forms = self.known.lines()
        family = run.ours()
        roles = sorted(family.values())
        self.report.check(roles.count("program") == 1 and "@vault" in roles, f"{what}: its processes are there ({', '.join(roles)})", roles)
        for where, places in self.gather_places(run, tier, before).items():
            finds, read = search(self.build, lines, places)
            bad = [f for f in finds if not self.permitted(f, family)]
            self.permitted_finds |= {(owner(f[1], family), f[0].split(":")[0]) for f in finds if f not in bad}
            self.bytes += read
            self.lost += bool(bad)
            self.report.check(not bad, f"{what}: {where} hold{'s' if where in ('store', 'screen') else ''} nothing secret "
                              f"({len(self.known.values)} values, {forms} forms, {read >> 10} KiB)",
                              "\n".join(f"{name} in {place}, {owner(place, family)}, at {at}{', locked' if locked else ''}"
                                        for name, place, at, locked in bad[:40]))
            if where == "images":
                self.report.check(read > 8 << 20, f"{what}: the images could be read", read)
        self.ceremonies += 1
        self.most_forms, self.most_values = max(self.most_forms, forms), max(self.most_values, len(self.known.values))


# ---- The chain ----


def answers_of(tier, script, time_):
    """What this holding of the script needs, and nothing that a later one would."""
    wanted = copy.deepcopy(tier.answers)
    mine = wanted["answers"].get(script)
    if isinstance(mine, list):
        mine = mine[min(time_, len(mine) - 1)]
    wanted["answers"] = {script: mine} if mine is not None else {}
    return wanted


def searched_hold(search_, tier, place):
    """tier.hold(), with a search after each ceremony."""
    times = {}

    def one(script, reader):
        if not os.path.isdir(tier.deck):
            tier.make_deck()
        whole = tier.answers
        tier.answers = answers_of(tier, script, times.get(script, 0))
        times[script] = times.get(script, 0) + 1
        options = () if script in PRINTED or script == "transfer" else ("--screen", "--pace", "1")
        try:
            before = beside(TEMPORARY)
            run = Run(search_.build, tier.command([script], "--fresh", *options, reader=reader), search_.folder)
        finally:
            tier.answers = whole
        held = run.until_held()
        if held:
            search_.after(f"{place}, {script}", run, tier, before)
        status = run.end()
        search_.report.check(held and status == 0, f"{place}, {script} is held", run.shown[-3000:].decode(errors="replace"))
        return status, run.shown.decode("utf-8", "replace").replace("\r\n", "\n")

    def hold(scripts, reader="sim"):
        status, said = 0, ""
        for script in scripts:
            status, text = one(script, reader)
            said += text
            if status != 0:
                break
        tier.out += said
        return subprocess.CompletedProcess(scripts, status, said, "")
    tier.hold = hold


def journal_in_clear(search_, tier, place):
    """What an auditor can read, and the database's pages without their cipher."""
    said = b"".join(tier.audit_command(*words)[1].encode() for words in (("show", tier.store), ("verify", tier.store)))
    key = next(v for (_, what), v in search_.known.kept[place].items() if what == "database-key")
    clear = pages(os.path.join(tier.store, "journal.db"), key)
    search_.report.check(b"CREATE TABLE entries" in clear, f"{place}: the database can be read in clear ({len(clear) >> 10} KiB)", clear[:100])
    lines, forms = search_.known.lines()
    finds, read = search(search_.build, lines, [search_.write("journal", said), search_.write("pages", clear)])
    search_.bytes += read
    search_.lost += bool(finds)
    search_.report.check(not finds, f"{place}: the journal as it is read and the database's rows hold nothing secret ({forms} forms)",
                         "\n".join(map(str, finds[:20])))


def pages(path, key):
    """SQLCipher's pages of 4096 bytes: AES-256-CBC, the last 80 bytes are initial value, MAC and filling; the first 16 of the file a salt."""
    with open(path, "rb") as f:
        bytes_ = f.read()
    clear = b""
    for at in range(0, len(bytes_), 4096):
        page = bytes_[at + (16 if at == 0 else 0):at + 4096 - 80]
        clear += subprocess.run(["openssl", "enc", "-d", "-aes-256-cbc", "-nopad", "-K", key.hex(), "-iv", bytes_[at + 4016:at + 4032].hex()],
                                input=page, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False).stdout
    return clear


# ---- Controls ----


def planted(search_):
    """One form after the other is planted in a process, one in a file: each has to be found, or the search has proved nothing."""
    value, words, pin = os.urandom(16), "planted " + os.urandom(8).hex(), f"{int.from_bytes(os.urandom(4), 'big') % 900000 + 100000}"
    every = {**{f"key:{f}": b for f, b in known.byte_forms(value).items()}, **{f"words:{f}": b for f, b in known.text_forms(words).items()}}
    digits, rest = known.pin_forms(pin)
    every |= {f"pin:{f}": b for f, b in {**digits, **rest}.items()}
    lines = "".join(f"{f.replace(' ', '_')} {b.hex()}\n" for f, b in every.items())
    # Each inside a longer text, as it would lie there.
    content = b"\0".join(b"\0" + b + b"\0" for b in every.values())
    holder = subprocess.Popen([sys.executable, "-c", "import sys; kept = sys.stdin.buffer.read(int(sys.argv[1])); print('held', flush=True); "
                               "sys.stdin.read()", str(len(content))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    holder.stdin.write(content)
    holder.stdout.readline()
    for where, place in (("a process", f"pid:{holder.pid}"), ("a file", search_.write("planted", content))):
        finds, _ = search(search_.build, lines, [place])
        missed = sorted(set(f.replace(" ", "_") for f in every) - {name for name, *_ in finds})
        search_.report.check(not missed, f"control: {len(every)} planted forms are found in {where}", missed)
    holder.kill()
    holder.wait()
    os.unlink(os.path.join(search_.folder, "planted"))


def longer_base64(report):
    """base64 of a longer text has the characters that the search looks for, wherever the value lies in it."""
    value = os.urandom(16)
    import base64
    missed = [lead for lead in range(6) if not any(b in base64.b64encode(b"x" * lead + value + b"yy") for b in known.in_base64(value))]
    report.check(not missed, "control: base64 is found wherever the value lies in the text", missed)


def computed_are_in_use(search_, chain, cards):
    """What openssl computes from the sheets is what the centres keep and the cards have: the keys searched for are those in use."""
    have = set(search_.known.kept["national"].values())
    for tier in cards:
        have |= set(known.on_cards(tier.deck).values())
    wanted = {n: v for n, v in known.spring_from_components(chain).items()
              if "unadjusted" not in n and (cards or n.startswith("GMPK"))}
    missing = [n for n, v in wanted.items() if v not in have]
    search_.report.check(not missing, f"control: {len(wanted)} keys computed by openssl from sheets are those in use", missing)


def there_where_it_may_be(search_):
    """Control: what may be in a process while it is stopped was found there, by the same search."""
    for role, kind in (("program", "passphrase"), ("@vault", "piece"), ("@vault", "database-key")):
        search_.report.check((role, kind) in search_.permitted_finds, f"control: {kind} is found where it may be, in {role}",
                             search_.permitted_finds)


# ---- The whole ----


def run(report, options):
    """As a part of tests/torture/run: rows of its table."""
    reader = "pcsc" if not options.short and os.geteuid() == 0 and shutil.which("pcscd") else "sim"
    # Other tests of this machine use the usual ones in files of theirs.
    PINS.update({name: f"{random.SystemRandom().randrange(10 ** 6):06}" for name in PINS})
    chain = Chain(options.build, psams=1, users=1, reader=reader)
    chain.member.answers["answers"]["prove-chain"].update(NOT_SHOWN)
    search_ = Search(report, options.build, chain, reader)
    failed_before = report.failed
    planted(search_)
    longer_base64(report)
    places = dict(zip(("national", "regional", "member"), chain.centres))
    for place, tier in places.items():
        searched_hold(search_, tier, place)
    if options.short:
        # One ceremony of each way by which secrets come in and go out.
        chain.national.hold(SEQUENCE, reader=reader)
        places = {"national": chain.national}
    else:
        chain.hold_chain()
    computed_are_in_use(search_, chain, [] if options.short else chain.centres)
    there_where_it_may_be(search_)
    for place, tier in places.items():
        if place in search_.known.kept:
            journal_in_clear(search_, tier, place)
    print(f"     {search_.ceremonies} ceremonies, {search_.most_values} values in {search_.most_forms} forms, "
          f"{search_.bytes >> 20} MiB searched, cards {'behind pcscd' if reader == 'pcsc' else 'simulated in the card process'}")
    shutil.rmtree(search_.folder)
    for tier in chain.centres:
        if not getattr(options, "keep", False) and report.failed == failed_before:
            shutil.rmtree(tier.folder)
    places_count = search_.ceremonies * 6 + len(places)
    return [("secrets, ceremonies x places", places_count, places_count - search_.lost, search_.lost)]
