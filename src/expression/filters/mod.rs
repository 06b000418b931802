//! The closed set of filters.
//!
//! A filter is a plain function from a value to a value or a complaint. Null goes through untouched, except
//! where a filter says that it sees null. Every example here is executed by a test and shown in the manual.

mod attachment;
mod calendar;
mod code;
mod crypto;
mod encoding;
mod html;
mod identifier;
mod json;
mod list;
mod markup;
mod money;
mod number;
mod pairs;
mod person;
mod region;
mod text;
mod time;

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock};

use chrono_tz::Tz;
use encoding_rs::Encoding;
use regex::Regex;
use rust_decimal::Decimal;

use super::node::Node;
use super::scope::Scope;
use crate::codes::Hit;
use crate::record::{Complaint, Value};

/// One filter with its documentation.
#[derive(Debug)]
pub struct Filter {
    pub name: &'static str,
    /// As it is written, with its arguments.
    pub signature: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
    /// Each an expression and what it gives: JSON, or the id of a complaint.
    pub examples: &'static [(&'static str, &'static str)],
    pub(super) arguments: RangeInclusive<usize>,
    /// Whether null reaches the function; otherwise null, as input or argument, is the result.
    sees_null: bool,
    /// Turns constant arguments into what the function needs, once.
    prepare: Option<Prepare>,
    apply: Apply,
}

type Apply = fn(Value, &Call<'_>) -> Result<Value, Complaint>;
type Prepare = fn(&'static Filter, &[Value]) -> Result<Ready, Complaint>;

/// All filters, by name.
pub fn filters() -> &'static [Filter] {
    static FILTERS: LazyLock<Vec<Filter>> = LazyLock::new(|| {
        let rooms = [
            text::filters(),
            html::filters(),
            markup::filters(),
            list::filters(),
            number::filters(),
            money::filters(),
            time::filters(),
            identifier::filters(),
            person::filters(),
            region::filters(),
            code::filters(),
            attachment::filters(),
            encoding::filters(),
            crypto::filters(),
            pairs::filters(),
            json::filters(),
        ];
        let mut filters: Vec<Filter> = rooms.into_iter().flatten().collect();
        filters.sort_by_key(|filter| filter.name);
        filters
    });
    &FILTERS
}

pub(super) fn find(name: &str) -> Option<&'static Filter> {
    let filters = filters();
    filters.binary_search_by_key(&name, |filter| filter.name).ok().map(|index| &filters[index])
}

impl Filter {
    /// A filter without arguments.
    const fn plain(name: &'static str, apply: Apply) -> Self {
        Filter {
            name,
            signature: name,
            zh: "",
            en: "",
            examples: &[],
            arguments: 0..=0,
            sees_null: false,
            prepare: None,
            apply,
        }
    }

    const fn takes(mut self, signature: &'static str, arguments: RangeInclusive<usize>) -> Self {
        self.signature = signature;
        self.arguments = arguments;
        self
    }

    const fn prepared(mut self, prepare: Prepare) -> Self {
        self.prepare = Some(prepare);
        self
    }

    const fn says(
        mut self,
        zh: &'static str,
        en: &'static str,
        examples: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.zh = zh;
        self.en = en;
        self.examples = examples;
        self
    }

    /// Errors: Q3005 for arguments that must be constants and are not, or mean nothing.
    pub(super) fn prepare(&'static self, arguments: &Arguments) -> Result<Ready, Complaint> {
        match (self.prepare, arguments) {
            (None, _) => Ok(Ready::Nothing),
            (Some(prepare), Arguments::Constant(values)) => prepare(self, values),
            (Some(_), Arguments::Computed(_)) => Err(bad_argument(self, "…")),
        }
    }
}

/// One filter of a chain with its arguments.
pub(super) struct Step {
    pub(super) filter: &'static Filter,
    pub(super) arguments: Arguments,
    pub(super) ready: Ready,
}

pub(super) enum Arguments {
    Constant(Vec<Value>),
    Computed(Vec<Node>),
}

