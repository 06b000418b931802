//! Days and times as they stand in the columns of twenty years.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;

use crate::codes::{narrow, trim};

/// What a text says about a day: as much as it says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moment {
    pub(super) year: i32,
    pub(super) month: Option<u32>,
    pub(super) day: Option<u32>,
    pub(super) time: Option<NaiveTime>,
    pub(super) offset: Option<FixedOffset>,
}

impl Moment {
    /// Reads yyyy-MM-dd, yyyy.M.d, yyyy/M/d, yyyyMMdd, yyyy年M月d日, each also without day or without month and
    /// day, and with HH:mm[:ss[.fraction]] and an offset behind. `None`: not a calendar date of these forms.
    pub(super) fn read(text: &str) -> Option<Self> {
        let narrowed = narrow(trim(text));
        let mut reader = Reader { rest: trim(&narrowed) };
        let mut moment = reader.date()?;
        if !reader.rest.is_empty() {
            (moment.time, moment.offset) = reader.time()?;
            // A month has no time of day, unless it is the nought that stands for a missing day.
            let is_nought = moment.time.is_none_or(|time| time == NaiveTime::MIN);
            (moment.day.is_some() || is_nought).then_some(())?;
        }
        let plausible = moment.month.is_none_or(|month| (1..=12).contains(&month));
        let real = moment.day.is_none() || moment.date().is_some();
        (plausible && real).then_some(moment)
    }

    /// The day, where the text names one.
    pub(super) fn date(&self) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(self.year, self.month?, self.day?)
    }

    /// The instant; midnight where no time is given, and `zone` where no offset is.
    pub(super) fn instant(&self, zone: Tz) -> Option<DateTime<FixedOffset>> {
        let naive = self.date()?.and_time(self.time.unwrap_or(NaiveTime::MIN));
        match self.offset {
            Some(offset) => offset.from_local_datetime(&naive).single(),
            None => in_zone(naive, zone),
        }
    }
}

/// The instant of a local time: the earlier of two, or an hour later where summer time skipped it.
pub(super) fn in_zone(naive: NaiveDateTime, zone: Tz) -> Option<DateTime<FixedOffset>> {
    let local = zone.from_local_datetime(&naive).earliest();
    let later =
        || zone.from_local_datetime(&(naive.checked_add_signed(chrono::TimeDelta::hours(1))?)).earliest();
    local.or_else(later).map(|time| time.fixed_offset())
}

/// MySQL's and .NET's ways to write that no day was given.
pub(super) fn is_zero_date(text: &str) -> bool {
    let text = trim(text);
    let zeros = ["0000-00-00", "0000-0-0", "0000/0", "0000.0", "00000000", "0001-01-01", "0001/1/1"];
    zeros.iter().any(|zero| text.starts_with(zero))
}

