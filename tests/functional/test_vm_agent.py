# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module vm_agent against the simulator."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest import agents
from harness import Azure

ESTATE = """
resource_groups: [{name: app, location: westeurope}, {name: data, location: northeurope}]
vms:
  - {name: web, count: 3, resource_group: app, tags: {env: prod}, extension_operations: false}
  - {name: good, resource_group: app, tags: {env: prod}}
  - {name: quiet, resource_group: app, agent: {status: NotReady}}
  - {name: bare, resource_group: app, agent: {status: Missing}}
  - {name: old, resource_group: app, agent: {version: 2.2.45}}
  - {name: sick, resource_group: app, agent: {message: GuestAgent is running and waiting for network issue to be resolved.}}
  - {name: win, resource_group: data, os: Windows, agent: {version: 2.6.1198.718}}
  - {name: dark, resource_group: data, power: deallocated, extension_operations: false}
"""
ALLOW = {"allow_extension_operations": True, "ready_timeout": 0}
PRINTED = "installing\nvm-agent: ok: walinuxagent restarts in 15 seconds\n"
FIXED = {"stdout": PRINTED, "agent": {"status": "Ready", "version": "2.15.0.1", "message": "Guest Agent is running"}}


@pytest.fixture
def filled(azure: Azure) -> Azure:
    azure.estate(ESTATE)
    azure.control("DELETE", "run_commands")
    return azure


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agents, "LOOK_AGAIN_SECONDS", 0.2)


def by_name(result: dict[str, Any], key: str = "status") -> dict[str, Any]:
    return {each["name"]: each[key] for each in result["vms"]}


def predicted_and_done(azure: Azure, **options: Any) -> dict[str, Any]:
    """The run's result; asserts that check mode wrote nothing and told the truth, and that a second run is idle."""
    azure.clear_ledger()
    predicted = azure.module("vm_agent", check=True, diff=True, **options)
    assert azure.writes() == []
    done = azure.module("vm_agent", diff=True, **options)
    assert predicted["diff"] == done["diff"] and by_name(predicted, "after") == by_name(done, "after")
    assert predicted["summary"] == done["summary"] and by_name(predicted) == by_name(done)
    done["writes"] = [each.rpartition("/")[2] for each in azure.writes()]
    azure.clear_ledger()
    again = azure.module("vm_agent", **options)
    assert not again["changed"] and azure.writes() == []
    return done


def test_extensions_are_allowed_where_they_were_not(filled: Azure) -> None:
    done = predicted_and_done(filled, **ALLOW, tags={"env": "prod"}, vms=["data/dark"])
    assert by_name(done) == {"web-0001": "changed", "web-0002": "changed", "web-0003": "changed", "good": "unchanged", "dark": "changed"}
    assert sorted(done["writes"]) == ["dark", "web-0001", "web-0002", "web-0003"]
    assert done["diff"]["before"][filled.vm_id("app", "web-0001")] == {"allow_extension_operations": False}
    assert by_name(done, "agent")["web-0001"]["status"] == "ready" and "deallocated" in by_name(done, "reason")["dark"]
    (shown,) = filled.module("vm_info", vms=["app/web-0001"])["vms"]
    assert shown["extension_operations_allowed"] is True and shown["tags"] == {"env": "prod"}


def test_what_no_option_names_is_left_alone(filled: Azure) -> None:
    filled.clear_ledger()
    result = filled.module("vm_agent", vms=["app/web-0001"], wait_ready=False)
    assert not result["changed"] and filled.writes() == [] and by_name(result, "agent") == {"web-0001": None}
    assert len(filled.requests()) == 1


def test_extensions_are_not_forbidden_where_there_are_some(filled: Azure) -> None:
    vm = filled.vm_id("app", "good")
    filled.send("PUT", f"{vm}/extensions/one", {"properties": {"publisher": "P", "type": "T", "typeHandlerVersion": "1.0"}})
    filled.jump(600)
    filled.clear_ledger()
    options = {"allow_extension_operations": False, "wait_ready": False}
    named = filled.module("vm_agent", **options, vms=["app/good", "app/old"])
    assert [each["option"] for each in named["problems"]] == ["vms"] and "extensions: one" in named["msg"] and filled.writes() == []
    done = predicted_and_done(filled, **options, names=["good", "old"])
    assert by_name(done) == {"good": "skipped", "old": "changed"}


