//! Watches the cursor's column while a scan goes by: in which form it is written, and how far it has come.

use chrono_tz::Tz;

use crate::city::{Reading, Stamp};
use crate::clock::Timestamp;
use crate::record::{Complaint, Row, Value};

/// What the cursor's values were in one scan.
#[derive(Clone, Debug)]
pub struct Gauge {
    column: String,
    zone: Tz,
    stamp: Option<Stamp>,
    /// A value of that form, to be shown beside one that does not fit it.
    example: String,
    highest: Option<Timestamp>,
    ceiling: Timestamp,
    trouble: Option<Complaint>,
}

impl Gauge {
    /// Shape: `stamp` is the form that earlier scans found, of a column whose other rows are not read now; what lies
    ///        after `ceiling`, the time at which the scan began, is a slip of the pen or of a clock.
    pub fn new(column: &str, zone: Tz, stamp: Option<Stamp>, ceiling: Timestamp) -> Self {
        let example = stamp.map(Stamp::word).unwrap_or_default();
        Gauge { column: column.to_owned(), zone, stamp, example, highest: None, ceiling, trouble: None }
    }

    /// Looks at a row. One without the column, or with a value that does not sort as it dates, spoils the cursor.
    pub fn see(&mut self, row: &Row) {
        if self.trouble.is_some() {
            return;
        }
        let Some(value) = row.get(&self.column) else {
            self.trouble = Some(Complaint::new("Q2052").column(&self.column));
            return;
        };
        match Stamp::read(value, self.zone) {
            Reading::Unset => (),
            Reading::Unusable => self.spoil(value, row),
            Reading::Stamped(stamp, time) => {
                let joined = self.stamp.map_or(Some(stamp), |known| known.and(stamp));
                let Some(joined) = joined else { return self.spoil(value, row) };
                if self.stamp != Some(joined) {
                    self.example = value.to_string();
                    self.stamp = Some(joined);
                }
                let time = time.map(|time| time.min(self.ceiling));
                self.highest = self.highest.max(time);
            }
        }
    }

    /// The form of all values; `None` if there is none, or there were no values.
    pub fn stamp(&self) -> Option<Stamp> {
        self.stamp.filter(|_| self.trouble.is_none())
    }

    /// The latest time that was seen, and never one after the scan began.
    pub fn highest(&self) -> Option<Timestamp> {
        self.highest
    }

    /// Why the column cannot be a cursor: Q2050 or Q2052.
    pub fn trouble(&self) -> Option<&Complaint> {
        self.trouble.as_ref()
    }

    fn spoil(&mut self, value: &Value, row: &Row) {
        let complaint = Complaint::new("Q2050").column(&self.column).found(value);
        let beside = if self.example.is_empty() { "–" } else { &self.example };
        self.trouble = Some(complaint.fact("key", &row.key).fact("beside", beside));
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz::Asia__Shanghai;

    use super::*;
    use crate::record::{Key, KeyPart};

    /// The form and the time after a column of values; or the complaint.
    fn seen(values: &[Value]) -> String {
        // 2026-05-02 08:30:00 in Shanghai.
        let mut gauge = Gauge::new("gxsj", Asia__Shanghai, None, Timestamp(1_777_681_800_000_000));
        for (number, value) in values.iter().enumerate() {
            let key = Key::new(vec![KeyPart::Int(number as i64)]);
            let (columns, cells) = (["gxsj".into()].into(), vec![value.clone()]);
            gauge.see(&Row { key, columns, cells, children: Vec::new() });
        }
        let form = gauge.stamp().map_or("none".to_owned(), Stamp::word);
        let highest = gauge.highest().map(|time| time.show(Asia__Shanghai)[..16].to_owned());
        match gauge.trouble() {
            Some(trouble) => {
                assert_eq!(form, "none");
                trouble.id.clone()
            }
            None => format!("{form}, {}", highest.unwrap_or_default()),
        }
    }

    #[test]
    fn a_column_shows_its_form_and_how_far_it_has_come() {
        let text = |text: &str| Value::text(text);
        let rows: [(&[Value], &str); 10] = [
            (&[], "none, "),
            (&[Value::Null, text(""), Value::Int(0)], "none, "),
            (
                &[text("2026-05-01 08:00:00"), Value::Null, text("2026-04-30 09:00:00")],
                "yyyy-MM-dd HH:mm:ss, 2026-05-01 08:00",
            ),
            (
                &[text("2026-05-01 08:00:00"), text("2099-01-01 00:00:00")],
                "yyyy-MM-dd HH:mm:ss, 2026-05-02 08:30",
            ),
            (&[text("2026-05-01"), text("2026-05-01 08:00")], "yyyy-MM-dd …, 2026-05-01 08:00"),
            (&[text("0000-00-00"), text("2026-05-01")], "yyyy-MM-dd, 2026-05-01 00:00"),
            (&[Value::Int(1_777_595_400)], "seconds, 2026-05-01 08:30"),
            (&[text("2026-05-01"), text("2021.3.12")], "Q2050"),
            (&[text("2023年5月")], "Q2050"),
            (&[Value::Int(1_777_595_400), Value::Int(1_777_595_400_000)], "Q2050"),
        ];
        for (values, expect) in rows {
            assert_eq!(seen(values), expect, "{values:?}");
        }
    }
}
