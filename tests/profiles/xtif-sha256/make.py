"""A gateway whose signature names the time twice and the body not at all; batches with results by our number."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pairs import *

BASE = "https://xtif.example.cn/ebus/kjt"
KEYS = {"paasid": "zb-kjt", "token": "T0ken-9x"}


def request(method, path, body=""):
    headers = {"x-tif-paasid": "zb-kjt", "x-tif-timestamp": str(SECONDS), "x-tif-nonce": NONCE,
               "x-tif-signature": sha256(f"{SECONDS}T0ken-9x{NONCE}{SECONDS}"),
               "Content-Type": "application/json; charset=utf-8" if body else None}
    return {"method": method, "url": BASE + path, "headers": headers, "body": body}


items = [
    {"record_id": "a1", "item_key": "z/a1/1", "version": 1, "remote_id": "X1", "document": {"title": "膜", "keywords": ["氢能", "质子"]}, "reason": "到期 撤下"},
    {"record_id": "a2", "item_key": "z/a2/1", "version": 1, "remote_id": "X2", "document": {"title": "机器人"}},
    {"record_id": "a3", "item_key": "z/a3/1", "version": 1, "remote_id": "X3", "document": {"title": "陶瓷"}},
]
listed = [{"outerId": "a1", "title": "膜", "keywords": ["氢能", "质子"]}, {"outerId": "a2", "title": "机器人"}, {"outerId": "a3", "title": "陶瓷"}]
sent = request("POST", "/achievement/batch", compact({"requestId": "b1", "list": listed}))
changed = request("PUT", "/achievement/batch", compact({"requestId": "b1", "list": [{"id": one["remote_id"]} | of for one, of in zip(items, listed)]}))
do = {"operation": "create", "key": "b1", "items": items}


def said(*results, **more):
    return answer({"errcode": 0, "errmsg": "ok", "data": {"results": list(results)}} | more)


def result(number, code=0, **more):
    return {"outerId": number, "errcode": code} | more


write(__file__, [
    case("results are matched by our number, in any order", do,
         [exchange(sent, said(result("a3", "0", id=9007199254740993), result("a1", id="X1"), result("a2", 409, id="X2", errmsg="已存在")))],
         {"settled": [{"accepted": "X1"}, {"duplicate": "X2"}, {"accepted": "9007199254740993"}]}, KEYS),
    case("one is refused, one is not mentioned, one has a code that nobody listed", do,
         [exchange(sent, said(result("a1", 422, errmsg="关键词过少"), result("a2", 777)))],
         {"settled": [{"refused": [{"message": "关键词过少", "code": "422"}]}, {"unknown": {}}, {"unknown": {"id": "Q7203"}}]}, KEYS),
    case("a result for somebody else's record is not ours", do,
         [exchange(sent, said(result("a1", id="X1"), result("b9", id="X9"), result("a2", id="X2"), result("a3", id="X3")))],
         {"settled": [{"accepted": "X1"}, {"accepted": "X2"}, {"accepted": "X3"}]}, KEYS),
    case("two results for one record leave it open", do,
         [exchange(sent, said(result("a1", id="X1"), result("a1", 422), result("a2", id="X2"), result("a3", id="X3")))],
         {"settled": [{"unknown": {}}, {"accepted": "X2"}, {"accepted": "X3"}]}, KEYS),
    case("the signature is not taken", do, [exchange(sent, answer({"errcode": 10001, "errmsg": "invalid signature"}, status=401))],
         {"not_accepted": {"lane": "blocked"}}, KEYS),
    case("too fast, and the gateway says for how long", do,
         [exchange(sent, answer("", status=429, headers={"retry-after": "120"}))], {"not_accepted": {"lane": {"paused_s": 120}}}, KEYS),
    case("a gateway in the way is doubt", do, [exchange(sent, answer("<html>504 Gateway Time-out</html>", status=504, headers={"content-type": "text/html"}))],
         {"in_doubt": {}}, KEYS),
    case("success without results settles nobody", do, [exchange(sent, answer({"errcode": 0, "errmsg": "ok"}))],
         {"in_doubt": {"lane": "open"}}, KEYS),
    case("changes", {"operation": "update", "key": "b1", "items": items},
         [exchange(changed, said(result("a1"), result("a2"), result("a3")))],
         {"settled": [{"accepted": "X1"}, {"accepted": "X2"}, {"accepted": "X3"}]}, KEYS),
    case("a withdrawal by number, its reason in the address", {"operation": "withdraw", "key": "b1", "items": items[:1]},
         [exchange(request("DELETE", "/achievement/X1?reason=%E5%88%B0%E6%9C%9F%20%E6%92%A4%E4%B8%8B"), answer({"errcode": "0"}))],
         {"settled": [{"accepted": "X1"}]}, KEYS),
    case("found by its title", {"operation": "lookup", "names": {"title": "膜 A+B", "owner": "某院"}},
         [exchange(request("GET", "/achievement/one?title=%E8%86%9C%20A%2BB"), answer({"errcode": 0, "data": {"id": "X1", "outerId": "a1"}}))],
         {"found": {"remote_id": "X1", "local_id": "a1"}}, KEYS),
    case("a full page is followed by another", {"operation": "list"},
         [exchange(request("GET", "/achievement?offset=0&limit=2"), answer({"errcode": 0, "data": {"total": 3, "rows": [{"id": "X1"}, {"id": "X2"}]}}))],
         {"records": [{"remote_id": "X1"}, {"remote_id": "X2"}], "total": 3, "next": {"page": 2}}, KEYS),
    case("a short one is the last", {"operation": "list", "names": {"page": 2}},
         [exchange(request("GET", "/achievement?offset=2&limit=2"), answer({"errcode": 0, "data": {"total": 3, "rows": [{"id": "X3"}]}}))],
         {"records": [{"remote_id": "X3"}], "next": None}, KEYS),
    case("the ping tells the time", {"operation": "ping"}, [exchange(request("GET", "/time"), answer({"errcode": 0, "data": {"now": "2026-05-29T12:34:55+08:00"}}))],
         {"time": "2026-05-29T12:34:55+08:00"}, KEYS),
])
