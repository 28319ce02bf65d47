# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readiness across two subscriptions that answer from memory; the simulator has one."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness import info

ONE, TWO = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
OPTIONS: dict[str, Any] = {
    "subscriptions": [ONE, TWO], "all_subscriptions": False, "all_vms": False, "details": False, "azure_checks": False, "outbound": False,
    "access": "read", "statuses": ["fail", "unknown"], "rules": ["ITEM-*", "VM-ONE-VAULT", "VM-VAULT-REGION", "SUBSCRIPTION-*", "AGENT-READY", "DISK-SHARED"],
}  # fmt: skip


def vm(subscription: str, name: str) -> dict[str, Any]:
    group = f"/subscriptions/{subscription}/resourceGroups/app"
    disk = {"name": f"{name}-os", "osType": "Linux", "managedDisk": {"id": f"{group}/providers/Microsoft.Compute/disks/{name}-os"}}
    agent = {"vmAgentVersion": "2.11.1.12", "statuses": [{"displayStatus": "Ready", "message": "running"}]}
    view = {"statuses": [{"code": "PowerState/running"}], "vmAgent": agent}
    properties = {"storageProfile": {"osDisk": disk}, "instanceView": view}
    return {"id": f"{group}/providers/Microsoft.Compute/virtualMachines/{name}", "name": name, "location": "westeurope", "properties": properties}


def vault(subscription: str, name: str) -> dict[str, Any]:
    vault_id = f"/subscriptions/{subscription}/resourceGroups/app/providers/Microsoft.RecoveryServices/vaults/{name}"
    return {"id": vault_id, "name": name, "location": "westeurope", "properties": {"provisioningState": "Succeeded"}}


def item(machine: dict[str, Any]) -> dict[str, Any]:
    properties = {
        "sourceResourceId": machine["id"],
        "protectionState": "Protected",
        "healthStatus": "Passed",
        "policyName": "nightly",
        "lastBackupTime": "2099-01-01T00:00:00Z",
        "lastBackupStatus": "Completed",
    }
    return {"id": f"/items/{machine['name']}", "name": machine["name"], "properties": properties}


POLICY = {"name": "nightly", "properties": {"backupManagementType": "AzureIaasVM", "schedulePolicy": {"scheduleRunFrequency": "Daily"}}}


