//! What the rows of different kinds share: real titles, places, firms and achievements that others refer to.

use std::io::Read;

use anyhow::Context;
use flate2::read::GzDecoder;

use super::listing::Fault;
use super::words::{Day, credit_code};

/// A real title with the unit that bore it.
#[derive(Clone, Debug)]
pub struct Title {
    pub title: String,
    pub unit: String,
    /// 万元.
    pub amount: i64,
}

/// A real result of a social-science project.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub title: String,
    pub unit: String,
    /// As written: 专著, 研报, 专著、研究报告 …
    pub form: String,
    /// ISO date or empty.
    pub finished_on: String,
}

/// A unit in the city's register that is good, and that others may refer to.
#[derive(Clone, Debug)]
pub struct Firm {
    pub id: i64,
    pub name: String,
    pub code: String,
    pub region: &'static str,
    pub chain: usize,
    pub is_firm: bool,
}

/// A good achievement, for those who refer to it.
#[derive(Clone, Debug)]
pub struct Achievement {
    pub id: i64,
    pub title: String,
    /// The enterprise's id.
    pub owner: i64,
    pub done: Day,
}

/// A district of the city as the tables spell it, and its code.
pub const DISTRICTS: [(&str, &str); 8] = [
    ("张店区", "370303"),
    ("淄川区", "370302"),
    ("博山区", "370304"),
    ("临淄区", "370305"),
    ("周村区", "370306"),
    ("桓台县", "370321"),
    ("高青县", "370322"),
    ("沂源县", "370323"),
];

/// The demo's twenty industrial chains. The city has twenty; these names are the demo's own.
pub const CHAINS: [&str; 20] = [
    "氢能",
    "高端铝材",
    "先进陶瓷",
    "聚烯烃",
    "氟硅材料",
    "聚氨酯",
    "锂电池",
    "新医药",
    "医疗器械",
    "智能装备",
    "机器人",
    "汽车零部件",
    "集成电路",
    "智能微系统",
    "传感器",
    "绿色化工",
    "节能环保",
    "特种玻璃",
    "数字农业",
    "预制食品",
];

/// Everything the kinds share, filled as they are made: enterprises first, then achievements.
pub struct World {
    pub titles: Vec<Title>,
    pub outcomes: Vec<Outcome>,
    pub universities: Vec<String>,
    pub firms: Vec<Firm>,
    pub achievements: Vec<Achievement>,
    /// An enterprise that is planted as invalid; 0 until there is one.
    pub invalid_enterprise: i64,
    /// An achievement that is planted as invalid; 0 until there is one.
    pub invalid_achievement: i64,
}

impl World {
    /// Reads the embedded titles. Errors: a damaged build only.
    pub fn new() -> anyhow::Result<Self> {
        let titles = read(include_bytes!("../data/titles.csv.gz"), |cells| Title {
            title: cell(cells, 0),
            unit: cell(cells, 1),
            amount: cells.get(2).and_then(|text| text.split('.').next()?.parse().ok()).unwrap_or(20),
        })?;
        let outcomes = read(include_bytes!("../data/results.csv.gz"), |cells| Outcome {
            title: cell(cells, 0),
            unit: cell(cells, 1),
            form: cell(cells, 2),
            finished_on: cell(cells, 3),
        })?;
        let universities = universities(&titles);
        Ok(World {
            titles,
            outcomes,
            universities,
            firms: Vec::new(),
            achievements: Vec::new(),
            invalid_enterprise: 0,
            invalid_achievement: 0,
        })
    }

    /// A good unit, by any number.
    pub fn firm(&self, number: usize) -> &Firm {
        &self.firms[number % self.firms.len()]
    }

    /// A good firm (no university, no institution), by any number.
    pub fn company(&self, number: usize) -> &Firm {
        let mut number = number;
        // More than nine in ten units are firms, so this ends after a step or two.
        while !self.firm(number).is_firm {
            number += 1;
        }
        self.firm(number)
    }

    /// A good achievement, by any number.
    pub fn achievement(&self, number: usize) -> &Achievement {
        &self.achievements[number % self.achievements.len()]
    }

    pub(super) fn remember_fault(&mut self, kind: &str, fault: &Fault, id: i64) {
        if fault.class == "uscc-check" && kind == "enterprise" {
            self.invalid_enterprise = id;
        }
        if fault.class == "title-missing" && kind == "achievement" {
            self.invalid_achievement = id;
        }
    }
}

/// The institutions in the order in which the titles name them, those of Shandong first.
fn universities(titles: &[Title]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for title in titles {
        let of_learning = ["大学", "学院", "研究院", "研究所"].iter().any(|end| title.unit.ends_with(end));
        if of_learning && !found.contains(&title.unit) {
            found.push(title.unit.clone());
        }
    }
    found
}

fn cell(cells: &csv::StringRecord, index: usize) -> String {
    cells.get(index).unwrap_or_default().to_owned()
}

fn read<T>(packed: &[u8], row: impl Fn(&csv::StringRecord) -> T) -> anyhow::Result<Vec<T>> {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text).context("unpacking the demo's titles")?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.records().map(|cells| cells.map(|cells| row(&cells)));
    rows.collect::<Result<_, _>>().context("reading the demo's titles")
}

/// The credit code of the unit with this number in the register.
pub fn code_of(number: usize, is_firm: bool, region: &str) -> String {
    credit_code(if is_firm { "91" } else { "12" }, region, number)
}
