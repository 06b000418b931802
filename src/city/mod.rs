//! The city's databases: read-only for listings, and a separate writer for what is imported.
//!
//! Knows engines, types and identifiers; every statement that holds more than constants is put together here,
//! from configuration alone, with values as parameters. Does not know what a listing or a document is, and
//! never writes where it reads.

mod column;
mod cursor;
mod dialect;
mod drivers;
mod reader;
mod since;
mod stamp;
mod survey;
mod versions;
mod writer;

pub use column::{ColumnInfo, Sort};
pub use cursor::{Cursor, Line};
pub use drivers::{PLACE_COLUMN, Sheet, SheetColumn, raw_rows};
pub use reader::{Ask, City};
pub use since::Since;
pub use stamp::{Precision, Reading, Stamp};
pub use survey::{Reference, Survey, SurveyedColumn, SurveyedTable};
pub use versions::Versions;
pub use writer::{Batch, Upsert, Writer};
