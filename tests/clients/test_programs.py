"""SCIM client programs, and what generates requests from the OpenAPI description."""

import os
import pathlib
import subprocess
import sys

from conftest import APPLICATION
from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import Context, ListResponse, ResourceType, Schema, ServiceProviderConfig
from scim2_tester import Status, check_server

BIN = pathlib.Path(sys.executable).parent
HERE = pathlib.Path(__file__).parent


def program(folder, name, *arguments, **environment):
    """Runs a client of the virtual environment; its output is shown when a test fails."""
    done = subprocess.run(
        [str(BIN / name), *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=100,
    )
    output = done.stdout + done.stderr
    print(output)
    return done.returncode, output


def test_scim2_tester_accepts_what_describes_the_service(direct):
    headers = {"Authorization": f"Bearer {direct.token}"}
    with Client(base_url=direct.base, headers=headers) as http:
        results = check_server(SyncSCIMClient(http), include_tags={"discovery", "misc"})

    # What the tags leave out is reported as skipped.
    results = [result for result in results if result.status != Status.SKIPPED]
    assert len(results) > 20
    assert [result for result in results if result.status != Status.SUCCESS] == []


def test_scim2_models_validates_the_documents(direct):
    def parse(model, target):
        document = direct.get(target).json()
        return model.model_validate(document, scim_ctx=Context.RESOURCE_QUERY_RESPONSE)

    config = parse(ServiceProviderConfig, "/ServiceProviderConfig")
    assert [scheme.type for scheme in config.authentication_schemes] == ["oauthbearertoken"]
    types = parse(ListResponse[ResourceType], "/ResourceTypes")
    assert [kind.name for kind in types.resources] == ["User", "Group"]
    schemas = parse(ListResponse[Schema], "/Schemas")
    assert {kind.schema_ for kind in types.resources} <= {schema.id for schema in schemas.resources}


def test_scim2_shows_our_text_for_a_wrong_token(direct, tmp_path):
    server = {"SCIM_CLI_URL": direct.base, "SCIM_CLI_HEADERS": "Authorization: Bearer wrong"}
    code, output = program(tmp_path, "scim2", "query", "user", **server)
    assert code != 0
    assert "The SCIM token is malformed, unknown, revoked or expired." in output


def test_scim2_works_through_a_proxy(proxied, tmp_path):
    bearer = f"Authorization: Bearer {proxied.token}"
    server = {"SCIM_CLI_URL": proxied.base, "SCIM_CLI_HEADERS": bearer}
    code, output = program(tmp_path, "scim2", "test", **server)
    assert code == 0
    assert output.count("SUCCESS") > 100
    assert "ERROR" not in output


def test_scim_sanity_works_through_a_proxy(proxied, tmp_path):
    arguments = ["--token", proxied.token, "--i-accept-side-effects"]
    _, output = program(tmp_path, "scim-sanity", "probe", proxied.base, *arguments)
    # It wants 200 where the service answers PATCH with 204, as the RFC allows.
    failed = [line for line in output.splitlines() if "[FAIL]" in line]
    assert [line for line in failed if "PATCH" not in line] == []
    assert output.count("[PASS]") > 20


def schemathesis(address, tmp_path, *paths, **who):
    description = f"http://{address}/v1/openapi.json"
    how = ["--phases", "examples,coverage,fuzzing", "--max-examples", "30", "--seed", "1"]
    names = ("TOKEN", "API_KEY", "APPLICATION_ID", "APPLICATION_SECRET")
    who = {name: who.get(name, "none") for name in names}
    config = ["--config-file", str(HERE / "schemathesis.toml")]
    code, output = program(tmp_path, "schemathesis", *config, "run", description, *how, *paths, **who)
    assert code == 0
    assert "Authentication failed" not in output


def test_schemathesis_finds_the_description_true(scimward, token, tmp_path):
    who = {"TOKEN": token, "APPLICATION_ID": APPLICATION[0], "APPLICATION_SECRET": APPLICATION[1]}
    schemathesis(scimward, tmp_path, "--exclude-path", "/v1/admin/token", **who)


def test_schemathesis_finds_the_description_true_for_api_keys(own_server, tmp_path):
    who = {"API_KEY": own_server.command("key", "add", "--name", "Fuzz", "--scope", "replace", "--months", "1")}
    schemathesis(own_server.address, tmp_path, "--include-path", "/v1/admin/token", **who)
