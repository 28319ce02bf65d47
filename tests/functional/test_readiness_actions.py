# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions that findings of readiness_info name, on an estate of 200 VMs with mixed blockers and on a small one."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Azure

# What is judged by running jobs.
pytestmark = pytest.mark.usefixtures("evening")

PLACE = {"vault_name": "vault-we", "resource_group": "backup"}
HERE = {"vaults": ["backup/vault-we"]}
FLEET = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]
vms:
  - {name: plain, count: 150, resource_group: app}
  - {name: shared, count: 20, resource_group: app, data_disks: [{lun: 0, shares: 2}]}
  - {name: blob, count: 20, resource_group: app, os_disk: {unmanaged: true}}
  - {name: both, count: 10, resource_group: app, os_disk: {unmanaged: true}, data_disks: [{lun: 0, shares: 2}]}
vaults:
  - name: vault-we
    resource_group: backup
    items:
      - {vm: 'app/plain-{n}', count: 150}
      - {vm: 'app/shared-{n}', count: 20}
      - {vm: 'app/blob-{n}', count: 20}
      - {vm: 'app/both-{n}', count: 10}
"""
SMALL = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]
vms: [{name: web, count: 3, resource_group: app}]
vaults:
  - name: vault-we
    resource_group: backup
    mars_servers: [{name: new}, {name: mid, agent_version: 2.0.9100.0}, {name: old, agent_version: 2.0.9082.0}, {name: mute, agent_version: ''}]
    backup_engines: [{name: mabs, agent_upgrade_available: true}, {name: fine}]
    items: [{vm: app/web-0001, policy_inconsistent: true}, {vm: app/web-0002}, {vm: app/web-0003, policy: EnhancedPolicy}]
  - {name: strict, resource_group: backup, soft_delete: AlwaysON, immutability: Locked, redundancy: ZoneRedundant}
"""


def actions(azure: Azure, *steps: str, **options: Any) -> dict[tuple[str, str], Any]:
    """The action of each finding that has one, by the name of the subject and the rule."""
    found = azure.module("readiness_info", steps=list(steps), **options)
    assert "vms" in found, found
    assert not found["changed"] and azure.writes() == []
    subjects = [*found["vms"], *found["vaults"]]
    return {(each["name"], one["id"]): one["action"] for each in subjects for one in each["findings"] if one["action"]}


def test_blockers_of_200_vms(azure: Azure) -> None:
    azure.estate(FLEET)
    assert azure.module("backup", **PLACE, vms=["app/plain-0001", "app/shared-0001"], wait=False)["changed"]
    azure.clear_ledger()
    found = {name: each for (name, _rule), each in actions(azure, "enhanced_policy", policy_type="enhanced", **HERE).items()}
    assert len(azure.requests()) < 25
    assert len(found) == 200
    blocked = {name: [one["id"] for one in each["blockers"]] for name, each in found.items() if each["blockers"]}
    assert sorted(blocked) == sorted([
        "plain-0001", *(f"shared-{n:04d}" for n in range(1, 21)), *(f"blob-{n:04d}" for n in range(1, 21)), *(f"both-{n:04d}" for n in range(1, 11))
    ])  # fmt: skip
    assert [blocked[name] for name in ("plain-0001", "shared-0001", "shared-0002", "blob-0001", "both-0001")] == [
        ["JOB-RUNNING"], ["JOB-RUNNING", "DISK-SHARED"], ["DISK-SHARED"], ["DISK-UNMANAGED"], ["DISK-UNMANAGED", "DISK-SHARED"]
    ]  # fmt: skip
    assert {(each["policy"], each["vault_id"].rsplit("/", 1)[1]) for each in found.values()} == {("DefaultPolicy", "vault-we")}
    (one,) = actions(azure, "enhanced_policy", policy_type="enhanced", vms=["APP/PLAIN-0002"])
    assert one == ("plain-0002", "POLICY-TYPE")


