"""The shipped profile: HMAC-SHA256 over method, path, time, nonce and the body's SHA-256; batches with results."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pairs import *

BASE = "https://123.232.30.9:27180"
KEYS = {"app_id": "zibo-market", "app_secret": "s3cret-of-zibo"}


def sign(method, path, body):
    lines = [method, path, str(SECONDS), NONCE, sha256(body)]
    return hmac_sha256(KEYS["app_secret"], "\n".join(lines)).hex()


def request(method, path, body="", key=None):
    headers = {"X-App-Id": KEYS["app_id"], "X-Timestamp": str(SECONDS), "X-Nonce": NONCE, "X-Sign": sign(method, path, body)}
    if key:
        headers |= {"Idempotency-Key": key, "Content-Type": "application/json; charset=utf-8"}
    return {"method": method, "url": BASE + path, "headers": headers, "body": body}


items = [
    {"record_id": "a1", "item_key": "z/a1/1", "version": 1, "document": {"title": "高性能陶瓷膜", "price": "12.30", "tags": ["膜", "陶\"瓷"]}},
    {"record_id": "a2", "item_key": "z/a2/4", "version": 4, "document": {"title": "<b>&乙"}},
    {"record_id": "a3", "item_key": "z/a3/1", "version": 1, "document": {"title": "丙"}},
]
records = [{"localId": i["record_id"], "itemKey": i["item_key"], "data": i["document"]} for i in items]
body = compact({"batchNo": "b-7", "cityCode": "370300", "action": "create", "records": records})
results = [
    {"localId": "a2", "code": 2102, "message": "名称含宣传用语", "field": "/title"},
    {"localId": "a1", "code": "0", "message": "", "remoteId": "SD1"},
]

write(__file__, [
    case(
        "a batch is signed and its results are matched by id; who is not mentioned is unknown",
        {"operation": "create", "key": "b-7", "items": items},
        [exchange(request("POST", "/api/v1/achievement/batch", body, "b-7"),
                  answer({"code": 0, "message": "ok", "traceId": "t1", "data": {"results": results}}))],
        {"settled": [{"accepted": "SD1"}, {"refused": [{"id": "Q7201", "pointer": "/title", "code": "2102"}]}, {"unknown": {"id": "Q7203"}}]},
        KEYS,
    ),
    case(
        "a page is asked for by a signed query",
        {"operation": "list", "names": {"scope": "others", "page": 3, "since": "2026-05-01 甲"}},
        [exchange(request("GET", "/api/v1/achievement?scope=others&city=370300&page=3&size=100&since=2026-05-01%20%E7%94%B2"),
                  answer({"code": "0", "data": {"total": 301, "next": "n4", "list": [{"remoteId": "Q1", "city": "370100", "data": {"title": "甲"}}]}}))],
        {"records": [{"remote_id": "Q1", "city": "370100", "data": {"title": "甲"}}], "total": 301, "next": {"page": 4, "since": "n4"}, "unreadable": []},
        KEYS,
    ),
])
