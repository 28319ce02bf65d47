# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a finding says of the step that fixes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness import catalogue
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness.rule import Facts, judge
from ansible_collections.safeharbor.azure_backup.tests.unit.plugins.module_utils._readiness.readiness_cases import CASES
from ansible_collections.safeharbor.azure_backup.tests.unit.plugins.module_utils._readiness.readiness_facts import (
    DATA,
    DISK,
    HEALTHY,
    ITEM,
    NOW,
    POLICY,
    VAULT_ID,
    VM_ID,
)

RULES = {each.id: each for each in catalogue.RULES}
JOB = {"operation": "backup", "start_time": "2026-11-22T07:00:00Z"}
OLD = {"name": "fs0", "agent_version": "2.0.9100.0"}
PLACE = {"vault_id": VAULT_ID, "policy": "nightly"}


def action(rule: str, known: dict[str, Any], wanted: dict[str, Any] | None = None, unread: dict[str, str] | None = None) -> Any:
    merged = {area: HEALTHY[area] | value if isinstance(value, dict) and isinstance(HEALTHY.get(area), dict) else value for area, value in known.items()}
    return judge(RULES[rule], Facts({**HEALTHY, **merged}, unread or {}, wanted=wanted or {}, now=datetime.fromisoformat(NOW)))["action"]


@pytest.mark.parametrize(
    ("rule", "known", "wanted", "expected"),
    [
        ("VAULT-ALERTS", {"vault": {"job_failure_alerts": False}}, {}, {"step": "alerts"}),
        ("VAULT-ALERTS", {"vault": {"job_failure_alerts": None}}, {}, {"step": "alerts"}),
        ("VAULT-CLASSIC-ALERTS", {"vault": {"classic_alerts": True}}, {}, {"step": "alerts"}),
        ("VAULT-DIAGNOSTICS", {"diagnostics": []}, {}, {"step": "diagnostics"}),
        (
            "VAULT-SOFT-DELETE",
            {"vault": {"soft_delete": "Disabled", "soft_delete_retention_days": 0}},
            {},
            {"step": "security", "soft_delete": "Enabled", "soft_delete_retention_days": 14},
        ),
        (
            "VAULT-SOFT-DELETE",
            {"vault": {"soft_delete": "Enabled", "soft_delete_retention_days": 90}},
            {"soft_delete": "AlwaysON"},
            {"step": "security", "soft_delete": "AlwaysON", "soft_delete_retention_days": 90},
        ),
        (
            "VAULT-SOFT-DELETE",
            {"vault": {"soft_delete_retention_days": 7}},
            {"soft_delete": "Enabled"},
            {"step": "security", "soft_delete": "AlwaysON", "soft_delete_retention_days": 14},
        ),
        ("VAULT-IMMUTABILITY", {"vault": {"immutability": "Disabled"}}, {}, {"step": "security", "immutability": "Unlocked"}),
        ("VAULT-IMMUTABILITY", {}, {"immutability": "Locked"}, {"step": "security", "immutability": "Locked"}),
        (
            "REDUNDANCY-TYPE",
            {"items": [ITEM, ITEM | {"vm_id": "/other", "state": "stopped"}]},
            {"redundancy": "ZoneRedundant"},
            {"step": "redundancy", "redundancy": "ZoneRedundant", "in_place": False, "vms": [VM_ID]},
        ),
        (
            "REDUNDANCY-TYPE",
            {"items": []},
            {"redundancy": "ZoneRedundant"},
            {"step": "redundancy", "redundancy": "ZoneRedundant", "in_place": True, "vms": []},
        ),
        (
            "REDUNDANCY-TYPE",
            {"items": [], "redundancy": {"locked": True}},
            {"redundancy": "ZoneRedundant"},
            {"step": "redundancy", "redundancy": "ZoneRedundant", "in_place": False, "vms": []},
        ),
        ("POLICY-TIME-ZONE", {"policies": [POLICY, POLICY | {"name": "bare", "time_zone": None}]}, {}, {"step": "time_zones", "policies": ["bare"]}),
        ("POLICY-TYPE", {}, {"policy_type": "enhanced"}, {"step": "enhanced_policy", **PLACE}),
        ("POLICY-ENHANCED", {"disks": [DISK, DATA | {"sku": "UltraSSD_LRS"}]}, {}, {"step": "enhanced_policy", **PLACE}),
        ("ITEM-CONSISTENT", {"item": {"policy_inconsistent": True}}, {}, {"step": "reapply_policy", **PLACE}),
    ],
)
def test_what_a_step_needs(rule: str, known: dict[str, Any], wanted: dict[str, Any], expected: dict[str, Any]) -> None:
    assert action(rule, known, wanted) == {"blockers": [], **expected}


