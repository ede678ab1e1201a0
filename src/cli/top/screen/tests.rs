use std::collections::BTreeSet;

use super::*;
use crate::cli::top::figures::{Classes, Refusal, State};

const SCENE: Scene<'_> = Scene { address: "127.0.0.1:9901", now: 1_000_000 };
const VIEW: View = View { listed: Listed::Functions, sort: Sort::Requests };

fn rates(requests: f64, errors: f64) -> Rates {
    let classes = Classes { success: requests - errors, server_error: errors, ..Classes::default() };
    Rates { requests, errors, classes }
}

fn function(name: &str, down: usize) -> Function {
    Function {
        function: name.to_owned(),
        rates: rates(12.34, 0.0),
        times: Times { p50_ms: Some(1.25), p99_ms: Some(2500.0) },
        in_flight: 3,
        queued: 0,
        up: 2,
        down,
    }
}

fn api(service: &str, name: &str, errors: f64) -> Api {
    Api {
        service: service.to_owned(),
        api: name.to_owned(),
        functions: BTreeSet::from(["default/a:1".to_owned(), "default/a:2".to_owned()]),
        rates: rates(6.0, errors),
        times: Times::default(),
    }
}

fn figures() -> Figures {
    let refusal = |reason: &str, rate| Refusal { reason: reason.to_owned(), rate };
    Figures {
        rates: rates(24.7, 1.0),
        unknown_hosts: 3.25,
        refusals: vec![
            refusal("no_service", 3.25),
            refusal("no_api", 2.0),
            refusal("function_closed", 1.0),
            refusal("draining", 0.5),
        ],
        client_connections: 7,
        state: State { revision: 2, last_reload: 1_000_000 - 240, refused_reloads: 1, refused: false, warnings: 2 },
        functions: vec![function("default/a:$LATEST", 0), function("b", 1), function("c", 0)],
        apis: vec![api("shop", "get-order", 0.0), api("shop", "", 1.0)],
    }
}

fn screen(height: Option<usize>, width: Option<usize>) -> Screen {
    Screen { colours: false, has_keys: height.is_some(), height, width }
}

#[test]
fn a_look_is_a_summary_and_a_table() {
    assert_eq!(
        screen(None, None).draw(&figures(), VIEW, SCENE),
        "fngate 127.0.0.1:9901: 24.7 requests/s   2xx 23.7   3xx 0   4xx 0   429 0   5xx 1.0
revision 2, applied 4 min ago   1 reload refused, 2 warnings
refused by the gateway: no_service 3.2/s   no_api 2.0/s   function_closed 1.0/s
7 client connections   3.2/s for unknown hosts   0/s left by clients

FUNCTION           REQUESTS/S   2XX  3XX  4XX  429  5XX     P50    P99  IN FLIGHT  QUEUED     INSTANCES
default/a:$LATEST        12.3  12.3    0    0    0    0  1.2 ms  2.5 s          3       0          2 up
b                        12.3  12.3    0    0    0    0  1.2 ms  2.5 s          3       0  2 up, 1 down
c                        12.3  12.3    0    0    0    0  1.2 ms  2.5 s          3       0          2 up
"
    );
    let text = screen(None, None).draw(&figures(), View { listed: Listed::Apis, ..VIEW }, SCENE);
    assert!(
        text.ends_with(
            "
SERVICE  API        REQUESTS/S  2XX  3XX  4XX  429  5XX  P50  P99  FUNCTION
shop     get-order         6.0  6.0    0    0    0    0    -    -  default/a:1, default/a:2
shop     (none)            6.0  5.0    0    0    0  1.0    -    -  default/a:1, default/a:2
"
        ),
        "{text}"
    );
}

#[test]
fn a_refused_file_and_failing_rows_stand_out() {
    let mut figures = figures();
    figures.state = State { refused: true, refused_reloads: 2, warnings: 1, ..figures.state };
    let coloured = Screen { colours: true, ..screen(Some(30), None) };
    let text = coloured.draw(&figures, VIEW, SCENE);
    let state = "LAST RELOAD REFUSED   revision 2, applied 4 min ago   2 reloads refused, 1 warning";
    assert!(text.contains(&format!("{RED}{state}{PLAIN}\n")), "{text:?}");
    assert!(text.contains(&format!("{RED}b ")) && !text.contains(&format!("{RED}default")), "{text:?}");
    assert!(
        text.ends_with("q quit   a [functions] APIs   sort by: [r requests]  e errors  l p99  f in flight  n name\n"),
        "{text:?}"
    );
    let text = coloured.draw(&figures, View { listed: Listed::Apis, ..VIEW }, SCENE);
    assert!(
        text.contains(&format!("{RED}shop     (none)")) && !text.contains(&format!("{RED}shop     get")),
        "{text:?}"
    );
}

#[test]
fn it_fits_any_terminal() {
    for width in [1, 10, 40, 60, 80, 100, 300] {
        for height in 1..=15 {
            let text = screen(Some(height), Some(width)).draw(&figures(), VIEW, SCENE);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}x{height}:\n{text}");
            // A line of the summary, the head of the table, a row and the keys are always there.
            assert!(text.lines().count() <= height.max(4), "{width}x{height}:\n{text}");
        }
    }
    let narrow = screen(Some(30), Some(48)).draw(&figures(), VIEW, SCENE);
    assert!(narrow.contains("\nFUNCTION           REQUESTS/S  5XX    P99\n"), "the most important columns:\n{narrow}");
    let low = screen(Some(9), None).draw(&figures(), VIEW, SCENE);
    assert!(low.contains("\ndefault/a:$LATEST ") && low.contains("\nand 2 more\n"), "{low}");
    let low = screen(Some(10), None).draw(&figures(), VIEW, SCENE);
    assert!(low.contains("\nc ") || low.contains("\nand 1 more\n"), "{low}");
}

#[test]
fn rows_are_sorted_as_the_keys_say() {
    let row = |name: &str, requests, errors, p99_ms, in_flight| Function {
        function: name.to_owned(),
        rates: rates(requests, errors),
        times: Times { p50_ms: None, p99_ms },
        in_flight,
        ..Function::default()
    };
    let mut figures = Figures {
        functions: vec![
            row("c", 1.0, 0.5, None, 9),
            row("a", 2.0, 0.0, Some(5.0), 2),
            row("b", 3.0, 0.1, Some(0.0), 2),
            row("d", 3.0, 0.0, Some(7.0), 0),
        ],
        ..Figures::default()
    };
    let mut view = VIEW;
    for (key, order) in [(b'r', "bdac"), (b'e', "cbad"), (b'l', "dabc"), (b'f', "cabd"), (b'n', "abcd"), (b'?', "abcd")]
    {
        view.press(key);
        view.sort(&mut figures);
        let found: String = figures.functions.iter().map(|row| row.function.as_str()).collect();
        assert_eq!(found, order, "{}", char::from(key));
    }
    view.press(b'a');
    assert_eq!(view.listed, Listed::Apis);
    view.press(b'a');
    assert_eq!(view.listed, Listed::Functions);
}

#[test]
fn an_age_is_in_its_largest_unit() {
    for (seconds, text) in
        [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172_800, "2 days")]
    {
        assert_eq!(age(seconds), text);
    }
}
