"""No code anywhere: an id or a true Success is success, a bare message is a refusal, nothing is doubt."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pairs import *

import hashlib

BASE = "https://ningbo.example.cn"
KEYS = {"appkey": "nb-key", "secret": "nb-secret"}


def request(path, body):
    headers = {"appkey": "nb-key", "curtime": str(SECONDS), "checksum": hashlib.sha1(f"nb-secret{SECONDS}".encode()).hexdigest()}
    return {"method": "POST", "url": BASE + path, "headers": headers, "body": compact(body)}


def item(remote=None):
    return [{"record_id": "a1", "item_key": "z/a1/1", "version": 1, "remote_id": remote, "document": {"title": "膜", "contact": {"name": "王工"}}}]


sent = request("/Team/Add", {"TeamName": "膜", "Leader": "王工"})
do = {"operation": "create", "key": "b1", "items": item()}

write(__file__, [
    case("an id is success", do, [exchange(sent, answer({"TeamId": 31, "Message": ""}))], {"settled": [{"accepted": "31"}]}, KEYS),
    case("a bare message is a refusal", do, [exchange(sent, answer({"Message": "班组重名"}))], {"settled": [{"refused": [{"message": "班组重名"}]}]}, KEYS),
    case("nothing is doubt", do, [exchange(sent, answer({}))], {"in_doubt": {"lane": "open"}}, KEYS),
    case("a false Success is a refusal", {"operation": "update", "key": "b2", "items": item("31")},
         [exchange(request("/Team/Update", {"TeamId": "31", "TeamName": "膜"}), answer({"Success": False, "Message": "不存在"}))],
         {"settled": [{"refused": [{"message": "不存在"}]}]}, KEYS),
    case("a true Success keeps our id", {"operation": "update", "key": "b2", "items": item("31")},
         [exchange(request("/Team/Update", {"TeamId": "31", "TeamName": "膜"}), answer({"Success": True}))],
         {"settled": [{"accepted": "31"}]}, KEYS),
    case("a page", {"operation": "list", "names": {"scope": "own"}},
         [exchange(request("/Team/List", {"PageIndex": 1, "PageSize": 30}), answer({"Data": {"List": [{"TeamId": 31}], "TotalCount": 30}}))],
         {"records": [{"remote_id": "31"}], "total": 30, "next": None}, KEYS),
])
