//! Reads `config/routes/NAME.toml` into a `Route`.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value as Json};

use super::parse_cursor::read_cursor;
use super::parse_import::read_import;
use super::query::single_select;
use super::reader::nearest;
use super::{
    Act, Child, Example, FORM_CONSENT, FORM_KEY, Fault, Field, Flow, Limits, Located, Push, Reader, Relation,
    Route, Section, Source, Withdraw,
};
use crate::record::Complaint;

const ACTS: [(&str, Act); 3] = [("auto", Act::Auto), ("ask", Act::Ask), ("never", Act::Never)];

impl Route {
    /// The route of one file and everything that is wrong in it, in the order of the file.
    ///
    /// Shape: with faults there may still be a route, so that references can be checked in the same round; it
    ///        must not run.
    pub fn read(name: &str, file: &Path, text: &str) -> (Option<Route>, Vec<Fault>) {
        let reader = Reader::new(file, text);
        let tree = reader.parse();
        let route = read_route(name, text, &reader.root(&tree));
        (route, reader.into_faults())
    }
}

fn read_route(name: &str, text: &str, root: &Section<'_>) -> Option<Route> {
    let kind = root.need_text("kind").and_then(|kind| plain_name(root, "kind", kind));
    let platform = root.need_text("platform");
    let schedule = root.text("schedule");
    let import = root.word("direction", &[("push", false), ("import", true)]).unwrap_or(false);
    let flow = if import { read_import(root).map(Flow::Import) } else { read_push(root).map(Flow::Push) };
    root.finish();
    Some(Route {
        name: name.to_owned(),
        file: root.file().to_owned(),
        kind: kind?.value,
        platform: platform?.value,
        schedule,
        flow: flow?,
        text: text.to_owned(),
    })
}

fn read_push(root: &Section<'_>) -> Option<Push> {
    let title = root.text("title");
    let source = root.need_section("source");
    let form = source.as_ref().and_then(form_of);
    let source = source.and_then(|section| read_source(&section, form.as_ref()));
    // What a form asks for follows from its kind.
    let fields = if form.is_some() { root.section("fields") } else { root.need_section("fields") };
    let fields = fields.map(|section| read_fields(&section)).or(form.is_some().then(Vec::new));
    let children = root.section("children").map_or_else(Vec::new, |section| {
        let keys = source.as_ref().map(|source| source.key.len());
        section.all_sections().iter().filter_map(|(name, child)| read_child(name, child, keys)).collect()
    });
    let basis = root.section("basis");
    let limits = root.section("limits").map_or_else(Limits::default, |section| read_limits(&section));
    let examples = root.sections("examples").iter().filter_map(read_example).collect();
    if let Some(source) = &source
        && source.version.is_some()
        && (source.relation.table().is_none()
            || source.cursor.is_some()
            || !children.is_empty()
            || form.is_some())
        && let Some(section) = root.section("source")
    {
        section.complain_at("version", Complaint::new("Q1025"));
    }
    let fields = fields?;
    if let Some(section) = root.section("children") {
        for child in &children {
            one_place_each(&section, &fields, child);
        }
    }
    let known = form.is_none().then(|| names(&fields, &children));
    let basis = basis.map_or_else(Vec::new, |section| read_basis(&section, known));
    Some(Push { source: source?, fields, children, basis, title, limits, examples, form })
}

/// Where `form = true` stands.
fn form_of(source: &Section<'_>) -> Option<Located<()>> {
    source.flag("form").filter(|is_form| *is_form).map(|_| source.place_of("form"))
}

