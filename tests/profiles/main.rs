//! Real interface conventions as profiles, each with exchanges that were computed apart from this program.
//!
//! A folder is one platform: `profile.toml` as an integrator would write it, `make.py` that computes the exchanges
//! by the convention's own rules (Python's standard library and `openssl`), and `cases.json` with what came out.
//! A case is told as data: what is to be done, the requests that must leave byte for byte, the answers that come
//! back, and what must be made of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

mod case;
mod deed;
mod script;

use case::Case;

const FOLDER: &str = "tests/profiles";

/// Plays every case of a folder and collects what went otherwise than recorded.
fn play(folder: &str) {
    let folder = Path::new(FOLDER).join(folder);
    let cases = Case::read_all(&folder.join("cases.json"));
    assert!(!cases.is_empty(), "{} has no case", folder.display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        let found = runtime.block_on(deed::play(&folder.join("profile.toml"), case));
        wrong.extend(found.into_iter().map(|what| format!("{}: {what}", case.name)));
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), folder.display(), wrong.join("\n"));
}

macro_rules! profiles {
    ($($test:ident = $folder:literal),* $(,)?) => {
        $(#[test]
        fn $test() {
            play($folder);
        })*

        #[test]
        fn every_folder_is_played() {
            let played: BTreeSet<PathBuf> = [$($folder),*].iter().map(PathBuf::from).collect();
            let entries = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap());
            let folders: BTreeSet<PathBuf> = entries
                .filter(|entry| entry.path().join("profile.toml").exists())
                .map(|entry| PathBuf::from(entry.file_name()))
                .collect();
            assert_eq!(played, folders);
        }
    };
}

profiles! {
    bengbu_query = "bengbu-query",
    guojia_exchange = "guojia-exchange",
    henan_renshe = "henan-renshe",
    ningbo_noncode = "ningbo-noncode",
    nstrs_report = "nstrs-report",
    paas2009 = "paas2009",
    sdjssc_market = "sdjssc-market",
    shandong = "shandong",
    shenzhen_shuiwu = "shenzhen-shuiwu",
    wanda_soap = "wanda-soap",
    xtif_sha256 = "xtif-sha256",
    xtif_sm3 = "xtif-sm3",
    yibao_sm = "yibao-sm",
    yizhi_market = "yizhi-market",
    yongxin_v2 = "yongxin-v2",
    zhejiang_irs = "zhejiang-irs",
    zhujian_async = "zhujian-async",
}
