use super::*;
use crate::server::watch::Watch;

const LIMITS: Http2 = Http2 { control_frames: 10, ..Http2::DEFAULT };

fn frames() -> Rc<Frames> {
    let clock = Clock::new();
    let now = clock.now();
    Frames::new(clock, LIMITS, now)
}

/// A frame of this type, with flags and a payload of zeros.
fn frame(kind: u8, flags: u8, length: u8) -> Vec<u8> {
    [&[0, 0, length, kind, flags, 0, 0, 0, 1][..], &vec![0; usize::from(length)]].concat()
}

fn begin() -> Vec<u8> {
    [&[b' '; 24][..], &frame(4, 0, 6)].concat()
}

fn read(watch: &mut Watch, bytes: &[u8]) {
    watch.received(bytes).expect("well-formed");
    assert!(!watch.is_over(), "paid for");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_complete_is_seen_wherever_it_is_cut() {
    let head = frame(HEADERS, END_HEADERS, 5);
    let split = [frame(HEADERS, 0, 5), frame(CONTINUATION, 0, 3), frame(CONTINUATION, END_HEADERS, 3)].concat();
    for (bytes, name) in [(begin(), "preface"), (head, "head"), (split, "head in parts"), (frame(6, 0, 8), "ping")] {
        for cut in 1..bytes.len() {
            let frames = frames();
            let mut watch = Watch::new(frames.clone());
            if name != "preface" {
                read(&mut watch, &begin());
                assert_eq!(frames.unfinished_since(), None);
            }
            read(&mut watch, &bytes[..cut]);
            assert!(frames.unfinished_since().is_some(), "{name} cut at {cut}");
            read(&mut watch, &bytes[cut..]);
            assert_eq!(frames.unfinished_since(), None, "{name} cut at {cut}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_delivered_is_seen_wherever_it_is_cut() {
    let bytes = [frame(4, 0, 6), frame(HEADERS, END_HEADERS, 20), frame(6, 1, 8), frame(DATA, 0, 0)].concat();
    let data = frame(DATA, 0, 2);
    for cut in 0..=bytes.len() {
        let frames = frames();
        let start = frames.delivered();
        tokio::time::advance(Duration::from_secs(1)).await;
        frames.clock.tick();
        frames.wrote(&bytes[..cut]);
        frames.wrote(&bytes[cut..]);
        frames.wrote(&data[..HEADER]);
        assert_eq!(frames.delivered(), start, "{cut}");
        for byte in [HEADER, HEADER + 1] {
            tokio::time::advance(Duration::from_secs(1)).await;
            frames.clock.tick();
            frames.wrote(&data[byte..=byte]);
            assert_eq!(frames.delivered(), Instant::now(), "{cut}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_frame_is_not_written_into_another() {
    let frames = frames();
    let mut watch = Watch::new(frames.clone());
    read(&mut watch, &begin());
    read(&mut watch, &frame(HEADERS, END_HEADERS, 3));
    let last = [&[0, 0, 8, GOAWAY, 0, 0, 0, 0, 0][..], &[0, 0, 0, 1], &[0, 0, 0, 11]].concat();
    let head = [frame(HEADERS, 0, 5), frame(CONTINUATION, END_HEADERS, 3)].concat();
    for bytes in [frame(4, 0, 6), head, frame(DATA, 0, 200)] {
        for cut in 1..bytes.len() {
            frames.wrote(&bytes[..cut]);
            assert_eq!(frames.farewell(), None, "{cut} of {bytes:?}");
            frames.wrote(&bytes[cut..]);
            assert_eq!(frames.farewell().expect("between two frames").as_slice(), last);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn data_may_take_its_time() {
    let frames = frames();
    let mut watch = Watch::new(frames.clone());
    read(&mut watch, &begin());
    read(&mut watch, &frame(DATA, 0, 200)[..50]);
    assert_eq!(frames.unfinished_since(), None);
}

#[tokio::test(start_paused = true)]
async fn frames_for_nothing_are_paid_for() {
    for kind in [2, 3, 4, 6, 8, 77, DATA] {
        let frames = frames();
        let mut empty = Frame::default();
        empty.take_header(&frame(kind, 0, 0));
        let bought = |frames: &Frames| (0..100).take_while(|_| frames.opened(&empty).is_ok()).count();
        assert_eq!(bought(&frames), 10, "{kind}");
        tokio::time::advance(Duration::from_secs(1)).await;
        frames.clock.tick();
        assert_eq!(bought(&frames), 5, "{kind}");
        frames.moved(4 * WORTH);
        frames.answered(1);
        assert_eq!(bought(&frames), 8, "{kind}");
        frames.exchanged();
        assert_eq!(bought(&frames), 8, "{kind}");
    }
}
