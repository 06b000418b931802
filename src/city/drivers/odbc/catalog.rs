//! What the database says of itself, by the catalog calls that every ODBC driver has.

use std::collections::{BTreeMap, BTreeSet};

use odbc_api::{Connection, Cursor, Error};

use super::super::super::survey::{Reference, SurveyedColumn, SurveyedTable};
use super::product::Product;
use super::session::{Known, text, words};

/// Schemas of the database itself; drivers that leave them out do no harm.
const SYSTEM_SCHEMAS: [&str; 8] =
    ["information_schema", "pg_catalog", "sys", "sys_catalog", "sysaudit", "sysauditor", "syssso", "ctisys"];
/// As `SQLTables` wants them.
const TYPES: &str = "TABLE,VIEW";
const ANY: &str = "%";

/// Where the account's own tables are.
struct Home {
    product: Product,
    catalog: String,
    schema: String,
}

/// A table with its schema, which is not in its name yet.
type Found = (String, SurveyedTable);

/// Tables and views with their columns, keys and references, as far as the driver tells.
///
/// Errors: in the driver's words.
pub fn survey(connection: &Connection<'_>, known: Known) -> Result<Vec<SurveyedTable>, String> {
    let home = Home::of(connection, known);
    let mut tables = home.tables(connection).map_err(|error| words(&error))?;
    home.add_columns(connection, &mut tables).map_err(|error| words(&error))?;
    home.add_comments(connection, &mut tables);
    for (schema, table) in &mut tables {
        // Not every driver can tell; the tables are worth having without.
        if let Ok(key) = home.key(connection, schema, &table.name) {
            table.columns.iter_mut().for_each(|column| column.in_key = key.contains(&column.name));
        }
        table.references = home.references(connection, schema, &table.name).unwrap_or_default();
    }
    let named = |(schema, table): Found| SurveyedTable { name: home.named(&schema, &table.name), ..table };
    Ok(tables.into_iter().map(named).collect())
}

/// Names of the tables and views, sorted.
///
/// Errors: in the driver's words.
pub fn tables(connection: &Connection<'_>, known: Known) -> Result<Vec<String>, String> {
    let home = Home::of(connection, known);
    let tables = home.tables(connection).map_err(|error| words(&error))?;
    let mut names: Vec<_> = tables.iter().map(|(schema, table)| home.named(schema, &table.name)).collect();
    names.sort();
    Ok(names)
}

impl Home {
    fn of(connection: &Connection<'_>, known: Known) -> Self {
        let ask = |sql: Option<&str>| sql.and_then(|sql| text(connection, sql).ok()).unwrap_or_default();
        let product = known.product;
        Home { product, catalog: ask(product.own_catalog()), schema: ask(product.own_schema()) }
    }

    /// As a route names it.
    fn named(&self, schema: &str, table: &str) -> String {
        if schema.is_empty() || schema == self.schema {
            table.to_owned()
        } else {
            format!("{schema}.{table}")
        }
    }

    fn tables(&self, connection: &Connection<'_>) -> Result<Vec<Found>, Error> {
        let cursor = connection.preallocate()?.into_tables_cursor(&self.catalog, ANY, ANY, TYPES)?;
        let mut rows = texts(cursor, [2, 3, 4, 5])?;
        rows.retain(|[schema, ..]| !SYSTEM_SCHEMAS.contains(&schema.to_ascii_lowercase().as_str()));
        if let Some(readable) = ask(connection, self.product.readable(), [1, 2]) {
            let readable: BTreeSet<_> = readable.into_iter().collect();
            rows.retain(|[schema, name, ..]| readable.contains(&[schema.clone(), name.clone()]));
        }
        let tables = rows.into_iter().map(|[schema, name, kind, comment]| {
            let is_view = kind.eq_ignore_ascii_case("VIEW");
            (schema, SurveyedTable { name, comment, is_view, ..SurveyedTable::default() })
        });
        Ok(tables.collect())
    }

