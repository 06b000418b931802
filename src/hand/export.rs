//! The door where files are laid out for a person. Nothing here ever overwrites a file.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::record::{Complaint, Fingerprint};

/// How a file was found or made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Laid {
    /// Written just now.
    Written,
    /// It lies there as it should.
    There,
    /// It lies there with another content.
    Altered,
    Missing,
}

/// Where files go whose batch was dropped.
const DROPPED: &str = "dropped";

/// Puts a file into its folder, for its owner alone: whole or not at all, also where the machine stops in between.
///
/// Errors: Q7814 the operating system refuses; Q7803 another content has the name already.
pub fn lay_out(folder: &Path, name: &str, content: &[u8]) -> Result<Laid, Complaint> {
    let print = Fingerprint::of(content);
    match look(folder, name, &print)? {
        Laid::Altered => return Err(altered(folder, name)),
        Laid::There => return Ok(Laid::There),
        Laid::Written | Laid::Missing => (),
    }
    let unfinished = folder.join(format!(".{name}.unfinished"));
    let path = folder.join(name);
    let write = || -> std::io::Result<()> {
        make_private(folder)?;
        // What a killed process left of it is ours and worth nothing.
        if let Err(error) = fs::remove_file(&unfinished)
            && error.kind() != ErrorKind::NotFound
        {
            return Err(error);
        }
        let mut file = private_file(&unfinished)?;
        file.write_all(content)?;
        file.sync_all()?;
        put(&unfinished, &path)?;
        File::open(folder)?.sync_all()
    };
    match write() {
        Ok(()) => Ok(Laid::Written),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(altered(folder, name)),
        Err(error) => Err(refused(&path, &error)),
    }
}

/// Whether a file lies there as it was made. Errors: Q7814.
pub fn look(folder: &Path, name: &str, print: &Fingerprint) -> Result<Laid, Complaint> {
    let path = folder.join(name);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Laid::Missing),
        Err(error) => return Err(refused(&path, &error)),
    };
    let mut hash = Sha256::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => hash.update(&chunk[..count]),
            Err(error) => return Err(refused(&path, &error)),
        }
    }
    let found: [u8; 32] = hash.finalize().into();
    Ok(if found == *print.as_bytes() { Laid::There } else { Laid::Altered })
}

/// Takes a file away from where people look for files to hand in; says where to. A missing file is as good.
///
/// Errors: Q7814.
pub fn set_aside(folder: &Path, name: &str) -> Result<Option<PathBuf>, Complaint> {
    let from = folder.join(name);
    if !from.exists() {
        return Ok(None);
    }
    let aside = folder.join(DROPPED);
    let place =
        |number: usize| if number == 0 { aside.join(name) } else { aside.join(format!("{number}-{name}")) };
    let moved = make_private(&aside).and_then(|()| {
        for number in 0.. {
            match put(&from, &place(number)) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => (),
                other => return other.map(|()| place(number)),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    });
    moved.map(Some).map_err(|error| refused(&from, &error))
}

/// A new name for a file, which must be free.
fn put(from: &Path, to: &Path) -> std::io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // A file system without links, as on sticks: nobody but us makes files of these names.
        Err(_) if !to.exists() => fs::rename(from, to),
        Err(_) => Err(ErrorKind::AlreadyExists.into()),
    }
}

#[cfg(unix)]
fn private_file(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.recursive(true).create(folder)
}

fn altered(folder: &Path, name: &str) -> Complaint {
    Complaint::new("Q7803").fact("file", folder.join(name).display())
}

fn refused(path: &Path, error: &std::io::Error) -> Complaint {
    Complaint::new("Q7814").fact("path", path.display()).fact("reason", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_laid_out_once_for_its_owner_and_never_over_another() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("hand/p");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(".a.xlsx.unfinished"), "half").unwrap();
        assert_eq!(lay_out(&folder, "a.xlsx", b"one"), Ok(Laid::Written));
        assert_eq!(lay_out(&folder, "a.xlsx", b"one"), Ok(Laid::There));
        assert_eq!(lay_out(&folder, "a.xlsx", b"two").unwrap_err().id, "Q7803");
        assert_eq!(fs::read(folder.join("a.xlsx")).unwrap(), b"one");
        assert_eq!(look(&folder, "a.xlsx", &Fingerprint::of(b"one")), Ok(Laid::There));
        assert_eq!(look(&folder, "b.xlsx", &Fingerprint::of(b"one")), Ok(Laid::Missing));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.join("a.xlsx")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing unfinished is left");
    }

    #[test]
    fn what_was_dropped_is_set_aside_and_keeps_its_content() {
        let root = tempfile::tempdir().unwrap();
        for content in ["one", "two"] {
            lay_out(root.path(), "a.xlsx", content.as_bytes()).unwrap();
            assert!(set_aside(root.path(), "a.xlsx").unwrap().is_some());
        }
        assert_eq!(set_aside(root.path(), "a.xlsx"), Ok(None));
        assert_eq!(fs::read(root.path().join("dropped/a.xlsx")).unwrap(), b"one");
        assert_eq!(fs::read(root.path().join("dropped/1-a.xlsx")).unwrap(), b"two");
    }
}
