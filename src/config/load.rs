//! The door of this room: reads configuration files, secrets and the environment.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::secret::SecretReference;
use super::{Fault, Flow, Instance, Platform, Reader, Route, Secret, is_plain_name};
use crate::record::Complaint;

const INSTANCE_FILE: &str = "config/qilu.toml";

impl Instance {
    /// Everything under `root/config`, with all references checked.
    ///
    /// Shape:  `config/qilu.toml`, `config/routes/*.toml`, `config/platforms/*.toml`; a file's name is the
    ///         name of its route or platform.
    /// Errors: all faults of all files at once, sorted by file and place.
    pub fn load(root: &Path) -> Result<Instance, Vec<Fault>> {
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        let mut faults = Vec::new();
        let instance = read_text(&root, Path::new(INSTANCE_FILE), &mut faults).and_then(|text| {
            let (instance, found) = Instance::read(&root, Path::new(INSTANCE_FILE), &text);
            faults.extend(found);
            instance
        });
        let platforms = load_folder(&root, "config/platforms", &mut faults, Platform::read);
        let routes = load_folder(&root, "config/routes", &mut faults, Route::read);
        if let Some(mut instance) = instance {
            instance.platforms = platforms;
            instance.routes = routes;
            faults.extend(check_references(&instance));
            if faults.is_empty() {
                return Ok(instance);
            }
        }
        faults.sort_by(|one, other| {
            (&one.file, one.line, one.column).cmp(&(&other.file, other.line, other.column))
        });
        Err(faults)
    }
}

impl Secret {
    /// The secret behind `env:NAME`, `file:PATH` (relative to `root`) or `credential:NAME`.
    ///
    /// Errors: a bare value, a secret that is not there or is empty, a file that everybody may read.
    pub fn resolve(reference: &str, root: &Path) -> Result<Secret, Complaint> {
        let missing = |reason: &str| Complaint::new("Q1014").found(reference).fact("reason", reason);
        let text = match SecretReference::parse(reference)? {
            SecretReference::Environment(name) => {
                std::env::var(name).map_err(|error| missing(&error.to_string()))?
            }
            SecretReference::File(path) => {
                let path = root.join(path);
                let text = fs::read_to_string(&path).map_err(|error| missing(&error.to_string()))?;
                if is_open_to_all(&path) {
                    return Err(Complaint::new("Q1015").found(path.display()));
                }
                text
            }
            SecretReference::Credential(name) => {
                let folder = std::env::var_os("CREDENTIALS_DIRECTORY")
                    .ok_or_else(|| missing("CREDENTIALS_DIRECTORY is not set"))?;
                let path = Path::new(&folder).join(name);
                fs::read_to_string(path).map_err(|error| missing(&error.to_string()))?
            }
        };
        let text = text.trim_end_matches(['\n', '\r']);
        if text.is_empty() { Err(missing("it is empty")) } else { Ok(Secret(text.to_owned())) }
    }
}

#[cfg(unix)]
fn is_open_to_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o007 != 0)
}

#[cfg(not(unix))]
fn is_open_to_all(_: &Path) -> bool {
    false
}

fn load_folder<T>(
    root: &Path,
    folder: &str,
    faults: &mut Vec<Fault>,
    read: impl Fn(&str, &Path, &str) -> (Option<T>, Vec<Fault>),
) -> BTreeMap<String, Arc<T>> {
    let mut loaded = BTreeMap::new();
    for file in toml_files(root, Path::new(folder), faults) {
        let name = file.file_stem().and_then(OsStr::to_str).unwrap_or_default();
        if !is_plain_name(name) {
            faults.push(whole_file(&file, Complaint::new("Q1016").found(name)));
            continue;
        }
        let Some(text) = read_text(root, &file, faults) else { continue };
        let (found, wrong) = read(name, &file, &text);
        faults.extend(wrong);
        if let Some(found) = found {
            loaded.insert(name.to_owned(), Arc::new(found));
        }
    }
    loaded
}

