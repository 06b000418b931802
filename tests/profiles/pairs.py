"""Computes recorded exchanges apart from the program: the standard library, and `openssl` for what it lacks.

Used by the `make.py` of each folder. `make.py` writes `cases.json`; `make.py --check` compares instead.
Nothing here knows the program's profile language: each `make.py` follows the convention's own rules.
"""

import base64
import datetime
import hashlib
import hmac
import json
import pathlib
import subprocess
import sys
import urllib.parse

CHINA = datetime.timezone(datetime.timedelta(hours=8))
# 2026-05-29 12:34:56.789 in China.
NOW = datetime.datetime(2026, 5, 29, 12, 34, 56, 789000, tzinfo=CHINA)
DICE = bytes.fromhex("00112233445566778899aabbccddeeff0f1e2d3c4b5a69788796a5b4c3d2e1f0")
NONCE = DICE[:16].hex()
UUID = "-".join([NONCE[:8], NONCE[8:12], NONCE[12:16], NONCE[16:20], NONCE[20:]])
# Eighteen digits from the first sixteen bytes of the dice, little end first.
DIGITS = f"{int.from_bytes(DICE[:16], 'little') % 10**18:018}"
SECONDS = int(NOW.timestamp())
MILLIS = SECONDS * 1000 + NOW.microsecond // 1000


def compact(value):
    """JSON as it is sent: compact, in order, Chinese as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def md5(text):
    return hashlib.md5(as_bytes(text)).hexdigest()


def sha256(text):
    return hashlib.sha256(as_bytes(text)).hexdigest()


def hmac_sha256(key, text):
    return hmac.new(as_bytes(key), as_bytes(text), hashlib.sha256).digest()


def sm3(text):
    return openssl(["dgst", "-sm3", "-binary"], as_bytes(text)).hex()


def cipher(name, key, data, iv=None, decrypt=False):
    """`openssl enc` with PKCS#7 padding; `name` as openssl has it, e.g. sm4-ecb, aes-128-cbc."""
    command = ["enc", "-" + name, "-d" if decrypt else "-e", "-K", as_bytes(key).hex()]
    if iv is not None:
        command += ["-iv", as_bytes(iv).hex()]
    return openssl(command, as_bytes(data))


def openssl(command, data):
    done = subprocess.run(["openssl", *command], input=data, capture_output=True, check=True)
    return done.stdout


def form(pairs, encoding="utf-8"):
    return urllib.parse.urlencode(pairs, encoding=encoding)


def b64(data):
    return base64.b64encode(as_bytes(data)).decode()


def as_bytes(value):
    return value.encode() if isinstance(value, str) else value


def case(name, do, exchanges, expect, credentials=None, now=NOW):
    return {
        "name": name,
        "now": now.isoformat(timespec="milliseconds"),
        "dice": DICE.hex(),
        "credentials": credentials or {},
        "do": do,
        "exchanges": exchanges,
        "expect": expect,
    }


def exchange(request, answer):
    return {"request": request, "answer": answer}


def in_time(*steps):
    """Exchanges in a row, each made for its time in ms; a number among them stands for seconds that pass."""
    at, made = MILLIS, []
    for step in steps:
        if isinstance(step, int):
            at += step * 1000
        else:
            made.append(step(at))
    return made


def answer(body, status=200, headers=None):
    body = body if isinstance(body, str) else compact(body)
    return {"status": status, "headers": headers or {"content-type": "application/json"}, "body": body}


def write(make_file, cases):
    """Writes or, with `--check`, compares `cases.json` beside the caller."""
    file = pathlib.Path(make_file).parent / "cases.json"
    text = json.dumps(cases, ensure_ascii=False, indent=1) + "\n"
    if "--check" not in sys.argv:
        file.write_text(text, encoding="utf-8")
    elif file.read_text(encoding="utf-8") != text:
        sys.exit(f"{file} is not what {make_file} computes")
