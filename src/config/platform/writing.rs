//! How bodies are written: in which format and charset, and what becomes of a field without a value.

use crate::config::Section;

/// What a body is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    /// One root element; `@name` is an attribute, `#text` the text, a list repeats its element.
    Xml,
    /// `name=value&name=value`, percent-encoded.
    Form,
    /// Parts, of which some are files.
    Multipart,
    /// One expression: its text, or its bytes as they are.
    Raw,
}

impl Format {
    pub const ALL: [Format; 5] = [Format::Json, Format::Xml, Format::Form, Format::Multipart, Format::Raw];

    /// The word in the profile.
    pub fn word(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Xml => "xml",
            Format::Form => "form",
            Format::Multipart => "multipart",
            Format::Raw => "raw",
        }
    }
}

/// How text becomes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    Utf8,
    /// All of Unicode in the bytes of GBK. Source: GB 18030-2022.
    Gb18030,
    /// Some twenty thousand characters; a rare one in a name cannot be sent.
    Gbk,
}

impl Charset {
    pub const ALL: [Charset; 3] = [Charset::Utf8, Charset::Gb18030, Charset::Gbk];

    /// The word in the profile and in `Content-Type`.
    pub fn word(self) -> &'static str {
        match self {
            Charset::Utf8 => "utf-8",
            Charset::Gb18030 => "gb18030",
            Charset::Gbk => "gbk",
        }
    }
}

/// What a field whose value is null becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// It is left out.
    Omit,
    /// `null` in JSON; without content elsewhere.
    Null,
    /// Empty text.
    Empty,
}

/// How an operation's bodies are written: what the profile says at its top, unless the operation says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writing {
    pub payload: Format,
    /// Of the outermost thing, where there is an envelope.
    pub envelope: Format,
    pub nulls: Nulls,
    pub charset: Charset,
    /// A blank in a form becomes `+`; else `%20`.
    pub blank_is_plus: bool,
    pub xml_declaration: bool,
}

impl Default for Writing {
    fn default() -> Self {
        Writing {
            payload: Format::Json,
            envelope: Format::Json,
            nulls: Nulls::Omit,
            charset: Charset::Utf8,
            blank_is_plus: true,
            xml_declaration: true,
        }
    }
}

impl Writing {
    /// What a section says, `otherwise` where it is silent.
    pub(super) fn read(section: &Section<'_>, otherwise: Writing) -> Writing {
        let envelopes = Format::ALL.map(|format| (format.word(), format));
        // A payload is stored before it is sent; the boundary of parts is made for each attempt.
        let payloads: Vec<_> =
            envelopes.into_iter().filter(|(_, format)| *format != Format::Multipart).collect();
        let charsets = Charset::ALL.map(|charset| (charset.word(), charset));
        let nulls = [("omit", Nulls::Omit), ("null", Nulls::Null), ("empty", Nulls::Empty)];
        Writing {
            payload: section.word("payload_format", &payloads).unwrap_or(otherwise.payload),
            envelope: section.word("envelope_format", &envelopes).unwrap_or(otherwise.envelope),
            nulls: section.word("nulls", &nulls).unwrap_or(otherwise.nulls),
            charset: section.word("charset", &charsets).unwrap_or(otherwise.charset),
            blank_is_plus: section
                .word("form_space", &[("+", true), ("%20", false)])
                .unwrap_or(otherwise.blank_is_plus),
            xml_declaration: section.flag("xml_declaration").unwrap_or(otherwise.xml_declaration),
        }
    }
}

/// Whether an element or attribute may be called so, prefix included.
///
/// Source: XML 1.0 §2.3, in the narrower form that every parser takes.
pub fn is_xml_name(name: &str) -> bool {
    let starts = |c: char| c.is_alphabetic() || c == '_';
    let goes_on = |c: char| starts(c) || c.is_numeric() || matches!(c, '-' | '.' | ':');
    name.chars().next().is_some_and(starts) && name.chars().all(goes_on) && !name.ends_with(':')
}
