//! What the next schemas would say, as `qilu plan` shows it.

use super::screen::Screen;
use super::table::{Table, count, cut};
use crate::record::Language;
use crate::sync::{NextPreview, Preview};

/// Nothing, where no platform names its next schemas.
pub(super) fn show(screen: &Screen, previews: &[Preview]) {
    let named = previews.iter().filter_map(|one| Some((one, one.next_schemas.as_ref()?)));
    let next: Vec<(&Preview, &NextPreview)> = named.collect();
    let Some((_, first)) = next.first() else { return };
    screen.heading(match screen.language {
        Language::Chinese => format!("按新版规范 {}（尚未启用，报送仍按现行规范）", first.schemas),
        Language::English => {
            format!("Under the next schemas {} (not in force: sending goes on as before)", first.schemas)
        }
    });
    // The faults of one set are the same for all its routes.
    for fault in &first.faults {
        screen.line(format_args!("  {}", fault.place));
        screen.complaint(&fault.complaint, "    ");
    }
    let mut table = Table::new()
        .words(screen.pick("路线", "route"))
        .words(screen.pick("版本", "version"))
        .numbers(screen.pick("现可报", "publishable now"))
        .numbers(screen.pick("新版报不出", "would fail"));
    for (preview, next) in &next {
        let version = if next.version.is_empty() { "–" } else { &next.version };
        table.row([preview.route.clone(), version.to_owned(), count(next.checked), count(next.fails)]);
    }
    screen.table(&table);
    for (preview, next) in next.iter().filter(|(_, next)| next.fails > 0) {
        screen.heading(&preview.route);
        for one in &next.complaints {
            let lines = screen.complaint_lines(&one.complaint);
            for (index, line) in lines.iter().enumerate() {
                match index {
                    0 => screen.line(format_args!("  {:>5} × {line}", one.count)),
                    _ => screen.line(format_args!("      {line}")),
                }
            }
            let examples: Vec<String> =
                one.examples.iter().map(|(key, title)| format!("{key} {}", cut(title, 30))).collect();
            if !examples.is_empty() {
                let eg = screen.pick("例：", "e.g. ");
                screen.line(format_args!("          {eg}{}", examples.join(screen.pick("；", "; "))));
            }
        }
    }
    if next.iter().all(|(_, next)| next.fails == 0 && next.faults.is_empty()) {
        screen.line(screen.pick(
            "  没有一条会因新版规范报不出去：可以把 schemas 改为新版了。",
            "  nothing would fail: `schemas` can be set to the new ones.",
        ));
    }
}
