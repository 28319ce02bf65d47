# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.filter.vm_agent_judge import vm_agent_judge

DEBIAN = {"packages": ["waagent"], "service": "walinuxagent", "manager": "apt"}
OPTIONS = {"auto_update": True, "skip_provisioning": True, "minimum_version": {}, "distribution": "Debian 12.9", "azure_vm": "", "sha256": ""}
NOW = 1_800_000_000.0
# What files/look.py prints on a guest where all is well.
WELL: dict[str, Any] = {
    "system": "linux",
    "uid": 0,
    "now": NOW,
    "architecture": "x86_64",
    "systemd": True,
    "packages": {"waagent": "2.12.0.4-1"},
    "program": "/usr/sbin/waagent",
    "program_changed": NOW - 90_000,
    "version_text": "WALinuxAgent-2.12.0.4 running on debian 13\nPython: 3.13.5\nGoal state agent: 2.15.0.1\n",
    "units": [
        {
            "Id": "walinuxagent.service",
            "LoadState": "loaded",
            "ActiveState": "active",
            "UnitFileState": "enabled",
            "ConditionResult": "yes",
            "ConditionTimestampMonotonic": "5",
            "MainPID": "7",
            "started": NOW - 100,
        }
    ],
    "conf": {"text": "Extensions.Enabled=y\nAutoUpdate.UpdateToLatestVersion=y\n", "modified": NOW - 200, "mode": "0644"},
    "policy": None,
    "disable_agent": None,
    "provisioned": True,
    "noexec": [],
    "interpreter": "/usr/bin/python3",
    "interpreter_version": "3.13.5",
    "missing_tools": [],
    "platform_ports": {"80": True, "32526": True},
    "azure": None,
}


def look(**changes: Any) -> dict[str, Any]:
    """WELL with changes; unit_X changes X of its unit, conf_text the settings."""
    found = copy.deepcopy(WELL)
    for key, value in changes.items():
        if key.startswith("unit_"):
            found["units"][0][key.removeprefix("unit_")] = value
        elif key == "conf_text":
            found["conf"]["text"] = value
        else:
            found[key] = value
    return found


