//! What operators mean: three-valued logic, exact numbers, and no comparison of unlike things.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::record::{Complaint, Value};

/// The longest text that an expression may build, in bytes: above any column's, far below memory.
pub(super) const TEXT_BYTES_MAX: usize = 4 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// `//`: the whole number not above the quotient.
    DivideWhole,
    /// `%`: what `//` leaves, with the sign of the divisor.
    Remainder,
}

pub(super) fn truth(value: &Value) -> Result<Option<bool>, Complaint> {
    match value {
        Value::Bool(flag) => Ok(Some(*flag)),
        Value::Null => Ok(None),
        other => Err(Complaint::new("Q3106").found(other).fact("type", other.type_name())),
    }
}

impl Comparison {
    /// Null if either side is null. Errors: Q3103 for unlike sides.
    pub(super) fn apply(self, left: &Value, right: &Value) -> Result<Option<bool>, Complaint> {
        match self {
            Comparison::Equal => equal(left, right),
            Comparison::Unequal => equal(left, right).map(|answer| answer.map(|flag| !flag)),
            _ if left.is_null() || right.is_null() => Ok(None),
            _ => {
                let order = order(left, right).ok_or_else(|| unlike(left, right))?;
                Ok(Some(match self {
                    Comparison::Less => order.is_lt(),
                    Comparison::LessOrEqual => order.is_le(),
                    Comparison::Greater => order.is_gt(),
                    Comparison::GreaterOrEqual => order.is_ge(),
                    Comparison::Equal | Comparison::Unequal => order.is_eq(),
                }))
            }
        }
    }
}

/// Whether two values are the same; null if that is unknown. Lists and maps are equal part by part.
pub(super) fn equal(left: &Value, right: &Value) -> Result<Option<bool>, Complaint> {
    let parts = |pairs: &mut dyn Iterator<Item = (&Value, &Value)>| {
        let mut answer = Some(true);
        for (one, other) in pairs {
            match equal(one, other)? {
                Some(true) => (),
                Some(false) => return Ok(Some(false)),
                None => answer = None,
            }
        }
        Ok(answer)
    };
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Ok(None),
        (Value::Bool(one), Value::Bool(other)) => Ok(Some(one == other)),
        (Value::Bytes(one), Value::Bytes(other)) => Ok(Some(one == other)),
        (Value::List(one), Value::List(other)) if one.len() != other.len() => Ok(Some(false)),
        (Value::List(one), Value::List(other)) => parts(&mut one.iter().zip(other)),
        (Value::Map(one), Value::Map(other)) => {
            let same = one.len() == other.len() && one.iter().zip(other).all(|((a, _), (b, _))| a == b);
            if !same {
                return Ok(Some(false));
            }
            parts(&mut one.iter().map(|(_, value)| value).zip(other.iter().map(|(_, value)| value)))
        }
        _ => order(left, right).map(|order| Some(order.is_eq())).ok_or_else(|| unlike(left, right)),
    }
}

/// Numbers by value, texts by code point, days and instants by time; nothing else has an order.
fn order(left: &Value, right: &Value) -> Option<Ordering> {
    Some(match (left, right) {
        (Value::Int(one), Value::Int(other)) => one.cmp(other),
        (Value::Int(one), Value::Decimal(other)) => Decimal::from(*one).cmp(other),
        (Value::Decimal(one), Value::Int(other)) => one.cmp(&Decimal::from(*other)),
        (Value::Decimal(one), Value::Decimal(other)) => one.cmp(other),
        (Value::Text(one), Value::Text(other)) => one.cmp(other),
        (Value::Date(one), Value::Date(other)) => one.cmp(other),
        (Value::DateTime(one), Value::DateTime(other)) => one.cmp(other),
        _ => return None,
    })
}

fn unlike(left: &Value, right: &Value) -> Complaint {
    let complaint = Complaint::new("Q3103").found(left).fact("left", left.type_name());
    complaint.fact("right", right.type_name()).fact("other", crate::record::mask(&right.to_string()))
}

