//! A draft as the file that a person goes on with.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::proposal::{Condition, Confidence, Draft, Group, Proposal, Tally, Unmatched};
use super::written::{key, list, one_line, quoted, sql_name};

/// The word by which a person finds what is left to decide.
pub const OPEN: &str = "待填";

/// Where comments behind a line start, in cells of a terminal.
const COMMENT_AT: usize = 50;

impl Draft {
    /// The route file.
    ///
    /// Shape: `function` is what the province calls the place where the kind is shown; `quote` is how the database
    ///        quotes names. What must be decided by a person is a comment with 待填, and the file does not pass
    ///        `qilu check` before it is filled.
    pub fn route_text(&self, function: &str, quote: char) -> String {
        let mut text = String::new();
        self.head(&mut text, function);
        self.source(&mut text, quote);
        text += "\n[fields]\n";
        for proposal in &self.fields {
            line(&mut text, &entry(proposal), &remark(proposal));
        }
        missing(&mut text, &self.unmatched);
        for group in &self.children {
            children(&mut text, group, quote);
        }
        self.basis(&mut text);
        self.rest(&mut text);
        text
    }

    fn head(&self, text: &mut String, function: &str) {
        let Draft { kind, title, platform, table, rows_sampled, .. } = self;
        let _ = write!(
            text,
            "# {title} → 省平台“{function}”\n#\n\
             # 这是 qilu propose 按表 {table} 拟的初稿（看了 {rows_sampled} 行）。写着“{OPEN}”的地方须由人决定，\n\
             # 没填之前 qilu check 不会放行；填好一处，去掉那一行行首的 #。\n\
             # 肯定 = 列名和取值都吻合；很可能 = 请核对；猜测 = 没有启用，去掉行首的 # 才生效。\n\n\
             kind = {}\nplatform = {}\n",
            quoted(kind),
            quoted(platform)
        );
        line(text, "# schedule = \"0 2 * * *\"", "手工试运行正常之后再打开：每天 02:00");
        if let Some(label) = &self.label {
            line(text, &format!("title = {}", quoted(label)), "人们怎么称呼一条记录");
        }
    }

    fn source(&self, text: &mut String, quote: char) {
        let _ = writeln!(text, "\n[source]\ndatabase = {}", quoted(&self.database));
        if self.lookups.is_empty() {
            let _ = writeln!(text, "table = {}", quoted(&self.table));
        } else {
            let _ = writeln!(text, "query = \"\"\"\n{}\n\"\"\"", self.query(quote).replace('\\', "\\\\"));
        }
        match (self.key.is_empty(), self.key_is_declared) {
            (true, _) => line(
                text,
                "# key = [\"\"]",
                &format!("{OPEN}：没有主键，也没有取值唯一的列；写上能认出一行的列"),
            ),
            (false, true) => line(text, &format!("key = {}", list(&self.key)), "主键"),
            (false, false) => {
                line(text, &format!("key = {}", list(&self.key)), "没有主键；这一列在样本里没有重复，请核对")
            }
        }
        if let Some((column, reason)) = &self.cursor {
            line(
                text,
                &format!("# cursor = {}", quoted(column)),
                &format!("{}；只读有变化的行，可不启用", reason.zh),
            );
        }
        tallies(text, &self.publish);
        let _ = writeln!(
            text,
            "# {OPEN}：哪些行可以报送？核对后去掉下一行行首的 #。结果为空(none)的行先留下等人处理"
        );
        let publish = if self.publish.expression.is_empty() { "" } else { self.publish.expression.as_str() };
        let unsure = match (publish.is_empty(), self.publish.is_clear) {
            (true, _) => "没有找到审核、删除、密级一类的列；全部报送就写 true",
            (false, true) => "",
            (false, false) => "数字的含义没有写明，这里取了最多的一种，务必核对",
        };
        line(text, &format!("# publish_when = {}", quoted(publish)), unsure);
        if !self.withdraw.expression.is_empty() {
            let mark = if self.withdraw.is_clear { "" } else { "# " };
            let unsure = if self.withdraw.is_clear {
                "标记了就撤回"
            } else {
                "可选；含义请核对后启用"
            };
            line(text, &format!("{mark}withdraw_when = {}", quoted(&self.withdraw.expression)), unsure);
        }
    }

    /// The table with the words behind its numbers.
    fn query(&self, quote: char) -> String {
        let name = |name: &str| sql_name(name, quote);
        let (mut columns, mut joins) = (String::new(), String::new());
        for (place, lookup) in self.lookups.iter().enumerate() {
            let alias = format!("z{}", place + 1);
            let _ = write!(columns, ", {alias}.{} AS {}", name(&lookup.content), name(&lookup.alias));
            let _ = write!(
                joins,
                " LEFT JOIN {} AS {alias} ON {alias}.{} = t.{}",
                name(&lookup.table),
                name(&lookup.id),
                name(&lookup.column)
            );
        }
        format!("SELECT t.*{columns}\nFROM {} AS t{joins}", name(&self.table))
    }

    fn basis(&self, text: &mut String) {
        let own = self.fields.iter().filter(|one| one.needs_basis && one.confidence > Confidence::Guess);
        let mut names: Vec<String> = own.map(|one| one.field.clone()).collect();
        for group in &self.children {
            names.extend(group.needs_basis.then(|| group.name.clone()));
            let inner =
                group.fields.iter().filter(|one| one.needs_basis && one.confidence > Confidence::Guess);
            names.extend(inner.map(|one| format!("{}.{}", group.name, one.field)));
        }
        if names.is_empty() {
            return;
        }
        let _ = writeln!(
            text,
            "\n[basis]\n# {OPEN}：个人信息必须写明依据（法律条款、承诺书或本人同意书），写好再去掉行首的 #；不报的字段请从上面删去"
        );
        for name in names {
            let _ = writeln!(text, "# {} = {}", key(&name), quoted(OPEN));
        }
    }