fn read_source(section: &Section<'_>, form: Option<&Located<()>>) -> Option<Source> {
    let database = section.need_text("database");
    let of_form = |form: &Located<()>, value: String| Located { value, line: form.line, column: form.column };
    let relation = match form {
        Some(form) if !section.has("query") && !section.has("table") => {
            Some(Relation::Table(of_form(form, String::new())))
        }
        _ => read_relation(section),
    };
    let key = match form {
        Some(form) if !section.has("key") => Some(vec![of_form(form, FORM_KEY.to_owned())]),
        _ => read_key(section),
    };
    let publish_when = match form {
        Some(form) if !section.has("publish_when") => {
            Some(of_form(form, format!("row['{FORM_CONSENT}'] | bool")))
        }
        _ => section.need_text("publish_when"),
    };
    let cursor = read_cursor(section);
    let version = section.word("version", &[("xmin", ())]).map(|()| section.place_of("version"));
    let withdraw_when = section.text("withdraw_when");
    let hold_when = section.text("hold_when");
    let withdraw = section.section("withdraw").and_then(|section| {
        section.miss("flag");
        section.miss("absence");
        let withdraw = section
            .word("flag", &ACTS)
            .zip(section.word("absence", &ACTS))
            .map(|(flag, absence)| Withdraw { flag, absence });
        section.finish();
        withdraw
    });
    section.finish();
    Some(Source {
        database: database?,
        relation: relation?,
        key: key?,
        cursor,
        version,
        publish_when: publish_when?,
        withdraw_when,
        hold_when,
        withdraw,
    })
}

/// A query or a plain table.
fn read_relation(section: &Section<'_>) -> Option<Relation> {
    let (query, table) = (section.text("query"), section.text("table"));
    if section.has("query") == section.has("table") {
        section.complain(Complaint::new("Q1007").fact("key", section.path()));
        return None;
    }
    if let Some(table) = table {
        return sql_name(section, "table", table).map(Relation::Table);
    }
    let query = query?;
    match single_select(&query) {
        Ok(select) => Some(Relation::Query(Located { value: select.to_owned(), ..query })),
        Err((byte, complaint)) => {
            section.complain_inside(&query, byte, complaint);
            None
        }
    }
}

pub(super) fn read_key(section: &Section<'_>) -> Option<Vec<Located<String>>> {
    let key = section.texts("key");
    section.miss("key");
    let key = key?;
    let mut seen = BTreeSet::new();
    for column in &key {
        if !seen.insert(&column.value) {
            section.complain_at("key", Complaint::new("Q1010").fact("key", "key").found(&column.value));
        }
    }
    if key.is_empty() {
        let complaint = Complaint::new("Q1004").fact("key", "key").fact("expected", "[\"…\"]");
        section.complain_at("key", complaint.found("[]"));
        return None;
    }
    key.into_iter().map(|column| sql_name(section, "key", column)).collect()
}

fn read_child(name: &Located<String>, section: &Section<'_>, parent_keys: Option<usize>) -> Option<Child> {
    let relation = read_relation(section);
    let key = read_key(section);
    let fields = section.need_section("fields").map(|section| read_fields(&section));
    section.finish();
    let key = key?;
    if let Some(expected) = parent_keys
        && expected != key.len()
    {
        let complaint = Complaint::new("Q1009").fact("key", format!("{}.key", section.path()));
        section.complain_at("key", complaint.found(key.len()).fact("expected", expected));
    }
    Some(Child { name: name.clone(), relation: relation?, key, fields: fields? })
}

/// Fields in the order of the file. A name may be dotted, but no field may be inside another.
fn read_fields(section: &Section<'_>) -> Vec<Field> {
    let fields: Vec<_> =
        section.all_texts_deep().into_iter().map(|(name, expression)| Field { name, expression }).collect();
    if fields.is_empty() {
        section.complain(Complaint::new("Q1018").fact("key", section.path()));
    }
    for (index, field) in fields.iter().enumerate() {
        let name = field.name.as_str();
        let inside = |outer: &str| name.strip_prefix(outer).is_some_and(|tail| tail.starts_with('.'));
        let double = fields[..index].iter().any(|earlier| earlier.name.value == name);
        let nested = fields.iter().any(|other| inside(&other.name));
        if double || nested {
            let complaint = Complaint::new("Q1010").fact("key", section.path()).found(name);
            section.complain_located(&field.name, complaint);
        }
        if name.split('.').any(str::is_empty) {
            let complaint = Complaint::new("Q1004").fact("key", section.path()).found(name);
            section.complain_located(&field.name, complaint.fact("expected", "name, name.name"));
        }
    }
    fields
}

