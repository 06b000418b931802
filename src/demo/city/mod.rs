//! The demo's city: a market database as cities really keep them, with planted faults and their answer key.
//!
//! Everything is a function of fixed seeds, so the same program always builds the same city. Titles, organisations and
//! the counts of the letter are real; people, numbers and most firms are made up (the head of `words.rs` says how to tell).
//! It knows nothing of routes, schemas or the province's rules in code: what must become of a planted row stands in
//! the answer key, to be compared with what a run reports.

mod achievement;
mod achievement_faults;
mod commissioner;
mod contract;
mod demand;
mod dice;
mod edits;
mod enterprise;
mod exhibitor;
mod expert;
mod finance;
mod incubation;
mod institution;
mod listing;
mod manager;
mod pilot_base;
mod province;
mod recommendation;
mod roadshow;
mod store;
mod typed;
mod vice_president;
mod words;
mod world;

use std::path::Path;

pub use edits::{Change, Expected, change_one_percent};
pub use listing::{Fate, Planted};
pub use province::{AdoptionFate, ImportFate, ProvinceSeed, adoption_key, import_key, province_seeds};

use listing::{Shelf, Stock, stock};
use world::World;

/// The shelves in an order in which what is referred to comes first.
const SHELVES: [&Shelf; 15] = [
    &enterprise::SHELF,
    &achievement::SHELF,
    &contract::SHELF,
    &demand::SHELF,
    &roadshow::SHELF,
    &institution::SHELF,
    &manager::SHELF,
    &finance::SHELF,
    &pilot_base::SHELF,
    &incubation::SHELF,
    &exhibitor::SHELF,
    &recommendation::SHELF,
    &vice_president::SHELF,
    &commissioner::SHELF,
    &expert::SHELF,
];

/// Where imported achievements land: a table of their own, never among the city's rows.
const IMPORT_DDL: &str = "CREATE TABLE sdcg_import (
        ly_id VARCHAR(40) PRIMARY KEY,  -- 省平台编号
        ly VARCHAR(40),                 -- 来源平台
        cgmc VARCHAR(255), wcdw VARCHAR(200), xydm VARCHAR(18), cgnf INTEGER,
        cglb VARCHAR(10), jsly VARCHAR(10), csd VARCHAR(10), zhfs VARCHAR(50),
        cgjj TEXT, gjc VARCHAR(200), sfmy INTEGER, yxjg DECIMAL(14,4),  -- 万元
        zlh TEXT, szq VARCHAR(6),
        ly_city VARCHAR(6), ly_gxsj VARCHAR(40)
    )";

/// The city as a whole: its figures, for whoever shows them.
pub struct City;

impl City {
    /// How many good rows each kind has.
    pub fn good_rows() -> impl Iterator<Item = (&'static str, usize)> {
        SHELVES.iter().map(|shelf| (shelf.kind, shelf.good))
    }

    /// The answer key without building anything.
    ///
    /// Errors: a slip in a table of faults; a test makes sure there is none.
    pub fn planted() -> anyhow::Result<Vec<Planted>> {
        Ok(stocks()?.1.into_iter().flat_map(|(_, stock)| stock.planted).collect())
    }
}

/// Creates the market database and `answer-key.csv` beside it.
///
/// Shape:  one transaction; the planted rows in the order of the kinds.
/// Errors: the database exists already, or the disk refuses it.
pub async fn build(market: &Path) -> anyhow::Result<Vec<Planted>> {
    let (_, stocks) = stocks()?;
    store::write(market, &stocks, &[IMPORT_DDL]).await?;
    let planted: Vec<Planted> = stocks.into_iter().flat_map(|(_, stock)| stock.planted).collect();
    store::write_answer_key(market, &planted)?;
    Ok(planted)
}

/// All rows of all kinds.
fn stocks() -> anyhow::Result<(World, Vec<(&'static Shelf, Stock)>)> {
    let mut world = World::new()?;
    let mut stocks = Vec::with_capacity(SHELVES.len());
    for shelf in SHELVES {
        stocks.push((shelf, stock(shelf, &mut world)?));
    }
    Ok((world, stocks))
}

#[cfg(test)]
mod tests;
