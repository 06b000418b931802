"""A read-only market: plain queries, no signature, no code in the answer."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pairs import *

BASE = "http://market.example.cn"


def page(number):
    query = f"page={number}&count=15&sort_type=1&keyword=&pricemin=0&pricemax=999999&randomnumber={DIGITS[:6]}"
    return {"method": "GET", "url": f"{BASE}/web/achievement?{query}", "headers": {"Content-Type": None}, "body": ""}


def row(number):
    return {"created": 1748493296 + number, "name": f"成果{number}", "location": "济南", "hi_tech_field": "新材料", "record_id": 7000 + number}


def record(number):
    # 1748493296 is 2025-05-29 12:34:56 in China.
    second = 56 + number
    time = f"2025-05-29T12:{34 + second // 60:02}:{second % 60:02}+08:00"
    return {"remote_id": str(7000 + number), "updated_at": time, "data": {"title": f"成果{number}", "region": "济南", "field": "新材料"}}


write(__file__, [
    case("a full page has another behind it", {"operation": "list", "names": {"scope": "others"}},
         [exchange(page(1), answer({"data": [row(n) for n in range(15)]}))],
         {"records": [record(n) for n in range(15)], "next": {"page": 2}, "unreadable": []}),
    case("a short page is the last", {"operation": "list", "names": {"scope": "others", "page": 2}},
         [exchange(page(2), answer({"data": [row(0), {"name": "没有编号"}]}))],
         {"records": [record(0)], "next": None, "unreadable": ["Q7301"]}),
    case("an answer without the content is no success, whatever the status says",
         {"operation": "list", "names": {"scope": "others"}},
         [exchange(page(1), answer({"msg": "系统繁忙"}))],
         {"complaint": {"message": "系统繁忙"}}),
    case("a page of a website is not an answer", {"operation": "list", "names": {"scope": "others"}},
         [exchange(page(1), answer("<!DOCTYPE html><html><body>登录</body></html>", headers={"content-type": "text/html"}))],
         {"complaint": {"id": "Q7101"}}),
    case("one achievement, its introduction freed from markup", {"operation": "lookup", "names": {"remote_id": "7001"}},
         [exchange({"method": "GET", "url": BASE + "/web/achievement/7001", "body": ""},
                   answer({"achievementinfo": {"record_id": 7001, "name": "成果1", "achievement_introduction": "<p>膜&amp;瓷</p>"}}))],
         {"found": {"remote_id": "7001", "data": {"title": "成果1", "summary": "膜&瓷"}}}),
])
