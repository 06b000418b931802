//! First contact: matches what the province already holds with what the city would create.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::connector::{Connector, Error};
use super::guard::WorkGuard;
use super::push::Request;
use super::route::PushRoute;
use super::watch::{Stage, Watcher};
use crate::config::platform::Operation;
use crate::delivery::{self, Scope};
use crate::ledger::{Candidate, LedgerError, Match, RunEnd};
use crate::record::{Complaint, Document, Fingerprint, ParentRef};
use crate::schema::{natural_keys, plain};

const PAGE: i64 = 500;

/// What adoption found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AdoptReport {
    pub run: i64,
    pub route: String,
    /// Records that the province already held.
    pub held_there: u64,
    /// Matched for certain, with the same content: taken over without sending.
    pub same: u64,
    /// Matched for certain, with other content: taken over, and an update is owed.
    pub differs: u64,
    /// A person must say.
    pub doubtful: u64,
    /// New to the province: may be created.
    pub released: u64,
    /// What the province holds and nothing at home matches.
    pub unmatched: u64,
    /// Why adoption could not be closed.
    pub complaint: Option<Complaint>,
}

/// One record of the province, as it is matched.
struct Held {
    remote_id: String,
    title: String,
    /// In the ledger's words; `none` where the profile does not know the province's.
    review: String,
    /// Of the document with parents as they stand there.
    data: Map<String, Json>,
    taken: bool,
}

impl Connector {
    /// Matches the creates of a route that wait for adoption, then lets the unmatched go.
    ///
    /// The province's list of this city is held in memory while it is matched; the city's side is read in pages.
    pub async fn adopt(
        &self,
        _: &WorkGuard,
        route: &PushRoute,
        request: &Request,
        watcher: &dyn Watcher,
    ) -> Result<AdoptReport, Error> {
        let run = self.begin_run(route, request).await?;
        let mut report = AdoptReport { run: run.id, route: run.route.clone(), ..AdoptReport::default() };
        match self.held_there(route, watcher).await? {
            Ok(mut held) => {
                report.held_there = held.len() as u64;
                self.match_all(route, &run, &mut held, &mut report).await?;
                report.unmatched = held.iter().filter(|one| !one.taken).count() as u64;
                report.released = self.ledger.close_adoption(&run, self.clock.now()).await?;
            }
            Err(complaint) => report.complaint = Some(complaint),
        }
        let end = match (&report.complaint, report.doubtful) {
            (Some(_), _) => RunEnd::Failed,
            (None, 0) => RunEnd::Well,
            (None, _) => RunEnd::Trouble,
        };
        let note = report.complaint.as_ref().map(ToString::to_string).unwrap_or_default();
        self.ledger.end_run(&run, end, &report, &note, self.clock.now()).await?;
        self.seal().await?;
        Ok(report)
    }

    /// A person links a doubtful record to the province's, or says that it is new.
    pub async fn decide_adoption(
        &self,
        _: &WorkGuard,
        route: &PushRoute,
        key: &str,
        remote_id: Option<&str>,
        request: &Request,
    ) -> Result<(), Error> {
        let Some(candidate) = self.ledger.doubtful_candidate(&route.route.name, key).await? else {
            let known = "those that `qilu adopt` listed as doubtful".to_owned();
            return Err(Error::Unknown { what: "doubtful record", name: key.to_owned(), known });
        };
        let (platform, kind) = (&route.route.platform, &route.route.kind);
        if let Some(remote_id) = remote_id
            && self.ledger.knows_remote(platform, kind, remote_id).await?
        {
            return Err(Error::Ledger(LedgerError::Refused(format!(
                "`{remote_id}` is another record's already: one record of the province cannot stand for two listings; \
                 link this one to another, or say that it is new"
            ))));
        }
        let run = self.begin_run(route, request).await?;
        let now = self.clock.now();
        match remote_id {
            Some(remote_id) => {
                // Whether the content is the same is for the province to know: an update makes it so.
                let found =
                    Match::Certain { remote_id: remote_id.to_owned(), same: false, review: "none".into() };
                self.ledger.adopt(&run, &[(candidate, found)], now).await?;
            }
            None => self.ledger.not_same(&run, &candidate, now).await?,
        }
        self.ledger.end_run(&run, RunEnd::Well, &serde_json::json!({}), "", self.clock.now()).await?;
        self.seal().await
    }

