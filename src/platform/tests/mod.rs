//! Requests of unlike profiles.

use std::path::Path;
use std::sync::Arc;

use super::Profile;
use crate::config::Platform;

mod logins;
mod requests;

const SHANDONG: &str = include_str!("../../../config/platforms/shandong.toml");

fn compile(text: &str) -> Result<Profile, Vec<String>> {
    let (platform, faults) = Platform::read("p", Path::new("p.toml"), text);
    assert!(faults.is_empty(), "{faults:#?}");
    let compiled = Profile::compile(Arc::new(platform.unwrap()));
    compiled.map_err(|faults| {
        faults.iter().map(|fault| format!("{}:{} {}", fault.line, fault.column, fault.complaint)).collect()
    })
}