/// `wanted in place`: an element of a list, a part of a text, a name of a map.
pub(super) fn contains(place: &Value, wanted: &Value) -> Result<Option<bool>, Complaint> {
    match (place, wanted) {
        (Value::Null, _) | (_, Value::Null) => Ok(None),
        (Value::List(items), wanted) => {
            let mut answer = Some(false);
            for item in items {
                match equal(item, wanted)? {
                    Some(true) => return Ok(Some(true)),
                    Some(false) => (),
                    None => answer = None,
                }
            }
            Ok(answer)
        }
        (Value::Text(whole), Value::Text(part)) => Ok(Some(whole.contains(part.as_ref()))),
        (Value::Map(entries), Value::Text(name)) => Ok(Some(entries.iter().any(|(key, _)| key == name))),
        _ => Err(unlike(wanted, place)),
    }
}

pub(super) fn negative(value: &Value) -> Result<Value, Complaint> {
    match value {
        Value::Null => Ok(Value::Null),
        Value::Int(number) => number.checked_neg().map(Value::Int).ok_or_else(|| too_large("-", value)),
        Value::Decimal(number) => Ok(Value::Decimal(-*number)),
        other => Err(no_number("-", other)),
    }
}

impl Arithmetic {
    /// Whole numbers stay whole except under `/`; decimals keep up to 28 digits.
    ///
    /// Errors: Q3104 for what is no number, Q3105 for a result that does not fit or a division by zero.
    pub(super) fn apply(self, left: &Value, right: &Value) -> Result<Value, Complaint> {
        if left.is_null() || right.is_null() {
            return Ok(Value::Null);
        }
        let result = match (left, right) {
            (Value::Int(one), Value::Int(other)) if self != Arithmetic::Divide => {
                self.whole(*one, *other).map(Value::Int)
            }
            _ => {
                let one = number(left).ok_or_else(|| no_number(self.sign(), left))?;
                let other = number(right).ok_or_else(|| no_number(self.sign(), right))?;
                self.exact(one, other).map(|result| Value::Decimal(result.normalize()))
            }
        };
        result.ok_or_else(|| too_large(self.sign(), left))
    }

    fn whole(self, one: i64, other: i64) -> Option<i64> {
        match self {
            Arithmetic::Add => one.checked_add(other),
            Arithmetic::Subtract => one.checked_sub(other),
            Arithmetic::Multiply => one.checked_mul(other),
            Arithmetic::Divide | Arithmetic::DivideWhole => {
                let quotient = one.checked_div(other)?;
                let below = one % other != 0 && (one < 0) != (other < 0);
                Some(quotient - i64::from(below))
            }
            Arithmetic::Remainder => {
                let rest = one.checked_rem(other)?;
                Some(if rest != 0 && (rest < 0) != (other < 0) { rest + other } else { rest })
            }
        }
    }

    fn exact(self, one: Decimal, other: Decimal) -> Option<Decimal> {
        match self {
            Arithmetic::Add => one.checked_add(other),
            Arithmetic::Subtract => one.checked_sub(other),
            Arithmetic::Multiply => one.checked_mul(other),
            Arithmetic::Divide => one.checked_div(other),
            Arithmetic::DivideWhole => one.checked_div(other).map(|quotient| quotient.floor()),
            Arithmetic::Remainder => {
                let rest = one.checked_rem(other)?;
                let below = !rest.is_zero() && rest.is_sign_negative() != other.is_sign_negative();
                if below { rest.checked_add(other) } else { Some(rest) }
            }
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::DivideWhole => "//",
            Arithmetic::Remainder => "%",
        }
    }
}

/// An exact number, if it is one.
pub(super) fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Int(number) => Some(Decimal::from(*number)),
        Value::Decimal(number) => Some(*number),
        _ => None,
    }
}

/// A text that an expression built. Errors: Q3108 beyond the limit.
pub(super) fn bounded(text: String) -> Result<Value, Complaint> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Complaint::new("Q3108").fact("bytes", text.len()).fact("limit", TEXT_BYTES_MAX));
    }
    Ok(Value::text(text))
}

fn no_number(sign: &str, value: &Value) -> Complaint {
    Complaint::new("Q3104").found(value).fact("sign", sign).fact("type", value.type_name())
}

pub(super) fn too_large(sign: &str, value: &Value) -> Complaint {
    Complaint::new("Q3105").found(value).fact("sign", sign)
}
