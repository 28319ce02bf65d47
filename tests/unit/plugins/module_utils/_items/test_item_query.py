# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protected VMs as Azure Resource Graph shows them, and recovery points."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items import query, recovery_point
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items.view import facts, read_item

VM = "/subscriptions/s/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web"
POLICY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/v/backupPolicies/nightly"


def row(**properties):
    return {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/v/x", "name": "x", "properties": properties}


def test_what_the_options_leave_is_asked_for():
    text = query.query({"resource_group": "Backup", "location": "West Europe", "vault_name": "v"})
    for part in ("resourceGroup =~ 'Backup'", "location =~ 'westeurope'", "id contains '/vaults/v/'", "backupManagementType =~ 'AzureIaasVM'"):
        assert part in text
    assert "resourceGroup" not in query.query({}) and text.endswith("project id, name, properties")


def test_no_text_leaves_its_quotes():
    assert query.quoted("a'b\\c") == "'a\\'b\\\\c'"


@pytest.mark.parametrize(
    ("current", "own", "state"),
    [
        ("ProtectionConfigured", None, "protected"),
        ("ConfiguringProtection", None, "protected"),
        ("ProtectionStopped", None, "stopped"),
        ("BackupsSuspended", None, "suspended"),
        ("SoftDeleted", None, "soft_deleted"),
        ("SoftDeleted", "ProtectionStopped", "soft_deleted"),
        ("ProtectionConfigured", "ProtectionError", "protected"),
    ],
)
def test_states_have_other_words_there(current, own, state):
    properties = {"currentProtectionState": current, **({"protectionState": own} if own else {})}
    assert read_item(query.document(row(**properties))).state == state


def test_what_stands_elsewhere_there_is_found():
    told = facts(query.document(row(dataSourceInfo={"resourceID": VM}, policyInfo={"name": "nightly", "policyId": POLICY})))
    assert (told["vm_id"], told["policy"], told["policy_id"]) == (VM, "nightly", POLICY)
    assert read_item(query.document({})).state == "unknown"


def test_recovery_points():
    properties = {
        "recoveryPointTime": "2026-11-21T20:03:11Z",
        "recoveryPointType": "CrashConsistent",
        "recoveryPointTierDetails": [
            {"type": "ArchivedRP", "status": "Valid"},
            {"type": "InstantRP", "status": "Deleted"},
            {"type": "HardenedRP", "status": "Valid"},
        ],
        "recoveryPointProperties": {"expiryTime": "2026-12-21T20:03:11Z"},
    }
    assert recovery_point.to_view({"id": "/i", "name": "1", "properties": properties}) == {
        "id": "/i",
        "name": "1",
        "time": "2026-11-21T20:03:11Z",
        "consistency": "crash_consistent",
        "tiers": ["vault", "archive"],
        "expiry_time": "2026-12-21T20:03:11Z",
    }
    assert recovery_point.to_view({})["tiers"] == []


def test_the_filter_of_recovery_points():
    text = recovery_point.list_filter(datetime(2026, 11, 1, 0, 5, tzinfo=UTC), datetime(2026, 11, 21, 13, 5, tzinfo=UTC))
    assert text == "startDate eq '2026-11-01 12:05:00 AM' and endDate eq '2026-11-21 01:05:00 PM'"
