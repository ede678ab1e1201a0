//! `fngate import`.

use crate::support::fngate;
use crate::support::process::{Process, run};

const SERVERLESS: &str = "
component: scf
name: orders
inputs:
  type: web
  events:
    - apigw:
        parameters:
          serviceName: shop
          environment: release
          endpoints:
            - { path: '/orders/{id}', method: GET, serviceTimeout: 10 }
            - { path: '//no', method: GET }
";

#[test]
fn what_is_printed_passes_check() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("serverless.yml"), SERVERLESS).expect("a file");
    let openapi = r#"{ "openapi": "3.1.0", "info": { "title": "t" }, "paths": { "/a": { "get": {}, "post": {} } } }"#;
    std::fs::write(at("openapi.json"), openapi).expect("a file");
    for (name, apis) in [("serverless.yml", "1 API"), ("openapi.json", "2 APIs")] {
        let imported = run(fngate(&["import"]).arg(at(name)));
        assert_eq!((imported.code(), imported.err.as_str()), (Some(0), ""), "{name}");
        std::fs::write(at("fngate.toml"), &imported.out).expect("a file");
        let checked = run(fngate(&["check", "-c"]).arg(at("fngate.toml")));
        assert_eq!(checked.code(), Some(0), "{}\n{}", checked.err, imported.out);
        assert!(checked.out.contains(&format!("1 function, 1 service, {apis}\n")), "{}", checked.out);
    }
}

#[test]
fn a_dash_is_standard_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("serverless.yml");
    std::fs::write(&path, SERVERLESS).expect("a file");
    let expected = run(fngate(&["import"]).arg(&path));
    let input = std::fs::File::open(&path).expect("a file");
    let finished = Process::start(fngate(&["import", "-"]).stdin(input), folder.path()).finish();
    assert_eq!((finished.code(), finished.err.as_str()), (Some(0), ""));
    assert_eq!(finished.out, expected.out);
    let finished = run(&mut fngate(&["import", "-"]));
    assert_eq!(finished.code(), Some(78));
    assert!(finished.err.starts_with("error: -: it names no API"), "{}", finished.err);
}

#[test]
fn an_error_of_syntax_has_line_and_column() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("broken");
    for (text, place) in [
        ("a: [", "at line 1 column"),
        ("{\n\"a\": 1,\n\"b\" 2 }", "at line 3 column 5"),
        ("a:\n\t- b", "at line 2 column 2"),
    ] {
        std::fs::write(&path, text).expect("a file");
        let finished = run(fngate(&["import"]).arg(&path));
        assert_eq!((finished.code(), finished.out.as_str()), (Some(78), ""));
        assert!(
            finished.err.contains("not YAML or JSON: ") && finished.err.contains(place),
            "{text}: {}",
            finished.err
        );
    }
}

#[test]
fn a_file_without_an_api_says_what_was_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("serverless.yml");
    std::fs::write(&path, "component: scf\nname: f\ninputs: { events: [ { timer: {} } ] }").expect("a file");
    let finished = run(fngate(&["import"]).arg(&path));
    assert_eq!(finished.code(), Some(78));
    assert!(finished.out.contains("# inputs.events[0].timer: a gateway for requests has no"), "{}", finished.out);
    assert!(finished.out.lines().all(|line| line.is_empty() || line.starts_with('#')), "{}", finished.out);
}

#[test]
fn a_file_of_something_else_is_78() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("other.yml");
    std::fs::write(&path, "a: 1").expect("a file");
    for (path, why) in [(path, "neither a serverless.yml"), (folder.path().join("none"), "No such file")] {
        let finished = run(fngate(&["import"]).arg(&path));
        assert_eq!((finished.code(), finished.out.as_str()), (Some(78), ""));
        let start = format!("error: {}: ", path.display());
        assert!(finished.err.starts_with(&start) && finished.err.contains(why), "{}", finished.err);
    }
}

#[test]
fn a_file_of_which_no_api_is_left_is_printed_and_78() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("openapi.yml");
    std::fs::write(&path, "openapi: 3.0.0\ninfo: { title: t }\npaths: { '//a': { get: {} } }").expect("a file");
    let finished = run(fngate(&["import"]).arg(&path));
    assert_eq!(finished.code(), Some(78), "{}", finished.out);
    assert!(finished.out.contains("# not imported: a path has no empty segment"), "{}", finished.out);
    assert!(finished.err.contains("none of its APIs could be imported"), "{}", finished.err);
}
