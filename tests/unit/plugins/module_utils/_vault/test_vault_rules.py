# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of vaults and of their redundancy."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core import names
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault import redundancy, rules, view

USER = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"
IDENTITY = {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {"/I1": {}}}
BEFORE = view.to_view({"location": "westeurope", "tags": {"Owner": "a"}, "identity": IDENTITY})
LOCAL = {"redundancy": "LocallyRedundant", "cross_region_restore": False, "locked": False}
GEO = {**LOCAL, "redundancy": "GeoRedundant"}
ACROSS = {**GEO, "cross_region_restore": True}


def options_of(problems: list[Any]) -> list[str]:
    return [each.option for each in problems]


@pytest.mark.parametrize("name", ["ab", "a1", "Vault-1", "a" + "b" * 49])
def test_names(name):
    assert names.check_vault_name(name) == []


@pytest.mark.parametrize("name", ["", "a", "1a", "-a", "a_b", "a.b", "ä1", "a" * 51, "ab\n"])
def test_no_names(name):
    assert options_of(names.check_vault_name(name, "vault_name")) == ["vault_name"]


@pytest.mark.parametrize(
    ("group", "is_one"),
    [("g", True), ("my.group_(1)", True), ("ends.", False), ("", False), ("a b", False), ("g" * 91, False), ("g\n", False)],
)
def test_groups(group, is_one):
    assert (names.check_group(group) == []) is is_one


def test_what_is_not_given_is_no_problem():
    unset = dict.fromkeys(["name", "resource_group", "identity", "user_assigned_identities", "encryption", "resource_guard", "purge"])
    assert rules.check_options({}) == [] and rules.check_options(unset) == []


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"identity": "user_assigned"}, ["user_assigned_identities"]),
        ({"identity": "system_assigned_user_assigned", "user_assigned_identities": []}, ["user_assigned_identities"]),
        ({"identity": "system_assigned_user_assigned", "user_assigned_identities": [USER]}, []),
        ({"identity": "system_assigned", "user_assigned_identities": [USER]}, ["identity"]),
        ({"user_assigned_identities": [USER]}, ["identity"]),
        ({"identity": "system_assigned"}, []),
    ],
)
def test_identities_that_do_not_fit(options, wrong):
    assert options_of(rules.check_options(options)) == wrong


@pytest.mark.parametrize(
    ("options", "before", "wrong"),
    [
        ({}, None, ["location"]),
        ({"location": "West Europe"}, BEFORE, []),
        ({"location": "northeurope", "identity": "system_assigned"}, BEFORE, ["location", "identity"]),
        ({"identity": "none"}, BEFORE, []),
        ({"identity": "system_assigned_user_assigned"}, BEFORE, []),
    ],
)
def test_changes_that_cannot_be(options, before, wrong):
    assert options_of(rules.check_change(options, before)) == wrong


def test_unset_is_left_alone():
    assert view.wanted({"name": "v", "tags": None, "sku": None}, BEFORE) == {}


def test_what_azure_writes_otherwise_is_no_change():
    given = {"location": "West Europe", "sku": "RS0", "identity": "system_assigned_user_assigned", "user_assigned_identities": ["/i1"], "tags": {"OWNER": "a"}}
    before = {**BEFORE, "sku": "Standard"}
    assert {name: value for name, value in view.wanted(given, before).items() if before[name] != value} == {}


def test_identities_are_added_to_those_there_are():
    assert view.wanted({"user_assigned_identities": ["/I2"]}, BEFORE)["user_assigned_identities"] == ["/i1", "/i2"]


@pytest.mark.parametrize(
    ("asked", "append", "tags"),
    [
        ({"env": "p"}, True, {"Owner": "a", "env": "p"}),
        ({"env": "p"}, False, {"env": "p"}),
        ({"owner": "b"}, True, {"Owner": "b"}),
        ({"owner": "b"}, False, {"Owner": "b"}),
        ({}, True, {"Owner": "a"}),
        ({}, False, {}),
        ({"n": 7, "b": True, "none": None}, False, {"n": "7", "b": "True", "none": ""}),
    ],
)
def test_tags(asked, append, tags):
    assert view.wanted({"tags": asked, "append_tags": append}, BEFORE)["tags"] == tags


