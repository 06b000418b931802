//! What the province holds before the city connects: some of the city's own records, typed in by hand, and thousands
//! of other cities, of which a few are copies, traps or rubbish.

use serde_json::{Value, json};

use super::dice::Dice;
use super::listing::{Line, Stock};
use super::stocks;
use super::typed::enterprise_as_mapped;
use super::words::{Day, credit_code, mobile, patent, person};
use super::world::{Title, World};

/// Serials of good rows that are only doubtfully like what was typed in. Nothing refers to them, so that only they
/// have to wait for a person.
pub const DOUBTFUL_ENTERPRISE: usize = 20;
pub const DOUBTFUL_ACHIEVEMENTS: [usize; 3] = [85, 88, 91];

/// The class of the planted achievement that another city has reported already.
pub const REPORTED_ELSEWHERE: &str = "reported-by-another-city";

/// One record in the province's books at the beginning.
#[derive(Clone, Debug)]
pub struct ProvinceSeed {
    pub kind: String,
    /// Six digits.
    pub city: String,
    /// Always `None`: nobody who typed it in knew an id of ours.
    pub local_id: Option<String>,
    /// A text `uscc:CODE` in a place for a parent means: the enterprise with this code.
    pub data: Value,
}

/// How a typed-in record of the city's must be recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdoptionFate {
    /// The same thing with the same content: nothing to send.
    Identical,
    /// Certainly the same thing, with other content: adopted, then updated.
    Differs,
    /// Perhaps the same thing: a person decides.
    Doubtful,
    /// Nothing in the city is like it.
    Unknown,
}

/// What must become of a record on import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImportFate {
    New,
    /// The city's own; never imported.
    Own,
    /// The same title and unit as one of the city's own.
    Duplicate,
    /// Failed a check: kept apart for a person.
    Quarantined,
}

/// The records in the order in which they are to be seeded.
///
/// Errors: a slip in the city's tables; a test makes sure there is none.
pub fn province_seeds() -> anyhow::Result<Vec<ProvinceSeed>> {
    Ok(all()?.into_iter().map(|entry| entry.seed).collect())
}

/// For each typed-in record of the city: its place among the seeds, kind and key of the row it is like, and its fate.
pub fn adoption_key() -> anyhow::Result<Vec<(usize, &'static str, String, AdoptionFate)>> {
    let entries = all()?.into_iter().enumerate();
    Ok(entries
        .filter_map(|(index, entry)| {
            let (key, fate) = entry.adoption?;
            let kind = if entry.seed.kind == "enterprise" { "enterprise" } else { "achievement" };
            Some((index, kind, key, fate))
        })
        .collect())
}

/// For each seeded achievement: its place among the seeds, why it is special (empty if it is not), and its fate.
pub fn import_key() -> anyhow::Result<Vec<(usize, &'static str, ImportFate)>> {
    let entries = all()?.into_iter().enumerate();
    Ok(entries
        .filter(|(_, entry)| entry.seed.kind == "achievement")
        .map(|(index, entry)| (index, entry.class, entry.import))
        .collect())
}

struct Entry {
    seed: ProvinceSeed,
    class: &'static str,
    import: ImportFate,
    adoption: Option<(String, AdoptionFate)>,
}

fn all() -> anyhow::Result<Vec<Entry>> {
    let (world, stocks) = stocks()?;
    let stock_of = |kind: &str| stocks.iter().find(|(shelf, _)| shelf.kind == kind).map(|(_, stock)| stock);
    let mut entries = Vec::with_capacity(5_600);
    if let (Some(enterprises), Some(achievements)) = (stock_of("enterprise"), stock_of("achievement")) {
        entries.extend(typed_in_enterprises(enterprises));
        entries.extend(typed_in_achievements(achievements));
        entries.extend(copies(achievements));
    }
    entries.extend(others(&world));
    Ok(entries)
}

fn own(kind: &str, data: Value, key: String, fate: AdoptionFate) -> Entry {
    Entry {
        seed: ProvinceSeed { kind: kind.to_owned(), city: "370300".to_owned(), local_id: None, data },
        class: "typed-in",
        import: ImportFate::Own,
        adoption: Some((key, fate)),
    }
}

