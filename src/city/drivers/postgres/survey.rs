//! What the server's catalogue says of the tables that the account may read.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Error, Row};

use super::super::super::survey::{Reference, SurveyedColumn, SurveyedTable};

/// Tables and views of every kind, without the parts of partitioned ones; `name` is how a route writes it.
const READABLE: &str = r"
    readable AS (
        SELECT c.oid, c.relkind IN ('v', 'm') AS is_view, n.nspname || '.' || c.relname AS full_name,
               CASE WHEN pg_table_is_visible(c.oid) THEN c.relname::text
                    ELSE n.nspname || '.' || c.relname END AS name
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
          AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_t%'
          AND has_schema_privilege(n.oid, 'USAGE')
          AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT')))";

/// Every name by which a table can be asked for.
pub(super) async fn names(connection: &mut PgConnection) -> Result<Vec<String>, Error> {
    let sql = format!("WITH {READABLE} SELECT name FROM readable UNION SELECT full_name FROM readable");
    let rows = rows(connection, sql).await?;
    let mut names: Vec<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    names.sort();
    Ok(names)
}

pub(super) async fn tables(connection: &mut PgConnection) -> Result<Vec<SurveyedTable>, Error> {
    let mut tables: Vec<SurveyedTable> = Vec::new();
    for row in columns(connection).await? {
        let name: String = row.try_get(0)?;
        if tables.last().is_none_or(|table| table.name != name) {
            let (is_view, comment) = (row.try_get(1)?, row.try_get(2)?);
            tables.push(SurveyedTable { name, comment, is_view, ..SurveyedTable::default() });
        }
        let column = SurveyedColumn {
            name: row.try_get(3)?,
            declared_type: row.try_get(4)?,
            comment: row.try_get(5)?,
            in_key: row.try_get(6)?,
        };
        if let Some(table) = tables.last_mut() {
            table.columns.push(column);
        }
    }
    let mut last = None;
    for row in references(connection).await? {
        let (from, id, to): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let Some(table) = tables.iter_mut().find(|table| table.name == from) else { continue };
        if last.as_ref() != Some(&id) {
            table.references.push(Reference { table: to, ..Reference::default() });
            last = Some(id);
        }
        if let Some(reference) = table.references.last_mut() {
            reference.columns.push(row.try_get(3)?);
            reference.others.push(row.try_get(4)?);
        }
    }
    Ok(tables)
}

/// Those that the account may read, in the order of their tables.
async fn columns(connection: &mut PgConnection) -> Result<Vec<PgRow>, Error> {
    let sql = format!(
        "WITH {READABLE}
         SELECT t.name, t.is_view, coalesce(obj_description(t.oid, 'pg_class'), ''),
                a.attname::text, format_type(a.atttypid, a.atttypmod), coalesce(col_description(t.oid, a.attnum), ''),
                EXISTS (SELECT FROM pg_catalog.pg_index i
                        WHERE i.indrelid = t.oid AND i.indisprimary AND a.attnum = ANY (i.indkey))
         FROM readable t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid
         WHERE a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(t.oid, a.attnum, 'SELECT')
         ORDER BY t.name COLLATE \"C\", t.oid, a.attnum"
    );
    rows(connection, sql).await
}

/// Foreign keys, one row for each column, between tables that can both be read.
async fn references(connection: &mut PgConnection) -> Result<Vec<PgRow>, Error> {
    let sql = format!(
        "WITH {READABLE}
         SELECT t.name, k.oid::text, o.name, a.attname::text, b.attname::text
         FROM pg_catalog.pg_constraint k
         JOIN readable t ON t.oid = k.conrelid JOIN readable o ON o.oid = k.confrelid
         CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS pair (own, other, place)
         JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = pair.own
         JOIN pg_catalog.pg_attribute b ON b.attrelid = o.oid AND b.attnum = pair.other
         WHERE k.contype = 'f'
         ORDER BY t.name COLLATE \"C\", k.oid, pair.place"
    );
    rows(connection, sql).await
}

async fn rows(connection: &mut PgConnection, sql: String) -> Result<Vec<PgRow>, Error> {
    sqlx::query(AssertSqlSafe(sql)).persistent(false).fetch_all(connection).await
}
