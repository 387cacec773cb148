"""Looking for a component in everything a running keyrite can be read from: memory of its processes, files, what went to the screen."""

import os


def forms(component, letters=""):
    """name -> bytes of every form in which 16 key bytes could lie about, whole and by halves."""
    found = {}
    for part, value in (("", component), ("first half ", component[:8]), ("second half ", component[8:])):
        swapped = bytes((b << 4 | b >> 4) & 255 for b in value)
        upper, lower = value.hex().upper(), value.hex()
        found.update({
            part + "raw": value, part + "raw reversed": value[::-1], part + "nibbles swapped": swapped,
            part + "one nibble a byte": bytes(int(c, 16) for c in lower),
            part + "digits": upper.encode(), part + "digits, lower case": lower.encode(),
            part + "digits reversed": upper[::-1].encode(), part + "digits in pairs": value.hex(" ").upper().encode(),
            part + "digits in fours": " ".join(upper[i:i + 4] for i in range(0, len(upper), 4)).encode(),
            part + "UTF-16": upper.encode("utf-16-le"), part + "UTF-16, lower case": lower.encode("utf-16-le"),
            part + "wide characters": upper.encode("utf-32-le"), part + "wide characters, lower case": lower.encode("utf-32-le"),
        })
    if letters:
        digits = component.hex().upper()
        found["sheet form"] = "".join(digits[4 * i:4 * i + 4] + c for i, c in enumerate(letters)).encode()
    return found


def look_in(bytes_, wanted, where):
    return [f"{name} in {where} at {bytes_.find(form):#x}" for name, form in wanted.items() if form in bytes_]


def descendants(pid):
    """The process and everything it started."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as f:
                    parents[int(entry)] = int(f.read().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError, ValueError):
                continue
    family = [pid]
    for member in family:
        family += [p for p, parent in parents.items() if parent == member]
    return family


def look_in_process(pid, wanted):
    """(finds, bytes read). Mappings that cannot be read (guard pages, vvar) are passed over."""
    finds, total = [], 0
    with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as maps, open(f"/proc/{pid}/mem", "rb") as mem:
        for line in maps:
            words = line.split(None, 5)
            begin, end = (int(x, 16) for x in words[0].split("-"))
            name = words[5].strip() if len(words) > 5 else "anonymous"
            try:
                mem.seek(begin)
                bytes_ = mem.read(end - begin)
            except (OSError, ValueError, OverflowError):
                continue
            total += len(bytes_)
            finds += look_in(bytes_, wanted, f"process {pid}, {name}")
    return finds, total


def look_in_folder(folder, wanted):
    finds = []
    for place, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(place, name), "rb") as f:
                finds += look_in(f.read(), wanted, os.path.join(place, name))
    return finds
