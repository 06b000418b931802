//! Numbers as people wrote them.

use rust_decimal::Decimal;

/// The decimal that a person wrote when a float was stored: its shortest text, which reads back as the same
/// float. `None` for infinity and for what passes 28 digits before the point.
///
/// Shape: give an `f32` as itself; as an `f64` it has digits that nobody wrote.
pub(super) fn exact(number: impl Into<f64> + Copy + std::fmt::Display) -> Option<Decimal> {
    /// Up to here a float holds every whole number, and is quicker read without its text.
    const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
    let float: f64 = number.into();
    if float.fract() == 0.0 && float.abs() < WHOLE_MAX {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
        return Some(Decimal::from(float as i64));
    }
    float.is_finite().then(|| number.to_string().parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::exact;

    #[test]
    fn floats_become_the_decimals_that_people_wrote() {
        let rows = [
            (12.5, Some("12.5")),
            (0.1, Some("0.1")),
            (0.0, Some("0")),
            (-0.0, Some("0")),
            (3_075_000_000.0, Some("3075000000")),
            (-1e-7, Some("-0.0000001")),
            (123_456_789.123_45, Some("123456789.12345")),
            (9_007_199_254_740_993.0, Some("9007199254740992")),
            (1e28, Some("10000000000000000000000000000")),
            (1e-300, Some("0")),
            (f64::INFINITY, None),
            (f64::NAN, None),
            (1e40, None),
        ];
        for (given, expect) in rows {
            let found = exact(given).map(|decimal| decimal.normalize().to_string());
            assert_eq!(found.as_deref(), expect, "{given}");
        }
    }

    #[test]
    fn a_short_float_has_no_digits_that_nobody_wrote() {
        assert_eq!(exact(0.1_f32).map(|decimal| decimal.to_string()).as_deref(), Some("0.1"));
    }
}