/// Eleven units that somebody typed in years ago: seven just as they are, three with old figures, one doubtful.
fn typed_in_enterprises(stock: &Stock) -> Vec<Entry> {
    let rows = stock.listings.iter().skip(10).take(11).enumerate();
    rows.map(|(number, listing)| {
        let mut data = enterprise_as_mapped(&listing.main);
        let fate = match number {
            0..7 => AdoptionFate::Identical,
            7..10 => {
                data["employees"] = json!(17);
                data["contact"]["name"] = json!("老联系人");
                AdoptionFate::Differs
            }
            _ => {
                // The name without its legal form, and the code of a branch.
                let name = data["name"].as_str().unwrap_or_default().replace("有限公司", "公司");
                data["name"] = json!(name);
                data["uscc"] = json!(credit_code("91", "370303", 7_001));
                AdoptionFate::Doubtful
            }
        };
        own("enterprise", data, cell(&listing.main, "id"), fate)
    })
    .collect()
}

/// Nineteen results: fifteen certain, three doubtful, one of which the city knows nothing.
fn typed_in_achievements(stock: &Stock) -> Vec<Entry> {
    let rows = stock.listings.iter().skip(40).step_by(3);
    rows.take(19)
        .enumerate()
        .map(|(number, listing)| {
            let row = &listing.main;
            let mut data = achievement_typed_in(row);
            let title = data["title"].as_str().unwrap_or_default().to_owned();
            let fate = match number {
                0..15 => AdoptionFate::Differs,
                15 => {
                    data["title"] = json!(format!("{title}（一期）"));
                    AdoptionFate::Doubtful
                }
                16 => {
                    data["title"] = json!(format!("关于{title}"));
                    data["summary"] =
                        json!(format!("关于{title}的材料，由单位在申报时录入，内容以正式文件为准，供查询。"));
                    AdoptionFate::Doubtful
                }
                17 => {
                    data["ownerName"] =
                        json!(format!("{}技术中心", data["ownerName"].as_str().unwrap_or_default()));
                    data["year"] = json!(2018);
                    data["completedOn"] = json!("2018-06-01");
                    AdoptionFate::Doubtful
                }
                _ => {
                    data["title"] = json!("多年前录入、本市库中已无记录的旧成果");
                    AdoptionFate::Unknown
                }
            };
            own("achievement", data, cell(row, "id"), fate)
        })
        .collect()
}

/// Copies of the city's own results in other cities' books: an import must see that they are ours.
fn copies(stock: &Stock) -> Vec<Entry> {
    let elsewhere =
        stock.planted.iter().find(|row| row.class == REPORTED_ELSEWHERE).map(|row| row.key.clone());
    let is_elsewhere = |row: &Line| Some(cell(row, "id")) == elsewhere;
    let rows = stock.listings.iter().map(|listing| &listing.main);
    let copied = rows.clone().skip(100).step_by(5).take(24).chain(rows.filter(|row| is_elsewhere(row)));
    copied
        .map(|row| {
            let mut data = achievement_typed_in(row);
            if !is_elsewhere(row) {
                // Another year, so that the province itself does not take them for the same.
                data["year"] = json!(2016);
                data["completedOn"] = json!("2016-06-01");
            }
            data["owner"] = json!("SD-ENT-90000001");
            data["region"] = json!("370200");
            let seed = ProvinceSeed {
                kind: "achievement".to_owned(),
                city: "370200".to_owned(),
                local_id: None,
                data,
            };
            Entry { seed, class: "copy-of-ours", import: ImportFate::Duplicate, adoption: None }
        })
        .collect()
}

const CITIES: [&str; 10] =
    ["370100", "370200", "370600", "370700", "370800", "370900", "371000", "371300", "371500", "371700"];
/// How many results of other cities there are, copies aside.
const OTHERS: usize = 5_500;
/// The first title for them; the ones before are the city's.
const FIRST_TITLE: usize = 2_100;

fn others(world: &World) -> Vec<Entry> {
    (0..OTHERS)
        .map(|number| {
            let city = CITIES[number % CITIES.len()];
            let mut data = remote(&world.titles[FIRST_TITLE + number], city, number);
            let (class, import) = match number % 97 {
                37 => spoil(&mut data, number / 97),
                _ => ("", ImportFate::New),
            };
            let seed =
                ProvinceSeed { kind: "achievement".to_owned(), city: city.to_owned(), local_id: None, data };
            Entry { seed, class, import, adoption: None }
        })
        .collect()
}

