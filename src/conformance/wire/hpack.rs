//! HPACK (RFC 7541): fields are written as literals that touch no table, and read in whatever form they come.

use std::collections::VecDeque;
use std::sync::LazyLock;

use crate::huffman::LENGTHS;

/// A name and a value.
pub type Field = (Vec<u8>, Vec<u8>);

/// What a table may hold when nothing else was agreed on (section 4.2).
const TABLE: usize = 4096;
/// What an entry takes beside its bytes (section 4.1).
const OVERHEAD: usize = 32;

/// Appendix A.
const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

/// Huffman's code, made of the lengths.
static CODE: LazyLock<Code> = LazyLock::new(|| {
    let mut symbols: Vec<_> = (0..LENGTHS.len()).collect();
    symbols.sort_by_key(|&symbol| LENGTHS[symbol]);
    let (mut lengths, mut code) = ([(0, 0); 31], 0);
    for (length, entry) in (0..).zip(&mut lengths) {
        let count = LENGTHS.iter().filter(|&&other| other == length).count();
        *entry = (code, count);
        code = (code + u32::try_from(count).expect("small")) << 1;
    }
    Code { symbols, lengths }
});

struct Code {
    /// By length and number.
    symbols: Vec<usize>,
    /// For each length its first code, and how many there are.
    lengths: [(u32, usize); 31],
}

/// A block of literal fields without indexing and without Huffman's code, whatever they are.
#[must_use]
pub fn block(fields: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            integer(&mut block, 0, 7, text.len());
            block.extend_from_slice(text);
        }
    }
    block
}

/// Writes a number behind the bits of `first` (section 5.1).
pub fn integer(block: &mut Vec<u8>, first: u8, prefix: u8, number: usize) {
    let full = (1 << prefix) - 1;
    let byte = |number: usize| u8::try_from(number).expect("fits");
    if number < full {
        return block.push(first | byte(number));
    }
    block.push(first | byte(full));
    let mut rest = number - full;
    while rest >= 128 {
        block.push(byte(rest % 128) | 128);
        rest /= 128;
    }
    block.push(byte(rest));
}

/// Reads the blocks of one connection.
#[derive(Debug)]
pub struct Decoder {
    table: VecDeque<Field>,
    size: usize,
    limit: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { table: VecDeque::new(), size: 0, limit: TABLE }
    }
}

impl Decoder {
    /// The fields of a block; none when it is malformed.
    pub fn decode(&mut self, mut block: &[u8]) -> Option<Vec<Field>> {
        let mut fields = Vec::new();
        while let Some(&first) = block.first() {
            if first & 0x80 != 0 {
                let index = number(&mut block, 7)?;
                fields.push(self.entry(index)?);
            } else if first & 0xe0 == 0x20 {
                self.limit = Some(number(&mut block, 5)?).filter(|&limit| limit <= TABLE)?;
                self.evict();
            } else {
                let indexed = first & 0x40 != 0;
                let name = match number(&mut block, if indexed { 6 } else { 4 })? {
                    0 => string(&mut block)?,
                    index => self.entry(index)?.0,
                };
                let field = (name, string(&mut block)?);
                if indexed {
                    self.size += field.0.len() + field.1.len() + OVERHEAD;
                    self.table.push_front(field.clone());
                    self.evict();
                }
                fields.push(field);
            }
        }
        Some(fields)
    }

    fn entry(&self, index: usize) -> Option<Field> {
        match STATIC.get(index.checked_sub(1)?) {
            Some((name, value)) => Some((name.as_bytes().to_vec(), value.as_bytes().to_vec())),
            None => self.table.get(index - 1 - STATIC.len()).cloned(),
        }
    }

    fn evict(&mut self) {
        while self.size > self.limit {
            let Some((name, value)) = self.table.pop_back() else { break };
            self.size -= name.len() + value.len() + OVERHEAD;
        }
    }
}

fn number(block: &mut &[u8], prefix: u8) -> Option<usize> {
    let full = (1 << prefix) - 1;
    let (&first, rest) = block.split_first()?;
    *block = rest;
    let mut number = usize::from(first) & full;
    if number < full {
        return Some(number);
    }
    for shift in [0, 7, 14, 21] {
        let (&byte, rest) = block.split_first()?;
        *block = rest;
        number += usize::from(byte & 127) << shift;
        if byte < 128 {
            return Some(number);
        }
    }
    None
}

fn string(block: &mut &[u8]) -> Option<Vec<u8>> {
    let coded = block.first()? & 0x80 != 0;
    let length = number(block, 7)?;
    let (text, rest) = block.split_at_checked(length)?;
    *block = rest;
    if coded { huffman(text) } else { Some(text.to_vec()) }
}

fn huffman(text: &[u8]) -> Option<Vec<u8>> {
    let Code { symbols, lengths } = &*CODE;
    let (mut decoded, mut code, mut length) = (Vec::new(), 0, 0);
    for place in 0..text.len() * 8 {
        code = code << 1 | u32::from(text[place / 8] >> (7 - place % 8) & 1);
        length += 1;
        let (first, count) = *lengths.get(length)?;
        if let Some(nth) = code.checked_sub(first).map(|nth| nth as usize).filter(|&nth| nth < count) {
            let shorter: usize = lengths[..length].iter().map(|(_, count)| count).sum();
            decoded.push(u8::try_from(symbols[shorter + nth]).ok()?);
            (code, length) = (0, 0);
        }
    }
    // What is left has to be the start of the code for the end.
    (length < 8 && code + 1 == 1 << length).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<_> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
        digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("a byte")).collect()
    }

    fn fields(fields: &[(&str, &str)]) -> Vec<Field> {
        fields.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
    }

    /// Appendix C.6: answers with Huffman's code and a table, out of which an entry falls when the third one comes.
    #[test]
    fn the_examples_of_the_standard_are_read() {
        let mut decoder = Decoder { limit: 256, ..Decoder::default() };
        let date = ("date", "Mon, 21 Oct 2013 20:13:21 GMT");
        let location = ("location", "https://www.example.com");
        let (cache, last) = (("cache-control", "private"), ("date", "Mon, 21 Oct 2013 20:13:22 GMT"));
        let cookie = ("set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1");
        for (block, expected) in [
            (
                "4882640258 85aec3771a4b 6196d07abe941054d444a8200595040b8166e082a62d1bff 6e919d29ad171863c78f0b97c8e9ae82ae43d3",
                vec![(":status", "302"), cache, date, location],
            ),
            ("4883640effc1c0bf", vec![(":status", "307"), cache, date, location]),
            (
                "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
                vec![(":status", "200"), cache, last, location, ("content-encoding", "gzip"), cookie],
            ),
        ] {
            assert_eq!(decoder.decode(&hex(block)), Some(fields(&expected)), "{block}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let long = "v".repeat(20_000);
        let written = fields(&[(":path", "/"), ("x", ""), ("", "\u{e9}"), ("x-long", &long)]);
        let pairs: Vec<_> = written.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect();
        assert_eq!(Decoder::default().decode(&block(&pairs)), Some(written));
    }

    #[test]
    fn what_is_no_block_is_not_read() {
        for block in ["80", "ff80808080808001", "bf", "40", "4002", "3fe21f", "8841", "0001610181ff", "0001618108"] {
            assert_eq!(Decoder::default().decode(&hex(block)), None, "{block}");
        }
    }
}
