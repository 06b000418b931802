//! New refusals of what used to pass: the province has changed a rule without a word.

use std::time::Duration;

use serde_json::Value as Json;

use super::alarms::{Alarm, Example, NewAlarm, REFUSAL, raise};
use super::event::Item;
use super::runs::RunRef;
use super::{Ledger, Result};
use crate::args;
use crate::audit::Deed;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::record::Complaint;

/// A refusal that has not been met for so long is new again.
const MEMORY: Duration = Duration::from_secs(30 * 86_400);
/// How many like records must have passed before a refusal is a surprise. At first contact everything is new, and
/// nothing of it is a change.
const PASSED_MIN: usize = 10;
/// So few suffice where the very same value used to pass.
const SAME_MIN: usize = 3;
/// How many accepted documents are looked at.
const SAMPLE: i64 = 200;
const EXAMPLES: i64 = 5;

impl Ledger {
    /// Notes that the province refuses a delivery, and over what.
    pub(super) async fn note_refusal(
        &self,
        tx: &mut Tx,
        item: &Item,
        complaint: &Complaint,
        now: Timestamp,
    ) -> Result<()> {
        let fact = |name: &str| complaint.facts.iter().find(|(known, _)| known == name).map(|(_, fact)| fact);
        let code = fact("code").unwrap_or(&complaint.id);
        let message = fact("message").map(String::as_str).unwrap_or_default();
        let sql = "-- ledger.note_refusal
            insert into refusal (delivery, platform, kind, code, pointer, message, at)
            select id, platform, kind, $2, $3, $4, $5 from delivery where id = $1
            on conflict (delivery) do update set code = excluded.code, pointer = excluded.pointer,
                message = excluded.message, at = excluded.at, judged = 0";
        tx.execute(sql, args![item.delivery, code, &complaint.pointer, message, now]).await?;
        Ok(())
    }

    /// Compares the refusals that came since the last time with what was before them.
    ///
    /// Shape: one alarm for each kind, code and field that was not refused in the last thirty days although at least
    ///        ten records passed with the field as it is (given or not), or three with the very same value.
    pub async fn judge_refusals(&self, run: &RunRef, now: Timestamp) -> Result<Vec<Alarm>> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.new_refusals
            select kind, code, pointer, message, min(at), count(*) from refusal
            where platform = $1 and judged = 0 group by kind, code, pointer order by kind, code, pointer";
        let groups = tx.fetch(sql, args![&run.platform]).await?;
        let mut raised = Vec::new();
        for group in &groups {
            let (kind, code, pointer) = (group.text(0), group.text(1), group.text(2));
            let (message, first, count) = (group.text(3), Timestamp(group.int(4)), group.int(5));
            let sql = "-- ledger.known_refusal
                select 1 from refusal where platform = $1 and kind = $2 and code = $3 and pointer = $4 and judged = 1
                  and at >= $5 limit 1";
            let since = first.minus(MEMORY);
            let known = tx.fetch_one(sql, args![&run.platform, &kind, &code, &pointer, since]).await?;
            if known.is_some() {
                continue;
            }
            let (examples, refused) = refused(&mut tx, &run.platform, [&kind, &code, &pointer]).await?;
            let passed = self.passed(&mut tx, &run.platform, &kind, first).await?;
            let (like, same) = alike(&passed, &refused, &pointer);
            if like < PASSED_MIN && same < SAME_MIN {
                continue;
            }
            let complaint = Complaint::new("Q7731")
                .at(&pointer)
                .fact("kind", &kind)
                .fact("code", &code)
                .fact("message", &message)
                .fact("count", count)
                .fact("passed", like.max(same))
                .fact("place", if pointer.is_empty() { "–" } else { &pointer });
            let new = NewAlarm { subject: format!("{kind} {code} {pointer}"), complaint, examples };
            let event = run.event(Deed::Alarm, now).kind(&kind);
            raised.push(raise(&mut tx, event, &run.platform, REFUSAL, Some(run.id), new, now).await?);
        }
        if !groups.is_empty() {
            let sql = "-- ledger.refusals_judged
                update refusal set judged = 1 where platform = $1 and judged = 0";
            tx.execute(sql, args![&run.platform]).await?;
        }
        tx.commit().await?;
        Ok(raised)
    }

    /// Documents of a kind that the province had accepted before a moment.
    async fn passed(&self, tx: &mut Tx, platform: &str, kind: &str, before: Timestamp) -> Result<Vec<Json>> {
        let sql = "-- ledger.passed_before
            select b.content from record r
            join delivery d on d.record = r.seq and d.version = r.accepted_version and d.state = 'accepted'
            join body b on b.print = d.document
            where r.platform = $1 and r.kind = $2 and r.presence = 'there' and d.changed_at < $3
            order by r.seq desc limit $4";
        let rows = tx.fetch(sql, args![platform, kind, before, SAMPLE]).await?;
        Ok(rows.iter().filter_map(|row| serde_json::from_slice(&row.blob(0)).ok()).collect())
    }
}

/// A few of the refused records, and what was refused of them.
async fn refused(
    tx: &mut Tx,
    platform: &str,
    [kind, code, pointer]: [&str; 3],
) -> Result<(Vec<Example>, Vec<Json>)> {
    let sql = "-- ledger.refused_examples
        select r.key_text, r.title, b.content from refusal f
        join delivery d on d.id = f.delivery join record r on r.seq = d.record
        left join body b on b.print = d.document
        where f.platform = $1 and f.kind = $2 and f.code = $3 and f.pointer = $4 and f.judged = 0
        order by f.delivery limit $5";
    let rows = tx.fetch(sql, args![platform, kind, code, pointer, EXAMPLES]).await?;
    let examples = rows.iter().map(|row| Example { key: row.text(0), title: row.text(1) }).collect();
    let content = |row: &crate::db::Row| serde_json::from_slice(&row.opt_blob(2)?).ok();
    Ok((examples, rows.iter().filter_map(content).collect()))
}

/// How many documents passed with the field as a refused one has it: given or not, and with the same value.
fn alike(passed: &[Json], refused: &[Json], pointer: &str) -> (usize, usize) {
    if pointer.is_empty() {
        return (passed.len(), 0);
    }
    let given = refused.first().is_some_and(|document| document.pointer(pointer).is_some());
    let like = passed.iter().filter(|document| document.pointer(pointer).is_some() == given);
    let values: Vec<&Json> = refused.iter().filter_map(|document| document.pointer(pointer)).collect();
    let same = passed.iter().filter_map(|document| document.pointer(pointer));
    (like.count(), same.filter(|value| values.contains(value)).count())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::alike;

    #[test]
    fn likeness_is_of_the_field_alone() {
        let passed = [json!({"a": "1"}), json!({"a": "2", "b": {"c": 1}}), json!({"b": {}})];
        let rows = [
            (json!({"a": "9"}), "/a", (2, 0)),
            (json!({"a": "2"}), "/a", (2, 1)),
            (json!({}), "/a", (1, 0)),
            (json!({"b": {"c": 1}}), "/b/c", (1, 1)),
            (json!({"x": 1}), "", (3, 0)),
        ];
        for (refused, pointer, expect) in rows {
            assert_eq!(
                alike(&passed, std::slice::from_ref(&refused), pointer),
                expect,
                "{refused} {pointer}"
            );
        }
    }
}
