use super::*;

fn between(before: &str, after: &str, elapsed: Duration) -> Figures {
    Figures::between(&Looks { before: &Scrape::read(before), after: &Scrape::read(after), elapsed })
}

#[test]
fn a_quantile_lies_within_its_bucket() {
    let buckets = [(0.001, 0.0), (0.01, 90.0), (0.1, 100.0), (f64::INFINITY, 100.0)];
    for (share, expected) in [(0.5, 0.006), (0.9, 0.01), (0.99, 0.091)] {
        let found = quantile(&buckets, share).expect("some");
        assert!((found - expected).abs() < 1e-9, "{share}: {found}");
    }
    assert_eq!(quantile(&[(0.1, 0.0), (f64::INFINITY, 5.0)], 0.5), Some(0.1));
    assert_eq!(quantile(&[(0.1, 0.0), (f64::INFINITY, 0.0)], 0.5), None);
    assert_eq!(quantile(&[], 0.5), None);
}

#[test]
fn rates_are_what_grew_in_between() {
    let scrape = |ok: u32, failed: u32, up: u32| {
        format!(
            "fngate_requests_total{{function=\"f\",code=\"200\"}} {ok}\nfngate_requests_total{{function=\"f\",code=\"502\"}} {failed}\n\
             fngate_requests_in_flight{{function=\"f\"}} 3\nfngate_requests_in_flight{{function=\"idle\"}} 0\n\
             fngate_instance_up{{function=\"f\",instance=\"a\"}} {up}\nfngate_instance_up{{function=\"f\",instance=\"b\"}} 1\n\
             fngate_function_duration_seconds_bucket{{function=\"f\",le=\"0.001\"}} {ok}\n\
             fngate_function_duration_seconds_bucket{{function=\"f\",le=\"+Inf\"}} {ok}\n"
        )
    };
    let figures = between(&scrape(100, 1, 1), &scrape(140, 5, 0), Duration::from_secs(2));
    assert!((figures.rates.requests - 22.0).abs() < 1e-9 && (figures.rates.errors - 2.0).abs() < 1e-9, "{figures:?}");
    let row = &figures.functions[0];
    assert_eq!((row.function.as_str(), row.in_flight, row.up, row.down), ("f", 3, 1, 1));
    assert!(!row.is_well() && row.times.p99_ms.is_some_and(|p99| p99 < 1.0), "{row:?}");
    assert_eq!((figures.functions[1].function.as_str(), figures.functions[1].times.p50_ms), ("idle", None));
    // Started anew: what is there now has all come since.
    let figures = between(&scrape(100, 1, 1), &scrape(10, 0, 1), Duration::from_secs(1));
    assert!((figures.rates.requests - 10.0).abs() < 1e-9, "{figures:?}");
}

#[test]
fn every_answer_has_one_class_and_every_api_a_row() {
    let sample = |service: &str, api: &str, function: &str, code: u16, count: u32| {
        format!(
            "fngate_requests_total{{api=\"{api}\",code=\"{code}\",function=\"{function}\",service=\"{service}\"}} {count}\n"
        )
    };
    let after = [
        sample("", "", "", 404, 3),
        sample("shop", "", "", 405, 1),
        sample("shop", "get", "f:1", 101, 1),
        sample("shop", "get", "f:1", 200, 8),
        sample("shop", "get", "f:2", 304, 2),
        sample("shop", "get", "f:2", 429, 4),
        sample("shop", "get", "f:2", 499, 5),
        sample("shop", "get", "f:2", 502, 6),
        "fngate_gateway_errors_total{function=\"f:2\",reason=\"function_closed\"} 6\n\
         fngate_gateway_errors_total{function=\"f:1\",reason=\"function_closed\"} 1\n\
         fngate_gateway_errors_total{function=\"\",reason=\"no_service\"} 3\n\
         fngate_gateway_errors_total{function=\"\",reason=\"no_api\"} 0\n\
         fngate_request_duration_seconds_bucket{api=\"get\",service=\"shop\",le=\"0.001\"} 0\n\
         fngate_request_duration_seconds_bucket{api=\"get\",service=\"shop\",le=\"0.01\"} 26\n\
         fngate_config_revision 7\nfngate_config_last_success_timestamp_seconds 1700000000\nfngate_config_warnings 2\n\
         fngate_config_reloads_total{result=\"error\"} 3\nfngate_config_reloads_total{result=\"ok\"} 7\n\
         fngate_config_last_reload_successful 0\n"
            .to_owned(),
    ]
    .concat();
    let figures = between("", &after, Duration::from_secs(1));
    let written = serde_json::to_value(&figures).expect("JSON");
    assert_eq!(
        written["classes"],
        serde_json::json!({"2xx": 9.0, "3xx": 2.0, "4xx": 4.0, "429": 4.0, "5xx": 6.0, "499": 5.0})
    );
    assert_eq!((&written["requests"], &written["errors"]), (&30.0.into(), &6.0.into()));
    assert_eq!((&written["unknown_hosts"], &written["revision"]), (&3.0.into(), &7.into()));
    let state = ["last_reload", "refused_reloads", "refused", "warnings"].map(|key| written[key].clone());
    assert_eq!(serde_json::json!(state), serde_json::json!([1_700_000_000, 3, true, 2]));
    let reasons: Vec<_> = figures.refusals.iter().map(|refusal| (&*refusal.reason, refusal.rate)).collect();
    assert_eq!(reasons, [("function_closed", 7.0), ("no_service", 3.0)]);
    let [missed, get] = &figures.apis[..] else { panic!("{:?}", figures.apis) };
    assert_eq!((&*missed.service, &*missed.api, missed.rates.requests), ("shop", "", 1.0));
    assert_eq!(get.functions, BTreeSet::from(["f:1".to_owned(), "f:2".to_owned()]));
    assert!((get.rates.requests - 26.0).abs() < 1e-9 && get.times.p50_ms.is_some_and(|p50| p50 > 1.0), "{get:?}");
}
