"""The same gateway with SM3 in capitals, a service code that is the path, and success by a job number alone."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pairs import *

BASE = "https://xtif-gm.example.cn"
KEYS = {"paasid": "zb-kjt", "token": "T0ken-9x", "client_id": "c-01", "client_code": "370300"}


def request(service, body):
    headers = {"x-tif-paasid": "zb-kjt", "x-tif-timestamp": str(SECONDS), "x-tif-nonce": NONCE,
               "x-tif-signature": sm3(f"{SECONDS}T0ken-9x{NONCE}{SECONDS}").upper(),
               "X-Base-ClientId": "c-01", "X-Base-ClientCode": "370300", "X-Service-Code": service, "X-Version": "1.0"}
    return {"method": "POST", "url": f"{BASE}/{service.replace('.', '/')}", "headers": headers, "body": compact(body)}


def do(operation, remote=None):
    item = {"record_id": "a1", "item_key": "z/a1/1", "version": 1, "remote_id": remote,
            "document": {"title": "膜", "contact": {"name": "王工"}}, "reason": "重复"}
    return {"operation": operation, "key": "b1", "items": [item]}


sent = request("zb.market.achievement.add", {"bizId": "z/a1/1", "name": "膜", "contact": "王工"})

write(__file__, [
    case("a job number alone is success", do("create"), [exchange(sent, answer({"jobId": "J-1"}))], {"settled": [{"accepted": "J-1"}]}, KEYS),
    case("200 is success, with its number", do("create"), [exchange(sent, answer({"code": "200", "jobId": 17, "message": ""}))], {"settled": [{"accepted": "17"}]}, KEYS),
    case("as a number too; without a job it could never be revoked, so that somebody must look", do("create"), [exchange(sent, answer({"code": 200}))], {"settled": [{"unknown": {"id": "Q7210"}}]}, KEYS),
    case("an empty object is neither", do("create"), [exchange(sent, answer({}))], {"in_doubt": {"lane": "open"}}, KEYS),
    case("a job number that is null is none", do("create"), [exchange(sent, answer({"jobId": None, "message": "处理中"}))], {"in_doubt": {"lane": "open"}}, KEYS),
    case("a wrong signature", do("create"), [exchange(sent, answer({"code": "500", "message": "签名验证失败"}))], {"not_accepted": {"lane": "blocked"}}, KEYS),
    case("a wrong field", do("create"), [exchange(sent, answer({"code": "400", "message": "contact 缺失"}))],
         {"settled": [{"refused": [{"message": "contact 缺失"}]}]}, KEYS),
    case("a change names the job and is a job of its own", do("update", "J-1"),
         [exchange(request("zb.market.achievement.modify", {"jobId": "J-1", "bizId": "z/a1/1", "name": "膜", "contact": "王工"}), answer({"jobId": "J-2"}))],
         {"settled": [{"accepted": "J-1"}]}, KEYS),
    case("and a revocation takes it back", do("withdraw", "J-1"),
         [exchange(request("zb.market.achievement.revoke", {"jobId": "J-1", "reason": "重复"}), answer({"code": "200"}))],
         {"settled": [{"accepted": "J-1"}]}, KEYS),
])
