"""What identity providers send when an administrator presses *Test*, as they send it.

Okta's and Entra's requests are documented, Ping's in part; the others follow reports of people who
integrated them (docs/identity-providers.md).
"""

import uuid

import pytest

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
OKTA = {
    "Accept": "application/scim+json",
    "Accept-Charset": "utf-8",
    "Content-Type": "application/scim+json; charset=utf-8",
    "User-Agent": "Okta SCIM Client 1.0.0",
}
NOBODY = str(uuid.UUID(int=0x0123456789ABCDEF0123456789ABCDEF))

PROBES = {
    "okta": ("/Users?startIndex=1&count=2", OKTA),
    "okta, in the other order": ("/Users?count=1&startIndex=1", OKTA),
    "okta, a user who does not exist": ("/Users?filter=userName%20eq%20%22a%40b.c%22", OKTA),
    "entra, users": (f"/Users?filter=userName+eq+%22{NOBODY}%22", {}),
    "entra, with its flag": (f"/Users?aadOptscim062020&filter=userName+eq+%22{NOBODY}%22", {}),
    "entra, groups": (
        f"/Groups?excludedAttributes=members&filter=displayName+eq+%22{NOBODY}%22",
        {"Accept": "application/scim+json"},
    ),
    "onelogin": ("/Users?filter=userName%20eq%20%22a%40b.c%22", {"Accept": "*/*"}),
    "ping": ("/Users?filter=username%20Eq%20%22a%22", {"Accept": "application/json"}),
    "google": ("/Users?count=1", {}),
    "google, a user who does not exist": ("/Users?filter=userName%20eq%20%22a%22&startIndex=1", {}),
}


@pytest.mark.parametrize("probe", PROBES)
def test_a_connection_test_passes_with_the_token(direct, probe):
    target, headers = PROBES[probe]
    answer = direct.get(target, headers=headers)

    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == "application/scim+json"
    found = answer.json()
    assert found["schemas"] == [LIST]
    for count in ("totalResults", "startIndex", "itemsPerPage"):
        assert type(found[count]) is int, found
    assert found["totalResults"] == 0
    assert found["Resources"] == []
    # Okta's suite allows 600 ms.
    assert answer.seconds < 0.6


@pytest.mark.parametrize("probe", PROBES)
def test_a_connection_test_fails_with_anything_else(direct, probe):
    target, headers = PROBES[probe]
    for authorization in ("non-token", "Bearer wrong", "Bearer Bearer x", "Basic YTpi", "Bearer"):
        refused(direct.get(target, headers=headers, authorization=authorization))


def refused(answer):
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="scim"')
    error = answer.json()
    assert error["schemas"] == [ERROR]
    assert error["status"] == "401"
    assert error["detail"]


def test_oktas_user_by_an_unknown_id_is_not_found(direct):
    answer = direct.get("/Users/abcdefgh", headers=OKTA)
    assert answer.status == 404
    assert answer.json()["schemas"] == [ERROR]
    assert answer.json()["detail"]


def test_creating_a_user_says_that_none_are_stored_here(direct):
    body = '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada"}'
    answer = direct.send("POST", "/Users", headers=OKTA, body=body)
    assert answer.status == 501
    assert "does not store users" in answer.json()["detail"]


def test_authentik_asks_for_the_configuration_and_is_not_fooled(direct):
    assert direct.get("/ServiceProviderConfig").status == 200
    refused(direct.get("/ServiceProviderConfig", authorization="Bearer wrong"))


def test_a_token_without_bearer_needs_the_setting(direct, serve, token):
    refused(direct.get("/Users?count=1", authorization=token))
    direct = type(direct)(f"http://{serve(SCIMWARD_ACCEPT_BARE_TOKEN='true')}/scim/v2", token)
    assert direct.get("/Users?count=1", authorization=token).status == 200
    assert direct.get("/Users?count=1").status == 200


def test_without_the_connection_test_there_are_no_users_at_all(serve, direct, token):
    address = serve(SCIMWARD_CONNECTION_TEST="false")
    client = type(direct)(f"http://{address}/scim/v2", token)
    assert client.get("/Users?count=1").status == 404
    refused(client.get("/Users?count=1", authorization="Bearer wrong"))


def test_okta_works_through_a_proxy(proxied):
    """The steps of Okta's published suite, in front of a service that stores users."""
    name = f"{uuid.uuid4()}@example.com"
    body = f'{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{name}"}}'
    created = proxied.send("POST", "/Users", headers=OKTA, body=body)
    assert created.status == 201, created.text
    user = created.json()["id"]

    found = proxied.get(f"/Users?filter=userName%20eq%20%22{name}%22", headers=OKTA)
    assert [found["id"] for found in found.json()["Resources"]] == [user]
    assert proxied.get(f"/Users/{user}", headers=OKTA).json()["userName"] == name
    assert proxied.get("/Users/abcdefgh", headers=OKTA).status == 404
    refused(proxied.get(f"/Users/{user}", headers=OKTA, authorization="non-token"))
    refused(proxied.get(f"/Users/{user}", headers=OKTA, authorization="Bearer wrong"))
    assert proxied.send("DELETE", f"/Users/{user}", headers=OKTA).status == 204
