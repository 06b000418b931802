//! One status in plain words out of verdict, delivery and review.

use serde::Serialize;

use super::state::State;
use crate::plan::{Presence, Verdict};
use crate::record::Language;

/// What a person sees: one word for where the record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The city does not publish it.
    NotPublished,
    /// Its data must be mended at home.
    Invalid,
    /// A person must decide.
    NeedsPerson,
    Queued,
    Waiting,
    WaitingForParent,
    Sending,
    /// The province may have it or not; it is being found out.
    InDoubt,
    /// The province took it in and has not decided.
    Pending,
    /// Attempts are used up.
    Parked,
    /// The province's machine said no.
    Refused,
    /// The province has it; its reviewers have not decided.
    InReview,
    Published,
    /// The province's reviewers want it changed.
    Returned,
    Rejected,
    Delisted,
    Withdrawn,
    /// Gone at home, never at the province.
    Gone,
}

/// The status of a record. Pure and total: what is owed comes first, then the verdict, then the review.
pub fn status(verdict: Verdict, owed: Option<State>, presence: Presence, review: &str) -> Status {
    match owed {
        Some(State::Queued | State::WaitingRun) => return Status::Queued,
        Some(State::WaitingTime) => return Status::Waiting,
        Some(State::WaitingParent) => return Status::WaitingForParent,
        Some(State::WaitingAdoption | State::WaitingPerson) => return Status::NeedsPerson,
        Some(State::InFlight) => return Status::Sending,
        Some(State::InDoubt) => return Status::InDoubt,
        Some(State::Pending) => return Status::Pending,
        Some(State::Parked) => return Status::Parked,
        Some(State::Refused) => return Status::Refused,
        Some(State::Accepted | State::Superseded) | None => (),
    }
    match (verdict, presence) {
        (Verdict::Invalid, _) => Status::Invalid,
        (Verdict::Held, _) => Status::NeedsPerson,
        (Verdict::Filtered, Presence::Withdrawn) | (Verdict::Absent, Presence::Withdrawn) => {
            Status::Withdrawn
        }
        (Verdict::Publishable | Verdict::Filtered | Verdict::Absent, Presence::There(_)) => match review {
            "published" => Status::Published,
            "returned" => Status::Returned,
            "rejected" => Status::Rejected,
            "delisted" => Status::Delisted,
            _ => Status::InReview,
        },
        (Verdict::Filtered, Presence::Never) => Status::NotPublished,
        (Verdict::Absent, Presence::Never) => Status::Gone,
        (Verdict::Publishable, Presence::Never | Presence::Withdrawn) => Status::Waiting,
    }
}

impl Status {
    pub const ALL: [Status; 18] = [
        Status::NotPublished,
        Status::Invalid,
        Status::NeedsPerson,
        Status::Queued,
        Status::Waiting,
        Status::WaitingForParent,
        Status::Sending,
        Status::InDoubt,
        Status::Pending,
        Status::Parked,
        Status::Refused,
        Status::InReview,
        Status::Published,
        Status::Returned,
        Status::Rejected,
        Status::Delisted,
        Status::Withdrawn,
        Status::Gone,
    ];

    pub fn name(self, language: Language) -> &'static str {
        let (chinese, english) = self.words().0;
        language.pick(chinese, english)
    }

    /// What the status asks of a person; empty when nothing.
    pub fn what_to_do(self, language: Language) -> &'static str {
        let (chinese, english) = self.words().1;
        language.pick(chinese, english)
    }

    pub fn needs_somebody(self) -> bool {
        !self.what_to_do(Language::English).is_empty()
    }

    fn words(self) -> ((&'static str, &'static str), (&'static str, &'static str)) {
        match self {
            Status::NotPublished => (("不报送", "not published"), ("", "")),
            Status::Invalid => (
                ("数据有误", "invalid"),
                (
                    "按提示改本地数据或映射，下次同步自动重报",
                    "mend the data or the mapping; the next sync sends it",
                ),
            ),
            Status::NeedsPerson => (
                ("待人工", "needs a person"),
                (
                    "看原因后用 qilu release 放行，或改本地数据",
                    "read why, then `qilu release` or change the data",
                ),
            ),
            Status::Queued => (("待发送", "queued"), ("", "")),
            Status::Waiting => (("等待重试", "waiting to retry"), ("", "")),
            Status::WaitingForParent => (
                ("等待上级记录", "waiting for its parent"),
                ("先让所属单位的记录报送成功", "get its parent accepted first"),
            ),
            Status::Sending => (("发送中", "sending"), ("", "")),
            Status::InDoubt => (("待核实", "in doubt"), ("", "")),
            Status::Pending => (("受理中", "taken in, not decided"), ("", "")),
            Status::Parked => (
                ("多次未成", "parked"),
                ("排除原因后用 qilu resubmit 重报", "remove the cause, then `qilu resubmit`"),
            ),
            Status::Refused => (
                ("被省平台拒收", "refused"),
                (
                    "按退回原因改数据，下次同步自动重报",
                    "change the data as the reason says; the next sync sends it",
                ),
            ),
            Status::InReview => (("省级审核中", "in review"), ("", "")),
            Status::Published => (("已发布", "published"), ("", "")),
            Status::Returned => (
                ("审核退回", "returned"),
                (
                    "按审核意见改数据，下次同步自动重报",
                    "change the data as the opinion says; the next sync sends it",
                ),
            ),
            Status::Rejected => (("审核不通过", "rejected"), ("与省平台沟通", "talk to the province")),
            Status::Delisted => (("被省平台下架", "delisted"), ("与省平台沟通", "talk to the province")),
            Status::Withdrawn => (("已撤下", "withdrawn"), ("", "")),
            Status::Gone => (("本地已删", "gone"), ("", "")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_comes_before_what_was_published() {
        let there = Presence::There(None);
        let rows = [
            (Verdict::Publishable, Some(State::Queued), there, "published", Status::Queued),
            (Verdict::Publishable, None, there, "published", Status::Published),
            (Verdict::Publishable, None, there, "none", Status::InReview),
            (Verdict::Publishable, Some(State::Pending), there, "published", Status::Pending),
            (Verdict::Publishable, Some(State::Refused), Presence::Never, "none", Status::Refused),
            (Verdict::Invalid, None, there, "published", Status::Invalid),
            (Verdict::Absent, None, Presence::Withdrawn, "none", Status::Withdrawn),
            (Verdict::Held, Some(State::WaitingPerson), there, "published", Status::NeedsPerson),
            (Verdict::Filtered, None, Presence::Never, "none", Status::NotPublished),
        ];
        for (verdict, owed, presence, review, expect) in rows {
            assert_eq!(status(verdict, owed, presence, review), expect);
        }
    }
}
