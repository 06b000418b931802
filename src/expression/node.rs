//! The compiled tree and its evaluation.

use std::borrow::Cow;
use std::sync::Arc;

use super::filters::Step;
use super::operators::{self, Arithmetic, Comparison};
use super::scope::{Hint, Scope};
use crate::codes::nearest;
use crate::record::{Complaint, Value};

/// One operation. Every child is evaluated at most once.
pub(super) enum Node {
    Constant(Value),
    Name(Arc<str>, Hint),
    /// A map's entry; null if the map has none of that name.
    Member(Box<Node>, Arc<str>),
    /// A list's element from 0, from the end if negative; null beyond the ends.
    Element(Box<Node>, Box<Node>),
    Not(Box<Node>),
    Negative(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    /// `a < b <= c`: every neighbouring pair.
    Compare(Box<Node>, Vec<(Comparison, Node)>),
    In(Box<Node>, Box<Node>),
    Arithmetic(Arithmetic, Box<Node>, Box<Node>),
    Concat(Vec<Node>),
    If(Box<[Node; 3]>),
    IsNone(Box<Node>),
    List(Vec<Node>),
    Map(Vec<(Arc<str>, Node)>),
    Pipe(Box<Node>, Vec<Step>),
}

type Outcome<'a> = Result<Cow<'a, Value>, Complaint>;

impl Node {
    pub(super) fn evaluate<'a>(&'a self, scope: &Scope<'a>) -> Outcome<'a> {
        match self {
            Node::Constant(value) => Ok(Cow::Borrowed(value)),
            Node::Name(name, hint) => scope.names.get(name, hint).ok_or_else(|| unknown(name, scope)),
            Node::Pipe(input, steps) => pipe(input, steps, scope),
            Node::Member(of, name) => member(of.evaluate(scope)?, name),
            Node::Element(of, at) => element(of.evaluate(scope)?, at.evaluate(scope)?.as_ref()),
            Node::Not(of) => logical(operators::truth(of.evaluate(scope)?.as_ref())?.map(|flag| !flag)),
            Node::Negative(of) => operators::negative(of.evaluate(scope)?.as_ref()).map(Cow::Owned),
            Node::And(all) => connect(all, false, scope),
            Node::Or(all) => connect(all, true, scope),
            Node::Compare(first, rest) => compare(first, rest, scope),
            Node::In(wanted, place) => logical(operators::contains(
                place.evaluate(scope)?.as_ref(),
                wanted.evaluate(scope)?.as_ref(),
            )?),
            Node::Arithmetic(operation, left, right) => operation
                .apply(left.evaluate(scope)?.as_ref(), right.evaluate(scope)?.as_ref())
                .map(Cow::Owned),
            Node::Concat(parts) => concat(parts, scope),
            Node::If(branches) => {
                let [test, then, other] = branches.as_ref();
                // As CASE in SQL: what is not known to be true takes the other branch.
                let taken = operators::truth(test.evaluate(scope)?.as_ref())? == Some(true);
                if taken { then } else { other }.evaluate(scope)
            }
            Node::IsNone(of) => logical(Some(of.evaluate(scope)?.is_null())),
            Node::List(items) => {
                let items = items.iter().map(|item| item.evaluate(scope).map(Cow::into_owned));
                items.collect::<Result<_, _>>().map(|items| Cow::Owned(Value::List(items)))
            }
            Node::Map(entries) => {
                let mut map = Vec::with_capacity(entries.len());
                for (name, node) in entries {
                    let value = node.evaluate(scope)?.into_owned();
                    if !value.is_null() {
                        map.push((name.clone(), value));
                    }
                }
                Ok(Cow::Owned(Value::Map(map)))
            }
        }
    }
}

fn logical<'a>(answer: Option<bool>) -> Outcome<'a> {
    Ok(Cow::Owned(answer.map_or(Value::Null, Value::Bool)))
}

fn unknown(name: &str, scope: &Scope<'_>) -> Complaint {
    let known = scope.names.known();
    let near = nearest(name, known.iter().map(AsRef::as_ref), 3).join(", ");
    Complaint::new("Q3101").found(name).fact("near", if near.is_empty() { "–" } else { &near })
}

fn pipe<'a>(input: &'a Node, steps: &'a [Step], scope: &Scope<'a>) -> Outcome<'a> {
    let mut value = input.evaluate(scope)?.into_owned();
    for step in steps {
        value = step.apply(value, scope)?;
    }
    Ok(Cow::Owned(value))
}

/// And (`decisive` = false) or or (`decisive` = true): the decisive answer ends it, null is unknown.
fn connect<'a>(all: &'a [Node], decisive: bool, scope: &Scope<'a>) -> Outcome<'a> {
    let mut answer = Some(!decisive);
    for node in all {
        match operators::truth(node.evaluate(scope)?.as_ref())? {
            Some(flag) if flag == decisive => return logical(Some(decisive)),
            Some(_) => (),
            None => answer = None,
        }
    }
    logical(answer)
}

fn compare<'a>(first: &'a Node, rest: &'a [(Comparison, Node)], scope: &Scope<'a>) -> Outcome<'a> {
    let mut answer = Some(true);
    let mut left = first.evaluate(scope)?;
    for (comparison, node) in rest {
        let right = node.evaluate(scope)?;
        match comparison.apply(&left, &right)? {
            Some(true) => (),
            Some(false) => return logical(Some(false)),
            None => answer = None,
        }
        left = right;
    }
    logical(answer)
}

fn concat<'a>(parts: &'a [Node], scope: &Scope<'a>) -> Outcome<'a> {
    use std::fmt::Write;
    let mut text = String::new();
    for part in parts {
        let value = part.evaluate(scope)?;
        match value.as_ref() {
            Value::Null => return Ok(Cow::Owned(Value::Null)),
            Value::Text(part) => text.push_str(part),
            // Writing into a string cannot fail.
            other => _ = write!(text, "{other}"),
        }
    }
    operators::bounded(text).map(Cow::Owned)
}

fn member<'a>(of: Cow<'a, Value>, name: &str) -> Outcome<'a> {
    match of.as_ref() {
        Value::Null => Ok(Cow::Owned(Value::Null)),
        Value::Map(entries) => {
            let position = entries.iter().position(|(key, _)| key.as_ref() == name);
            let Some(position) = position else { return Ok(Cow::Owned(Value::Null)) };
            Ok(match of {
                Cow::Borrowed(Value::Map(entries)) => Cow::Borrowed(&entries[position].1),
                Cow::Owned(Value::Map(mut entries)) => Cow::Owned(entries.swap_remove(position).1),
                _ => Cow::Owned(Value::Null),
            })
        }
        other => {
            Err(Complaint::new("Q3107").found(other).fact("member", name).fact("type", other.type_name()))
        }
    }
}

fn element<'a>(of: Cow<'a, Value>, at: &Value) -> Outcome<'a> {
    let items = match (of.as_ref(), at) {
        (Value::Null, _) | (_, Value::Null) => return Ok(Cow::Owned(Value::Null)),
        (Value::Map(_), Value::Text(name)) => return member(of, name),
        (Value::List(items), Value::Int(_)) => items,
        (other, at) => {
            return Err(Complaint::new("Q3107")
                .found(other)
                .fact("member", at)
                .fact("type", other.type_name()));
        }
    };
    let Value::Int(at) = at else { return Ok(Cow::Owned(Value::Null)) };
    let index = if *at < 0 { items.len() as i64 + at } else { *at };
    let item = usize::try_from(index).ok().and_then(|index| items.get(index));
    Ok(Cow::Owned(item.cloned().unwrap_or_default()))
}