def test_bodies_hold_only_what_is_set():
    assert view.to_body({"tags": {"a": "b"}}) == {"tags": {"a": "b"}}
    assert view.to_body({"identity": "system_assigned_user_assigned", "user_assigned_identities": ["/i"]}) == {
        "identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {"/i": {}}}
    }


@pytest.mark.parametrize(
    ("options", "before", "held", "wrong"),
    [
        ({"redundancy": "LRS"}, GEO, 0, []),
        ({"redundancy": "LRS"}, GEO, 1, ["redundancy"]),
        ({"redundancy": "LRS"}, GEO, "locked", ["redundancy"]),
        ({"redundancy": "GRS"}, GEO, 9, []),
        ({"redundancy": "LRS", "cross_region_restore": True, "accept_irreversible": True}, GEO, 0, ["cross_region_restore"]),
        ({"cross_region_restore": True, "accept_irreversible": True}, LOCAL, 0, ["cross_region_restore"]),
        ({"cross_region_restore": True}, GEO, 0, ["cross_region_restore"]),
        ({"cross_region_restore": True, "accept_irreversible": True}, GEO, 5, []),
        ({"cross_region_restore": True}, ACROSS, 5, []),
        ({"cross_region_restore": False}, ACROSS, 0, []),
        ({"cross_region_restore": False}, ACROSS, 1, ["cross_region_restore"]),
        ({"cross_region_restore": False}, ACROSS, "locked", []),
        ({"redundancy": "LRS"}, ACROSS, 0, ["cross_region_restore"]),
        ({"redundancy": "LRS", "cross_region_restore": False}, ACROSS, "locked", ["redundancy"]),
        ({"redundancy": "LRS", "cross_region_restore": True}, GEO, 3, ["redundancy", "cross_region_restore", "cross_region_restore"]),
    ],
)
def test_redundancy_that_cannot_be(options, before, held, wrong):
    use = redundancy.Use(locked=True) if held == "locked" else redundancy.Use(held)
    assert options_of(redundancy.check_change(options, before, use)) == wrong


@pytest.mark.parametrize(
    ("document", "storage", "shown"),
    [
        ({}, None, {"redundancy": None, "cross_region_restore": None, "locked": False}),
        (
            {},
            {"properties": {"storageType": "ZoneRedundant", "storageTypeState": "Unlocked", "crossRegionRestoreFlag": False}},
            {**LOCAL, "redundancy": "ZoneRedundant"},
        ),
        ({}, {"properties": {"storageType": "ReadAccessGeoZoneRedundant"}}, ACROSS),
        (
            {"properties": {"redundancySettings": {"standardTierStorageRedundancy": "GeoRedundant", "crossRegionRestore": "Disabled"}}},
            {"properties": {"storageType": "LocallyRedundant", "crossRegionRestoreFlag": True, "storageTypeState": "Locked"}},
            {**GEO, "locked": True},
        ),
    ],
)
def test_where_the_redundancy_is_told(document, storage, shown):
    assert redundancy.to_view(document, storage) == shown


def test_a_region_without_zones_is_a_warning():
    zones = {**LOCAL, "redundancy": "ZoneRedundant"}
    assert redundancy.warnings(LOCAL, zones, "westus") and redundancy.warnings({}, zones, "westus")
    assert not redundancy.warnings(LOCAL, zones, "westeurope") and not redundancy.warnings(zones, LOCAL, "westus")
    assert not redundancy.warnings(zones, zones, "westus")