def judge(found: dict[str, Any], table: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    return vm_agent_judge(found, {**OPTIONS, **options}, DEBIAN if table is None else table)


def codes(judged: dict[str, Any]) -> list[str]:
    return [each["code"] for each in judged["result"]["problems"]]


def test_a_guest_that_is_well_has_nothing_to_mend() -> None:
    judged = judge(WELL)
    assert codes(judged) == [] and judged["result"]["ready"] and judged["refusals"] == []
    assert not any(judged["steps"].values())
    assert (judged["result"]["version"], judged["result"]["goal_state_version"]) == ("2.12.0.4", "2.15.0.1")


NO_AGENT = {"packages": {}, "program": None, "version_text": "", "units": [], "conf": None}
ALLOWED = '{"extensionPolicies": {"allowListedExtensionsOnly": true, "extensions": {"Microsoft.Azure.RecoveryServices.VMSnapshotLinux": {}}}}'
POLICY = {"conf_text": "Debug.EnableExtensionPolicy=y\n"}


@pytest.mark.parametrize(
    ("changes", "code", "ready", "step"),
    [
        (NO_AGENT, "agent_missing", False, "install"),
        ({"version_text": "WALinuxAgent-2.2.45 running on ubuntu 18.04\nGoal state agent: 2.2.45\n"}, "agent_old", False, "renew"),
        ({"version_text": "WALinuxAgent-2.2.53 running on ubuntu 18.04\n"}, "agent_old", False, "renew"),
        ({"interpreter": None}, "no_python", False, "python"),
        ({"conf_text": "Extensions.Enabled=n\n"}, "extensions_disabled", False, "conf"),
        ({"conf_text": "AutoUpdate.Enabled=n\n"}, "auto_update_off", True, "conf"),
        ({"conf_text": "AutoUpdate.Enabled=y\nAutoUpdate.UpdateToLatestVersion=n\n"}, "auto_update_off", True, "conf"),
        ({"conf_text": "AutoUpdate.GAFamily=Test\n"}, "update_family", True, None),
        ({"provisioned": False}, "provisioning_waits", False, "conf"),
        ({"disable_agent": "/var/lib/waagent/disable_agent"}, "agent_disabled", False, "disable_file"),
        ({"unit_UnitFileState": "disabled"}, "service_not_enabled", False, "enable"),
        ({"unit_ActiveState": "failed"}, "service_not_running", False, "service"),
        ({"unit_ActiveState": "inactive", "unit_ConditionResult": "no"}, "service_skipped", False, "service"),
        ({"unit_ActiveState": "inactive", "unit_ConditionResult": "no", "unit_ConditionTimestampMonotonic": "0"}, "service_not_running", False, "service"),
        ({"unit_started": NOW - 300}, "restart_needed", True, "service"),
        ({"program_changed": NOW - 50}, "restart_needed", True, "service"),
        ({"unit_LoadState": "masked", "unit_ActiveState": "inactive"}, "service_masked", False, None),
        ({"units": []}, "service_missing", False, None),
        ({"noexec": ["/var"]}, "noexec", False, None),
        ({"packages": {}}, "agent_unpackaged", True, None),
        ({"conf": None}, "settings_missing", True, None),
        ({**POLICY, "policy": {"text": '{"extensionPolicies": {"allowListedExtensionsOnly": true}}'}}, "policy_forbids", False, None),
        ({**POLICY, "policy": {"text": "[]"}}, "policy_invalid", False, None),
    ],
)
def test_what_is_wrong_is_found_with_the_step_that_mends_it(changes: dict[str, Any], code: str, ready: bool, step: str | None) -> None:
    judged = judge(look(**changes))
    assert codes(judged) == [code]
    assert judged["result"]["ready"] is ready
    steps = {name for name, value in judged["steps"].items() if value} - ({"service"} if step in ("conf", "disable_file") else set())
    assert steps == ({step} if step else set())
    foreseen = vm_agent_judge(look(**changes), OPTIONS, DEBIAN, foreseen=True)
    assert codes(foreseen) == ([] if step else [code])


@pytest.mark.parametrize(
    "changes",
    [
        {"conf_text": "AutoUpdate.Enabled=n\nAutoUpdate.UpdateToLatestVersion=y\n"},
        {"provisioned": False, "conf_text": "Provisioning.Agent=Disabled\n"},
        {"provisioned": False, "unit_started": NOW - 1801, "conf": {"text": "", "modified": NOW - 9999, "mode": "0644"}},
        {"version_text": "WALinuxAgent-2.2.45 running on ubuntu 18.04\nGoal state agent: 2.15.0.1\n"},
        {"policy": {"text": '{"extensionPolicies": {"allowListedExtensionsOnly": true}}'}},
        {**POLICY, "policy": {"text": ALLOWED}},
        {**POLICY, "policy": {"text": '{"extensionPolicies": {"allowListedExtensionsOnly": false}}'}},
        {"unit_started": NOW - 200.5},
    ],
)
def test_what_only_looks_wrong_is_no_problem(changes: dict[str, Any]) -> None:
    assert codes(judge(look(**changes))) == []


def test_settings_are_mended_all_at_once_and_the_service_restarts_then() -> None:
    found = look(conf_text="Extensions.Enabled=n # no\nAutoUpdate.Enabled=n\n", provisioned=False)
    steps = judge(found)["steps"]
    assert steps["conf"] == "Extensions.Enabled=y # no\nAutoUpdate.Enabled=y\nProvisioning.Agent=disabled\n"
    assert steps["service"] == "restarted"


def test_options_leave_settings_alone() -> None:
    found = look(conf_text="AutoUpdate.Enabled=n\n", provisioned=False)
    judged = judge(found, auto_update=False, skip_provisioning=False)
    assert codes(judged) == ["auto_update_off"] and not any(judged["steps"].values())
    assert codes(judge(WELL, minimum_version={"linux": "2.15.0.2"})) == ["agent_old"]


def test_an_agent_that_came_without_a_package_is_not_updated_by_the_role() -> None:
    judged = judge(look(packages={}, version_text="WALinuxAgent-2.2.40 running on x\n"))
    assert judged["result"]["errors"] and not judged["steps"]["renew"] and not judged["updatable"]


@pytest.mark.parametrize(
    ("changes", "table", "text"),
    [
        ({"uid": 1000}, DEBIAN, "not root: set become"),
        ({"systemd": False}, DEBIAN, "does not run systemd"),
        ({**NO_AGENT}, {}, "the agent's package in Debian 12.9 is not known: set vm_agent_package"),
        ({"conf": {"text": None, "error": "it is not UTF-8 text, see byte 7"}}, DEBIAN, "/etc/waagent.conf cannot be read, it is not UTF-8 text"),
    ],
)
def test_a_host_that_cannot_be_changed_is_refused(changes: dict[str, Any], table: dict[str, Any], text: str) -> None:
    assert any(text in each for each in judge(look(**changes), table)["refusals"])


@pytest.mark.parametrize(
    ("option", "value"), [("minimum_version", {"linux": "latest"}), ("sha256", "abc"), ("azure_vm", "web-0001"), ("azure_vm", "/subscriptions/x/vm")]
)
def test_wrong_options_are_refused_before_anything_is_read(option: str, value: Any) -> None:
    assert len(vm_agent_judge({}, {**OPTIONS, option: value})["refusals"]) == 1


def test_the_vm_is_the_one_of_the_option_or_of_azures_metadata() -> None:
    vm = "/subscriptions/s/resourceGroups/App/providers/Microsoft.Compute/virtualMachines/Web"
    judged = judge(look(azure={"resourceId": vm}))
    assert (judged["vm"], judged["vm_name"]) == (vm, "app/web")
    assert judge(look(azure={"resourceId": vm}), azure_vm="data/db")["vm"] == "data/db"


def row(status: str = "unchanged", agent: str = "ready", allowed: bool = True, reason: str | None = None) -> dict[str, Any]:
    vm = "/subscriptions/s/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web"
    agent_row = {"status": agent, "version": "2.15.0.1"}
    return {"vm": vm, "status": status, "changed": status == "changed", "reason": reason, "agent": agent_row, "after": {"allow_extension_operations": allowed}}


@pytest.mark.parametrize(
    ("azure", "expected"),
    [
        ({"asked": True, "vm": "App/Web", "answer": {"vms": [row()]}}, []),
        ({"asked": True, "vm": "app/web", "answer": {"vms": [row("failed", "not_ready", reason="silent")]}}, ["azure_not_ready"]),
        ({"asked": True, "vm": "app/web", "answer": {"vms": [row(allowed=False)]}}, ["extensions_forbidden"]),
        ({"asked": True, "vm": "app/web", "answer": {"vms": [row("skipped", "unknown")]}}, []),
        ({"asked": True, "vm": "app/web", "answer": {"msg": "no sign-in"}}, ["azure_unanswered"]),
        ({"asked": True, "vm": "app/web", "answer": None}, ["azure_unanswered"]),
        ({"asked": True, "vm": "", "answer": None}, ["azure_vm_unknown"]),
        ({"asked": False}, []),
    ],
)
def test_what_azure_says_counts_too(azure: dict[str, Any], expected: list[str]) -> None:
    judged = vm_agent_judge(WELL, OPTIONS, DEBIAN, azure=azure)
    assert codes(judged) == expected
    assert judged["result"]["ready"] is (expected in ([], ["azure_vm_unknown"]))


def test_what_azure_changed_is_told() -> None:
    azure = {"asked": True, "vm": "app/web", "answer": {"vms": [row("changed")]}}
    assert vm_agent_judge(WELL, OPTIONS, DEBIAN, azure=azure, changed=["settings"])["result"]["changed"] == ["settings", "extension_operations"]


def test_readiness_takes_the_facts_of_the_guest() -> None:
    facts = judge(look(conf_text="Extensions.Enabled=n\n", noexec=["/var", "/var/lib", "/var/lib/waagent"]))["result"]["guest_facts"]
    assert facts["agent_version"] == "2.15.0.1" and facts["agent_service_running"] and not facts["extensions_enabled"]
    assert facts["noexec_mounts"] == ["/var", "/var/lib"]
    assert "extensions_enabled" not in judge(look(**NO_AGENT))["result"]["guest_facts"]


def windows(**changes: Any) -> dict[str, Any]:
    service = {"state": "started", "start_mode": "auto"}
    look = {"system": "windows", "services": {"RdAgent": {**service}, "WindowsAzureGuestAgent": {**service}}, "file_version": "2.7.41491.1095 ", "azure": {}}
    return {**look, "guest_agent_version": "2.7.41491.1120", "net_release": 528040, "sids": ["S-1-5-32-544"], **changes}


NEITHER = {"services": {}, "file_version": "", "guest_agent_version": ""}


@pytest.mark.parametrize(
    ("changes", "expected", "steps"),
    [
        ({}, [], set()),
        (NEITHER, ["agent_missing"], {"install", "services"}),
        ({"file_version": "2.6.1198.717"}, ["agent_old"], {"renew", "services"}),
        ({"file_version": "2.7.41491.1009"}, ["agent_old"], {"renew", "services"}),
        ({"file_version": ""}, ["agent_incomplete"], {"install", "services"}),
        ({"services": {"RdAgent": {"state": "started", "start_mode": "delayed"}}}, ["agent_incomplete"], {"install", "services"}),
        ({"net_release": ""}, ["no_dotnet"], set()),
    ],
)
def test_windows_is_judged_too(changes: dict[str, Any], expected: list[str], steps: set[str]) -> None:
    judged = judge(windows(**changes))
    assert codes(judged) == expected
    assert {name for name, value in judged["steps"].items() if value} == steps


def test_windows_needs_an_administrator() -> None:
    assert judge(windows())["refusals"] == judge(windows(sids=["S-1-5-18"]))["refusals"] == []
    assert "no administrator" in judge(windows(sids=["S-1-5-32-545"]))["refusals"][0]
