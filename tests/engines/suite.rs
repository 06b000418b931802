//! What every engine must do, in words that no engine speaks.

pub mod cells;
pub mod names;
pub mod order;
pub mod since;
pub mod snapshot;
pub mod survey;
pub mod untouched;
pub mod writing;

use std::path::Path;

use qilu::city::City;
use qilu::config::{Database, Flow, Push, Route};
use qilu::record::{Complaint, Language, Row, Value};
use qilu::source::{Ending, Unreadable, scan};

/// The zone that the databases' times are said to be in.
pub const ZONE: chrono_tz::Tz = chrono_tz::Tz::Asia__Shanghai;

/// An engine's ground to test on: an empty database of its own.
pub trait Ground: Sized {
    /// `None` if what needs a server is left out.
    async fn new() -> Option<Self>;

    /// The URL under which it is read.
    fn url(&self) -> String;

    /// Runs statements as the city's own program would.
    async fn run(&self, sql: &str);

    /// A name in quotes.
    fn quoted(name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    /// A text as a literal.
    fn literal(text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    /// How the engine declares a column for a case of `cells::CASES`, and writes its value; `None` where it has no such
    /// type.
    fn cell(case: &str) -> Option<(&'static str, &'static str)>;

    /// Cells that only this engine has: declaration, literal, what comes of it.
    fn own_cells() -> Vec<(&'static str, &'static str, Expect)>;

    /// Columns that hold texts and that the engine sorts in its own ways.
    fn text_columns() -> &'static [&'static str];

    /// A column of short texts, as a city declares it.
    fn short_text() -> &'static str;

    /// The same as another program declares it, where the engine lets texts collate differently.
    fn short_text_elsewhere() -> &'static str {
        Self::short_text()
    }

    /// Columns that tell when a row was changed: declarations, each with literals days before, at and days after a time.
    fn stamps() -> Vec<(&'static str, [&'static str; 3])> {
        vec![
            ("BIGINT", ["1777300000", "1777595400", "1777900000"]),
            ("BIGINT", ["1777300000123", "1777595400123", "1777900000123"]),
            ("DECIMAL(14, 0)", ["20260428083000", "20260501083000", "20260504083000"]),
            ("VARCHAR(30)", ["'2026-04-28 08:30:00'", "'2026-05-01 08:30:00'", "'2026-05-04 08:30:00'"]),
            ("CHAR(8)", ["'20260428'", "'20260501'", "'20260504'"]),
        ]
    }

    /// Statements that comment on table `t` and its column `cgmc`, if the engine keeps comments.
    fn comments() -> Option<&'static str>;

    /// Statements that make ready a query which writes to table `t` (of one whole number `id`), and that query.
    fn writing_query() -> (&'static str, &'static str);

    /// Table `t` as its bytes lie on the disk, at rest.
    async fn bytes(&self) -> Vec<u8>;

    /// Ends every connection that reads; `false` if the engine has none that could be lost.
    async fn cut_readers(&self) -> bool;

    /// The URL of an account that may read no table but `open_t`; `None` if the engine has no accounts.
    async fn stranger(&self) -> Option<String>;
}

