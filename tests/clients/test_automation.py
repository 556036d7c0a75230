"""The pipeline of docs/automation against a small imitation of Microsoft Graph and Entra."""

import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.parse

import pytest
from conftest import ROOT, Client

SCRIPT = ROOT / "docs/automation/entra.py"
PRINCIPAL = "/v1.0/servicePrincipals/11111111-2222-3333-4444-555555555555/synchronization/secrets"


class Graph(http.server.BaseHTTPRequestHandler):
    """Gives out access tokens, takes secrets, and syncs with them at once."""

    def do_POST(self):
        form = urllib.parse.parse_qs(self.body().decode())
        good = form == {
            "grant_type": ["client_credentials"],
            "client_id": ["pipeline"],
            "client_secret": ["s3cret"],
            "scope": ["https://graph.microsoft.com/.default"],
        }
        if not good or self.path != "/tenant/oauth2/v2.0/token":
            return self.reply(401, {"error": "invalid_client"})
        return self.reply(200, {"token_type": "Bearer", "access_token": "of Graph"})

    def do_PUT(self):
        entra = self.server.entra
        body = json.loads(self.body())
        entra.asked += 1
        if self.path != PRINCIPAL or self.headers["Authorization"] != "Bearer of Graph":
            return self.reply(403, {"error": {"code": "Authorization_RequestDenied"}})
        if entra.refusals:
            entra.refusals -= 1
            return self.reply(503, {"error": {"code": "ServiceUnavailable"}})
        entra.secrets = {pair["key"]: pair["value"] for pair in body["value"]}
        self.reply(204)
        entra.sync()

    def body(self):
        return self.rfile.read(int(self.headers["Content-Length"]))

    def reply(self, status, body=None):
        text = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Entra:
    """What is entered in Entra, and a run of the pipeline."""

    def __init__(self, server):
        self.graph = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Graph)
        self.graph.entra = self
        threading.Thread(target=self.graph.serve_forever, daemon=True).start()
        self.server, self.secrets, self.refusals, self.asked = server, {}, 0, 0
        self.scim_url = f"http://{server.address}/scim/v2"
        self.key = server.command(
            "key", "add", "--name", "Pipeline", "--scope", "replace", "--months", "1"
        )
        self.first = server.command("token", "generate", "--months", "1")
        self.secrets = {"BaseAddress": self.scim_url, "SecretToken": self.first}
        assert self.sync() == 200
        # The first use is written in the background.
        for _ in range(200):
            if shown(self)["last_used_at"]:
                return
        pytest.fail("the first use is not written")

    def sync(self):
        secrets = self.secrets
        return Client(secrets["BaseAddress"], secrets["SecretToken"]).get("/Users").status

    def accepts(self, token):
        return Client(self.scim_url, token).get("/Users").status == 200

    def run(self, run_id, **more):
        graph = f"http://127.0.0.1:{self.graph.server_address[1]}"
        environment = {
            "PATH": os.environ["PATH"],
            "SCIMWARD_URL": f"http://{self.server.address}",
            "SCIMWARD_API_KEY": self.key,
            "SCIM_URL": self.scim_url,
            "TENANT_ID": "tenant",
            "CLIENT_ID": "pipeline",
            "CLIENT_SECRET": "s3cret",
            "SERVICE_PRINCIPAL_ID": PRINCIPAL.split("/")[3],
            "GRAPH_URL": graph,
            "LOGIN_URL": graph,
            "RUN_ID": run_id,
            "WITHIN_DAYS": "40",
            "WAIT_MINUTES": "0.5",
            "POLL_SECONDS": "0.1",
            **more,
        }
        ended = subprocess.run(
            [sys.executable, str(SCRIPT)], env=environment, capture_output=True, text=True, timeout=90
        )
        output = ended.stdout + ended.stderr
        print(output)
        for secret in (self.key, "scimw_", "s3cret", "of Graph"):
            assert secret not in output
        return ended.returncode, output


@pytest.fixture
def entra(own_server):
    entra = Entra(own_server)
    yield entra
    entra.graph.shutdown()


def shown(entra):
    return json.loads(entra.server.command("token", "show", "--json"))


def test_the_pipeline_replaces_the_token_without_a_pause(entra):
    code, output = entra.run("run-1")

    assert code == 0, output
    assert "The new token is in use." in output
    new = entra.secrets["SecretToken"]
    assert new != entra.first and entra.secrets["BaseAddress"] == entra.scim_url
    assert entra.accepts(new) and entra.accepts(entra.first)
    state = shown(entra)
    assert state["token_id"] == new[6:14] and state["old"]["token_id"] == entra.first[6:14]
    assert "API key “Pipeline”" in state["generated_by"]

    assert entra.run("run-2")[0] == 0
    code, output = entra.run("run-2", WITHIN_DAYS="1")
    assert code == 0 and "Nothing to do" in output


def test_what_entra_refuses_is_repaired_by_the_next_run(entra):
    entra.refusals = 5
    code, output = entra.run("run-1")
    assert code == 1 and "run this again with another RUN_ID" in output
    assert entra.asked == 5 and entra.accepts(entra.first)
    lost = shown(entra)["token_id"]

    # The same run generates no second token, and says which one it was.
    code, output = entra.run("run-1")
    assert code == 1 and lost in output and "409" in output
    assert shown(entra)["token_id"] == lost and entra.accepts(entra.first)

    # Once Entra is there again, two tries are enough, although the token does not expire soon.
    entra.refusals = 1
    code, output = entra.run("run-2", WITHIN_DAYS="1")
    assert code == 0, output
    assert entra.accepts(entra.secrets["SecretToken"]) and entra.accepts(entra.first)


def test_nothing_changes_while_microsoft_or_the_key_is_out_of_reach(entra):
    before = shown(entra)["token_id"]
    for wrong in ({"CLIENT_SECRET": "wrong-one"}, {"SCIMWARD_API_KEY": "scimk_x"}, {"RUN_ID": ""}):
        code, _ = entra.run(wrong.get("RUN_ID", "run-1"), **wrong)
        assert code == 1
    assert shown(entra)["token_id"] == before and entra.accepts(entra.first)
