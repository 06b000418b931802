//! From text to the compiled tree: the syntax is minijinja's, everything after it is ours.

use std::sync::Arc;

use minijinja::machinery::ast::{self, BinOpKind, CallArg, CompareOpKind, Expr, UnaryOpKind};
use minijinja::machinery::{Span, Token, parse_expr, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use rust_decimal::Decimal;

use super::filters::{self, Arguments, Filter, Ready, Step};
use super::node::Node;
use super::operators::{Arithmetic, Comparison};
use super::scope::Hint;
use crate::codes::nearest;
use crate::record::{Complaint, Value};

/// One thing wrong with an expression's text.
#[derive(Clone, Debug, PartialEq)]
pub struct CompileFault {
    /// In bytes from the start of the expression.
    pub offset: usize,
    /// In characters from the start of the expression, from 0.
    pub column: usize,
    pub complaint: Complaint,
}

/// What an expression refers to, each in order of appearance and once.
#[derive(Default)]
pub(super) struct Uses {
    pub(super) names: Vec<Arc<str>>,
    /// A name with a member of it, where the expression says `name.member`.
    pub(super) members: Vec<(Arc<str>, Arc<str>)>,
    pub(super) tables: Vec<Arc<str>>,
    pub(super) parents: Vec<Arc<str>>,
    pub(super) filters: Vec<&'static str>,
}

/// The longest expression, in bytes.
const TEXT_BYTES_MAX: usize = 4096;
/// The deepest nesting: parser and evaluator recurse, and a thread's stack is 2 MiB.
const DEPTH_MAX: usize = 100;
/// `- - - x`, `not not not x`: the parser recurses there without a limit of its own.
const PREFIXES_MAX: usize = 8;
/// `… else … else …`: likewise.
const ELSES_MAX: usize = 50;

pub(super) fn compile(text: &str) -> Result<(Node, Uses), Vec<CompileFault>> {
    let mut compiler = Compiler { text, faults: Vec::new(), uses: Uses::default(), depth: 0 };
    let root = if compiler.is_too_much() {
        compiler.refuse(0, Complaint::new("Q3006").fact("limit", TEXT_BYTES_MAX))
    } else {
        match parse_expr(text) {
            Ok(tree) => compiler.node(&tree),
            Err(error) => {
                let offset = error.range().map_or(0, |range| range.start);
                let why = error.detail().unwrap_or("unreadable").to_owned();
                compiler.refuse(offset, Complaint::new("Q3001").found(text).fact("why", why))
            }
        }
    };
    if compiler.faults.is_empty() { Ok((root, compiler.uses)) } else { Err(compiler.faults) }
}

struct Compiler<'t> {
    text: &'t str,
    faults: Vec<CompileFault>,
    uses: Uses,
    depth: usize,
}

