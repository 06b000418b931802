"""SM2 by its formulas, in plain numbers. Source: GB/T 32918.1-2016, .2-2016, .5-2017 (the curve); RFC 6979 (k).

Slow and open to whoever watches the clock: for recordings only. `python3 sm2.py` lets openssl judge it.
"""

import hashlib
import hmac
import pathlib
import subprocess
import tempfile

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
USER = b"1234567812345678"


def sm3(data):
    return hashlib.new("sm3", data).digest()


def add(one, other):
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) if one == other else (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def times(k, point):
    total = None
    while k:
        if k & 1:
            total = add(total, point)
        point, k = add(point, point), k >> 1
    return total


def word(number):
    return number.to_bytes(32, "big")


def public(private):
    x, y = times(int(private, 16), G)
    return "04" + word(x).hex() + word(y).hex()


def one_time_number(private, e):
    """RFC 6979 §3.2 with SM3 for the hash."""
    mac = lambda key, data: hmac.new(key, data, lambda d=b"": hashlib.new("sm3", d)).digest()
    secret = word(private) + word(e % N)
    key, value = bytes(32), b"\1" * 32
    for mark in (b"\0", b"\1"):
        key = mac(key, value + mark + secret)
        value = mac(key, value)
    while True:
        value = mac(key, value)
        if 0 < (k := int.from_bytes(value, "big")) < N:
            return k
        key = mac(key, value + b"\0")
        value = mac(key, value)


def sign(private, message, user=USER):
    """r‖s, 64 bytes."""
    d = int(private, 16)
    x, y = times(d, G)
    identity = sm3((len(user) * 8).to_bytes(2, "big") + user + b"".join(map(word, (A, B, *G, x, y))))
    e = int.from_bytes(sm3(identity + message), "big")
    k = one_time_number(d, e)
    r = (e + times(k, G)[0]) % N
    s = pow(1 + d, -1, N) * (k - r * d) % N
    assert r and s and r + k != N
    return word(r) + word(s)


def der(signature):
    def integer(number):
        digits = number.lstrip(b"\0")
        digits = (b"\0" if digits[0] >= 0x80 else b"") + digits
        return bytes([2, len(digits)]) + digits

    inside = integer(signature[:32]) + integer(signature[32:])
    return bytes([0x30, len(inside)]) + inside


def openssl_takes(private, message, user=USER):
    """Whether openssl finds a signature from here good."""
    point = bytes.fromhex(public(private))
    # SubjectPublicKeyInfo of id-ecPublicKey on the curve sm2.
    info = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200") + point
    with tempfile.TemporaryDirectory() as folder:
        files = {"p": info, "m": message, "s": der(sign(private, message, user))}
        for name, content in files.items():
            pathlib.Path(folder, name).write_bytes(content)
        command = "openssl pkeyutl -verify -rawin -digest sm3 -pubin -keyform DER -inkey p -in m -sigfile s -pkeyopt"
        done = subprocess.run([*command.split(), "distid:" + user.decode()], cwd=folder, capture_output=True)
        return done.returncode == 0


if __name__ == "__main__":
    for number in range(1, 6):
        key = sm3(bytes([number])).hex()
        assert openssl_takes(key, b"m" * number) and openssl_takes(key, b"", b"somebody")
    # The constant that the program's own test holds.
    known = "9a655537a3af5fdbe1c77c7c6036c275086c798937af657fcc9c1f7ccf75ebd6"
    assert sign(known, "山东 abc".encode()).hex().startswith("d87f87b5bc65e732bc76a4280b9f7995")
    print("openssl takes what is signed here")
