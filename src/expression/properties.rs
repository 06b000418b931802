//! Nothing that is written or stored makes an evaluation panic, and arithmetic is exact.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::codes::{CodeRow, CodeTable, Codes};
use crate::record::{Key, KeyPart, Row};

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        ".{0,12}".prop_map(Value::text),
        "[0-9０-９年月日./: -]{0,14}".prop_map(Value::text),
        "[0-9,.￥万亿元至-]{0,10}".prop_map(Value::text),
        "[<>/a-z&;#\"' 中]{0,24}".prop_map(Value::text),
        "[0-9+()转 -]{5,16}".prop_map(Value::text),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (0..100_000_000_i64).prop_map(Value::Int),
        decimal().prop_map(Value::Decimal),
        text.clone(),
        text,
        prop::collection::vec(any::<u8>(), 0..5).prop_map(|bytes| Value::Bytes(bytes.into())),
        (-500_000..3_000_000_i32)
            .prop_filter_map("a day", NaiveDate::from_num_days_from_ce_opt)
            .prop_map(Value::Date),
        (-60_000_000_000_000..200_000_000_000_000_i64)
            .prop_filter_map("an instant", DateTime::from_timestamp_millis)
            .prop_map(|time| Value::DateTime(time.fixed_offset())),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::List),
            inner.prop_map(|value| Value::Map(vec![(Arc::from("a"), value)])),
        ]
    })
}

fn decimal() -> impl Strategy<Value = Decimal> {
    (any::<i64>(), 0..20_u32).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            "a",
            "b",
            "row['c d']",
            "中",
            "none",
            "true",
            "'甲'",
            "''",
            "0",
            "-1",
            "1.5",
            "a.a",
            "b[0]"
        ])
        .prop_map(str::to_owned),
        "[0-9]{1,30}(\\.[0-9]{1,30})?",
    ];
    let filter = prop::sample::select(filters().iter().map(|filter| filter.name).collect::<Vec<_>>());
    let argument = prop::sample::select(vec![
        "",
        "('元')",
        "('t')",
        "('1/2')",
        "(2)",
        "(-99999999999)",
        "('a', 'bb')",
        "('text')",
        "(1, 2)",
        "(a)",
        "('[0-9]+')",
        "('int')",
        "('0123456789abcdef')",
        "('0123456789abcdef', b)",
        "('9a655537a3af5fdbe1c77c7c6036c275086c798937af657fcc9c1f7ccf75ebd6')",
        "(b)",
        "(b, a)",
    ]);
    let operator = prop::sample::select(vec![
        "+", "-", "*", "/", "//", "%", "~", "==", "!=", "<", "<=", ">", ">=", "and", "or", "in", "not in",
    ]);
    leaf.prop_recursive(4, 24, 3, move |inner| {
        prop_oneof![
            (inner.clone(), filter.clone(), argument.clone())
                .prop_map(|(input, filter, argument)| format!("({input}) | {filter}{argument}")),
            (inner.clone(), operator.clone(), inner.clone())
                .prop_map(|(left, sign, right)| format!("({left}) {sign} ({right})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(then, test, other)| format!("({then}) if ({test}) else ({other})")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("[{one}, {other}]")),
            inner.clone().prop_map(|of| format!("not ({of})")),
            inner.clone().prop_map(|of| format!("({of}) is none")),
            inner.prop_map(|of| format!("{{'a': {of}}}")),
        ]
    })
}

fn codes() -> Codes {
    let table = |name| {
        let mut table = CodeTable::new(name);
        table.add(CodeRow::new("01", "甲"));
        table
    };
    Codes::from_tables([table("t"), table("region")])
}

fn row(cells: Vec<Value>) -> Row {
    let columns: Vec<Arc<str>> = ["a", "b", "c d", "中"].map(Arc::from).to_vec();
    Row { key: Key::new(vec![KeyPart::Int(1)]), columns: columns.into(), cells, children: Vec::new() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_expression_over_any_row_ends_in_a_value_or_a_complaint(
        text in expression(),
        cells in prop::collection::vec(value(), 4),
    ) {
        let (codes, row) = (codes(), row(cells));
        if let Ok(compiled) = Expression::compile(&text)
            && let Err(complaint) = compiled.evaluate(&Scope::new(&row, &codes, chrono_tz::Asia::Shanghai))
        {
            prop_assert!(crate::record::entry(&complaint.id).is_some(), "{}", complaint.id);
        }
    }

    #[test]
    fn every_filter_takes_every_value(
        cell in value(),
        filter in prop::sample::select(filters().iter().collect::<Vec<_>>()),
        argument in prop::sample::select(vec!["", "('元')", "('t')", "('1/2')", "(3)", "(-3)", "('a', 'b')", "('text')", "('0123456789abcdef')", "(a)", "(a, '0123456789abcdef')"]),
    ) {
        let (codes, row) = (codes(), row(vec![cell]));
        if let Ok(compiled) = Expression::compile(&format!("a | {}{argument}", filter.name)) {
            let _ = compiled.evaluate(&Scope::new(&row, &codes, chrono_tz::Asia::Shanghai));
        }
    }

    #[test]
    fn any_text_compiles_or_has_its_faults_inside(text in "[a-z0-9中'\"()|.,~+\\-*/%<>=!\\[\\]{}: \\\\]{0,40}") {
        if let Err(faults) = Expression::compile(&text) {
            prop_assert!(!faults.is_empty());
            for fault in faults {
                prop_assert!(text.is_char_boundary(fault.offset));
                prop_assert!(fault.column <= text.chars().count());
                prop_assert!(crate::record::entry(&fault.complaint.id).is_some());
            }
        }
    }

    #[test]
    fn a_decimal_survives_text_literal_and_arithmetic(digits in any::<i64>(), scale in 0..15_u32) {
        let number = Decimal::new(digits, scale);
        let (codes, row) = (codes(), row(vec![Value::Decimal(number)]));
        let scope = Scope::new(&row, &codes, chrono_tz::Asia::Shanghai);
        for text in ["a + 0.000001 - 0.000001", "a | text | decimal", "-(-a)", "a * 1", &format!("0 + {number}")] {
            let value = Expression::compile(text).unwrap().evaluate(&scope).unwrap();
            prop_assert_eq!(operators::number(&value), Some(number), "{}", text);
        }
    }

    #[test]
    fn money_is_the_same_in_every_unit(yuan in 0..10_000_000_000_000_i64) {
        let (codes, row) = (codes(), row(vec![Value::Int(yuan)]));
        let scope = Scope::new(&row, &codes, chrono_tz::Asia::Shanghai);
        let value = |text: &str| Expression::compile(text).unwrap().evaluate(&scope).unwrap();
        let expect = Value::Decimal(Decimal::new(yuan, 4).normalize());
        for text in ["a | money('元')", "(a ~ '元') | money('亿元')", "(a / 10000) | money('万元')"] {
            prop_assert_eq!(value(text), expect.clone());
        }
    }
}