/// What a filter has made of its constant arguments.
pub(super) enum Ready {
    Nothing,
    /// How many 万元 one unit of the column is.
    Unit(Decimal),
    /// The words for true and false.
    Words(Arc<str>, Arc<str>),
    Pattern(Regex),
    Table(Arc<str>),
    Kind(Arc<str>),
    /// The zone of times that are written without one.
    Zone(Tz),
    /// Where the addresses of a page begin.
    Base(Arc<str>),
    Charset(&'static Encoding),
    /// Percent signs as in a form.
    Form,
    /// How a day or an instant is written.
    Moment(Arc<str>),
    Each(Box<Step>),
}

/// What a filter's function may look at beside its input.
pub(super) struct Call<'a> {
    filter: &'static Filter,
    arguments: &'a [Value],
    ready: &'a Ready,
    scope: &'a Scope<'a>,
}

impl Step {
    pub(super) fn apply(&self, input: Value, scope: &Scope<'_>) -> Result<Value, Complaint> {
        if input.is_null() && !self.filter.sees_null {
            return Ok(Value::Null);
        }
        match &self.arguments {
            Arguments::Constant(values) => self.call(input, values, scope),
            Arguments::Computed(nodes) => {
                let values = nodes.iter().map(|node| node.evaluate(scope).map(Cow::into_owned));
                self.call(input, &values.collect::<Result<Vec<_>, _>>()?, scope)
            }
        }
    }

    fn call(&self, input: Value, arguments: &[Value], scope: &Scope<'_>) -> Result<Value, Complaint> {
        if !self.filter.sees_null && arguments.iter().any(Value::is_null) {
            return Ok(Value::Null);
        }
        (self.filter.apply)(input, &Call { filter: self.filter, arguments, ready: &self.ready, scope })
    }
}

impl Call<'_> {
    /// The input as text: texts as they are, numbers as written, UTF-8 bytes. Errors: Q3102, Q3109.
    fn written<'v>(&self, input: &'v Value) -> Result<Cow<'v, str>, Complaint> {
        match input {
            Value::Text(text) => Ok(Cow::Borrowed(text)),
            Value::Int(_) | Value::Decimal(_) => Ok(Cow::Owned(input.to_string())),
            Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Cow::Borrowed(text)),
                Err(_) => Err(Complaint::new("Q3109").found(input)),
            },
            other => Err(self.unfit(other, "text")),
        }
    }

    /// The input as bytes: bytes as they are, texts as UTF-8, numbers as written. Errors: Q3102.
    fn bytes<'v>(&self, input: &'v Value) -> Result<Cow<'v, [u8]>, Complaint> {
        match input {
            Value::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Value::Text(text) => Ok(Cow::Borrowed(text.as_bytes())),
            Value::Int(_) | Value::Decimal(_) => Ok(Cow::Owned(input.to_string().into_bytes())),
            other => Err(self.unfit(other, "bytes, text")),
        }
    }

    /// An argument as bytes that no complaint repeats. Errors: Q3102, without the value.
    fn secret(&self, place: usize) -> Result<Cow<'_, [u8]>, Complaint> {
        let argument = self.arguments.get(place).unwrap_or(&Value::Null);
        self.bytes(argument).map_err(|_| {
            let complaint = Complaint::new("Q3102").fact("filter", self.filter.name);
            complaint.fact("wanted", "bytes, text").fact("type", argument.type_name())
        })
    }

    /// The text argument at a place. Errors: Q3102.
    fn text(&self, place: usize) -> Result<&str, Complaint> {
        match self.arguments.get(place) {
            Some(Value::Text(text)) => Ok(text),
            other => Err(self.unfit(other.unwrap_or(&Value::Null), "text")),
        }
    }

    /// The whole-number argument at a place. Errors: Q3102.
    fn whole(&self, place: usize) -> Result<i64, Complaint> {
        match self.arguments.get(place) {
            Some(Value::Int(number)) => Ok(*number),
            other => Err(self.unfit(other.unwrap_or(&Value::Null), "int")),
        }
    }

    /// What the input led to in a code table, told to whoever watches. Errors: Q5101, Q5102.
    fn look_up(&self, table: &Arc<str>, value: &str, hit: Option<Hit<'_>>) -> Result<Value, Complaint> {
        if let Some(witness) = self.scope.witness {
            witness.looked_up(table, value, hit);
        }
        match hit {
            Some(hit) => Ok(Value::Text(hit.code.clone())),
            None => Err(self.scope.codes.table(table)?.unknown(value)),
        }
    }

    /// A complaint of another room, with the filter that it came from.
    fn named(&self, complaint: Complaint) -> Complaint {
        complaint.fact("filter", self.filter.name)
    }

    /// Q3102: a type that the filter cannot take.
    fn unfit(&self, found: &Value, wanted: &str) -> Complaint {
        let complaint = Complaint::new("Q3102").found(found).fact("filter", self.filter.name);
        complaint.fact("wanted", wanted).fact("type", found.type_name())
    }
}

