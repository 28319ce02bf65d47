# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Standard and Enhanced where the list of items does not say which: VMs that are stopped or soft-deleted, and VMs that move to another vault."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Azure
from protecting import by_name, predicted_and_done

pytestmark = pytest.mark.usefixtures("quick_looks")

ESTATE = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]
vms: [{name: enh, resource_group: app}, {name: std, resource_group: app}, {name: bare, resource_group: app}]
vaults:
  - name: rsv
    resource_group: backup
    items:
      - {vm: app/enh, policy: EnhancedPolicy, state: STATE, last_backup_hours_ago: 9}
      - {vm: app/std, policy: DefaultPolicy, state: STATE, last_backup_hours_ago: 9}
      - {vm: app/bare, policy: EnhancedPolicy, state: STATE}
  - {name: new, resource_group: backup}
"""
HALTED = ["ProtectionStopped", "SoftDeleted"]
RSV = {"vault_name": "rsv", "resource_group": "backup", "wait_timeout": 20}
NEW = {**RSV, "vault_name": "new", "move": True}
POINTS = {"status": 403, "code": "AuthorizationFailed", "message": "You may not list recovery points."}


def refused(azure: Azure, text: str, **options: Any) -> None:
    """Check mode and run refuse it with the same words, before any write."""
    azure.clear_ledger()
    predicted, done = (azure.module("protection", check=check, **options) for check in (True, False))
    assert predicted["msg"] == done["msg"] and text in done["msg"], (predicted["msg"], done["msg"])
    assert [each["option"] for each in done["problems"]] == ["policy"] and azure.writes() == []


def point_reads(azure: Azure) -> int:
    return sum(each["path"].endswith("/recoveryPoints") for each in azure.requests())


@pytest.mark.parametrize("state", HALTED)
def test_a_vm_comes_back_with_the_enhanced_policy_that_it_had(azure: Azure, state: str) -> None:
    azure.estate(ESTATE.replace("STATE", state))
    _predicted, done = predicted_and_done(azure, **RSV, vms=["app/enh", "app/bare"], policy="EnhancedPolicy")
    assert by_name(done) == {"enh": "changed", "bare": "changed"}
    assert by_name(done, "reason") == {"enh": None, "bare": "it has no recovery points, and Azure does not say of which type its policy was"}


@pytest.mark.parametrize("state", HALTED)
def test_a_vm_that_had_an_enhanced_policy_is_not_resumed_with_a_standard_one(azure: Azure, state: str) -> None:
    azure.estate(ESTATE.replace("STATE", state))
    refused(azure, "VMs with an Enhanced one cannot go back to Standard: enh", **RSV, vms=["app/enh", "app/std"], policy="DefaultPolicy")
    refused(azure, "cannot go back to Standard: enh", **RSV, vms=["app/enh"], policy="DefaultPolicy", accept_irreversible=True)
    _predicted, done = predicted_and_done(azure, **RSV, vms=["app/std"], policy="DefaultPolicy")
    assert by_name(done) == {"std": "changed"}


@pytest.mark.parametrize("state", HALTED)
def test_resuming_under_the_other_type_takes_consent(azure: Azure, state: str) -> None:
    azure.estate(ESTATE.replace("STATE", state))
    refused(azure, "1 of the VMs have a Standard one, or had it when they were stopped (std)", **RSV, vms=["app/enh", "app/std"], policy="EnhancedPolicy")
    _predicted, done = predicted_and_done(azure, **RSV, vms=["app/enh", "app/std"], policy="EnhancedPolicy", accept_irreversible=True)
    assert by_name(done) == {"enh": "changed", "std": "changed"}


def test_what_nothing_tells_is_asked_for_as_unknown(azure: Azure) -> None:
    azure.estate(ESTATE.replace("STATE", "ProtectionStopped"))
    azure.fault(method="GET", path="*/recoveryPoints", times=0, **POINTS)
    refused(azure, "Azure does not say whether 1 of the VMs had a Standard one (enh)", **RSV, vms=["app/enh"], policy="EnhancedPolicy")
    assert azure.module("protection", **RSV, vms=["app/enh"], policy="EnhancedPolicy", accept_irreversible=True)["changed"]


def test_points_are_read_only_of_vms_whose_type_is_not_known(azure: Azure) -> None:
    azure.estate(ESTATE.replace("STATE", "Protected"))
    azure.module("protection", **RSV, vms=["app/std"], policy="EnhancedPolicy", accept_irreversible=True, check=True)
    azure.module("protection", **RSV, vms=["app/enh"], policy="EnhancedPolicy")
    assert point_reads(azure) == 0
    azure.module("protection", **RSV, vms=["app/enh"], state="stopped")
    azure.module("protection", **RSV, vms=["app/enh", "app/std"], policy="EnhancedPolicy", accept_irreversible=True, check=True)
    assert point_reads(azure) == 1


@pytest.mark.parametrize("state", ["Protected", "ProtectionStopped"])
def test_a_move_keeps_to_the_type_too(azure: Azure, state: str) -> None:
    azure.estate(ESTATE.replace("STATE", state))
    refused(azure, "VMs with an Enhanced one cannot go back to Standard: enh", **NEW, vms=["app/enh"], policy="DefaultPolicy", accept_irreversible=True)
    refused(azure, "1 of the VMs have a Standard one, or had it when they were stopped (std)", **NEW, vms=["app/std"], policy="EnhancedPolicy")
    _predicted, done = predicted_and_done(azure, **NEW, vms=["app/enh", "app/std"], policy="EnhancedPolicy", accept_irreversible=True)
    assert by_name(done) == {"enh": "changed", "std": "changed"}


def test_the_info_module_does_not_guess(azure: Azure) -> None:
    azure.estate(ESTATE.replace("STATE", "ProtectionStopped"))
    assert {each["policy_type"] for each in azure.module("protection_info")["protected_items"]} == {"unknown"}
