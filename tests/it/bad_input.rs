//! What cities and provinces really send: each fault has a message with its place and its remedy, the other records go
//! on, and once it is mended nothing is lost and nothing stands there twice.

use qilu::sandbox::Fault;

use crate::books::{agree, entries, own};
use crate::program::{Ran, qilu};
use crate::world::World;

/// Something done to the city or its configuration.
enum Deed {
    Sql(&'static str),
    /// File, old text, new text.
    Edit(&'static str, &'static str, &'static str),
    File(&'static str, &'static str),
}

use Deed::{Edit, File, Sql};

/// One fault of the city.
struct Case {
    what: &'static str,
    spoil: &'static [Deed],
    /// Edits are taken back by themselves.
    mend: &'static str,
    code: i32,
    says: &'static [&'static str],
    /// How many of the fifteen records are at the province all the same.
    there: usize,
}

const QILU: &str = "config/qilu.toml";
const ENTERPRISE: &str = "config/routes/enterprise.toml";
const ACHIEVEMENT: &str = "config/routes/achievement.toml";
const CONTRACT: &str = "config/routes/tech_contract.toml";

const CASES: &[Case] = &[
    Case {
        what: "a column that a field is mapped from is not there",
        spoil: &[Edit(ACHIEVEMENT, "nf | int", "nfx | int")],
        mend: "",
        code: 1,
        says: &["Q3101 没有名为 nfx 的列或字段；相近的有：nf（列 nfx）", "技术人员：改正表达式中的列名"],
        there: 5,
    },
    Case {
        what: "a column that decides what is published is gone",
        spoil: &[Sql("alter table t_cg rename column mj to miji")],
        mend: "alter table t_cg rename column miji to mj",
        code: 1,
        says: &["没有名为 mj 的列", "技术人员："],
        there: 5,
    },
    Case {
        what: "a table is gone",
        spoil: &[Sql("alter table t_ht rename to t_hetong")],
        mend: "alter table t_hetong rename to t_ht",
        code: 3,
        says: &[
            "Q2002 数据库 market 不接受第 5 行的查询：no such table: t_ht",
            "技术人员：按数据库的提示核对表名",
        ],
        there: 10,
    },
    Case {
        what: "the key is not in the query",
        spoil: &[Edit(CONTRACT, "key = [\"htbh\"]", "key = [\"bh\"]")],
        mend: "",
        code: 3,
        says: &["Q2003 第 5 行的查询结果里没有主键列 bh", "现有的列：htbh, mc, qydm"],
        there: 10,
    },
    Case {
        what: "a value of another type",
        spoil: &[Sql("update t_cg set nf = '二〇二三' where id = 3")],
        mend: "update t_cg set nf = 2023 where id = 3",
        code: 1,
        says: &["Q3201 “二〇二三”不是整数（列 nf）", "填报单位：只填数字", "例 3 面向陶瓷窑炉"],
        there: 13,
    },
    Case {
        what: "a key that is NULL",
        spoil: &[Sql("update t_ht set htbh = null where cg_id = 3")],
        mend: "update t_ht set htbh = 'HT-3' where cg_id = 3",
        code: 1,
        says: &[
            "tech_contract: 1 行读不出",
            "Q2010 有一行没有主键（htbh 为空）：mc=节能控制技术开发合同3",
            "补上编号",
        ],
        there: 14,
    },
    Case {
        what: "a key that occurs twice",
        spoil: &[Edit(
            CONTRACT,
            "table = \"t_ht\"",
            "query = \"SELECT * FROM t_ht UNION ALL SELECT * FROM t_ht WHERE cg_id = 3\"",
        )],
        mend: "",
        code: 1,
        says: &[
            "Q2012 主键 HT-3 重复：前一行是 mc=节能控制技术开发合同3",
            "只采用前一行",
        ],
        there: 15,
    },
    Case {
        what: "text in another encoding",
        spoil: &[Sql("update t_cg set cgmc = cast(x'b3c9b9fb' as text) where id = 3")],
        mend: "update t_cg set cgmc = '面向陶瓷窑炉的节能控制技术3' where id = 3",
        code: 1,
        says: &["Q2013 cgmc 列的内容不是有效的 UTF-8 文字", "请转成 UTF-8"],
        there: 13,
    },
    Case {
        what: "a code that is in no table",
        spoil: &[
            Edit(ACHIEVEMENT, "techField = \"'08'\"", "techField = \"jsly | code('tech-field')\""),
            Sql("alter table t_cg add column jsly text default '新材料';
                 update t_cg set jsly = '社会公共事业' where id = 3"),
        ],
        mend: "",
        code: 1,
        says: &[
            "Q5101 “社会公共事业”在省代码表 tech-field 中没有对应的代码",
            "（列 jsly）",
            "在对照文件 tech-field.csv 中加一行",
        ],
        there: 13,
    },
    Case {
        what: "a text of too many characters",
        spoil: &[Sql("update t_cg set cgmc = replace(hex(zeroblob(60)), '0', '成') where id = 3")],
        mend: "update t_cg set cgmc = '面向陶瓷窑炉的节能控制技术3' where id = 3",
        code: 1,
        says: &["Q4201 “成果名称”最多 100 个字，实有 120 个", "（列 cgmc）", "系统不会自动截断"],
        there: 13,
    },
    Case {
        what: "a text of too many bytes",
        spoil: &[
            Edit(ENTERPRISE, "name = \"mc | text\"", "name = \"mc | text\"\nscope = \"jyfw | text\""),
            Sql(
                "alter table t_qy add column jyfw text default '陶瓷窑炉的研发、制造';
                 update t_qy set jyfw = replace(hex(zeroblob(1001)), '0', '窑') where mc like '%企业3有限公司'",
            ),
        ],
        mend: "",
        code: 1,
        says: &["Q4203 “经营范围”按 UTF-8 编码最多 6000 字节，实有 6006 字节", "（列 jyfw）", "请填报单位精简"],
        there: 12,
    },
    Case {
        what: "a database that is not there",
        spoil: &[Edit(QILU, "sqlite:market.db", "sqlite:nowhere.db")],
        mend: "",
        code: 3,
        says: &["Q2001 打不开数据库 market：", "nowhere.db", "检查 qilu.toml 里的路径"],
        there: 0,
    },
    Case {
        what: "a database that is a text",
        spoil: &[
            File("market.txt", "这不是数据库，这是一张从网页上复制下来的表格，下面还有很多行。"),
            Edit(QILU, "sqlite:market.db", "sqlite:market.txt"),
        ],
        mend: "",
        code: 3,
        says: &["Q2001 打不开数据库 market：", "market.txt: file is not a database", "文件是否完整"],
        there: 0,
    },
    Case {
        what: "one database of two",
        spoil: &[
            Edit(
                QILU,
                "[databases.market]",
                "[databases.hetong]\nurl = 'sqlite:nowhere.db'\n[databases.market]",
            ),
            Edit(CONTRACT, "database = \"market\"", "database = \"hetong\""),
        ],
        mend: "",
        code: 3,
        says: &["Q2001 打不开数据库 hetong："],
        there: 10,
    },
    Case {
        what: "a route that cannot be read",
        spoil: &[Edit(ACHIEVEMENT, "publish_when", "publish_wen")],
        mend: "",
        code: 2,
        says: &[
            "config/routes/achievement.toml:7:1: Q1003 不认识的配置项 source.publish_wen",
            "相近的有：publish_when",
        ],
        there: 0,
    },
];

#[tokio::test]
async fn faults_of_the_city_are_told_with_place_and_remedy_and_the_others_go_on() {
    for case in CASES {
        check(case).await;
    }
}

async fn check(case: &Case) {
    let world = World::for_program().await;
    world.fill(1..6).await;
    for deed in case.spoil {
        match deed {
            Sql(sql) => world.sql(sql).await,
            Edit(file, old, new) => world.edit(file, &[(old, new)]),
            File(name, text) => world.write(name, text),
        }
    }
    let first = qilu(world.root(), &["sync"]).await;
    assert_eq!(first.code, Some(case.code), "{}: {first}", case.what);
    first.says(case.says);
    let there = own(&world.path("sandbox.db")).await.len();
    assert_eq!(there, case.there, "{}: {first}", case.what);
    if case.code == 1 {
        // What is known already is no news, unless somebody asks for it.
        let told =
            |ran: &Ran, code| assert_eq!(ran.code, Some(code), "{}, the second time: {ran}", case.what);
        told(&qilu(world.root(), &["sync"]).await, 0);
        told(&qilu(world.root(), &["sync", "--strict"]).await, 1);
    }
    for deed in case.spoil {
        if let Edit(file, old, new) = deed {
            world.edit(file, &[(new, old)]);
        }
    }
    world.sql(case.mend).await;
    let last = qilu(world.root(), &["sync"]).await;
    assert_eq!(last.code, Some(0), "{}, mended: {last}", case.what);
    all_there_once(&world, 15, case.what).await;
}

/// Every record is at the province, once, and was asked for once.
async fn all_there_once(world: &World, records: usize, what: &str) {
    let (entries, held) = (entries(&world.ledger()).await, own(&world.path("sandbox.db")).await);
    assert_eq!((entries.len(), held.len()), (records, records), "{what}");
    assert!(entries.values().all(|entry| entry.is_settled()), "{what}: {entries:#?}");
    agree(&world.ledger(), &entries, &held, 0).await;
    qilu(world.root(), &["audit", "verify"]).await.ended(0);
}

#[tokio::test]
async fn faults_of_the_province_are_told_and_once_they_are_over_each_record_is_there_once() {
    let rows: &[(&[Fault], i32, &[&str])] = &[
        (&[Fault::Html], 1, &["Q7101 省平台答复的不是数据，像是网页", "会话已过期", "→"]),
        (&[Fault::Empty], 1, &["Q7102 省平台的答复是空的（HTTP 200）", "→"]),
        (&[Fault::Truncated], 1, &["Q7101 ", "→"]),
        (&[Fault::ShortList], 0, &[]),
        (&[Fault::AlienIds], 0, &[]),
        (&[Fault::TooMany { retry_after_s: 1 }], 3, &["新增暂停至", "Q7108 省平台要求放慢（HTTP 429", "→"]),
        (&[Fault::Unavailable { retry_after_s: 1 }], 3, &["新增暂停至", "Q7109 省平台正在维护或过载", "→"]),
        (&[Fault::DropBefore], 1, &["Q7007 报文发出后连接中断，没有收到答复", "不会重复", "→"]),
        (&[Fault::DropAfter], 1, &["Q7007 报文发出后连接中断，没有收到答复", "不会重复", "→"]),
        // What was turned away the second time may have been taken the first time.
        (&[Fault::DropAfter, Fault::TooMany { retry_after_s: 1 }], 1, &["Q7007"]),
        (&[Fault::Empty, Fault::Unavailable { retry_after_s: 1 }, Fault::DropBefore], 1, &["Q7102"]),
    ];
    for (faults, code, says) in rows {
        let what = format!("{faults:?}");
        let world = World::for_program().await;
        world.fill(1..6).await;
        world.faults().every_post(1, faults[0]);
        let first = qilu(world.root(), &["sync", "enterprise", "--wait", "0s"]).await;
        world.faults().clear();
        assert_eq!(first.code, Some(*code), "{what}: {first}");
        first.says(says);
        for fault in &faults[1..] {
            world.faults().next_posts(1, *fault);
        }
        let last = qilu(world.root(), &["sync"]).await;
        assert_eq!(last.code, Some(0), "{what}: {last}");
        all_there_once(&world, 15, &what).await;

        // The same with changes: each takes effect once.
        world.sql("update t_cg set cgmc = cgmc || '（改进型）' where id < 4; update t_cg set del = 1 where id = 5").await;
        for fault in faults.iter().chain(*faults) {
            world.faults().next_posts(1, *fault);
        }
        qilu(world.root(), &["sync"]).await;
        let last = qilu(world.root(), &["sync"]).await;
        assert_eq!(last.code, Some(0), "{what}, changes: {last}");
        let (entries, held) = (entries(&world.ledger()).await, own(&world.path("sandbox.db")).await);
        agree(&world.ledger(), &entries, &held, 0).await;
        let changed = held.values().filter(|one| one.kind == "achievement" && one.version == 2).count();
        let unchanged = held.values().filter(|one| one.version == 1).count();
        assert_eq!((changed, unchanged), (4, 11), "{what}: {held:#?}");
        assert_eq!(held.values().filter(|one| one.withdrawn).count(), 1, "{what}");
    }
}

/// The answer names neither these records nor why, and nobody answers the look-up: the doubt stays, in words.
#[tokio::test]
async fn a_record_that_the_answer_does_not_mention_is_in_doubt_until_it_is_found() {
    let world = World::for_program().await;
    world.fill(1..6).await;
    for (fault, says) in [
        (Fault::ShortList, "Q7203 省平台的答复没有提到这条记录（答复中的陌生编号：–）"),
        (Fault::AlienIds, "Q7203 省平台的答复没有提到这条记录（答复中的陌生编号：nobody-sent-this-0"),
    ] {
        world.faults().next_posts(1, fault);
        world.faults().every(1, Fault::DropBefore);
        let route = if fault == Fault::ShortList { "enterprise" } else { "achievement" };
        let ran = qilu(world.root(), &["sync", route, "--wait", "0s"]).await;
        world.faults().clear();
        ran.says(&[says, "→"]);
        let found = qilu(world.root(), &["sync", route]).await;
        assert_eq!(found.code, Some(0), "{found}");
    }
    qilu(world.root(), &["sync"]).await.ended(0);
    all_there_once(&world, 15, "unmentioned").await;
}

#[tokio::test]
async fn a_province_that_is_not_there_is_named_with_its_address() {
    let mut world = World::for_program().await;
    world.fill(1..6).await;
    world.sandbox.take().expect("running").stop().await;
    let ran = qilu(world.root(), &["sync", "--wait", "0s"]).await.ended(3);
    ran.says(&["Q7001 连不上省平台 http://127.0.0.1:", "请求没有发出", "→"]);
    world.start_sandbox().await;
    qilu(world.root(), &["sync"]).await.ended(0);
    all_there_once(&world, 15, "away").await;
}

/// A source that was emptied, half read or rewritten changes nothing at the province before a person has looked.
#[tokio::test]
async fn masses_of_changes_wait_for_a_person() {
    let rows = [
        ("update t_cg set del = 1", "Q6010 本次要撤下 8 条，省平台共有 8 条，超过限度"),
        (
            "update t_cg set cgmc = cgmc || '（改进型）'",
            "Q6011 本次有 8 条数据变更，省平台共有 8 条，超过限度",
        ),
    ];
    for (sql, says) in rows {
        let world = World::for_program().await;
        world.fill(1..9).await;
        qilu(world.root(), &["sync"]).await.ended(0);
        let before = own(&world.path("sandbox.db")).await;
        world.sql(sql).await;
        qilu(world.root(), &["sync"]).await.ended(4).says(&[says, "qilu release"]);
        assert_eq!(own(&world.path("sandbox.db")).await, before, "{sql}");
        qilu(world.root(), &["release", "achievement", "--reason", "已抽查，属实"])
            .await
            .ended(0)
            .says(&["已放行：", "8"]);
        qilu(world.root(), &["sync"]).await.ended(0);
        let after = own(&world.path("sandbox.db")).await;
        let changed = after.iter().filter(|(id, held)| before[*id].version != held.version).count();
        assert_eq!(changed, 8, "{sql}");
    }
}
