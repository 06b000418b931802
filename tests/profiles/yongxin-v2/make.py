"""A number as code, an id at once or a ticket first, a path as a bare text."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pairs import *

BASE = "https://yongxin.example.cn/open"
KEYS = {"project": "PJ370300", "secret": "yx-secret"}


def request(path, body):
    text = compact(body)
    headers = {"projectCode": "PJ370300", "timestamp": str(MILLIS), "sign": b64(hmac_sha256("yx-secret", str(MILLIS) + text)),
               "Content-Type": "application/json; charset=utf-8"}
    return {"method": "POST", "url": BASE + path, "headers": headers, "body": text}


def item(remote=None):
    return [{"record_id": "a1", "item_key": "z/a1/1", "version": 1, "remote_id": remote, "document": {"title": "膜"}}]


sent = request("/team/v1/add", {"outerNo": "a1", "teamName": "膜"})
do = {"operation": "create", "key": "b1", "items": item()}
asked = request("/asyncHandleResult/v1/query", {"requestSerialCode": "S7"})
ask = {"operation": "status", "names": {"ticket": "S7"}, "items": item()}

write(__file__, [
    case("the number comes at once", do, [exchange(sent, answer({"code": 0, "msg": "", "data": {"teamSysNo": "T1"}}))], {"settled": [{"accepted": "T1"}]}, KEYS),
    case("or a ticket comes first", do, [exchange(sent, answer({"code": 0, "data": {"requestSerialCode": "S7"}}))], {"pending": {"ticket": "S7", "ask_in_s": 5}}, KEYS),
    case("decided", ask, [exchange(asked, answer({"code": 0, "data": {"state": "2", "teamSysNo": "T1"}}))], {"settled": [{"accepted": "T1"}]}, KEYS),
    case("refused", ask, [exchange(asked, answer({"code": 0, "data": {"state": 3, "errorMsg": "超出范围"}}))], {"settled": [{"refused": [{"message": "超出范围"}]}]}, KEYS),
    case("an unlisted word is not an end", ask, [exchange(asked, answer({"code": 0, "data": {"state": "9"}}))], {"pending": {"ticket": "S7"}}, KEYS),
    case("another code is doubt", do, [exchange(sent, answer({"code": 500, "msg": "系统异常"}))], {"in_doubt": {"lane": "open"}}, KEYS),
])
