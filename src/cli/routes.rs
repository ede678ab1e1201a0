//! `fngate routes`.

use std::process::ExitCode;

use serde::Serialize;

use super::configured::InspectedFile;
use super::outcome::{Failure, print};
use crate::config::{Api, Binding, Config, Service, Setting};
use crate::route::RouteTable;
use crate::units::format_duration;

/// One API in one environment.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    service: String,
    environment: &'static str,
    method: String,
    path: String,
    api: String,
    function: String,
    version: String,
    timeout_ms: u128,
    timeout: String,
    /// Where the timeout was set: `file:line:column`, or `default`.
    timeout_set_at: String,
    enabled: bool,
}

impl Row {
    pub(super) fn new(config: &Config, service: &Service, api: &Api, binding: Binding) -> Self {
        let function = &config.functions[binding.function];
        let Setting { value, place } = api.timeout.as_ref().unwrap_or(&function.timeout);
        Self {
            service: service.name.clone(),
            environment: binding.environment.as_str(),
            method: api.method.to_string(),
            path: api.path.to_string(),
            api: api.name.clone(),
            function: format!("{}/{}", function.id.namespace, function.id.name),
            version: function.id.version.clone(),
            timeout_ms: value.as_millis(),
            timeout: format_duration(*value),
            timeout_set_at: place.as_ref().map_or_else(|| "default".to_owned(), ToString::to_string),
            enabled: api.enabled,
        }
    }

    fn cells(&self) -> [String; 7] {
        let state = if self.enabled { "" } else { " (disabled)" };
        [
            self.service.clone(),
            self.environment.to_owned(),
            self.method.clone(),
            format!("{}{state}", self.path),
            self.api.clone(),
            self.function_version(),
            self.effective_timeout(),
        ]
    }

    pub(super) fn function_version(&self) -> String {
        format!("{}:{}", self.function, self.version)
    }

    pub(super) fn effective_timeout(&self) -> String {
        format!("{} ({})", self.timeout, self.timeout_set_at)
    }
}

/// The routing table with a row for each API, for commands that look at it without serving.
pub(super) fn table(config: &Config) -> Result<RouteTable<Row>, Failure> {
    let mut builder = crate::route::Builder::new();
    let failed = |error| Failure::system(&error);
    for service in &config.services {
        let index = builder.service(&service.name);
        for domain in &service.domains {
            builder.domain(index, &domain.host, &domain.base_path, domain.environment).map_err(failed)?;
        }
        for (api, binding) in service.apis.iter().flat_map(|api| api.bindings.iter().map(move |binding| (api, binding)))
        {
            let entry = crate::route::ApiEntry {
                rule: &api.path,
                method: &api.method,
                enabled: api.enabled,
                raw_path: api.raw_path,
                payload: Row::new(config, service, api, *binding),
            };
            builder.api(index, binding.environment, entry).map_err(failed)?;
        }
    }
    Ok(builder.build())
}

pub(super) fn routes(file: &InspectedFile, json: bool) -> Result<ExitCode, Failure> {
    let config = file.choose()?.inspect()?.config;
    let table = table(&config)?;
    let rows: Vec<&Row> = table.iter().map(|route| route.payload).collect();
    if json {
        let text = serde_json::to_string_pretty(&rows).map_err(|error| Failure::system(&error))?;
        return print(&format!("{text}\n"));
    }
    let heads = ["SERVICE", "ENVIRONMENT", "METHOD", "PATH", "API", "FUNCTION", "TIMEOUT (SET AT)"].map(str::to_owned);
    let lines: Vec<_> = std::iter::once(heads).chain(rows.iter().map(|row| row.cells())).collect();
    print(&align(&lines))
}

/// Columns as wide as their widest cell.
fn align<const N: usize>(lines: &[[String; N]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..N).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}
