//! `fngate top`.

use serde_json::Value;

use crate::support::fngate;
use crate::support::gateway::{Folder, Gateway, echo};
use crate::support::port::free_port;
use crate::support::process::run;

#[test]
fn it_shows_the_functions_of_a_gateway() {
    let folder = Folder::new(&echo("a"));
    let gateway = Gateway::start(&folder);
    let admin = gateway.admin.to_string();
    let arguments = ["top", "--admin", &admin, "--interval", "10ms", "--count", "2"];
    let shown = run(&mut fngate(&arguments));
    assert_eq!((shown.code(), shown.err.as_str()), (Some(0), ""));
    assert_eq!(shown.out.matches("FUNCTION").count(), 2, "{}", shown.out);
    assert!(shown.out.contains("$LATEST") && shown.out.contains("1 up"), "{}", shown.out);
    assert!(!shown.out.contains('\x1b'), "colours are for terminals: {:?}", shown.out);
    let printed = run(fngate(&arguments).arg("--json"));
    let looks: Vec<Value> = printed.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(looks.len(), 2);
    let function = &looks[0]["functions"][0];
    assert_eq!((&function["up"], &function["down"], &function["in_flight"]), (&1.into(), &0.into(), &0.into()));
    assert_eq!(looks[0]["revision"], 1);
}

#[test]
fn nobody_there_is_71_and_a_wrong_interval_64() {
    let admin = format!("127.0.0.1:{}", free_port());
    let finished = run(&mut fngate(&["top", "--admin", &admin]));
    assert_eq!((finished.code(), finished.out.as_str()), (Some(71), ""));
    assert!(finished.err.contains("no gateway answers on the admin address"), "{}", finished.err);
    let finished = run(&mut fngate(&["top", "--admin", &admin, "--interval", "0s"]));
    assert_eq!(finished.code(), Some(64));
}
