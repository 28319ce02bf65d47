# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in and reaching Azure: what goes wrong is told in one message, and no secret with it."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from harness import Azure, run_main

ESTATE = """
resource_groups: [{name: backup, location: westeurope}]
vaults: [{name: vault-we, resource_group: backup, location: westeurope}]
"""
VAULT = {"name": "vault-we", "resource_group": "backup"}
UNKNOWN = "00000000-0000-4000-8000-00000000dead"


@pytest.fixture
def azure(azure: Azure) -> Azure:
    azure.estate(ESTATE)
    return azure


def refused(azure: Azure, /, **options: Any) -> dict[str, Any]:
    """The error of a read in check mode with these options; asserts that it came soon, alone and without the secret."""
    begun = time.monotonic()
    result = azure.module("vault_info", check=True, diff=True, **{**VAULT, **options})
    assert time.monotonic() - begun < 15
    assert result["failed"] and result["msg"] and "exception" not in result
    for secret in (azure.connection["client_secret"], options.get("client_secret")):
        assert not secret or secret not in json.dumps(result)
    return result


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ({"client_secret": "wrong-secret-value"}, "AADSTS7000215", "client secret"),
        ({"client_id": UNKNOWN}, "AADSTS700016", "client_id"),
        ({"tenant_id": UNKNOWN}, "TenantNotFound", "tenant_id"),
    ],
)
def test_a_sign_in_that_entra_refuses(azure: Azure, options: dict[str, str], code: str, words: str) -> None:
    azure.clear_ledger()
    result = refused(azure, **options)
    assert result["error"]["code"] == code and words in result["error"]["hint"] and "Could not sign in to Azure" in result["msg"]
    tokens = [each for each in azure.requests() if each["path"].endswith("/token")]
    assert len(tokens) <= 1


