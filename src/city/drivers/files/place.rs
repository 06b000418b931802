//! The private folder that a staged file lives in.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const PREFIX: &str = "qilu-files-";
const LOCK: &str = "in-use";

/// A folder that only this account may enter, removed when nobody needs it any more.
#[derive(Debug)]
pub struct Place {
    folder: PathBuf,
    /// Held while the process lives: how others know that the folder is not left over.
    _lock: File,
}

impl Place {
    /// A new folder among the machine's temporary files; what dead processes left there goes.
    pub fn new() -> io::Result<Place> {
        let home = std::env::temp_dir();
        remove_stale(&home);
        Place::inside(&home)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn inside(home: &Path) -> io::Result<Place> {
        /// Somebody else may be tidying up just now.
        const TRIES: usize = 100;
        let mut why = io::Error::other("no private folder could be made");
        for _ in 0..TRIES {
            let private = fs::Permissions::from_mode(0o700);
            let folder = tempfile::Builder::new().prefix(PREFIX).permissions(private).tempdir_in(home)?;
            match lock(folder.path()) {
                Ok(lock) => return Ok(Place { folder: folder.keep(), _lock: lock }),
                Err(error) => why = error,
            }
        }
        Err(why)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed now goes at the next start.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn lock(folder: &Path) -> io::Result<File> {
    let file = File::create(folder.join(LOCK))?;
    file.try_lock()?;
    // Whoever tidied up in between has taken the file away, and its name with it.
    if folder.join(LOCK).exists() { Ok(file) } else { Err(io::Error::other("the folder is gone")) }
}

/// Removes folders whose process has ended. Those of other accounts cannot be entered, and stay.
fn remove_stale(home: &Path) {
    let Ok(entries) = fs::read_dir(home) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        // A link of that name leads somewhere else.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_ours || !is_folder {
            continue;
        }
        let folder = entry.path();
        // A folder without a lock is being made just now.
        let Ok(file) = File::open(folder.join(LOCK)) else {
            continue;
        };
        match file.try_lock() {
            Ok(()) => _ = fs::remove_dir_all(&folder),
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => (),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_private_goes_with_its_owner_and_is_tidied_up_after_the_dead() {
        let home = tempfile::tempdir().unwrap();
        let living = Place::inside(home.path()).unwrap();
        let mode = fs::metadata(&living.folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let dead = home.path().join("qilu-files-dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        fs::write(dead.join("staged.db"), "x").unwrap();
        remove_stale(home.path());
        assert!(living.folder.exists() && !dead.exists());
        drop(living);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
