//! Makes an instance: the shipped configuration and schemas, the audit key, the places it writes to.
//!
//! Everything comes out of the program itself, so that one file is all that has to be carried to a machine without
//! a network. Never overwrites.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use include_dir::{Dir, include_dir};

use crate::audit;
use crate::clock::Clock;
use crate::config::Instance;

static CONFIG: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/config");
static SCHEMAS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/schemas");

/// Which routes a new instance begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routes {
    /// Those of the sample city, to be changed.
    Sample,
    None,
}

/// Lays out a new instance under `root`; tells which files were written.
///
/// Errors: there is a configuration already, or something cannot be written.
pub fn lay_out(root: &Path, routes: Routes) -> anyhow::Result<Vec<PathBuf>> {
    for taken in ["config", "schemas", "data"] {
        let folder = root.join(taken);
        if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
            bail!("{} is not empty; nothing was changed", folder.display());
        }
    }
    let mut written = Vec::new();
    for (name, folder) in [("config", &CONFIG), ("schemas", &SCHEMAS)] {
        unpack(folder, &root.join(name), &mut written)?;
    }
    if routes == Routes::None {
        let folder = root.join("config/routes");
        let (samples, others) = written.into_iter().partition(|path: &PathBuf| path.starts_with(&folder));
        written = others;
        for sample in samples as Vec<PathBuf> {
            fs::remove_file(&sample).with_context(|| format!("cannot remove {}", sample.display()))?;
        }
    }
    Ok(written)
}

/// The audit key and the folder of the ledger, once the configuration says where they are.
///
/// Errors: a key is there already: two histories must not share one key.
pub fn create_key(instance: &Instance, clock: &Clock) -> anyhow::Result<()> {
    let key = &instance.audit.key_file;
    for place in [key, &instance.ledger_file().to_owned()] {
        if let Some(folder) = place.parent() {
            make_private(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
    }
    audit::create_signer(key, clock, &instance.name)?;
    Ok(())
}

/// A folder for the program's account alone: what lies in it names people.
pub(crate) fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

fn unpack(folder: &Dir<'_>, to: &Path, written: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for file in folder.files() {
        // A file of `include_dir` always has a name.
        let Some(name) = file.path().file_name() else { continue };
        let path = to.join(name);
        fs::write(&path, file.contents()).with_context(|| format!("cannot write {}", path.display()))?;
        written.push(path);
    }
    for inner in folder.dirs() {
        let Some(name) = inner.path().file_name() else { continue };
        unpack(inner, &to.join(name), written)?;
    }
    Ok(())
}