/// The `.toml` files of a folder, relative to the root and sorted. A folder that is not there is empty.
fn toml_files(root: &Path, folder: &Path, faults: &mut Vec<Fault>) -> Vec<PathBuf> {
    let entries = match fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            faults.push(whole_file(folder, unreadable(folder, &error.to_string())));
            return Vec::new();
        }
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    let is_wanted = |name: &std::ffi::OsString| {
        let path = Path::new(name);
        path.extension() == Some(OsStr::new("toml")) && !name.as_encoded_bytes().starts_with(b".")
    };
    let mut files: Vec<_> = names.filter(is_wanted).map(|name| folder.join(name)).collect();
    files.sort();
    files
}

/// The text of a file without the byte order mark that Windows editors write.
fn read_text(root: &Path, file: &Path, faults: &mut Vec<Fault>) -> Option<String> {
    let reason = match fs::read(root.join(file)) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => return Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
            Err(error) => {
                let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
                let complaint = unreadable(file, "it is not UTF-8");
                faults.push(Fault { file: file.to_owned(), line, column: 1, complaint });
                return None;
            }
        },
        Err(error) => error.to_string(),
    };
    faults.push(whole_file(file, unreadable(file, &reason)));
    None
}

fn unreadable(file: &Path, reason: &str) -> Complaint {
    Complaint::new("Q1005").found(file.display()).fact("reason", reason)
}

fn whole_file(file: &Path, complaint: Complaint) -> Fault {
    Fault { file: file.to_owned(), line: 1, column: 1, complaint }
}

/// What one file says about another.
fn check_references(instance: &Instance) -> Vec<Fault> {
    let mut faults = Vec::new();
    if instance.databases.is_empty() && !instance.routes.is_empty() {
        // As after `init`: said once, where it is mended, and not at every route.
        let complaint = Complaint::new("Q1023").fact("routes", instance.routes.len());
        faults.push(Fault { file: INSTANCE_FILE.into(), line: 1, column: 1, complaint });
    }
    let mut pushed: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for route in instance.routes.values() {
        let reader = Reader::new(&route.file, &route.text);
        let tree = reader.parse();
        let root = reader.root(&tree);
        match instance.platforms.get(&route.platform) {
            None => {
                let names = instance.platforms.keys().map(String::as_str);
                root.complain_at("platform", unknown("platform", &route.platform, names));
            }
            Some(platform) => {
                let path = instance.schemas.join(&platform.schemas.value);
                let path = path.join(format!("{}.schema.json", route.kind));
                if !path.is_file() {
                    let complaint = Complaint::new("Q1012").found(&route.kind);
                    root.complain_at("kind", complaint.fact("path", path.display()));
                }
            }
        }
        let (section, database) = match &route.flow {
            Flow::Push(push) => ("source", &push.source.database),
            Flow::Import(import) => ("target", &import.target.database),
        };
        if !instance.databases.is_empty()
            && !instance.databases.contains_key(&database.value)
            && let Some(section) = root.section(section)
        {
            let names = instance.databases.keys().map(String::as_str);
            section.complain_at("database", unknown("database", database, names));
        }
        if matches!(route.flow, Flow::Push(_))
            && let Some(other) = pushed.insert((&route.platform, &route.kind), &route.name)
        {
            let complaint = Complaint::new("Q1011").found(&route.kind).fact("platform", &route.platform);
            root.complain_at("kind", complaint.fact("other", other));
        }
        faults.extend(reader.into_faults());
    }
    faults
}

