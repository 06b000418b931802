"""Three secrets, each bought with the one before, each with a term of its own."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pairs import *

BASE = "http://59.202.56.30:8080"
KEYS = {"app_key": "A330100", "app_secret": "as-9f3c", "county_key": "JS-0881"}
DAY = 86_400_000


def post(path, fields):
    return {"method": "POST", "url": BASE + path, "headers": {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, "body": form(fields)}


def signed(secret, at):
    return {"appKey": "A330100", "sign": md5(f"A330100{secret}{at}"), "requestTime": at}


def refresh(secret="R1"):
    return lambda at: exchange(
        post("/gateway/app/refreshTokenByKey.htm", signed("as-9f3c", at)),
        answer({"code": "00", "msg": "成功", "datas": {"refreshSecret": secret, "refreshSecretEndTime": at + 2 * DAY, "requestSecret": "unused"}}))


def renew(secret="Q1", by="R1", said=None):
    return lambda at: exchange(
        post("/gateway/app/refreshTokenBySec.htm", signed(by, at)),
        answer(said or {"code": "00", "msg": "成功", "datas": {"requestSecret": secret, "requestSecretEndTime": at + 900_000}}))


def county(secret="C1", by="Q1"):
    def made(at):
        query = form({"appKey": "A330100", "requestTime": at, "sign": md5(f"A330100{by}{at}"), "countyKey": "JS-0881"})
        return exchange({"method": "GET", "url": f"{BASE}/jsgw/appsecert?{query}"}, answer({"code": "00", "datas": {"appsecert": secret}}))
    return made


def fields(at, secrets=("Q1", "C1")):
    return signed(secrets[0], at) | {"countySign": md5(f"JS-0881{secrets[1]}{at}")}


def save(said, content, secrets=("Q1", "C1")):
    return lambda at: exchange(post("/jsgw/api/achievement/save", fields(at, secrets) | {"data": compact(content)}), answer(said))


content = {"wbbh": "a1", "cgmc": "机器人&臂", "dwmc": "某 院"}


def create(said, *secrets):
    return save(said, content, secrets or ("Q1", "C1"))


def one(said):
    def made(at):
        query = form(fields(at) | {"wbbh": "a1"})
        return exchange({"method": "GET", "url": f"{BASE}/jsgw/api/achievement/one?{query}"}, answer(said))
    return made


def do(operation, remote=None, **more):
    item = {"record_id": "a1", "item_key": "z/a1/1", "version": 1, "remote_id": remote, "document": {"title": "机器人&臂", "owner": {"name": "某 院"}}}
    return {"operation": operation, "key": "b1", "items": [item]} | more


taken = {"code": "00", "msg": "成功", "datas": {"id": 77}}
over = {"code": "15", "msg": "密钥失效"}
accepted = {"settled": [{"accepted": "77"}]}
three = [refresh(), renew(), county()]
again = [refresh("R2"), renew("Q2", "R2"), county("C2", "Q2")]
look = {"operation": "lookup", "names": {"local_id": "a1"}}


def told(name, deed, steps, expect):
    return case(name, deed, in_time(*steps), expect, KEYS)


write(__file__, [
    told("three steps, then the record", do("create"), three + [create(taken)], accepted),
    told("each secret is renewed when its own term is over", do("create", then=[do("create", after_s=600), do("create", after_s=200)]),
         three + [create(taken), 600, create(taken), 200, renew("Q2"), create(taken, "Q2", "C1")],
         accepted | {"then": [accepted, accepted]}),
    told("a code that says that the secret is over starts from the beginning, once", do("create"),
         three + [create(over)] + again + [create(taken, "Q2", "C2")], accepted),
    told("what does not help twice is a person's", do("create"),
         three + [create(over)] + again + [create(over, "Q2", "C2")], {"not_accepted": {"lane": "blocked"}}),
    told("a second step that fails leaves nothing sent", do("create"), [refresh(), renew(said={"code": "11", "msg": "应用未上线"})],
         {"not_accepted": {"lane": "blocked"}}),
    told("a wrong field is the record's", do("create"), three + [create({"code": "01", "msg": "dwmc 不能为空"})],
         {"settled": [{"refused": [{"message": "dwmc 不能为空"}]}]}),
    told("an unknown code is doubt", do("create"), three + [create({"code": "99", "msg": "系统繁忙"})], {"in_doubt": {"lane": "open"}}),
    told("a change", do("update", "77"), three + [save(taken, {"id": "77"} | content)], accepted),
    told("a withdrawal", do("withdraw", "77"),
         three + [lambda at: exchange(post("/jsgw/api/achievement/remove", fields(at) | {"id": "77"}), answer({"code": "00"}))], accepted),
    told("found", look, three + [one({"code": "00", "datas": [{"id": 77, "wbbh": "a1"}]})], {"found": {"remote_id": "77", "local_id": "a1"}}),
    told("not found", look, three + [one({"code": "00", "datas": []})], {"found": None}),
])
