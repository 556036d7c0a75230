"""Webhooks, received by the reference library of Standard Webhooks."""

import base64
import datetime
import http.server
import queue
import threading
from unittest import mock

import pytest
import standardwebhooks
from conftest import OwnServer

SECRET, NEXT, OTHER = ("whsec_" + base64.b64encode(bytes([byte]) * 32).decode() for byte in b"abc")
REFUSED = standardwebhooks.webhooks.WebhookVerificationError


class Receiver:
    """Keeps what arrives and gives the answers that it was told, 204 after them."""

    def __init__(self):
        self.calls, self.answers = queue.Queue(), []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.put((body, dict(self.headers)))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hooks"

    def next(self):
        return self.calls.get(timeout=90)


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()


@pytest.fixture
def server(serve, settings, tmp_path, receiver):
    """A server that signs with a new secret and with the one before."""
    setting = f"json {receiver.url} {NEXT} {SECRET}"
    return OwnServer(serve, settings, tmp_path, SCIMWARD_WEBHOOKS=setting)


def verify(secret, call):
    return standardwebhooks.Webhook(secret).verify(*call)


def test_what_is_genuine_and_new_is_believed_and_nothing_else(server, receiver):
    server.command("token", "generate", "--months", "1")
    server.command("notify")
    call = body, headers = receiver.next()

    for secret in (SECRET, NEXT):
        told = verify(secret, call)
        assert told["type"] == "scim_token.generated"
        assert told["data"]["link"].endswith("/admin/authentication")
    with pytest.raises(REFUSED):
        verify(OTHER, call)
    changes = {"webhook-id": "other", "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}
    signatures = headers["webhook-signature"].split(" ")
    assert len(signatures) == 2
    changes["webhook-signature"] = " ".join(signature[:-5] + "AAAA=" for signature in signatures)
    for name, value in changes.items():
        for changed in ({**headers, name: value}, {k: v for k, v in headers.items() if k != name}):
            with pytest.raises(REFUSED):
                verify(SECRET, (body, changed))
    with pytest.raises(REFUSED):
        verify(SECRET, (body.replace(b"generated", b"revoked"), headers))

    # Recorded, and sent again when the receiver no longer remembers its id.
    at = datetime.datetime.fromtimestamp(int(headers["webhook-timestamp"]), datetime.timezone.utc)
    for minutes, is_late in ((4, False), (6, True), (-6, True)):
        with mock.patch("standardwebhooks.webhooks.datetime", wraps=datetime.datetime) as clock:
            clock.now.return_value = at + datetime.timedelta(minutes=minutes)
            if is_late:
                with pytest.raises(REFUSED):
                    verify(SECRET, call)
            else:
                verify(SECRET, call)


def test_a_receiver_that_keeps_ids_handles_each_event_once(server, receiver):
    receiver.answers = [500, 503]
    handled = {}
    for command in (["generate", "--months", "1"], ["revoke"]):
        server.command("token", *command)
        # Tries what waits for its next try at once; its exit code says that something is left.
        for _ in range(3):
            server.try_command("notify")
    calls = []
    while not receiver.calls.empty():
        calls.append(receiver.next())
    for call in calls:
        told = verify(SECRET, call)
        handled.setdefault(call[1]["webhook-id"], told)

    assert len(calls) == 4, "two tries were refused"
    kinds = [told["type"] for told in handled.values()]
    assert kinds == ["scim_token.generated", "scim_token.revoked"]
