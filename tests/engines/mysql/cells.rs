//! Dates that are none, and times through the whole year.

use chrono_tz::Tz;
use qilu::city::City;
use qilu::clock::Clock;
use qilu::record::{Language, Value};

use super::{SHANGHAI, Town, complete, keys, push, read};

const NEW_YORK: Tz = Tz::America__New_York;

#[tokio::test]
async fn a_date_of_zeros_is_refused_by_its_column_and_its_row_is_still_there() {
    let Some(town) = Town::with("CREATE TABLE t (id INT, d DATE, dt DATETIME, ts TIMESTAMP NULL);
         INSERT INTO t VALUES (1, '0000-00-00', NULL, NULL), (2, '2023-00-00', NULL, NULL), (3, '2023-05-00', NULL, NULL),
            (4, NULL, '0000-00-00 00:00:00', NULL), (5, NULL, NULL, '0000-00-00 00:00:00'), (6, NULL, '2023-05-00 12:00:00', NULL),
            (7, NULL, NULL, NULL);",
    )
    .await
    else {
        return;
    };
    let (rows, unreadable, ending) = town.scan(&push("SELECT * FROM t", "id", "")).await;
    assert_eq!((keys(&rows), ending), (vec!["7".to_owned()], complete(1, 6)));
    let found: Vec<_> = unreadable
        .iter()
        .map(|row| {
            let complaint = &row.complaints[0];
            (complaint.id.as_str(), complaint.column.as_str(), complaint.found.as_str())
        })
        .collect();
    let expect = [
        ("Q2040", "d", "0000-00-00"),
        ("Q2040", "d", "2023-00-00"),
        ("Q2040", "d", "2023-05-00"),
        ("Q2040", "dt", "0000-00-00 00:00:00"),
        ("Q2040", "ts", "0000-00-00 00:00:00"),
        ("Q2040", "dt", "2023-05-00 12:00:00"),
    ];
    assert_eq!(found, expect);
    assert!(unreadable.iter().all(|row| row.key.is_some()));
    let advice = unreadable[0].complaints[0].advice(Language::English);
    assert!(advice.contains("NULLIF(column, '0000-00-00')"), "{advice}");
    let (rows, _, ending) =
        town.scan(&push("SELECT id, NULLIF(d, '0000-00-00') AS d FROM t WHERE id = 1", "id", "")).await;
    assert_eq!((rows[0].get("d"), ending), (Some(&Value::Null), complete(1, 0)));
}

#[tokio::test]
async fn times_are_instants_in_the_zone_of_the_city_through_the_whole_year() {
    let Some(town) = Town::with("SET time_zone = '+00:00';
         CREATE TABLE t (id INT PRIMARY KEY, ts TIMESTAMP NULL, dt DATETIME);
         INSERT INTO t VALUES (1, '2026-01-15 12:00:00', '2026-01-15 12:00:00'), (2, '2026-07-15 12:00:00', '2026-07-15 12:00:00'),
            (3, '2026-11-01 05:30:00', '2026-11-01 01:30:00'), (4, '2026-11-01 06:30:00', '2026-03-08 03:30:00');",
    )
    .await
    else {
        return;
    };
    let rows = [
        (
            NEW_YORK,
            [
                "2026-01-15T07:00:00-05:00 2026-01-15T12:00:00-05:00",
                "2026-07-15T08:00:00-04:00 2026-07-15T12:00:00-04:00",
                "2026-11-01T01:30:00-04:00 2026-11-01T01:30:00-04:00",
                "2026-11-01T01:30:00-05:00 2026-03-08T03:30:00-04:00",
            ],
        ),
        (
            SHANGHAI,
            [
                "2026-01-15T20:00:00+08:00 2026-01-15T12:00:00+08:00",
                "2026-07-15T20:00:00+08:00 2026-07-15T12:00:00+08:00",
                "2026-11-01T13:30:00+08:00 2026-11-01T01:30:00+08:00",
                "2026-11-01T14:30:00+08:00 2026-03-08T03:30:00+08:00",
            ],
        ),
    ];
    for (zone, expect) in rows {
        let city = City::open(&town.database(zone)).await.expect("the server is there");
        let (rows, ..) = read(&city, &push("SELECT * FROM t", "id", "")).await;
        let found: Vec<_> = rows.iter().map(|row| format!("{} {}", row.cells[1], row.cells[2])).collect();
        assert_eq!(found, expect, "{zone}");
        let now =
            "SELECT 1 AS id, TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW()) AS ahead, CONNECTION_ID() AS c";
        let (rows, ..) = read(&city, &push(now, "id", "")).await;
        let ahead: i64 =
            rows[0].get("ahead").and_then(|cell| cell.to_string().parse().ok()).expect("a number");
        let now =
            chrono::TimeZone::offset_from_utc_datetime(&zone, &Clock::machine().now().to_utc().naive_utc());
        assert_eq!(ahead, i64::from(chrono::Offset::fix(&now).local_minus_utc()), "{zone}");
    }
}