    fn add_columns(&self, connection: &Connection<'_>, tables: &mut [Found]) -> Result<(), Error> {
        let cursor = connection.preallocate()?.into_columns_cursor(&self.catalog, ANY, ANY, ANY)?;
        let rows = texts(cursor, [2, 3, 4, 6, 12])?;
        let mut places = places(tables);
        for [schema, table, name, declared_type, comment] in rows {
            if let Some(table) = places.get_mut(&(schema, table)) {
                table.columns.push(SurveyedColumn { name, declared_type, comment, in_key: false });
            }
        }
        Ok(())
    }

    fn add_comments(&self, connection: &Connection<'_>, tables: &mut [Found]) {
        let rows = ask(connection, self.product.comments(), [1, 2, 3, 4]).unwrap_or_default();
        let mut places = places(tables);
        for [schema, table, column, comment] in rows {
            let Some(table) = places.get_mut(&(schema, table)) else { continue };
            let columns = table.columns.iter_mut().filter(|one| one.name == column);
            let own = column.is_empty().then_some(&mut table.comment);
            if let Some(place) = columns.map(|one| &mut one.comment).chain(own).next() {
                *place = comment;
            }
        }
    }

    fn key(&self, connection: &Connection<'_>, schema: &str, table: &str) -> Result<Vec<String>, Error> {
        let named = |name: &'_ str| if name.is_empty() { None } else { Some(name.to_owned()) };
        let (catalog, schema) = (named(&self.catalog), named(schema));
        let cursor = connection.preallocate()?.into_primary_keys_cursor(
            catalog.as_deref(),
            schema.as_deref(),
            table,
        )?;
        Ok(texts(cursor, [4])?.into_iter().map(|[column]| column).collect())
    }

    fn references(
        &self,
        connection: &Connection<'_>,
        schema: &str,
        table: &str,
    ) -> Result<Vec<Reference>, Error> {
        let statement = connection.preallocate()?;
        let cursor = statement.into_foreign_keys_cursor("", "", "", &self.catalog, schema, table)?;
        let mut references: Vec<Reference> = Vec::new();
        for [other_schema, other_table, other, column, number] in texts(cursor, [2, 3, 4, 8, 9])? {
            let is_first = number.trim() == "1";
            if is_first || references.is_empty() {
                let table = self.named(&other_schema, &other_table);
                references.push(Reference { table, ..Reference::default() });
            }
            if let Some(reference) = references.last_mut() {
                reference.columns.push(column);
                reference.others.push(other);
            }
        }
        Ok(references)
    }
}

fn places(tables: &mut [Found]) -> BTreeMap<(String, String), &mut SurveyedTable> {
    tables.iter_mut().map(|(schema, table)| ((schema.clone(), table.name.clone()), table)).collect()
}

/// What a product's own query tells; `None` where there is none, or it is refused.
fn ask<const COUNT: usize>(
    connection: &Connection<'_>,
    sql: Option<&str>,
    numbers: [u16; COUNT],
) -> Option<Vec<[String; COUNT]>> {
    let cursor = connection.execute(sql?, (), None).ok()??;
    texts(cursor, numbers).ok()
}

/// The rows of a catalog call, of each the columns with these numbers, which ascend; empty for NULL.
fn texts<const COUNT: usize>(
    mut cursor: impl Cursor,
    numbers: [u16; COUNT],
) -> Result<Vec<[String; COUNT]>, Error> {
    let mut rows = Vec::new();
    let mut units = Vec::new();
    while let Some(mut row) = cursor.next_row()? {
        let mut cells = [const { String::new() }; COUNT];
        for (cell, number) in cells.iter_mut().zip(numbers) {
            if row.get_wide_text(number, &mut units)? {
                *cell = String::from_utf16_lossy(&units);
            }
        }
        rows.push(cells);
    }
    Ok(rows)
}
