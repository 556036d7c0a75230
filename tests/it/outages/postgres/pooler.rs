//! A real `PgBouncer` between scimward and the server.

use super::*;
use crate::support::cluster::{as_server, give_to_server};
use crate::support::proxy::free_address;

/// Ended with the test.
struct Pooler {
    folder: std::path::PathBuf,
    address: SocketAddr,
}

impl Pooler {
    fn start(database: &Database, mode: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("scimward_pooler_{}_{mode}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (server, address) = (database.address(), free_address());
        let settings = format!(
            "[databases]\n* = host={} port={} user=scimward\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = {mode}\nlogfile = {folder}/log\npidfile = {folder}/pid\n",
            server.ip(),
            server.port(),
            address.port(),
            folder = folder.display(),
        );
        std::fs::write(folder.join("ini"), settings).unwrap();
        give_to_server(&folder);
        let pooler = Self { folder, address };
        pooler.start_again();
        pooler
    }

    /// Returns when it listens.
    fn start_again(&self) {
        let started =
            as_server("pgbouncer").args(["-q", "-d"]).arg(self.folder.join("ini")).status();
        assert!(started.expect("pgbouncer is installed").success());
    }

    fn stop(&self) {
        let Ok(pid) = std::fs::read_to_string(self.folder.join("pid")) else { return };
        let _ = std::process::Command::new("kill").args(["-s", "KILL", pid.trim()]).status();
        while std::net::TcpStream::connect(self.address).is_ok() {
            std::thread::yield_now();
        }
        std::fs::remove_file(self.folder.join("pid")).unwrap();
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_pooler_of_sessions_is_as_good_as_the_server() {
    let database = Database::fresh(Engine::Postgres);
    let pooler = Pooler::start(&database, "session");
    let scimward = Scimward::at(&database.url_at(pooler.address), database.folder());
    let token = generate(&scimward);
    let server = scimward.serve();
    let browser = sign_in(&scimward, server.address);
    let validate = || ask(server.address, VALIDATE, &token);
    validate().expect(200);
    browser.get(HOME).expect(200);

    pooler.stop();
    assert_undecided(&validate());
    pooler.start_again();
    let begun = Instant::now();
    while validate().status != 200 {
        assert!(begun.elapsed() < IN_TIME * 2, "it does not reconnect");
    }

    browser.get(HOME).expect(200);
    let fresh = generate(&scimward);
    validate().expect(401);
    ask(server.address, VALIDATE, &fresh).expect(200);
    assert_eq!(server.stop().code, 0);
}

#[test]
fn a_pooler_of_transactions_is_refused() {
    let database = Database::fresh(Engine::Postgres);
    let pooler = Pooler::start(&database, "transaction");
    let scimward = Scimward::at(&database.url_at(pooler.address), database.folder());
    // However often its sessions were handed on before.
    for arguments in [&["serve"][..], &["token", "generate"], &["token", "generate"], &["serve"]] {
        let ended = scimward.run(arguments);

        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended:?}");
        assert!(ended.stderr.contains("pool_mode = session"), "{}", ended.stderr);
    }
    let tables = database.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");
    assert_eq!(tables, ["0"], "something was made");
}
