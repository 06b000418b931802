//! One table of texts as an SQLite file, made in memory.
//!
//! Pure: the same rows give the same bytes, so that the file can be stored, hashed and committed to before anybody
//! carries it, which a database engine with its own files and clocks could not promise.
//! Source: "Database File Format", sqlite.org/fileformat2.html.

const PAGE: usize = 4096;
/// The most of a row that stands on its page, and the least that does where it overflows (§1.6 of the format).
const LOCAL_MAX: usize = PAGE - 35;
const LOCAL_MIN: usize = (PAGE - 12) * 32 / 255 - 23;
/// What one overflow page holds besides the number of the next.
const OVERFLOW: usize = PAGE - 4;
const LEAF: u8 = 0x0d;
const INTERIOR: u8 = 0x05;
const FILE_HEADER: usize = 100;

/// A database with one table: `columns` of type TEXT, rows in order, `None` for NULL. Rows that are shorter than the
/// columns end in NULLs.
pub fn database(table: &str, columns: &[String], rows: &[Vec<Option<String>>]) -> Vec<u8> {
    // Page 1 is the schema's; its number is known only when the table is complete.
    let mut pages = Pages(vec![vec![0; PAGE]]);
    let mut level = pages.leaves(rows);
    while level.len() > 1 {
        level = pages.interiors(&level);
    }
    let root = level.first().map_or(2, |node| node.page);
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let declared: Vec<String> = columns.iter().map(|column| format!("{} TEXT", quoted(column))).collect();
    let sql = format!("CREATE TABLE {} ({})", quoted(table), declared.join(", "));
    let schema = record(&[
        Cell::Text("table"),
        Cell::Text(table),
        Cell::Text(table),
        Cell::Whole(root),
        Cell::Text(&sql),
    ]);
    let cell = pages.leaf_cell(1, &schema);
    let count = pages.0.len() as u32;
    pages.0[0] = first_page(&cell, count);
    pages.0.concat()
}

/// A page of the tree and the greatest row number below it.
#[derive(Clone, Copy)]
struct Node {
    page: u32,
    last: u64,
}

/// All pages so far; the first has number 1.
struct Pages(Vec<Vec<u8>>);

impl Pages {
    fn push(&mut self, page: Vec<u8>) -> u32 {
        self.0.push(page);
        self.0.len() as u32
    }

    fn leaves(&mut self, rows: &[Vec<Option<String>>]) -> Vec<Node> {
        let mut nodes = Vec::new();
        let mut page = Filling::new(LEAF);
        let mut last = 0;
        for (row, number) in rows.iter().zip(1_u64..) {
            let cells: Vec<Cell<'_>> =
                row.iter().map(|cell| cell.as_deref().map_or(Cell::Null, Cell::Text)).collect();
            let cell = self.leaf_cell(number, &record(&cells));
            if !page.fits(&cell) {
                let full = std::mem::replace(&mut page, Filling::new(LEAF));
                nodes.push(Node { page: self.push(full.finish(0)), last });
            }
            page.push(cell);
            last = number;
        }
        nodes.push(Node { page: self.push(page.finish(0)), last });
        nodes
    }

    fn interiors(&mut self, below: &[Node]) -> Vec<Node> {
        let mut nodes = Vec::new();
        let mut page = Filling::new(INTERIOR);
        // The last child of a page stands in its header and not among its cells.
        let mut waiting: Option<Node> = None;
        for node in below {
            if let Some(before) = waiting.take() {
                let mut cell = before.page.to_be_bytes().to_vec();
                push_varint(&mut cell, before.last);
                if page.fits(&cell) {
                    page.push(cell);
                } else {
                    let full = std::mem::replace(&mut page, Filling::new(INTERIOR));
                    nodes.push(Node { page: self.push(full.finish(before.page)), last: before.last });
                }
            }
            waiting = Some(*node);
        }
        if let Some(last) = waiting {
            nodes.push(Node { page: self.push(page.finish(last.page)), last: last.last });
        }
        nodes
    }