class Tenant:
    """Two subscriptions by the paths of their lists; anything else is empty. answers: status and body by subscription and end of the path."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], tuple[int, Any]] = {}
        self.disks: list[str] = []
        self.asked: list[str] = []

    def put(self, subscription: str, end: str, *values: Any) -> None:
        self.answers[subscription, end.lower()] = (200, {"value": list(values)})

    def answer(self, request: Any) -> tuple[int, Any]:
        url = urlsplit(request.url)
        self.asked.append(f"{request.method} {url.path}")
        if url.path.lower().endswith("/microsoft.resourcegraph/resources"):
            return 200, {"data": [{"id": each, "sku": {"name": "Premium_LRS"}, "diskSizeGB": 30} for each in self.disks]}
        subscription = re.split(r"/subscriptions/", url.path)[1].split("/")[0]
        for (owner, end), answer in self.answers.items():
            if owner == subscription and url.path.lower().endswith(end) and "statusOnly" not in parse_qs(url.query):
                return answer
        if re.search(r"/virtualmachines/[^/]+$", url.path.lower()):
            return 404, {"error": {"code": "ResourceNotFound", "message": "No such VM."}}
        return 200, {"value": []} if not url.path.endswith("Microsoft.RecoveryServices") else {"registrationState": "Registered"}


@pytest.fixture
def tenant(wire, monkeypatch) -> Tenant:
    tenant = Tenant()
    send = wire.send

    def route(request: Any, **kwargs: Any) -> Any:
        status, body = tenant.answer(request)
        wire.answers = [(status, body, {})]
        return send(request, **kwargs)

    monkeypatch.setattr(wire, "send", route)
    return tenant


@pytest.fixture
def look(arm, monkeypatch):
    """One at a time: the wire has one answer at once."""
    monkeypatch.setattr(type(arm), "each", lambda self, work, items, parallel=1: iter([work(each) for each in items]))

    def look(**options: Any) -> dict[str, Any]:
        run = type("Run", (), {"arm": arm, "options": {**OPTIONS, **options}, "warn": lambda self, text: None})()
        assert info.check(run.options) == []
        return info.info(run)

    return look


@pytest.fixture
def filled(tenant: Tenant) -> Tenant:
    """Each subscription has a VM and a vault; the vault of the first backs up the VM of the second."""
    web, db = vm(ONE, "web"), vm(TWO, "db")
    tenant.put(ONE, "/virtualMachines", web)
    tenant.put(TWO, "/virtualMachines", db)
    tenant.answers |= {(ONE, "/virtualmachines/web"): (200, web), (TWO, "/virtualmachines/db"): (200, db)}
    tenant.put(ONE, "/vaults", vault(ONE, "v1"))
    tenant.put(TWO, "/vaults", vault(TWO, "v2"))
    tenant.put(ONE, "/v1/backupProtectedItems", item(db))
    tenant.put(ONE, "/v1/backupPolicies", POLICY)
    tenant.disks = [each["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"] for each in (web, db)]
    return tenant


def by_name(result: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each for each in result["vms"]}


def test_a_vault_may_back_up_vms_of_another_subscription(filled, look):
    result = look()
    vms = by_name(result)
    assert (vms["db"]["subscription_id"], vms["db"]["coverage"], vms["db"]["vault"]) == (TWO, "protected", "v1")
    assert (vms["web"]["subscription_id"], vms["web"]["coverage"]) == (ONE, "unprotected")
    assert vms["db"]["findings"] == [] and vms["db"]["verdict"] == "ready"
    assert [(each["id"], each["vms"], each["vaults"]) for each in result["subscriptions"]] == [(ONE, 1, 1), (TWO, 1, 1)]
    assert len([each for each in filled.asked if "ResourceGraph" in each]) == 1  # for both at once


def test_names_are_looked_for_in_each_and_ids_in_their_own(filled, look):
    assert set(by_name(look(vms=["app/db"]))) == {"db"}
    assert look(vms=["app/db"])["unmatched"] == []
    assert set(by_name(look(vms=[vm(TWO, "db")["id"], "app/web"]))) == {"db", "web"}
    gone = look(vms=["app/gone", vm(TWO, "lost")["id"]])["unmatched"]
    assert sorted(each["message"].rpartition("/")[2] for each in gone) == ["gone'", "lost'"]


def test_a_vault_that_is_asked_for_may_be_in_either(filled, look):
    vms = by_name(look(vaults=[vault(TWO, "v2")["id"]]))
    assert vms["db"]["coverage"] == "other_vault"


def test_a_subscription_without_rights_leaves_open_what_it_may_hold(filled, look):
    refused = (403, {"error": {"code": "AuthorizationFailed", "message": "No."}})
    filled.answers[TWO, "/virtualmachines"] = refused
    filled.answers[TWO, "/vaults"] = refused
    result = look()
    assert set(by_name(result)) == {"web"} and by_name(result)["web"]["coverage"] == "unknown"
    assert {(each["subscription_id"], each["area"]) for each in result["limits"]} == {(TWO, "vms"), (TWO, "vaults")}
    orphans = [each for vault_ in result["vaults"] for each in vault_["findings"] if each["id"] == "ITEM-ORPHANS"]
    assert orphans == []  # that db is in no list says nothing


def test_a_disk_that_is_not_shown_is_unknown_in_its_own_subscription_only(filled, look):
    filled.disks = filled.disks[:1]
    unknown = {name: [each["id"] for each in one["findings"] if each["status"] == "unknown"] for name, one in by_name(look()).items()}
    assert unknown == {"web": [], "db": ["DISK-SHARED"]}
