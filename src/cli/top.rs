//! `fngate top`: what the running gateway does, function by function or API by API, every other second.

mod figures;
mod scrape;
mod screen;
mod table;
mod terminal;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use self::figures::{Figures, Looks};
use self::scrape::Scrape;
use self::screen::{Listed, Scene, Screen, Sort, View};
use self::terminal::Terminal;
use super::admin::{NOBODY, Running};
use super::gateway::{Gateway, Question};
use super::outcome::{Failure, SYSTEM, print};
use crate::clock::unix_time;
use crate::control::admin::METRICS;
use crate::units::parse_duration;

/// A scrape of very many APIs takes a while.
const PATIENCE: Duration = Duration::from_secs(30);
/// The first look comes sooner on a terminal, where somebody waits for it.
const FIRST: Duration = Duration::from_millis(300);

#[derive(Debug, Args)]
pub(super) struct Top {
    #[command(flatten)]
    running: Running,
    /// The time between two looks.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = interval)]
    interval: Duration,
    /// Stop after N looks; without this option, when it is interrupted.
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// Print a line of JSON for each look.
    #[arg(long)]
    json: bool,
    /// Show APIs instead of functions.
    #[arg(long)]
    apis: bool,
    /// What the rows are sorted by.
    #[arg(long, value_name = "KEY", default_value = "requests")]
    sort: Sort,
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = parse_duration(text).map_err(|error| error.to_string())?;
    if interval.is_zero() { Err("the interval must be greater than zero".to_owned()) } else { Ok(interval) }
}

pub(super) fn top(arguments: &Top) -> Result<ExitCode, Failure> {
    let gateway = &arguments.running.gateway(NOBODY)?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| Failure::system(&error))?;
    let outcome = runtime.block_on(async {
        if io::stdout().is_terminal() && !arguments.json {
            show(arguments, gateway).await
        } else {
            write(arguments, gateway).await
        }
    });
    // A scrape may still be on its way.
    runtime.shutdown_background();
    outcome
}

/// Prints look after look.
async fn write(arguments: &Top, gateway: &Gateway) -> Result<ExitCode, Failure> {
    let view = arguments.view();
    let mut watch = Watch::begin(gateway).await?;
    let mut shown = 0;
    while arguments.count.is_none_or(|count| shown < count) {
        let look = later(arguments.interval, gateway).await?;
        let mut figures = watch.figures(look);
        view.sort(&mut figures);
        let text = if arguments.json {
            serde_json::to_string(&figures).map_err(|error| Failure::system(&error))?
        } else {
            draw(Screen { colours: false, has_keys: false, height: None, width: None }, &figures, view, gateway)
        };
        print(&format!("{text}\n"))?;
        shown += 1;
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows look after look on a terminal, each in the place of the one before, and does what the keys say.
async fn show(arguments: &Top, gateway: &Gateway) -> Result<ExitCode, Failure> {
    let mut view = arguments.view();
    let mut watch = Watch::begin(gateway).await?;
    let mut terminal = Terminal::enter().map_err(|error| Failure::system(&error))?;
    let has_keys = terminal.has_keys();
    let mut next = Box::pin(later(FIRST.min(arguments.interval), gateway));
    let mut figures = Figures::default();
    let mut shown = 0;
    while arguments.count.is_none_or(|count| shown < count) {
        tokio::select! {
            event = terminal.event() => {
                if let Some(code) = event.exit_code() {
                    return Ok(code);
                }
                if let terminal::Event::Key(key) = event {
                    view.press(key);
                }
            }
            look = &mut next => {
                figures = watch.figures(look?);
                next = Box::pin(later(arguments.interval, gateway));
                shown += 1;
            }
        }
        view.sort(&mut figures);
        if shown > 0 {
            let text = draw(Screen::of_output(has_keys), &figures, view, gateway);
            terminal.draw(&text).map_err(|error| Failure::system(&error))?;
        }
    }
    drop(terminal);
    // What was shown last has gone with the screen.
    print(&draw(Screen::of_output(false), &figures, view, gateway))
}

fn draw(screen: Screen, figures: &Figures, view: View, gateway: &Gateway) -> String {
    let now = u64::try_from(unix_time()).unwrap_or(0);
    screen.draw(figures, view, Scene { address: &gateway.to_string(), now })
}

impl Top {
    fn view(&self) -> View {
        View { listed: if self.apis { Listed::Apis } else { Listed::Functions }, sort: self.sort }
    }
}

/// A scrape, and when it was there.
type Look = (Instant, Scrape);

/// The last look, which the next one is compared with.
struct Watch(Look);

impl Watch {
    async fn begin(gateway: &Gateway) -> Result<Self, Failure> {
        look(gateway).await.map(Self)
    }

    fn figures(&mut self, look: Look) -> Figures {
        let (then, before) = std::mem::replace(&mut self.0, look);
        let (now, after) = &self.0;
        Figures::between(&Looks { before: &before, after, elapsed: now.duration_since(then) })
    }
}

async fn later(pause: Duration, gateway: &Gateway) -> Result<Look, Failure> {
    sleep(pause).await;
    look(gateway).await
}

/// Asks on a thread of its own, so that keys are not waited for.
async fn look(gateway: &Gateway) -> Result<Look, Failure> {
    let gateway = gateway.clone();
    let ask = move || gateway.text(&Question::get(METRICS, PATIENCE)).map(|text| Scrape::read(&text));
    let scrape = spawn_blocking(ask).await.map_err(|error| Failure::system(&error))?;
    scrape.map(|scrape| (Instant::now(), scrape)).map_err(|text| Failure { code: SYSTEM, text })
}
