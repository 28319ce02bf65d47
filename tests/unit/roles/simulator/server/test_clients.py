# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-in, Resource Graph and broken answers as Microsoft's own clients meet them on a running simulator."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import CertificateCredential, ClientSecretCredential, ManagedIdentityCredential
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PROGRAM = Path(__file__).resolve().parents[5] / "roles/simulator/files"
CLIENT, SECRET = "44444444-4444-4444-8444-444444444444", "estate-secret-1"


def certificate() -> tuple[bytes, str]:
    """(private key and certificate, certificate) as PEM."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "client")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    public = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private + public, public.decode()


class Simulator:
    def __init__(self, state: Path, pem: bytes) -> None:
        self.about: dict[str, Any] = json.loads((state / "connection.json").read_text())
        self.url, self.pem = self.about["arm_url"], pem
        self.state = state

    def control(self, method: str, path: str, body: Any = None) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, f"{self.url}/_simulator/{path}", json=body, verify=self.about["ca_file"], timeout=20)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def authority(self) -> dict[str, Any]:
        return {"authority": self.url, "disable_instance_discovery": True, "connection_verify": self.about["ca_file"]}

    def secret(self, client: str = "", secret: str = "") -> ClientSecretCredential:
        client, secret = client or self.about["client_id"], secret or self.about["client_secret"]
        return ClientSecretCredential(self.about["tenant_id"], client, secret, **self.authority())

    def certified(self, pem: bytes) -> CertificateCredential:
        return CertificateCredential(self.about["tenant_id"], CLIENT, certificate_data=pem, **self.authority())

    def options(self) -> dict[str, Any]:
        return {"base_url": self.url, "credential_scopes": [f"{self.url}/.default"], "connection_verify": self.about["ca_file"], "retry_total": 0}

    def resources(self, credential: Any) -> ResourceManagementClient:
        return ResourceManagementClient(credential, self.about["subscription_id"], **self.options())


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    directory = tmp_path_factory.mktemp("platform")
    pem, public = certificate()
    principal = {"client_id": CLIENT, "client_secret": SECRET, "certificates": [public], "actions": ["*/read"], "scope": "app"}
    estate = {
        "resource_groups": [{"name": "app", "location": "westeurope"}],
        "vms": [{"name": "web", "count": 7, "resource_group": "app"}],
        "principals": [principal],
    }
    (directory / "estate.json").write_text(json.dumps(estate))

    def run(command: str, *options: str) -> subprocess.CompletedProcess[str]:
        arguments = [sys.executable, "-m", "arm_simulator", command, "--state-dir", str(directory / "state"), *options]
        return subprocess.run(arguments, cwd=PROGRAM, capture_output=True, text=True, timeout=180, check=False)

    started = run("start", "--estate", str(directory / "estate.json"))
    assert started.returncode == 0, started.stderr
    yield Simulator(directory / "state", pem)
    run("stop")


def test_a_limited_principal_signs_in_and_is_refused_by_name(simulator: Simulator) -> None:
    client = simulator.resources(simulator.secret(CLIENT, SECRET))
    assert client.resource_groups.get("app").name == "app"
    with pytest.raises(HttpResponseError) as caught:
        client.resource_groups.create_or_update("new", {"location": "westeurope"})
    assert (caught.value.status_code, caught.value.error.code) == (403, "AuthorizationFailed")
    assert "action 'Microsoft.Resources/subscriptions/resourcegroups/write' over scope" in caught.value.error.message


def test_wrong_secrets_and_unknown_clients(simulator: Simulator) -> None:
    for client, secret, code in ((CLIENT, "no", "AADSTS7000215"), (CLIENT.replace("4", "6"), "no", "AADSTS700016")):
        with pytest.raises(ClientAuthenticationError, match=code):
            simulator.secret(client, secret).get_token(f"{simulator.url}/.default")


def test_only_the_certificate_of_the_estate_signs_in(simulator: Simulator) -> None:
    assert simulator.certified(simulator.pem).get_token(f"{simulator.url}/.default").token
    with pytest.raises(ClientAuthenticationError, match=r"AADSTS700027.*The key was not found"):
        simulator.certified(certificate()[0]).get_token(f"{simulator.url}/.default")


def test_both_forms_of_managed_identity(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", simulator.about["ca_file"])
    app_service = {"IDENTITY_ENDPOINT": f"{simulator.url}/_simulator/msi/token", "IDENTITY_HEADER": simulator.about["client_secret"]}
    machine = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": simulator.url}
    for environment in (app_service, machine):
        with monkeypatch.context() as inner:
            for name, value in environment.items():
                inner.setenv(name, value)
            for client_id in (None, CLIENT):
                credential = ManagedIdentityCredential(client_id=client_id)
                assert simulator.resources(credential).resource_groups.get("app").name == "app"


def test_an_expired_token_is_told_and_a_new_one_taken(simulator: Simulator) -> None:
    simulator.control("POST", "settings", {"token_lifetime": 1})
    try:
        token = simulator.secret().get_token(f"{simulator.url}/.default").token
    finally:
        simulator.control("POST", "settings", {"token_lifetime": 3600})
    import time

    time.sleep(1.1)
    with requests.Session() as session:
        session.trust_env = False
        url = f"{simulator.url}/subscriptions?api-version=2022-12-01"
        answer = session.get(url, headers={"Authorization": f"Bearer {token}"}, verify=simulator.about["ca_file"], timeout=20)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "ExpiredAuthenticationToken")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_resource_graph_with_its_client(simulator: Simulator) -> None:
    client = ResourceGraphClient(simulator.secret(), **simulator.options())
    query = "Resources | where type =~ 'microsoft.compute/virtualmachines' | project id, name | order by name asc"
    found, token = [], None
    while True:
        options = QueryRequestOptions(top=3, skip_token=token)
        answer = client.resources(QueryRequest(query=query, subscriptions=[simulator.about["subscription_id"]], options=options))
        assert (answer.total_records, answer.result_truncated) == (7, "false")
        found += [row["name"] for row in answer.data]
        token = answer.skip_token
        if not token:
            break
    assert found == [f"web-{number:04d}" for number in range(1, 8)]
    with pytest.raises(HttpResponseError) as caught:
        client.resources(QueryRequest(query="Resources | where"))
    assert [detail.code for detail in caught.value.error.details] == ["InvalidQuery", "ParserFailure"]


def test_generic_resources_with_their_client(simulator: Simulator) -> None:
    client = simulator.resources(simulator.secret())
    listed = list(client.resources.list(filter="resourceType eq 'Microsoft.Compute/virtualMachines'", expand="createdTime,provisioningState", top=2))
    assert len(listed) == 7 and listed[0].created_time and listed[0].provisioning_state == "Succeeded"
    one = client.resources.get_by_id(listed[0].id, api_version="2024-07-01")
    assert one.properties["hardwareProfile"]["vmSize"]
    assert client.resources.check_existence_by_id(listed[0].id, api_version="2024-07-01")
    assert not client.resources.check_existence_by_id(listed[0].id + "x", api_version="2024-07-01")
    tags = client.tags.begin_create_or_update_at_scope(listed[0].id, {"properties": {"tags": {"a": "b"}}}).result()
    assert tags.properties.tags == {"a": "b"}
    assert [tag.tag_name for tag in client.tags.list()] == ["a"]


@pytest.mark.parametrize(("wish", "error"), [({"reset": "body"}, requests.exceptions.RequestException), ({"truncate": True}, json.JSONDecodeError)])
def test_half_an_answer(simulator: Simulator, wish: dict[str, Any], error: type[Exception]) -> None:
    token = simulator.secret().get_token(f"{simulator.url}/.default").token
    path = f"{simulator.url}/subscriptions/{simulator.about['subscription_id']}/resourceGroups/app?api-version=2022-12-01"
    simulator.control("POST", "faults", {"path": "*/app", **wish})
    with requests.Session() as session:
        session.trust_env = False
        session.verify = simulator.about["ca_file"]
        headers = {"Authorization": f"Bearer {token}"}
        with pytest.raises(error):
            json.loads(session.get(path, headers=headers, timeout=20).text)
        assert session.get(path, headers=headers, timeout=20).json()["name"] == "app"


def test_neither_journal_nor_log_holds_a_secret_of_the_estate(simulator: Simulator) -> None:
    kept = [path for path in simulator.state.iterdir() if path.is_file() and path.name != "estate.json"]
    assert kept and [path.name for path in kept if SECRET.encode() in path.read_bytes()] == []
