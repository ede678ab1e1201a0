//! Characters that a terminal or a viewer obeys instead of showing them, escaped in lines of a log.
//!
//! Control characters below U+0020 are none of its business: a JSON string has none, and the text of a log has lines and colours.

/// Replaces DEL, the C1 controls, line and paragraph separators and the controls of writing direction with escapes of JSON, such as
/// `\u009b`, from `start` on. In a JSON string, where all of them stand, that means the same.
pub(super) fn escape(line: &mut Vec<u8>, start: usize) {
    // Many bytes at a time, where a look at each would be a fifth of what a line costs.
    let is_plain = |tail: &[u8]| tail.iter().fold(true, |plain, byte| plain & (*byte < 0x7f));
    let Some(tail) = line.get(start..).filter(|tail| !is_plain(tail)) else { return };
    let Some(text) = std::str::from_utf8(tail).ok().filter(|text| text.contains(is_obeyed)) else { return };
    let mut escaped = Vec::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_obeyed(c) {
            escaped.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes());
        } else {
            escaped.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    line.truncate(start);
    line.extend_from_slice(&escaped);
}

/// Whether a terminal acts on it: a control character, or one of writing direction.
#[must_use]
pub fn is_terminal_control(c: char) -> bool {
    c.is_control() || is_obeyed(c)
}

/// Whether a terminal or a viewer obeys it instead of showing it.
fn is_obeyed(c: char) -> bool {
    matches!(c,
        '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_obeyed_is_shown_and_the_rest_stays() {
        let obeyed = "\u{7f}\u{80}\u{9b}\u{9f}\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}";
        for c in obeyed.chars() {
            let mut line = serde_json::to_vec(&c).expect("a string");
            escape(&mut line, 0);
            assert_eq!(line, format!("\"\\u{:04x}\"", u32::from(c)).into_bytes());
            assert_eq!(serde_json::from_slice::<char>(&line).expect("the same string"), c);
        }
        for text in ["", "plain ~", "\u{a0}é\u{200d}\u{2027}\u{202f}\u{2065}\u{206a}👩", "a\nb\x1b[0m"] {
            let mut line = text.as_bytes().to_vec();
            escape(&mut line, 0);
            assert_eq!(line, text.as_bytes());
        }
        let mut line = "\u{85}\u{85}!".as_bytes().to_vec();
        escape(&mut line, 2);
        assert_eq!(line, "\u{85}\\u0085!".as_bytes());
    }
}
