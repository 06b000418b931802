"""Upper-case keys, a fixed page, dates in UTC."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pairs import *

def page(number):
    body = form({"pageNo": number, "classification": "材料 科学", "kjbgRegion": "山东"})
    return {"method": "POST", "url": "https://nstrs.example.cn/rest/kjbg/wfKjbg/list",
            "headers": {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, "body": body}


def said(number, rows, count):
    return answer({"MESSAGE": "成功", "CODE": "0", "RESULT": {"pageNo": number, "pageSize": 10, "count": count, "list": rows}})


rows = [{"id": f"R{n}", "title": f"报告{n}", "openDate": "2025-12-31T16:00:00Z"} for n in range(10)]

write(__file__, [
    case("a page of ten, and one behind it", {"operation": "list", "names": {"scope": "others"}}, [exchange(page(1), said(1, rows, 11))],
         {"records": [{"remote_id": f"R{n}", "data": {"title": f"报告{n}", "opened": "2026-01-01"}} for n in range(10)], "total": 11, "next": {"page": 2}}),
    case("the last page", {"operation": "list", "names": {"scope": "others", "page": 2}}, [exchange(page(2), said(2, rows[:1], 11))],
         {"records": [{"remote_id": "R0"}], "next": None}),
    case("a failure in capitals", {"operation": "list", "names": {"scope": "others"}},
         [exchange(page(1), answer({"MESSAGE": "无权访问", "CODE": "1"}))], {"complaint": {"code": "1", "message": "无权访问"}}),
])
