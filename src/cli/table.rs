//! Tables whose columns line up on a terminal, where a Chinese character is two cells wide.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Rows under headings. A column whose name is empty in every place takes no room.
#[derive(Clone, Debug, Default)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

#[derive(Clone, Debug)]
struct Column {
    heading: String,
    side: Side,
    /// Cells that are wider are cut; `usize::MAX` never cuts.
    width_max: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// Between two columns.
const GAP: &str = "  ";

impl Table {
    pub fn new() -> Self {
        Table::default()
    }

    /// A column of words.
    pub fn words(self, heading: &str) -> Self {
        self.column(heading, Side::Left, usize::MAX)
    }

    /// A column of words, cut at a display width.
    pub fn words_to(self, heading: &str, width_max: usize) -> Self {
        self.column(heading, Side::Left, width_max)
    }

    /// A column of numbers.
    pub fn numbers(self, heading: &str) -> Self {
        self.column(heading, Side::Right, usize::MAX)
    }

    fn column(mut self, heading: &str, side: Side, width_max: usize) -> Self {
        self.columns.push(Column { heading: heading.to_owned(), side, width_max });
        self
    }

    /// Adds a row; missing cells are empty, further ones are dropped.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let mut cells: Vec<String> = cells.into_iter().map(|cell| clean(&cell.into(), false)).collect();
        cells.resize(self.columns.len(), String::new());
        for (cell, column) in cells.iter_mut().zip(&self.columns) {
            *cell = cut(cell, column.width_max);
        }
        self.rows.push(cells);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines, headings first, each indented by two and without spaces at its end.
    pub fn lines(&self) -> Vec<String> {
        let widths: Vec<usize> = (0..self.columns.len()).map(|index| self.width(index)).collect();
        let headings: Vec<String> = self.columns.iter().map(|column| column.heading.clone()).collect();
        let mut lines = Vec::with_capacity(self.rows.len() + 1);
        if headings.iter().any(|heading| !heading.is_empty()) {
            lines.push(self.line(&headings, &widths));
        }
        lines.extend(self.rows.iter().map(|row| self.line(row, &widths)));
        lines
    }

    fn width(&self, index: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.width());
        cells.chain([self.columns[index].heading.width()]).max().unwrap_or(0)
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::from(GAP);
        for ((cell, column), width) in cells.iter().zip(&self.columns).zip(widths) {
            let room = " ".repeat(width.saturating_sub(cell.width()));
            match column.side {
                Side::Left => line.extend([cell, &room, GAP]),
                Side::Right => line.extend([&room, cell, GAP]),
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// A count as a cell: nothing to see is a dash.
pub fn count(number: impl TryInto<u64>) -> String {
    match number.try_into() {
        Ok(0) | Err(_) => "-".to_owned(),
        Ok(number) => number.to_string(),
    }
}

/// The text cut to a display width, ending in `…` where something is missing.
pub fn cut(text: &str, width_max: usize) -> String {
    if text.width() <= width_max {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut width = 1;
    for c in text.chars() {
        width += c.width().unwrap_or(0);
        if width > width_max {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// Without what could steer a terminal or reorder a line: control characters become spaces, marks of direction
/// and zero-width characters go. Line ends stay only where the text may have several lines.
pub fn clean(text: &str, many_lines: bool) -> String {
    let kept = text.chars().filter(|c| {
        !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    });
    kept.map(|c| if c.is_control() && !(many_lines && c == '\n') { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_display_width() {
        let mut table = Table::new().words("路线").numbers("读取").words_to("标题", 10);
        table.row(["achievement", "1200", "高精度协作机器人"]);
        table.row(["企业", "7", "A\u{1b}[2J\nB"]);
        table.row(["only"]);
        assert_eq!(
            table.lines(),
            [
                "  路线         读取  标题",
                "  achievement  1200  高精度协…",
                "  企业            7  A [2J B",
                "  only",
            ]
        );
    }

    #[test]
    fn what_comes_from_data_cannot_steer_the_terminal() {
        for (given, many_lines, expect) in [
            ("a\u{1b}[31mb", false, "a [31mb"),
            ("a\nb", false, "a b"),
            ("a\nb\r", true, "a\nb "),
            ("\u{202e}gnp.exe\u{200b}", false, "gnp.exe"),
            ("淄博", false, "淄博"),
        ] {
            assert_eq!(clean(given, many_lines), expect, "{given:?}");
        }
    }

    #[test]
    fn a_cut_text_never_passes_its_width() {
        for width in 1..12 {
            assert!(cut("高精度robot机器人", width).width() <= width, "{width}");
        }
        assert_eq!(cut("高精度", 6), "高精度");
    }
}