impl Compiler<'_> {
    /// Too long, or nested where the parser does not count.
    fn is_too_much(&self) -> bool {
        if self.text.len() > TEXT_BYTES_MAX {
            return true;
        }
        let (mut prefixes, mut elses) = (0, 0);
        for token in tokenize(self.text, true, SyntaxConfig::default()) {
            match token {
                Ok((Token::Minus | Token::Ident("not"), _)) => prefixes += 1,
                Ok((Token::Ident("else"), _)) => elses += 1,
                Ok(_) => prefixes = 0,
                // The parser reports it.
                Err(_) => break,
            }
            if prefixes > PREFIXES_MAX || elses > ELSES_MAX {
                return true;
            }
        }
        false
    }

    /// Notes a fault and goes on with a null in its place, so that one look finds all faults.
    fn refuse(&mut self, offset: usize, complaint: Complaint) -> Node {
        let offset = self.text.floor_char_boundary(offset.min(self.text.len()));
        let column = self.text[..offset].chars().count();
        self.faults.push(CompileFault { offset, column, complaint });
        Node::Constant(Value::Null)
    }

    fn unsupported(&mut self, span: Span, what: &str, instead: &str) -> Node {
        let written = self.written(span).to_owned();
        let complaint = Complaint::new("Q3002").found(written).fact("what", what).fact("instead", instead);
        self.refuse(span.start_offset as usize, complaint)
    }

    fn written(&self, span: Span) -> &str {
        self.text.get(span.start_offset as usize..span.end_offset as usize).unwrap_or_default()
    }

    fn boxed(&mut self, tree: &Expr<'_>) -> Box<Node> {
        Box::new(self.node(tree))
    }

    fn node(&mut self, tree: &Expr<'_>) -> Node {
        if self.depth >= DEPTH_MAX {
            let complaint = Complaint::new("Q3006").fact("limit", TEXT_BYTES_MAX);
            return self.refuse(tree.span().start_offset as usize, complaint);
        }
        self.depth += 1;
        let node = self.resolve(tree);
        self.depth -= 1;
        node
    }

    fn resolve(&mut self, tree: &Expr<'_>) -> Node {
        let span = tree.span();
        match tree {
            Expr::Const(constant) => self.constant(constant, span),
            Expr::Var(variable) => self.name(variable.id),
            Expr::GetAttr(get) => match &get.expr {
                Expr::Var(variable) if variable.id == "row" => self.name(get.name),
                of => self.member(of, get.name.into()),
            },
            Expr::GetItem(get) => match (&get.expr, text_constant(&get.subscript_expr)) {
                (Expr::Var(variable), Some(name)) if variable.id == "row" => self.name(&name),
                (Expr::Var(variable), None) if variable.id == "row" => {
                    self.unsupported(span, "row[…]", "row['name']")
                }
                (of, Some(name)) => self.member(of, name),
                (of, None) => Node::Element(self.boxed(of), self.boxed(&get.subscript_expr)),
            },
            Expr::UnaryOp(unary) => match unary.op {
                UnaryOpKind::Not => Node::Not(self.boxed(&unary.expr)),
                UnaryOpKind::Neg => Node::Negative(self.boxed(&unary.expr)),
            },
            Expr::BinOp(binary) => self.binary(binary, span),
            Expr::Compare(chain) => {
                let first = self.boxed(&chain.expr);
                let mut rest = Vec::with_capacity(chain.ops.len());
                for link in &chain.ops {
                    let comparison = match link.op {
                        CompareOpKind::Eq => Comparison::Equal,
                        CompareOpKind::Ne => Comparison::Unequal,
                        CompareOpKind::Lt => Comparison::Less,
                        CompareOpKind::Lte => Comparison::LessOrEqual,
                        CompareOpKind::Gt => Comparison::Greater,
                        CompareOpKind::Gte => Comparison::GreaterOrEqual,
                        CompareOpKind::In | CompareOpKind::NotIn => {
                            return self.unsupported(span, "in", "x in list and …");
                        }
                    };
                    rest.push((comparison, self.node(&link.expr)));
                }
                Node::Compare(first, rest)
            }
            Expr::IfExpr(choice) => {
                let other = choice.false_expr.as_ref().map(|other| self.node(other));
                let other = other.unwrap_or(Node::Constant(Value::Null));
                Node::If(Box::new([self.node(&choice.test_expr), self.node(&choice.true_expr), other]))
            }
            Expr::Filter(_) => self.pipe(tree),
            Expr::Test(test) => {
                let node = self.boxed(&test.expr);
                if test.name != "none" || !test.args.is_empty() {
                    return self.unsupported(span, &format!("is {}", test.name), "is none, is not none");
                }
                Node::IsNone(node)
            }
            Expr::List(list) => Node::List(self.nodes(&list.items)),
            Expr::Tuple(tuple) => Node::List(self.nodes(&tuple.items)),
            Expr::Map(map) => {
                let mut entries: Vec<(Arc<str>, Node)> = Vec::with_capacity(map.keys.len());
                for (key, value) in map.keys.iter().zip(&map.values) {
                    let node = self.node(value);
                    match text_constant(key) {
                        Some(name) if entries.iter().all(|(known, _)| *known != name) => {
                            entries.push((name, node))
                        }
                        _ => _ = self.unsupported(key.span(), "{…}", "{'name': value}"),
                    }
                }
                Node::Map(entries)
            }
            Expr::Call(call) => {
                let instead = match &call.expr {
                    Expr::Var(variable) => format!("… | {}", variable.id),
                    _ => "… | filter".to_owned(),
                };
                self.unsupported(span, "(…)", &instead)
            }
            Expr::Slice(_) => self.unsupported(span, "[:]", "| substr(…)"),
        }
    }

    fn nodes(&mut self, trees: &[Expr<'_>]) -> Vec<Node> {
        trees.iter().map(|tree| self.node(tree)).collect()
    }

    fn name(&mut self, name: &str) -> Node {
        let known = self.uses.names.iter().find(|known| known.as_ref() == name).cloned();
        let name = known.unwrap_or_else(|| {
            let name: Arc<str> = name.into();
            self.uses.names.push(name.clone());
            name
        });
        Node::Name(name, Hint::default())
    }

    fn member(&mut self, of: &Expr<'_>, member: Arc<str>) -> Node {
        let of = self.boxed(of);
        if let Node::Name(name, _) = of.as_ref() {
            let pair = (name.clone(), member.clone());
            if !self.uses.members.contains(&pair) {
                self.uses.members.push(pair);
            }
        }
        Node::Member(of, member)
    }

    /// Numbers are read again from the text, since the parser keeps fractions as floats.
    fn constant(&mut self, constant: &ast::Const, span: Span) -> Node {
        let value = &constant.value;
        Node::Constant(match value.kind() {
            ValueKind::Bool => Value::Bool(value.is_true()),
            ValueKind::String => Value::text(value.as_str().unwrap_or_default()),
            ValueKind::Number => {
                let digits = self.written(span).replace('_', "");
                let exact =
                    || Decimal::from_str_exact(&digits).or_else(|_| Decimal::from_scientific(&digits)).ok();
                match value.as_i64().filter(|_| value.is_integer()) {
                    Some(whole) => Value::Int(whole),
                    None => match exact() {
                        Some(number) => Value::Decimal(number),
                        None => {
                            return self
                                .refuse(span.start_offset as usize, Complaint::new("Q3007").found(digits));
                        }
                    },
                }
            }
            _ => Value::Null,
        })
    }

    fn binary(&mut self, binary: &ast::BinOp<'_>, span: Span) -> Node {
        let comparison = match binary.op {
            BinOpKind::ScAnd => return Node::And(self.chain(binary, |op| matches!(op, BinOpKind::ScAnd))),
            BinOpKind::ScOr => return Node::Or(self.chain(binary, |op| matches!(op, BinOpKind::ScOr))),
            BinOpKind::Concat => {
                return Node::Concat(self.chain(binary, |op| matches!(op, BinOpKind::Concat)));
            }
            BinOpKind::Add => return self.arithmetic(Arithmetic::Add, binary),
            BinOpKind::Sub => return self.arithmetic(Arithmetic::Subtract, binary),
            BinOpKind::Mul => return self.arithmetic(Arithmetic::Multiply, binary),
            BinOpKind::Div => return self.arithmetic(Arithmetic::Divide, binary),
            BinOpKind::FloorDiv => return self.arithmetic(Arithmetic::DivideWhole, binary),
            BinOpKind::Rem => return self.arithmetic(Arithmetic::Remainder, binary),
            BinOpKind::Pow => return self.unsupported(span, "**", "*"),
            BinOpKind::In => return Node::In(self.boxed(&binary.left), self.boxed(&binary.right)),
            BinOpKind::Eq => Comparison::Equal,
            BinOpKind::Ne => Comparison::Unequal,
            BinOpKind::Lt => Comparison::Less,
            BinOpKind::Lte => Comparison::LessOrEqual,
            BinOpKind::Gt => Comparison::Greater,
            BinOpKind::Gte => Comparison::GreaterOrEqual,
        };
        if [&binary.left, &binary.right].into_iter().any(is_none) {
            // Always null, so that it can only be a mistake.
            return self.unsupported(span, "none", "is none, is not none");
        }
        Node::Compare(self.boxed(&binary.left), vec![(comparison, self.node(&binary.right))])
    }

    fn arithmetic(&mut self, operation: Arithmetic, binary: &ast::BinOp<'_>) -> Node {
        Node::Arithmetic(operation, self.boxed(&binary.left), self.boxed(&binary.right))
    }

    /// `a op b op c`, which the parser nests to the left, as one flat list.
    fn chain(&mut self, binary: &ast::BinOp<'_>, same: fn(BinOpKind) -> bool) -> Vec<Node> {
        let mut trees = vec![&binary.right];
        let mut left = &binary.left;
        while let Expr::BinOp(inner) = left
            && same(inner.op)
        {
            trees.push(&inner.right);
            left = &inner.left;
        }
        trees.push(left);
        trees.into_iter().rev().map(|tree| self.node(tree)).collect()
    }

    /// `input | filter | filter`, which the parser nests as well.
    fn pipe(&mut self, tree: &Expr<'_>) -> Node {
        let mut filters = Vec::new();
        let mut input = tree;
        while let Expr::Filter(filter) = input {
            filters.push(filter);
            let Some(inner) = &filter.expr else { break };
            input = inner;
        }
        let input = self.boxed(input);
        let mut steps = Vec::with_capacity(filters.len());
        for filter in filters.into_iter().rev() {
            // A filter's span begins at its name.
            let at = filter.span().start_offset as usize;
            let mut arguments = Vec::with_capacity(filter.args.len());
            for argument in &filter.args {
                match argument {
                    CallArg::Pos(tree) => arguments.push(self.node(tree)),
                    CallArg::Kwarg(..) | CallArg::PosSplat(_) | CallArg::KwargSplat(_) => {
                        self.unsupported(filter.span(), "name=…, *…", &format!("{}(…)", filter.name));
                    }
                }
            }
            match self.step(filter.name, arguments) {
                Ok(step) => steps.push(step),
                Err(complaint) => _ = self.refuse(at, complaint),
            }
        }
        Node::Pipe(input, steps)
    }

    fn step(&mut self, name: &str, arguments: Vec<Node>) -> Result<Step, Complaint> {
        let Some(filter) = filters::find(name) else {
            let near = nearest(name, filters::filters().iter().map(|filter| filter.name), 3).join(", ");
            return Err(Complaint::new("Q3003")
                .found(name)
                .fact("near", if near.is_empty() { "–" } else { &near }));
        };
        if !filter.arguments.contains(&arguments.len()) {
            let complaint = Complaint::new("Q3004").found(filter.name).fact("signature", filter.signature);
            return Err(complaint.fact("count", arguments.len()));
        }
        let arguments = constants(arguments);
        let ready = match (filter.name, &arguments) {
            ("map", Arguments::Constant(values)) => Ready::Each(Box::new(self.each(filter, values)?)),
            ("map", Arguments::Computed(_)) => return Err(filters::bad_argument(filter, "…")),
            _ => filter.prepare(&arguments)?,
        };
        match &ready {
            Ready::Table(table) => remember(&mut self.uses.tables, table),
            Ready::Kind(kind) => remember(&mut self.uses.parents, kind),
            _ => (),
        }
        if !self.uses.filters.contains(&filter.name) {
            self.uses.filters.push(filter.name);
        }
        Ok(Step { filter, arguments, ready })
    }

    /// The filter that `map` applies to each element.
    fn each(&mut self, map: &'static Filter, values: &[Value]) -> Result<Step, Complaint> {
        match values.split_first() {
            Some((Value::Text(name), rest)) if name.as_ref() != "map" => {
                self.step(name, rest.iter().cloned().map(Node::Constant).collect())
            }
            Some((other, _)) => Err(filters::bad_argument(map, other)),
            None => Err(filters::bad_argument(map, "–")),
        }
    }
}

