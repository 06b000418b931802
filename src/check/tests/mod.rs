//! The sound instance of `world`, broken in one place at a time.

mod cursor;
mod unmapped;
mod world;

use crate::record::{Language, Severity};
use crate::sync::compile;

use world::{check, faults, loaded, told};

const A: &str = "routes/achievement.toml";
const C: &str = "routes/contract.toml";
const E: &str = "routes/enterprise.toml";
const I: &str = "routes/import.toml";
const P: &str = "shandong.toml";
const SQL: &str = "market.sql";

/// A file, a text in it, and what to write instead; and all that must be said then.
type Row<'a> = (&'a [(&'a str, &'a str, &'a str)], &'a [&'a str]);

async fn table(rows: &[Row<'_>]) {
    for (edits, expect) in rows {
        assert_eq!(check(edits).await, *expect, "{edits:?}");
    }
}

#[tokio::test]
async fn a_sound_instance_is_passed_in_silence() {
    assert_eq!(faults(&[]).await, []);
}

#[tokio::test]
async fn columns_and_tables_that_are_not_there_are_named_where_they_are_written() {
    table(&[
        (&[(A, "lxdh | phone", "lxdz | phone")], &["achievement.toml:23:20 Q1101"]),
        (&[(A, "and zt == 2", "and zht == 2")], &["achievement.toml:10:32 Q1101"]),
        (&[(A, "\"dw | text\"", "\"dwmc | text\"")], &["achievement.toml:31:13 Q1101"]),
        (
            &[(A, "\"mj == '公开' and zt == 2\"", "\"\"\"\n'公开' == mj\nand row['状 态'] == 2\"\"\"")],
            &["achievement.toml:12:10 Q1101"],
        ),
        (&[(A, "key = [\"id\"]", "key = [\"cg_id\"]")], &["achievement.toml:9:9 Q1102"]),
        (&[(A, "key = [\"cg_id\"]", "key = [\"id\"]")], &["achievement.toml:27:9 Q1102"]),
        (&[(A, "table = \"t_cg\"", "table = \"t_gc\"")], &["achievement.toml:8:10 Q1103"]),
        (&[(C, "FROM 合同", "FROM 合同表")], &["contract.toml:5:10 Q2002"]),
        (&[("qilu.toml", "market.db", "markt.db")], &["qilu.toml:4:8 Q2001"]),
    ])
    .await;
}

#[tokio::test]
async fn the_mapping_is_held_against_the_schema() {
    table(&[
        (
            &[(A, "title = \"cgmc | text\"\n", "")],
            &["achievement.toml:14:1 Q1111", "achievement.toml:39:20 Q1132"],
        ),
        (&[(A, "secretLevel = \"mj | text\"\n", "")], &["achievement.toml:14:1 Q1119"]),
        (
            &[(A, "\"contact.name\" = \"lxr | text\"\n", ""), (A, "\"contact.name\" = \"本人同意\"\n", "")],
            &["achievement.toml:22:1 Q1111", "achievement.toml:42:22 Q1132"],
        ),
        (&[(A, "year = ", "yaer = ")], &["achievement.toml:17:1 Q1112", "achievement.toml:40:47 Q1132"]),
        (&[(A, "unitName = ", "unit = ")], &["achievement.toml:31:1 Q1112"]),
        (
            &[
                (A, "children.applicants", "children.people"),
                (A, "children.applicants", "children.people"),
                (A, "applicants = \"登", "people = \"登"),
            ],
            &["achievement.toml:25:11 Q1112", "achievement.toml:43:50 Q1131", "achievement.toml:44:52 Q1132"],
        ),
        (
            &[(A, "keywords = \"gjc | split\"", "\"keywords.one\" = \"gjc | split\"")],
            &["achievement.toml:20:1 Q1113", "achievement.toml:40:85 Q1132"],
        ),
        (
            &[
                (A, "children.applicants", "children.title"),
                (A, "children.applicants", "children.title"),
                (A, "applicants = \"登", "title = \"登"),
                (A, "title = \"cgmc | text\"\n", ""),
            ],
            &[
                "achievement.toml:24:11 Q1113",
                "achievement.toml:39:20 Q1132",
                "achievement.toml:42:50 Q1131",
                "achievement.toml:43:52 Q1132",
            ],
        ),
        (&[(A, "\"contact.phone\" = \"本人同意\"\n", "")], &["achievement.toml:23:1 Q1114"]),
        (&[(A, "applicants = \"登记事项\"\n", "")], &["achievement.toml:30:1 Q1114"]),
        (&[(C, "flag = 'ask'", "flag = 'auto'")], &["contract.toml:9:12 Q1118"]),
    ])
    .await;
}

#[tokio::test]
async fn references_lead_to_a_kind_that_is_allowed_and_pushed() {
    table(&[
        (&[(C, "parent(\"enterprise\")", "parent(\"achievement\")")], &["contract.toml:12:24 Q1115"]),
        (&[(C, "卖方 | parent(\"enterprise\")", "卖方")], &["contract.toml:12:11 Q1116"]),
        (&[(C, "'名称 | text'", "'编号 | parent(\"enterprise\")'")], &["contract.toml:11:22 Q1115"]),
        (&[(E, "", "")], &["achievement.toml:16:26 Q1117", "contract.toml:12:24 Q1117"]),
        (&[(SQL, "'技术开发合同', i,", "'技术开发合同', 1000 + i,")], &["contract.toml:12:24 Q1144"]),
    ])
    .await;
}

#[tokio::test]
async fn expressions_that_no_row_satisfies_are_found_with_and_without_rows() {
    table(&[
        (&[(A, "nf | int", "nf | uscc")], &["achievement.toml:17:9 Q1145", "achievement.toml:40:47 Q1132"]),
        (&[(A, "zt == 2\"", "zt == '2'\"")], &["achievement.toml:10:17 Q1122"]),
        (
            &[(A, "\"xm | text\"", "\"xm - 1\"")],
            &["achievement.toml:30:9 Q1122", "achievement.toml:44:52 Q1132"],
        ),
        (&[(A, "code('tech-field')", "date")], &["achievement.toml:19:14 Q1123"]),
        (
            &[(A, "nf | int", "nf | default('无') | int == 2023")],
            &["achievement.toml:17:9 Q1145", "achievement.toml:40:47 Q1132"],
        ),
        (
            &[
                (SQL, "FROM n;\nINSERT INTO t_wcr", "FROM n WHERE 0;\nINSERT INTO t_wcr"),
                (A, "zt == 2\"", "zt == '2'\""),
            ],
            &["achievement.toml:10:17 Q1126"],
        ),
        (
            &[
                (SQL, "FROM n;\nINSERT INTO t_wcr", "FROM n WHERE 0;\nINSERT INTO t_wcr"),
                (A, "cgmc | text", "cgmc * 2"),
            ],
            &["achievement.toml:15:10 Q1121", "achievement.toml:40:20 Q1132"],
        ),
        (
            &[
                (SQL, "FROM n;\nINSERT INTO t_wcr", "FROM n WHERE 0;\nINSERT INTO t_wcr"),
                (A, "nf | int", "nf | default('x') + 1"),
            ],
            &["achievement.toml:17:9 Q1124", "achievement.toml:40:47 Q1132"],
        ),
        (
            &[(SQL, "2020 + i % 5", "NULL"), (A, "nf | int", "nf < 'x'")],
            &["achievement.toml:17:9 Q1121", "achievement.toml:40:47 Q1132"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn conditions_that_make_no_difference_are_doubted() {
    table(&[
        (&[(A, "mj == '公开'", "mj == '公 开'")], &["achievement.toml:10:17 Q1141"]),
        (&[(E, "zt == 1", "true")], &["enterprise.toml:8:17 Q1142"]),
        (&[(A, "zt == 4", "zt < 4")], &["achievement.toml:11:18 Q1143"]),
        (&[(SQL, "1 + i % 2", "2")], &["achievement.toml:10:17 Q1142"]),
    ])
    .await;
}

#[tokio::test]
async fn rows_that_the_schema_refuses_one_and_all_are_doubted() {
    table(&[
        (&[(A, "nf | int", "nf | text")], &["achievement.toml:17:9 Q1145", "achievement.toml:40:47 Q1132"]),
        (&[(SQL, "'91370303MA00000AAU'", "'91370303MA00000AAA'")], &["enterprise.toml:11:9 Q1145"]),
    ])
    .await;
}

#[tokio::test]
async fn examples_are_executed() {
    table(&[
        (&[(A, "title = \"机器人\"", "title = \"机器\"")], &["achievement.toml:40:20 Q1132"]),
        (&[(A, "nf = \"2023\"", "nf = \"二〇二三\"")], &["achievement.toml:40:47 Q1132"]),
        (
            &[(A, "{ id = 7, cgmc", "{ id = 7, cgmcc")],
            &["achievement.toml:39:27 Q1131", "achievement.toml:40:20 Q1132"],
        ),
        (&[(A, "{ id = 7,", "{ id = 7, zt = 1, mj = \"公开\",")], &["achievement.toml:38:1 Q1133"]),
        (
            &[(A, "[{ name = \"李明\" }]", "[{ name = \"李明\", unitName = \"x\" }]")],
            &["achievement.toml:44:52 Q1132"],
        ),
        (
            &[("qilu.toml", "market.db", "markt.db"), (A, "title = \"机器人\"", "title = \"机器\"")],
            &["qilu.toml:4:8 Q2001", "achievement.toml:40:20 Q1132"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn child_rows_that_can_never_meet_their_listing_are_found() {
    table(&[
        (&[(SQL, "t_wcr (cg_id INTEGER", "t_wcr (cg_id TEXT")], &["achievement.toml:27:9 Q1107"]),
        (
            &[
                (
                    SQL,
                    "INSERT INTO t_wcr SELECT",
                    "INSERT INTO sdcg SELECT '', '', '', '', '' WHERE 0; CREATE TABLE w AS SELECT",
                ),
                (SQL, "t_wcr (cg_id INTEGER", "t_wcr (cg_id TEXT"),
            ],
            &["achievement.toml:27:9 Q1107"],
        ),
        (
            &[(A, "SELECT * FROM t_wcr", "SELECT '' || cg_id AS cg_id, xm, dw FROM t_wcr")],
            &["achievement.toml:27:9 Q1107"],
        ),
        (&[(SQL, "t_cg (id INTEGER PRIMARY KEY", "t_cg (id REAL")], &["achievement.toml:9:9 Q2011"]),
    ])
    .await;
}

#[tokio::test]
async fn an_import_is_held_against_its_table() {
    table(&[
        (&[(I, "table = 'sdcg'", "table = 'sdgc'")], &["import.toml:6:10 Q1103"]),
        (&[(I, "'ly_id'", "'lyid'")], &["import.toml:7:8 Q1104"]),
        (&[(I, "= 'ly'", "= 'laiyuan'")], &["import.toml:8:18 Q1104"]),
        (&[(I, "ly_gxsj", "gxsj")], &["import.toml:12:1 Q1104"]),
        (&[(I, " | join(\",\")", "")], &["import.toml:11:8 Q1125"]),
        (&[(I, "title | text", "title + 1")], &["import.toml:10:9 Q1125"]),
        (
            &[
                (I, "table = 'sdcg'", "table = 't_cg'"),
                (SQL, "gjc TEXT);", "gjc TEXT, ly TEXT, ly_id TEXT, ly_gxsj TEXT);"),
                (SQL, "'甲,乙' FROM", "'甲,乙', '', '', '' FROM"),
            ],
            &["achievement.toml:10:17 Q1152"],
        ),
        (
            &[
                (I, "table = 'sdcg'", "table = 't_cg'"),
                (SQL, "gjc TEXT);", "gjc TEXT, ly TEXT, ly_id TEXT, ly_gxsj TEXT);"),
                (SQL, "'甲,乙' FROM", "'甲,乙', '', '', '' FROM"),
                (A, "and zt == 2", "and zt == 2 and ly == ''"),
            ],
            &[],
        ),
    ])
    .await;
}

#[tokio::test]
async fn weak_choices_of_a_platform_are_said_at_every_check() {
    table(&[(&[(P, "city_code = \"370300\"", "city_code = \"370003\"")], &["shandong.toml:16:14 Q1151"])])
        .await;
}

#[tokio::test]
async fn what_a_route_needs_and_the_platform_does_not_offer_is_said_before_anything_is_queued() {
    let profile = include_str!("../../../config/platforms/shandong.toml");
    let without = |operation: &str| {
        let start = profile.find(&format!("\n[operations.{operation}]\n")).expect("it is offered");
        let end = start + 1 + profile[start + 1..].find("\n[operations.").expect("it is not the last");
        [(P, &profile[start..end], "")]
    };
    for operation in ["create", "update"] {
        let (_folder, instance) = loaded(&without(operation)).await;
        let faults = compile(&instance).err().expect("routes that cannot send");
        let routes = ["achievement.toml:1:1 Q7410", "contract.toml:1:1 Q7410", "enterprise.toml:1:1 Q7410"];
        assert_eq!(told(&faults), routes, "{operation}");
    }
    assert_eq!(check(&without("withdraw")).await, ["shandong.toml:12:13 Q7415"]);
}

#[tokio::test]
async fn a_schedule_that_cannot_be_read_or_never_comes_is_a_fault_of_its_route() {
    table(&[
        (&[(A, "0 2 * * *", "0 25 * * *")], &["achievement.toml:3:15 Q9202"]),
        (&[(A, "0 2 * * *", "0 2 30 2 *")], &["achievement.toml:3:13 Q9204"]),
        (&[(A, "0 2 * * *", "every night")], &["achievement.toml:3:13 Q9201"]),
    ])
    .await;
}

#[tokio::test]
async fn everything_is_said_at_once_in_the_order_of_files_and_lines() {
    let edits = [
        (
            "qilu.toml",
            "[databases.market]",
            "[databases.archive]\nurl = 'sqlite:archive.db'\n[databases.market]",
        ),
        (A, "lxdh | phone", "lxdz | phone"),
        (A, "0 2 * * *", "0 25 * * *"),
        (C, "flag = 'ask'", "flag = 'auto'"),
        (E, "zt == 1", "true"),
        (P, "https://123.232.30.9:27180", "http://10.1.2.3"),
    ];
    let expect = [
        "shandong.toml:12:13 Q7401",
        "qilu.toml:4:8 Q2001",
        "achievement.toml:3:15 Q9202",
        "achievement.toml:23:20 Q1101",
        "contract.toml:9:12 Q1118",
        "enterprise.toml:8:17 Q1142",
    ];
    assert_eq!(check(&edits).await, expect);
}

#[tokio::test]
async fn a_doubt_is_a_warning_and_a_mistake_is_an_error() {
    let found = faults(&[(E, "zt == 1", "true"), (A, "lxdh | phone", "lxdz | phone")]).await;
    let severities: Vec<_> =
        found.iter().map(|fault| (fault.complaint.id.as_str(), fault.complaint.severity)).collect();
    assert_eq!(severities, [("Q1101", Severity::Error), ("Q1142", Severity::Warning)]);
}

#[tokio::test]
async fn an_integrator_reads_what_is_wrong_and_what_to_do() {
    let found = faults(&[(A, "nf | int", "nf < '2023'")]).await;
    assert_eq!(
        found[0].show(Language::Chinese),
        "config/routes/achievement.toml:17:9: Q1122 year 的表达式在抽查的 15 行上全部出错：Q3103 \
         int“2021”不能和 text“2023”比较\n    按实际数据的类型改表达式，用 qilu explain 试一条记录。"
    );
    assert_eq!(
        found[0].show(Language::English),
        "config/routes/achievement.toml:17:9: Q1122 the expression of year fails on all 15 rows looked at: Q3103 \
         int \"2021\" cannot be compared with text \"2023\"\n    change the expression to suit the data, and try a \
         row with `qilu explain`"
    );
}
