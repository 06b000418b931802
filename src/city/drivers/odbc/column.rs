//! Columns of a result: which types are read, and in what form the driver hands them over.

use odbc_api::buffers::BufferDesc;
use odbc_api::sys::SqlDataType;
use odbc_api::{ColumnDescription, DataType, Error, ResultSetMetadata};

use super::super::super::column::{ColumnInfo, Sort};
use super::session::words;
use crate::record::Complaint;

/// What a column of long texts is called.
pub const LONG_TEXT: &str = "LONG VARCHAR";
/// What a column of times without a zone is called.
pub const MOMENT: &str = "TIMESTAMP";
/// Texts and bytes that are declared longer than this are read piece by piece, each as long as it is.
const CELL_UNITS_MAX: usize = 8_000;
/// What a column of identifiers is called.
pub const GUID_NAME: &str = "GUID";
const GUID: SqlDataType = SqlDataType(-11);
/// Signs of a number, a time or an identifier. A number may be longer than declared: one that fills this is none.
pub const SHORT_UNITS: usize = 160;

/// A column, and how it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub declared: String,
    pub kind: Kind,
    pub extent: Extent,
}

/// What the cells of a column become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Int,
    Bit,
    /// A decimal without digits behind the point: a whole number if it is small enough.
    Whole,
    Decimal,
    Single,
    Double,
    Text,
    /// `CHAR(n)`, filled up with blanks.
    Padded,
    /// A time of day, as its text.
    Time,
    Guid,
    Bytes,
    Date,
    /// Without a zone.
    Moment,
    /// With an offset.
    Instant,
}

/// How much room a cell needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    Fixed,
    /// UTF-16 units or bytes, at most.
    Units(usize),
    /// Nobody knows.
    Long,
}

/// The columns of a prepared or executed query.
///
/// Errors: Q2030 for one whose type cannot be read, and the driver's words.
pub fn columns(result: &mut impl ResultSetMetadata, keeps_lengths: bool) -> Result<Vec<Column>, Unreadable> {
    let said = |error: Error| Unreadable::Words(words(&error));
    let count = result.num_result_cols().map_err(said)?;
    let mut columns = Vec::new();
    let mut description = ColumnDescription::default();
    for number in 1..=u16::try_from(count).unwrap_or_default() {
        result.describe_col(number, &mut description).map_err(said)?;
        let name = description.name_to_string().map_err(|error| Unreadable::Words(error.to_string()))?;
        let data_type = description.data_type;
        let is_unsigned = data_type == DataType::BigInt && result.column_is_unsigned(number).map_err(said)?;
        let Some((kind, extent)) = reading(data_type, is_unsigned) else {
            let cast = format!("CAST({name} AS VARCHAR(1000))");
            let complaint = Complaint::new("Q2030").column(name).fact("type", declared(data_type));
            let complaint = complaint.fact("cast", cast);
            return Err(Unreadable::Column(Box::new(complaint)));
        };
        let extent = match (kind, extent) {
            (Kind::Text | Kind::Padded, Extent::Units(_)) if !keeps_lengths => Extent::Long,
            _ => extent,
        };
        columns.push(Column { name, declared: declared(data_type), kind, extent });
    }
    Ok(columns)
}

/// Why the columns of a query are not known.
pub enum Unreadable {
    Words(String),
    Column(Box<Complaint>),
}

impl Column {
    pub fn info(self) -> ColumnInfo {
        let sort = match self.kind {
            Kind::Int | Kind::Whole | Kind::Decimal | Kind::Single | Kind::Double => Sort::Number,
            Kind::Text | Kind::Padded => Sort::Text,
            Kind::Bit | Kind::Guid | Kind::Time | Kind::Bytes | Kind::Date | Kind::Moment | Kind::Instant => {
                Sort::Other
            }
        };
        ColumnInfo { name: self.name, declared_type: self.declared, sort }
    }

    /// The form of a column in a set of rows; `None` if its cells have to be read one by one.
    pub fn buffer(&self) -> Option<BufferDesc> {
        let nullable = true;
        Some(match (self.kind, self.extent) {
            (_, Extent::Long) => return None,
            (Kind::Int, _) => BufferDesc::I64 { nullable },
            (Kind::Bit, _) => BufferDesc::Bit { nullable },
            (Kind::Single, _) => BufferDesc::F32 { nullable },
            (Kind::Double, _) => BufferDesc::F64 { nullable },
            (Kind::Date, _) => BufferDesc::Date { nullable },
            (Kind::Moment, _) => BufferDesc::Timestamp { nullable },
            (Kind::Bytes, Extent::Units(max_bytes)) => BufferDesc::Binary { max_bytes },
            (_, Extent::Units(max_str_len)) => BufferDesc::WText { max_str_len },
            (_, Extent::Fixed) => BufferDesc::WText { max_str_len: SHORT_UNITS },
        })
    }
}

