# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.filter.modernize_plan import STEPS, FilterModule
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness import catalogue

plan = FilterModule().filters()["modernize_plan"]
RULES = [{"id": each.id, "step": each.step or None} for each in catalogue.RULES]
BLOCKER = {"id": "JOB-RUNNING", "evidence": "A job is running.", "fix": "Wait."}


def vault_id(name: str) -> str:
    return f"/subscriptions/s/resourceGroups/Backup/providers/Microsoft.RecoveryServices/vaults/{name}"


def finding(rule: str, status: str = "fail", blockers: Any = (), **action: Any) -> dict[str, Any]:
    step = next(each["step"] for each in RULES if each["id"] == rule)
    found = {"step": step, "blockers": list(blockers), **action} if status == "fail" else None
    return {"id": rule, "status": status, "evidence": f"{rule} says so.", "fix": "Fix it.", "action": found}


def vault(name: str, *findings: dict[str, Any]) -> dict[str, Any]:
    return {"id": vault_id(name), "name": name, "resource_group": "Backup", "location": "westeurope", "findings": list(findings)}


def vm(name: str, *findings: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"/vms/{name}", "name": name, "vault": "one", "findings": list(findings)}


def of(step: str, *subjects: dict[str, Any], **options: Any) -> Any:
    found = {"rules": RULES, "vaults": [each for each in subjects if "vault" not in each], "vms": [each for each in subjects if "vault" in each]}
    return plan(found, [step], options)["steps"][step]


def targets(planned: dict[str, Any]) -> list[str]:
    return [each["vault_name"] for each in planned["ready"]]


def needed(planned: dict[str, Any]) -> list[str]:
    return [each["option"] for each in planned["needs"]]


STANDARD = finding("POLICY-TYPE", vault_id=vault_id("one"), policy="daily")


def test_every_step_that_a_rule_names_is_planned() -> None:
    assert set(STEPS) == set(catalogue.STEPS)


def test_a_vault_is_changed_once_though_two_rules_ask_for_it() -> None:
    planned = of("alerts", vault("one", finding("VAULT-ALERTS"), finding("VAULT-CLASSIC-ALERTS")), vault("two"))
    assert targets(planned) == ["one"] and planned["vaults"] == 1


def test_only_the_vaults_that_are_meant() -> None:
    vaults = [vault("one", finding("VAULT-ALERTS")), vault("two", finding("VAULT-ALERTS"))]
    assert targets(of("alerts", *vaults, vault_name="ONE")) == ["one"]
    assert targets(of("alerts", *vaults, resource_group="other")) == []
    assert targets(of("alerts", *vaults, resource_group="backup", vault_name="")) == ["one", "two"]


def test_vms_by_vault_and_those_that_keep_their_policy() -> None:
    vms = [vm("a", STANDARD, finding("POLICY-ENHANCED", vault_id=vault_id("one"), policy="daily")), vm("b", STANDARD)]
    held = vm("c", finding("POLICY-TYPE", blockers=[BLOCKER], vault_id=vault_id("one"), policy="daily"))
    planned = of("enhanced_policy", *vms, held)
    assert planned["ready"] == [{"vault_name": "one", "resource_group": "Backup", "vms": ["/vms/a", "/vms/b"]}] and planned["things"] == 2
    assert [(each["name"], each["reason"]) for each in planned["blocked"]] == [("c", "A job is running. Wait.")]
    assert needed(planned) == ["modernize_policy", "modernize_accept_irreversible"]
    assert needed(of("enhanced_policy", *vms, policy="enhanced", accept_irreversible=True)) == []
    assert needed(of("enhanced_policy", held)) == [] and of("enhanced_policy", *vms, vault_name="two")["ready"] == []


SOFT = finding("VAULT-SOFT-DELETE", soft_delete="AlwaysON", soft_delete_retention_days=14)
IMMUTABLE = finding("VAULT-IMMUTABILITY", immutability="Locked")


