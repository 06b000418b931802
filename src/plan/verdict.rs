//! What we think of a listing.

use crate::record::Language;

/// The verdict over a record's newest row. Which delivery follows from it is another matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// May go to the province.
    Publishable,
    /// The city does not publish it: a draft, not approved, deleted before it was ever sent.
    Filtered,
    /// Something in it must be mended first.
    Invalid,
    /// A person must decide first.
    Held,
    /// The row is gone.
    Absent,
}

impl Verdict {
    pub const ALL: [Verdict; 5] =
        [Verdict::Publishable, Verdict::Filtered, Verdict::Invalid, Verdict::Held, Verdict::Absent];

    /// The word in the ledger.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Publishable => "publishable",
            Verdict::Filtered => "filtered",
            Verdict::Invalid => "invalid",
            Verdict::Held => "held",
            Verdict::Absent => "absent",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Verdict::ALL.into_iter().find(|verdict| verdict.word() == word)
    }

    pub fn name(self, language: Language) -> &'static str {
        match self {
            Verdict::Publishable => language.pick("可报送", "publishable"),
            Verdict::Filtered => language.pick("不报送", "not published"),
            Verdict::Invalid => language.pick("有误", "invalid"),
            Verdict::Held => language.pick("待人工", "held for a person"),
            Verdict::Absent => language.pick("本地已无", "gone at home"),
        }
    }
}
