"""SM2 over sorted fields, SM4 around the content, both ways."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import sm2
from pairs import *

BASE = "https://yibao.example.cn/ebus"
CODE, SECRET = "43AF047BBA47FC8A1AE8EFB232BDBBCB", "4117E877F5FA0A0188891283E4B617D5"
OURS, THEIRS = sm2.sm3(b"ours").hex(), sm2.sm3(b"theirs").hex()
KEYS = {"app_code": CODE, "app_secret": SECRET, "private_key": OURS, "platform_key": sm2.public(THEIRS)[2:], "paasid": "zb-kjt", "token": "T0ken-9x"}
KEY = cipher("sm4-ecb", CODE[:16], SECRET).hex().upper()[:16]


def text_of(content):
    """A number between @ stands as it is written: Python would forget its noughts."""
    return compact(content).replace('"@', "").replace('@"', "")


def sealed(content, key=KEY):
    return cipher("sm4-ecb", key, text_of(content)).hex().upper()


def signature(private, content, timestamp):
    fields = {"appCode": CODE, "version": "1.0.0", "encType": "SM4", "signType": "SM2", "timestamp": timestamp,
              "data": text_of(dict(sorted(content.items())))}
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields)) + "&key=" + SECRET
    assert sm2.openssl_takes(private, text.encode(), SECRET.encode())
    return b64(sm2.sign(private, text.encode(), SECRET.encode()))


def wrapped(private, content, timestamp):
    return {"data": {"encData": sealed(content)}, "appCode": CODE, "version": "1.0.0", "encType": "SM4", "signType": "SM2",
            "timestamp": timestamp, "signData": signature(private, content, timestamp)}


def request(path, content):
    headers = {"x-tif-paasid": "zb-kjt", "x-tif-timestamp": str(SECONDS), "x-tif-nonce": NONCE,
               "x-tif-signature": sha256(f"{SECONDS}T0ken-9x{NONCE}{SECONDS}"), "Content-Type": "application/json; charset=utf-8"}
    return {"method": "POST", "url": BASE + path, "headers": headers, "body": compact({"data": wrapped(OURS, content, str(MILLIS))})}


def said(content, **other):
    return answer({"code": 0, "message": "成功", "data": wrapped(THEIRS, content, str(MILLIS + 300)) | other})


def do(operation, remote=None):
    item = {"record_id": "a1", "item_key": "z/a1/1", "version": 1, "remote_id": remote, "document": {"title": "超薄膜", "price": "12.50"}, "reason": "到期"}
    return {"operation": operation, "key": "b1", "items": [item]}


# Not in the order of their names, so that sorting shows.
content = {"outerId": "a1", "name": "超薄膜", "price": "12.50"}
sent = request("/achievement/add", content)
taken = {"code": "0", "msg": "ok", "id": "Y1", "amount": "@1.50@"}
look = {"operation": "lookup", "names": {"local_id": "a1"}}
asked = request("/achievement/get", {"outerId": "a1"})


def doubted(name, reply):
    return case(name, do("create"), [exchange(sent, reply)], {"in_doubt": {"lane": "open"}}, KEYS)


write(__file__, [
    case("signed and encrypted both ways", do("create"), [exchange(sent, said(taken))], {"settled": [{"accepted": "Y1"}]}, KEYS),
    case("a refusal is believed for the same reason", do("create"), [exchange(sent, said({"code": "3101", "msg": "名称重复"}))],
         {"settled": [{"refused": [{"message": "名称重复"}]}]}, KEYS),
    doubted("another content under the old signature is not believed", said(taken, data={"encData": sealed(taken | {"id": "Y2"})})),
    doubted("nor another time", said(taken, timestamp=str(MILLIS))),
    doubted("nor a signature by somebody else", said(taken, signData=signature(OURS, taken, str(MILLIS + 300)))),
    doubted("nor none", said(taken, signData=None)),
    doubted("nor one that is no signature", said(taken, signData="MTIz")),
    doubted("nor what cannot be opened", said(taken, data={"encData": sealed(taken, "0123456789ABCDEF")})),
    doubted("nor a gateway's plain word", answer({"code": 0, "message": "成功", "data": {"id": "Y1"}})),
    doubted("nor a page", answer("<html>成功</html>", headers={"content-type": "text/html"})),
    case("a change", do("update", "Y1"), [exchange(request("/achievement/edit", {"id": "Y1"} | content), said({"code": 0}))],
         {"settled": [{"accepted": "Y1"}]}, KEYS),
    case("a revocation", do("withdraw", "Y1"), [exchange(request("/achievement/revoke", {"id": "Y1", "reason": "到期"}), said({"code": 0}))],
         {"settled": [{"accepted": "Y1"}]}, KEYS),
    case("found", look, [exchange(asked, said({"code": "0", "record": {"id": "Y1", "outerId": "a1"}}))], {"found": {"remote_id": "Y1", "local_id": "a1"}}, KEYS),
    case("not found", look, [exchange(asked, said({"code": "0"}))], {"found": None}, KEYS),
])