@pytest.mark.parametrize(
    ("options", "settings", "needs"),
    [
        ({}, {}, ["modernize_soft_delete or modernize_immutability"]),
        ({"soft_delete": "AlwaysON"}, {"soft_delete": "AlwaysON", "soft_delete_retention_days": 14}, ["modernize_accept_irreversible"]),
        ({"immutability": "Locked", "accept_irreversible": True}, {"immutability": "Locked"}, []),
        (
            {"soft_delete": "AlwaysON", "immutability": "Locked", "accept_irreversible": True},
            {"soft_delete": "AlwaysON", "soft_delete_retention_days": 14, "immutability": "Locked"},
            [],
        ),
    ],
)
def test_security_is_raised_as_far_as_the_options_name(options: dict[str, Any], settings: dict[str, Any], needs: list[str]) -> None:
    planned = of("security", vault("one", SOFT, IMMUTABLE), **options)
    assert planned["ready"] == [{"vault_name": "one", "resource_group": "Backup", **settings}] and needed(planned) == needs


def test_what_keeps_a_vault_from_immutability_does_not_keep_it_from_soft_delete() -> None:
    held = finding("VAULT-IMMUTABILITY", blockers=[BLOCKER], immutability="Unlocked")
    planned = of("security", vault("one", SOFT, held), soft_delete="AlwaysON", immutability="Unlocked")
    assert targets(planned) == ["one"] and "immutability" not in planned["ready"][0] and [each["name"] for each in planned["blocked"]] == ["one"]


def redundancy(in_place: bool, *vms: str, blockers: Any = ()) -> dict[str, Any]:
    return finding("REDUNDANCY-TYPE", blockers=blockers, redundancy="ZoneRedundant", in_place=in_place, vms=list(vms))


def test_redundancy_in_place_or_by_another_vault() -> None:
    empty, full, done = vault("empty", redundancy(True)), vault("full", redundancy(False, "/a", "/b")), vault("done", redundancy(False))
    assert needed(of("redundancy", empty)) == [] and of("redundancy", done)["ready"] == of("redundancy", done)["blocked"] == []
    assert needed(of("redundancy", full)) == ["modernize_new_vault_name", "modernize_accept_irreversible"]
    assert needed(of("redundancy", full, new_vault_name="FULL", accept_irreversible=True)) == ["modernize_new_vault_name"]
    planned = of("redundancy", full, done, new_vault_name="zrs", accept_irreversible=True)
    assert planned["things"] == 2 and planned["ready"][0]["location"] == "westeurope" and needed(planned) == []
    assert needed(of("redundancy", full, vault("other", redundancy(False, "/c")), new_vault_name="zrs")) == ["modernize_vault_name"]
    assert of("redundancy", vault("busy", redundancy(False, "/a", blockers=[BLOCKER])))["blocked"][0]["reason"] == "A job is running. Wait."


def test_time_zones_are_not_guessed() -> None:
    bare = vault("one", finding("POLICY-TIME-ZONE", policies=["a", "b"]))
    assert needed(of("time_zones", bare, time_zones={"a": "UTC"})) == ["modernize_time_zone"]
    planned = of("time_zones", bare, time_zones={"a": "UTC"}, time_zone="Europe/Berlin")
    assert [(each["policy"], each["time_zone"]) for each in planned["ready"]] == [("a", "UTC"), ("b", "Europe/Berlin")]


def test_a_server_is_named_once() -> None:
    server = {"servers": [{"name": "fs1", "agent_version": "2.0.1.0"}], "installer": "https://x", "command": "run"}
    planned = of("agents", vault("one", finding("HYBRID-MARS-VERSION", **server), finding("HYBRID-MARS-IMMUTABLE", **server)))
    assert [(each["name"], each["command"]) for each in planned["ready"]] == [("fs1", "run")] and planned["things"] == 1


def test_what_could_not_be_read() -> None:
    subjects = [
        vault("one", finding("HYBRID-MARS-VERSION", servers=[], installer=None, command=None), finding("HYBRID-BACKUP-SERVER", "unknown")),
        vault("two", finding("VAULT-STATE", "unknown")),
    ]
    found = plan({"rules": RULES, "vaults": subjects, "vms": []}, ["agents"], {})
    assert [(each["step"], each["name"]) for each in found["unknown"]] == [("agents", "one")]
    known = vm("a", STANDARD, finding("POLICY-ENHANCED", "unknown"))
    assert plan({"rules": RULES, "vaults": [], "vms": [known]}, ["enhanced_policy"], {})["unknown"] == []
    hidden = vm("b", finding("POLICY-TYPE", "unknown"))
    assert [each["name"] for each in plan({"rules": RULES, "vaults": [], "vms": [hidden]}, ["enhanced_policy"], {})["unknown"]] == ["b"]
