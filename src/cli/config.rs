//! `scimward config check`.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::error::CommandError;
use super::output::{OutputFormat, note};
use crate::config::{self, Flags, ReportLine, Settings};
use crate::web::tls::TlsFiles;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print the configuration with secrets masked, and say what is wrong with it
    Check(OutputFormat),
}

/// Runs one of the commands.
pub(super) fn run(command: &Command, flags: &Flags) -> Result<ExitCode, CommandError> {
    let Command::Check(format) = command;
    let (settings, lines) = config::check(flags);
    let (problems, warnings) = match settings {
        Ok(settings) => (problems_with_files(&settings), settings.warnings),
        Err(error) => (error.0, Vec::new()),
    };
    format.print(
        || json!({ "settings": lines, "problems": problems, "warnings": warnings }),
        || lines.iter().map(line).collect::<Vec<_>>().join("\n"),
    )?;
    for warning in &warnings {
        note(&format!("scimward: warning: {warning}"));
    }
    for problem in &problems {
        note(&format!("scimward: {problem}"));
    }
    if problems.is_empty() {
        note("The configuration is right.");
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}

fn problems_with_files(settings: &Settings) -> Vec<String> {
    let tls = settings.tls.as_ref().map(TlsFiles::load);
    let authority = settings.services.mails.mailer.problem();
    tls.and_then(Result::err).into_iter().chain(authority).collect()
}

fn line(line: &ReportLine) -> String {
    let value = line.value.as_deref().unwrap_or("(not set)");
    let origin = line.origin.as_deref().map(|origin| format!("  ({origin})"));
    format!("{:<34} {value}{}", line.key, origin.unwrap_or_default())
}