/// Makes a remote record hostile or invalid; `number` chooses how.
fn spoil(data: &mut Value, number: usize) -> (&'static str, ImportFate) {
    use ImportFate::{New, Quarantined};
    let (class, field, value, fate) = match number % 14 {
        0 => ("script-tag", "title", json!("<script>alert('成果')</script>智能传感器"), Quarantined),
        1 => ("formula", "title", json!("=HYPERLINK(\"http://evil.example.com\",\"成果\")"), New),
        2 => ("sql", "title", json!("'); DROP TABLE t_cg; -- 智能传感器"), New),
        3 => ("bidi", "title", json!("智能传感\u{202e}器exe.pdf成果"), Quarantined),
        4 => ("huge-text", "summary", json!("长".repeat(350_000)), Quarantined),
        5 => ("title-missing", "title", Value::Null, Quarantined),
        6 => ("uscc-check", "ownerUscc", json!("91370303MADE99990B"), Quarantined),
        7 => ("unknown-code", "techField", json!("77"), Quarantined),
        8 => ("negative-price", "priceWan", json!("-5"), Quarantined),
        9 => ("wrong-type", "year", json!("二〇二三"), Quarantined),
        10 => ("secret", "secretLevel", json!("03"), Quarantined),
        11 => ("impossible-date", "completedOn", json!("2023-02-30"), Quarantined),
        12 => (
            "event-handler",
            "summary",
            json!("<img src=x onerror=alert(1)>本成果完成了关键技术攻关并通过第三方检测。"),
            Quarantined,
        ),
        _ => ("list-empty", "transferModes", json!([]), Quarantined),
    };
    match value {
        Value::Null => {
            data.as_object_mut().and_then(|fields| fields.remove(field));
        }
        value => data[field] = value,
    }
    (class, fate)
}

/// A sound result of another city.
fn remote(title: &Title, city: &str, number: usize) -> Value {
    let mut dice = Dice::new("remote", number);
    let done = Day::between(&mut dice, 2016, 2023);
    let patented = dice.chance(40);
    let percent = dice.between(5, 60);
    let mut data = json!({
        "title": title.title,
        "category": "01",
        "owner": format!("SD-ENT-9{:07}", number % 400),
        "ownerName": owner_name(&title.unit),
        "ownerUscc": credit_code("12", city, number % 400),
        "year": done.0,
        "completedOn": done.iso(),
        "summary": format!("围绕“{}”完成研究与试验，关键指标提高{percent}%，项目经费{}万元，可在本省企业推广应用。", title.title, title.amount),
        "keywords": ["技术转移", "成果转化"],
        "techField": dice.pick(&["01", "02", "04", "05", "06", "07", "08"]),
        "maturity": dice.pick(&["3", "4", "6", "8", "9"]),
        "transferModes": [dice.pick(&["02", "03", "04"])],
        "ipForms": [if patented { "01" } else { "09" }],
        "region": city,
        "contact": { "name": person(&mut dice), "phone": mobile(&mut dice) },
        "secretLevel": "01",
    });
    if patented {
        data["patentNos"] = json!([patent(20_000 + number, '1')]);
        data["patentType"] = json!("1");
    }
    match dice.chance(40) {
        true => data["priceNegotiable"] = json!(true),
        false => data["priceWan"] = json!(dice.between(5, 900).to_string()),
    }
    data
}

/// Names of units are at least four characters long in the province's books.
fn owner_name(unit: &str) -> String {
    if unit.chars().count() < 4 { format!("{unit}（单位）") } else { unit.to_owned() }
}

/// What a clerk typed in for a result of the city: the required fields, in a few words.
fn achievement_typed_in(row: &Line) -> Value {
    let title = cell(row, "cgmc").trim_matches(['\u{feff}', ' ']).to_owned();
    json!({
        "title": title,
        "category": "01",
        "owner": format!("uscc:{}", cell(row, "xydm")),
        "ownerName": cell(row, "wcdw"),
        "ownerUscc": cell(row, "xydm"),
        "year": cell(row, "cgnf").parse::<i64>().unwrap_or(2023),
        "summary": format!("“{title}”由{}完成，已通过验收，可在本省同类企业推广应用，欢迎洽谈合作。", cell(row, "wcdw")),
        "techField": "04",
        "maturity": "6",
        "transferModes": ["02"],
        "priceNegotiable": true,
        "ipForms": ["09"],
        "region": "370303",
        "contact": { "name": "经办人", "phone": cell(row, "lxdh").replace("+86 ", "").replace(' ', "") },
        "secretLevel": "01",
    })
}

fn cell(row: &Line, column: &str) -> String {
    row.get(column).map(ToString::to_string).unwrap_or_default()
}
