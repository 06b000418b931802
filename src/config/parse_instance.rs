//! Reads `config/qilu.toml`: the instance without its routes and platforms.

use std::collections::BTreeMap;
use std::path::Path;

use chrono_tz::Tz;

use super::{
    AuditSettings, Database, Engine, Fault, Instance, LedgerPlace, Located, Reader, SandboxSettings,
    SecretReference, Section, is_plain_name,
};
use crate::record::{Complaint, Language};

impl Instance {
    /// The instance of one file and everything that is wrong in it; routes and platforms are still empty.
    ///
    /// Shape: keys that the file leaves out get the values of the shipped `config/qilu.toml`; relative paths
    ///        start at `root`.
    pub fn read(root: &Path, file: &Path, text: &str) -> (Option<Instance>, Vec<Fault>) {
        let reader = Reader::new(file, text);
        let tree = reader.parse();
        let instance = read_instance(root, text, &reader.root(&tree));
        (instance, reader.into_faults())
    }
}

fn read_instance(root: &Path, text: &str, top: &Section<'_>) -> Option<Instance> {
    let name = top.need_text("name");
    if let Some(name) = &name
        && !is_plain_name(name)
    {
        let complaint = Complaint::new("Q1004").fact("key", "name").found(&name.value);
        top.complain_at("name", complaint.fact("expected", "a-z, 0-9, _, -"));
    }
    let title = top.text("title").map(|title| title.value);
    let zone = read_zone(top).unwrap_or(Tz::Asia__Shanghai);
    let language = top.word("language", &[("zh", Language::Chinese), ("en", Language::English)]);
    let crosswalks = path_of(top, "crosswalks", root, "config/crosswalks");
    let schemas = path_of(top, "schemas", root, "schemas");
    let ledger = top.section("ledger");
    let ledger_file = path_or(ledger.as_ref(), "file", root, "data/ledger.db");
    let audit = top.section("audit");
    let audit_settings = AuditSettings {
        key_file: path_or(audit.as_ref(), "key_file", root, "data/audit.key"),
        checkpoints: path_or(audit.as_ref(), "checkpoints", root, "data/checkpoints"),
    };
    for section in [ledger, audit].iter().flatten() {
        section.finish();
    }
    let databases = top.section("databases").map_or_else(BTreeMap::new, |section| {
        let read = |(name, section): (Located<String>, Section<'_>)| {
            Some((name.value.clone(), read_database(name.value, root, zone, &section)?))
        };
        section.all_sections().into_iter().filter_map(read).collect()
    });
    let sandbox = top.section("sandbox").and_then(|section| read_sandbox(root, &section));
    let console = top.section("console").and_then(|section| super::console::read(&section));
    top.finish();
    let name = name?.value;
    Some(Instance {
        root: root.to_owned(),
        title: title.unwrap_or_else(|| name.clone()),
        name,
        zone,
        language,
        ledger: LedgerPlace::File(ledger_file),
        audit: audit_settings,
        databases,
        platforms: BTreeMap::new(),
        routes: BTreeMap::new(),
        crosswalks,
        schemas,
        sandbox,
        console,
        text: text.to_owned(),
    })
}

fn read_sandbox(root: &Path, section: &Section<'_>) -> Option<SandboxSettings> {
    let platform = section.need_text("platform");
    let app_id = section.need_text("app_id");
    let app_secret = section.need_text("app_secret");
    let state = path_of(section, "state", root, "data/sandbox.db");
    section.finish();
    Some(SandboxSettings { platform: platform?, state, app_id: app_id?.value, app_secret: app_secret? })
}

fn read_database(name: String, root: &Path, zone: Tz, section: &Section<'_>) -> Option<Database> {
    let url = section.need_text("url");
    let password = section.text("password");
    if let Some(reference) = &password
        && let Err(complaint) = SecretReference::parse(reference)
    {
        section.complain_at("password", complaint);
    }
    let zone = read_zone(section).unwrap_or(zone);
    section.finish();
    let url = url?;
    let at = Located { value: (), line: url.line, column: url.column };
    match Engine::parse(&url, password, root) {
        Ok(engine) => Some(Database { name, engine, zone, root: root.to_owned(), at }),
        Err(complaint) => {
            section.complain_at("url", complaint.fact("key", section.path()));
            None
        }
    }
}

