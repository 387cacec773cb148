#!/usr/bin/python3
"""A purchase by somebody else's terminal: pyscard and the openssl command, and none of this project's code.

  outside_purchase.py --gmpk HEX32 --region HEX16 --bank HEX16 --group N [--amount N]

PSAM in the first reader of pcscd, user card in the second one. Knows the group's root key, and so computes what both
cards must say. Prints what it found as JSON; exits 1 when anything differs.
"""

import argparse
import datetime
import json
import subprocess
import sys
import time

from smartcard.Exceptions import CardConnectionException, NoCardException
from smartcard.System import readers


def openssl(cipher, key, data, iv=None):
    line = ["openssl", "enc", "-e", f"-{cipher}", "-nopad", "-K", key.hex()] + (["-iv", iv.hex()] if iv else [])
    return subprocess.run(line, input=data, stdout=subprocess.PIPE, check=True).stdout


def triple(key, data):
    return openssl("des-ede", key, data)


def derive(key, factor):
    return triple(key, factor + bytes(b ^ 0xFF for b in factor))


def des_mac(key8, data):
    """DES-CBC with IV 0 over data padded 80 00...; two equal halves make Triple DES single DES."""
    padded = data + b"\x80" + bytes(-(len(data) + 1) % 8)
    return openssl("des-ede-cbc", key8 + key8, padded, bytes(8))[-8:-4]


class Card:
    def __init__(self, reader):
        self.connection = reader.createConnection()
        for patience in range(50, -1, -1):  # a virtual reader takes a moment to see its card
            try:
                self.connection.connect()
                return
            except (NoCardException, CardConnectionException):
                if patience == 0:
                    raise
                time.sleep(0.1)

    def ask(self, header, data=b"", le=None):
        apdu = list(bytes.fromhex(header)) + ([len(data), *data] if data else []) + ([le] if le is not None else [])
        answer, sw1, sw2 = self.connection.transmit(apdu)
        if sw1 == 0x61:
            answer, sw1, sw2 = self.connection.transmit([0x00, 0xC0, 0x00, 0x00, sw2])
        if (sw1, sw2) != (0x90, 0x00):
            raise SystemExit(f"{header}: {sw1:02X}{sw2:02X}")
        return bytes(answer)

    def application(self):
        self.ask("00A40000", bytes.fromhex("3F01"), 0)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("gmpk", "region", "bank"):
        options.add_argument(f"--{name}", type=bytes.fromhex, required=True)
    options.add_argument("--group", type=int, required=True)
    options.add_argument("--amount", type=int, default=100)
    given = options.parse_args()
    psam, user = (Card(r) for r in sorted(readers(), key=str)[:2])
    terminal = psam.ask("00B09600", le=6)  # MF 0016
    psam.application()
    user.application()
    asn = user.ask("00B09500", le=28)[10:20]  # ADF 0015
    amount = given.amount.to_bytes(4, "big")
    when = bytes.fromhex(datetime.datetime.now().strftime("%Y%m%d%H%M%S"))

    begun = user.ask("80500102", bytes([given.group]) + amount + terminal, 15)
    balance, counter, version, random = int.from_bytes(begun[:4], "big"), begun[4:6], begun[9:11], begun[11:]
    sam = psam.ask("80700000", random + counter + amount + b"\x06" + when + version + asn[2:] + given.bank + given.region, 8)
    number, mac1 = sam[:4], sam[4:]
    dpk = derive(derive(derive(given.gmpk, given.region), given.bank), asn[2:])
    session = triple(dpk, random + counter + number[2:])
    receipt = user.ask("80540100", number + when + mac1, 8)
    tac, mac2 = receipt[:4], receipt[4:]
    psam.ask("80720000", mac2)
    proof = user.ask("805A0006", (int.from_bytes(counter, "big") + 1).to_bytes(2, "big"), 8)
    after = int.from_bytes(user.ask("805C0002", le=4), "big")
    found = {"group": given.group, "asn": asn.hex(), "version": version[0], "balance": [balance, after],
             "mac1": mac1 == des_mac(session, amount + b"\x06" + terminal + when),
             "mac2": mac2 == des_mac(session, amount), "proof": proof == mac2 + tac,
             "debited": balance - after == given.amount}
    print(json.dumps(found))
    return 0 if all(found[k] for k in ("mac1", "mac2", "proof", "debited")) and version[0] == given.group else 1


if __name__ == "__main__":
    sys.exit(main())
