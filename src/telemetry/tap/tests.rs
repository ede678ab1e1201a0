use super::*;
use crate::telemetry::tail::ROOM;

fn event(request_id: usize) -> RequestEvent {
    RequestEvent {
        time: String::new(),
        request_id: request_id.to_string(),
        client: String::new(),
        host: None,
        method: String::new(),
        path: String::new(),
        protocol: String::new(),
        status: 200,
        service: String::new(),
        api: String::new(),
        environment: None,
        function: String::new(),
        version: String::new(),
        instance: None,
        bytes_in: 0,
        bytes_out: 0,
        duration_ms: 0.0,
        queue_ms: None,
        connect_ms: None,
        function_ms: None,
        reason: None,
        detail: None,
        aborted: None,
        revision: 1,
    }
}

fn ids(events: &[RequestEvent]) -> Vec<&str> {
    events.iter().map(|event| &*event.request_id).collect()
}

#[test]
fn a_tap_is_open_as_long_as_somebody_listens() {
    let taps = Arc::new(Taps::default());
    let early = taps.join();
    assert!(!early.is_open());
    let (first, second) = (taps.listen(Topic::Tail), taps.listen(Topic::Tail));
    let late = taps.join();
    for tap in [&early, &late] {
        assert!(tap.is_open_for(Topic::Tail) && !tap.is_open_for(Topic::Live));
    }
    let live = taps.listen(Topic::Live);
    drop(first);
    assert!(early.is_open_for(Topic::Tail) && early.is_open_for(Topic::Live));
    drop(second);
    assert!(!early.is_open_for(Topic::Tail) && late.is_open_for(Topic::Live));
    drop(live);
    assert!(!early.is_open() && !late.is_open());
}

#[test]
fn events_of_all_workers_come_in_the_order_of_their_ends() {
    let taps = Arc::new(Taps::default());
    let (one, other) = (taps.join(), taps.join());
    let _listening = taps.listen(Topic::Tail);
    let now = Instant::now();
    let later = |milliseconds| now + std::time::Duration::from_millis(milliseconds);
    one.push(later(1), || event(1));
    one.push(later(4), || event(4));
    other.push(later(2), || event(2));
    other.push(later(3), || event(3));
    let (events, lost) = taps.take_events();
    assert_eq!((ids(&events), lost), (vec!["1", "2", "3", "4"], 0));
    assert!(taps.take_events().0.is_empty());
}

#[test]
fn a_full_ring_counts_what_it_does_not_take() {
    let taps = Arc::new(Taps::default());
    let tap = taps.join();
    let _listening = taps.listen(Topic::Tail);
    let now = Instant::now();
    (0..ROOM + 3).for_each(|number| tap.push(now, || event(number)));
    tap.push(now, || unreachable!("what has no room is not made"));
    let (events, lost) = taps.take_events();
    assert_eq!((events.len(), lost), (ROOM, 4));
    tap.push(now, || event(7));
    assert_eq!(taps.take_events().0.len(), 1, "there is room again");
}

#[test]
fn who_comes_later_does_not_see_what_was_left_for_others() {
    let taps = Arc::new(Taps::default());
    let tap = taps.join();
    drop(taps.listen(Topic::Tail));
    // A worker that had seen the tap open.
    tap.push(Instant::now(), || event(1));
    let _listening = taps.listen(Topic::Tail);
    assert!(taps.take_events().0.is_empty());
}
