//! What two scrapes say of the time between them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use serde::Serialize;

use super::scrape::{Sample, Scrape};

/// The gateway as a whole, its functions and its APIs. Rates are of a second.
#[derive(Debug, Default, Serialize)]
pub(super) struct Figures {
    #[serde(flatten)]
    pub(super) rates: Rates,
    /// Requests for hosts that no service answers to, and heads that could not be read.
    pub(super) unknown_hosts: f64,
    pub(super) refusals: Vec<Refusal>,
    pub(super) client_connections: u64,
    #[serde(flatten)]
    pub(super) state: State,
    pub(super) functions: Vec<Function>,
    pub(super) apis: Vec<Api>,
}

/// Requests that are over.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Rates {
    pub(super) requests: f64,
    /// Answers with a status of 500 or more, the gateway's own among them.
    pub(super) errors: f64,
    pub(super) classes: Classes,
}

/// Answers by class of status.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Classes {
    /// With the 101 of tunnels.
    #[serde(rename = "2xx")]
    pub(super) success: f64,
    #[serde(rename = "3xx")]
    pub(super) redirection: f64,
    /// Without 429 and 499.
    #[serde(rename = "4xx")]
    pub(super) client_error: f64,
    #[serde(rename = "429")]
    pub(super) too_many: f64,
    #[serde(rename = "5xx")]
    pub(super) server_error: f64,
    /// Clients that left before the head of an answer.
    #[serde(rename = "499")]
    pub(super) client_left: f64,
}

/// Answers of the gateway's own, for one reason.
#[derive(Debug, Serialize)]
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) rate: f64,
}

/// What configuration is in use.
#[derive(Debug, Default, Serialize)]
pub(super) struct State {
    pub(super) revision: u64,
    /// When it was put in use, in seconds since 1970.
    pub(super) last_reload: u64,
    /// Since the start.
    pub(super) refused_reloads: u64,
    /// Whether the last load was refused, so that another one is in use than the files have.
    pub(super) refused: bool,
    pub(super) warnings: u64,
}

/// One function version.
#[derive(Debug, Default, Serialize)]
pub(super) struct Function {
    pub(super) function: String,
    #[serde(flatten)]
    pub(super) rates: Rates,
    /// Until the head of the function's answer; none without one.
    #[serde(flatten)]
    pub(super) times: Times,
    pub(super) in_flight: u64,
    pub(super) queued: u64,
    /// Instances that the last attempt to connect reached, or did not.
    pub(super) up: usize,
    pub(super) down: usize,
}

/// One API in all its environments.
#[derive(Debug, Default, Serialize)]
pub(super) struct Api {
    pub(super) service: String,
    /// Empty for requests that reached the service, but no API.
    pub(super) api: String,
    pub(super) functions: BTreeSet<String>,
    #[serde(flatten)]
    pub(super) rates: Rates,
    /// Until the end of the answer; none without one.
    #[serde(flatten)]
    pub(super) times: Times,
}

/// How long it took, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Times {
    pub(super) p50_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
}

/// Two looks, and how far apart they are.
pub(super) struct Looks<'a> {
    pub(super) before: &'a Scrape,
    pub(super) after: &'a Scrape,
    pub(super) elapsed: Duration,
}

impl Figures {
    pub(super) fn between(looks: &Looks<'_>) -> Self {
        let apis = looks.apis();
        let mut rates = Rates::default();
        apis.iter().for_each(|api| rates.add(&api.rates));
        let unknown = apis.iter().find(|api| api.service.is_empty());
        Self {
            rates,
            unknown_hosts: unknown.map_or(0.0, |api| api.rates.requests),
            refusals: looks.refusals(),
            client_connections: count(looks.after.value("fngate_client_connections")),
            state: State::of(looks.after),
            functions: looks.functions(),
            apis: apis.into_iter().filter(|api| !api.service.is_empty()).collect(),
        }
    }
}

impl Function {
    pub(super) fn is_well(&self) -> bool {
        self.down == 0 && self.rates.errors == 0.0
    }
}

impl Rates {
    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.errors += other.errors;
        let (sum, more) = (&mut self.classes, &other.classes);
        for (sum, more) in [
            (&mut sum.success, more.success),
            (&mut sum.redirection, more.redirection),
            (&mut sum.client_error, more.client_error),
            (&mut sum.too_many, more.too_many),
            (&mut sum.server_error, more.server_error),
            (&mut sum.client_left, more.client_left),
        ] {
            *sum += more;
        }
    }

    /// Adds answers with a status.
    fn count(&mut self, code: &str, rate: f64) {
        self.requests += rate;
        let classes = &mut self.classes;
        let class = match code {
            "429" => &mut classes.too_many,
            "499" => &mut classes.client_left,
            _ if code.starts_with('3') => &mut classes.redirection,
            _ if code.starts_with('4') => &mut classes.client_error,
            _ if code.starts_with('5') => {
                self.errors += rate;
                &mut classes.server_error
            }
            _ => &mut classes.success,
        };
        *class += rate;
    }
}

impl State {
    fn of(scrape: &Scrape) -> Self {
        let refused =
            scrape.of("fngate_config_reloads_total").iter().filter(|sample| sample.label("result") == "error");
        let last = scrape.of("fngate_config_last_reload_successful").first();
        Self {
            revision: count(scrape.value("fngate_config_revision")),
            last_reload: count(scrape.value("fngate_config_last_success_timestamp_seconds")),
            refused_reloads: count(refused.map(|sample| sample.value).sum()),
            refused: last.is_some_and(|sample| sample.value < 1.0),
            warnings: count(scrape.value("fngate_config_warnings")),
        }
    }
}

