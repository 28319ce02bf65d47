# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.filter.retire_plan import FilterModule

plan = FilterModule().filters()["retire_plan"]


def vm(name: str, subscription: str = "s") -> dict[str, Any]:
    return {"id": f"/subscriptions/{subscription}/resourceGroups/App/providers/Microsoft.Compute/virtualMachines/{name}", "name": name}


def item(name: str, state: str = "protected", vault: str = "one", subscription: str = "s") -> dict[str, str]:
    return {"vm_id": vm(name, subscription)["id"].upper(), "name": name, "state": state, "vault_name": vault, "vault_resource_group": "backup"}


def test_vms_by_the_vault_that_backs_them_up() -> None:
    result = plan([item("a"), item("b", vault="two"), item("c"), item("other")], vms=[vm("b"), vm("a"), vm("C")])
    shown = [(each["vault_name"], [vm_id[-1] for vm_id in each["vms"]], each["count"]) for each in result["vaults"]]
    assert shown == [("one", ["a", "C"], 2), ("two", ["b"], 1)]
    assert result["left_out"] == result["unknown"] == []


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ([], "no vault backs it up"),
        ([item("a", "stopped")], "stopped already, in vault one"),
        ([item("a", "suspended")], "suspended already"),
        ([item("a", "soft_deleted")], "was deleted"),
    ],
)
def test_vms_without_backups_to_stop(items: list[dict[str, str]], reason: str) -> None:
    result = plan(items, vms=[vm("a")])
    assert result["vaults"] == [] and reason in result["left_out"][0]["reason"]


def test_the_vault_that_backs_a_vm_up_counts_before_those_that_did() -> None:
    items = [item("a", "stopped", "zero"), item("a"), item("a", "soft_deleted", "two")]
    assert [each["vault_name"] for each in plan(items, vms=[vm("a")])["vaults"]] == ["one"]


def test_vms_that_are_gone_are_found_by_their_backups() -> None:
    result = plan([item("gone"), item("far", subscription="t")], named=["app/gone", "App/Far", vm("gone", "t")["id"], "app/ghost"])
    assert [each["vms"] for each in result["vaults"]] == [[item("gone")["vm_id"], item("far", subscription="t")["vm_id"]]]
    assert result["unknown"] == [vm("gone", "t")["id"], "app/ghost"]
