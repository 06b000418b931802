//! What the sound instance's values come to when some of them have no code.

use super::world::instance;
use crate::check::{Unmapped, unmapped};
use crate::sync::PushRoute;

const SQL: &str = "market.sql";
const VALUES: &str = "CASE WHEN i <= 4 THEN '新材料技术' WHEN i <= 6 THEN '硬,软' WHEN i = 7 THEN '社会公共' \
                      WHEN i = 8 THEN '杂项' WHEN i = 9 THEN '13812345678' ELSE '新材料' END, '公开', 1 + i % 2";

async fn report(routes: &[&str], table: Option<&str>, edits: &[(&str, &str, &str)]) -> Unmapped {
    let mut all = vec![
        (SQL, "'新材料', '公开', 1 + i % 2", VALUES),
        ("codes/tech-field.csv", "04,新材料,,,\n", "04,新材料,,,\n99,其他,,,\n"),
    ];
    all.extend(edits);
    let (folder, instance, parts) = instance(&all).await;
    let routes: Vec<&PushRoute> = match routes {
        [] => parts.push_routes.values().collect(),
        names => names.iter().map(|name| &parts.push_routes[*name]).collect(),
    };
    let report = unmapped(&instance, &parts, &routes, table, &()).await;
    drop(folder);
    report
}

fn told(report: &Unmapped) -> Vec<String> {
    let tell = |one: &crate::check::UnmappedValue| {
        let near: Vec<&str> = one.near.iter().map(|near| near.code.as_str()).collect();
        let line = one.line.as_deref().unwrap_or("–");
        format!("{} {} {}/{} [{}] {line}", one.column, one.value, one.publishable, one.rows, near.join(" "))
    };
    report.values.iter().map(tell).collect()
}

#[tokio::test]
async fn values_without_a_code_are_counted_with_near_ones_and_a_line_to_paste() {
    let crosswalk = ("crosswalks/tech-field.csv", "value,code\n", "value,code\n杂项,99\n旧词,01\n");
    let report = report(&[], None, &[crosswalk]).await;
    assert_eq!(
        told(&report),
        [
            "jsly 新材料技术 2/4 [04] 新材料技术,04",
            "jsly 硬,软 1/2 [] \"硬,软\",",
            "jsly 138****5678 1/1 [] –",
            "jsly 社会公共 1/1 [] 社会公共,",
        ]
    );
    assert_eq!(report.lines("tech-field"), ["新材料技术,04", "\"硬,软\",", "社会公共,"]);
    let other = &report.others[0];
    assert_eq!(
        (other.value.as_str(), other.code.as_str(), other.publishable, other.rows),
        ("杂项", "99", 0, 1)
    );
    let stale: Vec<_> = report.stale.iter().map(|line| (line.value.as_str(), line.code.as_str())).collect();
    assert_eq!(stale, [("旧词", "01")]);
    let read: Vec<_> = report.routes.iter().map(|one| (one.route.as_str(), one.rows)).collect();
    assert_eq!(read, [("achievement", 30)]);
    assert!(!report.is_clean());
}

#[tokio::test]
async fn a_pasted_crosswalk_leaves_nothing_to_tell() {
    let text = "value,code\n新材料技术,04\n\"硬,软\",01\n社会公共,99\n杂项,99\n13812345678,01\n";
    let report = report(&[], None, &[("crosswalks/tech-field.csv", "value,code\n", text)]).await;
    assert!(report.is_clean() && report.stale.is_empty(), "{report:#?}");
    assert_eq!(report.others.len(), 2);
}

#[tokio::test]
async fn of_routes_that_were_not_read_nothing_is_concluded() {
    let crosswalk = ("crosswalks/tech-field.csv", "value,code\n", "value,code\n旧词,01\n");
    let of_others = report(&["enterprise"], None, &[crosswalk]).await;
    assert!(of_others.is_clean() && of_others.stale.is_empty() && of_others.routes.is_empty());
    let of_another_table = report(&[], Some("region"), &[crosswalk]).await;
    assert!(of_another_table.is_clean() && of_another_table.stale.is_empty());
    let unread = report(&[], None, &[crosswalk, ("achievement.toml", "\"t_cg\"", "\"t_nowhere\"")]).await;
    assert_eq!(unread.routes[0].incomplete.as_ref().map(|one| one.id.as_str()), Some("Q2002"));
    assert!(unread.stale.is_empty());
}
