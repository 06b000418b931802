//! The province's reviewers: publish most, return some with an opinion, reject a few.
//!
//! They judge by what the document says and by nothing else, so the same document meets the same fate every time.

use anyhow::Context;
use rust_decimal::Decimal;
use serde_json::Value;

use super::Province;
use super::books;
use super::store::{self, Held};

/// How many records are decided in one go; the next question decides the rest.
const SITTING_RECORDS_MAX: i64 = 1000;

/// What the reviewers decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Published,
    Returned(&'static str),
    Rejected(&'static str),
}

/// Decides every record whose time has come. Called whenever somebody looks, so no clock has to tick.
///
/// Errors: the state file only.
pub async fn sit(province: &Province) -> anyhow::Result<()> {
    if province.faults.reviews_are_off() {
        return Ok(());
    }
    let now = province.clock.now();
    let waiting = "SELECT * FROM record WHERE status = 'in_review' AND withdrawn = 0 AND review_at <= ?1
                   ORDER BY review_at, remote_id LIMIT ?2";
    let is_idle =
        sqlx::query(waiting).bind(now.0).bind(1).fetch_optional(province.store.readers()).await?.is_none();
    if is_idle {
        return Ok(());
    }
    let mut writer = province.store.writer().await;
    let mut tx = store::begin(&mut writer).await.context("the sandbox's reviewers could not sit")?;
    let rows = sqlx::query(waiting).bind(now.0).bind(SITTING_RECORDS_MAX).fetch_all(&mut *tx).await?;
    for row in rows {
        let held = store::held(&row)?;
        let (status, opinion) = match judge(&held.kind, &held.data) {
            Verdict::Published => ("published", ""),
            Verdict::Returned(opinion) => ("returned", opinion),
            Verdict::Rejected(opinion) => ("rejected", opinion),
        };
        let held = Held { status: status.to_owned(), opinion: opinion.to_owned(), updated_at: now, ..held };
        sqlx::query("UPDATE record SET status = ?2, opinion = ?3, updated_at = ?4 WHERE remote_id = ?1")
            .bind(&held.remote_id)
            .bind(status)
            .bind(opinion)
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
        books::note_review(&mut tx, &held, now).await?;
    }
    tx.commit().await.context("the sandbox's reviewers could not sign")?;
    Ok(())
}

/// What the reviewers think of a document that the desk has taken.
pub fn judge(kind: &str, data: &Value) -> Verdict {
    let text = |field: &str| data[field].as_str().unwrap_or_default();
    let length = |field: &str| text(field).chars().count();
    let says = |field: &str, words: &[&str]| words.iter().any(|word| text(field).contains(word));
    match kind {
        "achievement" if says("title", &["永动", "水变油", "包治", "量子养生"]) => {
            Verdict::Rejected("不符合科学常识，不予发布。")
        }
        "achievement" if length("summary") < 40 => {
            Verdict::Returned("成果简介过于简单，请补充技术原理、主要指标和应用情况后重新报送。")
        }
        "achievement" if text("level") == "01" && data["year"].as_i64().is_some_and(|year| year < 2015) => {
            Verdict::Returned("成果完成较早，请核实“国际领先”的评价依据。")
        }
        "demand" if !has_digit(text("indicators")) => {
            Verdict::Returned("技术指标缺少可考核的量化数据，请补充。")
        }
        "demand" if is_vague(data, &["problem", "keyTech", "target", "indicators"]) => {
            Verdict::Returned("需求描述不明确，请写明实际技术内容。")
        }
        "demand" if amount(data, "investWan").is_some_and(|amount| amount < Decimal::ONE) => {
            Verdict::Rejected("拟投入资金过低，不具备对接条件。")
        }
        "recommendation" if !has_digit(text("innovation")) => {
            Verdict::Returned("主要创新点缺少对比数据，请补充与国内外同类成果的指标对比。")
        }
        "tech_contract" if data["isRelated"] == true => Verdict::Rejected("关联方交易，不予认定登记。"),
        "institution" if length("intro") < 20 => {
            Verdict::Returned("机构简介过于简单，请补充服务能力和典型案例。")
        }
        "expert" if length("introduction") < 15 => Verdict::Returned("专家简介过于简单，请补充。"),
        "finance" if length("conditions") < 8 => Verdict::Returned("申请条件不明确，请补充。"),
        "roadshow" if length("summary") < 15 => Verdict::Returned("活动简介过于简单，请补充。"),
        _ => Verdict::Published,
    }
}

fn has_digit(text: &str) -> bool {
    text.chars().any(char::is_numeric)
}

fn is_vague(data: &Value, fields: &[&str]) -> bool {
    const WORDS: [&str; 6] = ["暂无", "待定", "面议", "未说明", "详见附件", "根据需要"];
    fields
        .iter()
        .filter_map(|field| data[*field].as_str())
        .any(|text| WORDS.iter().any(|word| text.contains(word)))
}

fn amount(data: &Value, field: &str) -> Option<Decimal> {
    data[field].as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn content_decides() {
        let long = "本成果突破了关键技术，经检测主要指标提高百分之三十，已在三家企业应用，运行稳定，效益明显，可推广。";
        let demand = |indicators: &str, invest: &str| json!({"problem": "泵体泄漏", "indicators": indicators, "investWan": invest});
        type Expect = fn(&Verdict) -> bool;
        let published: Expect = |verdict| *verdict == Verdict::Published;
        let returned: Expect = |verdict| matches!(verdict, Verdict::Returned(_));
        let rejected: Expect = |verdict| matches!(verdict, Verdict::Rejected(_));
        let rows = [
            ("achievement", json!({"title": "协作机器人", "summary": long}), published),
            ("achievement", json!({"title": "协作机器人", "summary": "协作机器人用于装配。"}), returned),
            ("achievement", json!({"title": "永动发电机", "summary": long}), rejected),
            ("demand", demand("泄漏率低于0.1%", "30"), published),
            ("demand", demand("泄漏率明显降低", "30"), returned),
            ("demand", demand("指标3项，详见附件", "30"), returned),
            ("demand", demand("泄漏率低于0.1%", "0.5"), rejected),
            ("tech_contract", json!({"isRelated": true}), rejected),
            ("tech_contract", json!({"isRelated": false}), published),
            ("commissioner", json!({}), published),
            ("achievement", json!(null), returned),
        ];
        for (kind, data, expect) in rows {
            let verdict = judge(kind, &data);
            assert!(expect(&verdict), "{kind} {data}: {verdict:?}");
        }
    }
}