/// A group of children and a field must not claim the same place in the document.
fn one_place_each(section: &Section<'_>, fields: &[Field], child: &Child) {
    let name = child.name.as_str();
    let claims = |field: &Field| field.name.split('.').next() == Some(name);
    if fields.iter().any(claims) {
        let complaint = Complaint::new("Q1010").fact("key", section.path()).found(name);
        section.complain_located(&child.name, complaint);
    }
}

/// Everything that a route fills.
fn names(fields: &[Field], children: &[Child]) -> Vec<String> {
    let own = fields.iter().map(|field| field.name.value.clone());
    let inner = children.iter().flat_map(|child| {
        let inside = child.fields.iter().map(|field| format!("{}.{}", child.name.value, field.name.value));
        std::iter::once(child.name.value.clone()).chain(inside)
    });
    own.chain(inner).collect()
}

/// `known`: the names that may stand there, as far as they are known already.
fn read_basis(section: &Section<'_>, known: Option<Vec<String>>) -> Vec<(Located<String>, String)> {
    let mut basis = Vec::new();
    for (field, reason) in section.all_texts_deep() {
        if let Some(known) = known.as_ref().filter(|known| !known.contains(&field.value)) {
            let near = nearest(&field, known.iter().map(String::as_str)).unwrap_or("-");
            let complaint = Complaint::new("Q1006").fact("key", section.path()).found(&field.value);
            section.complain_located(&field, complaint.fact("near", near));
        } else if reason.trim().is_empty() {
            section.complain_located(
                &field,
                Complaint::new("Q1002").fact("key", format!("basis.{}", field.value)),
            );
        }
        basis.push((field, reason.value));
    }
    basis
}

fn read_limits(section: &Section<'_>) -> Limits {
    let default = Limits::default();
    let limits = Limits {
        max_withdraw_ratio: section.ratio("max_withdraw_ratio").unwrap_or(default.max_withdraw_ratio),
        max_withdraw_count: section.number("max_withdraw_count").unwrap_or(default.max_withdraw_count),
        max_change_ratio: section.ratio("max_change_ratio").unwrap_or(default.max_change_ratio),
        small_count: section.number("small_count").unwrap_or(default.small_count),
        absence_grace: section.duration("absence_grace").unwrap_or(default.absence_grace),
    };
    section.finish();
    limits
}

fn read_example(section: &Section<'_>) -> Option<Example> {
    let given = read_object(section, "given");
    let expect = read_object(section, "expect");
    section.finish();
    Some(Example { given: given?, expect: expect?, at: section.place() })
}

fn read_object(section: &Section<'_>, key: &str) -> Option<Map<String, Json>> {
    section.miss(key);
    match section.json(key)? {
        Json::Object(object) => Some(object),
        other => {
            let complaint = Complaint::new("Q1004").fact("key", format!("examples.{key}"));
            section.complain_at(key, complaint.found(other).fact("expected", "{ … = … }"));
            None
        }
    }
}

/// A name that may stand in quotes in a query.
pub(super) fn sql_name(section: &Section<'_>, key: &str, name: Located<String>) -> Option<Located<String>> {
    if !name.is_empty() && !name.contains(char::is_control) {
        return Some(name);
    }
    let complaint = Complaint::new("Q1004").fact("key", key).found(name.escape_debug());
    section.complain_at(key, complaint.fact("expected", "a name of the database"));
    None
}