/// Upper bounds in seconds, ascending, and how many took at most that long.
type Buckets = Vec<(f64, f64)>;

impl<'a> Looks<'a> {
    /// The samples of a metric, and how much each has grown.
    fn grown(&self, metric: &str) -> impl Iterator<Item = (&'a Sample, f64)> + use<'a> {
        let samples = self.before.of(metric).iter();
        let before: HashMap<_, _> = samples.map(|sample| (sample.labels(), sample.value)).collect();
        self.after.of(metric).iter().map(move |sample| {
            let earlier = before.get(sample.labels()).copied().unwrap_or(0.0);
            (sample, growth(earlier, sample.value))
        })
    }

    /// The samples of a counter, and how much each has grown in a second.
    fn rates(&self, metric: &str) -> impl Iterator<Item = (&'a Sample, f64)> + use<'a> {
        let seconds = self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        self.grown(metric).map(move |(sample, grown)| (sample, grown / seconds))
    }

    /// What has grown in histograms, by what identifies them.
    fn times<K: Ord>(&self, metric: &str, key: impl Fn(&'a Sample) -> K) -> BTreeMap<K, Times> {
        let mut buckets: BTreeMap<K, Buckets> = BTreeMap::new();
        for (sample, grown) in self.grown(metric) {
            // Rust reads `+Inf` as well.
            let Ok(bound) = sample.label("le").parse() else { continue };
            buckets.entry(key(sample)).or_default().push((bound, grown));
        }
        buckets.into_iter().map(|(key, buckets)| (key, Times::of(&buckets))).collect()
    }

    /// The most frequent first.
    fn refusals(&self) -> Vec<Refusal> {
        let mut rates: BTreeMap<&str, f64> = BTreeMap::new();
        for (sample, rate) in self.rates("fngate_gateway_errors_total") {
            *rates.entry(sample.label("reason")).or_default() += rate;
        }
        let rates = rates.into_iter().filter(|(_, rate)| *rate > 0.0);
        let mut refusals: Vec<_> = rates.map(|(reason, rate)| Refusal { reason: reason.to_owned(), rate }).collect();
        refusals.sort_by(|one, other| other.rate.total_cmp(&one.rate));
        refusals
    }

    fn functions(&self) -> Vec<Function> {
        let name = |sample: &'a Sample| sample.label("function");
        let times = self.times("fngate_function_duration_seconds_bucket", name);
        let mut functions: BTreeMap<&str, Function> = BTreeMap::new();
        let mut each = |metric, add: fn(&mut Function, &Sample, f64)| {
            for (sample, rate) in self.rates(metric) {
                let function = functions.entry(name(sample)).or_insert_with_key(|name| Function {
                    function: (*name).to_owned(),
                    times: times.get(name).copied().unwrap_or_default(),
                    ..Function::default()
                });
                add(function, sample, rate);
            }
        };
        each("fngate_requests_total", |function, sample, rate| function.rates.count(sample.label("code"), rate));
        each("fngate_requests_in_flight", |function, sample, _| function.in_flight += count(sample.value));
        each("fngate_queue_depth", |function, sample, _| function.queued += count(sample.value));
        each("fngate_instance_up", |function, sample, _| {
            *if sample.value > 0.0 { &mut function.up } else { &mut function.down } += 1;
        });
        // Without a name are the requests that reached none.
        functions.into_values().filter(|function| !function.function.is_empty()).collect()
    }

    fn apis(&self) -> Vec<Api> {
        let name = |sample: &'a Sample| (sample.label("service"), sample.label("api"));
        let times = self.times("fngate_request_duration_seconds_bucket", name);
        let mut apis: BTreeMap<_, Api> = BTreeMap::new();
        for (sample, rate) in self.rates("fngate_requests_total") {
            let api = apis.entry(name(sample)).or_insert_with_key(|name| Api {
                service: name.0.to_owned(),
                api: name.1.to_owned(),
                times: times.get(name).copied().unwrap_or_default(),
                ..Api::default()
            });
            api.rates.count(sample.label("code"), rate);
            api.functions.extend(Some(sample.label("function").to_owned()).filter(|name| !name.is_empty()));
        }
        apis.into_values().collect()
    }
}

impl Times {
    fn of(buckets: &Buckets) -> Self {
        let milliseconds = |share| quantile(buckets, share).map(|seconds| seconds * 1000.0);
        Self { p50_ms: milliseconds(0.5), p99_ms: milliseconds(0.99) }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, as the text format writes it")]
fn count(value: f64) -> u64 {
    value.max(0.0) as u64
}

/// How much a counter grew. One that is less than before has started anew, as all do with the gateway.
fn growth(before: f64, after: f64) -> f64 {
    if after < before { after } else { after - before }
}

/// A quantile in seconds, between the bounds of its bucket as `histogram_quantile` of Prometheus has it.
fn quantile(buckets: &[(f64, f64)], share: f64) -> Option<f64> {
    let total = buckets.last()?.1;
    if total <= 0.0 {
        return None;
    }
    let rank = share * total;
    let index = buckets.iter().position(|(_, count)| *count >= rank)?;
    let (low, below) = index.checked_sub(1).map_or((0.0, 0.0), |before| buckets[before]);
    let (high, count) = buckets[index];
    // Above the last bound, that is all there is to say.
    if high.is_infinite() {
        return Some(low);
    }
    Some(low + (high - low) * (rank - below) / (count - below).max(f64::MIN_POSITIVE))
}

#[cfg(test)]
mod tests;