fn read_zone(section: &Section<'_>) -> Option<Tz> {
    let written = section.text("zone")?;
    let zone = written.parse().ok();
    if zone.is_none() {
        let complaint = Complaint::new("Q1004").fact("key", "zone").found(&written.value);
        section.complain_at("zone", complaint.fact("expected", "Asia/Shanghai, UTC …"));
    }
    zone
}

fn path_of(section: &Section<'_>, key: &str, root: &Path, default: &str) -> std::path::PathBuf {
    root.join(section.text(key).map_or_else(|| default.to_owned(), |path| path.value))
}

fn path_or(section: Option<&Section<'_>>, key: &str, root: &Path, default: &str) -> std::path::PathBuf {
    section.map_or_else(|| root.join(default), |section| path_of(section, key, root, default))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_is_the_list_of_defaults() {
        let shipped = include_str!("../../config/qilu.toml");
        let (read, faults) = Instance::read(Path::new("/i"), Path::new("config/qilu.toml"), shipped);
        assert_eq!(faults, []);
        let shipped = read.expect("the shipped file names the instance");
        let (read, faults) = Instance::read(Path::new("/i"), Path::new("q.toml"), "name = 'zibo'");
        assert_eq!(faults, []);
        let bare = read.expect("a name is enough");
        assert_eq!(bare.zone, shipped.zone);
        assert_eq!(bare.ledger, shipped.ledger);
        assert_eq!(bare.audit.key_file, shipped.audit.key_file);
        assert_eq!(bare.audit.checkpoints, shipped.audit.checkpoints);
        assert_eq!(bare.crosswalks, shipped.crosswalks);
        assert_eq!(bare.schemas, shipped.schemas);
    }

    #[test]
    fn every_fault_of_the_file_is_told_with_its_place() {
        let text = "name = 'Zibo Market'\nzone = 'China'\nlangauge = 'zh'\n\n[databases.market]\nurl = 'oracle:x'\n\
                    [databases.old]\nzone = 'UTC'\n";
        let (_, faults) = Instance::read(Path::new("/i"), Path::new("q.toml"), text);
        let found: Vec<_> = faults.iter().map(|fault| (fault.line, fault.complaint.id.as_str())).collect();
        assert_eq!(found, [(1, "Q1004"), (2, "Q1004"), (3, "Q1003"), (6, "Q1017"), (7, "Q1002")]);
    }

    #[test]
    fn paths_start_at_the_root_and_absolute_ones_stay() {
        let text = "name = 'z'\n[databases.a]\nurl = 'sqlite:data/market.db'\n[databases.b]\nurl = 'sqlite:///srv/m.db'\n";
        let (instance, faults) = Instance::read(Path::new("/i"), Path::new("q.toml"), text);
        assert_eq!(faults, []);
        let instance = instance.expect("nothing is wrong");
        assert!(
            matches!(&instance.databases["a"].engine, Engine::Sqlite(path) if path == "/i/data/market.db")
        );
        assert!(matches!(&instance.databases["b"].engine, Engine::Sqlite(path) if path == "/srv/m.db"));
        assert_eq!(instance.databases["a"].zone, Tz::Asia__Shanghai);
    }

    #[test]
    fn others_than_this_machine_are_listened_to_only_behind_a_proxy() {
        for (written, listens, id) in [
            ("listen = '127.0.0.1:8600'", true, None),
            ("listen = '[::1]:8600'", true, None),
            ("listen = '0.0.0.0:8600'", false, Some("Q7916")),
            ("listen = '10.0.0.5:8600'\nbehind_proxy = true", true, None),
            ("listen = 'localhost:8600'", false, Some("Q1004")),
            ("port = 8600", false, Some("Q1002")),
        ] {
            let text = format!("name = 'z'\n[console]\n{written}\n");
            let (instance, faults) = Instance::read(Path::new("/i"), Path::new("q.toml"), &text);
            assert_eq!(instance.is_some_and(|one| one.console.is_some()), listens, "{written}");
            let found: Vec<_> = faults.iter().map(|fault| fault.complaint.id.as_str()).collect();
            assert_eq!(found.first().copied(), id, "{written}");
        }
    }
}
