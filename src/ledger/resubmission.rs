//! Manual resubmission: a reasoned run over a frozen list of records.

use serde::Serialize;

use super::queue::{NewDelivery, Stored, drop_all, queue_all};
use super::runs::RunRef;
use super::state::State;
use super::{Ledger, LedgerError, Result};
use crate::args;
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::plan::{Action, Cause};
use crate::record::{Fingerprint, Language};

/// Which records.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    pub platform: String,
    pub kind: String,
    /// A delivery state's word, or `returned` or `rejected` for what the province's review gave back.
    pub state: Option<String>,
    /// Readable keys; empty means all of the state.
    pub keys: Vec<String>,
}

/// One selected record and whether it can be resubmitted.
#[derive(Clone, Debug, Serialize)]
pub struct Selected {
    #[serde(skip)]
    pub seq: i64,
    pub key: String,
    pub title: String,
    pub state: String,
    pub left_out: Option<LeftOut>,
    #[serde(skip)]
    document: Option<Fingerprint>,
    #[serde(skip)]
    print: Option<Fingerprint>,
    /// What goes again is a withdrawal.
    #[serde(skip)]
    withdraws: bool,
    /// Under which the document was checked.
    #[serde(skip)]
    schema: String,
}

/// Why a selected record is not resubmitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// In flight or in doubt.
    Out,
    WaitsForPerson,
    NeverReady,
    NotPublishable,
}

impl LeftOut {
    pub fn reason(self, language: Language) -> &'static str {
        match self {
            LeftOut::Out => language.pick(
                "正在发送或待核实，等有了结果再说",
                "it is being sent or in doubt; wait until that is settled",
            ),
            LeftOut::WaitsForPerson => language.pick("正等人工确认", "it waits for a person's word"),
            LeftOut::NeverReady => language.pick("还从未达到可报送的状态", "it has never been ready to send"),
            LeftOut::NotPublishable => language
                .pick("最新数据不可报送，先改数据", "its newest row is not publishable; mend it first"),
        }
    }
}

impl Selected {
    pub fn goes(&self) -> bool {
        self.left_out.is_none()
    }
}

impl Ledger {
    /// The records that a selection means, each with the reason why it would be left out.
    pub async fn select(&self, selection: &Selection) -> Result<Vec<Selected>> {
        let sql = "-- ledger.select
            select r.seq, r.key_text, r.title, r.verdict, coalesce(d.state, case r.presence when 'never' then 'none' else 'accepted' end), r.review,
                   coalesce(d.document, a.document), coalesce(d.print, a.print), d.action,
                   coalesce(d.schema, a.schema, '')
            from record r
            left join delivery d on d.id = r.owed
            left join delivery a on a.record = r.seq and a.version = r.accepted_version
            where r.platform = $1 and r.kind = $2
              and ($3 is null or coalesce(d.state, case r.presence when 'never' then 'none' else 'accepted' end) = $3 or (d.id is null and r.review = $3))
            order by r.key_sort";
        let state = selection.state.as_deref();
        let rows = self.db.fetch(sql, args![&selection.platform, &selection.kind, state]).await?;
        let print = |row: &crate::db::Row, index| {
            row.opt_blob(index).and_then(|bytes| Fingerprint::from_bytes(&bytes))
        };
        let mut selected = Vec::new();
        for row in &rows {
            let key = row.text(1);
            if !selection.keys.is_empty() && !selection.keys.contains(&key) {
                continue;
            }
            let state = row.text(4);
            let document = print(row, 6);
            let withdraws = row.opt_text(8).as_deref() == Some(Action::Withdraw.word());
            let left_out = match (row.text(3).as_str(), state.as_str()) {
                (_, "in_flight" | "in_doubt" | "pending") => Some(LeftOut::Out),
                (_, "waiting_person" | "waiting_adoption" | "waiting_run") => Some(LeftOut::WaitsForPerson),
                // What the city took down must be able to leave the province, however often that failed.
                (_, "parked" | "refused") if withdraws => None,
                ("publishable", _) if document.is_some() => None,
                ("publishable", _) => Some(LeftOut::NeverReady),
                _ => Some(LeftOut::NotPublishable),
            };
            selected.push(Selected {
                seq: row.int(0),
                key,
                title: row.text(2),
                state,
                left_out,
                document,
                print: print(row, 7),
                withdraws,
                schema: row.text(9),
            });
        }
        Ok(selected)
    }

    /// Queues the newest content of each selected record again, as a version of its own.
    ///
    /// Nothing newer can be overwritten: only the newest content is ever queued, and what is out stays in order.
    pub async fn resubmit(&self, run: &RunRef, selected: &[Selected], now: Timestamp) -> Result<u64> {
        let mut queued = 0;
        for page in selected.chunks(500) {
            let mut tx = self.db.begin().await?;
            let mut event = run.event(Deed::Resubmission, now);
            let goes: Vec<_> = page.iter().filter(|chosen| chosen.goes()).collect();
            let seqs: Vec<i64> = goes.iter().map(|chosen| chosen.seq).collect();
            let stored = Stored::read_all(&mut tx, &seqs).await?;
            drop_all(&mut tx, stored.values(), now).await?;
            let mut queue = Vec::with_capacity(goes.len());
            for chosen in goes {
                let record = stored.get(&chosen.seq).ok_or(LedgerError::NoRecord(chosen.seq))?;
                let action = match (chosen.withdraws, record.was_there) {
                    (true, _) => Action::Withdraw,
                    (false, true) => Action::Update,
                    (false, false) => Action::Create,
                };
                let content = chosen.document.filter(|_| !chosen.withdraws);
                let new = NewDelivery {
                    action,
                    state: State::Queued,
                    cause: Cause::Data,
                    print: chosen.print.filter(|_| !chosen.withdraws),
                    document: content,
                    // Of a withdrawal the province is told this.
                    reason: if chosen.withdraws { "本地已撤下" } else { "resubmission" },
                    // What goes again is what was checked then.
                    schema: &chosen.schema,
                };
                let document = self.document(&mut tx, content.as_ref()).await?;
                queue.push((record, new, document.parents()));
                event.item(
                    &self.clock,
                    &audit::Item {
                        record: &record.id,
                        version: record.version + 1,
                        action: action.word(),
                        outcome: "queued",
                        row: None,
                        document: chosen.print.as_ref().map(|print| print.as_bytes()),
                        payload: None,
                    },
                );
                queued += 1;
            }
            queue_all(&mut tx, run, &queue, now).await?;
            audit::append(&mut tx, &event).await?;
            tx.commit().await?;
        }
        Ok(queued)
    }
}
