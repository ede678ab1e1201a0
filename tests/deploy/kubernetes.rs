//! The manifests for Kubernetes, as kustomize puts them together. That a change of the ConfigMap, which is a link that is renamed over, is loaded by a
//! running gateway is tested in `tests/it`.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use toml::Table;

use super::support::client::call;
use super::support::fngate;
use super::support::gateway::{Folder, Gateway};
use super::support::process::{Finished, run};
use super::support::project::project;
use super::tools::{installed, judge, text};

const BASE: &str = "deploy/kubernetes/base";
const EXAMPLE: &str = "deploy/kubernetes/overlays/example";

/// All resources of a folder.
struct Resources(Vec<Value>);

impl Resources {
    /// Every one of them is judged by the schema of the Kubernetes API.
    #[track_caller]
    fn build(folder: &str) -> Self {
        let mut command = Command::new(installed("deploy", "bin/kubectl"));
        let Finished { status, out, err } = run(command.arg("kustomize").arg(project(folder)));
        assert!(status.success() && err.is_empty(), "{folder}: {err}");
        let output = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(output.path(), out).expect("written");
        let Value::Array(resources) = judge("kubernetes", output.path()) else { panic!("no list") };
        Self(resources)
    }

    #[track_caller]
    fn find(&self, kind: &str, name: &str) -> &Value {
        let found = self.0.iter().find(|resource| resource["kind"] == kind && resource["metadata"]["name"] == name);
        found.unwrap_or_else(|| panic!("no {kind} {name}"))
    }

    fn pod(&self) -> &Value {
        &self.find("Deployment", "fngate")["spec"]["template"]
    }

    fn container(&self) -> &Value {
        &self.pod()["spec"]["containers"][0]
    }

    fn port(&self, name: &str) -> u64 {
        let ports = self.container()["ports"].as_array().expect("ports");
        let port = ports.iter().find(|port| port["name"] == name).unwrap_or_else(|| panic!("no port {name}"));
        port["containerPort"].as_u64().expect("a number")
    }

    fn configuration(&self) -> &str {
        self.find("ConfigMap", "fngate")["data"]["fngate.toml"].as_str().expect("a configuration")
    }
}

/// Whether a selector of labels selects these.
fn selects(selector: &Value, labels: &Value) -> bool {
    let wanted = selector.as_object().expect("labels");
    !wanted.is_empty() && wanted.iter().all(|(name, value)| labels[name] == *value)
}

