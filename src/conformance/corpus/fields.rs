//! Fields of requests and answers.

use super::bytes::head;
use crate::conformance::case::Case;

/// Field lines that any message may have, end to end.
const LINES: [(&str, &[&[u8]]); 34] = [
    ("one", &[b"X-A: 1"]),
    ("no white space", &[b"X-A:1"]),
    ("much white space", &[b"X-A: \t  1\t "]),
    ("empty", &[b"X-A:"]),
    ("empty with white space", &[b"X-A: "]),
    ("upper case", &[b"X-UPPER: 1"]),
    ("lower case", &[b"x-lower: 1"]),
    ("mixed case", &[b"x-MiXeD-cAsE: 1"]),
    ("underscore", &[b"x_under_score: 1"]),
    ("underscore and hyphen", &[b"X-Same: 1", b"X_Same: 2"]),
    ("dot", &[b"x.dot: 1"]),
    ("digits", &[b"1: 1"]),
    ("every special byte of a name", &[b"x!#$%&'*+-.^_`|~: 1"]),
    ("one letter", &[b"a: 1", b"B: 2", b"c: 3"]),
    ("repeated", &[b"X-A: 1", b"X-A: 2", b"X-A: 3"]),
    ("repeated and equal", &[b"X-A: 1", b"X-A: 1"]),
    ("repeated in another case", &[b"X-A: 1", b"x-a: 2", b"X-a: 3"]),
    ("repeated and empty", &[b"X-A:", b"X-A: 1", b"X-A:"]),
    ("repeated apart", &[b"X-A: 1", b"X-B: 2", b"X-A: 3", b"X-B: 4"]),
    ("lists", &[b"X-A: 1, 2", b"X-A: 3,,4 ,"]),
    ("not in order of the alphabet", &[b"z: 1", b"m: 2", b"a: 3", b"y: 4"]),
    ("quoted", &[b"X-A: \"a, b; \\\" c\""]),
    ("comment", &[b"X-A: (a (nested) comment)"]),
    ("spaces inside", &[b"X-A: a   b\tc"]),
    ("colons", &[b"X-A: : a:b :", b"X-B: ::"]),
    ("impossible date", &[b"X-Date: Tue, 31 Feb 2026 25:61:61 GMT"]),
    ("percent", &[b"X-A: %0d%0aX-Injected: 1"]),
    ("utf-8", &["X-A: caf\u{e9} \u{20ac} \u{1f980}".as_bytes()]),
    ("latin-1", &[b"X-A: caf\xe9"]),
    ("only obs-text", &[b"X-A: \xff\xfe\x80"]),
    ("json", &[b"X-A: {\"a\":[1,2,{\"b\":null}]}"]),
    ("structured", &[b"X-A: ?1;a=1.5, :YWJj:;b, (a b)"]),
    ("vendor", &[b"X-Api-Key: k", b"X-Scf: 1", b"X-Real-Ipx: 2", b"Xforwarded-For: 3"]),
    ("unknown hop in a name", &[b"Connection-Id: 1", b"Keep-Alive-Id: 2", b"TE-X: 3"]),
];

