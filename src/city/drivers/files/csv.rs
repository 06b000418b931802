//! Texts with separators: of any encoding that a city's programs write, separated by what their headings show.

use std::cell::Cell as Counter;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::cell::Cell;
use super::headings::Numbered;
use super::staging::{Out, broken};
use crate::record::Complaint;

/// The table of the file.
pub fn read(path: &Path, out: &mut Out<'_>) -> Result<(), Complaint> {
    walk(path, &mut |rows| out.sheet(path, None, rows, false))
}

type Rows<'r> = dyn Iterator<Item = Result<Numbered, Complaint>> + 'r;

/// Calls somebody with the rows, numbered by the line on which each begins; blank lines are no rows.
pub fn walk(
    path: &Path,
    look: &mut dyn FnMut(&mut Rows<'_>) -> Result<(), Complaint>,
) -> Result<(), Complaint> {
    let fail = |error: &io::Error| broken(path, None, 0, error);
    let encoding = encoding_of(path).map_err(|error| fail(&error))?;
    let mut text = open(path, encoding).map_err(|error| fail(&error))?;
    let mut head = Vec::new();
    text.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(|error| fail(&error))?;
    let quotes = Rc::new(Counter::new(0));
    let separator = separator_of(&head);
    let lines = Lines { text: io::Cursor::new(head).chain(text), quotes: quotes.clone(), last: b'\n' };
    let mut builder = csv::ReaderBuilder::new();
    let reader = builder.has_headers(false).flexible(true).delimiter(separator).from_reader(lines);
    let record = csv::ByteRecord::new();
    look(&mut Records { path, reader, record, encoding, quotes, line: 0, done: false })
}

/// As much of a file as is looked at in search of its separator.
const HEAD_BYTES: u64 = 64 * 1024;
/// A spreadsheet's cell holds 32,767 characters; what is longer has lost its closing quotation mark.
const CELL_BYTES_MAX: usize = 1024 * 1024;

struct Records<'p, R> {
    path: &'p Path,
    reader: csv::Reader<R>,
    record: csv::ByteRecord,
    encoding: &'static Encoding,
    quotes: Rc<Counter<u64>>,
    /// On which the last record begins.
    line: u64,
    done: bool,
}

impl<R: Read> Iterator for Records<'_, R> {
    type Item = Result<Numbered, Complaint>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let (began, ended) = (self.line, self.reader.position().line());
        let found = self.reader.read_byte_record(&mut self.record);
        if let Ok(true) = found {
            // Where the reader was before it passed blank lines says nothing; where it is now does.
            let within = self.record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
            self.line = self.reader.position().line().saturating_sub(within + 1);
        }
        let line = self.line;
        self.done = !matches!(found, Ok(true));
        match found {
            Err(error) => Some(Err(broken(self.path, None, line, &error))),
            // A mark that was never closed has swallowed the lines to the end of the file.
            Ok(false) if self.quotes.get() % 2 == 1 && ended > began + 1 => {
                Some(Err(broken(self.path, None, began, &UNCLOSED)))
            }
            Ok(false) => None,
            Ok(true) if self.record.iter().any(|field| field.len() > CELL_BYTES_MAX) => {
                self.done = true;
                Some(Err(broken(self.path, None, line, &UNCLOSED)))
            }
            Ok(true) => Some(Ok((line, self.record.iter().map(|field| self.cell(field)).collect()))),
        }
    }
}

const UNCLOSED: &str = "a quotation mark is not closed";

impl<R> Records<'_, R> {
    fn cell(&self, field: &[u8]) -> Cell {
        // UTF-16 has become UTF-8 on the way in.
        let encoding = if self.encoding == GB18030 { GB18030 } else { UTF_8 };
        match encoding.decode_without_bom_handling_and_without_replacement(field) {
            Some(text) => Cell::text(&text),
            None => Cell::Refused("Q2063", encoding.decode_without_bom_handling(field).0.into_owned()),
        }
    }
}