/// The first day of Excel, Access and SQL Server, as seen from UTC too: what an empty cell became on its way.
pub(super) fn is_zero_day(day: NaiveDate) -> bool {
    let (year, month, of_month) = (day.year(), day.month(), day.day());
    (year == 1899 && month == 12 && of_month >= 29) || (year <= 1900 && month == 1 && of_month == 1)
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// The digits at the start.
    fn digits(&mut self) -> &'a str {
        let end = self.rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits
    }

    /// One of the characters, with spaces around it.
    fn take(&mut self, any: &[char]) -> bool {
        match self.rest.trim_start().strip_prefix(any) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn date(&mut self) -> Option<Moment> {
        let digits = self.digits();
        let number =
            |range: std::ops::Range<usize>| digits.get(range).and_then(|part| part.parse::<u32>().ok());
        let year = number(0..4)?.cast_signed();
        let mut moment = Moment { year, month: None, day: None, time: None, offset: None };
        match digits.len() {
            4 => (moment.month, moment.day) = self.month_and_day()?,
            6 => moment.month = number(4..6),
            8 => (moment.month, moment.day) = (number(4..6), number(6..8)),
            14 => {
                (moment.month, moment.day) = (number(4..6), number(6..8));
                moment.time = NaiveTime::from_hms_opt(number(8..10)?, number(10..12)?, number(12..14)?);
                moment.time?;
            }
            _ => return None,
        }
        // 2023-05-00 is how MySQL keeps a month without a day.
        moment.day = moment.day.filter(|day| *day > 0);
        moment.month = moment.month.filter(|month| *month > 0 || moment.day.is_some());
        // Nothing is written before year 1000 or after 9999, and 0 is how unset columns look.
        (year >= 1000 && (digits.len() != 14 || self.rest.is_empty())).then_some(moment)
    }

    fn month_and_day(&mut self) -> Option<(Option<u32>, Option<u32>)> {
        if !self.take(&['-', '.', '/', '年']) || self.rest.is_empty() {
            return Some((None, None));
        }
        let month = self.short()?;
        if !self.take(&['-', '.', '/', '月']) || self.rest.is_empty() {
            return Some((Some(month), None));
        }
        let day = self.short()?;
        self.take(&['日', '号']);
        Some((Some(month), Some(day)))
    }

    /// A number of one or two digits.
    fn short(&mut self) -> Option<u32> {
        let digits = self.digits();
        (1..=2).contains(&digits.len()).then(|| digits.parse().ok())?
    }

    /// `[T]HH:mm[:ss[.fraction]][Z|±HH:mm]` to the end of the text.
    fn time(&mut self) -> Option<(Option<NaiveTime>, Option<FixedOffset>)> {
        self.take(&['T', 't']);
        self.rest = self.rest.trim_start();
        let hour = self.short()?;
        if !self.take(&[':', '时', '点']) {
            return None;
        }
        let minute = self.short()?;
        let mut second = 0;
        let mut micros = 0;
        if self.take(&[':', '分']) && self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            second = self.short()?;
            self.take(&['秒']);
            if self.take(&['.']) {
                let fraction = self.digits();
                micros = format!("{:0<6.6}", fraction).parse().ok()?;
            }
        }
        let offset = match trim(self.rest) {
            "" => None,
            "Z" | "z" => FixedOffset::east_opt(0),
            written => Some(offset(written)?),
        };
        NaiveTime::from_hms_micro_opt(hour, minute, second, micros).map(|time| (Some(time), offset))
    }
}

fn offset(written: &str) -> Option<FixedOffset> {
    let sign = match written.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = written[1..].replace(':', "");
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits[..2].parse().ok()?;
    let minutes: i32 = digits.get(2..4).map_or(Some(0), |digits| digits.parse().ok())?;
    FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_every_form_and_refused_when_they_do_not_exist() {
        let check = |given: &str, expect: Option<&str>| {
            let found = Moment::read(given).map(|moment| match (moment.month, moment.day) {
                (None, _) => moment.year.to_string(),
                (Some(month), None) => format!("{}-{month:02}", moment.year),
                _ => moment.instant(chrono_tz::Asia::Shanghai).unwrap().to_rfc3339(),
            });
            assert_eq!(found.as_deref(), expect, "{given}");
        };
        for day in [
            "2023-05-01",
            "2023.5.1",
            "2023/5/01",
            "20230501",
            "２０２３年５月１日",
            "2023 年 5 月 1 日",
            " 2023-5-1 ",
        ] {
            check(day, Some("2023-05-01T00:00:00+08:00"));
        }
        for time in [
            "2023-05-01 08:30:05",
            "2023-05-01T08:30:05",
            "20230501083005",
            "2023年5月1日 8时30分5秒",
            "2023/5/1 8:30:05",
        ] {
            check(time, Some("2023-05-01T08:30:05+08:00"));
        }
        check("2023-05-01 08:30", Some("2023-05-01T08:30:00+08:00"));
        check("2023-05-01 08:30:05.123456789", Some("2023-05-01T08:30:05.123456+08:00"));
        check("2023-04-30T16:00:00Z", Some("2023-04-30T16:00:00+00:00"));
        check("2023-05-01T00:00:00+08:00", Some("2023-05-01T00:00:00+08:00"));
        check("2023-05-01T00:00:00-0530", Some("2023-05-01T00:00:00-05:30"));
        check("2023", Some("2023"));
        check("2023年", Some("2023"));
        check("2023年5月", Some("2023-05"));
        check("2023.5", Some("2023-05"));
        check("202305", Some("2023-05"));
        // Shanghai had summer time in 1986: half past midnight of that Sunday stood twice or never.
        check("1986-05-04 02:30:00", Some("1986-05-04T03:30:00+09:00"));
        for wrong in [
            "",
            "今年",
            "23-05-01",
            "2023-13-01",
            "2023-02-30",
            "2023-05-01 25:00",
            "2023-05-01x",
            "0001-01-01",
            "2023-05-01 08:30 +8",
            "2023-5-123",
            "1-2-2023",
            "202305011",
            "2023 08:30",
            "20230501083005Z",
        ] {
            check(wrong, None);
        }
        assert!(is_zero_date("0000-00-00 00:00:00"));
    }
}
