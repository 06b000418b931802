//! What the server says of a database: its tables with their comments, keys and references.

use sqlx::mysql::{MySqlConnection, MySqlRow};
use sqlx::{Error, Executor, Row};

use super::super::super::survey::{Reference, SurveyedColumn, SurveyedTable};

/// Names of the tables and views, in any order.
pub(super) async fn tables(connection: &mut MySqlConnection) -> Result<Vec<String>, Error> {
    Ok(described(connection).await?.into_iter().map(|table| table.name).collect())
}

/// Tables and views with all that is known of them.
///
/// Names are matched here and not by joins: the server's catalogue compares them without regard to case.
pub(super) async fn survey(connection: &mut MySqlConnection) -> Result<Vec<SurveyedTable>, Error> {
    let mut tables = described(connection).await?;
    let sql = "SELECT table_name, column_name, column_type, column_comment, column_key = 'PRI'
               FROM information_schema.columns WHERE table_schema = DATABASE()
               ORDER BY CAST(table_name AS BINARY), ordinal_position";
    for row in &connection.fetch_all(sql).await? {
        let column = SurveyedColumn {
            name: text(row, 1)?,
            declared_type: text(row, 2)?,
            comment: text(row, 3)?,
            in_key: is_true(row, 4)?,
        };
        let name = text(row, 0)?;
        if let Some(table) = tables.iter_mut().find(|table| table.name == name) {
            table.columns.push(column);
        }
    }
    let sql =
        "SELECT table_name, constraint_name, column_name, referenced_table_schema, referenced_table_name,
                      referenced_column_name, referenced_table_schema = DATABASE()
               FROM information_schema.key_column_usage
               WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL
               ORDER BY CAST(table_name AS BINARY), constraint_name, ordinal_position";
    let mut last = None;
    for row in &connection.fetch_all(sql).await? {
        let (name, constraint) = (text(row, 0)?, text(row, 1)?);
        let Some(table) = tables.iter_mut().find(|table| table.name == name) else { continue };
        if last != Some((name.clone(), constraint.clone())) {
            let other = text(row, 4)?;
            let is_own = is_true(row, 6)?;
            let other = if is_own { other } else { format!("{}.{other}", text(row, 3)?) };
            table.references.push(Reference { columns: Vec::new(), table: other, others: Vec::new() });
            last = Some((name, constraint));
        }
        if let Some(reference) = table.references.last_mut() {
            reference.columns.push(text(row, 2)?);
            reference.others.push(text(row, 5)?);
        }
    }
    Ok(tables)
}

async fn described(connection: &mut MySqlConnection) -> Result<Vec<SurveyedTable>, Error> {
    let sql = "SELECT table_name, table_type LIKE '%VIEW', IF(table_type LIKE '%VIEW', '', table_comment)
               FROM information_schema.tables
               WHERE table_schema = DATABASE() AND table_type <> 'SEQUENCE' AND table_type <> 'TEMPORARY'
               ORDER BY CAST(table_name AS BINARY)";
    let rows = connection.fetch_all(sql).await?;
    let table = |row| {
        let (name, is_view, comment) = (text(row, 0)?, is_true(row, 1)?, text(row, 2)?);
        Ok(SurveyedTable { name, comment, is_view, ..SurveyedTable::default() })
    };
    rows.iter().map(table).collect()
}

/// Unchecked: servers call the types of their catalogue by different names, but all are texts.
fn text(row: &MySqlRow, index: usize) -> Result<String, Error> {
    row.try_get_unchecked::<Option<String>, _>(index).map(Option::unwrap_or_default)
}

fn is_true(row: &MySqlRow, index: usize) -> Result<bool, Error> {
    row.try_get_unchecked::<Option<i64>, _>(index).map(|flag| flag == Some(1))
}
