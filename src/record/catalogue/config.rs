//! Q1: what is wrong in the operator's files.

use super::{Entry, Owner, Severity};

pub const ENTRIES: &[Entry] = &[
    Entry {
        id: "Q1001",
        owner: Owner::Integrator,
        severity: Severity::Error,
        zh: "文件写法有误：{reason}",
        en: "the file is not valid TOML: {reason}",
        advice_zh: "按行号检查引号、等号和方括号；文字要写在引号里。",
        advice_en: "look at the line for quotes, equal signs and brackets; texts stand in quotes",
    },
    Entry {
        id: "Q1002",
        owner: Owner::Integrator,
        severity: Severity::Error,
        zh: "缺少必填项 {key}",
        en: "`{key}` is missing",
        advice_zh: "补上这一项；写法见 config/ 下带注释的样例。",
        advice_en: "add it; the commented files under config/ show how",
    },
    Entry {
        id: "Q1003",
        owner: Owner::Integrator,
        severity: Severity::Error,
        zh: "不认识的配置项 {key}",
        en: "`{key}` is not a known key",
        advice_zh: "检查拼写，相近的有：{near}；多余的请删除。",
        advice_en: "check the spelling (nearest: {near}) or remove it",
    },
    Entry {
        id: "Q1004",
        owner: Owner::Integrator,
        severity: Severity::Error,
        zh: "{key} 的值不对：写的是 {found}，应为 {expected}",
        en: "`{key}` is {found}; expected {expected}",
        advice_zh: "改成所要求的写法。",
        advice_en: "write it as expected",
    },
];
