# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that name another host, over real connections: the other host gets nothing, and every list ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from harness import Azure
from relay import Relay, Server, redirected, with_next_link, with_operation_at

ESTATE = """
resource_groups: [{name: backup, location: westeurope}]
vms: [{name: web, resource_group: backup, location: westeurope}]
vaults: [{name: vault-we, resource_group: backup, location: westeurope, items: [{vm: backup/web, policy: DefaultPolicy}]}]
"""
VAULT = {"vault_name": "vault-we", "resource_group": "backup"}
LISTS = [("vault_info", {}, "/vaults"), ("protection_info", VAULT, "/backupprotecteditems"), ("vm_info", {"all_vms": True}, "/virtualmachines")]


@pytest.fixture
def azure(azure: Azure) -> Azure:
    azure.estate(ESTATE)
    return azure


@pytest.fixture
def relay(azure: Azure) -> Iterator[Relay]:
    server = Relay(azure.connection)
    yield server
    server.close()


@pytest.fixture
def stranger(azure: Azure) -> Iterator[Server]:
    """Under another name and port; its certificate is trusted all the same."""
    server = Server(azure.connection["ca_file"], "localhost")
    yield server
    assert server.seen == []
    server.close()


def at(azure: Azure, relay: Relay) -> dict[str, str]:
    """The connection options that lead to the relay."""
    return {name: azure.connection[name].replace(azure.connection["arm_url"], relay.url) for name in ("arm_url", "authority_url")}


def refused(azure: Azure, relay: Relay, code: str, module: str, /, **options: Any) -> str:
    result = azure.module(module, **at(azure, relay), **options)
    assert result.get("failed") and "exception" not in result and result["error"]["code"] == code, result
    return result["msg"]


@pytest.mark.parametrize(("module", "options", "where"), LISTS)
def test_a_page_elsewhere(azure: Azure, relay: Relay, stranger: Server, module: str, options: dict[str, Any], where: str) -> None:
    assert not azure.module(module, **at(azure, relay), **options).get("failed")
    relay.changing(where, with_next_link(f"{stranger.url}/next?secret=s"))
    said = refused(azure, relay, "ForeignHost", module, **options)
    assert stranger.url in said and relay.url in said and "nothing was sent there" in said and "secret=s" not in said


@pytest.mark.parametrize(("module", "options", "where"), LISTS)
def test_a_redirect_elsewhere(azure: Azure, relay: Relay, stranger: Server, module: str, options: dict[str, Any], where: str) -> None:
    relay.changing(where, redirected(f"{stranger.url}/next"))
    assert stranger.url in refused(azure, relay, "ForeignHost", module, **options)


@pytest.mark.parametrize("change", [redirected, with_operation_at])
def test_a_write_that_is_led_elsewhere(azure: Azure, relay: Relay, stranger: Server, change: Any) -> None:
    relay.changing("/vaults/fresh", lambda answer: answer if answer[0] == 404 else change(f"{stranger.url}/op?api-version=1")(answer))
    if change is redirected:
        relay.changing("/vaults/vault-we", redirected(f"{stranger.url}/v"))
    name = "vault-we" if change is redirected else "fresh"
    options = {"name": name, "resource_group": "backup", "location": "westeurope", "tags": {"a": "b"}}
    assert stranger.url in refused(azure, relay, "ForeignHost", "vault", **options)


@pytest.mark.parametrize(("module", "options", "where"), LISTS)
def test_a_page_that_leads_back(azure: Azure, relay: Relay, module: str, options: dict[str, Any], where: str) -> None:
    def leads_back(answer: Any) -> Any:
        asked = next(each[1] for each in reversed(relay.seen) if where in each[1].lower())
        return with_next_link(relay.url + asked)(answer)

    relay.changing(where, leads_back)
    refused(azure, relay, "EndlessList", module, **options)
    assert len(relay.seen) < 20


@pytest.mark.parametrize("link", ["https://[::1", "https://127.0.0.1:port/x", 5])
def test_a_link_that_is_no_url(azure: Azure, relay: Relay, link: Any) -> None:
    relay.changing("/vaults", with_next_link(link))
    refused(azure, relay, "InvalidLink", "vault_info")
    if isinstance(link, str):
        relay.changing("/vaults", redirected(link))
        refused(azure, relay, "InvalidLink", "vault_info")


def test_the_stranger_would_have_been_reached(azure: Azure) -> None:
    """What the tests above would see if anything were sent."""
    server = Server(azure.connection["ca_file"], "localhost")
    azure._session.get(f"{server.url}/x", headers={"Authorization": "Bearer t"}, timeout=10)
    assert json.dumps(server.seen).count("Bearer") == 1
    server.close()
