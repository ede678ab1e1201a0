//! The subject of a certificate as the value of a field, in a form that no other subject has: functions compare it.
//!
//! Only what is text in the certificate is written as text. Nothing is looked up, and nothing is folded or trimmed.

use x509_parser::asn1_rs::{Any, Oid, Tag, ToDer};
use x509_parser::x509::X509Name;

/// What separates and marks attributes, here or in the forms of RFC 2253 and RFC 4514. In a value it is escaped, so that no value looks
/// like two attributes, to whoever reads it.
const MARKS: &[u8] = b",+=\"\\;<>#%";

/// Writes a distinguished name: `O=Org, OU=Unit + CN=client%2C 7`.
pub(super) fn write(name: &X509Name<'_>) -> String {
    let mut text = String::new();
    for (index, relative) in name.iter_rdn().enumerate() {
        text.push_str(if index == 0 { "" } else { ", " });
        for (index, attribute) in relative.iter().enumerate() {
            text.push_str(if index == 0 { "" } else { " + " });
            text.push_str(&kind(attribute.attr_type()));
            text.push('=');
            write_value(&mut text, attribute.attr_value());
        }
    }
    text
}

/// The short name of a type, or its number.
fn kind(oid: &Oid<'_>) -> String {
    let number = oid.to_id_string();
    let short = match number.as_str() {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "surname",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "streetAddress",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "title",
        "2.5.4.42" => "givenName",
        "0.9.2342.19200300.100.1.1" => "uid",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "Email",
        _ => return number,
    };
    short.to_owned()
}

fn write_value(into: &mut String, value: &Any<'_>) {
    let Some(text) = text(value) else {
        // As RFC 4514 does it. No text begins like that.
        into.push('#');
        let der = value.to_der_vec().unwrap_or_else(|_| value.data.to_vec());
        return into.extend(der.iter().map(|byte| format!("{byte:02X}")));
    };
    let last = text.len().saturating_sub(1);
    for (index, byte) in text.bytes().enumerate() {
        // A field value has no spaces at its ends.
        let at_end = byte == b' ' && (index == 0 || index == last);
        if at_end || MARKS.contains(&byte) || !matches!(byte, b' '..=b'~') {
            into.push_str(&format!("%{byte:02X}"));
        } else {
            into.push(char::from(byte));
        }
    }
}