/// `None` for a type that has no `Value`.
///
/// Source: ODBC Programmer's Reference, Appendix D; the numbers of SQL Server's own types, sqlncli.h.
fn reading(data_type: DataType, is_unsigned: bool) -> Option<(Kind, Extent)> {
    const XML: SqlDataType = SqlDataType(-152);
    const TIME2: SqlDataType = SqlDataType(-154);
    const TIMESTAMP_OFFSET: SqlDataType = SqlDataType(-155);
    let units = |length: Option<std::num::NonZeroUsize>, each: usize| match length {
        Some(length) if length.get() <= CELL_UNITS_MAX => Extent::Units(length.get() * each),
        _ => Extent::Long,
    };
    Some(match data_type {
        DataType::BigInt if is_unsigned => (Kind::Whole, Extent::Fixed),
        DataType::TinyInt | DataType::SmallInt | DataType::Integer | DataType::BigInt => {
            (Kind::Int, Extent::Fixed)
        }
        DataType::Bit => (Kind::Bit, Extent::Fixed),
        DataType::Numeric { scale: 0, .. } | DataType::Decimal { scale: 0, .. } => {
            (Kind::Whole, Extent::Fixed)
        }
        DataType::Numeric { .. } | DataType::Decimal { .. } => (Kind::Decimal, Extent::Fixed),
        DataType::Real => (Kind::Single, Extent::Fixed),
        DataType::Float { .. } | DataType::Double => (Kind::Double, Extent::Fixed),
        DataType::Date => (Kind::Date, Extent::Fixed),
        DataType::Time { .. } => (Kind::Time, Extent::Fixed),
        DataType::Timestamp { .. } => (Kind::Moment, Extent::Fixed),
        // A character takes up to two units.
        DataType::Char { length } | DataType::WChar { length } => (Kind::Padded, units(length, 2)),
        DataType::Varchar { length } | DataType::WVarchar { length } => (Kind::Text, units(length, 2)),
        DataType::LongVarchar { .. } | DataType::WLongVarchar { .. } => (Kind::Text, Extent::Long),
        DataType::Binary { length } | DataType::Varbinary { length } => (Kind::Bytes, units(length, 1)),
        DataType::LongVarbinary { .. } => (Kind::Bytes, Extent::Long),
        DataType::Other { data_type: GUID, .. } => (Kind::Guid, Extent::Fixed),
        DataType::Other { data_type: XML, .. } => (Kind::Text, Extent::Long),
        DataType::Other { data_type: TIME2, .. } => (Kind::Time, Extent::Fixed),
        DataType::Other { data_type: TIMESTAMP_OFFSET, .. } => (Kind::Instant, Extent::Fixed),
        DataType::Unknown | DataType::Other { .. } => return None,
    })
}

/// A type as people write it.
fn declared(data_type: DataType) -> String {
    let sized = |name: &str, length: Option<std::num::NonZeroUsize>| match length {
        Some(length) => format!("{name}({length})"),
        None => name.to_owned(),
    };
    match data_type {
        DataType::Unknown => "unknown".into(),
        DataType::Char { length } | DataType::WChar { length } => sized("CHAR", length),
        DataType::Varchar { length } | DataType::WVarchar { length } => sized("VARCHAR", length),
        DataType::LongVarchar { .. } | DataType::WLongVarchar { .. } => LONG_TEXT.into(),
        DataType::Numeric { precision, scale } => format!("NUMERIC({precision},{scale})"),
        DataType::Decimal { precision, scale } => format!("DECIMAL({precision},{scale})"),
        DataType::Integer => "INTEGER".into(),
        DataType::SmallInt => "SMALLINT".into(),
        DataType::TinyInt => "TINYINT".into(),
        DataType::BigInt => "BIGINT".into(),
        DataType::Bit => "BIT".into(),
        DataType::Float { .. } => "FLOAT".into(),
        DataType::Real => "REAL".into(),
        DataType::Double => "DOUBLE".into(),
        DataType::Date => "DATE".into(),
        DataType::Time { .. } => "TIME".into(),
        DataType::Timestamp { .. } => MOMENT.into(),
        DataType::Binary { length } => sized("BINARY", length),
        DataType::Varbinary { length } => sized("VARBINARY", length),
        DataType::LongVarbinary { .. } => "LONG VARBINARY".into(),
        DataType::Other { data_type: GUID, .. } => GUID_NAME.into(),
        DataType::Other { data_type, .. } => format!("SQL type {}", data_type.0),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    #[test]
    fn a_type_is_read_as_what_it_means_or_not_at_all() {
        let length = NonZeroUsize::new;
        let other =
            |number| DataType::Other { data_type: SqlDataType(number), column_size: None, decimal_digits: 0 };
        let rows = [
            (DataType::BigInt, false, Some((Kind::Int, Extent::Fixed))),
            (DataType::BigInt, true, Some((Kind::Whole, Extent::Fixed))),
            (DataType::Numeric { precision: 38, scale: 0 }, false, Some((Kind::Whole, Extent::Fixed))),
            (DataType::Decimal { precision: 14, scale: 2 }, false, Some((Kind::Decimal, Extent::Fixed))),
            (DataType::Varchar { length: length(50) }, false, Some((Kind::Text, Extent::Units(100)))),
            (DataType::WVarchar { length: length(8_001) }, false, Some((Kind::Text, Extent::Long))),
            (DataType::WVarchar { length: None }, false, Some((Kind::Text, Extent::Long))),
            (DataType::LongVarchar { length: length(10) }, false, Some((Kind::Text, Extent::Long))),
            (DataType::Varbinary { length: length(16) }, false, Some((Kind::Bytes, Extent::Units(16)))),
            (other(-11), false, Some((Kind::Guid, Extent::Fixed))),
            (other(-155), false, Some((Kind::Instant, Extent::Fixed))),
            // An interval, a variant and a type of the user's own.
            (other(110), false, None),
            (other(-150), false, None),
            (other(-151), false, None),
            (DataType::Unknown, false, None),
        ];
        for (data_type, is_unsigned, expect) in rows {
            assert_eq!(reading(data_type, is_unsigned), expect, "{data_type:?}");
        }
    }
}
