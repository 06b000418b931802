"""SOAP: an XML envelope with two MD5 signs, error lists, and records that nobody mentions."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pairs import *

URL = "http://10.66.1.8:7001/service/upload"
KEYS = {"org": "ORG-0533", "password": "pw%370300"}
TIME = NOW.strftime("%Y-%m-%d %H:%M:%S")
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def request(event, records):
    head = md5(event + TIME + KEYS["org"] + KEYS["password"])
    sign = md5(records + KEYS["password"])
    header = f"<eventId>{event}</eventId><hosId>ORG-0533</hosId><requestTime>{TIME}</requestTime><headSign>{head}</headSign><bodySign>{sign}</bodySign>"
    body = (f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{SOAP}"><soap:Body><data>'
            f"<header>{header}</header><body>{records}</body></data></soap:Body></soap:Envelope>")
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
    return {"method": "POST", "url": URL, "headers": headers, "body": body}


def said(code, message="", errors=()):
    listed = "".join(f"<data><code>{c}</code><hosId>ORG-0533</hosId><errorMessage>{m}</errorMessage></data>" for c, m in errors)
    text = (f'<?xml version="1.0"?><soap:Envelope xmlns:soap="{SOAP}"><soap:Body><response><returnCode>{code}</returnCode>'
            f"<returnMessage>{message}</returnMessage><errorDatas>{listed}</errorDatas></response></soap:Body></soap:Envelope>")
    return answer(text, headers={"content-type": "text/xml"})


items = [
    {"record_id": "a1", "item_key": "z/a1/1", "version": 1, "document": {"title": "A&B <膜>", "owner": {"name": "某\"院\""}, "keywords": ["膜", "瓷"]}},
    {"record_id": "a2", "item_key": "z/a2/1", "version": 1, "document": {"title": "乙", "owner": {"name": "丙"}}},
]
records = ('<record no="z/a1/1"><code>a1</code><name>A&amp;B &lt;膜&gt;</name><org>某"院"</org><keyword>膜</keyword><keyword>瓷</keyword></record>'
           '<record no="z/a2/1"><code>a2</code><name>乙</name><org>丙</org></record>')
do = {"operation": "create", "key": "b1", "items": items}
sent = request("ACH_ADD", records)

write(__file__, [
    case("all accepted, under our own numbers", do, [exchange(sent, said(0))], {"settled": [{"accepted": "a1"}, {"accepted": "a2"}]}, KEYS),
    case("of a partly refused batch, who is not mentioned is unknown", do, [exchange(sent, said(-1, "部分失败", [("a2", "名称重复")]))],
         {"settled": [{"unknown": {"id": "Q7203"}}, {"refused": [{"message": "名称重复"}]}]}, KEYS),
    case("a SOAP fault is doubt", do,
         [exchange(sent, answer(f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body><soap:Fault><faultcode>soap:Server</faultcode></soap:Fault></soap:Body></soap:Envelope>', status=500, headers={"content-type": "text/xml"}))],
         {"in_doubt": {"lane": "open"}}, KEYS),
    case("a change names both numbers",
         {"operation": "update", "key": "b2", "items": [items[1] | {"remote_id": "a2"}]},
         [exchange(request("ACH_UPD", '<record no="z/a2/1"><code>a2</code><id>a2</id><name>乙</name><org>丙</org></record>'), said("0"))],
         {"settled": [{"accepted": "a2"}]}, KEYS),
])
