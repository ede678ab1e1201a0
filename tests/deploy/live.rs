//! The rules in a Prometheus that scrapes a gateway in trouble.

use rustix::process::Signal;

use super::dashboard;
use super::prometheus::{Prometheus, WINDOW};
use super::stand::{CONNECTIONS, Stand};
use super::support::client::call;
use super::support::eventually;
use super::tools::has_prometheus;

/// The alerts that the trouble is about, each with labels that it has to have.
const TROUBLE: [(&str, &[(&str, &str)]); 10] = [
    ("FngateErrorBudgetBurnsFast", &[("service", "shop"), ("severity", "critical")]),
    ("FngateErrorBudgetBurnsSlowly", &[("service", "shop"), ("severity", "warning")]),
    ("FngateLatencyBudgetBurnsFast", &[("function", "default/slow:$LATEST")]),
    ("FngateLatencyBudgetBurnsSlowly", &[("function", "default/slow:$LATEST")]),
    ("FngateFunctionDown", &[("function", "default/gone:$LATEST")]),
    ("FngateQueueing", &[("function", "default/slow:$LATEST")]),
    ("FngateRequestsTurnedAway", &[("function", "default/slow:$LATEST")]),
    ("FngateCertificateExpiring", &[("name", "shop.example.com")]),
    ("FngateCertificateAboutToExpire", &[("name", "shop.example.com")]),
    ("FngateAccessLinesLost", &[("job", "fngate")]),
];

#[test]
fn alerts_fire_and_the_dashboard_shows_something() {
    if !has_prometheus() {
        return;
    }
    let stand = Stand::start();
    let prometheus = Prometheus::start(stand.gateway.admin);
    for (alert, labels) in TROUBLE {
        prometheus.fires(alert, labels);
    }
    prometheus.fires(
        "FngateInstanceDown",
        &[("function", "default/half:$LATEST"), ("exported_instance", stand.gone.as_str())],
    );
    let quiet = ["FngateDown", "FngateAbsent", "FngateReloadFailed", "FngateConnectionsRefused", "FngatePanicked"];
    let alerts = prometheus.alerts();
    assert!(!alerts.iter().any(|alert| quiet.contains(&alert.name.as_str())), "{alerts:?}");

    let rules = prometheus.recorded();
    assert!(rules.len() > 20, "{rules:?}");
    for rule in rules {
        eventually(&format!("a value of {rule}"), || (!prometheus.query(&rule).is_empty()).then_some(()));
    }
    for expression in dashboard::expressions(WINDOW) {
        eventually(&format!("a value of {expression}"), || (!prometheus.query(&expression).is_empty()).then_some(()));
    }

    stand.break_configuration();
    prometheus.fires("FngateReloadFailed", &[("severity", "warning")]);

    // More connections than it takes; a request on one too many is answered with 503.
    let crowd: Vec<_> = (0..CONNECTIONS).map(|_| std::net::TcpStream::connect(stand.gateway.address)).collect();
    eventually("one too many", || {
        let reply = call(stand.gateway.address, "GET /half", "shop.test").ok()?;
        reply.body.contains("\"overloaded\"").then_some(())
    });
    prometheus.fires("FngateConnectionsRefused", &[("severity", "critical")]);
    drop(crowd);

    stand.gateway.process.signal(Signal::KILL);
    prometheus.fires("FngateDown", &[("instance", &stand.gateway.admin.to_string())]);
}
