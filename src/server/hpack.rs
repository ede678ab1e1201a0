//! The fields of header blocks in HPACK (RFC 7541), as far as it takes to find the values of `:path`.
//!
//! h2 cuts a fragment off such a value, and nobody sees it any more. So the blocks are read along with h2, for one question: does a path in
//! this one have a fragment?

use std::collections::VecDeque;

use crate::huffman;

/// What a table may hold when nothing else was agreed on (section 4.2), and what an entry takes beside its bytes (section 4.1).
const TABLE: u32 = 4096;
const OVERHEAD: u32 = 32;
/// More entries than that have no room.
const MOST_ENTRIES: usize = (TABLE / OVERHEAD) as usize;

/// The length of each name in the static table (appendix A).
const STATIC: [u8; 61] = [
    10, 7, 7, 5, 5, 7, 7, 7, 7, 7, 7, 7, 7, 7, 14, 15, 15, 13, 6, 27, 3, 5, 13, 13, 19, 16, 16, 14, 16, 13, 12, 6, 4,
    4, 6, 7, 4, 4, 8, 17, 13, 8, 19, 13, 4, 8, 12, 18, 19, 5, 7, 7, 11, 6, 10, 25, 17, 10, 4, 3, 16,
];
const PATHS: std::ops::RangeInclusive<u32> = 4..=5;
const PATH: &[u8] = b":path";
/// The same in the Huffman code, which has one way to write a string.
const CODED_PATH: &[u8] = b"\xb9\x58\xd3\x3f";

/// The code of `#`, and how many bits it has.
const NUMBER_SIGN: u64 = 0xffa;
const NUMBER_SIGN_BITS: u32 = 12;

/// Whether there may be a `#` in a value that is here as a whole. Its code begins with nine ones.
fn may_have_number_sign(value: &[u8], coded: bool) -> bool {
    if !coded {
        return value.contains(&b'#');
    }
    let has_nine_ones =
        |two: &[u8]| two[0] & 1 != 0 && two[1] & 0x80 != 0 && two[0].trailing_ones() + two[1].leading_ones() > 8;
    // Ones at the end of a value fill up its last byte. The code ends with zeros among them.
    value.strip_suffix(b"\xff").unwrap_or(value).windows(2).any(has_nine_ones)
}

/// An entry of the table.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The length of its name.
    name: u32,
    is_path: bool,
    has_fragment: bool,
}

/// What a number is that is being read.
#[derive(Clone, Copy, Debug)]
enum Number {
    Index,
    TableSize,
    NameIndex { insert: bool },
    NameLength { insert: bool, coded: bool },
    ValueLength { field: Field, coded: bool },
}

/// A field whose value is still to come.
#[derive(Clone, Copy, Debug)]
struct Field {
    /// Whether it becomes an entry of the table.
    insert: bool,
    is_path: bool,
    name: u32,
}

/// A string that is being read.
#[derive(Clone, Copy, Debug)]
struct Text {
    coded: bool,
    left: u32,
    /// Its bytes, decoded.
    length: u32,
    /// Bits that make up no code yet, the highest first.
    bits: u64,
    count: u32,
    /// How much of it is the name of a path, if all of it is.
    matched: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Start,
    Number {
        number: Number,
        value: u32,
        shift: u32,
    },
    NameLength {
        insert: bool,
    },
    Name {
        insert: bool,
    },
    ValueLength(Field),
    Value(Field),
    /// In what h2 will refuse.
    Lost,
}

