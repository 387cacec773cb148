"""The golden chain on the console's own screens, in a pseudo-terminal: every ceremony is drawn, request by request."""

import subprocess

from chain import MEMBER, NATIONAL, REGIONAL, Chain
from proofs import NOT_SHOWN

# Cards of these travel; their numbers are read from printed lines, so these are held without a screen.
PRINTED = {"issue-bkc", "issue-pakc", "issue-mkc"}


def stretches(scripts):
    """Scripts in order, cut where the way of holding them changes: (on the screen, [script ...])."""
    cut = []
    for script in scripts:
        on_screen = script not in PRINTED
        if not cut or cut[-1][0] != on_screen:
            cut.append((on_screen, []))
        cut[-1][1].append(script)
    return cut


def hold(report, tier, scripts, lang, columns, rows):
    """False when one did not close."""
    name = f"{tier.answers['answers']['site-init']['tier']} centre, {lang}, {columns}x{rows}"
    drawn = b""
    for on_screen, part in stretches(scripts):
        if on_screen:
            status, bytes_drawn = tier.watched(part, lang, columns, rows)
            drawn += bytes_drawn
        else:
            done = tier.hold(part)
            status, bytes_drawn = done.returncode, (done.stdout + done.stderr).encode()
        if status != 0:
            report.check(False, f"{name}: {', '.join(part)}", bytes_drawn[-2000:].decode(errors="replace"))
            return False
    report.check(True, f"{name}: every ceremony is held on the screen")
    said = drawn.upper()
    known = [v.hex().upper() for v in tier.components.values()] + [p["passphrase"].upper() for p in tier.people.values()]
    report.check(not any(s.encode() in said for s in known), f"{name}: no secret is drawn")
    words = {"zh_CN": "主管批准", "en": "approves"}
    report.check(words[lang] in drawn.decode(errors="replace"), f"{name}: in its language")
    status, text = tier.audit()
    report.check(status == 0, f"{name}: the journal verifies", text)
    return True


def send_on_screen(report, tier, lang, columns, rows):
    """What leaves the centre is sent on the screen too."""
    held = tier.hold

    def sent(scripts, **kind):
        if scripts != ["transfer"]:
            return held(scripts, **kind)
        status, drawn = tier.watched(scripts, lang, columns, rows)
        report.check(status == 0, f"a transfer is held on the screen, {lang}, {columns}x{rows}", drawn[-2000:].decode(errors="replace"))
        return subprocess.CompletedProcess(scripts, status, "", drawn.decode(errors="replace"))

    tier.hold = sent


def ways_to_hold_keys(report, member, lang, columns, rows):
    """Mode II, and mode III with its warning."""
    member.answers["defaults"].update({"seat-administrator": "zhao", "decide": "decide"})
    for way, said in (("hsm", "方式 II"), ("export", "警告")):
        member.answers["answers"]["key-holding"] = {"key-holding": way}
        status, drawn = member.watched(["key-holding"], lang, columns, rows)
        text = drawn.decode(errors="replace")
        report.check(status == 0 and said in text, f"key-holding, {way}, is decided on the screen, {lang}, {columns}x{rows}", text[-2000:])


def run(report, build):
    chain = Chain(build)
    send_on_screen(report, chain.national, "zh_CN", 80, 24)
    send_on_screen(report, chain.regional, "en", 80, 24)
    chain.member.answers["answers"]["prove-chain"].update(NOT_SHOWN)
    if hold(report, chain.national, NATIONAL, "zh_CN", 80, 24):
        chain.travel_to_region()
        if hold(report, chain.regional, REGIONAL, "en", 120, 40):
            chain.travel_to_member()
            chain.write_users()
            if hold(report, chain.member, MEMBER, "en", 80, 24):
                ways_to_hold_keys(report, chain.member, "zh_CN", 80, 24)
    return chain.centres
