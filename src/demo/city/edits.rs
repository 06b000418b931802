//! A later day in the city: about one row in a hundred changes, a few vanish behind their flag, a few are new.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

use super::listing::{Cell, Stock};
use super::words::credit_code;
use super::{stocks, store};

/// What the next run must do with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expected {
    Created,
    Updated,
    /// The flag of its kind acts by itself.
    Withdrawn,
    /// The flag of its kind asks a person first.
    WithdrawalAsked,
    /// Contracts are never taken back by a flag.
    Kept,
    /// Only a volatile field changed.
    Unchanged,
}

/// One edited row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub kind: &'static str,
    pub key: String,
    pub expected: Expected,
}

/// Edits a market that [`super::build`] made, in one transaction, and says what each edit must lead to.
///
/// Errors: a database that is not there or that somebody has changed in between.
pub async fn change_one_percent(market: &Path) -> anyhow::Result<Vec<Change>> {
    let (_, stocks) = stocks()?;
    let stock_of = |kind: &str| stocks.iter().find(|(shelf, _)| shelf.kind == kind).map(|(_, stock)| stock);
    let recommended: BTreeSet<String> =
        stock_of("recommendation").map(|stock| cells(stock, "achievement_id").collect()).unwrap_or_default();
    let mut database = store::open(market, false).await?;
    let mut work = database.begin().await?;
    let mut changes = Vec::new();
    for (shelf, stock) in &stocks {
        let good = good_keys(shelf.key, stock);
        let unreferenced = || good.iter().filter(|key| !recommended.contains(*key));
        let mut note = |keys: &[String], expected| {
            changes.extend(keys.iter().map(|key| Change { kind: shelf.kind, key: key.clone(), expected }));
        };
        match shelf.kind {
            "enterprise" => {
                let (grown, closed) = (good[300..305].to_vec(), good[310..311].to_vec());
                set(&mut work, "t_qyxx", "id", "ygs = ygs + 1", &grown).await?;
                set(&mut work, "t_qyxx", "id", "del_flag = 1", &closed).await?;
                note(&grown, Expected::Updated);
                note(&closed, Expected::WithdrawalAsked);
                note(&new_enterprises(&mut work, &good[320..322]).await?, Expected::Created);
            }
            "achievement" => {
                let (renamed, seen) = (good[700..708].to_vec(), good[720..722].to_vec());
                let deleted: Vec<String> = unreferenced().skip(1_000).take(3).cloned().collect();
                set(&mut work, "t_cg", "id", "cgmc = cgmc || '（改进型）'", &renamed).await?;
                set(&mut work, "t_cg", "id", "llcs = llcs + 100", &seen).await?;
                set(&mut work, "t_cg", "id", "sfsc = 1", &deleted).await?;
                note(&renamed, Expected::Updated);
                note(&seen, Expected::Unchanged);
                note(&deleted, Expected::Withdrawn);
                note(&new_achievements(&mut work, &good[740..743]).await?, Expected::Created);
            }
            "tech_contract" => {
                let (corrected, cancelled) = (good[200..205].to_vec(), good[210..211].to_vec());
                set(&mut work, "技术合同", "合同编号", "付款方式 = '其他'", &corrected).await?;
                set(&mut work, "技术合同", "合同编号", "作废 = 'Y'", &cancelled).await?;
                note(&corrected, Expected::Updated);
                note(&cancelled, Expected::Kept);
            }
            _ => (),
        }
    }
    work.commit().await?;
    database.close().await.with_context(|| format!("closing {}", market.display()))?;
    Ok(changes)
}

fn cells<'a>(stock: &'a Stock, column: &'a str) -> impl Iterator<Item = String> + 'a {
    stock.listings.iter().filter_map(move |listing| listing.main.get(column).map(Cell::to_string))
}

/// Keys of the rows that are not planted, in the order of the table.
fn good_keys(key: &[&str], stock: &Stock) -> Vec<String> {
    let planted: BTreeSet<&str> = stock.planted.iter().map(|row| row.key.as_str()).collect();
    let all = key.first().map(|column| cells(stock, column).collect::<Vec<_>>()).unwrap_or_default();
    all.into_iter().filter(|key| !planted.contains(key.as_str())).collect()
}

async fn set(
    database: &mut SqliteConnection,
    table: &str,
    key: &str,
    change: &str,
    keys: &[String],
) -> anyhow::Result<()> {
    for value in keys {
        let sql = format!("UPDATE \"{table}\" SET {change} WHERE CAST(\"{key}\" AS TEXT) = ?1");
        let done = sqlx::query(AssertSqlSafe(sql)).bind(value).execute(&mut *database).await?;
        anyhow::ensure!(
            done.rows_affected() == 1,
            "{table} has no row {value}: the market is not as it was built"
        );
    }
    Ok(())
}

/// New units with names and codes of their own, otherwise like old ones.
async fn new_enterprises(database: &mut SqliteConnection, like: &[String]) -> anyhow::Result<Vec<String>> {
    let mut keys = Vec::new();
    for (index, old) in like.iter().enumerate() {
        let (id, code) = (90_001 + index, credit_code("91", "370303", 8_001 + index));
        let change = format!("id = {id}, qymc = '淄博新设{id}科技有限公司', tyshxydm = '{code}'");
        copy(database, "t_qyxx", old, &change).await?;
        keys.push(id.to_string());
    }
    Ok(keys)
}

/// New results without patents, otherwise like old ones.
async fn new_achievements(database: &mut SqliteConnection, like: &[String]) -> anyhow::Result<Vec<String>> {
    let mut keys = Vec::new();
    for (index, old) in like.iter().enumerate() {
        let id = 90_001 + index;
        let change = format!(
            "id = {id}, cgmc = '新登记的特种陶瓷成果{id}号', zscq = '技术秘密', zlh = '无', zllx = NULL, sqrq = NULL"
        );
        copy(database, "t_cg", old, &change).await?;
        keys.push(id.to_string());
    }
    Ok(keys)
}

async fn copy(database: &mut SqliteConnection, table: &str, id: &str, change: &str) -> anyhow::Result<()> {
    let id: i64 = id.parse()?;
    let sql = format!(
        "CREATE TEMP TABLE copied AS SELECT * FROM {table} WHERE id = {id};
         UPDATE copied SET {change};
         INSERT INTO {table} SELECT * FROM copied;
         DROP TABLE copied;"
    );
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(database)
        .await
        .with_context(|| format!("copying {table} {id}"))?;
    Ok(())
}