def test_agents_that_do_not_report_fail_and_the_others_go_on(filled: Azure) -> None:
    result = filled.module("vm_agent", **ALLOW, all_vms=True)
    assert result["failed"] and result["error"]["code"] == "AgentNotReady"
    assert {name for name, status in by_name(result).items() if status == "failed"} == {"quiet", "bare"}
    assert by_name(result)["web-0001"] == "changed"
    reasons = by_name(result, "reason")
    assert "not yet populated" in reasons["quiet"] and "168.63.129.16" in reasons["quiet"]
    assert "2.2.45" in reasons["old"] and "network issue" in reasons["sick"] and reasons["good"] is None


def test_an_agent_that_comes_is_waited_for(filled: Azure) -> None:
    def start() -> None:
        time.sleep(0.7)
        filled.control("POST", "vms/app/quiet", json={"agent": {"status": "Ready"}})

    thread = threading.Thread(target=start)
    thread.start()
    result = filled.module("vm_agent", vms=["app/quiet"], ready_timeout=20)
    thread.join()
    assert by_name(result) == {"quiet": "unchanged"} and by_name(result, "agent")["quiet"]["status"] == "ready"
    assert not result["changed"] and filled.writes() == []


def test_old_and_sick_agents_are_installed_anew(filled: Azure) -> None:
    filled.control("POST", "run_commands", json={**FIXED, "match": "apt-get.*walinuxagent|walinuxagent"})
    windows = {**FIXED["agent"], "version": "2.7.41491.1095"}
    filled.control("POST", "run_commands", json={**FIXED, "vm": "win", "match": "fwlink/.LinkID=394789", "agent": windows})
    done = predicted_and_done(filled, names=["old", "sick", "win", "good"], repair="reporting", ready_timeout=10)
    assert by_name(done) == {"old": "changed", "sick": "changed", "win": "changed", "good": "unchanged"}
    assert done["writes"] == ["runCommand"] * 3
    assert by_name(done, "agent")["old"]["version"] == "2.15.0.1" and "vm-agent: ok" in by_name(done, "output")["old"]
    assert done["diff"]["after"][filled.vm_id("app", "old")] == {"agent_well": True}


def test_the_package_for_windows_is_one_that_is_asked_for(filled: Azure) -> None:
    filled.control("POST", "run_commands", json={**FIXED, "match": "https://mirror.example.com/a.msi(.|\n)*0{64}", "agent": {"version": "2.8.0.0"}})
    package = {"url": "https://mirror.example.com/a.msi", "sha256": "0" * 64}
    result = filled.module("vm_agent", names=["win"], repair="reporting", ready_timeout=10, windows_package=package)
    assert by_name(result) == {"win": "changed"}


def test_an_agent_that_does_not_report_is_repaired_only_if_asked_for(filled: Azure) -> None:
    filled.clear_ledger()
    result = filled.module("vm_agent", vms=["app/quiet"], repair="reporting", ready_timeout=0)
    assert by_name(result) == {"quiet": "failed"} and filled.writes() == []
    predicted = filled.module("vm_agent", check=True, vms=["app/quiet"], repair="all", ready_timeout=1)
    assert by_name(predicted) == {"quiet": "changed"} and filled.writes() == []
    result = filled.module("vm_agent", vms=["app/quiet"], repair="all", ready_timeout=1)
    assert by_name(result) == {"quiet": "failed"} and len(filled.writes()) == 1
    assert "carried by the agent itself" in result["msg"]
    filled.control("POST", "vms/app/quiet", json={"agent": {"status": "Ready"}})
    again = filled.module("vm_agent", vms=["app/quiet"], repair="all", ready_timeout=1)
    assert by_name(again) == {"quiet": "unchanged"} and len(filled.writes()) == 1


def test_a_script_that_an_earlier_run_began_is_waited_for_and_not_begun_again(filled: Azure) -> None:
    filled.module("vm_agent", vms=["app/quiet"], repair="all", ready_timeout=0)
    result = filled.module("vm_agent", vms=["app/quiet"], repair="all", ready_timeout=1)
    assert "Conflict" not in result["msg"] and result["error"]["code"] == "AgentNotReady"
    assert [each["status"] for each in filled.requests(writes="true")] == [202, 409]