/// The text that a value is, if there is one reading of it. A name is the same whichever kind of string it is written in.
fn text(value: &Any<'_>) -> Option<String> {
    let plain = || std::str::from_utf8(value.data).ok();
    match value.tag() {
        Tag::Utf8String => plain().map(str::to_owned),
        // Beyond ASCII, everybody reads them in another way.
        Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString | Tag::T61String => {
            plain().filter(|text| text.is_ascii()).map(str::to_owned)
        }
        Tag::BmpString => {
            let (units, rest) = value.data.as_chunks();
            let text = char::decode_utf16(units.iter().map(|unit| u16::from_be_bytes(*unit)));
            text.collect::<Result<_, _>>().ok().filter(|_| rest.is_empty())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use x509_parser::prelude::FromDer;

    use super::*;

    const CN: &[u8] = &[0x55, 4, 3];
    const O: &[u8] = &[0x55, 4, 10];
    const OU: &[u8] = &[0x55, 4, 11];
    const OTHER: &[u8] = &[0x2a, 0x86, 0x48, 1, 1];

    const UTF8: u8 = 12;
    const PRINTABLE: u8 = 19;
    const T61: u8 = 20;
    const BMP: u8 = 30;

    /// Type, tag and bytes of an attribute.
    type Attribute<'a> = (&'a [u8], u8, &'a [u8]);

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).expect("a length").to_be_bytes();
        // The length in as few bytes as it takes.
        let length = match length {
            [0, short @ ..0x80] => vec![short],
            [0, long] => vec![0x81, long],
            [high, low] => vec![0x82, high, low],
        };
        [&[tag], &length[..], content].concat()
    }

    fn written<'a>(name: impl IntoIterator<Item: IntoIterator<Item = Attribute<'a>>>) -> String {
        let attribute = |(kind, tag, bytes): Attribute<'_>| tlv(0x30, &[tlv(6, kind), tlv(tag, bytes)].concat());
        let relative = |attributes: Vec<Vec<u8>>| tlv(0x31, &attributes.concat());
        let sets = name.into_iter().map(|set| relative(set.into_iter().map(attribute).collect()));
        let der = tlv(0x30, &sets.collect::<Vec<_>>().concat());
        write(&X509Name::from_der(&der).expect("a name").1)
    }

    #[test]
    fn a_subject_has_one_form() {
        let one = |attribute: Attribute<'static>| vec![vec![attribute]];
        for (name, text) in [
            (vec![vec![(O, UTF8, &b"Org"[..])], vec![(CN, UTF8, b"client 7")]], "O=Org, CN=client 7"),
            (one((O, UTF8, b"Org, CN=client 7")), "O=Org%2C CN%3Dclient 7"),
            (vec![vec![(O, UTF8, b"Org")], vec![(CN, UTF8, b"client 7 ")]], "O=Org, CN=client 7%20"),
            (vec![vec![(O, UTF8, b"Org"), (CN, UTF8, b"client 7")]], "O=Org + CN=client 7"),
            (one((O, UTF8, b"Org + CN=client 7")), "O=Org %2B CN%3Dclient 7"),
            (one((CN, UTF8, b" a  b ")), "CN=%20a  b%20"),
            (one((CN, UTF8, b" ")), "CN=%20"),
            (one((CN, UTF8, b"")), "CN="),
            (one((CN, UTF8, b"\"\\;<>#%")), "CN=%22%5C%3B%3C%3E%23%25"),
            (one((CN, UTF8, b"%2C")), "CN=%252C"),
            (one((CN, UTF8, b"a\r\nX-Evil: 1\0")), "CN=a%0D%0AX-Evil: 1%00"),
            (one((CN, UTF8, "caf\u{e9}".as_bytes())), "CN=caf%C3%A9"),
            (one((CN, BMP, b"\0c\0a\0f\0\xe9")), "CN=caf%C3%A9"),
            (one((CN, PRINTABLE, b"a")), "CN=a"),
            (one((CN, T61, b"a")), "CN=a"),
            (one((CN, T61, b"\xc3\xa9")), "CN=#1402C3A9"),
            (one((CN, BMP, b"\xd8\0")), "CN=#1E02D800"),
            (one((CN, 4, b"ab")), "CN=#04026162"),
            (one((OTHER, UTF8, b"a")), "1.2.840.1.1=a"),
            (vec![], ""),
        ] {
            assert_eq!(written(name), text);
        }
    }

    /// What `write` has written: the types and texts of the attributes, set by set.
    fn read(text: &str) -> Vec<Vec<(String, String)>> {
        let attribute = |text: &str| {
            let (kind, value) = text.split_once('=').expect("a type");
            (kind.to_owned(), percent_decode_str(value).decode_utf8().expect("text").into_owned())
        };
        text.split(", ").map(|set| set.split(" + ").map(attribute).collect()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// What can be read back has not been mistaken for anything else.
        #[test]
        fn a_subject_can_be_read_back(
            name in vec(vec((0..4_usize, "[aO ,+=\"\\\\;<>#%2C\u{e9}\u{1f980}\0\n]{0,8}"), 1..3), 1..4),
        ) {
            let kinds = [(CN, "CN"), (O, "O"), (OU, "OU"), (OTHER, "1.2.840.1.1")];
            let text = written(name.iter().map(|set| set.iter().map(|(kind, value)| (kinds[*kind].0, UTF8, value.as_bytes()))));
            let expected: Vec<Vec<_>> = name
                .iter()
                .map(|set| set.iter().map(|(kind, value)| (kinds[*kind].1.to_owned(), value.clone())).collect())
                .collect();
            prop_assert_eq!(read(&text), expected, "{}", text);
            prop_assert!(http::HeaderValue::from_str(&text).is_ok_and(|value| value.as_bytes().trim_ascii() == text.as_bytes()));
        }
    }
}
