#!/usr/bin/env python3
"""Key blocks of ANSI X9.143 / TR-31, versions B and D, by the openssl command alone.

    key_block.py open KBPK BLOCK                  prints the key, or "refused"
    key_block.py make KBPK HEADER KEY [BITS]      HEADER: the 16 characters and the optional blocks, whatever length they say;
                                                  BITS: the key's length as the block is to say it, four digits

Keys are hexadecimal. Written from the standard's description; nothing of it is shared with crypto/.
"""
import os
import subprocess
import sys

CIPHERS = {("B", 16): ("DES-EDE3-CBC", 0), ("B", 24): ("DES-EDE3-CBC", 1), ("D", 16): ("AES-128-CBC", 2),
           ("D", 24): ("AES-192-CBC", 3), ("D", 32): ("AES-256-CBC", 4)}


def openssl(*words, data):
    return subprocess.run(["openssl", *words], input=data, capture_output=True, check=True).stdout


class Protection:
    def __init__(self, version, kbpk):
        self.cipher, self.number = CIPHERS[version, len(kbpk)]
        self.block = 8 if version == "B" else 16
        self.length = len(kbpk)
        self.encryption, self.mac = (self.derive(kbpk, use) for use in (0, 1))

    def whole(self, key):
        return key + key[:8] if self.cipher.startswith("DES") and len(key) == 16 else key

    def cmac(self, key, data):
        return bytes.fromhex(openssl("mac", "-cipher", self.cipher, "-macopt", "hexkey:" + self.whole(key).hex(), "CMAC",
                                     data=data).decode())

    def derive(self, kbpk, use):
        key = b""
        while len(key) < self.length:
            number = len(key) // self.block + 1
            key += self.cmac(kbpk, bytes([number, 0, use, 0, 0, self.number]) + (8 * self.length).to_bytes(2, "big"))
        return key[:self.length]

    def cbc(self, way, iv, data):
        return openssl("enc", way, "-" + self.cipher.lower(), "-K", self.whole(self.encryption).hex(), "-iv", iv.hex(), "-nopad",
                       data=data)


def header_length(block):
    at = 16
    for _ in range(int(block[12:14])):
        here = int(block[at + 2:at + 4], 16)
        at += here if here else int(block[at + 6:at + 10], 16)
    return at


def open_block(kbpk, block):
    p = Protection(block[0], kbpk)
    at = header_length(block)
    payload, mac = bytes.fromhex(block[at:-2 * p.block]), bytes.fromhex(block[-2 * p.block:])
    payload = p.cbc("-d", mac, payload)
    if int(block[1:5]) != len(block) or p.cmac(p.mac, block[:at].encode() + payload) != mac:
        return None
    return payload[2:2 + int.from_bytes(payload[:2], "big") // 8]


def make_block(kbpk, header, key, bits=None):
    p = Protection(header[0], kbpk)
    payload = (bits or (8 * len(key)).to_bytes(2, "big")) + key
    payload += os.urandom(-len(payload) % p.block)
    header = f"{header[0]}{len(header) + 2 * (len(payload) + p.block):04}{header[5:]}"
    mac = p.cmac(p.mac, header.encode() + payload)
    return header + (p.cbc("-e", mac, payload) + mac).hex().upper()


def main(way, kbpk, *words):
    kbpk = bytes.fromhex(kbpk)
    if way == "open":
        key = open_block(kbpk, words[0])
        print(key.hex().upper() if key else "refused")
    else:
        print(make_block(kbpk, words[0], *map(bytes.fromhex, words[1:])))


main(*sys.argv[1:])
