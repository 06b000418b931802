"""Nearly a form: nothing encoded but the plus sign, the hour as time, the result deep inside."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pairs import *

BASE = "http://gzzf.example.cn/foreign"
KEYS = {"appid": "HN01", "secret": "S3cRet"}
HOUR = NOW.strftime("%Y%m%d%H")


def request(path, method, data):
    fields = f"appid=HN01&data={compact(data)}&format=json&iscompany=1&method={method}&nonce={HOUR}{DIGITS[:6]}&timestamp={HOUR}&version=1.0"
    sign = sha256(f"{fields}&appsecret=S3cRet".lower())
    body = fields.replace("+", "%2B") + "&sign=" + sign
    return {"method": "POST", "url": BASE + path, "headers": {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, "body": body}


def item(remote=None):
    return [{"record_id": "a1", "item_key": "z/a1/1", "version": 1, "remote_id": remote,
             "document": {"title": "C++ 与膜", "owner": {"uscc": "91370303MA3TXXXX1K"}}}]


sent = request("/upload", "PROJECT.ADD", {"PROJECTNAME": "C++ 与膜", "CORPCODE": "91370303MA3TXXXX1K"})
asked = request("/check", "ASYNC.QUERY", {"REQUESTSERIALCODE": "R9"})


def status(name, data, expect):
    return case(name, {"operation": "status", "names": {"ticket": "R9"}, "items": item()}, [exchange(asked, answer({"code": 0, "data": data}))], expect, KEYS)


write(__file__, [
    case("taken in; not asked before three seconds have passed", {"operation": "create", "key": "b1", "items": item()},
         [exchange(sent, answer({"code": "0", "data": {"REQUESTSERIALCODE": "R9"}}))], {"pending": {"ticket": "R9", "ask_in_s": 3}}, KEYS),
    status("done", {"DEALRESULT": {"code": 0, "data": {"PROJECTCODE": "P1"}}}, {"settled": [{"accepted": "P1"}]}),
    status("refused", {"DEALRESULT": {"code": "1", "message": "重复"}}, {"settled": [{"refused": [{"message": "重复"}]}]}),
    status("nothing yet", {}, {"pending": {"ticket": "R9"}}),
    case("a change", {"operation": "update", "key": "b2", "items": item("P1")},
         [exchange(request("/upload", "PROJECT.UPDATE", {"PROJECTCODE": "P1", "PROJECTNAME": "C++ 与膜"}), answer({"code": 0, "data": {"REQUESTSERIALCODE": "R10"}}))],
         {"pending": {"ticket": "R10"}}, KEYS),
])
