"""The calendar entry in the mails, as a mail program puts it into a calendar on a real CalDAV server."""

import base64
import datetime
import email
import email.policy
import http.client
import json
import queue
import sys

import aiosmtpd.controller
import icalendar
import pytest
import vobject
from conftest import OwnServer, free_port

PRODUCT = 'Größe; \\ "Süd", ' + "名前" * 20
LINK = "/admin/authentication"


class Mailbox:
    """Takes the mails of an SMTP server."""

    def __init__(self):
        self.mails = queue.Queue()

    async def handle_DATA(self, _server, _session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.put(mail)
        return "250 2.0.0 kept"

    def next(self):
        """The next mail; the server sends it at once, or within a minute."""
        return self.mails.get(timeout=90)


@pytest.fixture
def mailbox():
    mailbox = Mailbox()
    port = free_port()
    controller = aiosmtpd.controller.Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    mailbox.url = f"smtp://127.0.0.1:{port}?tls=none"
    yield mailbox
    controller.stop()


class Calendar:
    """A calendar on the CalDAV server, and the mail program that keeps it."""

    PATH = "/ada/scim/"

    def __init__(self, port):
        self.port = port
        assert self.send("MKCALENDAR", self.PATH)[0] == 201

    def send(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        login = base64.b64encode(b"ada:any").decode()
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Authorization": f"Basic {login}", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def events(self):
        """What the server finds when it is asked for events."""
        query = (
            '<C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop>'
            "<C:calendar-data/></prop><C:filter><C:comp-filter name='VCALENDAR'>"
            "<C:comp-filter name='VEVENT'/></C:comp-filter></C:filter></C:calendar-query>"
        )
        status, found = self.send(
            "REPORT", self.PATH, query.encode(), Depth="1", Content_Type="application/xml"
        )
        assert status == 207, found
        pieces = found.split("BEGIN:VCALENDAR")[1:]
        texts = ["BEGIN:VCALENDAR" + piece.split("</")[0] for piece in pieces]
        return [icalendar.Calendar.from_ical(text).walk("VEVENT")[0] for text in texts]

    def take(self, entry):
        """What RFC 5546 asks of a mail program: by UID, and the higher SEQUENCE counts."""
        event = entry.walk("VEVENT")[0]
        path = f"{self.PATH}{event['UID']}.ics"
        status, stored = self.send("GET", path)
        known = icalendar.Calendar.from_ical(stored).walk("VEVENT")[0] if status == 200 else None
        if known is not None and known["SEQUENCE"] >= event["SEQUENCE"]:
            return
        if entry["METHOD"] == "CANCEL":
            if known is not None:
                assert self.send("DELETE", path)[0] == 200
            return
        # RFC 4791 section 4.1: what is stored has no method.
        resource = icalendar.Calendar.from_ical(entry.to_ical())
        del resource["METHOD"]
        status, text = self.send("PUT", path, resource.to_ical(), Content_Type="text/calendar")
        assert status in (201, 204), text


@pytest.fixture
def calendar(start, tmp_path):
    port = free_port()
    config = tmp_path / "radicale"
    config.write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = none\n[rights]\ntype = owner_only\n"
        f"[storage]\nfilesystem_folder = {tmp_path}/calendars\n"
    )
    start([sys.executable, "-m", "radicale", "--config", str(config)], port)
    return Calendar(port)


def attached(mail):
    """The one calendar that a mail carries, as two parsers read it."""
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    assert mail.get_content_type() == "multipart/mixed" and len(parts) == 1
    [part] = parts
    assert part.get_filename() == "scim-token.ics" and part.is_attachment()
    content = part.get_payload(decode=True)
    assert content.endswith(b"END:VCALENDAR\r\n")
    for line in content.split(b"\r\n"):
        assert len(line) <= 75 and b"\n" not in line
        line.decode()
    entry = icalendar.Calendar.from_ical(content)
    assert part["Content-Type"].params == {"charset": "utf-8", "method": entry["METHOD"]}
    assert entry.errors == [] and not entry.walk("VEVENT")[0].errors
    [event] = entry.walk("VEVENT")
    # The parser that the CalDAV server uses reads the same.
    other = vobject.readOne(content.decode())
    assert other.validate(raiseException=True)
    assert other.vevent.summary.value == event["SUMMARY"]
    assert other.vevent.dtstart.value == event["DTSTART"].dt
    return entry


def checked(entry, expires_at):
    """What a calendar shows."""
    [event] = entry.walk("VEVENT")
    assert event["SUMMARY"] == f"SCIM token expires: {PRODUCT}"
    assert event["DTSTART"].dt == expires_at and event["DTSTART"].dt.utcoffset() == datetime.timedelta(0)
    assert PRODUCT in event["DESCRIPTION"] and LINK in event["DESCRIPTION"] and LINK in event["URL"]
    assert "ATTENDEE" not in event and b"scimw_" not in entry.to_ical()
    triggers = [alarm["TRIGGER"].dt for alarm in event.walk("VALARM")]
    days = [-15, -1] if entry["METHOD"] == "PUBLISH" else []
    assert triggers == [datetime.timedelta(days=day) for day in days]
    return event


def test_a_renewal_moves_the_one_event_and_a_revocation_removes_it(
    serve, settings, tmp_path, mailbox, calendar
):
    more = {
        "SCIMWARD_SMTP_URL": mailbox.url,
        "SCIMWARD_MAIL_FROM": "scim@example.com",
        "SCIMWARD_PRODUCT_NAME": PRODUCT,
    }
    server = OwnServer(serve, settings, tmp_path, **more)
    password = "correct horse of the test, 9 staples\n"
    add = ["admin", "add", "--email", "ada@example.com", "--name", "Ada", "--password-stdin"]
    assert server.try_command(*add, typed=password).returncode == 0
    key = server.command("key", "add", "--name", "Renewal", "--scope", "replace", "--months", "1")
    server.command("notify")
    assert "“Renewal” created" in mailbox.next()["Subject"]

    def ask(method, body=None, **headers):
        host, port = server.address.split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
        connection.request(method, "/v1/admin/token", body and json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    entries = []
    for number, months in enumerate([1, 3, 2, 6]):
        status, text = ask("POST", {"months": months}, **{"Idempotency-Key": f"run-{number}"})
        assert status == 201, text
        expires_at = datetime.datetime.fromisoformat(json.loads(text)["expires_at"])
        entries.append(attached(mailbox.next()))
        event = checked(entries[-1], expires_at)
        calendar.take(entries[-1])
        [kept] = calendar.events()
        assert (kept["UID"], kept["SEQUENCE"]) == (event["UID"], event["SEQUENCE"])
        assert checked_start(kept) == expires_at
    # A mail that is opened again later changes nothing.
    calendar.take(entries[0])
    [kept] = calendar.events()
    assert checked_start(kept) == expires_at

    assert ask("DELETE")[0] == 204
    ended = mailbox.next()
    assert "revoked" in ended["Subject"]
    entry = attached(ended)
    assert entry["METHOD"] == "CANCEL" and entry.walk("VEVENT")[0]["STATUS"] == "CANCELLED"
    checked(entry, expires_at)
    calendar.take(entry)
    assert calendar.events() == []

    # At the command line, while the server runs.
    server.command("token", "generate", "--months", "1")
    server.command("notify")
    calendar.take(attached(mailbox.next()))
    assert len(calendar.events()) == 1
    server.command("token", "revoke")
    server.command("notify")
    calendar.take(attached(mailbox.next()))
    assert calendar.events() == []


def checked_start(event):
    return event["DTSTART"].dt
