use super::*;

#[test]
fn targets_have_four_forms() {
    let absolute = |scheme, authority, path_and_query| Target::Absolute { scheme, authority, path_and_query };
    for (text, target) in [
        ("/", Target::Origin("/")),
        ("/a/b?c=d", Target::Origin("/a/b?c=d")),
        ("//evil.example/a", Target::Origin("//evil.example/a")),
        ("/caf\u{e9}?q=\u{20ac}", Target::Origin("/caf\u{e9}?q=\u{20ac}")),
        ("/{\"a\":[1]}", Target::Origin("/{\"a\":[1]}")),
        ("/a?b?`{}|\\^", Target::Origin("/a?b?`{}|\\^")),
        ("/%zz%", Target::Origin("/%zz%")),
        ("*", Target::Asterisk),
        ("http://a.example/b?c", absolute("http", "a.example", "/b?c")),
        ("HTTPS://u@a.example:80", absolute("HTTPS", "u@a.example:80", "")),
        ("http://a.example?b", absolute("http", "a.example", "?b")),
        ("ftp://a.example/", absolute("ftp", "a.example", "/")),
        ("http://[::1]:80/://", absolute("http", "[::1]:80", "/://")),
        ("a.example:443", Target::Authority("a.example:443")),
        // These are no authorities either. Only CONNECT has one as its target.
        ("attack", Target::Authority("attack")),
        ("http:a", Target::Authority("http:a")),
    ] {
        assert_eq!(Target::parse(text), Ok(target), "{text}");
    }
}

#[test]
fn what_is_no_target_is_refused() {
    for text in [
        "",
        "?a",
        "\\a",
        "http://",
        "http:///a",
        "http:/a",
        "/a\"?\"",
        "/a<b",
        "/a>b",
        "/a`b",
        "/a b",
        "/a\u{7f}",
        "/a?b\"c",
        "/a?<",
        "/a?\u{1}",
        "http://[::1/a",
        "http://a.example\\b",
        "http://a.example/<",
    ] {
        assert_eq!(Target::parse(text), Err(HeadError::Target), "{text}");
    }
    for text in ["#a", "/a#", "/a?b#c", "/#?", "http://a.example/a#b", "http://a.example#b", "a.example#"] {
        assert_eq!(Target::parse(text), Err(HeadError::Fragment), "{text}");
    }
    let long = format!("/{}", "a".repeat(LONGEST_TARGET - 1));
    assert_eq!(Target::parse(&long), Ok(Target::Origin(&long)));
    assert_eq!(Target::parse(&format!("{long}a")), Err(HeadError::TargetTooLong));
}

/// The classes of bytes are those of `http::Uri`, for each byte in a path and in a query.
#[test]
fn paths_and_queries_are_those_of_http() {
    for byte in (0..=0x7f_u8).filter(|&byte| byte != b'#') {
        for text in [format!("/a{}b", char::from(byte)), format!("/a?b{}c", char::from(byte))] {
            assert_eq!(Target::parse(&text).is_ok(), Uri::try_from(text.as_str()).is_ok(), "{text:?}");
        }
    }
    proptest::proptest!(|(text in "[ -~é€]{0,20}", form in 0_usize..3)| {
        let text = format!("{}{text}", ["/", "http://a", ""][form]);
        let theirs = Uri::try_from(text.as_str()).is_ok() && !text.contains('#');
        assert_eq!(Target::parse(&text).is_ok(), theirs, "{text:?}");
    });
}
