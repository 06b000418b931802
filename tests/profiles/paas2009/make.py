"""Four values, sorted, joined and digested; identity and content side by side."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pairs import *

BASE = "https://paas.example.cn/api"
KEYS = {"app_id": "zb", "app_key": "Kx9"}


def request(path, body):
    signature = md5("".join(sorted(["zb", "Kx9", NONCE, str(SECONDS)])))
    app = {"appId": "zb", "timeStamp": SECONDS, "nonce": NONCE, "signature": signature}
    return {"method": "POST", "url": BASE + path, "headers": {"Content-Type": "application/json; charset=utf-8"}, "body": compact({"app": app, "body": body})}


def item(remote=None):
    return [{"record_id": "a1", "item_key": "z/a1/1", "version": 1, "remote_id": remote, "document": {"title": "膜", "owner": {"name": "某院"}}}]


sent = request("/achievement/save", {"name": "膜", "org": "某院"})
do = {"operation": "create", "key": "b1", "items": item()}

write(__file__, [
    case("saved", do, [exchange(sent, answer({"errcode": 0, "data": {"id": 5}}))], {"settled": [{"accepted": "5"}]}, KEYS),
    case("already there, under its number", do, [exchange(sent, answer({"errcode": 1002, "errmsg": "已存在", "data": {"id": 4}}))],
         {"settled": [{"duplicate": "4"}]}, KEYS),
    case("a wrong signature", do, [exchange(sent, answer({"errcode": "1", "errmsg": "sign error"}))], {"not_accepted": {"lane": "blocked"}}, KEYS),
    case("a change", {"operation": "update", "key": "b2", "items": item("5")},
         [exchange(request("/achievement/save", {"id": "5", "name": "膜", "org": "某院"}), answer({"errcode": 0}))], {"settled": [{"accepted": "5"}]}, KEYS),
    case("a page", {"operation": "list", "names": {"scope": "own"}},
         [exchange(request("/achievement/list", {"pageIndex": 1, "pageSize": 20}), answer({"errcode": 0, "list": [{"id": 5}], "total": 41}))],
         {"records": [{"remote_id": "5"}], "next": {"page": 2}}, KEYS),
])
