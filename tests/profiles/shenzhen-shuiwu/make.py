"""Everything but the content in the address; names and values run together between two secrets, in MD5 capitals."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pairs import *

BASE = "http://sw.example.cn:8003"
KEYS = {"api_key": "zb01", "secret": "s&c=r 密"}
TIME = NOW.strftime("%Y-%m-%d %H:%M:%S")


def request(path, content):
    body = compact(content)
    plain = f"api_keyzb01api_version1.0body{body}client_serial{UUID}timestamp{TIME}"
    signature = md5(KEYS["secret"] + plain + KEYS["secret"]).upper()
    query = urllib.parse.urlencode({"api_key": "zb01", "api_version": "1.0", "client_serial": UUID, "timestamp": TIME, "signature": signature}, quote_via=urllib.parse.quote)
    return {"method": "POST", "url": f"{BASE}{path}?{query}", "headers": {"Content-Type": "application/json; charset=utf-8"}, "body": body}


def do(operation, remote=None, kind="enterprise"):
    item = {"record_id": "e1", "item_key": "z/e1/1", "version": 1, "remote_id": remote, "document": {"title": "东岳\"氢能\"", "uscc": "91370303MA3TXXXX1K"}}
    return {"operation": operation, "kind": kind, "key": "b1", "items": [item]}


content = {"project": "P370300", "company": "东岳\"氢能\"", "code": "91370303MA3TXXXX1K"}
sent = request("/CWRService/ProjectAddCompany", content)


def asked(name, said, expect):
    return case(name, do("create"), [exchange(sent, answer(said))], expect, KEYS)


JPEG = bytes.fromhex("ffd8ffe000104a46")
picture = {"operation": "upload", "names": {"name": "现场 1.jpg", "type": "image/jpeg", "content_hex": JPEG.hex()}}
shown = request("/UploadImage", {"name": "现场 1.jpg", "image": b64(JPEG)})

write(__file__, [
    asked("taken", {"code": "00", "message": "成功", "data": {"id": 12}}, {"settled": [{"accepted": "12"}]}),
    asked("refused, as the words say", {"code": "11", "message": "项目不存在"}, {"settled": [{"refused": [{"message": "项目不存在"}]}]}),
    asked("already there", {"code": "11", "message": "企业已存在", "data": {"id": 12}}, {"settled": [{"duplicate": "12"}]}),
    asked("a wrong signature", {"code": "11", "message": "签名错误"}, {"not_accepted": {"lane": "blocked"}}),
    asked("busy", {"code": "11", "message": "系统繁忙，请稍后"}, {"not_accepted": {"lane": {"paused_s": 120}}}),
    asked("nought as a number is not 00", {"code": 0, "data": {"id": 12}}, {"in_doubt": {"lane": "open"}}),
    case("a person joins by another service", do("create", kind="expert"), [exchange(request("/CWRService/userJoinProject", content), answer({"code": "00", "data": {"id": "u-7"}}))],
         {"settled": [{"accepted": "u-7"}]}, KEYS),
    case("without a number it could never be undone", do("create", kind="expert"), [exchange(request("/CWRService/userJoinProject", content), answer({"code": "00"}))],
         {"settled": [{"unknown": {"id": "Q7210"}}]}, KEYS),
    case("a change", do("update", "12"), [exchange(request("/CWRService/ProjectUpdateCompany", {"id": "12"} | content), answer({"code": "00"}))],
         {"settled": [{"accepted": "12"}]}, KEYS),
    case("undone", do("withdraw", "12"), [exchange(request("/CWRService/ProjectRemoveCompany", {"id": "12"}), answer({"code": "00"}))],
         {"settled": [{"accepted": "12"}]}, KEYS),
    case("a person leaves", do("withdraw", "7", "expert"), [exchange(request("/CWRService/userLeaveProject", {"id": "7"}), answer({"code": "00"}))],
         {"settled": [{"accepted": "7"}]}, KEYS),
    case("a dictionary", {"operation": "dictionary", "names": {"table": "org-type"}},
         [exchange(request("/CWRService/GetCompanyType", {"pageSize": 1000}), answer({"code": "00", "data": [{"code": 1, "name": "施工"}, {"code": "02", "name": "监理"}, {"name": "无码"}]}))],
         {"entries": [["1", "施工"], ["02", "监理"]], "unreadable": ["Q7301"]}, KEYS),
    case("a dictionary that is refused", {"operation": "dictionary", "names": {"table": "job-name"}},
         [exchange(request("/CWRService/DictListJobName", {"pageSize": 1000}), answer({"code": "11", "message": "签名错误"}))],
         {"lane": "blocked"}, KEYS),
    case("a picture goes as base64 and comes back as a path", picture, [exchange(shown, answer({"code": "00", "data": {"path": "/img/2026/7.jpg"}}))],
         {"uploaded": {"id": "/img/2026/7.jpg", "url": None, "name": "现场 1.jpg", "size": 8, "md5": hashlib.md5(JPEG).hexdigest()}}, KEYS),
    case("a picture without a path is none", picture, [exchange(shown, answer({"code": "00", "data": {}}))], {"complaint": {"id": "Q7513"}}, KEYS),
])
