# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of vaults can be brought up to date today, on an estate of 200 VMs with mixed blockers."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Azure

pytestmark = pytest.mark.usefixtures("evening")

PLACE = {"vault_name": "vault-we", "resource_group": "backup"}
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


def findings(azure: Azure, *upgrades: str, **options: Any) -> list[dict[str, Any]]:
    found = azure.module("vault_upgrade_info", examine=list(upgrades), **options)
    assert "findings" in found, found
    assert found["unknown"] == [] and not found["changed"]
    assert azure.writes() == []
    return found["findings"]


def test_blockers_of_200_vms(azure: Azure) -> None:
    azure.estate(FLEET)
    assert azure.module("backup", **PLACE, vms=["app/plain-0001", "app/shared-0001"], wait=False)["changed"]
    azure.clear_ledger()
    found = {each["name"]: each for each in findings(azure, "policy_type", **PLACE)}
    assert len(azure.requests()) < 25
    assert len(found) == 200
    blocked = {name: each["blockers"] for name, each in found.items() if not each["ready"]}
    assert sorted(blocked) == sorted([
        "plain-0001", *(f"shared-{n:04d}" for n in range(1, 21)), *(f"blob-{n:04d}" for n in range(1, 21)), *(f"both-{n:04d}" for n in range(1, 11))
    ])  # fmt: skip
    assert [len(blocked[name]) for name in ("plain-0001", "shared-0001", "shared-0002", "blob-0001", "both-0001")] == [1, 2, 1, 1, 2]
    assert "job is running (backup)" in blocked["plain-0001"][0] and "unmanaged disks" in blocked["blob-0001"][0] and "shared disks" in blocked["both-0001"][1]
    assert {each["policy"] for each in found.values()} == {"DefaultPolicy"}
    (one,) = findings(azure, "policy_type", vms=["APP/PLAIN-0002"])
    assert one["name"] == "plain-0002"


def test_the_ready_ones_migrate_and_the_others_would_fail(azure: Azure) -> None:
    azure.estate(FLEET)
    azure.settings(speed=3600.0)
    found = findings(azure, "policy_type", **PLACE)
    ready = [each["subject"] for each in found if each["ready"]]
    done = azure.module("protection", **PLACE, policy="EnhancedPolicy", vms=ready, accept_irreversible=True)
    assert done["summary"]["changed"] == 150 and done["summary"]["failed"] == 0
    azure.clear_ledger()
    assert sorted(each["subject"] for each in findings(azure, "policy_type", **PLACE)) == sorted(each["subject"] for each in found if not each["ready"])
    failed = azure.module("protection", **PLACE, policy="EnhancedPolicy", vms=["app/blob-0001", "app/shared-0001"], accept_irreversible=True)
    assert failed["summary"]["failed"] == 2


def test_vaults(azure: Azure) -> None:
    azure.estate(SMALL)
    found = findings(azure, "alerts", "soft_delete", "immutability", "redundancy", "diagnostics", redundancy="ZRS")
    told = {(each["vault_name"], each["upgrade"]): each for each in found}
    assert set(told) == {("vault-we", upgrade) for upgrade in ("alerts", "soft_delete", "immutability", "redundancy", "diagnostics")} | {
        ("strict", "alerts"),
        ("strict", "diagnostics"),
    }
    assert told["vault-we", "soft_delete"]["current"] == "Enabled, 14 days" and told["vault-we", "immutability"]["current"] == "Disabled"
    assert "mid, old, mute" in told["vault-we", "immutability"]["blockers"][0]
    assert [each.rsplit("/", 1)[1] for each in told["vault-we", "redundancy"]["vms"]] == ["web-0001", "web-0002", "web-0003"]
    assert "Azure Monitor off" in told["strict", "alerts"]["current"]


def test_agents_with_the_command(azure: Azure) -> None:
    azure.estate(SMALL)
    found = {each["name"]: each for each in findings(azure, "agents", **PLACE)}
    assert sorted(found) == ["mabs", "mid", "mute", "old"]
    assert all("no backups since 2018" in found[name]["current"] for name in ("old", "mute"))
    assert "immutable" in found["mid"]["current"] and found["mid"]["command"].startswith("MARSAgentInstaller.exe")
    assert "newer version" in found["mabs"]["current"]


def test_items_that_left_their_policy(azure: Azure) -> None:
    azure.estate(SMALL)
    (one,) = findings(azure, "items", **PLACE)
    assert one["name"] == "web-0001" and one["policy"] == "DefaultPolicy"
    azure.clear_ledger()
    assert findings(azure, "items", **PLACE, vms=["app/web-0002"]) == []
    assert len(azure.requests(path="protectedItems/VM")) == 1


def test_policies_without_a_zone(azure: Azure) -> None:
    azure.estate("resource_groups: [{name: backup, location: westus}]\nclassic_vaults: [{name: vault-we, location: westus}]")
    azure.settings(speed=3600.0)
    azure.module("vault_upgrade", **PLACE, accept_irreversible=True)
    azure.clear_ledger()
    (one,) = findings(azure, "time_zones")
    assert one["policy"] == "DefaultPolicy" and one["current"] == "no time zone, runs at 16:30"


def test_what_may_not_be_read_is_unknown(azure: Azure) -> None:
    azure.estate(SMALL)
    azure.fault(method="GET", path="*/vault-we/backupEngines", status=403, times=0)
    found = azure.module("vault_upgrade_info", examine=["agents", "alerts"], **PLACE)
    assert [each["upgrade"] for each in found["findings"]] == ["alerts"]
    assert len(found["unknown"]) == 1 and found["unknown"][0]["reason"].startswith("agents: ")


@pytest.mark.parametrize(("options", "wrong"), [({"examine": ["redundancy"]}, "redundancy"), ({"examine": ["items"], "vms": ["web"]}, "vms")])
def test_wrong_options(azure: Azure, options: dict[str, Any], wrong: str) -> None:
    refused = azure.module("vault_upgrade_info", **options)
    assert [each["option"] for each in refused["problems"]] == [wrong] and azure.requests() == []