/// The header blocks that a client sends on one connection.
#[derive(Debug)]
pub(super) struct Blocks {
    state: State,
    text: Text,
    /// The table, the newest entry first. Old ones may be there that it has no room for any more, which nobody can ask for.
    entries: VecDeque<Entry>,
    /// Whether an entry may have a fragment.
    has_fragments: bool,
    limit: u32,
    /// Whether the path that is being read has a fragment, and whether any of the block has.
    has_fragment: bool,
    found: bool,
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self {
            state: State::Start,
            text: Text::new(false, 0),
            entries: VecDeque::new(),
            has_fragments: false,
            limit: TABLE,
            has_fragment: false,
            found: false,
        }
    }

    /// Reads a block, or a part of one.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        while let Some(&first) = bytes.first() {
            let mut count = 1;
            self.state = match self.state {
                State::Start => match self.plain_fields(bytes) {
                    0 => self.begin(first),
                    plain => {
                        count = plain;
                        State::Start
                    }
                },
                State::Number { number, value, shift } => self.go_on(number, value, shift, first),
                State::NameLength { insert } => {
                    self.number(Number::NameLength { insert, coded: first & 0x80 != 0 }, first, 7)
                }
                State::ValueLength(field) => {
                    self.number(Number::ValueLength { field, coded: first & 0x80 != 0 }, first, 7)
                }
                State::Name { insert } => {
                    self.text.compare(first);
                    self.text.push(first);
                    if self.text.left > 0 {
                        State::Name { insert }
                    } else {
                        State::ValueLength(Field { insert, is_path: self.text.is_path(), name: self.text.length })
                    }
                }
                State::Value(field) => {
                    count = self.text.here(bytes.len());
                    let here = &bytes[..count];
                    let is_plain = || self.text.is_whole(here) && !may_have_number_sign(here, self.text.coded);
                    if field.insert && self.text.coded || field.is_path && !is_plain() {
                        for &byte in here {
                            let ends_number_sign = self.text.push(byte);
                            self.has_fragment |= field.is_path && ends_number_sign;
                        }
                    } else {
                        self.text.left -= u32::try_from(count).unwrap_or(self.text.left);
                    }
                    if self.text.left > 0 { State::Value(field) } else { self.finish(field, self.text.length) }
                }
                State::Lost => break,
            };
            bytes = &bytes[count..];
        }
    }

    /// A block is complete. Returns whether a path in it has a fragment.
    pub(super) fn end(&mut self) -> bool {
        if !matches!(self.state, State::Start) {
            self.state = State::Lost;
        }
        std::mem::take(&mut self.found)
    }

    /// How many bytes at the start of these are whole fields that are no fragments and leave no entry, as most are: indices, and short values of
    /// a name in the static table.
    fn plain_fields(&self, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        loop {
            rest = match rest {
                [0x80..=0xfe, next @ ..] if !self.has_fragments => next,
                [name @ (0x01..=0x0e | 0x11..=0x1e), length, next @ ..] => {
                    let (is_path, coded) = (PATHS.contains(&u32::from(name & 0x0f)), length & 0x80 != 0);
                    match next.split_at_checked((length & 0x7f).into()) {
                        Some((value, next))
                            if length & 0x7f < 0x7f && !(is_path && may_have_number_sign(value, coded)) =>
                        {
                            next
                        }
                        _ => break,
                    }
                }
                _ => break,
            };
        }
        bytes.len() - rest.len()
    }

    fn begin(&mut self, first: u8) -> State {
        match first {
            0x80.. => self.number(Number::Index, first, 7),
            0x40.. => self.number(Number::NameIndex { insert: true }, first, 6),
            0x20.. => self.number(Number::TableSize, first, 5),
            _ => self.number(Number::NameIndex { insert: false }, first, 4),
        }
    }

    /// The first byte of a number, of which it has so many bits (section 5.1).
    fn number(&mut self, number: Number, first: u8, prefix: u32) -> State {
        let full = (1 << prefix) - 1;
        let value = u32::from(first) & full;
        if value < full { self.know(number, value) } else { State::Number { number, value, shift: 0 } }
    }

    fn go_on(&mut self, number: Number, value: u32, shift: u32, byte: u8) -> State {
        // What is larger is none of a block that h2 takes.
        if shift > 21 {
            return State::Lost;
        }
        let value = value + (u32::from(byte & 0x7f) << shift);
        if byte & 0x80 == 0 { self.know(number, value) } else { State::Number { number, value, shift: shift + 7 } }
    }

    fn know(&mut self, number: Number, value: u32) -> State {
        match number {
            Number::Index => {
                let entry = self.entry(value);
                self.found |= entry.is_some_and(|entry| entry.has_fragment);
                State::Start
            }
            Number::TableSize => {
                self.limit = value;
                State::Start
            }
            Number::NameIndex { insert } if value == 0 => State::NameLength { insert },
            Number::NameIndex { insert } => match self.entry(value) {
                Some(Entry { name, is_path, .. }) => State::ValueLength(Field { insert, is_path, name }),
                None => State::Lost,
            },
            Number::NameLength { insert, .. } if value == 0 => {
                State::ValueLength(Field { insert, is_path: false, name: 0 })
            }
            Number::NameLength { insert, coded } => {
                self.text = Text::new(coded, value);
                State::Name { insert }
            }
            Number::ValueLength { field, .. } if value == 0 => self.finish(field, 0),
            Number::ValueLength { field, coded } => {
                self.text = Text::new(coded, value);
                State::Value(field)
            }
        }
    }

    fn entry(&self, index: u32) -> Option<Entry> {
        let place = usize::try_from(index.checked_sub(1)?).ok()?;
        match STATIC.get(place) {
            Some(&length) => Some(Entry { name: length.into(), is_path: PATHS.contains(&index), has_fragment: false }),
            None => self.entries.get(place - STATIC.len()).copied(),
        }
    }

    /// A field is complete, with a value of this length.
    fn finish(&mut self, field: Field, value: u32) -> State {
        let has_fragment = std::mem::take(&mut self.has_fragment);
        self.found |= has_fragment;
        if field.insert {
            self.has_fragments |= has_fragment;
            // What has no room in the whole table empties it (section 4.4).
            if field.name + value + OVERHEAD > self.limit {
                self.entries.clear();
            } else {
                let Field { name, is_path, .. } = field;
                self.entries.push_front(Entry { name, is_path, has_fragment });
                self.entries.truncate(MOST_ENTRIES);
            }
        }
        State::Start
    }
}

