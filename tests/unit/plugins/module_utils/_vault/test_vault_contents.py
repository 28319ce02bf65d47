# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a vault holds, the steps to empty it and what stands against them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._resource_guard import rules
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault import contents, lock_rules

ID = "/subscriptions/S/resourceGroups/G/providers/Microsoft.RecoveryServices/vaults/V"
VAULT = {"id": ID, "name": "V", "soft_delete": "Enabled", "soft_delete_retention_days": 30, "immutability": "Disabled"}
PURGE = {"purge": True, "accept_data_loss": True}
LOCKS = "providers/Microsoft.Authorization/locks"


def item(name: str, **properties: Any) -> dict[str, Any]:
    vm_id = f"/subscriptions/S/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/{name}"
    return {
        "id": f"{ID}/backupFabrics/Azure/protectionContainers/c;{name}/protectedItems/VM;{name}",
        "properties": {"backupManagementType": "AzureIaasVM", "friendlyName": name, "sourceResourceId": vm_id, **properties},
    }


def read(*items: dict[str, Any], replication: tuple[dict[str, Any], ...] = ()) -> contents.Contents:
    return contents.read(items, [], [], {}, replication)


def options_of(problems: list[Any]) -> list[str]:
    return [each.option for each in problems]


def test_odd_documents_are_read_all_the_same() -> None:
    found = contents.read([{}, {"properties": None}], [{}], [{"properties": []}], {"properties": {"privateEndpointConnections": [{}]}}, [{}])
    assert len(found.items) == 2 and len(found.registered) == 2 and len(found.endpoints) == 1 and found.replicated == 0


def test_what_a_server_brings_goes_with_the_server() -> None:
    server = {"name": "Windows;files", "properties": {"backupManagementType": "MAB", "friendlyName": "files"}}
    folder = {"id": "x", "properties": {"backupManagementType": "MAB", "friendlyName": "D:"}}
    found = contents.read([folder], [server], [], {}, [])
    assert [each.what for each in found.all] == ["server files"]
    assert [each.step for each in contents.plan(found, VAULT)] == ["unregister", "delete_vault"]


def test_an_empty_vault_is_just_deleted() -> None:
    assert [each.step for each in contents.plan(read(), VAULT)] == ["delete_vault"]
    assert contents.check({}, read(), VAULT, []) == [] and contents.operations(read(), VAULT) == []


def test_the_fate_of_the_data_is_told() -> None:
    (delete, _vault) = contents.plan(read(item("web")), VAULT)
    assert delete.what.startswith("VM app/web") and "30 days" in delete.what
    (delete, _vault) = contents.plan(read(item("web")), {**VAULT, "soft_delete": "Disabled"})
    assert "for good" in delete.what


def test_soft_deleted_items_need_no_approval_where_they_are_kept() -> None:
    found = read(item("web", isScheduledForDeferredDelete=True))
    assert contents.operations(found, VAULT) == []
    assert contents.operations(found, {**VAULT, "soft_delete": "Disabled"}) == [rules.DELETE_ITEM]
    assert contents.operations(read(item("web")), VAULT) == [rules.DELETE_ITEM]


@pytest.mark.parametrize(
    ("options", "vault", "items", "wrong"),
    [
        ({}, {}, [item("web")], ["state"]),
        ({"purge": True}, {}, [item("web")], ["purge"]),
        (PURGE, {}, [item("web", lastBackupTime="2026-01-01T00:00:00Z")], []),
        (PURGE, {"immutability": "Unlocked"}, [item("web", lastBackupTime="2026-01-01T00:00:00Z")], ["purge"]),
        (PURGE, {"immutability": "Locked"}, [item("web", lastRecoveryPoint="2026-01-01T00:00:00Z")], ["purge"]),
        (PURGE, {"immutability": "Locked"}, [item("web", lastBackupTime="2001-01-01T00:00:00Z")], []),
        (PURGE, {"immutability": "Locked"}, [item("web", lastBackupTime="2026-01-01T00:00:00Z", isScheduledForDeferredDelete=True)], []),
    ],
)
def test_what_stands_against_it(options: dict[str, Any], vault: dict[str, Any], items: list[dict[str, Any]], wrong: list[str]) -> None:
    assert options_of(contents.check(options, read(*items), {**VAULT, **vault}, [])) == wrong


def test_replicated_items_are_told() -> None:
    for usage in ({"protectedItemCount": 2}, {"monitoringSummary": {"protectedItemCount": 2}}):
        (problem,) = contents.check(PURGE, read(replication=(usage,)), VAULT, [])
        assert "Site Recovery replicates 2" in problem.text


@pytest.mark.parametrize(
    ("scope", "matters"),
    [
        ("/subscriptions/s", True),
        ("/subscriptions/s/resourceGroups/g", True),
        (ID.upper(), True),
        (f"{ID}2", False),
        ("/subscriptions/s/resourceGroups/g2", False),
        ("/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm", False),
    ],
)
def test_locks_above_the_vault_matter(scope: str, matters: bool) -> None:
    lock = {"id": f"{scope}/{LOCKS}/frozen", "name": "frozen", "properties": {"level": "CanNotDelete"}}
    assert options_of(contents.check({}, read(), VAULT, [lock_rules.to_view(lock)])) == (["state"] if matters else [])


def test_long_lists_are_cut() -> None:
    (problem,) = contents.check({}, read(*(item(f"web{number:02}") for number in range(25))), VAULT, [])
    assert "holds 25" in problem.text and "and 5 more" in problem.text and "web24" not in problem.text