/// What is to come of a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    Is(Value),
    /// The row is told with this complaint.
    Row(&'static str),
    /// The query is refused with this complaint.
    Query(&'static str),
}

impl Expect {
    pub fn decimal(text: &str) -> Self {
        Expect::Is(Value::Decimal(text.parse().expect("a decimal")))
    }

    pub fn text(text: &str) -> Self {
        Expect::Is(Value::text(text))
    }

    pub fn time(text: &str) -> Self {
        Expect::Is(Value::DateTime(chrono::DateTime::parse_from_rfc3339(text).expect("a time")))
    }

    pub fn date(text: &str) -> Self {
        Expect::Is(Value::Date(text.parse().expect("a date")))
    }

    pub fn json(text: &str) -> Self {
        Expect::Is(Value::from_json(&serde_json::from_str(text).expect("a JSON text")))
    }
}

/// Makes a test of every behaviour for an engine; `reading` leaves out what one that is only read cannot do.
#[macro_export]
macro_rules! conformance {
    ($ground:ty) => {
        $crate::conformance!(reading $ground);
        $crate::conformance!($ground, writing::imports_are_written_whole_and_by_type);
    };
    (reading $ground:ty) => {
        $crate::conformance!(
            $ground,
            cells::common_cells_come_out_as_the_same_values,
            cells::cells_of_this_engine_alone_come_out_or_are_refused,
            names::columns_and_tables_may_have_any_name,
            order::texts_sort_by_their_bytes,
            order::keys_of_several_columns_and_of_numbers_sort_by_value,
            order::one_listing_is_fetched_by_its_readable_key,
            since::what_was_changed_since_a_time_is_read_with_its_children_and_nothing_else,
            snapshot::listings_and_children_are_of_one_state,
            snapshot::a_connection_that_is_cut_ends_the_scan_as_incomplete,
            snapshot::a_table_that_may_not_be_read_is_named,
            survey::a_survey_tells_what_the_database_says_of_itself,
            untouched::a_query_that_writes_fails,
            untouched::reading_leaves_every_byte_as_it_was,
        );
    };
    ($ground:ty, $($file:ident::$behaviour:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $behaviour() {
                if let Some(ground) = <$ground as $crate::suite::Ground>::new().await {
                    $crate::suite::$file::$behaviour(ground).await;
                }
            }
        )*
    };
}

/// What a scan gave.
pub struct Seen {
    pub rows: Vec<Row>,
    pub unreadable: Vec<Unreadable>,
    pub ending: Ending,
}

impl Seen {
    pub fn keys(&self) -> Vec<String> {
        self.rows.iter().map(|row| row.key.to_string()).collect()
    }

    /// The rows, of a scan that saw all of them and had nothing to complain of.
    pub fn whole(self) -> Vec<Row> {
        assert_eq!(self.unreadable, []);
        assert!(
            matches!(&self.ending, Ending::Complete { orphans, .. } if orphans.is_empty()),
            "{:?}",
            self.ending
        );
        self.rows
    }
}

pub async fn city(ground: &impl Ground) -> City {
    city_at(&ground.url()).await
}

pub async fn city_at(url: &str) -> City {
    City::open(&database(url)).await.unwrap_or_else(|complaint| panic!("{complaint}"))
}

pub fn database(url: &str) -> Database {
    Database::from_url("market", url, ZONE).expect("a good URL")
}

/// Reads to the end.
pub async fn see(city: &City, push: &Push) -> Result<Seen, Complaint> {
    let mut scan = scan(city, push).await?;
    let (mut rows, mut unreadable) = (Vec::new(), Vec::new());
    while let Some(found) = scan.next().await {
        match found {
            Ok(row) => rows.push(row),
            Err(row) => unreadable.push(row),
        }
    }
    Ok(Seen { rows, unreadable, ending: scan.end() })
}

/// What a route reads: `table = '…'` or `query = '…'`, and the columns of its key.
pub fn push(source: &str, key: &[&str]) -> Push {
    push_with(source, key, "")
}

/// The same with a group `people` of child rows.
pub fn push_with(source: &str, key: &[&str], children: &str) -> Push {
    let keys: Vec<_> = key.iter().map(|column| format!("'{column}'")).collect();
    let mut text = format!(
        "kind = 'a'\nplatform = 'p'\n[source]\ndatabase = 'market'\n{source}\nkey = [{}]\npublish_when = 'true'\n\
         [fields]\nt = 'row'\n",
        keys.join(", ")
    );
    if !children.is_empty() {
        text += &format!("[children.people]\n{children}\n[children.people.fields]\nn = 'row'\n");
    }
    let (route, faults) = Route::read("r", Path::new("r.toml"), &text);
    assert_eq!(faults, [], "{text}");
    match route.map(|route| route.flow) {
        Some(Flow::Push(push)) => push,
        other => panic!("not a push route: {other:?}"),
    }
}

/// A complaint as people read it, with its advice.
pub fn said(complaint: &Complaint) -> String {
    format!("{complaint} {}", complaint.advice(Language::English))
}