@pytest.mark.parametrize(
    ("rule", "known"),
    [
        ("ITEM-CONSISTENT", {"policies": []}),
        ("VAULT-ALERTS", {}),
        ("VAULT-STATE", {"vault": {"provisioning_state": "Failed"}}),
        ("POLICY-ENHANCED", {"disks": [DISK, DATA | {"sku": "UltraSSD_LRS"}], "item": {"state": "stopped"}}),
    ],
)
def test_what_no_step_fixes(rule: str, known: dict[str, Any]) -> None:
    assert action(rule, known) is None


def test_servers_with_the_command() -> None:
    found = action("HYBRID-MARS-IMMUTABLE", {"servers": [OLD, {"name": "new", "agent_version": "2.0.9500.0"}, {"name": "mute", "agent_version": ""}]})
    assert [each["name"] for each in found["servers"]] == ["fs0", "mute"]
    assert found["command"].startswith("MARSAgentInstaller.exe") and found["installer"].startswith("https://")


@pytest.mark.parametrize(
    ("rule", "known", "wanted", "blockers"),
    [
        ("VAULT-IMMUTABILITY", {"vault": {"immutability": "Disabled"}, "jobs": [JOB], "servers": [OLD]}, {}, ["JOB-RUNNING", "HYBRID-MARS-IMMUTABLE"]),
        ("REDUNDANCY-TYPE", {"jobs": [JOB]}, {"redundancy": "ZoneRedundant"}, ["JOB-RUNNING"]),
        ("POLICY-TYPE", {"disks": [DISK | {"managed": False}], "jobs": [JOB]}, {"policy_type": "enhanced"}, ["JOB-RUNNING", "DISK-UNMANAGED"]),
        # A disk that is left out of the backup stands in the way as well.
        (
            "POLICY-TYPE",
            {"disks": [DISK, DATA | {"max_shares": 2}], "item": {"disks": {"mode": "exclude", "luns": [0]}}},
            {"policy_type": "enhanced"},
            ["DISK-SHARED"],
        ),
        ("POLICY-TYPE", {"disks": [DISK, DATA | {"seen": False}]}, {"policy_type": "enhanced"}, ["DISK-SHARED"]),
    ],
)
def test_what_stands_in_the_way(rule: str, known: dict[str, Any], wanted: dict[str, Any], blockers: list[str]) -> None:
    found = action(rule, known, wanted)["blockers"]
    assert [each["id"] for each in found] == blockers and all(each["evidence"] and each["fix"] for each in found)


def test_what_could_not_be_read_may_stand_in_the_way() -> None:
    found = action("VAULT-IMMUTABILITY", {"vault": {"immutability": "Disabled"}}, unread={"jobs": "No right to read jobs."})
    assert [each["evidence"] for each in found["blockers"]] == ["No right to read jobs."]


def test_a_lock_that_could_not_be_read_leaves_it_open_whether_the_redundancy_can_change() -> None:
    rule, facts = RULES["REDUNDANCY-TYPE"], {**HEALTHY, "items": []}
    finding = judge(rule, Facts(facts, {"storage": "No right to read it."}, wanted={"redundancy": "ZoneRedundant"}))
    assert (finding["status"], finding["evidence"], finding["action"]) == ("unknown", "No right to read it.", None)


def test_an_action_belongs_to_a_rule_with_a_step() -> None:
    for rule, status, changes, _words in CASES:
        known = {area: HEALTHY[area] | value if isinstance(value, dict) else value for area, value in changes.items() if area != "wanted"}
        found = action(rule, {area: value for area, value in known.items() if not isinstance(value, tuple)}, changes.get("wanted"))
        assert found is None or (found["step"] == RULES[rule].step and found["step"] in catalogue.STEPS and status != "pass")


def test_only_the_rules_of_a_step() -> None:
    choice = catalogue.choose({"steps": ["security"]})
    assert {each.id for each in choice.rules} == {"VAULT-SOFT-DELETE", "VAULT-IMMUTABILITY"}
    # What may stand in the way is read as well.
    assert choice.needs() == {"vault", "jobs", "servers"}