    fn rest(&self, text: &mut String) {
        if let Some(example) = &self.example {
            let _ = writeln!(
                text,
                "\n[[examples]]                                      # 样本中的一行，不含个人信息；qilu check 会执行\ngiven = {}\nexpect = {}",
                inline(&example.given),
                inline(&example.expect)
            );
        }
        if self.leftovers.is_empty() {
            return;
        }
        text.push_str("\n# 没有用到的列（括号里是样本，已脱敏）：\n");
        for left in &self.leftovers {
            let comment = if left.comment.is_empty() { String::new() } else { format!(" {}", left.comment) };
            let samples = if left.samples.is_empty() { "空".to_owned() } else { left.samples.join("、") };
            let _ = writeln!(
                text,
                "#   {} {}{comment}（{samples}）",
                one_line(&left.column, 60),
                left.declared_type
            );
        }
    }
}

/// A field's line; a guess is only a comment.
fn entry(proposal: &Proposal) -> String {
    let mark = if proposal.confidence == Confidence::Guess { "# " } else { "" };
    format!("{mark}{} = {}", key(&proposal.field), quoted(&proposal.expression))
}

fn remark(proposal: &Proposal) -> String {
    let is_open = proposal.required && proposal.confidence == Confidence::Guess;
    let open = if is_open { format!("{OPEN}（省里必填）：") } else { String::new() };
    let mut remark = format!("{open}{}：{}", proposal.confidence.words().0, proposal.reason.zh);
    if let Some(caution) = &proposal.caution {
        let _ = write!(remark, "。{}", caution.zh);
    }
    if !proposal.unmapped.is_empty() {
        let _ = write!(remark, "。还没有对照的值：{}", proposal.unmapped.join("、"));
    }
    one_line(&remark, 240)
}

/// Fields without a column: what the province asks for is marked, the rest is only named.
fn missing(text: &mut String, unmatched: &[Unmatched]) {
    let (required, optional): (Vec<_>, Vec<_>) = unmatched.iter().partition(|one| one.required);
    for one in required {
        let first = one.candidates.first().filter(|first| !is_elsewhere(first)).map_or("", String::as_str);
        let remark = format!("{OPEN}（省里必填）：{}{}", one.title, candidates(&one.candidates));
        line(text, &format!("# {} = {}", key(&one.field), quoted(first)), &remark);
    }
    if optional.is_empty() {
        return;
    }
    text.push_str("# 以下字段可以不报，没有找到合适的列：\n");
    for one in optional {
        let remark = format!("{}{}", one.title, candidates(&one.candidates));
        line(text, &format!("# {} = \"\"", key(&one.field)), &remark);
    }
}

/// A column of a related table, which a query would have to join.
fn is_elsewhere(candidate: &str) -> bool {
    !candidate.contains(" | ") && candidate.contains('.')
}

fn candidates(candidates: &[String]) -> String {
    if candidates.is_empty() { String::new() } else { format!("。候选：{}", candidates.join("；")) }
}

fn children(text: &mut String, group: &Group, quote: char) {
    let name = |name: &str| sql_name(name, quote);
    let mut columns: Vec<&str> = group.key.iter().chain(&group.order).map(String::as_str).collect();
    for one in &group.fields {
        if !columns.contains(&one.column.as_str()) {
            columns.push(&one.column);
        }
    }
    let columns: Vec<String> = columns.into_iter().map(name).collect();
    let query = format!("SELECT {} FROM {}", columns.join(", "), name(&group.table));
    let section = key(&group.name);
    let _ = writeln!(text, "\n[children.{section}]");
    line(text, &format!("query = {}", quoted(&query)), &format!("{}：{}", group.title, group.reason.zh));
    let _ = writeln!(text, "key = {}\n\n[children.{section}.fields]", list(&group.key));
    for one in &group.fields {
        line(text, &entry(one), &remark(one));
    }
    missing(text, &group.unmatched);
}

/// The values that a condition looks at, as comments.
fn tallies(text: &mut String, condition: &Condition) {
    for Tally { column, values } in &condition.columns {
        let shown: Vec<String> = values
            .iter()
            .map(|one| {
                let meaning =
                    if one.meaning.is_empty() { String::new() } else { format!("（{}）", one.meaning) };
                format!("{}{meaning} {} 行", one_line(&one.value, 24), one.count)
            })
            .collect();
        let _ = writeln!(text, "# {}：{}", one_line(column, 60), shown.join("，"));
    }
}

/// A line with its remark behind it.
fn line(text: &mut String, code: &str, remark: &str) {
    if remark.is_empty() {
        let _ = writeln!(text, "{code}");
        return;
    }
    let room = COMMENT_AT.saturating_sub(code.width()).max(2);
    let _ = writeln!(text, "{code}{}# {remark}", " ".repeat(room));
}

/// A JSON object as an inline table.
fn inline(object: &serde_json::Map<String, serde_json::Value>) -> String {
    fn value(json: &serde_json::Value) -> String {
        use serde_json::Value as Json;
        match json {
            Json::Null => quoted(""),
            Json::Bool(flag) => flag.to_string(),
            Json::Number(number) => number.to_string(),
            Json::String(text) => quoted(text),
            Json::Array(items) => format!("[{}]", items.iter().map(value).collect::<Vec<_>>().join(", ")),
            Json::Object(fields) => inline(fields),
        }
    }
    let entries: Vec<String> =
        object.iter().map(|(name, json)| format!("{} = {}", key(name), value(json))).collect();
    format!("{{ {} }}", entries.join(", "))
}
