#!/usr/bin/env python3
"""Computes the golden files of the audit log from the description in src/audit/leaf.rs alone.

Usage: python3 make.py [--check]    (needs the package `cryptography` for Ed25519)

Written apart from the Rust code, so that both must have understood the description in the same way. The files
are final: --check says whether they still are what this script computes.
"""
import base64
import hashlib
import pathlib
import struct
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HERE = pathlib.Path(__file__).parent


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def number(n):
    return struct.pack(">q", n)


def blob(b):
    return struct.pack(">I", len(b)) + b


def text(s):
    return blob(s.encode())


class Dice:
    """SplitMix64, as the test's clock throws it: each number gives eight bytes, the least significant first."""

    def __init__(self, seed):
        self.state = seed

    def throw(self, count):
        mask, out = (1 << 64) - 1, b""
        while len(out) < count:
            self.state = (self.state + 0x9E3779B97F4A7C15) & mask
            z = self.state
            z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
            out += struct.pack("<Q", z ^ (z >> 31))
        return out[:count]


def leaf_hash(data):
    return sha(b"\x00", data)


def root(hashes):
    if not hashes:
        return sha()
    if len(hashes) == 1:
        return hashes[0]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return sha(b"\x01", root(hashes[:half]), root(hashes[half:]))


def item(dice, record, version, action, outcome, contents):
    """The stored form of an item."""
    salted = any(c is not None for c in contents)
    salts = dice.throw(48) if salted else bytes(48)
    kept, commitments = b"", b""
    for place, content in enumerate(contents):
        salt = salts[place * 16 : place * 16 + 16] if content is not None else bytes(16)
        kept += salt
        commitments += blob(sha(salt, content) if content is not None else b"")
    return (
        text(record) + number(version) + text(action) + text(outcome)
        + commitments + blob(sha(kept) if salted else b"")
    )


def leaf(time, event, actor, role, run="", platform="", kind="", route="", versions=(b"",) * 4, subject="", items=()):
    return (
        text("qilu-leaf/1") + number(time)
        + b"".join(text(t) for t in (event, actor, role, run, platform, kind, route))
        + b"".join(blob(v) for v in versions)
        + text(subject) + number(len(items))
        + blob(root([leaf_hash(text("qilu-item/1") + i) for i in items]))
    )


def note(origin, size, head, seed):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes_raw()
    key_id = sha(origin.encode(), b"\n\x01", public)[:4]
    body = f"{origin}\n{size}\n{base64.b64encode(head).decode()}\n"
    line = base64.b64encode(key_id + key.sign(body.encode())).decode()
    vkey = f"{origin}+{key_id.hex()}+{base64.b64encode(bytes([1]) + public).decode()}\n"
    return f"{body}\n— {origin} {line}\n".encode(), vkey.encode()


def files():
    dice = Dice(42)
    items = [
        item(dice, "a1b2c3", 1, "create", "intended", (b"row one", "成果".encode(), None)),
        item(dice, "d4e5f6", 2, "update", "intended", (None, None, None)),
        item(dice, "0718ff", -1, "withdraw", "intended", (None, None, sha(b"payload"))),
    ]
    time = 1_767_225_600_000_000
    minimal = leaf(time, "stop", "wang", "operator")
    full = leaf(
        time + 1, "batch_intended", "schedule", "standing approval", "17", "shandong", "achievement", "achievement",
        (b"\x01" * 32, b"", b"\x03" * 32, b"\x04" * 32), "第 1 批，3 条", items,
    )
    yield "leaf-minimal.bin", minimal
    yield "leaf-full.bin", full
    yield "items-full.bin", b"".join(items)
    leaves = [leaf(time + n, "viewed", "audit", "auditor", subject=str(n)) for n in range(9)]
    hashes = [leaf_hash(data) for data in leaves]
    yield "roots.txt", "".join(f"{n} {root(hashes[:n]).hex()}\n" for n in range(1, 10)).encode()
    signed, vkey = note("qilu/zibo/audit", 9, root(hashes), Dice(7).throw(32))
    yield "checkpoint.note", signed
    yield "public-key.txt", vkey


wrong = 0
for name, data in files():
    path = HERE / name
    if "--check" in sys.argv:
        same = path.read_bytes() == data
        wrong += not same
        print("same     " if same else "DIFFERENT", name)
    else:
        path.write_bytes(data)
sys.exit(1 if wrong else 0)
