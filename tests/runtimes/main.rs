//! The gateway in front of real function runtimes: the same function in eight of them, called through the built binary.
//!
//! `tests/setup` installs the runtimes. Without them these tests fail, they are not skipped.

mod busy;
mod calls;
#[path = "../it/support/certificates.rs"]
#[expect(dead_code, unreachable_pub, reason = "the tests in process use all of it")]
mod certificates;
mod client;
mod clients;
mod clock;
#[path = "../support/directories.rs"]
mod directories;
mod example;
mod function;
mod gateway;
mod grpc;
mod headers;
#[path = "../support/port.rs"]
mod port;
mod prefix;
mod process;
#[path = "../support/project.rs"]
mod project;
#[path = "../support/skip.rs"]
mod skip;
mod stand;
mod streams;
mod variables;

/// The calls that every runtime has to answer in the same way.
macro_rules! on_each_runtime {
    ($($module:ident: $runtime:ident),* $(,)?) => { $(
        mod $module {
            use crate::function::Runtime::$runtime;

            #[tokio::test]
            async fn a_json_call_is_answered() {
                crate::calls::json($runtime).await;
            }

            #[tokio::test]
            async fn large_bodies_pass_unchanged_both_ways() {
                crate::calls::large_bodies($runtime).await;
            }

            #[tokio::test]
            async fn a_slow_call_ends_with_504_in_time() {
                crate::calls::slow($runtime).await;
            }

            #[tokio::test]
            async fn the_function_sees_the_gateways_fields_and_no_forged_ones() {
                crate::headers::injected($runtime).await;
            }
        }
    )* };
}

on_each_runtime! {
    express: Express,
    flask_gunicorn: FlaskGunicorn,
    functions_framework_node: FunctionsFrameworkNode,
    functions_framework_python: FunctionsFrameworkPython,
    hypercorn: Hypercorn,
    node_h2c: NodeH2c,
    node_secure: NodeSecure,
    uvicorn: Uvicorn,
}

#[tokio::test]
async fn a_function_that_closes_each_connection_loses_no_call() {
    calls::closing(function::Runtime::UvicornClosing).await;
}

#[tokio::test]
async fn variables_of_wsgi_are_the_gateways() {
    variables::are_the_gateways(function::Runtime::FlaskGunicorn).await;
}

#[tokio::test]
async fn variables_of_cgi_are_the_gateways() {
    variables::are_the_gateways(function::Runtime::Wsgiref).await;
}

#[tokio::test]
async fn events_are_not_held_back() {
    streams::events().await;
}

#[tokio::test]
async fn a_websocket_echoes_every_message() {
    streams::websocket(function::Runtime::Uvicorn).await;
}

#[tokio::test]
async fn a_websocket_goes_over_http1_to_a_function_that_would_choose_http2() {
    streams::websocket(function::Runtime::Hypercorn).await;
}

#[tokio::test]
async fn every_kind_of_grpc_call_passes() {
    grpc::every_kind_of_call().await;
}

#[tokio::test]
async fn busy_clients_are_not_cut_off() {
    busy::grpcio().await;
    busy::grpc_js().await;
    busy::node_http2().await;
    busy::h2load().await;
}

#[tokio::test]
async fn a_busy_haproxy_in_front_is_not_cut_off() {
    busy::haproxy().await;
}

#[tokio::test]
async fn early_answers_arrive() {
    busy::early_answers().await;
}

#[tokio::test]
async fn curl_uploads_over_every_version() {
    clients::curl().await;
}

#[tokio::test]
async fn nghttp_and_h2load_are_served() {
    clients::nghttp().await;
}

#[tokio::test]
async fn the_client_of_node_is_served() {
    clients::node().await;
}

#[tokio::test]
async fn httpx_is_served() {
    clients::httpx().await;
}

#[tokio::test]
async fn a_page_in_a_browser_is_served() {
    clients::chromium().await;
}

#[tokio::test]
async fn the_example_of_the_guide_serves_everybody_at_one_port() {
    example::serves_everybody().await;
}

#[tokio::test]
async fn flask_stays_under_its_prefix() {
    let example =
        prefix::Example { section: "Flask", prefix: "/shop", redirects: &["/checkout", "/cart"], pages: &["/cart/"] };
    example.stays_under_its_prefix().await;
}

#[tokio::test]
async fn fastapi_stays_under_its_prefix() {
    let redirects = &["/checkout", "/cart"];
    let pages = &["/cart/", "/docs", "/openapi.json"];
    prefix::Example { section: "FastAPI", prefix: "/shop", redirects, pages }.stays_under_its_prefix().await;
}

#[tokio::test]
async fn jupyter_stays_under_its_prefix() {
    let pages = &["/login", "/api/status?token=secret"];
    prefix::Example { section: "Jupyter", prefix: "/jupyter", redirects: &["/files/a"], pages }
        .stays_under_its_prefix()
        .await;
}

#[tokio::test]
async fn testssl_finds_nothing() {
    clients::testssl().await;
}
