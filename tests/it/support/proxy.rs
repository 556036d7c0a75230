//! The reverse proxies of `docs/proxies` as processes, by the very recipes that operators copy.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Which proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// nginx with `auth_request`.
    Nginx,
    /// Caddy with `forward_auth`.
    Caddy,
    /// `HAProxy` with the Lua action of ours.
    Haproxy,
}

/// A running proxy; killed when a test ends.
pub(crate) struct Proxy {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Proxy {
    /// Starts `program` between clients, scimward and the service; it writes to `folder`.
    pub(crate) fn start(
        program: Program,
        folder: &Path,
        scimward: SocketAddr,
        service: SocketAddr,
    ) -> Self {
        Self::changed(program, folder, scimward, service, |recipe| recipe)
    }

    /// Starts `program` in front of scimward's own pages.
    pub(crate) fn in_front(program: Program, folder: &Path, scimward: SocketAddr) -> Self {
        let address = free_address();
        let recipe = std::fs::read_to_string(recipes().join("pages").join(program.recipe()));
        let recipe =
            replaced(&recipe.expect("the recipe"), "127.0.0.1:8080", &scimward.to_string());
        Self::launch(program, folder, address, &program.listening(&recipe, address))
    }

    /// Starts it with a change to the recipe.
    pub(crate) fn changed(
        program: Program,
        folder: &Path,
        scimward: SocketAddr,
        service: SocketAddr,
        change: impl FnOnce(String) -> String,
    ) -> Self {
        let address = free_address();
        let recipe = std::fs::read_to_string(recipes().join(program.recipe())).expect("the recipe");
        let recipe = replaced(&recipe, "127.0.0.1:8080", &scimward.to_string());
        let recipe = replaced(&recipe, "127.0.0.1:9000", &service.to_string());
        let recipe = program.listening(&recipe, address);
        Self::launch(program, folder, address, &change(recipe))
    }

    fn launch(program: Program, folder: &Path, address: SocketAddr, recipe: &str) -> Self {
        let folder = folder.join("proxy");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("recipe"), recipe).unwrap();
        let log = folder.join("log");
        let output = File::create(&log).unwrap();
        let child = program
            .command(&folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{program:?} is not installed ({error}): tests/run does")
            });
        let mut proxy = Self { child, address };
        proxy.wait_until_it_listens(&log);
        proxy
    }

    #[expect(clippy::disallowed_methods, reason = "another program says nothing when it is ready")]
    fn wait_until_it_listens(&mut self, log: &Path) {
        let begin = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            let ended = self.child.try_wait().unwrap();
            if ended.is_some() || begin.elapsed() > Duration::from_secs(20) {
                let log = std::fs::read_to_string(log).unwrap_or_default();
                panic!("the proxy does not start ({ended:?}): {log}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    const fn recipe(self) -> &'static str {
        match self {
            Self::Nginx => "nginx.conf",
            Self::Caddy => "Caddyfile",
            Self::Haproxy => "haproxy.cfg",
        }
    }

    /// The recipe with the address of the test.
    fn listening(self, recipe: &str, address: SocketAddr) -> String {
        match self {
            Self::Nginx => replaced(recipe, "127.0.0.1:8443", &address.to_string()),
            // An address without a scheme would make Caddy ask for a certificate.
            Self::Caddy => {
                let (_, rest) = recipe.split_once(".example.com {").expect("an address");
                format!("http://{address} {{{rest}")
            }
            Self::Haproxy if !recipe.contains("lua") => {
                replaced(recipe, "127.0.0.1:8443", &address.to_string())
            }
            Self::Haproxy => {
                // The folder of the project may have a blank in its name.
                let action = format!("\"{}\"\n", recipes().join("scim-auth.lua").display());
                let recipe = replaced(recipe, "/etc/haproxy/scim-auth.lua\n", &action);
                replaced(&recipe, "127.0.0.1:8443", &address.to_string())
            }
        }
    }

    /// The command in the foreground, as one process, so that killing it leaves nothing behind.
    fn command(self, folder: &Path) -> Command {
        let mut command = match self {
            Self::Nginx => nginx(folder),
            Self::Caddy => caddy(folder),
            Self::Haproxy => {
                let mut command = Command::new(installed("haproxy"));
                command.arg("-db").arg("-f").arg(folder.join("recipe"));
                command
            }
        };
        command.current_dir(folder);
        command
    }
}

/// The recipe is a part of the configuration, as in `/etc/nginx/conf.d`.
fn nginx(folder: &Path) -> Command {
    let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let places = places.map(|kind| format!("{kind}_temp_path {kind};")).join(" ");
    let main = format!(
        "daemon off; master_process off; pid pid; events {{}}
         http {{ {places} access_log off; proxy_cache_path cache keys_zone=decisions:1m;
         include recipe; }}"
    );
    std::fs::write(folder.join("nginx.conf"), main).unwrap();
    let mut command = Command::new(installed("nginx"));
    let prefix = format!("{}/", folder.display());
    command.args(["-p", &prefix, "-e", "stderr", "-c", "nginx.conf"]);
    command
}

/// The recipe is imported, so that the test's Caddy needs no port for its own administration.
fn caddy(folder: &Path) -> Command {
    std::fs::write(folder.join("Caddyfile"), "{\n\tadmin off\n}\nimport recipe\n").unwrap();
    let mut command = Command::new(installed("caddy"));
    command.args(["run", "--config", "Caddyfile", "--adapter", "caddyfile"]).env("HOME", folder);
    command.env("XDG_CONFIG_HOME", folder).env("XDG_DATA_HOME", folder);
    command
}

/// Debian keeps some of them where only root looks.
fn installed(name: &str) -> PathBuf {
    let admin = Path::new("/usr/sbin").join(name);
    if admin.exists() { admin } else { name.into() }
}

fn recipes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/proxies")
}

/// Replaces what must occur exactly once.
pub(crate) fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from:?} in the recipe");
    text.replace(from, to)
}

/// An address with a port that nobody listens on.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port")
}

/// Turns each of these functions into a test for every proxy.
macro_rules! on_each_proxy {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            use crate::support::proxy::Program;

            #[test]
            fn nginx() {
                super::$name(Program::Nginx);
            }

            #[test]
            fn caddy() {
                super::$name(Program::Caddy);
            }

            #[test]
            fn haproxy() {
                super::$name(Program::Haproxy);
            }
        })+
    };
}
pub(crate) use on_each_proxy;