    /// A row's cell; what does not fit on a page goes onto pages of its own.
    fn leaf_cell(&mut self, number: u64, payload: &[u8]) -> Vec<u8> {
        let mut cell = Vec::with_capacity(payload.len().min(LOCAL_MAX) + 20);
        push_varint(&mut cell, payload.len() as u64);
        push_varint(&mut cell, number);
        if payload.len() <= LOCAL_MAX {
            cell.extend_from_slice(payload);
            return cell;
        }
        let surplus = LOCAL_MIN + (payload.len() - LOCAL_MIN) % OVERFLOW;
        let local = if surplus <= LOCAL_MAX { surplus } else { LOCAL_MIN };
        cell.extend_from_slice(&payload[..local]);
        let chunks: Vec<&[u8]> = payload[local..].chunks(OVERFLOW).collect();
        let first = self.0.len() as u32 + 1;
        cell.extend_from_slice(&first.to_be_bytes());
        for (index, chunk) in chunks.iter().enumerate() {
            let next = if index + 1 == chunks.len() { 0 } else { first + index as u32 + 1 };
            let mut page = next.to_be_bytes().to_vec();
            page.extend_from_slice(chunk);
            page.resize(PAGE, 0);
            self.push(page);
        }
        cell
    }
}

/// A page of the tree that is being filled.
struct Filling {
    kind: u8,
    cells: Vec<Vec<u8>>,
    used: usize,
}

impl Filling {
    fn new(kind: u8) -> Self {
        Filling { kind, cells: Vec::new(), used: if kind == LEAF { 8 } else { 12 } }
    }

    fn fits(&self, cell: &[u8]) -> bool {
        self.used + cell.len() + 2 <= PAGE
    }

    fn push(&mut self, cell: Vec<u8>) {
        self.used += cell.len() + 2;
        self.cells.push(cell);
    }

    fn finish(self, rightmost: u32) -> Vec<u8> {
        let mut page = vec![0; PAGE];
        write_tree_page(&mut page, 0, self.kind, &self.cells, rightmost);
        page
    }
}

/// The page's header at `at`, its cells from the end of the page backwards.
fn write_tree_page(page: &mut [u8], at: usize, kind: u8, cells: &[Vec<u8>], rightmost: u32) {
    let header = if kind == LEAF { 8 } else { 12 };
    let mut end = PAGE;
    for (index, cell) in cells.iter().enumerate() {
        end -= cell.len();
        page[end..end + cell.len()].copy_from_slice(cell);
        let pointer = at + header + index * 2;
        page[pointer..pointer + 2].copy_from_slice(&(end as u16).to_be_bytes());
    }
    page[at] = kind;
    page[at + 3..at + 5].copy_from_slice(&(cells.len() as u16).to_be_bytes());
    page[at + 5..at + 7].copy_from_slice(&(end as u16).to_be_bytes());
    if kind == INTERIOR {
        page[at + 8..at + 12].copy_from_slice(&rightmost.to_be_bytes());
    }
}

fn first_page(schema: &[u8], pages: u32) -> Vec<u8> {
    let mut page = vec![0; PAGE];
    page[..16].copy_from_slice(b"SQLite format 3\0");
    page[16..18].copy_from_slice(&(PAGE as u16).to_be_bytes());
    // Rollback journal for reading and writing; no bytes reserved; the three fixed fractions.
    page[18..24].copy_from_slice(&[1, 1, 0, 64, 32, 32]);
    let whole =
        |page: &mut [u8], at: usize, number: u32| page[at..at + 4].copy_from_slice(&number.to_be_bytes());
    // Change counter, pages, schema cookie, schema format, UTF-8, and once more the counter with the version it is for.
    for (at, number) in [(24, 1), (28, pages), (40, 1), (44, 4), (56, 1), (92, 1), (96, 3_045_000)] {
        whole(&mut page, at, number);
    }
    write_tree_page(&mut page, FILE_HEADER, LEAF, &[schema.to_vec()], 0);
    page
}

