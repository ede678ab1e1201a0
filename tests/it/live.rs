//! Live figures of a gateway that works.

use std::sync::Arc;

use fngate::control::live::figures::Figures;
use tokio::runtime::Builder;
use tokio::time::timeout;

use super::support::client::request;
use super::support::gateway::{Gateway, simple};
use super::support::origin::Origin;
use super::support::{PATIENCE, eventually};

#[test]
fn a_request_is_in_flight_until_it_is_over_and_then_it_is_counted() {
    let origin = Origin::start(|connection| {
        while let Some(request) = connection.request()? {
            if request.start.contains("/wait") {
                // Until the client leaves.
                connection.reader.fill()?;
                return Ok(());
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
        }
        Ok(())
    });
    let text = simple(&origin.url(), "", "max_concurrency = 1\nqueue = 5\nqueue_timeout = \"30s\"", "");
    let gateway = Gateway::with(&text.replace("hosts = [\"*\"]", "hosts = [\"h\"]"));
    let mut subscription = gateway.app().live().subscribe();
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut next = || -> Arc<Figures> {
        let next = async { timeout(PATIENCE, subscription.next()).await };
        runtime.block_on(next).expect("figures in time").expect("the gateway runs")
    };
    let (mut waiting, mut queued) = (gateway.client(), gateway.client());
    waiting.send(request("GET /wait", &[]));
    eventually("one waits", || (!origin.requests().is_empty()).then_some(()));
    queued.send(request("GET /wait", &[]));
    let figures = eventually("both are seen", || {
        let figures = next();
        let function = figures.functions.first()?;
        (function.queued == 1).then_some(figures)
    });
    let (function, api) = (&figures.functions[0], &figures.apis[0]);
    assert_eq!((&*function.function, &*function.version, function.traffic.in_flight), ("default/f", "$LATEST", 1));
    let name = (&*api.service, &*api.api, api.environment.as_deref());
    assert_eq!((name, api.traffic.in_flight), (("s", "all", Some("release")), 2), "with the one that waits for a slot");
    assert_eq!((figures.total.in_flight, figures.client_connections), (2, 2));
    drop((waiting, queued));
    let mut client = gateway.client();
    client.ask("GET / HTTP/1.1\r\nHost: nowhere\r\n\r\n");
    let (mut left, mut unknown) = (0.0, 0.0);
    eventually("all is over and counted", || {
        let figures = next();
        left += figures.total.classes.client_left;
        let nowhere = figures.apis.iter().find(|api| api.service.is_empty());
        unknown += nowhere.map_or(0.0, |api| api.traffic.refusals["no_service"]);
        (left > 1.5 && unknown > 0.5 && figures.total.in_flight == 0).then_some(())
    });
    let idle = next();
    assert!(idle.apis.is_empty() && idle.functions.is_empty(), "{idle:?}");
}