def test_a_script_that_a_killed_run_left_is_waited_for(filled: Azure) -> None:
    filled.control("POST", "run_commands", json={**FIXED, "seconds": 120})
    filled.send("POST", f"{filled.vm_id('app', 'old')}/runCommand", {"commandId": "RunShellScript", "script": ["walinuxagent"]})
    result = filled.module("vm_agent", vms=["app/old"], repair="reporting", ready_timeout=20)
    assert by_name(result) == {"old": "changed"} and by_name(result, "agent")["old"]["version"] == "2.15.0.1"
    assert [each["status"] for each in filled.requests(writes="true")] == [202, 409]


@pytest.mark.parametrize(
    ("printed", "told"),
    [("vm-agent: failed: apt-get could not install walinuxagent\n", "apt-get could not install"), ("Killed\n", "did not come to its end")],
)
def test_a_script_that_fails_is_told(filled: Azure, printed: str, told: str) -> None:
    filled.control("POST", "run_commands", json={"vm": "old", "stdout": printed})
    filled.control("POST", "run_commands", json={**FIXED, "vm": "sick"})
    result = filled.module("vm_agent", names=["old", "sick"], repair="reporting", ready_timeout=10)
    assert by_name(result) == {"old": "failed", "sick": "changed"} and told in result["msg"]
    assert printed.strip() in by_name(result, "output")["old"]


@pytest.mark.usefixtures("evening")
def test_no_agent_is_touched_while_its_vm_is_backed_up(filled: Azure) -> None:
    filled.estate("""
vaults:
  - name: vault-we
    resource_group: app
    items: [{vm: app/old, policy: DefaultPolicy, state: Protected}, {vm: app/sick, policy: DefaultPolicy, state: Protected}]
""")
    item = filled.module("protection_info", vms=["app/old"])["protected_items"][0]["id"]
    filled.send("POST", f"{item}/backup", {"properties": {"objectType": "IaasVMBackupRequest"}})
    filled.control("POST", "run_commands", json=FIXED)
    filled.settings(speed=1)
    filled.jump(30)
    filled.settings(speed=60)
    result = filled.module("vm_agent", names=["old", "sick"], repair="reporting", ready_timeout=10)
    assert by_name(result) == {"old": "skipped", "sick": "changed"}
    assert "backup job" in by_name(result, "reason")["old"] and "vault-we" in by_name(result, "reason")["old"]


def test_one_failure_does_not_stop_the_others(filled: Azure) -> None:
    filled.fault(method="PATCH", path="*web-0002", status=409, code="AllocationFailed", message="No.")
    filled.fault(method="PATCH", path="*web-0003", fail_operation={"code": "InternalExecutionError", "message": "It broke."})
    result = filled.module("vm_agent", **ALLOW, tags={"env": "prod"})
    assert by_name(result) == {"web-0001": "changed", "web-0002": "failed", "web-0003": "failed", "good": "unchanged"}
    assert "AllocationFailed" in result["msg"] and "It broke." in result["msg"]
    assert by_name(result, "changed") == {"web-0001": True, "web-0002": False, "web-0003": False, "good": False}


@pytest.mark.parametrize("check", [False, True])
def test_bad_input(filled: Azure, check: bool) -> None:
    filled.clear_ledger()
    wrong = {
        "vms": ["x"],
        "minimum_version": {"linux": "new"},
        "windows_package": {"url": "https://x/'; rm", "sha256": "12"},
        "ready_timeout": -1,
        "parallel": 99,
    }
    result = filled.module("vm_agent", check=check, **wrong)
    assert sorted({each["option"] for each in result["problems"]}) == ["minimum_version", "parallel", "ready_timeout", "vms", "windows_package"]
    missing = filled.module("vm_agent", check=check, vms=["app/ghost"])
    assert "ghost" in missing["msg"] and filled.writes() == []


FLEET = """
resource_groups: [{name: fleet, location: westeurope}]
vms: [{name: vm, count: 60, resource_group: fleet, extension_operations: false}]
"""


def test_a_fleet_in_a_few_lists(azure: Azure) -> None:
    azure.estate(FLEET)
    azure.settings(page_size=40)
    azure.clear_ledger()
    result = azure.module("vm_agent", resource_groups=["fleet"], ready_timeout=0)
    assert result["summary"]["unchanged"] == 60 and len(azure.requests()) == 4
    done = azure.module("vm_agent", **ALLOW, resource_groups=["fleet"], parallel=32)
    assert done["summary"]["changed"] == 60 and len(azure.writes()) == 60
