# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VMs that are named and not there, and locks on what is to be deleted: both are told before anything is written."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Azure
from protecting import by_name, predicted_and_done

pytestmark = pytest.mark.usefixtures("quick_looks")

ESTATE = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]
vms: [{name: old, resource_group: app}, {name: bare, resource_group: app}, {name: gone, resource_group: app}]
vaults:
  - name: rsv
    resource_group: backup
    items: [{vm: app/old, policy: EnhancedPolicy, last_backup_hours_ago: 30}, {vm: app/gone, last_backup_hours_ago: 30}]
  - {name: rsv2, resource_group: backup}
"""
RSV = {"vault_name": "rsv", "resource_group": "backup", "wait_timeout": 20}
UNKNOWN = "there is no such VM, and vault 'rsv' does not have backups of it"


@pytest.fixture
def filled(azure: Azure) -> Azure:
    """The VM gone was deleted, and its backups are kept."""
    azure.estate(ESTATE)
    azure.delete(azure.vm_id("app", "gone"))
    azure.clear_ledger()
    return azure


@pytest.mark.parametrize("state", ["absent", "stopped"])
def test_a_misspelt_vm_is_told(filled: Azure, state: str) -> None:
    _predicted, done = predicted_and_done(filled, **RSV, vms=["app/odl", "app/bare", "app/gone"], state=state)
    assert by_name(done) == {"odl": "unchanged", "bare": "unchanged", "gone": "changed"}
    assert by_name(done, "reason") == {"odl": UNKNOWN, "bare": None, "gone": None}
    for check in (True, False):
        again = filled.module("protection", check=check, **RSV, vms=["app/odl", "app/bare", "app/gone"], state=state)
        assert by_name(again, "reason")["odl"] == UNKNOWN
        (warning,) = map(str, again["warnings"])
        assert UNKNOWN in warning and "/odl" in warning and "bare" not in warning


def test_all_vaults_of_the_task_are_named(filled: Azure) -> None:
    spread = {"vaults": [{"vault_name": "rsv2", "resource_group": "backup"}]}
    done = filled.module("protection", **RSV, vms=["app/odl"], state="absent", spread=spread)
    assert by_name(done, "reason")["odl"] == "there is no such VM, and none of the vaults 'rsv', 'rsv2' has backups of it"


def test_no_data_is_deleted_when_a_vm_is_misspelt(filled: Azure) -> None:
    options: dict[str, Any] = {**RSV, "vms": ["app/odl", "app/old"], "state": "absent", "delete_backup_data": True}
    for check in (True, False):
        refused = filled.module("protection", check=check, **options)
        assert [each["option"] for each in refused["problems"]] == ["vms"] and UNKNOWN in refused["msg"] and "warnings" not in refused
    assert filled.writes() == []
    _predicted, done = predicted_and_done(filled, **{**options, "vms": ["app/old", "app/gone", "app/bare"]})
    assert by_name(done) == {"old": "changed", "gone": "changed", "bare": "unchanged"}


@pytest.mark.parametrize("level", ["CanNotDelete", "ReadOnly"])
@pytest.mark.parametrize("scope", ["", "/resourceGroups/backup", "/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/rsv"])
def test_a_lock_is_told_before_data_is_deleted(filled: Azure, scope: str, level: str) -> None:
    filled.estate(f"locks: [{{name: keep, level: {level}, scope: '/subscriptions/{filled.subscription_id}{scope}'}}]")
    for check in (True, False):
        refused = filled.module("protection", check=check, **RSV, vms=["app/old", "app/gone"], state="absent", delete_backup_data=True)
        assert [each["option"] for each in refused["problems"]] == ["delete_backup_data"] and "warnings" not in refused
        assert f"lock 'keep' ({level}) on /subscriptions/" in refused["msg"]
    assert filled.writes() == []
    if level == "CanNotDelete":
        assert filled.module("protection", **RSV, vms=["app/old"], state="absent")["changed"]


def test_locks_elsewhere_and_locks_that_may_not_be_read_keep_nothing(filled: Azure) -> None:
    other = filled.id("backup", "Microsoft.RecoveryServices/vaults", "rsv2")
    filled.estate(f"locks: [{{name: keep, level: CanNotDelete, scope: '{other}'}}]")
    _predicted, done = predicted_and_done(filled, **RSV, vms=["app/old"], state="absent", delete_backup_data=True)
    assert by_name(done) == {"old": "changed"}
    filled.fault(method="GET", path="*/Microsoft.Authorization/locks", times=0, status=403, code="AuthorizationFailed", message="No.")
    assert filled.module("protection", **RSV, vms=["app/gone"], state="absent", delete_backup_data=True)["changed"]
