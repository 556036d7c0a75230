//! `scimward token show`.

use std::process::ExitCode;

use serde_json::json;

use super::text;
use crate::cli::error::CommandError;
use crate::cli::open::open;
use crate::cli::output::OutputFormat;
use crate::config::Flags;
use crate::service::report;

const NONE: &str = "There is no SCIM token. Generate one with `scimward token generate`.";

pub(super) async fn run(format: &OutputFormat, flags: &Flags) -> Result<ExitCode, CommandError> {
    let services = open(flags).await?.services;
    let known = services.mails.banner_facts().await?;
    let now = services.now();
    let old = known.history.old(now);
    match &known.history.newest {
        Some(token) => format.print(
            || report::with_sync(report::both(token, old, now), &known.sync),
            || match old {
                Some(old) => text::both(token, old, &known.sync, now),
                None => format!("{}\n{}", text::description(token, now), text::sync(&known.sync)),
            },
        )?,
        None => {
            format.print(|| json!({ "status": "none", "sync": null }), || NONE.to_owned())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