impl Text {
    fn new(coded: bool, left: u32) -> Self {
        // Without a code, the length of all is known. With one, it is counted.
        Self { coded, left, length: if coded { 0 } else { left }, bits: 0, count: 0, matched: Some(0) }
    }

    fn name_of_path(&self) -> &'static [u8] {
        if self.coded { CODED_PATH } else { PATH }
    }

    /// Compares the next byte with that of a path's name.
    fn compare(&mut self, byte: u8) {
        self.matched = self.matched.filter(|&at| self.name_of_path().get(at) == Some(&byte)).map(|at| at + 1);
    }

    fn is_path(&self) -> bool {
        self.matched == Some(self.name_of_path().len())
    }

    /// How many of the next bytes are its own.
    fn here(&self, available: usize) -> usize {
        available.min(usize::try_from(self.left).unwrap_or(usize::MAX))
    }

    /// Whether these bytes are all of it.
    fn is_whole(&self, here: &[u8]) -> bool {
        self.bits == 0 && self.count == 0 && usize::try_from(self.left) == Ok(here.len())
    }

    /// Reads a byte. Returns whether a `#` ends in it.
    fn push(&mut self, byte: u8) -> bool {
        self.left -= 1;
        if !self.coded {
            return byte == b'#';
        }
        self.bits |= u64::from(byte) << (u64::BITS - 8 - self.count);
        self.count += 8;
        let mut ends_number_sign = false;
        loop {
            let length = huffman::length(self.bits);
            if length > self.count {
                return ends_number_sign;
            }
            ends_number_sign |= self.bits >> (u64::BITS - NUMBER_SIGN_BITS) == NUMBER_SIGN;
            self.bits <<= length;
            self.count -= length;
            self.length += 1;
        }
    }
}

#[cfg(test)]
mod tests;
