//! `qilu propose`: looks into the city's database and writes a first route.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::propose_lines::{self, Written};
use crate::city::{City, Line, Survey, SurveyedTable};
use crate::codes::{Codes, nearest};
use crate::config::{Database, Engine, Flow, Instance, Platform, Route};
use crate::propose::{Draft, Look, Material, Place, ROWS_MAX, Resemblance};
use crate::schema::{Kind, SchemaSet};

#[derive(Debug, Args)]
pub struct Arguments {
    /// 类别；不写则列出哪张表像哪一类 · A kind; without one, which tables look like which kinds
    #[arg(value_name = "KIND", conflicts_with = "all")]
    pub kind: Option<String>,
    /// 为每个有把握的类别各写一条路线 · One route for every kind that has a convincing table
    #[arg(long)]
    pub all: bool,
    /// 数据库，只有一个时可不写 · The database; may be left out where there is only one
    #[arg(long, value_name = "NAME")]
    pub database: Option<String>,
    /// 指定表，不用自动挑选的 · The table, instead of the one that looks best
    #[arg(long, value_name = "TABLE", requires = "kind")]
    pub table: Option<String>,
    /// 省平台，只有一个时可不写 · The platform; may be left out where there is only one
    #[arg(long, value_name = "NAME")]
    pub platform: Option<String>,
    /// 写到哪里，默认 config/routes/KIND.toml；- 只打印 · Where to write; `-` prints
    #[arg(long, value_name = "FILE", requires = "kind")]
    pub out: Option<PathBuf>,
}

/// Rows that are looked at to tell what a table holds.
const GLANCE_ROWS: usize = 60;
/// Up to so many tables, all of them are sampled in full.
const TABLES_IN_FULL: usize = 40;

pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    let room = Room::open(desk, &arguments)?;
    let wanted = arguments.kind.as_deref().map(|name| room.kind(name)).transpose()?;
    // Before the database is asked for anything: a file that is there stays as it is.
    if let Some(kind) = &wanted {
        let file = room.file(&kind.name, arguments.out.as_deref());
        if file.as_ref().is_some_and(|file| file.exists()) {
            return Err(occupied(file.as_deref().unwrap_or(Path::new("-"))));
        }
    }
    let city = City::open(&room.database).await?;
    let mut seen = Seen::glance(&city, &room).await?;
    let kinds: Vec<&Kind> = room.schemas.kinds().map(Arc::as_ref).collect();
    let found = seen.look(&room).resemblances(&kinds);
    if wanted.is_none() && !arguments.all {
        propose_lines::overview(&desk.screen, &room.schemas, &found, &seen.unreadable);
        return Ok(Exit::Well);
    }
    let mut homes = room.homes.clone();
    for one in found.iter().filter(|one| one.is_convincing) {
        homes.entry(one.kind.clone()).or_insert_with(|| one.table.clone());
    }
    let jobs: Vec<(&Kind, String)> = match &wanted {
        Some(kind) => {
            let table = seen.table(kind, arguments.table.as_deref(), &found)?;
            homes.insert(kind.name.to_string(), table.clone());
            vec![(kind, table)]
        }
        None => {
            let convincing = found.iter().filter(|one| one.is_convincing);
            convincing
                .filter_map(|one| Some((room.schemas.kind(&one.kind)?.as_ref(), one.table.clone())))
                .collect()
        }
    };
    if jobs.is_empty() {
        return Err(nothing(&room.database.name));
    }
    seen.sample_in_full(&city, &room, &homes, &jobs).await;
    let look = seen.look(&room);
    let homes = look.homes(&kinds, &homes.into_iter().collect::<Vec<_>>());
    let place = Place { platform: &room.platform.name, database: &room.database.name };
    let mut written = Vec::new();
    for (kind, table) in jobs {
        let Some(draft) = look.draft(kind, &table, &homes, place) else { continue };
        written.push(room.write(kind, draft, arguments.out.as_deref())?);
    }
    let is_printed = arguments.out.as_deref() == Some(Path::new("-"));
    propose_lines::drafts(&desk.screen, &written, is_printed, &seen.unreadable);
    let all_written = written.iter().all(|one| !one.was_there);
    Ok(if all_written { Exit::Well } else { Exit::Configuration })
}

/// Everything that a proposal needs besides the city's tables. Read piece by piece: routes that still have gaps must
/// not keep further ones from being written.
struct Room {
    root: PathBuf,
    database: Database,
    platform: Platform,
    codes: Codes,
    schemas: SchemaSet,
    /// Kind → table, of the routes that are there.
    homes: BTreeMap<String, String>,
    /// Tables that imports are written to.
    imported: Vec<String>,
}