    /// The province's own list of what this city has there under no id of ours.
    async fn held_there(
        &self,
        route: &PushRoute,
        watcher: &dyn Watcher,
    ) -> Result<Result<Vec<Held>, Complaint>, Error> {
        let mut held = Vec::new();
        if self.courier(&route.route.platform).is_some() {
            // Nobody can be asked there; what a person finds is linked with `decide_adoption`.
            return Ok(Ok(held));
        }
        let street = self.street(&route.route.platform)?;
        if !street.profile().offers(Operation::List) {
            return Ok(Ok(held));
        }
        let states = &street.profile().answer(Operation::List).states;
        let mut bookmark = Some(delivery::Bookmark::first(street.profile(), None));
        while let Some(at) = bookmark {
            let listed = delivery::list(street, &route.route.kind, Scope::Own, &at, &self.clock).await;
            let listed = match listed {
                Ok(listed) => listed,
                Err(trouble) => {
                    let platform = &route.route.platform;
                    self.ledger.note_distrust(platform, &trouble.complaint, self.clock.now()).await?;
                    return Ok(Err(trouble.complaint));
                }
            };
            for record in listed.records {
                let known =
                    self.ledger.knows_remote(&route.route.platform, &route.route.kind, &record.remote_id);
                if record.withdrawn || known.await? {
                    continue;
                }
                let title = plain(route.kind.label_of(&record.data));
                let review = record.status.and_then(|status| states.get(&status).map(|state| state.word()));
                let review = review.unwrap_or("none").to_owned();
                held.push(Held {
                    remote_id: record.remote_id,
                    review,
                    title,
                    data: record.data,
                    taken: false,
                });
            }
            watcher.saw(Stage::Adopting, &route.route.name, held.len() as u64);
            bookmark = listed.next;
        }
        Ok(Ok(held))
    }

    /// Certain matches first: what is certainly somebody's cannot make another listing doubtful.
    async fn match_all(
        &self,
        route: &PushRoute,
        run: &crate::ledger::RunRef,
        held: &mut [Held],
        report: &mut AdoptReport,
    ) -> Result<(), Error> {
        let mut by_key: HashMap<Fingerprint, Vec<usize>> = HashMap::new();
        for (index, one) in held.iter().enumerate() {
            for key in natural_keys(&route.kind, &one.data) {
                by_key.entry(key).or_default().push(index);
            }
        }
        for certain in [true, false] {
            if held.iter().any(|one| !one.taken) {
                self.match_pages(route, run, held, &by_key, certain, report).await?;
            }
        }
        Ok(())
    }