fn unknown<'n>(key: &str, written: &str, names: impl Iterator<Item = &'n str> + Clone) -> Complaint {
    let near = super::reader::nearest(written, names.clone()).map(str::to_owned);
    let near = near.unwrap_or_else(|| names.collect::<Vec<_>>().join(", "));
    let near = if near.is_empty() { "-".to_owned() } else { near };
    Complaint::new("Q1006").fact("key", key).found(written).fact("near", near)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, file: &str, text: &str) {
        let path = root.join(file);
        fs::create_dir_all(path.parent().expect("files stand in folders"))
            .expect("a temporary folder is writable");
        fs::write(path, text).expect("a temporary folder is writable");
    }

    fn route(platform: &str, database: &str, kind: &str) -> String {
        format!(
            "kind = '{kind}'\nplatform = '{platform}'\n[source]\ndatabase = '{database}'\ntable = 't'\nkey = 'id'\n\
             publish_when = 'true'\n[fields]\na = 'b'\n"
        )
    }

    fn instance() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path();
        write(
            root,
            "config/qilu.toml",
            "\u{feff}name = 'zibo'\n[databases.market]\nurl = 'sqlite:market.db'\n",
        );
        let platform = include_str!("../../config/platforms/shandong.toml");
        write(root, "config/platforms/shandong.toml", platform);
        write(root, "config/routes/achievement.toml", &route("shandong", "market", "achievement"));
        write(root, "schemas/shandong/v1/achievement.schema.json", "{}");
        folder
    }

    #[test]
    fn an_instance_is_loaded_with_every_file_kept() {
        let folder = instance();
        let instance = Instance::load(folder.path()).expect("nothing is wrong");
        let files: Vec<_> = instance.files().iter().map(|(path, _)| path.display().to_string()).collect();
        assert_eq!(
            files,
            ["config/qilu.toml", "config/platforms/shandong.toml", "config/routes/achievement.toml"]
        );
        assert_eq!(instance.routes["achievement"].kind, "achievement");
    }

    #[test]
    fn faults_of_all_files_come_at_once_and_sorted() {
        let folder = instance();
        let root = folder.path();
        write(
            root,
            "config/qilu.toml",
            "nam = 'zibo'\nname = 'zibo'\n[databases.market]\nurl = 'sqlite:m.db'\n",
        );
        write(root, "config/routes/Achievement 2.toml", "");
        write(root, "config/routes/again.toml", &route("shandong", "market", "achievement"));
        write(root, "config/routes/lost.toml", &route("shandnog", "markt", "achievement"));
        write(root, "config/routes/strange.toml", &route("shandong", "market", "unicorn"));
        write(root, "config/routes/.hidden.toml", "x");
        write(root, "config/routes/notes.toml~", "x");
        let faults = Instance::load(root).expect_err("much is wrong");
        let found: Vec<_> = faults
            .iter()
            .map(|fault| format!("{}:{} {}", fault.file.display(), fault.line, fault.complaint.id))
            .collect();
        assert_eq!(
            found,
            [
                "config/qilu.toml:1 Q1003",
                "config/routes/Achievement 2.toml:1 Q1016",
                "config/routes/again.toml:1 Q1011",
                "config/routes/lost.toml:2 Q1006",
                "config/routes/lost.toml:4 Q1006",
                "config/routes/strange.toml:1 Q1012",
            ]
        );
        assert!(faults[3].to_string().contains("shandong"), "{}", faults[3]);
    }

    #[test]
    fn a_folder_without_configuration_says_what_to_do() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let faults = Instance::load(folder.path()).expect_err("there is nothing");
        assert_eq!(faults.len(), 1);
        assert!(faults[0].to_string().contains("qilu init"), "{}", faults[0]);
    }

    #[test]
    fn a_secret_file_is_read_unless_everybody_may_read_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(folder.path(), "key", "s3cret\n");
        let path = folder.path().join("key");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let allow =
                |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
            allow(0o644);
            let refused = Secret::resolve("file:key", folder.path()).expect_err("open to all");
            assert_eq!(refused.id, "Q1015");
            allow(0o600);
        }
        let secret = Secret::resolve("file:key", folder.path()).expect("only the owner may read it");
        assert_eq!(secret.expose(), "s3cret");
        for (reference, id) in
            [("file:no", "Q1014"), ("env:QILU_NO_SUCH_VARIABLE", "Q1014"), ("s3cret", "Q1013")]
        {
            let refused = Secret::resolve(reference, folder.path()).expect_err(reference);
            assert_eq!(refused.id, id);
        }
    }
}
