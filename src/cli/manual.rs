//! `scimward manual`: what a package installs beside the program, made from its own definition.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::roff::{Roff, bold, roman};
use rustix::fs::Mode;

use super::error::CommandError;
use super::output::say_done;
use crate::config::manual::{Described, settings};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder to write to; it is made if it does not exist
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// The widest line of the configuration file.
const WIDTH: usize = 100;

/// Writes manual pages, completions and a configuration file.
pub(super) fn run(arguments: &Arguments, command: &Command) -> Result<ExitCode, CommandError> {
    let folder = &arguments.folder;
    // These are for every user, unlike all else that scimward writes.
    rustix::process::umask(Mode::WGRP | Mode::WOTH);
    write_all(folder, command).map_err(|error| {
        format!("the manual cannot be written to {}: {error}", folder.display())
    })?;
    say_done(&format!("The manual is in {}.", folder.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn write_all(folder: &Path, command: &Command) -> io::Result<()> {
    let (pages, completions) = (folder.join("man"), folder.join("completions"));
    fs::create_dir_all(&pages)?;
    fs::create_dir_all(&completions)?;
    clap_mangen::generate_to(command.clone(), &pages)?;
    let mut page = Vec::new();
    file_page().to_writer(&mut page)?;
    fs::write(pages.join("scimward.toml.5"), page)?;
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        clap_complete::generate_to(shell, &mut command.clone(), "scimward", &completions)?;
    }
    fs::write(folder.join("scimward.toml"), configuration_file())
}

/// The manual page of the configuration file, and of the variables that say the same.
fn file_page() -> Roff {
    let mut page = Roff::new();
    page.control("TH", ["scimward.toml", "5", "", "scimward", ""]);
    page.control("SH", ["NAME"]).text([roman("scimward.toml - configuration of scimward")]);
    page.control("SH", ["DESCRIPTION"]).text([roman(
        "Every line sets one value: name = \"value\". The same settings can be made in the \
         environment, where the names are upper case and begin with SCIMWARD_: a variable is \
         stronger than the file. What is marked as secret can be read from a file: smtp_url_file = \
         \"/run/secrets/smtp\". \"scimward config check\" prints every setting with its value and \
         where it comes from, and says what is wrong.",
    )]);
    page.control("SH", ["SETTINGS"]);
    for setting in settings() {
        let default = setting.default.map(|default| format!(" Default: {default}."));
        let secret = if setting.is_secret { " Secret." } else { "" };
        let meaning = sentence(&setting) + secret + &default.unwrap_or_default();
        page.control("TP", []).text([bold(setting.name())]).text([roman(meaning)]);
    }
    page.control("SH", ["FILES"]);
    page.control("TP", []).text([bold("/etc/scimward/scimward.toml")]);
    page.text([roman("is read by a scimward in /usr/bin, where packages install it.")]);
    page.control("TP", []).text([bold("scimward.toml")]);
    page.text([roman("in the working directory is read by any other.")]);
    page.control("SH", ["SEE ALSO"]).text([bold("scimward"), roman("(1)")]);
    page
}

/// A configuration file in which every setting has its default.
fn configuration_file() -> String {
    let entries: Vec<String> = settings().iter().map(entry).collect();
    format!("{HEAD}\n{}", entries.join("\n"))
}

const HEAD: &str = "\
# Configuration of scimward. Lines that begin with # show the defaults; an empty text means that
# nothing is set. `man scimward.toml` tells more, and `scimward config check` what is wrong.
";

fn entry(setting: &Described) -> String {
    let name = setting.name();
    let default = setting.default.unwrap_or_default();
    let is_plain = default.parse::<i64>().is_ok() || default.parse::<bool>().is_ok();
    let default = if is_plain { default.to_owned() } else { format!("\"{default}\"") };
    let secret = format!(" Secret: {name}_file = \"PATH\" reads it from a file.");
    let meaning = sentence(setting) + if setting.is_secret { &secret } else { "" };
    format!("{}\n#{name} = {default}\n", comment(&meaning))
}

/// What a setting means, as a sentence without the marks of Markdown.
fn sentence(setting: &Described) -> String {
    let text = setting.meaning.replace('`', "");
    let mut rest = text.chars();
    let first = rest.next().map(|first| first.to_ascii_uppercase());
    format!("{}{}.", first.map(String::from).unwrap_or_default(), rest.as_str())
}

/// A text as lines of a comment.
fn comment(text: &str) -> String {
    let mut lines = vec!["#".to_owned()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("# {word}")),
        }
    }
    lines.join("\n")
}
