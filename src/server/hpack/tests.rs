//! Blocks in all forms, compared with what a decoder makes of them.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::sample::select;

use super::*;
use crate::clock::Clock;
use crate::config::Http2;
use crate::conformance::wire::hpack::{Decoder, integer};
use crate::server::frames::Frames;
use crate::server::stream::Observer;
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

fn watch() -> Watch {
    let clock = Clock::new();
    let now = clock.now();
    Watch::new(Frames::new(clock, Http2::DEFAULT, now))
}

/// Frames of a block: a head and its continuation, with padding and a priority, cut there.
fn frames(block: &[u8], cut: usize) -> Vec<u8> {
    let (head, rest) = block.split_at(cut.min(block.len()));
    let frame = |kind: u8, flags: u8, payload: &[u8]| {
        let length = u32::try_from(payload.len()).expect("small").to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, 1], payload].concat()
    };
    let padded = [&[7, 0, 0, 0, 0, 16], head, b"#######"].concat();
    [frame(1, 0x28, &padded), frame(0, 8, b"\x02data####"), frame(9, 4, rest)].concat()
}

/// What is left of these blocks when they have come in parts of this size, behind a preface.
fn marked(blocks: &[Vec<u8>], size: usize, cut: usize) -> Vec<Vec<u8>> {
    let begin = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    let mut bytes = blocks.iter().fold(begin, |bytes, block| [bytes, frames(block, cut)].concat());
    let mut reader = watch();
    // None of the heads is whole: each has padding, and a part of it in another frame.
    for part in bytes.chunks_mut(size) {
        reader.received(part).expect("in time");
        assert_eq!(reader.take_isolated(), None);
    }
    let mut at = 24;
    let mut found = Vec::new();
    for block in blocks {
        let head = cut.min(block.len());
        let behind = at + 9 + 6 + head + 7 + 9 + 9 + 9;
        let (first, second) = (&bytes[at + 15..][..head], &bytes[behind..][..block.len() - head]);
        found.push([first, second].concat());
        at = behind + block.len() - head;
    }
    assert_eq!(at, bytes.len());
    found
}

/// Each block as a decoder reads it, with `>` for `#` in paths; up to the first that is malformed.
fn wanted(blocks: &[Vec<u8>]) -> Vec<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut decoder = Decoder::default();
    let mut read: Vec<_> = blocks.iter().map_while(|block| decoder.decode(block)).collect();
    for (_, value) in read.iter_mut().flatten().filter(|(name, _)| name == b":path") {
        value.iter_mut().filter(|byte| **byte == b'#').for_each(|byte| *byte = b'>');
    }
    read
}

fn check(blocks: &[Vec<u8>], size: usize, cut: usize) {
    let wanted = wanted(blocks);
    let mut decoder = Decoder::default();
    let found: Vec<_> = marked(blocks, size, cut).iter().map_while(|block| decoder.decode(block)).collect();
    assert_eq!(found[..wanted.len().min(found.len())], wanted, "{blocks:02x?} in parts of {size}, cut at {cut}");
}

fn literal(first: u8, prefix: u8, name: Name, value: &str, coded: [bool; 2]) -> Form {
    Form::Literal { first, prefix, name, value: value.to_owned(), coded }
}

/// Every way to write a path with a fragment; and fields that only look like one.
#[test]
fn a_fragment_is_marked_in_every_form() {
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
                    found += usize::from(marked(&blocks, 10_000, 4) != blocks);
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

#[test]
fn a_whole_head_with_a_fragment_is_found_and_left_as_it_is() {
    let frame = |flags: u8, block: &[u8]| {
        let length = u32::try_from(block.len()).expect("small").to_be_bytes();
        [&length[1..], &[1, flags, 0, 0, 0, 1], block].concat()
    };
    for coded in [false, true] {
        let path =
            |first, prefix, value| frame(5, &written(&[literal(first, prefix, Name::Index(4), value, [false, coded])]));
        let (good, evil) = (path(0, 4, "/a"), path(0, 4, "/a#b"));
        let (planted, again) = (path(0x40, 6, "/a#b"), frame(5, &written(&[Form::Indexed(62)])));
        // With padding, with a priority, with both: as browsers and libraries write heads.
        let around = |flags: u8, before: &[u8], behind: &[u8]| frame(5 | flags, &[before, &evil[9..], behind].concat());
        let padded = around(8, &[3], b"###");
        let with_priority = around(0x20, &[0x80, 0, 0, 0, 16], b"");
        let with_both = around(0x28, &[2, 0, 0, 0, 3, 16], b"##");
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        let heads = [&good, &evil, &good, &padded, &good, &with_priority, &with_both, &planted, &again, &good];
        let mut bytes = heads.iter().fold(preface, |bytes, head| [bytes, (*head).clone()].concat());
        let sent = bytes.clone();
        let (mut reader, mut at, mut found) = (watch(), 0, Vec::new());
        loop {
            reader.received(&mut bytes[at..]).expect("in time");
            let Some(head) = reader.take_isolated() else { break };
            found.push(sent[at..][head.clone()].to_vec());
            at += head.end;
        }
        assert_eq!(found, [evil, padded, with_priority, with_both, planted, again.clone()]);
        assert_eq!(bytes, sent);
        // Of a head in parts h2 may have something already.
        reader.received(&mut frame(1, &again[9..])).expect_err("too late");
    }
}

/// What h2 reads in another way, or not at all, would leave it with another table.
#[test]
fn what_would_make_another_table_ends_the_connection() {
    let frame = |kind: u8, flags: u8, payload: &[u8]| {
        let length = u32::try_from(payload.len()).expect("small").to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, 1], payload].concat()
    };
    let block = written(&[literal(0x40, 6, Name::Index(4), "/a#b", [false, false])]);
    let with_priority = |dependency: u8| frame(1, 0x25, &[&[0x80, 0, 0, dependency, 16], &block[..]].concat());
    for (sent, goes_on) in [
        (with_priority(3), true),
        (with_priority(1), false),
        (frame(5, 4, &[&[0, 0, 0, 2], &block[..]].concat()), false),
    ] {
        for size in [1, 4, 9, 100] {
            let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
            let mut reader = watch();
            let mut bytes = [&preface[..], &sent].concat();
            assert_eq!(bytes.chunks_mut(size).all(|part| reader.received(part).is_ok()), goes_on, "{size}");
        }
    }
}

proptest! {
    #[test]
    fn what_a_decoder_reads_is_the_same_but_for_fragments(
        blocks in vec(vec(form(), 1..6), 1..6),
        size in prop_oneof![1..30_usize, Just(usize::MAX)],
        cut in 0..40_usize,
    ) {
        let blocks: Vec<_> = blocks.iter().map(|forms| written(forms)).collect();
        check(&blocks, size, cut);
    }
}
