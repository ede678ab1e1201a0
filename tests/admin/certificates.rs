//! The certificates in use, and what is said of those that expire.

use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};

use super::client::Call;
use super::stand::Stand;
use super::support::process::run;

/// Writes a certificate of 2020 and its key.
fn issue(stand: &Stand, name: &str) {
    let mut parameters = CertificateParams::new(vec![format!("{name}.test")]).expect("a name");
    (parameters.not_before, parameters.not_after) =
        (rcgen::date_time_ymd(2020, 1, 2), rcgen::date_time_ymd(2020, 3, 4));
    let key = KeyPair::generate().expect("a key");
    let certificate = parameters.self_signed(&key).expect("a certificate");
    let write = |kind: &str, text: String| {
        std::fs::write(stand.folder.path().join(format!("{name}.{kind}")), text).expect("written");
    };
    write("pem", certificate.pem());
    write("key", key.serialize_pem());
}

#[test]
fn an_expired_certificate_is_warned_of_once() {
    let stand = Stand::start();
    issue(&stand, "shop");
    issue(&stand, "client");
    assert_eq!(stand.get("/v1/certificates").json(), json!({ "items": [], "total": 0, "next": null }));
    let tls = "[listener.tls]\ncertificates = [{ certificate = \"shop.pem\", key = \"shop.key\" }]\n";
    let function = "\n[[function]]\nname = \"far\"\ninstances = [\"https://127.0.0.1:1\"]\n\
                    [function.tls]\ncertificate = \"client.pem\"\nkey = \"client.key\"\n";
    stand.folder.write(&(stand.text().replacen("[admin]", &format!("{tls}[admin]"), 1) + function));
    assert_eq!(stand.send(&Call::new("POST", "/v1/reload")).status, 200);

    let listed = stand.get("/v1/certificates").json();
    let items = listed["items"].as_array().expect("a list");
    let file = |name: &str| json!(format!("file:{}", stand.folder.path().join(name).display()));
    let shown: Vec<_> = items.iter().map(|item| (&item["names"][0], &item["source"], &item["state"])).collect();
    let expired = json!("expired");
    assert_eq!(
        shown,
        [(&json!("shop.test"), &file("shop.pem"), &expired), (&json!("client.test"), &file("client.pem"), &expired)]
    );
    assert_eq!(items[0]["not_after"], json!("2020-03-04T00:00:00Z"));
    assert_eq!((&items[0]["listener"], &items[1]["listener"]), (&json!("127.0.0.1:0"), &Value::Null));

    let status = stand.get("/v1/status").json();
    let warnings: Vec<_> = status["warnings"].as_array().expect("a list").iter().collect();
    let of = |name: &str| {
        let said =
            warnings.iter().filter(|warning| warning["message"].as_str().is_some_and(|text| text.contains(name)));
        said.map(|warning| (warning["message"].clone(), warning["line"].is_u64())).collect::<Vec<_>>()
    };
    assert_eq!(of("certificate").len(), 2, "{warnings:?}");
    let said = "shop.test at 127.0.0.1:0: the certificate has expired: clients refuse it";
    assert_eq!(of("shop.test"), [(json!(said), true)], "with its place in the file");
    assert_eq!(of("client.test").len(), 1);
    let printed = run(&mut stand.command(&["status"]));
    assert_eq!(printed.out.matches("the certificate").count(), 2, "{}", printed.out);
}