#[test]
fn selectors_select_the_pods() {
    for folder in [BASE, EXAMPLE] {
        let resources = Resources::build(folder);
        let labels = &resources.pod()["metadata"]["labels"];
        for (kind, path) in [
            ("Deployment", "/spec/selector/matchLabels"),
            ("Service", "/spec/selector"),
            ("PodDisruptionBudget", "/spec/selector/matchLabels"),
            ("NetworkPolicy", "/spec/podSelector/matchLabels"),
        ] {
            let selector = resources.find(kind, "fngate").pointer(path).unwrap_or_else(|| panic!("{kind}: no {path}"));
            assert!(selects(selector, labels), "{folder}: {kind}");
        }
        for spread in resources.pod()["spec"]["topologySpreadConstraints"].as_array().expect("a list") {
            assert!(selects(&spread["labelSelector"]["matchLabels"], labels), "{folder}: {spread}");
        }
        let target = &resources.find("HorizontalPodAutoscaler", "fngate")["spec"]["scaleTargetRef"];
        assert_eq!(target, &json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": "fngate" }));
    }
}

#[test]
fn only_prometheus_gets_to_the_admin_port() {
    for folder in [BASE, EXAMPLE] {
        let resources = Resources::build(folder);
        let rules = resources.find("NetworkPolicy", "fngate")["spec"]["ingress"].as_array().expect("rules");
        let open = rules.iter().filter(|rule| rule["from"].is_null()).map(|rule| &rule["ports"]);
        assert_eq!(open.collect::<Vec<_>>(), [&json!([{ "port": "http" }])]);
        let admin: Vec<_> = rules.iter().filter(|rule| !rule["from"].is_null()).collect();
        assert_eq!(admin.len(), 1);
        assert_eq!(admin[0]["ports"], json!([{ "port": "admin" }]));
        let from = &admin[0]["from"][0];
        assert_eq!(from["namespaceSelector"]["matchLabels"], json!({ "kubernetes.io/metadata.name": "monitoring" }));
        assert_eq!(from["podSelector"]["matchLabels"], json!({ "app.kubernetes.io/name": "prometheus" }));
        let public = &resources.find("Service", "fngate")["spec"]["ports"];
        assert_eq!(public, &json!([{ "name": "http", "port": 80, "targetPort": "http" }]));
    }
}

#[test]
fn the_monitor_finds_the_service_and_its_port() {
    let resources = Resources::build(EXAMPLE);
    let (monitor, service) = (resources.find("ServiceMonitor", "fngate"), resources.find("Service", "fngate-admin"));
    let (spec, labels) = (&monitor["spec"], &service["metadata"]["labels"]);
    assert!(selects(&spec["selector"]["matchLabels"], labels));
    let public = &resources.find("Service", "fngate")["metadata"]["labels"];
    assert!(!selects(&spec["selector"]["matchLabels"], public), "pods would be scraped twice");
    assert!(selects(&service["spec"]["selector"], &resources.pod()["metadata"]["labels"]));
    assert_eq!(labels[spec["jobLabel"].as_str().expect("a label")], "fngate", "the job of the rules");
    assert_eq!(spec["endpoints"][0]["port"], service["spec"]["ports"][0]["name"]);
    assert_eq!(service["spec"]["ports"][0]["targetPort"], "admin");
    assert_eq!(service["spec"]["clusterIP"], "None");
    let relabelled = &spec["endpoints"][0]["relabelings"];
    assert_eq!(
        relabelled,
        &json!([{ "action": "labeldrop", "regex": "service" }]),
        "the gateway has a label of that name"
    );
}

#[test]
fn the_pod_may_do_nothing() {
    for folder in [BASE, EXAMPLE] {
        let resources = Resources::build(folder);
        let pod = &resources.pod()["spec"];
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        assert!(pod["securityContext"]["runAsUser"].as_u64() > Some(0));
        assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
        assert_eq!(pod["automountServiceAccountToken"], false);
        let account = pod["serviceAccountName"].as_str().expect("a name");
        assert_eq!(resources.find("ServiceAccount", account)["automountServiceAccountToken"], false);
        let context = &resources.container()["securityContext"];
        assert_eq!(context["allowPrivilegeEscalation"], false);
        assert_eq!(context["readOnlyRootFilesystem"], true);
        assert_eq!(context["capabilities"], json!({ "drop": ["ALL"] }));
        assert!(resources.container()["resources"]["limits"]["memory"].is_string());
    }
}

/// They share the ConfigMap: what one of them kept for itself, the others would not serve.
#[test]
fn no_pod_keeps_edits_of_its_own() {
    for folder in [BASE, EXAMPLE] {
        let resources = Resources::build(folder);
        let container = resources.container();
        let mounts = container["volumeMounts"].as_array().expect("mounts").iter().map(|mount| &mount["mountPath"]);
        assert_eq!(mounts.collect::<Vec<_>>(), [&json!("/etc/fngate"), &json!("/run/fngate")]);
        assert_eq!(container["env"], json!([{ "name": "STATE_DIRECTORY", "value": "" }]));
        let table: Table = resources.configuration().parse().expect("TOML");
        assert_eq!(table["history"]["directory"].as_str(), Some(""));
    }
}

#[test]
fn the_configuration_loads_and_fits_the_pod() {
    for folder in [BASE, EXAMPLE] {
        let resources = Resources::build(folder);
        let written = Folder::new(resources.configuration());
        let finished = run(&mut fngate(&["check", "-c", &written.argument()]));
        assert_eq!(finished.code(), Some(0), "{folder}: {}", finished.err);

        let table: Table = resources.configuration().parse().expect("TOML");
        let address = |value: &toml::Value| value["address"].as_str().expect("an address").to_owned();
        assert_eq!(address(&table["listener"][0]), format!("0.0.0.0:{}", resources.port("http")));
        assert_eq!(address(&table["admin"]), format!("0.0.0.0:{}", resources.port("admin")));

        let container = resources.container();
        let mount = &container["volumeMounts"][0];
        assert!(mount["subPath"].is_null(), "a file that is mounted by itself never changes");
        let file = Path::new(mount["mountPath"].as_str().expect("a path")).join("fngate.toml");
        assert_eq!(container["args"], json!(["run", "-c", file]));
        let volume = &resources.pod()["spec"]["volumes"][0];
        assert_eq!(volume, &json!({ "name": mount["name"], "configMap": { "name": "fngate" } }));

        let drain = table["gateway"]["drain_timeout"].as_str().and_then(|text| text.strip_suffix('s'));
        let drain: u64 = drain.and_then(|seconds| seconds.parse().ok()).expect("seconds");
        let before = container["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64().expect("seconds");
        let grace = resources.pod()["spec"]["terminationGracePeriodSeconds"].as_u64();
        assert!(grace >= Some(before + drain + 5), "{folder}: {grace:?} is less than {before} and {drain}");
    }
}

/// As the guide makes resources of them.
#[test]
fn the_operator_takes_the_rules() {
    let mut resources = String::new();
    for name in ["recording", "alerts"] {
        let head = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: fngate-";
        write!(resources, "{head}{name}\nspec:\n").expect("text");
        let rules = text(&format!("deploy/prometheus/{name}.yaml"));
        rules.lines().for_each(|line| writeln!(resources, "  {line}").expect("text"));
        resources.push_str("---\n");
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), resources.trim_end_matches("---\n")).expect("written");
    let groups = |resource: &Value| resource["spec"]["groups"].as_array().map(Vec::len);
    let read = judge("kubernetes", file.path());
    assert_eq!(read.as_array().expect("two").iter().map(groups).collect::<Vec<_>>(), [Some(3), Some(3)]);
}

/// The kubelet and Prometheus ask by the address of the pod.
#[test]
fn probes_and_scrapes_are_answered_at_the_address_of_the_pod() {
    let resources = Resources::build(BASE);
    let local = resources.configuration().replace("0.0.0.0:8080", "127.0.0.1:0").replace("0.0.0.0:9901", "127.0.0.1:0");
    let gateway = Gateway::start(&Folder::new(&local));
    let container = resources.container();
    let probes = ["startupProbe", "readinessProbe", "livenessProbe"].map(|probe| {
        let get = &container[probe]["httpGet"];
        assert_eq!(get["port"], "admin");
        get["path"].as_str().expect("a path").to_owned()
    });
    assert_eq!(probes, ["/readyz", "/readyz", "/livez"]);
    for path in probes.iter().map(String::as_str).chain(["/metrics"]) {
        let reply = call(gateway.admin, &format!("GET {path}"), "10.42.0.7:9901").expect("an answer");
        assert_eq!(reply.status, 200, "{path}");
    }
    assert_eq!(gateway.get("/").status, 200);
}
