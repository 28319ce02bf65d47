# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who signs in, and where."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm import auth, clouds
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.errors import AzureBackupError, InputError
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import CONNECTION

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
TENANT = "00000000-0000-4000-8000-000000000002"
CLIENT = "00000000-0000-4000-8000-000000000003"
PRINCIPAL = {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": "s3cret"}


def connection(**given: Any) -> dict[str, Any]:
    return {**dict.fromkeys(CONNECTION), "auth_source": "auto", "subscription_id": SUBSCRIPTION, **given}


def wrong(**given: Any) -> list[str]:
    return sorted({each.option for each in auth.check(connection(**given))})


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home without credentials, an environment without Azure, a PATH without az."""
    for name in [each for each in os.environ if each.startswith(("AZURE_", "IDENTITY_", "MSI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


@pytest.fixture
def profiles(nowhere: Path) -> Path:
    path = nowhere / ".azure" / "credentials"
    path.parent.mkdir()
    path.write_text(
        f"[default]\nsubscription_id={SUBSCRIPTION}\nclient_id={CLIENT}\nsecret=p%rofile\ntenant={TENANT}\ncloud_environment=AzureUSGovernment\n[empty]\n"
    )
    return path


def with_az(home: Path) -> None:
    az = home / "bin" / "az"
    az.parent.mkdir()
    az.write_text("#!/bin/sh\n")
    az.chmod(0o755)


def test_nothing_to_sign_in_with():
    (problem,) = auth.check(connection())
    assert problem.option == "auth_source" and "AZURE_CLIENT_ID" in problem.text


def test_auto_takes_what_is_there(nowhere, monkeypatch):
    assert auth.source(connection()) == "none"
    with_az(nowhere)
    assert auth.source(connection()) == "cli"
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1/x")
    assert auth.source(connection()) == "managed_identity"
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", "/x")
    assert auth.source(connection()) == "workload_identity"
    assert auth.source(connection(**PRINCIPAL)) == "service_principal"
    assert auth.source(connection(certificate_path="/x.pem")) == "service_principal"
    assert auth.source(connection(**PRINCIPAL, auth_source="cli")) == "cli"


@pytest.mark.parametrize(
    ("given", "options"),
    [
        (PRINCIPAL, []),
        ({"auth_source": "service_principal"}, ["client_id", "client_secret", "tenant_id"]),
        ({"client_secret": "x"}, ["client_id", "tenant_id"]),
        ({**PRINCIPAL, "client_secret": None, "certificate_path": "/nowhere.pem"}, ["certificate_path"]),
        ({**PRINCIPAL, "subscription_id": None}, ["subscription_id"]),
        ({**PRINCIPAL, "subscription_id": "my subscription"}, ["subscription_id"]),
        ({**PRINCIPAL, "tenant_id": "not a tenant"}, ["tenant_id"]),
        ({**PRINCIPAL, "tenant_id": "contoso.onmicrosoft.com"}, []),
        ({**PRINCIPAL, "ca_file": "/nowhere.pem"}, ["ca_file"]),
        ({**PRINCIPAL, "cloud": "AzureMoon"}, ["cloud"]),
        ({**PRINCIPAL, "cloud": "azurechinacloud"}, []),
        ({**PRINCIPAL, "arm_url": "http://plain.local", "authority_url": "https://"}, ["arm_url", "authority_url"]),
        ({**PRINCIPAL, "cloud": "https://management.local.azurestack.external"}, []),
        ({"auth_source": "workload_identity"}, ["auth_source", "client_id", "tenant_id"]),
        ({"auth_source": "managed_identity"}, []),
        ({"auth_source": "managed_identity", "resource_guard_tenant_id": TENANT}, ["resource_guard_tenant_id"]),
        ({**PRINCIPAL, "resource_guard_tenant_id": "not a tenant"}, ["resource_guard_tenant_id"]),
        ({"auth_source": "default"}, []),
        ({"profile": "nosuch"}, ["profile"]),
        ({"subscription_id": "x", "tenant_id": "?", "ca_file": "/n", "cloud": "?"}, ["auth_source", "ca_file", "cloud", "subscription_id", "tenant_id"]),
    ],
)
def test_every_problem_of_the_connection(given, options):
    assert wrong(**given) == options


def test_no_problem_shows_a_secret():
    problems = auth.check(connection(client_secret="s3cret-value", certificate_password="s3cret-word", tenant_id="?"))
    assert problems and "s3cret" not in str(problems)


def test_a_profile_fills_in_what_is_unset(profiles):
    found = auth.with_profile(connection(profile="default", subscription_id=None, client_id="given"))
    assert (found["client_id"], found["client_secret"], found["tenant_id"]) == ("given", "p%rofile", TENANT)
    assert (found["subscription_id"], found["cloud"]) == (SUBSCRIPTION, "AzureUSGovernment")
    assert wrong(profile="default", subscription_id=None) == []
    assert wrong(profile="empty") == ["auth_source"]


def test_an_unknown_profile_names_those_there_are(profiles):
    (problem,) = auth.check(connection(profile="nosuch"))
    assert "default, empty" in problem.text and str(profiles) in problem.text


@pytest.mark.parametrize("content", [b"no section\n", b"[a]\nkey\n[a]\n", b"\xff\xfe\x00", b"[default\n"])
def test_a_profile_file_that_is_no_ini_file(profiles, content):
    profiles.write_bytes(content)
    assert wrong(profile="default") == ["profile"]


def test_the_cli_knows_the_subscription(nowhere):
    with_az(nowhere)
    assert wrong(subscription_id=None) == ["subscription_id"]
    path = nowhere / ".azure" / "azureProfile.json"
    path.parent.mkdir()
    for content in ("", "[]", "{}", '{"subscriptions": [{}]}', '{"subscriptions": [{"isDefault": true}]}', '{"subscriptions": [1]}', "null"):
        path.write_text(content)
        assert wrong(subscription_id=None) == ["subscription_id"]
    path.write_text(json.dumps({"subscriptions": [{"id": "other"}, {"id": SUBSCRIPTION, "isDefault": True}]}), encoding="utf-8-sig")
    assert wrong(subscription_id=None) == []


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (PRINCIPAL, "ClientSecretCredential"),
        ({"auth_source": "managed_identity"}, "ManagedIdentityCredential"),
        ({"auth_source": "managed_identity", "client_id": CLIENT}, "ManagedIdentityCredential"),
        ({"auth_source": "cli", "tenant_id": TENANT}, "AzureCliCredential"),
        ({"auth_source": "default"}, "DefaultAzureCredential"),
    ],
)
def test_the_credential_that_is_made(given, kind):
    options = connection(**given)
    made = auth.make_credential(options, auth.source(options), clouds.CLOUDS["AzureCloud"])
    assert type(made).__name__ == kind


def test_a_workload_identity(nowhere, monkeypatch):
    (nowhere / "token").write_text("t")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(nowhere / "token"))
    options = connection(tenant_id=TENANT, client_id=CLIENT)
    assert auth.check(options) == []
    made = auth.make_credential(options, auth.source(options), clouds.CLOUDS["AzureCloud"])
    assert type(made).__name__ == "WorkloadIdentityCredential"


def test_a_certificate_that_is_none(nowhere):
    path = nowhere / "cert.pem"
    path.write_text("not a certificate")
    options = connection(tenant_id=TENANT, client_id=CLIENT, certificate_path=str(path))
    assert auth.check(options) == []
    with pytest.raises(InputError, match="certificate_path"):
        auth.make_credential(options, auth.source(options), clouds.CLOUDS["AzureCloud"])


class Counting:
    """A credential that refuses as often as told."""

    def __init__(self, *refusals: Exception | None) -> None:
        self.refusals = list(refusals)
        self.asked = 0

    def get_token(self, *_scopes: str, **_kwargs: Any) -> str:
        self.asked += 1
        for refusal in [self.refusals.pop(0)] if self.refusals else []:
            if refusal:
                raise refusal
        return "token"


def test_a_refusal_is_asked_for_once_by_all_threads():
    inner = Counting(*[ValueError("AADSTS7000215")] * 9)
    shared = auth.OneSignIn(inner)
    raised = []

    def ask() -> None:
        try:
            shared.get_token("scope")
        except ValueError as exc:
            raised.append(exc)

    threads = [threading.Thread(target=ask) for _each in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert inner.asked == 1 and len(raised) == 8


def test_a_token_that_could_not_be_renewed_for_once():
    shared = auth.OneSignIn(Counting(None, ValueError("network"), None))
    assert shared.get_token("scope") == "token"
    with pytest.raises(ValueError, match="network"):
        shared.get_token("scope")
    assert shared.get_token("scope") == "token"


def test_clouds_by_name():
    assert clouds.find_cloud(None, None, None) == clouds.CLOUDS["AzureCloud"]
    assert clouds.find_cloud("azureusgovernment", None, None).arm_url == "https://management.usgovcloudapi.net"
    assert not clouds.find_cloud("AzureChinaCloud", None, None).is_custom
    other = clouds.find_cloud("AzureCloud", None, "https://login.local/")
    assert other.authority_url == "https://login.local" and other.is_custom


def test_a_cloud_of_two_urls_is_not_asked_anything():
    cloud = clouds.find_cloud(None, "https://arm.local/", "https://login.local/")
    assert cloud == clouds.Cloud("https://arm.local", "https://login.local", "https://arm.local/.default") and cloud.is_custom


def answering(monkeypatch: pytest.MonkeyPatch, content: Any) -> None:
    class Adapter(requests.adapters.BaseAdapter):
        def send(self, request: Any, **_kwargs: Any) -> requests.Response:
            if isinstance(content, Exception):
                raise content
            answer = requests.Response()
            answer.status_code, answer._content, answer.url = 200, content.encode(), request.url
            return answer

        def close(self) -> None:
            """Nothing is open."""

    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: Adapter())


def test_a_cloud_that_describes_itself(monkeypatch):
    told = {"authentication": {"loginEndpoint": "https://login.local/adfs/", "audiences": ["https://management.local/"]}}
    answering(monkeypatch, json.dumps(told))
    for given in ((None, "https://arm.local/", None), ("https://arm.local", None, None)):
        assert clouds.find_cloud(*given) == clouds.Cloud("https://arm.local", "https://login.local/adfs", "https://management.local/.default")


@pytest.mark.parametrize("content", ["", "<html>", "[]", "{}", "null", '{"authentication": {}}', '{"authentication": {"loginEndpoint": "x", "audiences": []}}'])
def test_a_url_that_describes_no_cloud(monkeypatch, content):
    answering(monkeypatch, content)
    with pytest.raises(AzureBackupError, match="does not describe a cloud") as caught:
        clouds.find_cloud(None, "https://arm.local", None)
    assert "authority_url" in caught.value.hint


@pytest.mark.parametrize("error", [requests.ConnectionError("[Errno 111] Connection refused"), requests.ReadTimeout("Read timed out.")])
def test_a_cloud_that_does_not_answer(monkeypatch, error):
    answering(monkeypatch, error)
    with pytest.raises(AzureBackupError, match=r"https://arm\.local could not be reached"):
        clouds.find_cloud(None, "https://arm.local", None)
