# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Multi-user authorization of a vault: put under a Resource Guard, changed with its approval, taken from it."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Azure

VAULT = {"name": "vault-we", "resource_group": "backup"}
GUARD = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.DataProtection/resourceGuards/guard"
OTHER = GUARD.replace("resourceGuards/guard", "resourceGuards/other")
GROUPS = "resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]\n"
TENANT = "55555555-5555-4555-8555-555555555555"
FOREIGN = GUARD.replace("00000000-0000-4000-8000-000000000001", "66666666-6666-4666-8666-666666666666")
TENANTS = f"other_tenants: [{{tenant_id: {TENANT}, subscriptions: ['66666666-6666-4666-8666-666666666666']}}]\n"
KEY = "https://keys.vault.azure.net/keys/backup"


def estate(more: str = "") -> str:
    return f"{GROUPS}vaults: [{{name: vault-we, resource_group: backup, location: westeurope{more}}}]\n"


def request(kind: str) -> dict[str, Any]:
    return {"resource_guard_operation_requests": [f"{GUARD}/{kind}Requests/default"]}


def sent(azure: Azure) -> list[str]:
    return [str(each.get("body")) for each in azure.requests(writes="true")]


def test_a_vault_is_put_under_a_guard(azure: Azure) -> None:
    azure.estate(estate())
    predicted = azure.module("vault", check=True, diff=True, **VAULT, resource_guard=GUARD)
    assert predicted["changed"] and azure.writes() == []
    done = azure.module("vault", diff=True, **VAULT, resource_guard=GUARD)
    assert done["diff"] == predicted["diff"] and done["vault"] == predicted["vault"]
    assert done["vault"]["multi_user_authorization"] == "Enabled"
    (write,) = azure.requests(writes="true")
    assert (write["method"], write["path"].rpartition("/")[2]) == ("PUT", "VaultProxy")
    azure.clear_ledger()
    again = azure.module("vault", **VAULT, resource_guard=GUARD.upper().replace("/SUBSCRIPTIONS", "/subscriptions"))
    assert not again["changed"] and azure.writes() == []


def test_a_new_vault_under_a_guard(azure: Azure) -> None:
    azure.estate(GROUPS)
    wish = {**VAULT, "location": "westeurope", "resource_guard": GUARD, "immutability": "Unlocked"}
    predicted = azure.module("vault", check=True, diff=True, **wish)
    done = azure.module("vault", diff=True, **wish)
    assert done["diff"] == predicted["diff"] and done["vault"]["multi_user_authorization"] == "Enabled"
    assert not azure.module("vault", **wish)["changed"]


CRITICAL = [
    (", immutability: Unlocked", {"immutability": "Disabled"}, "reduceImmutabilityState"),
    (
        "",
        {"identity": "system_assigned", "encryption": {"key_uri": KEY}, "accept_irreversible": True},
        "modifyEncryptionSettings",
    ),
    ("", {"resource_guard": ""}, "deleteResourceGuardProxy"),
    ("", {"resource_guard": OTHER}, "deleteResourceGuardProxy"),
]


@pytest.mark.parametrize(("more", "options", "kind"), CRITICAL)
def test_critical_changes_carry_the_approval_or_are_refused_before(azure: Azure, more: str, options: dict[str, Any], kind: str) -> None:
    azure.estate(estate(f"{more}, resource_guard: {GUARD}"))
    for check in (True, False):
        for given in ({}, request("deleteProtectedItem")):
            refused = azure.module("vault", check=check, **VAULT, **options, **given)
            assert [each["option"] for each in refused["problems"]] == ["resource_guard_operation_requests"], refused
            assert f"/{kind}Requests/default" in refused["msg"]
    assert azure.writes() == []
    predicted = azure.module("vault", check=True, diff=True, **VAULT, **options, **request(kind))
    assert predicted["changed"] and azure.writes() == []
    done = azure.module("vault", diff=True, **VAULT, **options, **request(kind))
    assert done["changed"] and done["diff"] == predicted["diff"]
    assert [each.count("resourceGuardOperationRequests") for each in sent(azure)].count(1) == 1
    azure.clear_ledger()
    assert not azure.module("vault", **VAULT, **options)["changed"] and azure.writes() == []


def test_other_changes_of_a_guarded_vault_need_no_approval(azure: Azure) -> None:
    azure.estate(estate(f", resource_guard: {GUARD}"))
    options = {"immutability": "Unlocked", "soft_delete_retention_days": 60, "tags": {"owner": "platform"}}
    assert azure.module("vault", **VAULT, **options)["changed"]
    assert "resourceGuardOperationRequests" not in str(sent(azure))


def test_a_vault_without_guard_ignores_requests(azure: Azure) -> None:
    azure.estate(estate(", immutability: Unlocked"))
    assert azure.module("vault", **VAULT, immutability="Disabled", **request("reduceImmutabilityState"))["changed"]
    assert not azure.module("vault", **VAULT, resource_guard="")["changed"]


def test_a_guard_of_another_tenant(azure: Azure) -> None:
    azure.estate(TENANTS + estate())
    under = {**VAULT, "resource_guard": FOREIGN}
    refused = azure.module("vault", **under)
    assert refused["error"]["code"] == "LinkedAuthorizationFailed" and "resource_guard_tenant_id" in refused["error"]["hint"]
    azure.clear_ledger()
    predicted = azure.module("vault", check=True, diff=True, **under, resource_guard_tenant_id=TENANT)
    assert predicted["changed"] and azure.writes() == []
    done = azure.module("vault", diff=True, **under, resource_guard_tenant_id=TENANT)
    assert done["diff"] == predicted["diff"] and done["vault"]["multi_user_authorization"] == "Enabled"
    assert not azure.module("vault", **under, resource_guard_tenant_id=TENANT)["changed"] and len(azure.writes()) == 1
    taken = {**VAULT, "resource_guard": "", "resource_guard_operation_requests": [f"{FOREIGN}/deleteResourceGuardProxyRequests/default"]}
    assert azure.module("vault", **taken)["error"]["code"] == "LinkedAuthorizationFailed"
    assert azure.module("vault", **taken, resource_guard_tenant_id=TENANT)["vault"]["multi_user_authorization"] == "Disabled"


def test_a_tenant_that_cannot_be_signed_in_to_is_told_before_any_write(azure: Azure) -> None:
    azure.estate(TENANTS + estate())
    unknown = TENANT.replace("5", "9")
    refused = azure.module("vault", **VAULT, resource_guard=FOREIGN, resource_guard_tenant_id=unknown)
    assert refused["error"]["code"] == "TenantNotFound" and "resource_guard_tenant_id" in refused["error"]["hint"] and azure.requests() == []
    wrong = azure.module("vault", **VAULT, resource_guard=FOREIGN, resource_guard_tenant_id="not a tenant", auth_source="managed_identity")
    assert {each["option"] for each in wrong["problems"]} == {"resource_guard_tenant_id"} and len(wrong["problems"]) == 2
