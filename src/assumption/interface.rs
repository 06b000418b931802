//! How we think the province's interface works, key by key of the profile.

use super::row::{Part, Row};
use crate::config::platform::{Call, Means, Operation, Template, Trust};
use crate::config::{Located, Platform};

/// The profile's assumptions, in the order in which somebody who connects meets them.
pub(super) fn rows(platform: &Platform) -> Vec<Row> {
    let mut rows = Rows { platform, rows: Vec::new() };
    let url = &platform.base_url;
    rows.add("base_url", ["接口地址", "address"], [url.value.clone(), url.value.clone()], url.line);
    let trust = match &platform.tls.trust {
        Trust::System => ["系统根证书", "the system's authorities"].map(str::to_owned),
        Trust::CaFile(file) => {
            ["只认这个 CA：", "only this CA: "].map(|text| format!("{text}{}", file.value))
        }
        Trust::Pins(pins) => ["固定证书或公钥指纹，个数：", "pinned fingerprints: "]
            .map(|text| format!("{text}{}", pins.len())),
    };
    rows.add("tls", ["怎样确认对方是省平台", "how it proves who it is"], trust, 0);
    let city = &platform.city_code;
    rows.add(
        "city_code",
        ["本市代码", "the city's code"],
        [city.value.clone(), city.value.clone()],
        city.line,
    );
    for pair in &platform.headers {
        let text = pair.expression.value.clone();
        let name = format!("headers.{}", pair.name.value);
        rows.add(
            &name,
            ["每个请求的请求头", "header of every request"],
            [text.clone(), text],
            pair.name.line,
        );
    }
    for value in &platform.values {
        let text = value.expression.value.clone();
        let name = format!("values.{}", value.name.value);
        rows.add(
            &name,
            ["摘要、签名等", "digests, signatures and the like"],
            [text.clone(), text],
            value.name.line,
        );
    }
    for (operation, call) in &platform.operations {
        rows.call(*operation, call);
    }
    rows.answer();
    rows.habits();
    rows.rows
}

struct Rows<'a> {
    platform: &'a Platform,
    rows: Vec<Row>,
}

impl Rows<'_> {
    fn add(&mut self, place: &str, name: [&str; 2], now: [String; 2], line: usize) {
        let file = self.platform.file.display();
        let at = if line > 0 { format!("{file}:{line}") } else { file.to_string() };
        self.rows.push(Row {
            part: Part::Interface,
            about: ["接口".to_owned(), "interface".to_owned()],
            place: place.to_owned(),
            name: name.map(str::to_owned),
            now,
            source: [
                format!("平台配置 {at}，没有省平台的文件"),
                format!("profile {at}; no document of the province"),
            ],
        });
    }

    fn same(&mut self, place: &str, name: [&str; 2], text: &Located<String>) {
        self.add(place, name, [text.value.clone(), text.value.clone()], text.line);
    }

    fn call(&mut self, operation: Operation, call: &Call) {
        let mut text = format!("{} {}", call.method, call.path.value);
        for (what, pairs) in [("query", &call.query), ("headers", &call.headers)] {
            if !pairs.is_empty() {
                let pairs: Vec<String> = pairs
                    .iter()
                    .map(|pair| format!("{} = {}", pair.name.value, pair.expression.value))
                    .collect();
                text.push_str(&format!("; {what}: {}", pairs.join(", ")));
            }
        }
        for (what, template) in
            [("envelope", &call.envelope), ("payload", &call.payload), ("item", &call.item)]
        {
            if let Some(template) = template {
                text.push_str(&format!("; {what}: {}", shown(template)));
            }
        }
        let place = format!("operations.{}", operation.word());
        self.add(&place, ["操作", "operation"], [text.clone(), text], call.path.line);
    }

    fn answer(&mut self) {
        let answer = &self.platform.answer;
        let items = answer.items.clone().unwrap_or_default();
        let judged = [
            ("answer.success", ["怎样算成功", "what counts as success"], &answer.success),
            ("answer.code", ["业务代码在哪", "where the code stands"], &answer.code),
            ("answer.items.list", ["逐条结果在哪", "where the results stand"], &items.list),
            ("answer.items.success", ["一条怎样算被接收", "when a record is accepted"], &items.success),
            ("answer.items.duplicate", ["怎样算重复", "when it is a duplicate"], &items.duplicate),
            ("answer.items.retry", ["怎样算可稍后重试", "when it may be sent again"], &items.retry),
            ("answer.items.refused", ["怎样算被退回", "when it is refused"], &items.refused),
        ];
        for (place, name, text) in judged {
            if let Some(text) = text {
                self.same(place, name, text);
            }
        }
        if let Some(reviews) = &answer.reviews {
            let states: Vec<String> =
                reviews.states.iter().map(|(word, state)| format!("{word} = {}", state.word())).collect();
            let text = states.join(", ");
            let name = ["审核状态有哪些", "the states of a review"];
            let line = reviews.state.as_ref().map_or(0, |state| state.line);
            self.add("answer.reviews.states", name, [text.clone(), text], line);
        }
    }

    fn habits(&mut self) {
        let platform = self.platform;
        let means: Vec<&str> = platform
            .duplicates
            .means
            .iter()
            .map(|means| match means {
                Means::IdempotencyKey => "idempotency-key",
                Means::DuplicateAnswer => "duplicate-answer",
                Means::Lookup => "lookup",
            })
            .collect();
        let means = if means.is_empty() { "–".to_owned() } else { means.join(", ") };
        let name = ["靠什么不重复", "what keeps a record from arriving twice"];
        self.add("duplicates.means", name, [means.clone(), means], 0);
        let limits = &platform.limits;
        for (place, name, number) in [
            ("limits.records_max", ["每批最多条数", "records of a batch"], limits.records_max),
            ("limits.body_bytes_max", ["报文最多字节", "bytes of a request"], limits.body_bytes_max),
            (
                "limits.requests_per_second",
                ["每秒最多请求数", "requests a second"],
                limits.requests_per_second as usize,
            ),
        ] {
            self.add(place, name, [number.to_string(), number.to_string()], 0);
        }
        for (index, rule) in platform.remedies.iter().enumerate() {
            let text = [
                format!("{} → {:?}；{}", rule.when.value, rule.remedy, rule.zh),
                format!("{} → {:?}; {}", rule.when.value, rule.remedy, rule.en),
            ];
            self.add(
                &format!("remedies[{index}]"),
                ["整批失败的处置", "when a whole request fails"],
                text,
                rule.when.line,
            );
        }
        let codes: Vec<&str> = platform.refusals.keys().map(String::as_str).collect();
        if !codes.is_empty() {
            let text = codes.join(" ");
            self.add("refusals", ["退回代码有哪些", "the codes of refusals"], [text.clone(), text], 0);
        }
        if let Some(dictionaries) = &platform.dictionaries {
            let tables: Vec<String> = dictionaries
                .tables
                .iter()
                .map(|one| format!("{} = {}", one.table.value, one.remote.value))
                .collect();
            let text = tables.join(", ");
            let name = ["可取的代码表", "code tables that it gives out"];
            self.add("dictionaries.tables", name, [text.clone(), text], 0);
        }
    }
}

/// A template in one line, as the profile writes it.
fn shown(template: &Template) -> String {
    match template {
        Template::Expression(text) => text.value.clone(),
        Template::Constant(json) => json.to_string(),
        Template::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, field)| format!("{name} = {}", shown(field))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Template::List(items) => {
            format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
    }
}
