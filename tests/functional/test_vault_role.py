# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role vault with all that it takes, run by ansible-playbook against the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import Azure
from test_roles import Playbooks, role

GUARD = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.DataProtection/resourceGuards/guard"
ESTATE = "resource_groups: [{name: app, location: westeurope}]\nvms: [{name: web, resource_group: app}]\n"
VAULT = {"vault_name": "vault-we", "vault_resource_group": "app", "vault_location": "westeurope"}
SETTINGS = {
    **VAULT,
    "vault_tags": {"owner": "platform"},
    "vault_identity": "system_assigned",
    "vault_public_network_access": "Disabled",
    "vault_cross_subscription_restore": "Disabled",
    "vault_soft_delete": "Enabled",
    "vault_soft_delete_retention_days": 30,
    "vault_immutability": "Locked",
    "vault_encryption": {"key_uri": "https://keys.vault.azure.net/keys/backup"},
    "vault_job_failure_alerts": True,
    "vault_classic_alerts": False,
    "vault_resource_guard": GUARD,
    "vault_redundancy": "GRS",
    "vault_cross_region_restore": True,
    "vault_accept_irreversible": True,
}


@pytest.fixture
def plays(azure: Azure, tmp_path: Path) -> Iterator[Playbooks]:
    before = azure.control("GET", "settings")
    azure.settings(speed=1000)
    yield Playbooks(azure, tmp_path)
    azure.settings(speed=before["speed"])


def run(plays: Playbooks, *runs: dict[str, Any]) -> list[dict[str, Any]]:
    """The role's result of each run in one play; a run with check=True is one in check mode."""
    tasks = []
    for number, variables in enumerate(runs):
        included = role("vault", {name: value for name, value in variables.items() if name != "check"})
        included["ansible.builtin.include_role"]["apply"] = {"check_mode": variables.get("check", False)}
        tasks += [included, plays.save(f"result-{number}", "{{ vault_result | to_json }}")]
    assert plays.tasks(tasks) == 0, plays.output
    return [plays.saved(f"result-{number}") for number, _variables in enumerate(runs)]


def test_every_setting_is_predicted_done_and_then_nothing(azure: Azure, plays: Playbooks) -> None:
    azure.estate(ESTATE)
    predicted, done, again = run(plays, {**SETTINGS, "check": True}, SETTINGS, SETTINGS)
    assert predicted["changed"] and done["changed"] and not again["changed"]
    (shown,) = azure.module("vault_info", resource_group="app", details=True)["vaults"]
    asked = ("tags", "identity", "public_network_access", "soft_delete_retention_days", "immutability", "job_failure_alerts", "classic_alerts")
    for told in (predicted["vault"], done["vault"], shown):
        assert {name: told[name] for name in asked} == {name: SETTINGS[f"vault_{name}"] for name in asked}
    assert (shown["redundancy"], shown["cross_region_restore"], shown["multi_user_authorization"]) == ("GeoRedundant", True, "Enabled")
    assert shown["encryption"]["identity"] == "system_assigned" and shown["resource_guard"].lower() == GUARD.lower()
    # The vault with its redundancy, its key, its lock with cross-region restore, and its guard.
    assert [each.partition(" ")[0] for each in azure.writes()] == ["PUT", "PATCH", "PATCH", "PUT"]


def test_a_vault_is_emptied_deleted_and_brought_back(azure: Azure, plays: Playbooks) -> None:
    azure.estate(ESTATE + "vaults: [{name: vault-we, resource_group: app, items: [{vm: app/web}]}]\n")
    purge = {**VAULT, "vault_state": "absent", "vault_purge": True, "vault_accept_data_loss": True}
    predicted, done, back = run(plays, {**purge, "check": True}, purge, {**VAULT, "vault_undelete": True})
    assert [each["status"] for each in predicted["steps"]] == ["planned", "planned"]
    assert [(each["step"], each["status"]) for each in done["steps"]] == [("delete_data", "done"), ("delete_vault", "done")]
    assert back["undeleted"] and back["vault"]["name"] == "vault-we"
    assert [each.partition(" ")[0] for each in azure.writes()] == ["DELETE", "DELETE", "POST"]


def test_a_redundancy_that_cannot_be_is_refused_before_anything_is_written(azure: Azure, plays: Playbooks) -> None:
    azure.estate(ESTATE + "vaults: [{name: vault-we, resource_group: app, items: [{vm: app/web}]}]\n")
    assert plays.tasks([role("vault", {**VAULT, "vault_tags": {"a": "b"}, "vault_redundancy": "LRS"})]) != 0
    assert "redundancy is fixed once a vault is in use" in plays.output and azure.writes() == []
