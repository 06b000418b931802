"""A technology market's site: one record a call, two success words, two pagings, withdrawal by GET."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pairs import *

BASE = "https://yizhi.example.cn/api"
KEYS = {"token": "tk-370300"}
DOCUMENT = {"title": "高性能陶瓷膜", "owner": {"name": "山东某研究院"}, "price": "12.30", "files": ["f1", "f2"]}


def get(path):
    return {"method": "GET", "url": BASE + path, "headers": {"Authorization": "Bearer tk-370300", "Content-Type": None}, "body": ""}


def post(path, body):
    headers = {"Authorization": "Bearer tk-370300", "Content-Type": "application/json; charset=utf-8"}
    return {"method": "POST", "url": BASE + path, "headers": headers, "body": compact(body)}


def save(remote=None):
    head = {"id": remote} if remote else {}
    return post("/achievement/save", head | {
        "outerId": "a1", "name": "高性能陶瓷膜", "ownerName": "山东某研究院", "price": "12.30", "fileIds": ["f1", "f2"]})


def item(remote=None, document=DOCUMENT):
    return [{"record_id": "a1", "item_key": "z/a1/1", "version": 1, "remote_id": remote, "document": document}]


def page(current):
    param = {"current": current, "size": 20, "order": "asc", "sort": "updateTime"}
    return post("/achievement/page", {"pageParam": param, "payload": {"updateTimeBegin": "2026-05-01 00:00:00"}})


entry = {"id": 88, "outerId": "a1", "shelvesFlag": 1, "updateTime": "2026-05-02 08:00:00", "name": "甲"}

write(__file__, [
    case("a record is saved and its number comes back", {"operation": "create", "key": "b1", "items": item()},
         [exchange(save(), answer({"code": 200, "message": "ok", "data": {"id": 88}}))],
         {"settled": [{"accepted": "88"}]}, KEYS),
    case("a change names the number", {"operation": "update", "key": "b2", "items": item("88")},
         [exchange(save("88"), answer({"code": 200, "data": {"id": 88}}))],
         {"settled": [{"accepted": "88"}]}, KEYS),
    case("a falsy code is a refusal", {"operation": "create", "key": "b3", "items": item()},
         [exchange(save(), answer({"code": 0, "message": "名称重复"}))],
         {"settled": [{"refused": [{"message": "名称重复"}]}]}, KEYS),
    case("a save without a number has to be looked up", {"operation": "create", "key": "b4", "items": item()},
         [exchange(save(), answer({"code": 200, "data": None}))],
         {"settled": [{"unknown": {"id": "Q7210"}}]}, KEYS),
    case("no code at all is doubt", {"operation": "create", "key": "b5", "items": item()},
         [exchange(save(), answer({"data": {"id": 88}}))],
         {"in_doubt": {"lane": "open"}}, KEYS),
    case("taken from the shelf by GET", {"operation": "withdraw", "key": "b6", "items": item("88", {})},
         [exchange(get("/achievement/shelves?flag=0&id=88"), answer({"code": 200, "message": "下架成功"}))],
         {"settled": [{"accepted": "88"}]}, KEYS),
    case("looked up without counting a view", {"operation": "lookup", "names": {"local_id": "a1"}},
         [exchange(get("/achievement/queryDetailsNative?outerId=a1"), answer({"code": 200, "data": entry}))],
         {"found": {"remote_id": "88", "local_id": "a1", "withdrawn": False}}, KEYS),
    case("the list has another success word and counts pages", {"operation": "list", "names": {"scope": "own", "since": "2026-05-01 00:00:00"}},
         [exchange(page(1), answer({"code": "rest.success", "result": {"list": [entry], "pages": 2, "total": 21}}))],
         {"records": [{"remote_id": "88"}], "total": 21, "next": {"page": 2, "since": "2026-05-01 00:00:00"}}, KEYS),
    case("the last page", {"operation": "list", "names": {"scope": "own", "page": 2, "since": "2026-05-01 00:00:00"}},
         [exchange(page(2), answer({"code": "rest.success", "result": {"list": [entry], "pages": 2, "total": 21}}))],
         {"records": [{"remote_id": "88"}], "next": None}, KEYS),
    case("a token that is no longer taken stops the lane", {"operation": "create", "key": "b7", "items": item()},
         [exchange(save(), answer({"code": 401, "message": "未登录"}, status=401))],
         {"not_accepted": {"lane": "blocked"}}, KEYS),
])
