//! The door to key files and to notes that came back from elsewhere.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::error::Error;
use super::key::{PublicKey, Signer};
use crate::clock::Clock;

/// No key or note is longer.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Makes the key that signs an instance's checkpoints: `path` with mode 0600, and beside it the public key with
/// `.pub` added, to be given to whoever verifies.
///
/// Errors: a key that is there already is never replaced.
pub fn create_signer(path: &Path, clock: &Clock, instance: &str) -> Result<Signer, Error> {
    let signer = Signer::create(clock, instance);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::file(folder))?;
    }
    write_new(path, 0o600, &signer.to_secret_text())?;
    write_new(&public_path(path), 0o644, &format!("{}\n", signer.public()))?;
    Ok(signer)
}

/// The signing key from its file.
///
/// Errors: a file that anybody but its owner may read is refused, whatever it holds.
pub fn load_signer(path: &Path) -> Result<Signer, Error> {
    let mode = fs::metadata(path).map_err(Error::file(path))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Error::KeyOpen { path: path.to_owned(), mode });
    }
    Signer::parse(&read(path)?, &path.display().to_string())
}

/// The public key beside a signing key, or the file of a public key itself.
pub fn load_public_key(path: &Path) -> Result<PublicKey, Error> {
    let beside = public_path(path);
    let path = if beside.exists() { &beside } else { path };
    PublicKey::parse(&read(path)?).map_err(|cause| match cause {
        Error::Key { what, .. } => Error::Key { place: path.display().to_string(), what },
        other => other,
    })
}

/// The notes in a file, or in all `*.note` files of a folder, by file name. A folder that is not there has none.
pub fn load_notes(path: &Path) -> Result<Vec<String>, Error> {
    if path.is_file() {
        return Ok(vec![read(path)?]);
    }
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(Error::file(path)(cause)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let file = entry.map_err(Error::file(path))?.path();
        if file.extension().is_some_and(|extension| extension == "note") {
            files.push(file);
        }
    }
    files.sort();
    files.iter().map(|file| read(file)).collect()
}

fn public_path(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    name.into()
}

fn write_new(path: &Path, mode: u32, text: &str) -> Result<(), Error> {
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(path).map_err(Error::file(path))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(Error::file(path))
}

fn read(path: &Path) -> Result<String, Error> {
    let length = fs::metadata(path).map_err(Error::file(path))?.len();
    if length > FILE_BYTES_MAX {
        let what = format!("{length} bytes long; neither a key nor a note is");
        return Err(Error::Key { place: path.display().to_string(), what });
    }
    fs::read_to_string(path).map_err(Error::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    #[test]
    fn a_key_is_made_once_and_read_only_by_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/audit.key");
        let clock = Clock::manual(Timestamp(0), 3);
        let signer = create_signer(&path, &clock, "zibo").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(load_signer(&path).unwrap().public(), signer.public());
        assert_eq!(load_public_key(&path).unwrap(), signer.public());
        assert!(matches!(create_signer(&path, &clock, "zibo"), Err(Error::File { .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = load_signer(&path).unwrap_err();
        assert!(refused.to_string().contains("mode 640"), "{refused}");
    }

    #[test]
    fn notes_come_in_order_and_a_missing_folder_has_none() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["00000002.note", "00000001.note", "readme.txt"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        assert_eq!(load_notes(folder.path()).unwrap(), ["00000001.note", "00000002.note"]);
        assert_eq!(load_notes(&folder.path().join("none")).unwrap(), [] as [String; 0]);
    }
}