/// What clients send.
const IN_REQUESTS: [(&str, &[&[u8]]); 37] = [
    ("cookies", &[b"Cookie: a=1; b=2"]),
    ("cookies in lines", &[b"Cookie: a=1", b"Cookie: b=2"]),
    ("authorization", &[b"Authorization: Basic dTpw"]),
    ("authorization listed", &[b"Connection: authorization", b"Authorization: Bearer t"]),
    ("user agent", &[b"User-Agent: curl/8.0 (a; b) c"]),
    ("empty user agent", &[b"User-Agent:"]),
    ("accept encoding", &[b"Accept-Encoding: gzip;q=1.0, identity; q=0.5, *;q=0"]),
    ("range", &[b"Range: bytes=0-0,-1"]),
    ("conditional", &[b"If-None-Match: W/\"a\", \"b\"", b"If-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT"]),
    ("traceparent", &[b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", b"tracestate: a=1"]),
    ("via", &[b"Via: 1.0 fred, 1.1 p.example"]),
    ("max forwards", &[b"Max-Forwards: 0"]),
    ("priority", &[b"Priority: u=1, i"]),
    ("pragma", &[b"Pragma: no-cache", b"Cache-Control: no-cache, max-age=0"]),
    ("date of a client", &[b"Date: Tue, 15 Nov 1994 08:12:31 GMT"]),
    ("expectation of nothing", &[b"Expect: 100-continue"]),
    ("origin", &[b"Origin: null", b"Referer: about:blank"]),
    ("accept lines", &[b"Accept: text/html", b"Accept: */*;q=0.1"]),
    ("te gzip", &[b"TE: gzip"]),
    ("te trailers", &[b"TE: trailers"]),
    ("te list", &[b"TE: gzip;q=0.5, trailers"]),
    ("keep-alive", &[b"Connection: keep-alive", b"Keep-Alive: timeout=5, max=10"]),
    ("proxy connection", &[b"Proxy-Connection: keep-alive"]),
    ("proxy authorization", &[b"Proxy-Authorization: Basic dTpw"]),
    ("listed", &[b"Connection: x-hop, x-other", b"X-Hop: 1", b"X-Kept: 2"]),
    ("listed and absent", &[b"Connection: x-absent"]),
    ("upgrade declined", &[b"Connection: Upgrade", b"Upgrade: example/1, other"]),
    ("h2c", &[b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__"]),
    ("reserved", &[b"X-Scf-Name: mine", b"X-Kept: 1"]),
    ("reserved with underscores", &[b"X_SCF_Name: mine", b"X_Kept: 1"]),
    ("reserved and unknown", &[b"x-scf-anything: mine"]),
    ("owned", &[b"X-Real-Ip: 192.0.2.1", b"X-Forwarded-For: 192.0.2.1"]),
    ("owned and unknown", &[b"X-Forwarded-Weird: 1", b"Forwarded: for=192.0.2.1"]),
    ("request id", &[b"X-Api-RequestId: mine"]),
    ("proxy", &[b"Proxy: http://192.0.2.1"]),
    ("host in lower case", &[]),
    ("ninety lines", &[]),
];

/// What functions send.
const IN_ANSWERS: [(&str, &[&[u8]]); 26] = [
    ("cookies", &[b"Set-Cookie: a=1; Path=/", b"Set-Cookie: b=2; HttpOnly", b"Set-Cookie: a=3"]),
    ("date", &[b"Date: Tue, 15 Nov 1994 08:12:31 GMT"]),
    ("date in lower case", &[b"date: Tue, 15 Nov 1994 08:12:31 GMT"]),
    ("odd date", &[b"Date: yesterday"]),
    ("two dates", &[b"Date: Tue, 15 Nov 1994 08:12:31 GMT", b"Date: Tue, 15 Nov 1994 08:12:32 GMT"]),
    ("server", &[b"Server: f/1.0"]),
    ("via", &[b"Via: 1.1 f"]),
    ("location", &[b"Location: ../a?b#c", b"Content-Location: /x"]),
    ("refresh", &[b"Refresh: 0; url=/"]),
    ("encoding", &[b"Content-Encoding: gzip", b"Vary: *"]),
    ("etag", &[b"ETag: W/\"\xe9\"", b"Age: 99999999999"]),
    ("accept ranges", &[b"Accept-Ranges: bytes", b"Content-Range: bytes 0-1/2"]),
    ("authenticate", &[b"WWW-Authenticate: Basic realm=\"a\"", b"WWW-Authenticate: Bearer"]),
    ("proxy authenticate", &[b"Proxy-Authenticate: Basic realm=\"a\""]),
    ("links", &[b"Link: </a>; rel=preload", b"Link: </b>"]),
    ("no sniff", &[b"X-Content-Type-Options: nosniff", b"Strict-Transport-Security: max-age=0"]),
    ("accel", &[b"X-Accel-Buffering: no"]),
    ("accel limits", &[b"X-Accel-Expires: 0", b"X-Accel-Charset: utf-8"]),
    ("cache control", &[b"Cache-Control: private", b"Expires: 0"]),
    ("keep-alive", &[b"Connection: keep-alive", b"Keep-Alive: timeout=60"]),
    ("listed", &[b"Connection: x-hop", b"X-Hop: 1", b"X-Kept: 2"]),
    ("upgrade offered", &[b"Upgrade: h2c", b"Connection: upgrade"]),
    ("reserved", &[b"X-Scf-Name: f", b"X-Kept: 1"]),
    ("reserved with underscores", &[b"x_scf_name: f"]),
    ("request id", &[b"X-Api-RequestId: mine"]),
    ("owned", &[b"X-Real-Ip: 192.0.2.1", b"X-Forwarded-For: 192.0.2.1", b"Forwarded: for=a"]),
];

/// The bytes that a value may have besides letters and digits, sixteen in a case.
fn value_bytes() -> Vec<(String, Vec<u8>)> {
    (2..16u8)
        .map(|row| {
            let bytes = (row * 16..=row * 16 + 15).filter(|&byte| byte != 0x7f);
            (
                format!("bytes {:#04x} to {:#04x}", row * 16, row * 16 + 15),
                [b"X-A: a", &bytes.collect::<Vec<_>>()[..], b"z"].concat(),
            )
        })
        .collect()
}

/// Values and names of these lengths.
fn long() -> Vec<(String, Vec<u8>)> {
    let values = [127, 128, 255, 256, 1023, 1024, 4095, 4096, 8191, 8192];
    let values =
        values.map(|length| (format!("a value of {length} bytes"), [b"X-Long: ", &vec![b'v'; length][..]].concat()));
    let names = [64, 127, 255, 1000]
        .map(|length| (format!("a name of {length} bytes"), [&vec![b'n'; length][..], b": 1"].concat()));
    values.into_iter().chain(names).collect()
}

/// Lines of every kind, with their names.
fn common() -> Vec<(String, Vec<Vec<u8>>)> {
    let lines = LINES.iter().map(|(name, lines)| ((*name).to_owned(), owned(lines)));
    let single = value_bytes().into_iter().chain(long()).map(|(name, line)| (name, vec![line]));
    lines.chain(single).collect()
}

fn owned(lines: &[&[u8]]) -> Vec<Vec<u8>> {
    lines.iter().map(|line| line.to_vec()).collect()
}

pub(super) fn in_requests() -> Vec<Case> {
    let special = IN_REQUESTS.iter().map(|(name, lines)| ((*name).to_owned(), owned(lines)));
    let case = |(name, mut lines): (String, Vec<Vec<u8>>)| {
        let host =
            if name == "host in lower case" { b"host: EXAMPLE.com".to_vec() } else { b"Host: example.com".to_vec() };
        if name == "ninety lines" {
            lines = (0..90).map(|number| format!("X-{}: {number}", number % 30).into_bytes()).collect();
        }
        lines.insert(lines.len() / 2, host);
        let lines: Vec<_> = lines.iter().map(Vec::as_slice).collect();
        Case::new(format!("request field: {name}")).send(head("GET /f HTTP/1.1", &lines))
    };
    common().into_iter().chain(special).map(case).collect()
}

pub(super) fn in_answers() -> Vec<Case> {
    let special = IN_ANSWERS.iter().map(|(name, lines)| ((*name).to_owned(), owned(lines)));
    let case = |(name, mut lines): (String, Vec<Vec<u8>>)| {
        lines.insert(lines.len() / 2, b"Content-Length: 0".to_vec());
        let lines: Vec<_> = lines.iter().map(Vec::as_slice).collect();
        Case::answered(format!("answer field: {name}"), head("HTTP/1.1 200 OK", &lines))
    };
    common().into_iter().chain(special).map(case).collect()
}