    async fn match_pages(
        &self,
        route: &PushRoute,
        run: &crate::ledger::RunRef,
        held: &mut [Held],
        by_key: &HashMap<Fingerprint, Vec<usize>>,
        certain: bool,
        report: &mut AdoptReport,
    ) -> Result<(), Error> {
        let mut after = 0;
        loop {
            let page = self.ledger.candidates(&run.route, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.delivery;
            let mut found = Vec::new();
            for candidate in page {
                let outcome = match certain {
                    true => self.certain(route, &candidate, held, by_key).await?,
                    false => doubtful(route, &candidate, held, by_key),
                };
                if let Some(outcome) = outcome {
                    match &outcome {
                        Match::Certain { same: true, .. } => report.same += 1,
                        Match::Certain { same: false, .. } => report.differs += 1,
                        Match::Doubtful { .. } => report.doubtful += 1,
                    }
                    found.push((candidate, outcome));
                }
            }
            if !found.is_empty() {
                self.ledger.adopt(run, &found, self.clock.now()).await?;
            }
        }
    }

    /// Exactly one record of the province that is nobody's yet shares a natural key.
    async fn certain(
        &self,
        route: &PushRoute,
        candidate: &Candidate,
        held: &mut [Held],
        by_key: &HashMap<Fingerprint, Vec<usize>>,
    ) -> Result<Option<Match>, Error> {
        let [index] = sharing(route, candidate, held, by_key)[..] else { return Ok(None) };
        held[index].taken = true;
        let same = self.same_content(route, &candidate.document, &held[index].data).await?;
        let Held { remote_id, review, .. } = &held[index];
        if route.kind.once && !same {
            // What may be reported once only cannot be set right by an update.
            return Ok(Some(Match::Doubtful { complaint: Complaint::new("Q6020").found(remote_id) }));
        }
        Ok(Some(Match::Certain { remote_id: remote_id.clone(), same, review: review.clone() }))
    }

    /// Is what the province holds what we would send? Parents are compared by the province's ids.
    async fn same_content(
        &self,
        route: &PushRoute,
        ours: &Document,
        theirs: &Map<String, Json>,
    ) -> Result<bool, Error> {
        let mut rendered = ours.clone();
        for parent in ours.parents() {
            let Some(remote_id) =
                self.ledger.remote_id(&route.route.platform, &parent.kind, &parent.key).await?
            else {
                return Ok(false);
            };
            rendered.0.values_mut().for_each(|value| put_in(value, &parent, &remote_id));
        }
        let volatile = &route.kind.volatile;
        Ok(rendered.fingerprint(volatile) == Document(theirs.clone()).fingerprint(volatile))
    }
}

/// Several share a natural key, or the title is alike: a person must say.
fn doubtful(
    route: &PushRoute,
    candidate: &Candidate,
    held: &[Held],
    by_key: &HashMap<Fingerprint, Vec<usize>>,
) -> Option<Match> {
    let title = plain(route.kind.label_of(&candidate.document.0));
    let several = sharing(route, candidate, held, by_key).first().map(|index| &held[*index]);
    let alike = || held.iter().find(|one| !one.taken && is_alike(&one.title, &title));
    several.or_else(alike).map(|one| {
        let complaint = Complaint::new("Q6020").found(format!("{} {}", one.remote_id, one.title));
        Match::Doubtful { complaint }
    })
}

/// The places of the records that share a natural key with a listing and are nobody's yet.
fn sharing(
    route: &PushRoute,
    candidate: &Candidate,
    held: &[Held],
    by_key: &HashMap<Fingerprint, Vec<usize>>,
) -> Vec<usize> {
    let keys = natural_keys(&route.kind, &candidate.document.0);
    let mut sharing: Vec<usize> = keys.iter().filter_map(|key| by_key.get(key)).flatten().copied().collect();
    sharing.sort_unstable();
    sharing.dedup();
    sharing.retain(|index| !held[*index].taken);
    sharing
}

fn put_in(value: &mut Json, parent: &ParentRef, remote_id: &str) {
    match value {
        Json::String(text) if ParentRef::parse(text).as_ref() == Some(parent) => remote_id.clone_into(text),
        Json::Array(items) => items.iter_mut().for_each(|item| put_in(item, parent, remote_id)),
        Json::Object(fields) => fields.values_mut().for_each(|item| put_in(item, parent, remote_id)),
        _ => (),
    }
}

/// The longest piece that one title may have and the other lack, in characters.
const PIECE_CHARS_MAX: usize = 4;

/// Titles that are the same but for one piece that one of them lacks: 关于…, …（一期）, 有限公司 and 公司.
///
/// A piece in the place of another is no likeness: two firms of one trade and town differ by their two characters.
fn is_alike(one: &str, other: &str) -> bool {
    let [mut short, mut long] = [one, other].map(|title| title.chars().collect::<Vec<_>>());
    if short.len() > long.len() {
        std::mem::swap(&mut short, &mut long);
    }
    let piece = long.len() - short.len();
    if piece == 0 || short.len() < PIECE_CHARS_MAX {
        return short == long && !short.is_empty();
    }
    let before = short.iter().zip(&long).take_while(|(one, other)| one == other).count();
    let after = short.iter().rev().zip(long.iter().rev()).take_while(|(one, other)| one == other).count();
    piece <= PIECE_CHARS_MAX && before + after >= short.len()
}

#[cfg(test)]
mod tests {
    use super::{is_alike, plain};

    #[test]
    fn titles_are_alike_that_lack_one_piece_and_no_others() {
        let rows = [
            ("山东聚能氢能材料科技有限公司", "山东聚能氢能材料科技公司", true),
            ("基于动态公交专用道的城市公交网络研究", "基于动态公交专用道的城市公交网络研究（一期）", true),
            ("倒向协同创新项目治理网络研究", "关于倒向协同创新项目治理网络研究", true),
            ("高精度 协作机器人", "高精度协作机器人", true),
            ("淄博金岭氢能材料有限公司", "淄博博瑞氢能材料有限公司", false),
            (
                "大尺寸氧化锆陶瓷背板低翘曲烧结技术（第7生产线）",
                "大尺寸氧化锆陶瓷背板低翘曲烧结技术（第9生产线）",
                false,
            ),
            ("智能传感器", "智能传感器在化工园区的应用研究", false),
            ("传感", "智能传感", false),
            ("机器人", "机器人", true),
            ("", "", false),
        ];
        for (one, other, expect) in rows {
            assert_eq!(is_alike(&plain(one), &plain(other)), expect, "{one} {other}");
            assert_eq!(is_alike(&plain(other), &plain(one)), expect, "{other} {one}");
        }
    }
}
