"""What the tests share: the running server, a real SCIM service, and proxies between them."""

import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.parse

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SCIMWARD = ROOT / "target/debug/scimward"
RECIPES = ROOT / "docs/proxies"
APPLICATION = ("application", "a secret of sixteen or more characters")


class Answer:
    def __init__(self, response, seconds):
        self.status = response.status
        self.headers = response.headers
        self.seconds = seconds
        self.text = response.read().decode()

    def json(self):
        return json.loads(self.text)


class Client:
    """Sends exactly what it is told to a SCIM base URL."""

    def __init__(self, base, token):
        self.base = base
        self.token = token

    def send(self, method, target, authorization=None, headers=None, body=None):
        """`authorization` is sent as it is; nothing means the token as usual."""
        url = urllib.parse.urlsplit(self.base)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
        lines = {"Authorization": authorization or f"Bearer {self.token}", **(headers or {})}
        begin = time.monotonic()
        try:
            connection.request(method, url.path + target, body=body, headers=lines)
            return Answer(connection.getresponse(), time.monotonic() - begin)
        finally:
            connection.close()

    def get(self, target, **how):
        return self.send("GET", target, **how)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="session")
def start(tmp_path_factory):
    """Starts a program, waits until it listens on `port`, and ends it after the tests."""
    running = []

    def start(command, port, environment=None):
        name = pathlib.Path(command[0]).name
        folder = tmp_path_factory.mktemp(name)
        log = folder / "log"
        with log.open("w") as output:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment or dict(os.environ, HOME=str(folder)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        running.append(process)
        for _ in range(1000):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                assert process.poll() is None, f"{name} ended: {log.read_text()}"
                time.sleep(0.02)
        pytest.fail(f"{name} does not listen: {log.read_text()}")

    yield start
    for process in running:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def settings(tmp_path_factory):
    """The environment of every scimward: one database, and nothing from outside."""
    folder = tmp_path_factory.mktemp("data")
    return {
        "SCIMWARD_DATABASE_URL": f"sqlite:{folder}/scimward.db",
        "SCIMWARD_MAIL_DIR": f"{folder}/mail",
        "SCIMWARD_INTROSPECTION_CLIENTS": ":".join(APPLICATION),
    }


@pytest.fixture(scope="session")
def serve(start, settings):
    """Starts a server with further settings and tells its address."""

    def serve(**more):
        port = free_port()
        listen = {"SCIMWARD_LISTEN": f"127.0.0.1:{port}"}
        start([str(SCIMWARD), "serve"], port, {**settings, **listen, **more})
        return f"127.0.0.1:{port}"

    return serve


@pytest.fixture(scope="session")
def scimward(serve):
    """The address of the server."""
    return serve()


@pytest.fixture(scope="session")
def token(scimward, settings):
    """A token from the command line, generated while the server runs."""
    command = [str(SCIMWARD), "token", "generate", "--months", "1"]
    generated = subprocess.run(command, env=settings, capture_output=True, text=True, check=True)
    return generated.stdout.strip()


class OwnServer:
    """A server with a database of its own."""

    def __init__(self, serve, settings, folder, **more):
        own = {
            "SCIMWARD_DATABASE_URL": f"sqlite:{folder}/own.db",
            "SCIMWARD_MAIL_DIR": f"{folder}/mail",
            **more,
        }
        self.settings = {**settings, **own}
        self.address = serve(**own)

    def command(self, *arguments):
        """Runs a command on its database and returns what it prints."""
        ended = self.try_command(*arguments)
        assert ended.returncode == 0, ended
        return ended.stdout.strip()

    def try_command(self, *arguments, typed=""):
        """The same with what it is given, whatever its exit code."""
        command = [str(SCIMWARD), *arguments]
        return subprocess.run(
            command, env=self.settings, input=typed, capture_output=True, text=True, timeout=90
        )


@pytest.fixture
def own_server(serve, settings, tmp_path):
    return OwnServer(serve, settings, tmp_path)


@pytest.fixture(scope="session")
def direct(scimward, token):
    """A client of scimward itself."""
    return Client(f"http://{scimward}/scim/v2", token)


@pytest.fixture(scope="session")
def service(start):
    """The address of a real SCIM service that has no authentication."""
    port = free_port()
    server = pathlib.Path(sys.executable).with_name("scim2-server")
    start([str(server), "--port", str(port), "--reverse-proxy"], port)
    return f"127.0.0.1:{port}"


@pytest.fixture(scope="session", params=["nginx", "caddy", "haproxy"])
def proxied(request, start, scimward, service, token):
    """A client of the service behind a proxy."""
    port = free_port()
    addresses = {
        "127.0.0.1:8080": scimward,
        "127.0.0.1:9000": service,
        "127.0.0.1:8443": f"127.0.0.1:{port}",
        "scim.example.com {": f"http://127.0.0.1:{port} {{",
        "/etc/haproxy/scim-auth.lua\n": f'"{RECIPES / "scim-auth.lua"}"\n',
    }
    start(COMMANDS[request.param](recipe_with(request, addresses)), port)
    return Client(f"http://127.0.0.1:{port}/v2", token)


def recipe_with(request, addresses):
    name = {"nginx": "nginx.conf", "caddy": "Caddyfile", "haproxy": "haproxy.cfg"}[request.param]
    text = (RECIPES / name).read_text()
    for address, ours in addresses.items():
        text = text.replace(address, ours)
    folder = request.getfixturevalue("tmp_path_factory").mktemp("recipe")
    (folder / "recipe").write_text(text)
    return folder


def nginx(folder):
    places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    places = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in places)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; events {{}}"
        f"http {{ access_log off; {places} include {folder}/recipe; }}"
    )
    return [admin_program("nginx"), "-e", "stderr", "-c", f"{folder}/nginx.conf"]


def caddy(folder):
    (folder / "Caddyfile").write_text("{\n\tadmin off\n}\nimport recipe\n")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


def haproxy(folder):
    return [admin_program("haproxy"), "-db", "-f", f"{folder}/recipe"]


def admin_program(name):
    """Debian keeps some programs where only root looks."""
    return name if not os.path.exists(f"/usr/sbin/{name}") else f"/usr/sbin/{name}"


COMMANDS = {"nginx": nginx, "caddy": caddy, "haproxy": haproxy}


def pytest_terminal_summary(terminalreporter):
    """The sum as the other tests print it."""
    count = {kind: len(terminalreporter.getreports(kind)) for kind in ("passed", "failed", "error")}
    failed = count["failed"] + count["error"]
    terminalreporter.write_line(f"{count['passed']} passed, {failed} failed")
