//! What is about a connection: pipelining, HTTP/1.0, closing, early answers, `Expect`, interim answers.

use super::bytes::{chunked, pattern, plain};
use crate::conformance::case::Case;
use crate::conformance::wire::Step;
use crate::conformance::wire::origin::When;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const POST: &str = "POST /x HTTP/1.1\r\nHost: example.com\r\n";

pub(super) fn all() -> Vec<Case> {
    [pipelines(), old(), after_old(), ends(), early(), expectations(), interims()].concat()
}

fn pipelines() -> Vec<Case> {
    let mut cases = Vec::new();
    for count in 2..=10 {
        let requests: Vec<u8> = (0..count).flat_map(|number| plain("GET", &format!("/{number}"))).collect();
        cases.push(Case::new(format!("{count} requests at once")).send(requests));
        let one_by_one = |case: Case, number| {
            let target = format!("/{number}.");
            case.send(plain("GET", &target)).then(Step::Received(format!("\r\n\r\n{target}").into_bytes()))
        };
        cases.push((0..count).fold(Case::new(format!("{count} requests one by one")), one_by_one));
    }
    let bodies =
        |number: usize| [format!("{POST}Content-Length: {number}\r\n\r\n").into_bytes(), pattern(number)].concat();
    cases.push(Case::new("bodies at once").send((0..6).flat_map(bodies).collect::<Vec<_>>()));
    let chunks = |number: usize| {
        [format!("{POST}Transfer-Encoding: chunked\r\n\r\n").into_bytes(), chunked(&pattern(50), number)].concat()
    };
    cases.push(Case::new("chunked bodies at once").send((1..6).flat_map(chunks).collect::<Vec<_>>()));
    let mixed = [plain("HEAD", "/h"), bodies(3), plain("GET", "/g"), chunks(7), plain("DELETE", "/d")].concat();
    let answers = ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", OK, "HTTP/1.1 204 No\r\n\r\n", OK, OK];
    cases.push(answers.iter().fold(Case::new("different requests at once").send(mixed), Case::answer));
    cases
}

fn old() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, request) in [
        ("a request", "GET /old HTTP/1.0\r\n\r\n"),
        ("a request with Host", "GET /old HTTP/1.0\r\nHost: example.com\r\n\r\n"),
        ("a request that keeps", "GET /old HTTP/1.0\r\nHost: example.com\r\nConnection: keep-alive\r\n\r\n"),
        ("a body", "POST /old HTTP/1.0\r\nHost: example.com\r\nContent-Length: 3\r\n\r\nklm"),
        ("HEAD", "HEAD /old HTTP/1.0\r\nHost: example.com\r\n\r\n"),
    ] {
        let head = request.starts_with("HEAD");
        let ok = |fields: &str, body: &str| format!("{fields}\r\n{}", if head { "" } else { body });
        for (kind, answer) in [
            ("a length", ok("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "ok")),
            ("chunks", ok("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n")),
            ("a length in HTTP/1.0", ok("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n", "ok")),
            (
                "a length and keep-alive in HTTP/1.0",
                ok("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n", "ok"),
            ),
        ] {
            cases.push(Case::new(format!("HTTP/1.0: {name}, answered with {kind}")).send(request).answer(answer));
        }
        let answer = ok("HTTP/1.0 200 OK\r\n", "ok");
        cases.push(
            Case::new(format!("HTTP/1.0: {name}, answered up to the end")).send(request).answer_and_close(answer),
        );
    }
    cases
}

/// A function that keeps a connection in HTTP/1.0, and what then comes on it from a client of HTTP/1.1.
fn after_old() -> Vec<Case> {
    let kept = "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nold";
    let chunks = [format!("{POST}Transfer-Encoding: chunked\r\n\r\n").into_bytes(), chunked(b"klmnop", 3)].concat();
    let body = format!("{POST}Content-Length: 3\r\n\r\nklm").into_bytes();
    [("a request", plain("GET", "/x")), ("a body", body), ("chunks", chunks)]
        .into_iter()
        .map(|(name, next)| {
            let case = Case::new(format!("{name} behind an answer in HTTP/1.0"));
            case.send(plain("GET", "/")).then(Step::Received(b"old".to_vec())).send(next).answer(kept).answer(OK)
        })
        .collect()
}

fn ends() -> Vec<Case> {
    let close = "GET /c HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n";
    let closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
    vec![
        Case::new("a client that closes after it").send(close),
        Case::new("a client that closes after it, in chunks")
            .send(close)
            .answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
        Case::new("a function that closes").send(plain("GET", "/")).answer_and_close(closing),
        Case::new("a function that says so and does not close").send(plain("GET", "/")).answer(closing),
        Case::new("a function that closes without a word").send(plain("GET", "/")).answer_and_close(OK),
        Case::new("a closing function between requests")
            .send([plain("GET", "/1"), plain("GET", "/2")].concat())
            .answer_and_close(closing)
            .answer(OK),
        Case::new("half-close")
            .send(plain("GET", "/"))
            .then(Step::Arrived(b"GET / ".to_vec()))
            .then(Step::Finish)
            .steps(When::Whole, vec![Step::Ended, Step::send(OK)]),
        Case::new("half-close behind a body")
            .send(format!("{POST}Content-Length: 3\r\n\r\nklm"))
            .then(Step::Arrived(b"klm".to_vec()))
            .then(Step::Finish)
            .steps(When::Whole, vec![Step::Ended, Step::send(OK)]),
    ]
}

fn early() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, fields, first, rest) in [
        ("a length", "Content-Length: 6\r\n", "klm", "nop"),
        ("chunks", "Transfer-Encoding: chunked\r\n", "3\r\nklm\r\n", "3\r\nnop\r\n0\r\n\r\n"),
    ] {
        let case = |kind: &str| Case::new(format!("early {kind} to {name}")).send(format!("{POST}{fields}\r\n"));
        // The answer is complete before the body is.
        cases.push(
            case("answer")
                .send(first)
                .then(Step::Received(b"ok".to_vec()))
                .send(rest)
                .steps(When::Head, vec![Step::send(OK)]),
        );
        // Both bodies at the same time.
        let streamed = |part: &str| Step::send(format!("{:x}\r\n{part}\r\n", part.len()));
        let head = Step::send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let steps = vec![
            head,
            Step::Received(b"klm".to_vec()),
            streamed("one"),
            Step::Received(b"nop".to_vec()),
            streamed("two"),
            Step::send("0\r\n\r\n"),
        ];
        cases
            .push(case("stream").send(first).then(Step::Received(b"one".to_vec())).send(rest).steps(When::Head, steps));
    }
    cases
}

