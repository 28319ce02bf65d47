# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module backup against the simulator."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._jobs import lists
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._protection import backup
from harness import Azure

pytestmark = pytest.mark.usefixtures("evening")
ESTATE = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]
vms:
  - {name: web, count: 4, resource_group: app, tags: {env: prod}}
  - {name: silent, resource_group: app, agent: {status: NotReady}}
  - {name: bare, resource_group: app, tags: {env: prod}}
vaults:
  - name: vault-we
    resource_group: backup
    location: westeurope
    items:
      - {vm: app/web-0001, policy: DefaultPolicy, state: Protected, last_backup_hours_ago: 5}
      - {vm: app/web-0002, policy: DefaultPolicy, state: IRPending}
      - {vm: app/web-0003, policy: DefaultPolicy, state: Protected, last_backup_hours_ago: 30}
      - {vm: app/web-0004, state: ProtectionStopped}
      - {vm: app/silent, policy: DefaultPolicy, state: Protected}
"""
VAULT = {"vault_name": "vault-we", "resource_group": "backup"}


@pytest.fixture
def filled(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> Azure:
    azure.estate(ESTATE)
    monkeypatch.setattr(lists, "PAUSES_SECONDS", (0.2,))
    monkeypatch.setattr(backup, "LOOKS_SECONDS", (0.2, 0.5))
    monkeypatch.setattr(backup, "AGAIN_SECONDS", (0.2, 0.2))
    return azure


def by_name(result: dict[str, Any], key: str = "status") -> dict[str, Any]:
    return {each["name"]: each[key] for each in result["vms"]}


def posts(azure: Azure) -> list[str]:
    """The VMs that a backup was asked for, in order, each as often as it was."""
    return [each.split(";")[-1].split("/")[0] for each in azure.writes() if each.startswith("POST") and each.endswith("/backup")]


def predicted_and_done(azure: Azure, **options: Any) -> dict[str, Any]:
    """The result of the run; asserts that check mode wrote nothing and told the truth, and that a second run begins no other backup."""
    azure.clear_ledger()
    predicted = azure.module("backup", check=True, diff=True, **options)
    assert azure.writes() == []
    done = azure.module("backup", diff=True, **options)
    assert predicted["diff"] == done["diff"] and predicted["summary"] == done["summary"] and predicted["changed"] == done["changed"]
    assert by_name(predicted) == by_name(done)
    done["writes"] = azure.writes()
    azure.clear_ledger()
    again = azure.module("backup", **options)
    assert not again["changed"] and azure.writes() == [] and set(by_name(again).values()) <= {"unchanged", "skipped"}
    return done


def test_vms_that_are_named(filled: Azure) -> None:
    done = predicted_and_done(filled, **VAULT, vms=["app/web-0001", filled.vm_id("app", "web-0002")])
    assert by_name(done) == {"web-0001": "changed", "web-0002": "changed"} and len(done["writes"]) == 2
    assert done["diff"]["after"][filled.vm_id("app", "web-0001")] == {"backup": "in_progress"}
    jobs_shown = {each["vm"].split("/")[1]: each["name"] for each in filled.module("job_info", **VAULT)["jobs"]}
    assert by_name(done, "job") == jobs_shown and by_name(done, "job_status") == dict.fromkeys(jobs_shown, "in_progress")


def test_vms_found_by_tag(filled: Azure) -> None:
    done = predicted_and_done(filled, **VAULT, tags={"env": "prod"})
    assert by_name(done) == {"web-0001": "changed", "web-0002": "changed", "web-0003": "changed", "web-0004": "skipped", "bare": "skipped"}
    reasons = by_name(done, "reason")
    assert "stopped" in reasons["web-0004"] and "does not protect it" in reasons["bare"]


def test_only_vms_without_a_young_backup(filled: Azure) -> None:
    done = predicted_and_done(filled, **VAULT, tags={"env": "prod"}, older_than_hours=24)
    assert by_name(done)["web-0001"] == "unchanged" and sorted(posts_of(done)) == ["web-0002", "web-0003"]
    assert "not older than 24 hours" in by_name(done, "reason")["web-0001"]
    filled.jump(7200)
    filled.clear_ledger()
    assert not filled.module("backup", **VAULT, tags={"env": "prod"}, older_than_hours=24)["changed"] and filled.writes() == []


def posts_of(done: dict[str, Any]) -> list[str]:
    return [each.split(";")[-1].split("/")[0] for each in done["writes"]]


def test_the_recovery_point_is_kept_as_long_as_asked(filled: Azure) -> None:
    filled.module("backup", **VAULT, vms=["app/web-0001"], retain_until="2099-01-31T00:00:00Z")
    filled.module("backup", **VAULT, vms=["app/web-0002"])
    (first, second) = sorted(
        (each["body"]["properties"]["recoveryPointExpiryTimeInUTC"] for each in filled.requests(writes="true")), reverse=True
    )
    assert first == "2099-01-31T00:00:00.000Z"
    assert timedelta(days=29.9) < datetime.fromisoformat(second) - filled.controller_time() < timedelta(days=30.1)


def test_waiting_for_all_jobs_by_lists(filled: Azure) -> None:
    filled.settings(speed=1200)
    result = filled.module("backup", **VAULT, vms=["app/web-0001", "app/web-0002", "app/web-0003"], wait=True, wait_timeout=60)
    assert by_name(result, "job_status") == dict.fromkeys(("web-0001", "web-0002", "web-0003"), "completed")
    assert by_name(result) == dict.fromkeys(("web-0001", "web-0002", "web-0003"), "changed")
    single = [each["path"] for each in filled.requests(kind="arm") if "/backupJobs/" in each["path"]]
    assert single == []


def test_a_job_that_fails_fails_its_vm_and_no_other(filled: Azure) -> None:
    filled.settings(speed=1200)
    result = filled.module("backup", **VAULT, vms=["app/web-0001", "app/silent"], wait=True, wait_timeout=60)
    assert result["failed"] and result["changed"] and by_name(result) == {"silent": "failed", "web-0001": "changed"}
    assert result["error"]["code"] == "GuestAgentSnapshotTaskStatusError"
    reason = by_name(result, "reason")["silent"]
    assert "Take Snapshot failed" in reason and "Hint: " in reason and "168.63.129.16" in reason and reason in result["msg"]
    assert [each["name"] for each in by_name(result, "tasks")["silent"]] == ["Take Snapshot", "Transfer data to vault"]
    assert by_name(result, "job_status") == {"silent": "failed", "web-0001": "completed"}


def test_a_running_backup_is_waited_for_and_not_asked_for_again(filled: Azure) -> None:
    filled.settings(speed=600)
    filled.module("backup", **VAULT, vms=["app/web-0001"])
    result = filled.module("backup", **VAULT, vms=["app/web-0001"], wait=True, wait_timeout=60)
    assert not result["changed"] and by_name(result) == {"web-0001": "unchanged"} and by_name(result, "job_status") == {"web-0001": "completed"}
    assert posts(filled) == ["web-0001"]


def test_a_time_that_is_too_short_is_told_and_the_backup_goes_on(filled: Azure) -> None:
    result = filled.module("backup", **VAULT, vms=["app/web-0001"], wait=True, wait_timeout=1)
    assert result["failed"] and result["error"]["code"] == "OperationTimeout" and "job_info" in result["msg"] and result["changed"]
    assert filled.module("job_info", **VAULT)["summary"]["in_progress"] == 1


@pytest.mark.parametrize("check", [False, True])
def test_every_problem_at_once_before_any_write(filled: Azure, check: bool) -> None:
    result = filled.module("backup", check=check, **VAULT, vms=["app/web-0001", "app/web-0004", "app/bare", "app/ghost"])
    assert result["failed"] and filled.writes() == [] and len(result["problems"]) == 3
    for part in ("web-0004: its protection is stopped", "bare: vault vault-we does not protect it", "ghost: vault vault-we does not"):
        assert part in result["msg"]


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({}, ["vms"]),
        ({"vms": ["x"], "retain_days": 0, "older_than_hours": 0, "parallel": 99}, ["older_than_hours", "parallel", "retain_days", "vms"]),
        ({"vms": ["app/web-0001"], "retain_until": "tomorrow"}, ["retain_until"]),
        ({"vms": ["app/web-0001"], "retain_until": "2020-01-01"}, ["retain_until"]),
        ({"vms": ["app/web-0001"], "vault_name": "nosuch"}, ["vault_name"]),
        ({"tags": {"env": "nowhere"}}, ["tags"]),
    ],
)
def test_bad_input(filled: Azure, options: dict[str, Any], wrong: list[str]) -> None:
    result = filled.module("backup", **{**VAULT, **options})
    assert sorted({each["option"] for each in result["problems"]}) == wrong and filled.writes() == []


def test_what_an_earlier_task_would_protect_is_predicted(filled: Azure) -> None:
    options = {**VAULT, "vms": ["app/bare"], "assume_created": True}
    assert by_name(filled.module("backup", check=True, **options)) == {"bare": "changed"}
    assert by_name(filled.module("backup", check=True, **{**options, "vault_name": "new-vault"})) == {"bare": "changed"}
    assert filled.module("backup", **options)["problems"] and filled.writes() == []


def test_a_refused_vm_does_not_stop_the_others(filled: Azure) -> None:
    refusal = {"status": 400, "code": "CloudDosAbsoluteLimitReached", "message": "Only 9 on-demand backups."}
    filled.fault(method="POST", path="*web-0001*", times=1, **refusal)
    result = filled.module("backup", **VAULT, vms=["app/web-0001", "app/web-0002"])
    assert by_name(result) == {"web-0001": "failed", "web-0002": "changed"} and "24 hours" in result["msg"]
    assert by_name(result, "changed") == {"web-0001": False, "web-0002": True}


def test_a_backup_that_somebody_else_began_in_between_is_no_failure(filled: Azure) -> None:
    busy = {"status": 409, "code": "UserErrorBackupOperationInProgress", "message": "Another backup operation is in progress."}
    filled.fault(method="POST", path="*web-0001*", times=1, **busy)
    result = filled.module("backup", **VAULT, vms=["app/web-0001", "app/web-0002"])
    assert by_name(result) == {"web-0001": "unchanged", "web-0002": "changed"}


def test_an_operation_that_fails_is_told_with_its_code(filled: Azure) -> None:
    failure = {"code": "UserErrorVmProvisioningStateFailed", "message": "The VM is in a failed state."}
    filled.fault(method="POST", path="*web-0001*", times=1, fail_operation=failure)
    result = filled.module("backup", **VAULT, vms=["app/web-0001", "app/web-0002"], wait=True, wait_timeout=1)
    assert by_name(result)["web-0001"] == "failed" and "UserErrorVmProvisioningStateFailed" in by_name(result, "reason")["web-0001"]


@pytest.mark.parametrize("reset", ["before", "after"])
def test_a_lost_answer_is_looked_for_and_the_request_never_repeated(filled: Azure, reset: str) -> None:
    filled.fault(method="POST", path="*web-0001*", reset=reset)
    result = filled.module("backup", **VAULT, vms=["app/web-0001"])
    assert by_name(result) == {"web-0001": "changed" if reset == "after" else "failed"}
    assert by_name(result, "changed") == {"web-0001": reset == "after"}
    assert len(filled.module("job_info", **VAULT)["jobs"]) == (1 if reset == "after" else 0)
    again = filled.module("backup", **VAULT, vms=["app/web-0001"])
    assert by_name(again) == {"web-0001": "unchanged" if reset == "after" else "changed"}
    assert len(filled.module("job_info", **VAULT)["jobs"]) == 1


@pytest.mark.parametrize(
    ("fault", "again"),
    [
        ({"status": 429, "retry_after": 1}, True),
        ({"status": 400, "code": "BMSUserErrorObjectLocked", "message": "Another operation is in progress on the selected item."}, True),
        ({"status": 503}, False),
    ],
)
def test_requests_that_were_not_taken_are_sent_again_and_no_others(filled: Azure, fault: dict[str, Any], again: bool) -> None:
    filled.fault(method="POST", path="*web-0001*", times=1, **fault)
    result = filled.module("backup", **VAULT, vms=["app/web-0001", "app/web-0002"])
    assert by_name(result) == {"web-0001": "changed" if again else "failed", "web-0002": "changed"}
    assert len(filled.module("job_info", **VAULT)["jobs"]) == 1 + again


FLEET = """
resource_groups: [{name: backup, location: westeurope}, {name: fleet, location: westeurope}]
vms: [{name: vm, count: 60, resource_group: fleet, tags: {env: prod}}]
vaults: [{name: vault-we, resource_group: backup, location: westeurope, items: [ITEMS]}]
"""


def test_a_fleet_in_one_task(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    """60 VMs over pages: one request each, jobs found and waited for by lists."""
    monkeypatch.setattr(lists, "PAUSES_SECONDS", (0.2,))
    monkeypatch.setattr(lists, "PAGE_SECONDS", 0.2)
    items = ", ".join(f"{{vm: fleet/vm-{n:04}, policy: DefaultPolicy, state: Protected}}" for n in range(1, 61))
    azure.estate(FLEET.replace("ITEMS", items))
    azure.settings(page_size=25, speed=600)
    result = azure.module("backup", **VAULT, tags={"env": "prod"}, wait=True, wait_timeout=90)
    assert result["summary"] == {"changed": 60, "unchanged": 0, "skipped": 0, "failed": 0}
    assert set(by_name(result, "job_status").values()) == {"completed"} and len(set(by_name(result, "job").values())) == 60
    assert len(posts(azure)) == len(set(posts(azure))) == 60
    assert not [each for each in azure.requests(kind="arm") if "/backupJobs/" in each["path"] or "/backupOperations/" in each["path"]]


def test_killed_in_the_middle_the_next_run_finishes_and_repeats_nothing(filled: Azure) -> None:
    options = {**VAULT, "vms": ["app/web-0001", "app/web-0002", "app/web-0003", "app/silent"]}
    filled.fault(method="POST", path="*/backup", latency=0.5, times=0)
    process = filled.start("backup", **options, parallel=1)
    try:
        end = time.monotonic() + 120
        while len(posts(filled)) < 2 and time.monotonic() < end and process.poll() is None:
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    time.sleep(0.6)  # what was under way is still taken
    assert 2 <= len(posts(filled)) < 4
    result = filled.module("backup", **options)
    assert not result.get("failed"), result["msg"]
    assert len(posts(filled)) == len(set(posts(filled))) == 4