/// By its byte order mark; else UTF-8 where it is that, but for a few broken places; else GB18030, which contains
/// GBK and GB 2312.
fn encoding_of(path: &Path) -> io::Result<&'static Encoding> {
    /// Chinese in another encoding is hardly ever a character of UTF-8: one broken place to so many is damage.
    const SOUND_TO_ONE_BROKEN: u64 = 10;
    let mut file = BufReader::new(File::open(path)?);
    let mut bytes = vec![0; 64 * 1024];
    let mut text = String::with_capacity(bytes.len() * 3);
    let (mut sound, mut broken) = (0_u64, 0_u64);
    let mut decoder: Option<Decoder> = None;
    loop {
        let count = file.read(&mut bytes)?;
        if decoder.is_none()
            && let Some((marked, _)) = Encoding::for_bom(&bytes[..count])
        {
            return Ok(marked);
        }
        let decoder = decoder.get_or_insert_with(|| UTF_8.new_decoder_without_bom_handling());
        let mut rest = &bytes[..count];
        loop {
            text.clear();
            let (result, read) = decoder.decode_to_string_without_replacement(rest, &mut text, count == 0);
            sound += text.chars().filter(|c| !c.is_ascii()).count() as u64;
            rest = &rest[read..];
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => (),
                DecoderResult::Malformed(..) => broken += 1,
            }
        }
        if count == 0 {
            return Ok(if sound >= broken * SOUND_TO_ONE_BROKEN { UTF_8 } else { GB18030 });
        }
    }
}

/// The file without its mark; UTF-16 as UTF-8. GB18030 stays as it is: none of its later bytes is a separator, a
/// quotation mark or the end of a line, so that a damaged character spoils one cell only.
fn open(path: &Path, encoding: &'static Encoding) -> io::Result<Box<dyn Read>> {
    let mut file = BufReader::new(File::open(path)?);
    let mut mark = [0; 3];
    let count = read_full(&mut file, &mut mark)?;
    let skipped = Encoding::for_bom(&mark[..count]).map_or(0, |(_, length)| length);
    let text = io::Cursor::new(mark[skipped..count].to_vec()).chain(file);
    if encoding == UTF_16LE || encoding == UTF_16BE {
        let decoder = encoding.new_decoder_without_bom_handling();
        return Ok(Box::new(Transcoded { source: text, decoder, ready: Vec::new(), at: 0, ended: false }));
    }
    Ok(Box::new(text))
}

fn read_full(source: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < into.len() {
        match source.read(&mut into[count..])? {
            0 => break,
            more => count += more,
        }
    }
    Ok(count)
}

