"""One URL, a form with JSON text in it, a lower-cased SHA-256, encrypted identity numbers, an answer that comes later."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pairs import *

URL = "http://10.20.30.40:8089/open.api"
KEYS = {"appid": "ZB0533", "secret": "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv"}
TIME = NOW.strftime("%Y%m%d%H%M%S")


def request(method, data):
    text = compact(data)
    fields = {"appid": KEYS["appid"], "data": text, "format": "json", "method": method, "nonce": NONCE, "timestamp": TIME, "version": "1.0"}
    plain = "&".join(f"{name}={value}" for name, value in fields.items()) + "&appsecret=" + KEYS["secret"]
    body = form(fields | {"sign": sha256(plain.lower())})
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return {"method": "POST", "url": URL, "headers": headers, "body": body}


def encrypted(text):
    secret = KEYS["secret"]
    return b64(cipher("aes-256-cbc", secret, text, iv=secret[:16]))


document = {"title": "陶瓷膜 A+B 班组", "owner": {"uscc": "91370303MA3TXXXX1K"}, "contact": {"name": "王工", "id": "370303199001011234"}}
create = request("Team.Add", {
    "corpCode": "91370303MA3TXXXX1K", "teamName": "陶瓷膜 A+B 班组", "leader": "王工", "idNumber": encrypted("370303199001011234")})
status = request("AsyncHandleResult.Query", {"requestSerialCode": "S-1001"})


def item(remote=None):
    return [{"record_id": "a1", "item_key": "z/a1/1", "version": 1, "remote_id": remote, "document": document}]


def asked(name, state, expect):
    return case(name, {"operation": "status", "names": {"ticket": "S-1001"}, "items": item()},
                [exchange(status, answer({"code": 0, "data": state}))], expect, KEYS)


write(__file__, [
    case("taken in, to be asked about later", {"operation": "create", "key": "b1", "items": item()},
         [exchange(create, answer({"code": 0, "message": "成功", "data": {"requestSerialCode": "S-1001"}}))],
         {"pending": {"ticket": "S-1001", "ask_in_s": 3}}, KEYS),
    case("a code as text means the same", {"operation": "create", "key": "b1", "items": item()},
         [exchange(create, answer({"code": "0", "data": {"requestSerialCode": "S-1001"}}))],
         {"pending": {"ticket": "S-1001"}}, KEYS),
    asked("not decided yet", {"status": 10}, {"pending": {"ticket": "S-1001"}}),
    asked("done, with the number that children need", {"status": "20", "result": {"teamSysNo": 5566}}, {"settled": [{"accepted": "5566"}]}),
    asked("refused, with the reason", {"status": 30, "result": {"message": "企业未登记"}}, {"settled": [{"refused": [{"message": "企业未登记"}]}]}),
    asked("a word that nobody listed is no failure", {"status": "排队"}, {"pending": {"ticket": "S-1001"}}),
    case("a wrong signature stops the lane", {"operation": "create", "key": "b1", "items": item()},
         [exchange(create, answer({"code": -2, "message": "签名错误"}))],
         {"not_accepted": {"lane": "blocked"}}, KEYS),
    case("too fast", {"operation": "create", "key": "b1", "items": item()},
         [exchange(create, answer({"code": "-5", "message": "访问过于频繁"}))],
         {"not_accepted": {"lane": {"paused_s": 60}}}, KEYS),
    case("a wrong parameter is the record's", {"operation": "create", "key": "b1", "items": item()},
         [exchange(create, answer({"code": -1, "message": "corpCode 不存在"}))],
         {"settled": [{"refused": [{"message": "corpCode 不存在"}]}]}, KEYS),
    case("a change names the number", {"operation": "update", "key": "b2", "items": item("5566")},
         [exchange(request("Team.Update", {"teamSysNo": "5566", "teamName": "陶瓷膜 A+B 班组", "leader": "王工"}),
                   answer({"code": 0, "data": {"requestSerialCode": "S-1002"}}))],
         {"pending": {"ticket": "S-1002"}}, KEYS),
    case("pages count from nought", {"operation": "list", "names": {"scope": "own"}},
         [exchange(request("Team.Query", {"pageIndex": 0, "pageSize": 50}),
                   answer({"code": 0, "data": {"rows": [{"teamSysNo": 1}], "totalCount": 51}}))],
         {"records": [{"remote_id": "1"}], "total": 51, "next": {"page": 1}}, KEYS),
    case("the ping proves the signature", {"operation": "ping"},
         [exchange(request("CheckSign.Query", {"test": "1"}), answer({"code": 0}))],
         {"time": None}, KEYS),
])
