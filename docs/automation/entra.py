#!/usr/bin/env python3
"""Replaces the SCIM token and enters it in Microsoft Entra, if that is due. Python 3.9, nothing else.

What it needs stands in the environment; secrets come from your pipeline, and none is printed:

    SCIMWARD_URL           https://scim.example.com
    SCIMWARD_API_KEY       an API key with the scope "Replace the token"
    SCIM_URL               what Entra calls Tenant URL: https://scim.example.com/scim/v2
    TENANT_ID, CLIENT_ID, CLIENT_SECRET    an app registration that may only touch what it owns
    SERVICE_PRINCIPAL_ID   the object id of the enterprise application that provisions
    RUN_ID                 of this run of the pipeline: a run that is repeated generates no second token
    WITHIN_DAYS (15), MONTHS (3), WAIT_MINUTES (90), POLL_SECONDS (30)

Exit codes: 0 done, or nothing to do; 1 failed. It is safe to run it again after a failure.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

TRIES = 5


def setting(name, default=None):
    value = os.environ.get(name, default)
    if not value:
        sys.exit(f"{name} is not set")
    return value


def call(method, url, bearer, body=None, headers=None):
    """Sends a request; the answer as JSON, if it has a body."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers or {}, method=method)
    request.add_header("Authorization", f"Bearer {bearer}")
    if data is not None:
        request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
        return json.loads(text) if text else None


def graph_token():
    """An access token for Microsoft Graph, by client credentials."""
    login = setting("LOGIN_URL", "https://login.microsoftonline.com")
    form = {
        "grant_type": "client_credentials",
        "client_id": setting("CLIENT_ID"),
        "client_secret": setting("CLIENT_SECRET"),
        "scope": "https://graph.microsoft.com/.default",
    }
    url = f"{login}/{setting('TENANT_ID')}/oauth2/v2.0/token"
    with urllib.request.urlopen(url, urllib.parse.urlencode(form).encode(), timeout=30) as answer:
        return json.load(answer)["access_token"]


def is_due(state):
    """Whether the token expires soon, or nobody has entered it: perhaps the last run was cut off."""
    left = state.get("expires_in") or 0
    within = int(setting("WITHIN_DAYS", "15")) * 24 * 60 * 60
    return state["status"] != "active" or left <= within or not state["last_used_at"]


def generate(url, key):
    """With an old token that still works, sync does not stop, and a failure can be repaired."""
    for keep_current in (True, False):
        wanted = {"months": int(setting("MONTHS", "3")), "keep_current": keep_current}
        try:
            return call("POST", url, key, wanted, {"Idempotency-Key": setting("RUN_ID")})
        except urllib.error.HTTPError as error:
            problem = error.read().decode()
            # 409 without the id of a token: there is none that could be kept.
            if error.code != 409 or "token_id" in problem or not keep_current:
                sys.exit(f"No token was generated: {error.code} {problem}")


def enter(token, bearer):
    """Enters the token in Entra. While this process lives nobody has to generate another one."""
    graph = setting("GRAPH_URL", "https://graph.microsoft.com")
    url = f"{graph}/v1.0/servicePrincipals/{setting('SERVICE_PRINCIPAL_ID')}/synchronization/secrets"
    pairs = {"BaseAddress": setting("SCIM_URL"), "SecretToken": token}
    body = {"value": [{"key": key, "value": value} for key, value in pairs.items()]}
    for number in range(1, TRIES + 1):
        try:
            call("PUT", url, bearer, body)
            return
        except (urllib.error.URLError, TimeoutError) as error:
            print(f"Entra does not take the token, try {number} of {TRIES}: {error}", file=sys.stderr)
            if number < TRIES:
                time.sleep(float(setting("POLL_SECONDS", "30")))
    sys.exit(
        "Entra has not taken the new token. If the old one was kept, sync goes on for 24 hours at most: "
        "run this again with another RUN_ID."
    )


def wait_until_used(url, key):
    """Entra asks every 40 minutes or so."""
    end = time.monotonic() + float(setting("WAIT_MINUTES", "90")) * 60
    while not call("GET", url, key)["last_used_at"]:
        if time.monotonic() > end:
            sys.exit("The new token is entered and has not been used yet. Look at provisioning in Entra.")
        time.sleep(float(setting("POLL_SECONDS", "30")))
    print("The new token is in use.")


def main():
    url, key = f"{setting('SCIMWARD_URL')}/v1/admin/token", setting("SCIMWARD_API_KEY")
    state = call("GET", url, key)
    if not is_due(state):
        print(f"Nothing to do: the token expires on {state['expires_at']}.")
        return
    # Before anything changes: is Microsoft there, and are our credentials good?
    bearer = graph_token()
    new = generate(url, key)
    print(f"Generated token {new['token_id']}, which expires on {new['expires_at']}.")
    enter(new["token"], bearer)
    print("Entra has taken it.")
    wait_until_used(url, key)


if __name__ == "__main__":
    main()