def test_an_update_goes_in_the_order_that_azure_takes():
    changes = {"tags": {"a": "b"}, "identity": "system_assigned", "encryption": {"key_uri": "k"}, "immutability": "Locked"}
    assert view.batches({"immutability": "Disabled"}, changes) == [
        {"identity": "system_assigned"},
        {"encryption": {"key_uri": "k"}},
        {"tags": {"a": "b"}, "immutability": "Unlocked"},
        {"immutability": "Locked"},
    ]
    assert view.batches({"immutability": "Unlocked"}, {"immutability": "Locked"}) == [{"immutability": "Locked"}]
    assert view.batches({"immutability": "Disabled"}, {"identity": "none", "tags": {}}) == [{"identity": "none", "tags": {}}]


def test_a_put_carries_what_it_can():
    assert view.at_creation({"location": "westeurope", "immutability": "Locked", "encryption": {"key_uri": "k"}, "soft_delete_retention_days": 30}) == {
        "location": "westeurope",
        "immutability": "Unlocked",
    }
    soft_delete = {"soft_delete": "AlwaysON", "soft_delete_retention_days": 30}
    assert view.at_creation({**soft_delete, "identity": "user_assigned", "user_assigned_identities": [USER]}) == soft_delete


def test_settings_that_azure_takes_together_are_filled_up():
    shown = {"softDeleteState": "Disabled", "softDeleteRetentionPeriodInDays": 0, "enhancedSecurityState": "Enabled"}
    security = {"softDeleteSettings": shown, "immutabilitySettings": {"configuration": {"type": "TimeBased", "durationInDays": 30}}}
    present = {"properties": {"securitySettings": security, "monitoringSettings": {"classicAlertSettings": {"alertsForCriticalOperations": "Disabled"}}}}
    assert view.to_body({"soft_delete": "Enabled"}, present)["properties"]["securitySettings"]["softDeleteSettings"] == {
        "softDeleteState": "Enabled",
        "softDeleteRetentionPeriodInDays": 14,
        "enhancedSecurityState": "Enabled",
    }
    assert view.to_body({"immutability": "Unlocked"}, present)["properties"]["securitySettings"]["immutabilitySettings"] == {
        "state": "Unlocked",
        "configuration": {"type": "TimeBased", "durationInDays": 30},
    }
    alerts = view.to_body({"job_failure_alerts": False}, present)["properties"]["monitoringSettings"]
    assert alerts["classicAlertSettings"] == {"alertsForCriticalOperations": "Disabled", "emailNotificationsForSiteRecovery": "Enabled"}
    assert alerts["azureMonitorAlertSettings"]["alertsForAllJobFailures"] == "Disabled"


@pytest.mark.parametrize(
    ("encryption", "shown"),
    [
        (None, None),
        ({"keyVaultProperties": {}}, None),
        (
            {"keyVaultProperties": {"keyUri": "https://V/keys/K/"}, "kekIdentity": {"useSystemAssignedIdentity": True, "userAssignedIdentity": None}},
            {"key_uri": "https://v/keys/k", "identity": "system_assigned", "infrastructure_encryption": False},
        ),
        (
            {"keyVaultProperties": {"keyUri": "k"}, "kekIdentity": {"userAssignedIdentity": "/I"}, "infrastructureEncryption": "Enabled"},
            {"key_uri": "k", "identity": "/i", "infrastructure_encryption": True},
        ),
        ({"keyVaultProperties": {"keyUri": "k"}}, {"key_uri": "k", "identity": None, "infrastructure_encryption": False}),
    ],
)
def test_encryption_as_it_is_shown(encryption, shown):
    assert view.to_view({"properties": {"encryption": encryption}})["encryption"] == shown


def test_a_key_keeps_what_is_not_said_of_it():
    present = {"encryption": {"key_uri": "https://v/keys/old", "identity": "/i", "infrastructure_encryption": True}}
    asked = {"encryption": {"key_uri": "https://V/keys/new/", "identity": None, "infrastructure_encryption": None}}
    assert view.wanted(asked, present)["encryption"] == {"key_uri": "https://v/keys/new", "identity": "/i", "infrastructure_encryption": True}
    assert view.wanted(asked, None)["encryption"] == {"key_uri": "https://v/keys/new", "identity": "system_assigned", "infrastructure_encryption": False}