/// Another encoding as UTF-8; what cannot be decoded becomes a byte that no UTF-8 has.
struct Transcoded<R> {
    source: R,
    decoder: Decoder,
    ready: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() && !self.ended {
            let mut bytes = [0; 8192];
            let count = self.source.read(&mut bytes)?;
            self.ended = count == 0;
            self.at = 0;
            self.ready.clear();
            let mut rest = &bytes[..count];
            let mut text = [0; 8192 * 3];
            loop {
                let (result, read, written) =
                    self.decoder.decode_to_utf8_without_replacement(rest, &mut text, self.ended);
                self.ready.extend_from_slice(&text[..written]);
                rest = &rest[read..];
                match result {
                    DecoderResult::InputEmpty => break,
                    DecoderResult::OutputFull => (),
                    DecoderResult::Malformed(..) => self.ready.push(0xff),
                }
            }
        }
        let count = into.len().min(self.ready.len() - self.at);
        into[..count].copy_from_slice(&self.ready[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// Ends every line with `\n`, the last one too, and counts the quotation marks that pass.
struct Lines<R> {
    text: R,
    quotes: Rc<Counter<u64>>,
    /// The last byte that came in.
    last: u8,
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.text.read(into)?;
            if count == 0 {
                let is_open = !matches!(self.last, b'\n' | b'\r') && !into.is_empty();
                if is_open {
                    (into[0], self.last) = (b'\n', b'\n');
                }
                return Ok(usize::from(is_open));
            }
            let (mut kept, mut quotes) = (0, 0);
            for place in 0..count {
                let byte = into[place];
                let is_second_half = byte == b'\n' && self.last == b'\r';
                self.last = byte;
                if !is_second_half {
                    quotes += u64::from(byte == b'"');
                    into[kept] = if byte == b'\r' { b'\n' } else { byte };
                    kept += 1;
                }
            }
            self.quotes.set(self.quotes.get() + quotes);
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

/// Of comma, semicolon and tab the one that stands most often in the first line that has any, outside of quotation
/// marks; the comma where none has.
fn separator_of(head: &[u8]) -> u8 {
    const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];
    let mut counts = [0; SEPARATORS.len()];
    let mut quoted = false;
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted && counts.iter().any(|count| *count > 0) => break,
            _ if quoted => (),
            byte => {
                if let Some(place) = SEPARATORS.iter().position(|separator| separator == byte) {
                    counts[place] += 1;
                }
            }
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    counts.iter().position(|count| *count == most).map_or(b',', |place| SEPARATORS[place])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Result<Vec<(u64, Vec<String>)>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("表.csv");
        std::fs::write(&path, bytes).unwrap();
        let mut found = Vec::new();
        let walked = walk(&path, &mut |rows| {
            for row in rows {
                let (line, cells) = row?;
                found.push((line, cells.iter().map(Cell::shown).collect()));
            }
            Ok(())
        });
        walked.map(|()| found).map_err(|complaint| complaint.to_string())
    }

    fn check(bytes: &[u8], expect: &[(u64, &[&str])]) {
        let found = rows(bytes).unwrap();
        let found: Vec<(u64, Vec<&str>)> =
            found.iter().map(|(line, cells)| (*line, cells.iter().map(String::as_str).collect())).collect();
        let expect: Vec<(u64, Vec<&str>)> =
            expect.iter().map(|(line, cells)| (*line, cells.to_vec())).collect();
        assert_eq!(found, expect, "{:?}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn every_encoding_gives_the_same_cells() {
        let expect: &[(u64, &[&str])] = &[(1, &["编号", "名称"]), (2, &["1", "高精度机器人"])];
        let text = "编号,名称\n1,高精度机器人\n";
        check(text.as_bytes(), expect);
        check(format!("\u{feff}{text}").as_bytes(), expect);
        check(&GB18030.encode(text).0, expect);
        for (mark, swap) in [([0xff, 0xfe], false), ([0xfe, 0xff], true)] {
            let units = text
                .encode_utf16()
                .flat_map(|unit| if swap { unit.to_be_bytes() } else { unit.to_le_bytes() });
            check(&mark.into_iter().chain(units).collect::<Vec<u8>>(), expect);
        }
    }

    #[test]
    fn separators_quotes_and_lines_are_those_of_people() {
        check("a;b,c;d\n1;2,5;3\n".as_bytes(), &[(1, &["a", "b,c", "d"]), (2, &["1", "2,5", "3"])]);
        check("a\tb\n1\t2\n".as_bytes(), &[(1, &["a", "b"]), (2, &["1", "2"])]);
        check(
            "标题\n\n\"a;x;y\",b\n1,2\n".as_bytes(),
            &[(1, &["标题"]), (3, &["a;x;y", "b"]), (4, &["1", "2"])],
        );
        check(
            "a,b\r\n\"x\ny\",2\r\n\r\n3,\r\n".as_bytes(),
            &[(1, &["a", "b"]), (2, &["x\ny", "2"]), (5, &["3", ""])],
        );
        check("a,b\n5\" 管,\"说\"\"好\"\"\"\n".as_bytes(), &[(1, &["a", "b"]), (2, &["5\" 管", "说\"好\""])]);
        check("a,b\r1,2\r3,4".as_bytes(), &[(1, &["a", "b"]), (2, &["1", "2"]), (3, &["3", "4"])]);
        check(
            "\n\na,b\n\n\n1,\"x\n\ny\"\n3,4".as_bytes(),
            &[(3, &["a", "b"]), (6, &["1", "x\n\ny"]), (9, &["3", "4"])],
        );
        check(b"", &[]);
        check("名称\n甲".as_bytes(), &[(1, &["名称"]), (2, &["甲"])]);
    }

    #[test]
    fn a_damaged_character_spoils_its_cell_and_an_open_quote_the_file() {
        let mut bytes = "编号,名称,单位\n1,".as_bytes().to_vec();
        bytes.extend([0xe6, 0x88, b',']);
        bytes.extend("理工大学与机器人研究院\n".as_bytes());
        let found = rows(&bytes).unwrap();
        assert_eq!(found[1].1[2], "理工大学与机器人研究院");
        assert!(found[1].1[1].contains('\u{fffd}'), "{found:?}");

        let mut bytes = GB18030.encode("编号,名称,单位\n1,").0.into_owned();
        bytes.extend([0xb3, b',']);
        bytes.extend(&*GB18030.encode("理工大学\n").0);
        let found = rows(&bytes).unwrap();
        assert_eq!((found[1].1.len(), found[1].1[2].as_str()), (3, "理工大学"));

        let said = rows("a,b\n1,\"x\n2,y\n3,z\n".as_bytes()).unwrap_err();
        assert!(said.contains("Q2060") && said.contains("not closed"), "{said}");
    }
}
