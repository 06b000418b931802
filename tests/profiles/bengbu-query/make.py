"""Parameters in the query of a POST, opaque keys, an array of one."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pairs import *

BASE = "http://10.50.7.9:8080/sdk"
KEYS = {"uid": "u-1", "user": "淄博 市场"}


def request(path, query, body):
    query = urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
    return {"method": "POST", "url": f"{BASE}{path}?{query}", "headers": {"Content-Type": "application/json; charset=utf-8"}, "body": compact(body)}


def item(remote=None):
    document = {"title": "陶瓷膜", "owner": {"uscc": "91370303MA3TXXXX1K"}, "completed": "2025-03-09"}
    return [{"record_id": "a1", "item_key": "z/a1/1", "version": 1, "remote_id": remote, "document": document}]


who = {"uid": "u-1", "userName": "淄博 市场"}
sent = request("/company", {"aaa027": "370300"} | who,
               [{"aab010": "a1", "aab004": "陶瓷膜", "aab998": "91370303MA3TXXXX1K", "aae036": "20250309", "aab019": 55}])
do = {"operation": "create", "key": "b1", "items": item()}

write(__file__, [
    case("an array of one, its parameters in the address", do, [exchange(sent, answer({"code": "0", "aab001": 991}))],
         {"settled": [{"accepted": "991"}]}, KEYS),
    case("no", do, [exchange(sent, answer({"code": "1", "message": "单位不存在"}))],
         {"settled": [{"refused": [{"message": "单位不存在"}]}]}, KEYS),
    case("another word is doubt", do, [exchange(sent, answer({"code": "2"}))], {"in_doubt": {"lane": "open"}}, KEYS),
    case("a change", {"operation": "update", "key": "b2", "items": item("991")},
         [exchange(request("/company/update", {"aaa027": "370300", "aab001": "991"} | who, [{"aab010": "a1", "aab004": "陶瓷膜"}]),
                   answer({"code": 0}))],
         {"settled": [{"accepted": "991"}]}, KEYS),
])
