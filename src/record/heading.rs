//! The heading of a column as people write it in a sheet, and the name it stands for.

/// The column's name in a heading.
///
/// Shape: full width becomes half width; blanks, line breaks and required marks (`*`, 必填) go. Of brackets at the
///        end, help such as `（先进制造业、农业等）` goes, and what tells two columns apart stays: a unit, a kind.
///        `意向价格（万元）*` is `意向价格(万元)`.
pub fn heading(written: &str) -> String {
    let plain: String = written.chars().filter(|c| !is_blank(*c)).map(half_width).collect();
    let mut name = plain.trim_matches(is_mark);
    let mut kept = Vec::new();
    while let Some((before, inside)) = last_bracket(name) {
        if !is_help(inside) {
            kept.push(inside);
        }
        name = before.trim_matches(is_mark);
    }
    let mut name = name.to_owned();
    for inside in kept.into_iter().rev() {
        name.push('(');
        name.push_str(inside);
        name.push(')');
    }
    name
}

/// Whether somebody who asks for a column by `asked` may mean the one that is called `column`: the same heading, or
/// one that only adds a bracket. `意向价格` finds `意向价格(万元)`; `意向价格(元)` does not.
pub fn is_heading_of(asked: &str, column: &str) -> bool {
    let (asked, column) = (heading(asked), heading(column));
    let same = |one: &str| one.eq_ignore_ascii_case(&asked) && !one.is_empty();
    same(&column) || last_bracket(&column).is_some_and(|(before, _)| same(before))
}

/// More than this in a bracket explains the column instead of naming it.
const NAME_CHARS_MAX: usize = 8;

/// `价格(万元)` → `价格`, `万元`. `None` where no bracket closes the text, or nothing stands before it.
fn last_bracket(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_suffix([')', ']', '】'])?;
    let open = inner.rfind(['(', '[', '【']).filter(|open| *open > 0)?;
    let inside = &inner[open..];
    let inside = inside.trim_start_matches(['(', '[', '【']);
    Some((&inner[..open], inside))
}

fn is_help(inside: &str) -> bool {
    let says = |word: &str| inside.contains(word);
    inside.is_empty()
        || inside.chars().count() > NAME_CHARS_MAX
        || inside.contains(['、', ',', ';', '/', '|', '。', ':'])
        || ["填", "选", "如", "请", "例", "格式", "不超过", "不少于", "以内", "限", "说明"]
            .into_iter()
            .any(says)
}

fn is_mark(c: char) -> bool {
    matches!(c, '*' | '★' | '※' | '•' | ':')
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200d}' | '\u{feff}' | '\u{2060}')
}

fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_keeps_its_name_and_its_unit_and_loses_its_help() {
        let rows = [
            ("成果名称", "成果名称"),
            (" 成 果\n名　称 ", "成果名称"),
            ("*成果名称", "成果名称"),
            ("成果名称＊（必填）", "成果名称"),
            ("技术领域（先进制造业、农业、生物医药、现代服务业及其他）", "技术领域"),
            ("出生日期（如1990-01-01）", "出生日期"),
            ("关键词（多项用、隔开）*", "关键词"),
            ("意向价格（万元）", "意向价格(万元)"),
            ("意向价格（万元）（必填）", "意向价格(万元)"),
            ("金额(合同)", "金额(合同)"),
            ("学院(所)", "学院(所)"),
            ("２０２３年(上半年)收入", "2023年(上半年)收入"),
            ("代表作 DOI", "代表作DOI"),
            ("（备注）", "(备注)"),
            ("联系电话：", "联系电话"),
            ("", ""),
            ("*", ""),
            ("()", "()"),
        ];
        for (written, expect) in rows {
            assert_eq!(heading(written), expect, "{written}");
            assert_eq!(heading(expect), expect, "once more: {written}");
        }
    }

    #[test]
    fn a_column_is_found_by_what_people_call_it_but_never_under_another_unit() {
        let rows = [
            ("价格(万元)", "价格（万元）", true),
            ("价格（万元）*", "价格(万元)", true),
            ("价格", "价格(万元)", true),
            ("价格(元)", "价格(万元)", false),
            ("价格(万元)", "价格", false),
            ("doi", "DOI", true),
            ("", "", false),
        ];
        for (asked, column, expect) in rows {
            assert_eq!(is_heading_of(asked, column), expect, "{asked} {column}");
        }
    }
}