def test_nothing_to_sign_in_with(azure: Azure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = refused(azure, client_secret=None)
    assert [each["option"] for each in result["problems"]] == ["auth_source"] and azure.requests() == []
    result = refused(azure, client_secret=None, auth_source="cli")
    assert result["error"]["code"] == "SignInFailed" and "auth_source" in result["error"]["hint"]


def test_every_problem_at_once(azure: Azure) -> None:
    result = refused(azure, subscription_id="mine", tenant_id=None, cloud="moon", name="1", ca_file="/nowhere")
    assert sorted(each["option"] for each in result["problems"]) == ["ca_file", "cloud", "name", "subscription_id", "tenant_id"]
    assert azure.requests() == []


def test_the_environment_signs_in(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in azure.sign_in().items():
        monkeypatch.setenv({"authority_url": "AZURE_AUTHORITY_HOST"}.get(name, f"AZURE_{name.upper()}"), value)
    assert run_main("vault_info", VAULT)["vaults"][0]["name"] == "vault-we"


def test_a_profile_signs_in(azure: Azure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    keys = {"subscription_id": "subscription_id", "client_id": "client_id", "secret": "client_secret", "tenant": "tenant_id"}
    lines = [f"{key} = {azure.connection[name]}" for key, name in keys.items()]
    (tmp_path / ".azure").mkdir()
    (tmp_path / ".azure" / "credentials").write_text("\n".join(["[simulated]", *lines, ""]))
    monkeypatch.setenv("HOME", str(tmp_path))
    unset = dict.fromkeys(keys.values())
    assert azure.module("vault_info", **VAULT, **unset, profile="simulated")["vaults"][0]["name"] == "vault-we"
    assert "simulated" in refused(azure, **unset, profile="other")["msg"]


def test_the_cloud_is_asked_where_to_sign_in(azure: Azure) -> None:
    assert azure.module("vault_info", **VAULT, authority_url=None)["vaults"][0]["name"] == "vault-we"


@pytest.mark.parametrize("option", ["arm_url", "authority_url"])
def test_a_certificate_that_is_not_trusted(azure: Azure, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    options = {"authority_url": None} if option == "arm_url" else {}
    result = refused(azure, ca_file=None, **options)
    assert result["error"]["code"] == "TlsVerificationFailed" and azure.connection[option] in result["msg"] and "ca_file" in result["error"]["hint"]


@pytest.mark.parametrize(("option", "where"), [("arm_url", "closed port"), ("arm_url", "unknown name"), ("authority_url", "closed port")])
def test_an_endpoint_that_is_not_there(azure: Azure, option: str, where: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{taken.getsockname()[1]}" if where == "closed port" else "https://no-such-host.invalid"
    result = refused(azure, **{"authority_url": None, option: url})
    assert result["error"]["code"] == "EndpointUnreachable" and url in result["msg"] and "\n" not in result["error"]["message"]


def test_a_role_that_is_missing_names_the_action(azure: Azure) -> None:
    action, scope = "Microsoft.RecoveryServices/vaults/read", "/subscriptions/x/resourceGroups/backup"
    words = f"The client 'a' with object id 'b' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid."
    azure.fault(path="*/vaults/vault-we", status=403, message=words)
    result = refused(azure)
    assert result["error"]["status"] == 403 and result["error"]["code"] == "AuthorizationFailed" and result["error"]["request_id"]
    assert action in result["error"]["hint"] and scope in result["error"]["hint"]


def test_a_token_that_arm_does_not_take(azure: Azure) -> None:
    azure.fault(path="*/vaults/vault-we", status=401, times=0)
    result = refused(azure)
    assert result["error"]["status"] == 401


def test_an_hour_of_throttling_is_told_at_once(azure: Azure) -> None:
    azure.fault(path="*/vaults/vault-we", status=429, code="ResourceRequestsThrottled", retry_after=1800, times=0)
    result = refused(azure)
    assert result["error"]["code"] == "ResourceRequestsThrottled" and "quota" in result["error"]["hint"]


def test_a_subscription_that_is_not_there_is_no_absent_vault(azure: Azure) -> None:
    for module, options in (("vault_info", {}), ("vault", {"state": "absent"}), ("vault", {"location": "westeurope"})):
        result = azure.module(module, subscription_id=UNKNOWN, **VAULT, **options)
        assert result["failed"] and result["error"]["code"] == "SubscriptionNotFound"
    for module in ("protection_info", "policy_info"):
        result = azure.module(module, subscription_id=UNKNOWN, vault_name="vault-we", resource_group="backup")
        assert result["failed"] and result["error"]["code"] == "SubscriptionNotFound"
    assert azure.writes() == []


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 429, "retry_after": 1}, {"reset": "before"}, {"reset": "after"}])
def test_passing_failures_of_a_read_go_unnoticed(azure: Azure, fault: dict[str, Any]) -> None:
    azure.fault(path="*/vaults/vault-we", **fault)
    assert azure.module("vault_info", **VAULT)["vaults"][0]["name"] == "vault-we"


def test_passing_failures_of_the_sign_in_too(azure: Azure) -> None:
    azure.fault(kind="sign-in", status=503, times=1)
    assert azure.module("vault_info", **VAULT)["vaults"][0]["name"] == "vault-we"


def test_no_secret_in_any_result(azure: Azure) -> None:
    """Not even where a value of the same text is shown: Ansible masks it, as it knows the option."""
    secret = azure.connection["client_secret"]
    results = [
        azure.module("vault", check=True, diff=True, **VAULT, tags={"note": f"the secret is {secret}"}),
        azure.module("vault", diff=True, **VAULT, tags={"note": secret}),
        azure.module("vault", **VAULT, state="gone"),
        azure.module("vault_info", **VAULT),
    ]
    assert all(secret not in json.dumps(each) for each in results)
    assert results[-1]["invocation"]["module_args"]["client_secret"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


@pytest.mark.parametrize("option", ["arm_url", "authority_url", "cloud"])
def test_credentials_in_a_url_are_in_no_result(azure: Azure, option: str) -> None:
    """Neither in the error nor in the invocation beside it."""
    result = refused(azure, **{"arm_url": None, "authority_url": None, option: "https://admin:OpenSesame@127.0.0.1:1"})
    assert "OpenSesame" not in json.dumps(result) and [each["option"] for each in result["problems"]] == [option]


def test_a_signature_in_a_url_is_in_no_result(azure: Azure) -> None:
    for url in ("https://u.blob.example/a.msi?sv=1&sig=SeCrEt%3D", "https://u.blob.example/'a.msi?sig=SeCrEt%3D"):
        result = azure.module("vm_agent", check=True, names=["web"], windows_package={"url": url})
        assert result["failed"] and "SeCrEt" not in json.dumps(result)
