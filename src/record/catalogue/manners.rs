//! Q76: when the province is not to be disturbed.

use super::{Entry, Owner, Severity};

pub const ENTRIES: &[Entry] = &[
    Entry {
        id: "Q7601",
        owner: Owner::Province,
        severity: Severity::Warning,
        zh: "现在是省平台的免打扰时段，{until} 之前什么也不发送",
        en: "the province is not to be disturbed now: nothing is sent before {until}",
        advice_zh: "时段一过自动继续，不需要处理。时段写在平台配置的 [[quiet]]。",
        advice_en: "it goes on by itself afterwards. The windows stand in [[quiet]] of the profile",
    },
    Entry {
        id: "Q7602",
        owner: Owner::Operator,
        severity: Severity::Warning,
        zh: "今天的 {max} 次请求已用完，{until} 之前什么也不发送",
        en: "today's {max} requests are used up: nothing is sent before {until}",
        advice_zh: "零点过后自动继续。经常用完时，请省平台提高额度并改 [limits] 的 requests_per_day，或调大 records_max、放宽读取审核意见的间隔。",
        advice_en: "it goes on by itself after midnight. If it happens often, ask the province for more and raise requests_per_day in [limits], or send larger batches",
    },
    Entry {
        id: "Q7603",
        owner: Owner::Province,
        severity: Severity::Warning,
        zh: "省平台要求 {asked} 秒内不要再来，{until} 之前什么也不发送",
        en: "the province asked to be left alone for {asked} s: nothing is sent before {until}",
        advice_zh: "到时自动继续，不需要处理。经常出现时调低 [limits] 的 requests_per_second 或 concurrency。",
        advice_en: "it goes on by itself then. If it happens often, lower requests_per_second or concurrency in [limits]",
    },
    Entry {
        id: "Q7604",
        owner: Owner::Integrator,
        severity: Severity::Error,
        zh: "今天的请求次数记不下来，因此什么也不发送：{reason}",
        en: "today's requests cannot be counted, so nothing is sent: {reason}",
        advice_zh: "台账写不进去：检查磁盘空间和台账文件的权限。",
        advice_en: "the ledger cannot be written: check the disk's space and the file's permissions",
    },
];
