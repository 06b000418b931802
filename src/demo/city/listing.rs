//! What a row of the city is made of, how a kind lays its rows out, and how a fault is planted in one.

use std::fmt;

use super::world::World;

/// One cell as SQLite keeps it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Cell::Int(number)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Cell::Real(number)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(Cell::Null, Into::into)
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Null => Ok(()),
            Cell::Int(number) => write!(f, "{number}"),
            Cell::Real(number) => write!(f, "{number}"),
            Cell::Text(text) => f.write_str(text),
        }
    }
}

/// One row: column and cell, in the order of the table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line(pub Vec<(&'static str, Cell)>);

impl Line {
    pub fn get(&self, column: &str) -> Option<&Cell> {
        self.0.iter().find(|(name, _)| *name == column).map(|(_, cell)| cell)
    }

    fn put(&mut self, column: &str, cell: Cell) -> bool {
        let found = self.0.iter_mut().find(|(name, _)| *name == column);
        found.map(|(_, old)| *old = cell).is_some()
    }
}

/// `line! { "cgmc" => title, "shzt" => 2 }`: a row whose cells are whatever becomes a [`Cell`].
macro_rules! line {
    ($($column:literal => $cell:expr),* $(,)?) => {
        $crate::demo::city::listing::Line(vec![$(($column, $crate::demo::city::listing::Cell::from($cell))),*])
    };
}
pub(super) use line;

/// A row with the rows of its child tables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    pub main: Line,
    /// Child table and row.
    pub children: Vec<(&'static str, Line)>,
}

impl From<Line> for Listing {
    fn from(main: Line) -> Self {
        Listing { main, children: Vec::new() }
    }
}

/// How the city keeps one kind.
pub struct Shelf {
    pub kind: &'static str,
    pub table: &'static str,
    /// The columns that the route names as its key.
    pub key: &'static [&'static str],
    /// `CREATE TABLE` of the table and its children.
    pub ddl: &'static str,
    /// How many rows are good.
    pub good: usize,
    /// A good row. `serial` counts the kind's rows from 0, the good ones first.
    pub make: fn(&mut World, Place) -> Listing,
    pub faults: &'static [Fault],
}

/// Where a row stands: its id in the table, and its number among the rows of its kind.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub id: i64,
    pub serial: usize,
    pub good: bool,
}

/// What must become of a planted row in the first run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Kept at home until a person or another record decides: no state, an unlisted state, no usable parent.
    Held,
    /// Kept at home because the document is not what the province asks.
    Invalid,
    /// Not for publication, and rightly so.
    Filtered,
    /// Sent, and refused by a rule that only the province knows.
    Refused,
}

impl Fate {
    pub fn name(self) -> &'static str {
        match self {
            Fate::Held => "held",
            Fate::Invalid => "invalid",
            Fate::Filtered => "filtered",
            Fate::Refused => "refused",
        }
    }
}

/// One fault, planted in one row that is otherwise good.
pub struct Fault {
    /// A short stable name of the class of fault.
    pub class: &'static str,
    pub fate: Fate,
    /// The room whose complaint is expected: `source`, `mapping`, `schema`, `codes`, `plan` or `province`; empty
    /// for a row that is merely not for publication.
    pub family: &'static str,
    /// The column that the complaint must name, as the route knows it: `group.column` for a child's, the group itself
    /// where children are missing, empty where the whole record is meant.
    pub column: &'static str,
    /// What was done, in Chinese.
    pub what: &'static str,
    pub set: &'static [(&'static str, Set)],
}

/// What a fault writes into a column.
#[derive(Clone, Copy, Debug)]
pub enum Set {
    Null,
    Int(i64),
    Real(f64),
    Text(&'static str),
    /// The text, so many times.
    Repeat(&'static str, usize),
    /// What the same column of the kind's good row of this number holds.
    SameAs(usize),
    /// The id of an enterprise that is itself invalid.
    InvalidEnterprise,
    /// The id of an achievement that is itself invalid.
    InvalidAchievement,
    /// So many children in the named table: the first one repeated, or none. The column is the table's name.
    Children(usize),
}

pub const fn invalid(
    class: &'static str,
    family: &'static str,
    column: &'static str,
    what: &'static str,
    set: &'static [(&'static str, Set)],
) -> Fault {
    Fault { class, fate: Fate::Invalid, family, column, what, set }
}

pub const fn held(
    class: &'static str,
    column: &'static str,
    what: &'static str,
    set: &'static [(&'static str, Set)],
) -> Fault {
    Fault { class, fate: Fate::Held, family: "plan", column, what, set }
}

pub const fn filtered(
    class: &'static str,
    column: &'static str,
    what: &'static str,
    set: &'static [(&'static str, Set)],
) -> Fault {
    Fault { class, fate: Fate::Filtered, family: "", column, what, set }
}