fn expectations() -> Vec<Case> {
    let head = format!("{POST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    let refused = "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n";
    let go_on = || Step::Received(b" 100 ".to_vec());
    vec![
        Case::new("Expect, and the function says so").send(&head).then(go_on()).send("klm").steps(
            When::Head,
            vec![Step::send("HTTP/1.1 100 Continue\r\n\r\n"), Step::Received(b"klm".to_vec()), Step::send(OK)],
        ),
        Case::new("Expect, and the function says so with fields").send(&head).then(go_on()).send("klm").steps(
            When::Head,
            vec![Step::send("HTTP/1.1 100 Go on\r\nX-A: 1\r\n\r\n"), Step::Received(b"klm".to_vec()), Step::send(OK)],
        ),
        Case::new("Expect, and nobody says anything").send(&head).then(go_on()).send("klm").answer(OK),
        Case::new("Expect, and the body is there already").send(format!("{head}klm")).answer(OK),
        Case::new("Expect in chunks")
            .send(format!("{POST}Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"))
            .then(go_on())
            .send("3\r\nklm\r\n0\r\n\r\n")
            .answer(OK),
        Case::new("Expect in another case")
            .send(format!("{POST}expect: 100-Continue\r\nContent-Length: 3\r\n\r\nklm"))
            .answer(OK),
        Case::new("Expect, and the function refuses, and gets the body all the same")
            .send(format!("{head}klm"))
            .steps(When::Head, vec![Step::send(refused)]),
        Case::new("100 that nobody expects")
            .send(plain("GET", "/"))
            .answer(format!("HTTP/1.1 100 Continue\r\n\r\n{OK}")),
    ]
}

fn interims() -> Vec<Case> {
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nLink: </b>\r\n\r\n";
    let processing = "HTTP/1.1 102 Processing\r\n\r\n";
    vec![
        Case::answered("hints", format!("{hints}{OK}")),
        Case::answered("hints twice", format!("{hints}{hints}{OK}")),
        Case::answered("processing and hints", format!("{processing}{hints}{OK}")),
        Case::answered("many interim answers", format!("{}{OK}", processing.repeat(20))),
        Case::new("hints before the answer is known")
            .send(plain("GET", "/"))
            .steps(When::Whole, vec![Step::send(hints), Step::Arrived(b" 103 ".to_vec()), Step::send(OK)]),
    ]
}
