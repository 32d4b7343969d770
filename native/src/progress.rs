//! Progress bars for work that can last: on a terminal only, and on stderr only.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Times a second that a bar is drawn at most.
const DRAWS_PER_SECOND: u8 = 10;
/// How often a bar without a known end is drawn although nothing was counted.
const TICK: Duration = Duration::from_millis(200);

/// A bar that counts to `total` things, with rate and time left.
pub fn counter(task: &'static str, total: u64) -> ProgressBar {
    let template = "{msg} [{wide_bar}] {human_pos}/{human_len} {per_sec} {eta} left";
    bar(task, Some(total), template)
}

/// A bar that counts to `total` bytes, with rate and time left.
pub fn bytes(task: &'static str, total: u64) -> ProgressBar {
    let template = "{msg} [{wide_bar}] {bytes}/{total_bytes} {binary_bytes_per_sec} {eta} left";
    bar(task, Some(total), template)
}

/// A running count of things whose end is not known, such as lines of a pipe.
pub fn open_ended(task: &'static str) -> ProgressBar {
    let bar = bar(task, None, "{msg} {spinner} {human_pos} {per_sec} {elapsed}");
    if !bar.is_hidden() {
        bar.enable_steady_tick(TICK);
    }
    bar
}

/// A sign of life for work that counts nothing.
pub fn busy(task: &'static str) -> ProgressBar {
    let bar = bar(task, None, "{msg} {spinner} {elapsed}");
    if !bar.is_hidden() {
        bar.enable_steady_tick(TICK);
    }
    bar
}

fn bar(task: &'static str, total: Option<u64>, template: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let target = ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND);
    let bar = ProgressBar::with_draw_target(total, target).with_message(task);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_understood_and_none_is_drawn_without_a_terminal() {
        for template in [
            "{msg} [{wide_bar}] {human_pos}/{human_len} {per_sec} {eta} left",
            "{msg} [{wide_bar}] {bytes}/{total_bytes} {binary_bytes_per_sec} {eta} left",
            "{msg} {spinner} {human_pos} {per_sec} {elapsed}",
            "{msg} {spinner} {elapsed}",
        ] {
            ProgressStyle::with_template(template).unwrap();
        }
        if !io::stderr().is_terminal() {
            assert!(counter("verifying", 3).is_hidden());
            assert!(bytes("reading", 3).is_hidden());
            assert!(open_ended("appending").is_hidden());
            assert!(busy("recovering").is_hidden());
        }
    }
}
