//! An access log on a disk that is full.

use super::support::eventually;
use super::support::gateway::{Folder, Gateway, echo};

#[test]
fn lines_that_cannot_be_written_are_counted_and_cost_no_request() {
    let log = r#"access = "/dev/full""#;
    let folder = Folder::new(&echo("x").replace(r#"access = "off""#, log));
    let gateway = Gateway::start(&folder);
    for _ in 0..100 {
        assert_eq!(gateway.get("/").status, 200);
    }
    eventually("every lost line is counted", || (gateway.metric("fngate_access_log_lost_total") == 100).then_some(()));
    assert_eq!(gateway.get("/").status, 200);
}
