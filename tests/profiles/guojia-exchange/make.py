"""Signed headers, a secret that is fetched with the key it is encrypted by and runs out, REST beside SOAP."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pairs import *

BASE = "https://gjgxjhpt.example.cn/gateway"
RID, APP_KEY = "r-370300-0007", "A1b2C3d4E5f6G7h8"
KEYS = {"rid": RID, "app_key": APP_KEY}
FIRST, SECOND = "0f8fad5bd9cb469fa165708928fe5d55", "7c9e6679742540de944be07fc1f90ae7"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def request(method, path, sid, body="", secret=FIRST, at=MILLIS, kind="application/json; charset=utf-8"):
    headers = {"gjgxjhpt_rid": RID, "gjgxjhpt_sid": sid, "gjgxjhpt_rtime": str(at),
               "gjgxjhpt_sign": b64(hmac_sha256(secret, sid + RID + str(at)))}
    if body:
        headers["Content-Type"] = kind
    return {"method": method, "url": BASE + path, "headers": headers, "body": body}


def key(secret, term=1_800_000, said=None, sealed_by=APP_KEY):
    """The call for a secret; it is good for `term` ms."""
    def made(at):
        sealed = b64(cipher("aes-128-ecb", sealed_by, secret))
        given = {"code": "0", "data": {"secret": sealed, "secretEndTime": at + term}, "message": "成功"}
        return exchange(request("GET", "/rest/secret", "s_key_0001", secret=APP_KEY, at=at), answer(said or given))
    return made


def call(reply, method, path, sid, body="", secret=FIRST, kind="application/json; charset=utf-8"):
    reply = reply if "status" in reply else answer(reply)
    return lambda at: exchange(request(method, path, sid, body, secret, at, kind), reply)


document = {"title": "微米级超薄质子膜", "owner": {"uscc": "91370303MA3TXXXX1K"}, "price": "12.50"}
sent = compact({"outerId": "a1", "name": "微米级超薄质子膜", "ownerCode": "91370303MA3TXXXX1K", "price": "12.50"})


def do(operation, remote=None, **more):
    item = {"record_id": "a1", "item_key": "z/a1/1", "version": 1, "remote_id": remote, "document": document, "reason": "撤下"}
    return {"operation": operation, "key": "b1", "items": [item]} | more


def create(reply, secret=FIRST):
    return call(reply, "POST", "/rest/achievement", "s_ach_add", sent, secret)


taken = {"code": "0", "data": {"id": "G1"}, "message": "成功"}
accepted = {"settled": [{"accepted": "G1"}]}


def soap(record):
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Body><RESPONSE>{record}</RESPONSE></soapenv:Body></soapenv:Envelope>'
    return answer(text, headers={"content-type": "text/xml;charset=UTF-8"})


def asked(record):
    query = "<query><outerId>甲&amp;1</outerId></query>"
    body = f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Body>{query}</soapenv:Body></soapenv:Envelope>'
    return call(soap(record), "POST", "/soap/achievement", "s_ach_get", body, kind="application/xml; charset=utf-8")


look = {"operation": "lookup", "names": {"local_id": "甲&1"}}
page = {"code": 0, "data": {"total": 51, "list": [{"id": "G1", "outerId": "a1", "state": 2, "updateTime": "2026-05-02 08:00:00"}]}}


def told(name, deed, steps, expect):
    return case(name, deed, in_time(*steps), expect, KEYS)


write(__file__, [
    told("the secret is fetched, opened and signs", do("create"), [key(FIRST), create(taken)], accepted),
    told("one secret serves until it runs out", do("create", then=[do("create"), do("create", after_s=3600)]),
         [key(FIRST), create(taken), create(taken), 3600, key(SECOND), create(taken, SECOND)],
         accepted | {"then": [accepted, accepted]}),
    told("a secret that is over in mid-run is renewed once, and the batch goes again", do("create"),
         [key(FIRST), create({"code": "1001", "message": "秘钥已过期"}), key(SECOND), create(taken, SECOND)], accepted),
    told("a secret sealed with another key is none", do("create"), [key(FIRST, sealed_by="0000000000000000")],
         {"not_accepted": {"lane": "blocked"}}),
    told("no leave for the service", do("create"), [key(FIRST), create({"code": 1003, "message": "无权限"})], {"not_accepted": {"lane": "blocked"}}),
    told("the platform refuses the record", do("create"), [key(FIRST), create({"code": "2001", "message": "单位不存在"})],
         {"settled": [{"refused": [{"message": "单位不存在"}]}]}),
    told("a page with status 200 is no answer", do("create"),
         [key(FIRST), create(answer("<!DOCTYPE html><html><title>登录</title></html>", headers={"content-type": "text/html"}))],
         {"in_doubt": {"lane": "open"}}),
    told("a change", do("update", "G1"), [key(FIRST), call(taken, "PUT", "/rest/achievement/G1", "s_ach_upd", sent)], accepted),
    told("a withdrawal has no body", do("withdraw", "G1"), [key(FIRST), call({"code": "0"}, "DELETE", "/rest/achievement/G1", "s_ach_del")], accepted),
    told("a SOAP service answers in attributes", look,
         [key(FIRST), asked('<RECORD code="0" msg="成功"><ID>G9</ID><OUTERID>甲&amp;1</OUTERID><STATE>1</STATE><NAME>膜 &lt;A&gt;</NAME></RECORD>')],
         {"found": {"remote_id": "G9", "local_id": "甲&1", "status": "1", "data": {"name": "膜 <A>"}}}),
    told("and says that there is none", look, [key(FIRST), asked('<RECORD code="1" msg="没有数据"/>')], {"found": None}),
    told("a page", {"operation": "list", "names": {"page": 2, "since": "2026-05-01"}},
         [key(FIRST), call(page, "GET", "/rest/achievement?pageNum=2&pageSize=50&updatedAfter=2026-05-01", "s_ach_list")],
         {"records": [{"remote_id": "G1", "local_id": "a1", "status": "2"}], "total": 51, "next": None}),
])
