//! How large a response head may be, in HTTP/1.1 and in HTTP/2, and what is said of a larger one.

use http::Response;

use super::support::client::request;
use super::support::gateway::{Gateway, simple};
use super::support::origin::Origin;
use super::support::peer::Peer;

/// A function with heads of `count` fields, each with a value of `length` bytes, and its URL.
struct Function {
    url: String,
    _server: Box<dyn std::any::Any>,
}

fn http1(count: usize, length: usize) -> Function {
    let value = "a".repeat(length);
    let fields: String = (0..count).map(|number| format!("X-{number}: {value}\r\n")).collect();
    let origin = Origin::answering(format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{fields}\r\n"));
    Function { url: origin.url(), _server: Box::new(origin) }
}

fn http2(count: usize, length: usize) -> Function {
    let peer = Peer::start(move |mut exchange| {
        Box::pin(async move {
            let mut response = Response::builder().header("content-length", "0");
            for number in 0..count {
                response = response.header(format!("x-{number}"), "a".repeat(length));
            }
            exchange.respond.send_response(response.body(()).expect("a response"), true).map(drop)
        })
    });
    Function { url: peer.url(), _server: Box::new(peer) }
}

#[test]
fn a_head_over_a_limit_of_its_function_is_refused_and_the_limit_named() {
    const BYTES: &str = "response head exceeds max_response_header_bytes";
    const FIELDS: &str = "response head exceeds max_response_headers";
    for (limits, count, length, refused) in [
        ("", 50, 1000, None),
        ("", 1, 70_000, Some(format!("{BYTES} (64KiB)"))),
        ("", 1, 2_000_000, Some(format!("{BYTES} (64KiB)"))),
        ("", 120, 1, Some(format!("{FIELDS} (100)"))),
        ("max_response_header_bytes = \"8KiB\"", 1, 7000, None),
        ("max_response_header_bytes = \"8KiB\"", 1, 9000, Some(format!("{BYTES} (8KiB)"))),
        ("max_response_header_bytes = \"1MiB\"", 9, 60_000, None),
        ("max_response_headers = 5", 4, 1, None),
        ("max_response_headers = 5", 5, 1, Some(format!("{FIELDS} (5)"))),
        ("max_response_headers = 1000", 900, 1, None),
    ] {
        for make in [http1, http2] {
            let function = make(count, length);
            // The limits of requests are others.
            let gateway = Gateway::with(&simple(&function.url, "max_header_bytes = \"8KiB\"", limits, ""));
            let answer = gateway.client().ask(request("GET /", &[]));
            let about = format!("{limits} {count} fields of {length} from {}", function.url);
            match &refused {
                None => {
                    assert_eq!(answer.status(), 200, "{about}: {}", answer.text());
                    assert_eq!(answer.field("x-0").map(str::len), Some(length), "{about}");
                }
                Some(detail) => {
                    assert_eq!((answer.status(), answer.reason().as_str()), (502, "bad_response"), "{about}");
                    assert_eq!(answer.problem()["detail"], detail.as_str(), "{about}");
                }
            }
        }
    }
}
