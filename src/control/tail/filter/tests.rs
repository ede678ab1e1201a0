use super::*;

fn event() -> RequestEvent {
    serde_json::from_value(serde_json::json!({
        "time": "2026-11-22T21:18:31.042Z", "request_id": "0", "client": "127.0.0.1", "host": "Shop.example.com:8080",
        "method": "GET", "path": "/orders/7", "protocol": "HTTP/1.1", "status": 502, "service": "shop", "api": "get-order",
        "environment": "test", "function": "default/orders", "version": "3", "instance": null, "bytes_in": 0, "bytes_out": 10,
        "duration_ms": 250.5, "queue_ms": null, "connect_ms": null, "function_ms": null, "reason": "function_closed",
        "detail": null, "aborted": null, "revision": 4
    }))
    .expect("an event")
}

#[test]
fn everything_that_is_given_has_to_hold() {
    for (filters, passes) in [
        (&[][..], true),
        (&[("function", "orders")], true),
        (&[("function", "default/orders")], true),
        (&[("function", "default/orders:3")], true),
        (&[("function", "orders:3")], true),
        (&[("function", "orders:4")], false),
        (&[("function", "other/orders")], false),
        (&[("function", "order")], false),
        (&[("api", "get-order")], true),
        (&[("api", "get")], false),
        (&[("service", "shop"), ("environment", "test")], true),
        (&[("service", "shop"), ("environment", "release")], false),
        (&[("host", "shop.example.com")], true),
        (&[("host", "shop.EXAMPLE.com:8080")], true),
        (&[("host", "shop.example.com:80")], false),
        (&[("host", "example.com")], false),
        (&[("status", "5xx")], true),
        (&[("status", "5XX")], true),
        (&[("status", "502")], true),
        (&[("status", "4xx")], false),
        (&[("status", "503")], false),
        (&[("method", "get")], true),
        (&[("method", "POST")], false),
        (&[("slower_than", "250ms")], true),
        (&[("slower_than", "251ms")], false),
        (&[("status", "5xx"), ("slower_than", "1s")], false),
    ] {
        let filter = TailFilter::parse(filters.iter().copied()).expect("a filter");
        assert_eq!(filter.matches(&event()), passes, "{filters:?}");
    }
    let nowhere = RequestEvent { host: None, environment: None, function: String::new(), ..event() };
    for filters in [("host", "shop.example.com"), ("environment", "test"), ("function", "orders")] {
        assert!(!TailFilter::parse([filters]).expect("a filter").matches(&nowhere), "{filters:?}");
    }
    let address = RequestEvent { host: Some("[::1]:80".to_owned()), ..event() };
    assert!(TailFilter::parse([("host", "[::1]")]).expect("a filter").matches(&address));
}

#[test]
fn what_is_wrong_is_said_in_words() {
    for (filters, message) in [
        (&[("statuss", "404")][..], "there is no filter `statuss`: the filters are function, api, service,"),
        (&[("status", "4x")], "`4x` is no status: write one such as 404, or a class such as 5xx"),
        (&[("status", "600")], "`600` is no status"),
        (&[("status", "+04")], "`+04` is no status"),
        (&[("status", "1234")], "`1234` is no status"),
        (&[("slower_than", "fast")], "`fast` is no duration: write one such as 250ms or 2s"),
        (&[("environment", "prod")], "`prod` is no environment: the environments are release, prepub and test"),
        (&[("function", "a/b/c")], "`a/b/c` is no function: write `name`, `namespace/name`"),
        (&[("function", "orders:")], "`orders:` is no function"),
        (&[("method", "")], "the filter `method` is empty: leave it out, or give it a value"),
        (&[("api", "a"), ("api", "b")], "the filter `api` is given twice"),
    ] {
        let error = TailFilter::parse(filters.iter().copied()).expect_err("refused").to_string();
        assert!(error.starts_with(message), "{filters:?}: {error}");
    }
}