/// The texts between the outermost `or`s; the whole text where `if` binds less than they do, or there are none.
pub(super) fn alternatives(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for token in tokenize(text, true, SyntaxConfig::default()) {
        let Ok((token, span)) = token else { return vec![text] };
        let (from, to) = (span.start_offset as usize, span.end_offset as usize);
        match token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => depth = depth.saturating_sub(1),
            Token::Ident("if" | "else") if depth == 0 => return vec![text],
            Token::Ident("or") if depth == 0 => {
                parts.extend(text.get(start..from));
                start = to;
            }
            _ => (),
        }
    }
    parts.extend(text.get(start..));
    parts.into_iter().map(str::trim).collect()
}

fn remember(known: &mut Vec<Arc<str>>, name: &Arc<str>) {
    if !known.contains(name) {
        known.push(name.clone());
    }
}

/// Arguments that are all constants are kept as values, so that evaluation need not touch them.
fn constants(nodes: Vec<Node>) -> Arguments {
    let constant = |node: &Node| match node {
        Node::Constant(value) => Some(value.clone()),
        Node::Negative(of) => match of.as_ref() {
            Node::Constant(value) => super::operators::negative(value).ok(),
            _ => None,
        },
        _ => None,
    };
    match nodes.iter().map(constant).collect() {
        Some(values) => Arguments::Constant(values),
        None => Arguments::Computed(nodes),
    }
}

fn text_constant(tree: &Expr<'_>) -> Option<Arc<str>> {
    match tree {
        Expr::Const(constant) => constant.value.as_str().map(Arc::from),
        _ => None,
    }
}

fn is_none(tree: &Expr<'_>) -> bool {
    matches!(tree, Expr::Const(constant) if constant.value.is_none())
}