/// A name that may stand in a path.
fn plain_name(section: &Section<'_>, key: &str, name: Located<String>) -> Option<Located<String>> {
    if super::is_plain_name(&name) {
        return Some(name);
    }
    let complaint = Complaint::new("Q1004").fact("key", key).found(&name.value);
    section.complain_at(key, complaint.fact("expected", "a-z, 0-9, _, -"));
    None
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const PUSH: &str = r#"
kind = "achievement"
platform = "shandong"
schedule = "0 2 * * *"
title = "cgmc"

[source]
database = "market"
table = "t_cg"
key = ["id"]
publish_when = "mj == '公开' and shzt == 2"
withdraw_when = "del_flag == 1"
withdraw = { flag = "auto", absence = "ask" }

[fields]
title = "cgmc | text"
contact.phone = "lxdh | phone"
"contact.name" = "row['联系 人']"

[children.applicants]
query = """
SELECT * FROM t_cg_wcr
ORDER BY px;
"""
key = ["cg_id"]
[children.applicants.fields]
name = "xm | text"

[basis]
"contact.phone" = "第 9 条"
applicants.name = "本人同意（tysfgk）"

[limits]
max_withdraw_count = 7
absence_grace = "2d"

[[examples]]
given = { id = 7, cgmc = " 机器人 ", since = 2026-05-01 }
expect = { title = "机器人" }
"#;

    fn read(text: &str) -> (Option<Route>, Vec<(usize, usize, String)>) {
        let (route, faults) = Route::read("r", Path::new("config/routes/r.toml"), text);
        let short = |fault: Fault| (fault.line, fault.column, fault.complaint.id);
        (route, faults.into_iter().map(short).collect())
    }

    fn push(text: &str) -> Push {
        let (route, faults) = read(text);
        assert_eq!(faults, []);
        match route.map(|route| route.flow) {
            Some(Flow::Push(push)) => push,
            other => panic!("not a push route: {other:?}"),
        }
    }

    #[test]
    fn a_push_route_is_read_whole() {
        let push = push(PUSH);
        assert_eq!(push.source.relation.table().map(|table| table.as_str()), Some("t_cg"));
        assert_eq!(push.source.withdraw, Some(Withdraw { flag: Act::Auto, absence: Act::Ask }));
        let names: Vec<_> = push.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["title", "contact.phone", "contact.name"]);
        assert_eq!(push.children[0].relation.text().value, "SELECT * FROM t_cg_wcr\nORDER BY px");
        assert_eq!(push.children[0].relation.text().line, 22);
        assert_eq!(push.basis.len(), 2);
        assert_eq!(push.basis[1].0.value, "applicants.name");
        assert_eq!(
            push.limits,
            Limits {
                max_withdraw_count: 7,
                absence_grace: Duration::from_secs(172_800),
                ..Limits::default()
            }
        );
        assert_eq!(push.examples[0].given["since"], "2026-05-01");
        assert_eq!(push.examples[0].expect["title"], "机器人");
    }

    #[test]
    fn a_text_knows_the_place_of_its_first_character() {
        let push = push(PUSH);
        let when = &push.source.publish_when;
        let line = PUSH.lines().nth(when.line - 1).unwrap_or_default();
        let rest: String = line.chars().skip(when.column - 1).collect();
        assert!(rest.starts_with("mj == "), "{rest}");
    }

    #[test]
    fn a_form_leaves_out_what_follows_from_its_kind() {
        let text = "kind = 'achievement'\nplatform = 'shandong'\n[source]\ndatabase = 'forms'\nform = true\n\
                    [basis]\ncontact = '征集表'\n";
        let push = push(text);
        assert_eq!(push.form, Some(Located { value: (), line: 5, column: 8 }));
        assert_eq!(push.source.key[0].value, "编号");
        assert_eq!(push.source.publish_when.value, "row['同意报送'] | bool");
        assert!(push.fields.is_empty() && push.children.is_empty() && push.basis.len() == 1);
        let own =
            text.replace("form = true", "form = true\ntable = 't'\nkey = ['a', 'b']\npublish_when = 'true'");
        let push = self::push(&own);
        assert_eq!((push.source.relation.text().as_str(), push.source.key.len()), ("t", 2));
        let without = text.replace("form = true", "form = false");
        let found: Vec<_> = read(&without).1.into_iter().map(|(_, _, id)| id).collect();
        assert_eq!(found, ["Q1002", "Q1007", "Q1002", "Q1002"]);
    }

    #[test]
    fn an_import_route_is_read_whole() {
        let text = "direction = 'import'\nkind = 'achievement'\nplatform = 'shandong'\n[target]\ndatabase = 'market'\n\
                    table = 't_wd'\nkey = ['sid']\norigin_column = 'ly'\nconflict = 'local_wins'\n[columns]\n\
                    '成果名称' = 'title | text'\n";
        let (route, faults) = read(text);
        assert_eq!(faults, []);
        let Some(Flow::Import(import)) = route.map(|route| route.flow) else { panic!("not an import") };
        assert_eq!(import.target.key.value, "sid");
        assert_eq!(import.target.conflict, crate::config::Conflict::LocalWins);
        assert_eq!(import.columns[0].name.value, "成果名称");
    }

    #[test]
    fn each_slip_is_told_with_its_place() {
        type Slip<'a> = (&'a str, &'a str, &'a [(usize, &'a str)]);
        let rows: &[Slip<'_>] = &[
            ("kind = \"achievement\"", "kind = \"../x\"", &[(2, "Q1004")]),
            ("kind = \"achievement\"", "kind = 3", &[(2, "Q1004")]),
            ("platform =", "plattform =", &[(1, "Q1002"), (3, "Q1003")]),
            ("table = \"t_cg\"", "table = \"t_cg\"\nquery = \"SELECT 1\"", &[(7, "Q1007")]),
            ("table = \"t_cg\"", "query = \"SELECT 1;\\nDROP TABLE t\"", &[(9, "Q1021")]),
            ("table = \"t_cg\"", "query = \"\"\"\nSELECT 1\nFROM (t\"\"\"", &[(10, "Q1022")]),
            ("publish_when = ", "publish_if = ", &[(7, "Q1002"), (11, "Q1003")]),
            ("key = [\"id\"]", "key = []", &[(10, "Q1004")]),
            ("key = [\"id\"]", "key = [\"id\", \"nf\"]", &[(25, "Q1009")]),
            ("key = [\"id\"]", "key = [\"id\", \"id\"]", &[(10, "Q1010"), (25, "Q1009")]),
            ("absence_grace = \"2d\"", "absence_grace = '2 days'", &[(35, "Q1004")]),
            ("flag = \"auto\"", "flag = \"yes\"", &[(13, "Q1004")]),
            ("flag = \"auto\", ", "", &[(13, "Q1002")]),
            ("\"contact.name\" =", "\"contact.phone.mobile\" =", &[(18, "Q1010")]),
            ("title = \"cgmc | text\"", "applicants = \"cgmc | text\"", &[(20, "Q1010")]),
            ("title = \"cgmc | text\"", "title = 7", &[(16, "Q1004")]),
            ("\"contact.phone\" = \"第", "\"contact.fone\" = \"第", &[(30, "Q1006")]),
            ("max_withdraw_count = 7", "max_withdraw_count = -7", &[(34, "Q1004")]),
            ("expect = { title", "expects = { title", &[(37, "Q1002"), (39, "Q1003")]),
            ("platform = \"shandong\"", "platform = \"shandong", &[(3, "Q1001")]),
        ];
        for (from, to, expect) in rows {
            assert!(PUSH.contains(from), "{from}");
            let (_, faults) = read(&PUSH.replacen(from, to, 1));
            let found: Vec<_> = faults.iter().map(|(line, _, id)| (*line, id.as_str())).collect();
            assert_eq!(found, *expect, "{to}");
        }
    }
}
