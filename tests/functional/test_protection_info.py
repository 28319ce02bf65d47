# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module protection_info against the simulator: by lists, by Resource Graph, and one in the place of the other."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items import info
from harness import Azure

ESTATE = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}, {name: north, location: northeurope}]
vms:
  - {name: web, count: 4, resource_group: app}
  - {name: silent, resource_group: app, agent: {status: NotReady}}
  - {name: db, resource_group: north}
vaults:
  - name: vault-we
    resource_group: backup
    location: westeurope
    items:
      - {vm: app/web-0001, policy: DefaultPolicy, state: Protected, last_backup_hours_ago: 120}
      - {vm: app/web-0002, policy: EnhancedPolicy, state: IRPending}
      - {vm: app/web-0003, state: ProtectionStopped}
      - {vm: app/web-0004, state: SoftDeleted}
      - {vm: app/silent, policy: DefaultPolicy, state: Protected}
  - name: vault-ne
    resource_group: north
    location: northeurope
    items: [{vm: north/db, policy: DefaultPolicy, state: Protected}]
"""
VAULT = {"vault_name": "vault-we", "resource_group": "backup"}
STATES = {"web-0001": "protected", "web-0002": "protected", "web-0003": "stopped", "web-0004": "soft_deleted", "silent": "protected", "db": "protected"}


@pytest.fixture
def filled(azure: Azure) -> Azure:
    azure.estate(ESTATE)
    azure.clear_ledger()
    return azure


def named(result: dict[str, Any], key: str = "state") -> dict[str, Any]:
    return {each["name"]: each[key] for each in result["protected_items"]}


def graph_queries(azure: Azure) -> int:
    return len([each for each in azure.requests(kind="arm") if "ResourceGraph" in each["path"]])


def test_one_vault_by_its_list(filled: Azure) -> None:
    result = filled.module("protection_info", check=True, **VAULT)
    assert named(result) == {name: state for name, state in STATES.items() if name != "db"}
    assert result["source"] == "lists" and result["summary"] == {"protected": 3, "soft_deleted": 1, "stopped": 1} and not result["changed"]
    assert named(result, "policy_type")["web-0002"] == "enhanced" and named(result, "disks")["web-0001"] == {"mode": "all", "luns": []}
    assert named(result, "last_backup_time")["web-0002"] is None and named(result, "last_recovery_point")["web-0001"]
    assert graph_queries(filled) == 0 and len(filled.requests(kind="arm")) == 1


def test_the_graph_shows_the_same_as_the_lists(filled: Azure) -> None:
    lists, graph = (filled.module("protection_info", source=source) for source in ("lists", "graph"))
    assert lists["source"] == "lists" and graph["source"] == "graph"
    assert named(graph) == named(lists) == STATES and graph["summary"] == lists["summary"]
    same = ("id", "vm_id", "vault_id", "vault_name", "vault_resource_group", "policy", "disks", "health", "last_backup_time", "last_recovery_point")
    for key in same:
        assert named(graph, key) == named(lists, key), key


def test_the_graph_takes_the_same_choices(filled: Azure) -> None:
    for options in ({"resource_group": "NORTH"}, {"location": "North Europe"}, {"vms": ["north/db"]}, {"states": ["stopped"]}, VAULT):
        graph, lists = (named(filled.module("protection_info", source=source, **options)) for source in ("graph", "lists"))
        assert graph == lists and 0 < len(graph) < 6, options


def test_many_vaults_take_one_query(filled: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(info, "VAULTS_BY_LIST", 1)
    result = filled.module("protection_info")
    assert result["source"] == "graph" and named(result) == STATES and graph_queries(filled) == 1
    assert filled.module("protection_info", source="lists")["source"] == "lists"


def test_more_than_one_subscription_takes_one_query(filled: Azure) -> None:
    """The other subscription is one that the principal does not see: Resource Graph says nothing of it."""
    result = filled.module("protection_info", subscriptions=[filled.subscription_id, "00000000-0000-4000-8000-0000000000ff"])
    assert result["source"] == "graph" and named(result) == STATES and len(result["subscriptions"]) == 2
    every = filled.module("protection_info", all_subscriptions=True)
    assert every["subscriptions"] == [filled.subscription_id] and every["source"] == "lists" and named(every) == STATES


@pytest.mark.parametrize("fault", [{"status": 403, "code": "AuthorizationFailed"}, {"status": 404, "code": "NotFound"}])
def test_without_the_graph_the_lists_serve(filled: Azure, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]) -> None:
    monkeypatch.setattr(info, "VAULTS_BY_LIST", 1)
    filled.fault(method="POST", path="*ResourceGraph*", times=0, message="not for you", **fault)
    result = filled.module("protection_info")
    assert result["source"] == "lists" and named(result) == STATES
    assert any("Resource Graph cannot be asked" in str(each) for each in result["warnings"]), result["warnings"]
    asked = filled.module("protection_info", source="graph")
    assert asked["failed"] and asked["error"]["code"] == fault["code"]


def test_a_vault_that_cannot_be_read_hides_no_other(filled: Azure) -> None:
    filled.fault(method="GET", path="*vault-ne/backupProtectedItems", times=0, status=403)
    result = filled.module("protection_info")
    assert "db" not in named(result) and len(named(result)) == 5
    assert [each["vault_id"].endswith("vault-ne") for each in result["unread"]] == [True] and "AuthorizationFailed" in result["unread"][0]["message"]
    assert filled.module("protection_info", vault_name="vault-ne", resource_group="north")["failed"]


@pytest.mark.usefixtures("evening")
def test_recovery_points_of_named_vms(filled: Azure) -> None:
    filled.module("backup", **VAULT, vms=["app/web-0001"])
    filled.jump(60)
    filled.clear_ledger()
    vms = ["app/web-0001", filled.vm_id("app", "web-0003"), "app/web-0002"]
    result = filled.module("protection_info", **VAULT, vms=vms, recovery_points_days=30)
    points = named(result, "recovery_points")
    assert len(points["web-0001"]) == 2 and points["web-0003"] == []
    assert points["web-0001"] == sorted(points["web-0001"], key=lambda each: each["time"], reverse=True)
    assert points["web-0001"][0]["tiers"] == ["snapshot", "vault"] and points["web-0001"][0]["consistency"] == "file_system_consistent"
    assert points["web-0001"][0]["time"] == named(result, "last_recovery_point")["web-0001"]
    recent = filled.module("protection_info", **VAULT, vms=["app/web-0001"], recovery_points_days=3)
    assert named(recent, "recovery_points")["web-0001"] == points["web-0001"][:1]
    assert len([each for each in filled.requests(kind="arm") if each["path"].endswith("/recoveryPoints")]) == 4
    graph = filled.module("protection_info", source="graph", vms=["app/web-0001"], recovery_points_days=30)
    assert named(graph, "recovery_points")["web-0001"] == points["web-0001"]


@pytest.mark.usefixtures("evening")
def test_a_failed_backup_shows_in_the_health(filled: Azure) -> None:
    filled.module("backup", **VAULT, vms=["app/silent"])
    filled.jump(7200)
    item = {each["name"]: each for each in filled.module("protection_info", **VAULT)["protected_items"]}["silent"]
    assert item["health"] == "ActionRequired" and item["last_backup_status"] == "Failed"
    assert item["health_details"][0]["title"] == "GuestAgentSnapshotTaskStatusError" and item["health_details"][0]["recommendations"]


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"recovery_points_days": 30}, ["recovery_points_days"]),
        ({"vms": [f"app/vm-{n}" for n in range(21)], "recovery_points_days": 0}, ["recovery_points_days", "recovery_points_days"]),
        ({"all_subscriptions": True, "subscriptions": ["a"], **VAULT}, ["all_subscriptions", "vault_name"]),
        ({"vms": ["web"]}, ["vms"]),
        ({**VAULT, "vault_name": "nosuch"}, ["vault_name"]),
    ],
)
def test_bad_input(filled: Azure, options: dict[str, Any], wrong: list[str]) -> None:
    result = filled.module("protection_info", **options)
    assert sorted(each["option"] for each in result["problems"]) == wrong