impl Room {
    fn open(desk: &Desk, arguments: &Arguments) -> Result<Room, Failure> {
        let instance = desk.instance_alone()?;
        let database = database(&instance, arguments.database.as_deref())?;
        let platform = platform(&instance, arguments.platform.as_deref())?;
        let folder = instance.schemas.join(&platform.schemas.value);
        let (codes, faults) = Codes::load(&folder.join("codes"), &instance.crosswalks);
        if !faults.is_empty() {
            return Err(faults.into());
        }
        let schemas = SchemaSet::load(&folder, &codes)?;
        let (mut homes, mut imported) = (BTreeMap::new(), Vec::new());
        for (name, file, text) in files(&instance.root, "config/routes")? {
            let (Some(route), _) = Route::read(&name, &file, &text) else { continue };
            match &route.flow {
                Flow::Push(push) if push.source.database.value == database.name => {
                    if let Some(table) = push.source.relation.table() {
                        homes.insert(route.kind.clone(), table.value.clone());
                    }
                }
                Flow::Import(import) if import.target.database.value == database.name => {
                    imported.push(import.target.table.value.clone());
                }
                Flow::Push(_) | Flow::Import(_) => (),
            }
        }
        Ok(Room { root: instance.root.clone(), database, platform, codes, schemas, homes, imported })
    }

    fn kind(&self, name: &str) -> Result<&Kind, Failure> {
        self.schemas.kind(name).map(Arc::as_ref).ok_or_else(|| {
            let names: Vec<&str> = self.schemas.kinds().map(|kind| kind.name.as_ref()).collect();
            let near = nearest(name, names.iter().copied(), 3);
            let shown = if near.is_empty() { names.join(", ") } else { near.join(", ") };
            Failure::usage(
                format!("省级规范里没有类别 {name}"),
                format!("the province's schemas have no kind {name}"),
                format!("相近的：{shown}；不写类别可看到哪张表像哪一类。"),
                format!("there are: {shown}; without a kind you see which tables look like which"),
            )
        })
    }

    /// `None`: it is only printed.
    fn file(&self, kind: &str, out: Option<&Path>) -> Option<PathBuf> {
        match out {
            Some(out) if out == Path::new("-") => None,
            Some(out) => Some(out.to_owned()),
            None => Some(self.root.join(format!("config/routes/{kind}.toml"))),
        }
    }

    /// Writes a draft where nothing is yet.
    fn write(&self, kind: &Kind, draft: Draft, out: Option<&Path>) -> Result<Written, Failure> {
        let quote = if matches!(self.database.engine, Engine::Mysql(_)) { '`' } else { '"' };
        let text = draft.route_text(&kind.function, quote);
        let file = self.file(&kind.name, out);
        let mut was_there = false;
        if let Some(file) = &file {
            let failed = |error: &std::io::Error| Failure::file(file, error);
            if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
            }
            match std::fs::OpenOptions::new().write(true).create_new(true).open(file) {
                Ok(mut opened) => opened.write_all(text.as_bytes()).map_err(|error| failed(&error))?,
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => was_there = true,
                Err(error) => return Err(failed(&error)),
            }
        }
        Ok(Written { draft, text, file, was_there })
    }
}

/// The city's tables as far as they have been looked at.
struct Seen {
    survey: Survey,
    samples: BTreeMap<String, Vec<Line>>,
    /// Tables that could not be sampled, with the reason.
    unreadable: Vec<(String, String)>,
}

impl Seen {
    async fn glance(city: &City, room: &Room) -> Result<Seen, Failure> {
        let mut survey = city.survey().await?;
        survey
            .tables
            .retain(|table| !room.imported.iter().any(|name| name.eq_ignore_ascii_case(&table.name)));
        let mut seen = Seen { survey, samples: BTreeMap::new(), unreadable: Vec::new() };
        for table in seen.survey.tables.clone() {
            seen.sample(city, &table, GLANCE_ROWS).await;
        }
        Ok(seen)
    }

    /// A table that may not be read is told of, and its names still count.
    async fn sample(&mut self, city: &City, table: &SurveyedTable, rows: usize) {
        match city.sample(table, rows).await {
            Ok(lines) => _ = self.samples.insert(table.name.clone(), lines),
            Err(complaint) if !self.unreadable.iter().any(|(name, _)| *name == table.name) => {
                let reason = complaint.facts.iter().find(|(name, _)| name == "reason");
                self.unreadable
                    .push((table.name.clone(), reason.map(|(_, reason)| reason.clone()).unwrap_or_default()));
            }
            Err(_) => (),
        }
    }

    /// The tables that the drafts look at, with as many rows as they need.
    async fn sample_in_full(
        &mut self,
        city: &City,
        room: &Room,
        homes: &BTreeMap<String, String>,
        jobs: &[(&Kind, String)],
    ) {
        let names: Vec<String> = if self.survey.tables.len() <= TABLES_IN_FULL {
            self.survey.tables.iter().map(|table| table.name.clone()).collect()
        } else {
            let look = self.look(room);
            let related = jobs.iter().flat_map(|(_, table)| look.related(table)).map(str::to_owned);
            related
                .chain(homes.values().cloned())
                .chain(jobs.iter().map(|(_, table)| table.clone()))
                .collect()
        };
        for table in self.survey.tables.clone() {
            if names.contains(&table.name)
                && self.samples.get(&table.name).is_some_and(|lines| lines.len() >= GLANCE_ROWS)
            {
                self.sample(city, &table, ROWS_MAX).await;
            }
        }
    }

