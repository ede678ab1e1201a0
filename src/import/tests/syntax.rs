//! What is read of YAML and JSON.

use crate::import::document::{Content, Value};
use crate::import::{SyntaxError, parse};

/// On one line, with quotes around every scalar.
fn shown(value: &Value) -> String {
    let list = |all: Vec<String>| all.join(",");
    match &value.content {
        Content::Null => "null".to_owned(),
        Content::Scalar(text) => format!("{text:?}"),
        Content::Sequence(items) => format!("[{}]", list(items.iter().map(shown).collect())),
        Content::Mapping(entries) => {
            let entry = |(key, value): &(String, Value)| format!("{key}:{}", shown(value));
            format!("{{{}}}", list(entries.iter().map(entry).collect()))
        }
    }
}

fn read(text: &str) -> Result<String, SyntaxError> {
    Ok(parse(text)?.iter().map(shown).collect::<Vec<_>>().join(" "))
}

#[test]
fn yaml_and_json_are_read() {
    for (text, expected) in [
        // JSON.
        (
            r#"{"a":"\ud83d\ude00","b":[1,2.5,true,null,-3,18446744073709551615]}"#,
            r#"{a:"😀",b:["1","2.5","true",null,"-3","18446744073709551615"]}"#,
        ),
        ("\u{feff}{\"z\":1,\"a\":{},\"z\":[]}", r#"{z:"1",a:{},z:[]}"#),
        ("{\n\t\"a\":\t\"b\\/\\u0041\"\n}", r#"{a:"b/A"}"#),
        ("[]", "[]"),
        // YAML that begins as JSON does.
        ("{ a: 1, b: [ x, y, ], }", r#"{a:"1",b:["x","y"]}"#),
        ("[a]: b", r#"{?:"b"}"#),
        // Escapes, and brackets wherever they close.
        (r#"a: "\ud83d\ude00 \U0001F600 \x41""#, "{a:\"😀 😀 A\"}"),
        (
            "a:\n  b: [\n    1\n  ]\n  c: {\n    d: 2\n  }\ne: [\n  3\n]\nf: {\n}",
            r#"{a:{b:["1"],c:{d:"2"}},e:["3"],f:{}}"#,
        ),
        ("a:\n  b:\n    c: {\n  }\n    d: [ 1,\n]\n  e: \"x\ny\"", r#"{a:{b:{c:{},d:["1"]},e:"x y"}}"#),
        ("a: [\n1,\n2\n]\nb: 3", r#"{a:["1","2"],b:"3"}"#),
        // Scalars.
        (
            "a: 'it''s'\nb: \"x\\\n  y\"\nc: plain\n  goes on\nd: # nothing\ne: ~\nf: 'null'\ng: !!str null",
            r#"{a:"it's",b:"xy",c:"plain goes on",d:null,e:null,f:"null",g:"null"}"#,
        ),
        (
            "a: |\n  one\n   two\n\nb: >-\n  one\n  two\nc: |+\n  x\n\nd: |2-\n   y",
            r#"{a:"one\n two\n",b:"one two",c:"x\n\n",d:" y"}"#,
        ),
        ("a: 007\nb: 1.0\nc: 0x1F\nd: yes\ne: 2020-01-01", r#"{a:"007",b:"1.0",c:"0x1F",d:"yes",e:"2020-01-01"}"#),
        (
            "a: http://x/y?z#w\nb: a:b\nc: -1\nd: ?x\ne: :x\nf: x#y",
            r#"{a:"http://x/y?z#w",b:"a:b",c:"-1",d:"?x",e:":x",f:"x#y"}"#,
        ),
        (
            "'a b': 1\n\"c:\": 2\n? long\n: 3\n? [x]\n: 4\n200: 5\n~: 6",
            r#"{a b:"1",c::"2",long:"3",?:"4",200:"5",null:"6"}"#,
        ),
        // Sequences at the column of their key, and in each other.
        ("a:\n- 1\n- - 2\n  - b: 3\n    c: 4\n-d: 5", r#"{a:["1",["2",{b:"3",c:"4"}]],-d:"5"}"#),
        ("a:\r\n  - b\r\n  - c\r\n", r#"{a:["b","c"]}"#),
        // Anchors, and merge keys: what a mapping says itself stands over what it merges.
        ("a: &x { b: 1, c: [ &y 2 ] }\nd: *x\ne: *y", r#"{a:{b:"1",c:["2"]},d:{b:"1",c:["2"]},e:"2"}"#),
        (
            "x: &x { b: 1, c: 2 }\ny: &y { c: 3, d: 4 }\nz:\n  <<: [ *x, *y ]\n  b: 5",
            r#"{x:{b:"1",c:"2"},y:{c:"3",d:"4"},z:{c:"2",d:"4",b:"5"}}"#,
        ),
        (
            "x: &x { b: 1 }\ny:\n  c: 2\n  <<: *x\nz: { <<: text, '<<': { e: 1 } }",
            r#"{x:{b:"1"},y:{c:"2",b:"1"},z:{<<:"text",<<:{e:"1"}}}"#,
        ),
        // A tag of somebody's own is not lost.
        (
            "a: !Ref b\nc: !Sub [ x, { y: 1 } ]\nd: !!int 3\ne: ! f",
            r#"{a:{!Ref:"b"},c:{!Sub:["x",{y:"1"}]},d:"3",e:"f"}"#,
        ),
        // Documents.
        ("%YAML 1.2\n---\na: 1\n...\n---\nb: 2\n--- c", r#"{a:"1"} {b:"2"} "c""#),
        ("# only a comment\n", ""),
        ("--- # nothing", "null"),
    ] {
        assert_eq!(read(text).unwrap_or_else(|error| panic!("{text}: {error}")), expected, "{text}");
    }
}

#[test]
fn errors_have_their_place() {
    for (text, line, column) in [
        ("{\n  \"a\": 1\n  \"b\": 2\n}", 3, 6),
        ("{\"a\": \"\\x\"}", 1, 9),
        ("a: 1\nb: [1, 2", 2, 4),
        ("a: 'x\n", 1, 4),
        ("a: *nothing", 1, 4),
        ("a:\n  - b\n c: 1", 3, 2),
        ("a: &x [ *x ]", 1, 9),
    ] {
        let error = read(text).expect_err(text);
        assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
    }
}

#[test]
fn neither_depth_nor_aliases_are_without_bounds() {
    let brackets = |count: usize| "[".repeat(count) + &"]".repeat(count);
    assert!(read(&brackets(100)).is_ok());
    assert!(read(&brackets(100_000)).is_err());
    assert!(read(&"- ".repeat(100_000)).is_err());
    assert!(read(&"{\"a\":".repeat(100_000)).is_err());
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        text += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    let error = read(&text).expect_err("ten to the tenth values").to_string();
    assert!(error.contains("aliases stand for too many values at line "), "{error}");
}