enum Cell<'a> {
    Null,
    Text(&'a str),
    Whole(u32),
}

/// A row in the record format: header of types, then the values.
fn record(cells: &[Cell<'_>]) -> Vec<u8> {
    let mut types = Vec::new();
    let mut values = Vec::new();
    for cell in cells {
        match cell {
            Cell::Null => push_varint(&mut types, 0),
            Cell::Text(text) => {
                push_varint(&mut types, 13 + 2 * text.len() as u64);
                values.extend_from_slice(text.as_bytes());
            }
            Cell::Whole(number) => {
                push_varint(&mut types, 6);
                values.extend_from_slice(&i64::from(*number).to_be_bytes());
            }
        }
    }
    // The header's length counts itself.
    let mut length = types.len() + 1;
    while varint_bytes(length as u64) + types.len() != length {
        length = varint_bytes(length as u64) + types.len();
    }
    let mut record = Vec::with_capacity(length + values.len());
    push_varint(&mut record, length as u64);
    record.extend_from_slice(&types);
    record.extend_from_slice(&values);
    record
}

fn varint_bytes(number: u64) -> usize {
    let mut bytes = Vec::with_capacity(9);
    push_varint(&mut bytes, number);
    bytes.len()
}

/// Seven bits a byte, the highest first. Numbers here stay below 2^56, so that the nine-byte form never occurs.
fn push_varint(out: &mut Vec<u8>, number: u64) {
    let bits = (64 - number.leading_zeros()).max(1);
    for group in (0..bits.div_ceil(7)).rev() {
        let byte = (number >> (group * 7)) as u8 & 0x7f;
        out.push(if group == 0 { byte } else { byte | 0x80 });
    }
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{ConnectOptions, Connection, Row as _};

    use super::*;

    async fn read_back(bytes: &[u8]) -> (String, Vec<(i64, Option<String>, Option<String>)>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let mut connection =
            SqliteConnectOptions::new().filename(file.path()).read_only(true).connect().await.unwrap();
        let check = sqlx::query("pragma integrity_check").fetch_one(&mut connection).await.unwrap();
        let rows = sqlx::query("select rowid, \"CORP_CD\", \"带\"\"引号\" from \"T\" order by rowid");
        let rows = rows.fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        (check.get(0), rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
    }

    #[tokio::test]
    async fn the_engine_reads_every_size_of_table_and_finds_nothing_wrong() {
        let columns = ["CORP_CD".to_owned(), "带\"引号".to_owned()];
        for count in [0_usize, 1, 7, 400, 60_000] {
            let row =
                |n: usize| vec![Some(format!("{n}")), (!n.is_multiple_of(3)).then(|| "淄博".repeat(n % 40))];
            let rows: Vec<_> = (0..count).map(row).collect();
            let (check, found) = read_back(&database("T", &columns, &rows)).await;
            assert_eq!((check.as_str(), found.len()), ("ok", count));
            for (index, (number, one, other)) in found.into_iter().enumerate() {
                assert_eq!((number, vec![one, other]), (index as i64 + 1, rows[index].clone()));
            }
        }
    }

    #[tokio::test]
    async fn long_texts_overflow_at_every_edge() {
        let columns = ["CORP_CD".to_owned(), "带\"引号".to_owned()];
        let lengths = [480, 489, 490, 4050, 4061, 4062, 4070, 4581, 4600, 8153, 8200, 100_000];
        let rows: Vec<_> = lengths.iter().map(|length| vec![Some("x".repeat(*length)), None]).collect();
        let (check, found) = read_back(&database("T", &columns, &rows)).await;
        assert_eq!(check, "ok");
        let back: Vec<usize> = found.iter().map(|(_, text, _)| text.as_ref().unwrap().len()).collect();
        assert_eq!(back, lengths);
    }
}