    fn look<'a>(&'a self, room: &'a Room) -> Look<'a> {
        let (codes, zone) = (&room.codes, room.database.zone);
        Look::new(Material { survey: &self.survey, samples: &self.samples, codes, zone })
    }

    /// The table that a route is drafted for.
    fn table(&self, kind: &Kind, wanted: Option<&str>, found: &[Resemblance]) -> Result<String, Failure> {
        let names = || self.survey.tables.iter().map(|table| table.name.as_str());
        if let Some(wanted) = wanted {
            let exact = names().find(|name| *name == wanted);
            let known = exact.or_else(|| names().find(|name| name.eq_ignore_ascii_case(wanted)));
            return known.map(str::to_owned).ok_or_else(|| {
                let near = nearest(wanted, names(), 3).join(", ");
                Failure::usage(
                    format!("数据库里没有表 {wanted}"),
                    format!("the database has no table {wanted}"),
                    format!("相近的：{near}；不写类别可看到全部。"),
                    format!("near ones: {near}; without a kind you see them all"),
                )
            });
        }
        let own: Vec<&Resemblance> = found.iter().filter(|one| one.kind == kind.name.as_ref()).collect();
        if let Some(one) = own.iter().find(|one| one.is_convincing) {
            return Ok(one.table.clone());
        }
        let title = &kind.title;
        let near: Vec<&str> = own.iter().take(3).map(|one| one.table.as_str()).collect();
        let near = if near.is_empty() { "–".to_owned() } else { near.join(", ") };
        Err(Failure::usage(
            format!("没有一张表足够像“{title}”"),
            format!("no table looks enough like {}", kind.name),
            format!("用 --table 指定一张，较像的有：{near}。"),
            format!("name one with `--table`; the nearest are: {near}"),
        ))
    }
}

fn database(instance: &Instance, wanted: Option<&str>) -> Result<Database, Failure> {
    let names: Vec<&str> = instance.databases.keys().map(String::as_str).collect();
    let chosen = match (wanted, names.as_slice()) {
        (Some(wanted), _) => instance.databases.get(wanted),
        (None, [only]) => instance.databases.get(*only),
        (None, _) => None,
    };
    chosen.cloned().ok_or_else(|| {
        let shown = if names.is_empty() { "–".to_owned() } else { names.join(", ") };
        Failure::usage(
            format!("不知道看哪个数据库，配置里有：{shown}"),
            format!("which database? The configuration has: {shown}"),
            "在 config/qilu.toml 写上 [databases.market]，有几个时用 --database 指明。",
            "name one in config/qilu.toml, section [databases.market]; of several choose with `--database`",
        )
    })
}

fn platform(instance: &Instance, wanted: Option<&str>) -> Result<Platform, Failure> {
    let all = files(&instance.root, "config/platforms")?;
    let names: Vec<&str> = all.iter().map(|(name, _, _)| name.as_str()).collect();
    let chosen = match (wanted, all.as_slice()) {
        (Some(wanted), _) => all.iter().find(|(name, _, _)| name == wanted),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    let Some((name, file, text)) = chosen else {
        let shown = if names.is_empty() { "–".to_owned() } else { names.join(", ") };
        return Err(Failure::usage(
            format!("不知道报给哪个省平台，配置里有：{shown}"),
            format!("which platform? The configuration has: {shown}"),
            "用 --platform 指明。",
            "choose with `--platform`",
        ));
    };
    match Platform::read(name, file, text) {
        (Some(platform), faults) if faults.is_empty() => Ok(platform),
        (_, faults) => Err(faults.into()),
    }
}

/// Name, path below the root and text of the TOML files of a folder, by name; a folder that is not there is empty.
fn files(root: &Path, folder: &str) -> Result<Vec<(String, PathBuf, String)>, Failure> {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_stem().and_then(std::ffi::OsStr::to_str).unwrap_or_default().to_owned();
        if path.extension().is_some_and(|ending| ending == "toml") && !name.starts_with('.') {
            let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            files.push((name.clone(), Path::new(folder).join(format!("{name}.toml")), text));
        }
    }
    files.sort();
    Ok(files)
}

fn occupied(file: &Path) -> Failure {
    let file = file.display();
    Failure::usage(
        format!("{file} 已经存在，没有改动它"),
        format!("{file} is there already and was left alone"),
        "用 --out - 只看初稿，或用 --out 写到别处；不要原来的就先把它移走。",
        "look at the draft with `--out -`, write it elsewhere with `--out FILE`, or move the file away first",
    )
}

fn nothing(database: &str) -> Failure {
    Failure::usage(
        format!("数据库 {database} 里没有一张表足够像省里的任何类别"),
        format!("no table of {database} looks enough like any kind"),
        "用 qilu propose 看相近的，再用 qilu propose KIND --table TABLE 指定。",
        "see what is near with `qilu propose`, then name one with `qilu propose KIND --table TABLE`",
    )
}
