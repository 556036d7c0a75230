"""What packaging/sbom writes: valid CycloneDX, with everything that the program is built from."""

import json
import subprocess

from conftest import ROOT
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


def test_the_bill_of_materials_is_valid_and_names_everything():
    subprocess.run([ROOT / "packaging/sbom"], check=True, timeout=100)
    text = (ROOT / "target/scimward.cdx.json").read_text()

    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert error is None, error
    parts = json.loads(text)["components"]
    assert all(part["licenses"] for part in parts)
    crates = [part for part in parts if part.get("purl", "").startswith("pkg:cargo/")]
    assert all(crate["hashes"][0]["alg"] == "SHA-256" for crate in crates)
    versions = {(crate["name"], crate["version"]): crate["scope"] for crate in crates}
    compiled = built()
    assert len(compiled) > 200 and compiled <= versions.keys()
    # What is named and not compiled could only have helped to build.
    assert all(versions[crate] == "excluded" for crate in versions.keys() - compiled)
    builders = {crate["name"] for crate in crates if crate["scope"] == "excluded"}
    assert "cc" in builders and not builders & {"argon2", "rustls", "serde_derive"}
    others = {part["name"] for part in parts if part not in crates}
    assert others == {"sqlite", "inter", "primer-octicons", "primer-primitives"}


def built():
    """Names and versions of the crates that Cargo compiles for the program."""
    command = ["cargo", "build", "--locked", "--quiet", "--message-format", "json"]
    lines = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    parts = [json.loads(line).get("package_id", "") for line in lines.splitlines()]
    parts = [part.rpartition("#")[2] for part in parts if part.startswith("registry+")]
    return {tuple(part.split("@")) for part in parts}