/// Q3005: an argument that the filter cannot work with.
pub(super) fn bad_argument(filter: &Filter, found: impl std::fmt::Display) -> Complaint {
    Complaint::new("Q3005").found(found).fact("filter", filter.name).fact("signature", filter.signature)
}

/// The only argument as a text constant.
fn one_text(filter: &'static Filter, values: &[Value]) -> Result<Arc<str>, Complaint> {
    match values {
        [Value::Text(text)] if !text.is_empty() => Ok(text.clone()),
        [other, ..] => Err(bad_argument(filter, other)),
        [] => Err(bad_argument(filter, "–")),
    }
}

/// `changed` as a text, or the input itself where nothing was changed, so that nothing is allocated.
fn keep(input: Value, changed: Option<String>) -> Value {
    match changed {
        Some(text) => Value::text(text),
        None => input,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Expression, Scope};
    use super::*;
    use crate::codes::{CodeRow, CodeTable, Codes};

    fn codes() -> Codes {
        let mut fields = CodeTable::new("tech-field");
        fields.add(CodeRow::new("01", "电子信息"));
        fields.add(CodeRow::new("04", "新材料"));
        fields.cross("电子与信息", "01");
        let mut regions = CodeTable::new("region");
        for (code, name, parent) in [
            ("370000", "山东省", ""),
            ("370100", "济南市", "370000"),
            ("370103", "市中区", "370100"),
            ("370200", "青岛市", "370000"),
            ("370300", "淄博市", "370000"),
            ("370303", "张店区", "370300"),
            ("370400", "枣庄市", "370000"),
            ("370402", "市中区", "370400"),
            ("371200", "莱芜市", "370000"),
        ] {
            let parent = (!parent.is_empty()).then(|| parent.into());
            regions.add(CodeRow { parent, ..CodeRow::new(code, name) });
        }
        regions.cross("淄博高新区", "370303");
        regions.cross("高新区", "370303");
        Codes::from_tables([fields, regions])
    }

    #[test]
    fn every_example_gives_what_the_manual_says() {
        let codes = codes();
        let nothing = Value::Map(Vec::new());
        let scope = Scope::new(&nothing, &codes, chrono_tz::Asia::Shanghai);
        for filter in filters() {
            assert!(!filter.examples.is_empty(), "{} has no example", filter.name);
            assert!(!filter.zh.is_empty() && !filter.en.is_empty(), "{} has no words", filter.name);
            for (expression, result) in filter.examples {
                assert!(expression.contains(filter.name), "{expression} is no example of {}", filter.name);
                let found = match Expression::compile(expression) {
                    Ok(compiled) => match compiled.evaluate(&scope) {
                        Ok(value) => value.to_json().to_string(),
                        Err(complaint) => complaint.id,
                    },
                    Err(faults) => faults[0].complaint.id.clone(),
                };
                assert_eq!(found, *result, "{expression}");
            }
        }
    }

    #[test]
    fn names_are_unique() {
        assert!(filters().windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}
