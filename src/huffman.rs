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

/// How many bits the short codes have, those of all that is usual in a target; and how many the longest.
const SHORT: u32 = 8;
const LONGEST: u32 = 30;
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

/// The length of the code that these bits begin with, the highest first. Where too few of them are there, and the rest are zeros, it may
/// be longer than what is there.
#[must_use]
pub fn length(bits: u64) -> u32 {
    match SHORT_LENGTHS[usize::from(bits.to_be_bytes()[0])] {
        0 => long_length(bits),
        short => short,
    }
}

fn long_length(bits: u64) -> u32 {
    let is_code = |&length: &u32| {
        let (first, number) = CODES[length as usize];
        (bits >> (u64::BITS - length)).checked_sub(first.into()).is_some_and(|nth| nth < number.into())
    };
    (SHORT + 1..LONGEST).find(is_code).unwrap_or(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some rows of appendix B.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (code, bits) in [
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
            let first = code << (u64::BITS - bits);
            assert_eq!(length(first), bits, "{code:x}");
            assert_eq!(length(first | 0x5555), bits, "{code:x}");
        }
    }
}
