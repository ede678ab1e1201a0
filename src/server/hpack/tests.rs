//! Blocks in all forms, compared with what a decoder makes of them.

use std::rc::Rc;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::sample::select;

use super::*;
use crate::clock::Clock;
use crate::config::Http2;
use crate::conformance::wire::hpack::{Decoder, integer};
use crate::server::frames::Frames;
use crate::server::watch::Watch;

/// How a field is written.
#[derive(Clone, Debug)]
enum Form {
    /// The index of a field.
    Indexed(usize),
    /// The bits in front of a name's index, the name or its index, and the value; whether either is coded.
    Literal {
        first: u8,
        prefix: u8,
        name: Name,
        value: String,
        coded: [bool; 2],
    },
    TableSize(usize),
}

#[derive(Clone, Debug)]
enum Name {
    Index(usize),
    Text(&'static str),
}

fn huffman_coded(text: &str) -> Vec<u8> {
    let (mut bits, mut count, mut coded) = (0_u64, 0, Vec::new());
    for byte in text.bytes() {
        let length = huffman::LENGTHS[usize::from(byte)];
        let rank = huffman::LENGTHS[..usize::from(byte)].iter().filter(|&&other| other == length).count();
        let code = huffman::CODES[usize::from(length)].0 + u32::try_from(rank).expect("small");
        bits = bits << length | u64::from(code);
        count += u32::from(length);
        while count >= 8 {
            count -= 8;
            coded.push(u8::try_from(bits >> count & 0xff).expect("a byte"));
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        let padded = bits << (8 - count) | ((1 << (8 - count)) - 1);
        coded.push(u8::try_from(padded).expect("a byte"));
    }
    coded
}

fn string(block: &mut Vec<u8>, text: &str, coded: bool) {
    let bytes = if coded { huffman_coded(text) } else { text.as_bytes().to_vec() };
    integer(block, if coded { 0x80 } else { 0 }, 7, bytes.len());
    block.extend(bytes);
}

fn written(forms: &[Form]) -> Vec<u8> {
    let mut block = Vec::new();
    for form in forms {
        match form {
            Form::Indexed(index) => integer(&mut block, 0x80, 7, *index),
            Form::TableSize(size) => integer(&mut block, 0x20, 5, *size),
            Form::Literal { first, prefix, name, value, coded } => {
                match name {
                    Name::Index(index) => integer(&mut block, *first, *prefix, *index),
                    Name::Text(name) => {
                        integer(&mut block, *first, *prefix, 0);
                        string(&mut block, name, coded[0]);
                    }
                }
                string(&mut block, value, coded[1]);
            }
        }
    }
    block
}

fn frames() -> Rc<Frames> {
    let clock = Clock::new();
    let now = clock.now();
    Frames::new(clock, Http2::DEFAULT, now)
}

/// The number of the stream of a request.
fn stream(number: usize) -> u32 {
    2 * u32::try_from(number).expect("small") + 1
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("small").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Frames of a block: a head and its continuation, with padding and a priority, cut there.
fn cut_up(number: usize, block: &[u8], cut: usize) -> Vec<u8> {
    let (head, rest) = block.split_at(cut.min(block.len()));
    let padded = [&[7, 0, 0, 0, 0, 16], head, b"#######"].concat();
    let stream = stream(number);
    [frame(1, 0x28, stream, &padded), frame(9, 4, stream, rest), frame(0, 8, stream, b"\x02data####")].concat()
}

/// Which of these requests have a fragment, when what follows a preface has come in parts of this size.
fn marked(requests: &[Vec<u8>], size: usize) -> Vec<bool> {
    let begin = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    let bytes = requests.iter().fold(begin, |bytes, request| [&bytes[..], request].concat());
    let frames = frames();
    let mut reader = Watch::new(frames.clone());
    bytes.chunks(size).for_each(|part| assert!(reader.received(part).is_ok()));
    (0..requests.len()).map(|number| frames.take_fragment(stream(number))).collect()
}

/// The same as a decoder reads it, up to the first block that is malformed.
fn wanted(blocks: &[Vec<u8>]) -> Vec<bool> {
    let mut decoder = Decoder::default();
    let read = blocks.iter().map_while(|block| decoder.decode(block));
    read.map(|fields| fields.iter().any(|(name, value)| name == b":path" && value.contains(&b'#'))).collect()
}

fn check(blocks: &[Vec<u8>], size: usize, cut: usize) {
    let wanted = wanted(blocks);
    let requests: Vec<_> = blocks.iter().enumerate().map(|(number, block)| cut_up(number, block, cut)).collect();
    let found = marked(&requests, size);
    assert_eq!(found[..wanted.len()], wanted, "{blocks:02x?} in parts of {size}, cut at {cut}");
    let whole: Vec<_> = blocks.iter().enumerate().map(|(number, block)| frame(1, 5, stream(number), block)).collect();
    assert_eq!(marked(&whole, size)[..wanted.len()], wanted, "{blocks:02x?} in parts of {size}");
}

fn literal(first: u8, prefix: u8, name: Name, value: &str, coded: [bool; 2]) -> Form {
    Form::Literal { first, prefix, name, value: value.to_owned(), coded }
}

/// Every way to write a path with a fragment; and fields that only look like one.
#[test]
fn a_fragment_is_found_in_every_form() {
    let long = "v".repeat(5000);
    let mut found = 0;
    for (first, prefix) in [(0x40, 6), (0, 4), (0x10, 4)] {
        for coded in [[false, false], [false, true], [true, false], [true, true]] {
            for name in [Name::Index(4), Name::Index(5), Name::Text(":path"), Name::Index(62), Name::Text("x-path")] {
                for value in ["/a#b", "#", "/####", "/a", "/~^#|<>#", "/a?b#", ""] {
                    let known = literal(0x40, 6, Name::Text(":path"), "/", [coded[0], false]);
                    let large = literal(0x40, 6, Name::Text("x-large"), &long, [false, coded[1]]);
                    let small = literal(0x40, 6, Name::Index(58), "a#b", coded);
                    let blocks = [
                        written(&[large.clone(), known.clone()]),
                        written(&[literal(first, prefix, name.clone(), value, coded), small]),
                        written(&[Form::Indexed(62), Form::Indexed(63)]),
                        written(&[Form::TableSize(0), known.clone(), Form::TableSize(200), known]),
                        written(&[literal(0, 4, Name::Index(62), value, coded)]),
                    ];
                    for (size, cut) in [(usize::MAX, 0), (1, 3), (7, 9), (50, 1)] {
                        check(&blocks, size, cut);
                    }
                    found += usize::from(wanted(&blocks).contains(&true));
                }
            }
        }
    }
    assert!(found > 200, "{found}");
}

fn form() -> impl Strategy<Value = Form> {
    let text =
        select(vec!["/a#b", "/", "#", "", "/a?b#c", "x", "/%23", "a long value that has no room for many # of it"]);
    let long = (0..5000_usize).prop_map(|length| "#".repeat(length));
    let value = prop_oneof![4 => text.prop_map(str::to_owned), 1 => long, 1 => "\\PC{0,20}"];
    let name = prop_oneof![
        2 => select(vec![4, 5, 62, 63, 70, 1, 58]).prop_map(Name::Index),
        1 => (1..130_usize).prop_map(Name::Index),
        2 => select(vec![":path", ":pat", ":paths", "x-a", "", "cookie"]).prop_map(Name::Text),
    ];
    let first = select(vec![(0x40, 6), (0x40, 6), (0, 4), (0x10, 4)]);
    prop_oneof![
        6 => (first, name, value, any::<[bool; 2]>()).prop_map(|((first, prefix), name, value, coded)| Form::Literal {
            first, prefix, name, value, coded
        }),
        2 => select(vec![2, 4, 62, 63, 64, 70]).prop_map(Form::Indexed),
        1 => select(vec![0, 32, 40, 100, 200, 4096]).prop_map(Form::TableSize),
    ]
}

/// With padding, with a priority, with both: as browsers and libraries write heads.
#[test]
fn a_fragment_is_found_among_all_that_a_head_may_have() {
    for coded in [false, true] {
        let path = |first, prefix, value| written(&[literal(first, prefix, Name::Index(4), value, [false, coded])]);
        let (good, evil) = (path(0, 4, "/a"), path(0, 4, "/a#b"));
        let (planted, again) = (path(0x40, 6, "/a#b"), written(&[Form::Indexed(62)]));
        let around = |flags: u8, before: &[u8], block: &[u8], behind: &[u8]| (flags, [before, block, behind].concat());
        let heads = [
            (around(0, b"", &good, b""), false),
            (around(0, b"", &evil, b""), true),
            (around(8, &[3], &good, b"###"), false),
            (around(8, &[3], &evil, b"###"), true),
            (around(0x20, &[0x80, 0, 0, 0, 16], &evil, b""), true),
            (around(0x28, &[2, 0, 0, 0, 0, 16], &evil, b"##"), true),
            (around(0x28, &[2, 0, 0, 0, 0, 16], &good, b"##"), false),
            (around(0, b"", &planted, b""), true),
            (around(0, b"", &again, b""), true),
            (around(0, b"", &good, b""), false),
        ];
        let (heads, wanted): (Vec<_>, Vec<_>) = heads.into_iter().unzip();
        let heads = heads.iter().enumerate();
        let requests: Vec<_> = heads.map(|(number, (flags, head))| frame(1, 5 | flags, stream(number), head)).collect();
        for size in [usize::MAX, 1, 7, 30] {
            assert_eq!(marked(&requests, size), wanted, "{size}");
        }
    }
}

/// Of requests that h2 refuses, nothing is left behind; and none that it may still accept is forgotten.
#[test]
fn marks_of_requests_that_never_begin_are_dropped() {
    let frames = frames();
    (0..5).for_each(|number| frames.mark_fragment(stream(number)).expect("room"));
    assert!(!frames.take_fragment(2));
    assert!(frames.take_fragment(stream(3)) && frames.take_fragment(stream(4)) && !frames.take_fragment(stream(5)));
    let marked = (0..10_000).take_while(|&number| frames.mark_fragment(stream(number)).is_ok()).count();
    assert!((1000..2000).contains(&marked), "{marked}");
}

/// What h2 reads in another way, or not at all, would leave it with another table.
#[test]
fn what_would_make_another_table_ends_the_connection() {
    let frame = |kind: u8, flags: u8, payload: &[u8]| frame(kind, flags, 1, payload);
    let block = written(&[literal(0x40, 6, Name::Index(4), "/a#b", [false, false])]);
    let with_priority = |dependency: u8| frame(1, 0x25, &[&[0x80, 0, 0, dependency, 16], &block[..]].concat());
    for (sent, goes_on) in [
        (with_priority(3), true),
        (with_priority(1), false),
        (frame(5, 4, &[&[0, 0, 0, 2], &block[..]].concat()), false),
    ] {
        for size in [1, 4, 9, 100] {
            let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
            let mut reader = Watch::new(frames());
            let bytes = [&preface[..], &sent].concat();
            assert_eq!(bytes.chunks(size).all(|part| reader.received(part).is_ok()), goes_on, "{size}");
        }
    }
}

proptest! {
    #[test]
    fn the_fragments_are_those_that_a_decoder_reads(
        blocks in vec(vec(form(), 1..6), 1..6),
        size in prop_oneof![1..30_usize, Just(usize::MAX)],
        cut in 0..40_usize,
    ) {
        let blocks: Vec<_> = blocks.iter().map(|forms| written(forms)).collect();
        check(&blocks, size, cut);
    }
}
