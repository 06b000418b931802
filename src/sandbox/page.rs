//! The one page a person may look at: what this is, and what it holds.

use std::collections::BTreeMap;
use std::fmt::Write;

use sqlx::Row;

use super::Province;

/// The page. Errors: the state file only.
pub async fn show(province: &Province) -> anyhow::Result<String> {
    let sql = "SELECT kind, city = ?1 AS own, CASE WHEN withdrawn THEN 'withdrawn' ELSE status END AS state,
                   count(*) AS number FROM record GROUP BY kind, own, state";
    let rows = sqlx::query(sql).bind(&province.city).fetch_all(province.store.readers()).await?;
    let mut lines: BTreeMap<(String, &str), BTreeMap<String, i64>> = BTreeMap::new();
    for row in rows {
        let whose = if row.try_get::<bool, _>("own")? { "本市" } else { "外市" };
        let states = lines.entry((row.try_get("kind")?, whose)).or_default();
        states.insert(row.try_get("state")?, row.try_get("number")?);
    }
    let mut table = String::new();
    for ((kind, whose), states) in &lines {
        write!(table, "<tr><td>{}</td><td>{whose}</td>", escaped(province.reading.title(kind)))?;
        for (state, _) in STATES {
            match states.get(state) {
                Some(number) => write!(table, "<td class=n>{number}</td>")?,
                None => table.push_str("<td class=n></td>"),
            }
        }
        table.push_str("</tr>\n");
    }
    let titles: String = STATES.iter().map(|(_, title)| format!("<th>{title}</th>")).collect();
    let counts = province.faults.counts();
    Ok(format!(
        "<!doctype html>\n<html lang=zh-CN><meta charset=utf-8><title>沙箱省平台</title>\n<style>{STYLE}</style>\n\
         <h1>沙箱省平台</h1>\n\
         <p class=w>这是随程序附带的模拟省平台，只供演练和测试。它<b>不是</b>山东科技大市场，送到这里的数据不会到达省里。</p>\n\
         <table><tr><th>类别</th><th>来源</th>{titles}</tr>\n{table}</table>\n\
         <p>本市编码 {city}；启动以来收到接口请求 {requests} 次，其中报送批次 {posts} 次。</p>\n</html>\n",
        city = escaped(&province.city),
        requests = counts.requests,
        posts = counts.posts,
    ))
}

const STATES: [(&str, &str); 6] = [
    ("in_review", "审核中"),
    ("published", "已发布"),
    ("returned", "退回"),
    ("rejected", "不予发布"),
    ("delisted", "摘牌"),
    ("withdrawn", "已撤回"),
];

const STYLE: &str = "body{font:16px/1.6 sans-serif;max-width:56em;margin:2em auto;padding:0 1em}\
    table{border-collapse:collapse}th,td{border:1px solid #bbb;padding:.2em .8em;text-align:left}\
    .n{text-align:right}.w{background:#fff3cd;padding:.6em 1em}";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