pub const fn refused(
    class: &'static str,
    column: &'static str,
    what: &'static str,
    set: &'static [(&'static str, Set)],
) -> Fault {
    Fault { class, fate: Fate::Refused, family: "province", column, what, set }
}

/// The same thing as another row: the ledger lets one record report it, so the later row stays at home.
pub const fn doubled(class: &'static str, what: &'static str, set: &'static [(&'static str, Set)]) -> Fault {
    Fault { class, fate: Fate::Invalid, family: "plan", column: "", what, set }
}

/// One line of the answer key: a row, what is wrong with it, and what must become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    pub kind: &'static str,
    pub table: &'static str,
    /// The key as people read it.
    pub key: String,
    pub class: &'static str,
    pub planted: &'static str,
    pub fate: Fate,
    /// The column that the complaint must name.
    pub column: &'static str,
    /// The room whose complaint is expected; empty where none is.
    pub family: &'static str,
}

/// All rows of one kind, and which of them are planted.
pub struct Stock {
    pub listings: Vec<Listing>,
    pub planted: Vec<Planted>,
}

/// Fills a shelf: good rows with the planted ones strewn evenly between them.
///
/// Errors: a fault that names a column or child table the kind does not have: a slip in the fault's table.
pub fn stock(shelf: &'static Shelf, world: &mut World) -> anyhow::Result<Stock> {
    let total = shelf.good + shelf.faults.len();
    let mut goods: Vec<Listing> = Vec::with_capacity(shelf.good);
    let mut stock =
        Stock { listings: Vec::with_capacity(total), planted: Vec::with_capacity(shelf.faults.len()) };
    for position in 0..total {
        let id = i64::try_from(position)? + 1;
        // The first fifth is good, so that a copy of one of its rows has the greater key.
        let wanted =
            (position.saturating_sub(total / 5) + 1) * shelf.faults.len() / (total - total / 5).max(1);
        match shelf.faults.get(stock.planted.len()) {
            Some(fault) if stock.planted.len() < wanted || goods.len() == shelf.good => {
                let serial = shelf.good + stock.planted.len();
                let mut listing = (shelf.make)(world, Place { id, serial, good: false });
                for (column, set) in fault.set {
                    plant(&mut listing, column, set, &goods, world).then_some(()).ok_or_else(|| {
                        anyhow::anyhow!(
                            "{}: fault {} sets {column}, which is not there",
                            shelf.kind,
                            fault.class
                        )
                    })?;
                }
                world.remember_fault(shelf.kind, fault, id);
                stock.planted.push(answer(shelf, fault, &listing));
                stock.listings.push(listing);
            }
            _ => {
                let listing = (shelf.make)(world, Place { id, serial: goods.len(), good: true });
                goods.push(listing.clone());
                stock.listings.push(listing);
            }
        }
    }
    Ok(stock)
}

fn answer(shelf: &'static Shelf, fault: &'static Fault, listing: &Listing) -> Planted {
    let part = |column: &&str| listing.main.get(column).map(Cell::to_string).unwrap_or_default();
    Planted {
        kind: shelf.kind,
        table: shelf.table,
        key: shelf.key.iter().map(part).collect::<Vec<_>>().join(","),
        class: fault.class,
        planted: fault.what,
        fate: fault.fate,
        column: fault.column,
        family: fault.family,
    }
}

/// Writes one cell; false if there is no such column.
fn plant(listing: &mut Listing, column: &str, set: &Set, goods: &[Listing], world: &World) -> bool {
    let (table, column) = column.split_once('.').unwrap_or(("", column));
    let cell = match set {
        Set::Null => Cell::Null,
        Set::Int(number) => Cell::Int(*number),
        Set::Real(number) => Cell::Real(*number),
        Set::Text(text) => Cell::from(*text),
        Set::Repeat(text, times) => Cell::Text(text.repeat(*times)),
        Set::SameAs(number) => {
            goods.get(*number).and_then(|good| good.main.get(column)).cloned().unwrap_or(Cell::Null)
        }
        Set::InvalidEnterprise => Cell::Int(world.invalid_enterprise),
        Set::InvalidAchievement => Cell::Int(world.invalid_achievement),
        Set::Children(count) => return multiply(listing, column, *count),
    };
    if table.is_empty() {
        return listing.main.put(column, cell);
    }
    let child = listing.children.iter_mut().find(|(name, _)| *name == table);
    child.is_some_and(|(_, line)| line.put(column, cell))
}

fn multiply(listing: &mut Listing, table: &str, count: usize) -> bool {
    let Some(first) = listing.children.iter().find(|(name, _)| *name == table).cloned() else { return false };
    listing.children.retain(|(name, _)| *name != table);
    listing.children.extend(std::iter::repeat_n(first, count));
    true
}