def test_those_without_blockers_migrate_and_the_others_would_fail(azure: Azure) -> None:
    azure.estate(FLEET)
    azure.settings(speed=3600.0)
    found = {name: each for (name, _rule), each in actions(azure, "enhanced_policy", policy_type="enhanced").items()}
    free = [f"app/{name}" for name, each in found.items() if not each["blockers"]]
    done = azure.module("protection", **PLACE, policy="EnhancedPolicy", vms=free, accept_irreversible=True)
    assert done["summary"]["changed"] == 150 and done["summary"]["failed"] == 0
    azure.clear_ledger()
    left = {name for name, _rule in actions(azure, "enhanced_policy", policy_type="enhanced")}
    assert left == {name for name, each in found.items() if each["blockers"]}
    failed = azure.module("protection", **PLACE, policy="EnhancedPolicy", vms=["app/blob-0001", "app/shared-0001"], accept_irreversible=True)
    assert failed["summary"]["failed"] == 2


def test_vaults(azure: Azure) -> None:
    azure.estate(SMALL)
    found = actions(azure, "alerts", "security", "redundancy", "diagnostics", redundancy="ZRS", soft_delete="AlwaysON")
    rules = ("VAULT-ALERTS", "VAULT-CLASSIC-ALERTS", "VAULT-DIAGNOSTICS")
    assert set(found) == {(vault, rule) for vault in ("vault-we", "strict") for rule in rules} | {
        ("vault-we", rule) for rule in ("VAULT-SOFT-DELETE", "VAULT-IMMUTABILITY", "REDUNDANCY-TYPE")
    }
    assert found["vault-we", "VAULT-SOFT-DELETE"] == {"step": "security", "blockers": [], "soft_delete": "AlwaysON", "soft_delete_retention_days": 14}
    immutability = found["vault-we", "VAULT-IMMUTABILITY"]
    assert immutability["immutability"] == "Unlocked" and [each["id"] for each in immutability["blockers"]] == ["HYBRID-MARS-IMMUTABLE"]
    redundancy = found["vault-we", "REDUNDANCY-TYPE"]
    assert [each.rsplit("/", 1)[1] for each in redundancy["vms"]] == ["web-0001", "web-0002", "web-0003"] and not redundancy["in_place"]


def test_servers(azure: Azure) -> None:
    azure.estate(SMALL)
    found = actions(azure, "agents", immutability="Unlocked", **HERE)
    servers = {rule: [each["name"] for each in action["servers"]] for (_name, rule), action in found.items()}
    assert servers == {"HYBRID-MARS-VERSION": ["old", "mute"], "HYBRID-MARS-IMMUTABLE": ["mid", "old", "mute"], "HYBRID-BACKUP-SERVER": ["mabs"]}


def test_items_that_left_their_policy(azure: Azure) -> None:
    azure.estate(SMALL)
    assert [name for name, _rule in actions(azure, "reapply_policy", details=True)] == ["web-0001"]
    azure.clear_ledger()
    assert actions(azure, "reapply_policy", details=True, vms=["app/web-0002"]) == {}
    assert len(azure.requests(path="protectedItems/VM")) == 1


def test_policies_without_a_zone(azure: Azure) -> None:
    azure.estate("resource_groups: [{name: backup, location: westus}]\nclassic_vaults: [{name: vault-we, location: westus}]")
    azure.settings(speed=3600.0)
    azure.module("vault_upgrade", **PLACE, accept_irreversible=True)
    azure.clear_ledger()
    (one,) = actions(azure, "time_zones").values()
    assert one["policies"] == ["DefaultPolicy"]


def test_a_lock_that_may_not_be_read(azure: Azure) -> None:
    azure.estate("resource_groups: [{name: backup, location: westus}]\nvaults: [{name: empty, resource_group: backup}]")
    assert actions(azure, "redundancy", redundancy="ZRS")["empty", "REDUNDANCY-TYPE"]["in_place"]
    azure.fault(method="GET", path="*vaultstorageconfig", status=403, times=0)
    assert actions(azure, "redundancy", redundancy="ZRS") == {}
