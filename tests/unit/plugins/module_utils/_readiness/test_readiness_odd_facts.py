# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever Azure, a guest or the options hold, a rule gives a finding and never an exception."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items.leading import leading
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness import catalogue, facts
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness.coverage import COVERAGES, coverage
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness.rule import STATUSES, Facts, judge
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness.rules import custom
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault import lock_rules
from ansible_collections.safeharbor.azure_backup.tests.unit.plugins.module_utils._readiness.readiness_facts import HEALTHY, NOW
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

WHEN = datetime.fromisoformat(NOW)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["Failed", "Enabled", "ReadOnly", "2026-11-22T08:00:00Z"])
)
JSON = st.recursive(SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)), max_leaves=8)
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, by the keys that lead to it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


def with_at(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    changed = copy.copy(value)
    changed[path[0]] = with_at(value[path[0]], path[1:], odd)
    return changed


def check_all(found: Facts) -> None:
    for rule in catalogue.RULES:
        finding = judge(rule, found)
        assert finding["status"] in STATUSES and isinstance(finding["evidence"], str) and isinstance(finding["fix"], str)
    assert coverage(found) in COVERAGES


@SLOW
@given(st.sampled_from(places(HEALTHY)[1:]), JSON)
def test_one_odd_fact_among_good_ones(place, odd):
    check_all(Facts(with_at(HEALTHY, place, odd), now=WHEN))


@SLOW
@given(st.dictionaries(st.sampled_from(sorted(HEALTHY)), JSON), JSON)
def test_odd_facts_throughout(known, principal):
    wanted = {"vaults": ["/v"], "policies": ["gold"], "redundancy": "ZoneRedundant", "cross_region_restore": True, "backup_service_principal_id": principal}
    check_all(Facts({**dict.fromkeys(HEALTHY), **known}, wanted=wanted, now=WHEN))


VM_DOCUMENT: dict[str, Any] = {
    "id": HEALTHY["vm"]["id"],
    "name": "web",
    "location": "westeurope",
    "tags": {"a": "b"},
    "extendedLocation": {"name": "losangeles"},
    "resources": [{"id": "/x/web/extensions/e", "name": "e", "properties": {"publisher": "p", "type": "VMSnapshotLinux", "provisioningState": "Failed"}}],
    "properties": {
        "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
        "provisioningState": "Succeeded",
        "osProfile": {"linuxConfiguration": {"provisionVMAgent": True}, "allowExtensionOperations": True},
        "securityProfile": {"securityType": "TrustedLaunch", "encryptionAtHost": True},
        "networkProfile": {"networkInterfaces": [{"id": "/nic"}]},
        "storageProfile": {
            "imageReference": {"publisher": "p", "offer": "o", "sku": "s"},
            "osDisk": {"osType": "Linux", "name": "os", "diskSizeGB": 30, "managedDisk": {"id": "/os"}, "diffDiskSettings": {"option": "Local"}},
            "dataDisks": [{"lun": 0, "name": "d", "managedDisk": {"id": "/d"}, "writeAcceleratorEnabled": True}],
        },
        "instanceView": {
            "osName": "ubuntu",
            "statuses": [{"code": "PowerState/running"}],
            "vmAgent": {"vmAgentVersion": "2.2.45", "statuses": [{"displayStatus": "Ready", "message": "m", "time": "2026-11-22T08:00:00Z"}]},
            "extensions": [{"name": "e", "type": "p.VMSnapshotLinux", "statuses": [{"code": "ProvisioningState/failed", "message": "m"}]}],
            "disks": [{"encryptionSettings": [{"enabled": True, "diskEncryptionKey": {"sourceVault": {"id": "/kv"}}}]}],
        },
    },
}
ROW: dict[str, Any] = {
    "id": "/d",
    "name": "d",
    "location": "westeurope",
    "sku": {"name": "UltraSSD_LRS"},
    "properties": {
        "diskSizeGB": 5,
        "maxShares": 2,
        "securityProfile": {"securityType": "TrustedLaunch"},
        "encryption": {"type": "x"},
        "encryptionSettingsCollection": {"encryptionSettings": [{"diskEncryptionKey": {"sourceVault": {"id": "/kv"}}}]},
        "enableRbacAuthorization": False,
        "accessPolicies": [{"objectId": "sp", "permissions": {"keys": ["all"], "secrets": ["get"]}}],
    },
}
ITEM_DOCUMENT: dict[str, Any] = {
    "id": "/v/items/i",
    "properties": {
        "sourceResourceId": HEALTHY["vm"]["id"],
        "protectionState": "Protected",
        "policyId": "/p",
        "extendedInfo": {"policyInconsistent": False},
        "extendedProperties": {"diskExclusionProperties": {"diskLunList": [0], "isInclusionList": True}},
        "healthDetails": [{"code": 1, "title": "t", "message": "m"}],
    },
}


def vm_facts(vm: Any, row: Any, item: Any) -> Facts:
    disks = facts.disk_facts(vm, {"/d": row})
    items = [facts.item_facts(item, "/v")]
    known = {
        "vm": facts.vm_facts(vm, True),
        "disks": disks,
        "item": leading(items),
        "key_vaults": [facts.key_vault_facts(row)],
        "key_vault_ids": facts.key_vaults_of(vm, disks),
    }
    return Facts({**HEALTHY, **known}, now=WHEN)


@SLOW
@given(st.sampled_from(places(VM_DOCUMENT)[1:]), JSON)
def test_an_odd_vm(place, odd):
    check_all(vm_facts(with_at(VM_DOCUMENT, place, odd), ROW, ITEM_DOCUMENT))


@SLOW
@given(st.sampled_from(places(ROW)[1:]), st.sampled_from(places(ITEM_DOCUMENT)[1:]), JSON)
def test_an_odd_disk_and_item(row_place, item_place, odd):
    check_all(vm_facts(VM_DOCUMENT, with_at(ROW, row_place, odd), with_at(ITEM_DOCUMENT, item_place, odd)))


@SLOW
@given(JSON)
def test_odd_documents_of_vaults(odd):
    document = {"id": "/v", "name": "v", "properties": odd}
    for read in (facts.vault_facts, facts.policy_facts, facts.server_facts, facts.engine_facts, lock_rules.to_view):
        assert isinstance(read(document), dict)
    assert isinstance(facts.redundancy_facts(document, document), dict)


@SLOW
@given(st.sampled_from(sorted(custom.OPERATORS)), JSON, JSON)
def test_odd_values_of_own_rules(operator, value, bound):
    own = {"id": "A-B", "title": "t", "path": "vm.x", "operator": operator, "value": bound}
    if not custom.problems([own], {}):
        check = custom.rule(own)
        assert judge(check, Facts({"vm": {"x": value}}))["status"] in STATUSES


@SLOW
@given(st.lists(JSON, max_size=2))
def test_odd_rules_of_own_are_refused_and_no_crash(rules):
    assert len(custom.problems(rules, {})) >= len(rules)


@pytest.mark.parametrize("value", ["x" * 10_000, {"a": {"b": "c"}}, ["a"] * 5000])
def test_long_values_are_not_told_whole(value):
    check = custom.rule({"id": "A-B", "title": "t", "path": "vm.x", "operator": "equals", "value": 1})
    assert len(judge(check, Facts({"vm": {"x": value}}))["evidence"]) < 300
