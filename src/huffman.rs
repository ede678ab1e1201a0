//! The Huffman code of HPACK (RFC 7541 appendix B), as far as the lengths of its codes go.

/// The lengths of the codes of all bytes, and of the end of a string. The code is canonical, so that nothing else is needed.
pub const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
    28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12,
    10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6,
    5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22,
    22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20,
    22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28,
    27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28,
    27, 27, 27, 27, 27, 26, 30,
];

/// For each length its first code, and how many there are.
pub const CODES: [(u32, u32); 31] = {
    let mut codes = [(0, 0); 31];
    let (mut length, mut first) = (0, 0);
    while length < codes.len() {
        let (mut symbol, mut count) = (0, 0);
        while symbol < LENGTHS.len() {
            count += (LENGTHS[symbol] as usize == length) as u32;
            symbol += 1;
        }
        codes[length] = (first, count);
        first = (first + count) << 1;
        length += 1;
    }
    codes
};

/// How many bits the short codes have; those of all that is usual in a target.
const SHORT: u32 = 8;
/// By eight bits, the length of the short code that they begin with; zero if it is a longer one.
const SHORT_LENGTHS: [u32; 1 << SHORT] = {
    let mut lengths = [0; 1 << SHORT];
    let mut length = SHORT;
    while length > 0 {
        let (first, count) = CODES[length as usize];
        let mut code = first;
        while code < first + count {
            let mut rest = 0;
            while rest < 1 << (SHORT - length) {
                lengths[(code << (SHORT - length) | rest) as usize] = length;
                rest += 1;
            }
            code += 1;
        }
        length -= 1;
    }
    lengths
};

/// The code that the last `count` of these bits begin with, and its length, if it is complete.
#[must_use]
pub fn code(bits: u64, count: u32) -> Option<(u32, u32)> {
    let window = if count >= SHORT { bits >> (count - SHORT) } else { bits << (SHORT - count) };
    let code = |length: u32| u32::try_from(bits >> (count - length) & ((1 << length) - 1)).unwrap_or(u32::MAX);
    let short = SHORT_LENGTHS[usize::try_from(window & 0xff).unwrap_or_default()];
    if short > 0 {
        return (short <= count).then(|| (code(short), short));
    }
    let is_code = |&length: &u32| {
        let (first, number) = CODES[length as usize];
        code(length).checked_sub(first).is_some_and(|nth| nth < number)
    };
    (SHORT + 1..=count.min(30)).find(is_code).map(|length| (code(length), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some rows of appendix B.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (bits, length) in [
            (0x0, 5),
            (0x14, 6),
            (0x5c, 7),
            (0xf8, 8),
            (0x3f8, 10),
            (0xffa, 12),
            (0xffb, 12),
            (0x1ff8, 13),
            (0x3fff_ffff, 30),
        ] {
            assert_eq!(code(bits, length), Some((u32::try_from(bits).expect("small"), length)), "{bits:x}");
            assert_eq!(code(bits << 8, length + 8).map(|(_, length)| length), Some(length), "{bits:x}");
            assert_eq!(code(bits >> 1, length - 1), None, "{bits:x}");
        }
    }
}
