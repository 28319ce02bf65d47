# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module job_info against the simulator."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._jobs import lists
from harness import Azure

pytestmark = pytest.mark.usefixtures("evening")
ESTATE = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]
vms: [{name: web, count: 6, resource_group: app}, {name: silent, resource_group: app, agent: {status: NotReady}}]
vaults:
  - name: vault-we
    resource_group: backup
    location: westeurope
    items:
      - {vm: app/web-0001, policy: DefaultPolicy, state: Protected}
      - {vm: app/web-0002, policy: DefaultPolicy, state: Protected}
      - {vm: app/silent, policy: DefaultPolicy, state: Protected}
  - name: other
    resource_group: backup
    location: westeurope
    items: [{vm: app/web-0003, policy: DefaultPolicy, state: Protected}]
"""
VAULT = {"vault_name": "vault-we", "resource_group": "backup"}


@pytest.fixture
def filled(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> Azure:
    azure.estate(ESTATE)
    monkeypatch.setattr(lists, "PAUSES_SECONDS", (0.2,))
    return azure


def back_up(azure: Azure, vm: str, vault: str = "vault-we") -> None:
    """Start a backup as somebody else would."""
    place = f"{azure.id('backup', 'Microsoft.RecoveryServices/vaults', vault)}/backupFabrics/Azure"
    item = f"{place}/protectionContainers/IaasVMContainer;iaasvmcontainerv2;app;{vm}/protectedItems/VM;iaasvmcontainerv2;app;{vm}"
    azure.send("POST", f"{item}/backup", {"properties": {"objectType": "IaasVMBackupRequest"}})


def named(result: dict[str, Any], key: str = "status") -> dict[str, Any]:
    return {each["vm"].split("/")[-1]: each[key] for each in result["jobs"]}


def test_jobs_of_one_vault_and_of_all(filled: Azure) -> None:
    back_up(filled, "web-0001")
    back_up(filled, "web-0003", "other")
    filled.clear_ledger()
    assert named(filled.module("job_info", **VAULT)) == {"web-0001": "in_progress"}
    assert len(filled.requests(kind="arm")) == 1
    every = filled.module("job_info", check=True)
    assert named(every) == {"web-0001": "in_progress", "web-0003": "in_progress"} and not every["changed"]
    assert every["summary"]["in_progress"] == 2
    assert named(every, "vault_name") == {"web-0001": "vault-we", "web-0003": "other"}
    assert named(filled.module("job_info", resource_group="BACKUP", vms=["APP/WEB-0003"])) == {"web-0003": "in_progress"}
    assert named(filled.module("job_info", location="northeurope")) == {}
    assert filled.writes() == []


def test_filters(filled: Azure) -> None:
    back_up(filled, "web-0001")
    filled.jump(7200)
    back_up(filled, "web-0002")
    for options, expected in (
        ({"statuses": ["completed"]}, {"web-0001"}),
        ({"statuses": ["in_progress", "cancelling"]}, {"web-0002"}),
        ({"operations": ["backup"]}, {"web-0001", "web-0002"}),
        ({"operations": ["restore", "undelete"]}, set()),
        ({"vms": [filled.vm_id("app", "web-0002")]}, {"web-0002"}),
        ({"until": "2020-01-01"}, set()),
        ({"since": "2020-01-01"}, {"web-0001", "web-0002"}),
    ):
        assert set(named(filled.module("job_info", **VAULT, **options))) == expected, options


def test_a_failed_job_says_why_with_its_tasks(filled: Azure) -> None:
    back_up(filled, "silent")
    back_up(filled, "web-0001")
    filled.jump(7200)
    filled.clear_ledger()
    result = filled.module("job_info", **VAULT)
    (failed,) = (each for each in result["jobs"] if each["status"] == "failed")
    assert failed["error"]["code"] == "GuestAgentSnapshotTaskStatusError" and failed["error"]["recommendations"]
    assert [(each["name"], each["status"]) for each in failed["tasks"]] == [("Take Snapshot", "failed"), ("Transfer data to vault", "not_started")]
    assert [each["tasks"] for each in result["jobs"] if each["status"] == "completed"] == [None]
    assert len(filled.requests(kind="arm")) == 2 and not result.get("failed")


def test_waiting_takes_one_list_a_look_however_many_jobs_there_are(filled: Azure) -> None:
    """A backup takes 41 seconds of simulated time at this speed."""
    filled.settings(speed=1200)
    for vm in ("web-0001", "web-0002"):
        back_up(filled, vm)
    filled.clear_ledger()
    result = filled.module("job_info", **VAULT, operations=["backup"], wait=True, wait_timeout=60)
    assert named(result) == {"web-0001": "completed", "web-0002": "completed"}
    reads = [each["path"].rsplit("/", 1)[-1] for each in filled.requests(kind="arm")]
    assert set(reads) == {"backupJobs"} and 3 <= len(reads) < 20


def test_a_job_that_fails_while_it_is_waited_for_fails_the_task(filled: Azure) -> None:
    filled.settings(speed=1200)
    back_up(filled, "silent")
    back_up(filled, "web-0001")
    options = {**VAULT, "vms": ["app/silent", "app/web-0001"], "wait": True, "wait_timeout": 60}
    result = filled.module("job_info", **options)
    assert result["failed"] and named(result) == {"silent": "failed", "web-0001": "completed"}
    assert "1 of 2 jobs failed" in result["msg"] and "app/silent" in result["msg"]
    assert "Recommendation" in result["msg"] and "Take Snapshot failed" in result["msg"]
    assert result["error"]["code"] == "GuestAgentSnapshotTaskStatusError"
    assert not filled.module("job_info", **options).get("failed")  # it was over before that task began
    assert filled.module("job_info", **VAULT, jobs=[named(result, "name")["silent"]], wait=True)["failed"]
    assert not filled.module("job_info", **VAULT, jobs=[named(result, "name")["silent"]], wait=True, fail_on_failed=False).get("failed")


def test_named_jobs(filled: Azure) -> None:
    back_up(filled, "web-0001")
    back_up(filled, "web-0002")
    back_up(filled, "web-0003", "other")
    every = filled.module("job_info")
    ids, names = named(every, "id"), named(every, "name")
    result = filled.module("job_info", jobs=[ids["web-0001"].upper(), ids["web-0003"]])
    assert named(result) == {"web-0001": "in_progress", "web-0003": "in_progress"}
    assert all(each["tasks"] for each in result["jobs"])
    assert named(filled.module("job_info", **VAULT, jobs=[names["web-0002"]])) == {"web-0002": "in_progress"}
    refused = filled.module("job_info", **VAULT, jobs=[names["web-0003"], names["web-0001"]])
    assert [each["option"] for each in refused["problems"]] == ["jobs"] and names["web-0003"] in refused["msg"]


def test_a_time_that_is_over_is_told_with_the_jobs_that_run(filled: Azure) -> None:
    back_up(filled, "web-0001")
    result = filled.module("job_info", **VAULT, wait=True, wait_timeout=1)
    assert result["failed"] and result["error"]["code"] == "OperationTimeout" and "web-0001" in result["msg"]
    assert named(result) == {"web-0001": "in_progress"}


@pytest.mark.parametrize("fault", [{"status": 503}, {"reset": True}, {"truncate": True}])
def test_waiting_survives_passing_faults(filled: Azure, fault: dict[str, Any]) -> None:
    filled.settings(speed=1200)
    back_up(filled, "web-0001")
    filled.fault(method="GET", path="*/backupJobs", skip=1, times=2, **fault)
    result = filled.module("job_info", **VAULT, wait=True, wait_timeout=60)
    assert named(result) == {"web-0001": "completed"}


def test_a_vault_that_may_not_be_read_ends_the_waiting(filled: Azure) -> None:
    back_up(filled, "web-0001")
    filled.fault(method="GET", path="*/backupJobs", skip=2, times=0, status=403)
    result = filled.module("job_info", **VAULT, wait=True, wait_timeout=60)
    assert result["failed"] and result["error"]["code"] == "AuthorizationFailed"


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({**VAULT, "vms": ["web"], "since": "now", "until": "x"}, ["since", "until", "vms"]),
        ({"jobs": ["j1"]}, ["jobs"]),
        ({"jobs": ["/subscriptions/x/y"]}, ["jobs"]),
        ({**VAULT, "jobs": ["j1"], "since": "2026-01-01"}, ["jobs"]),
        ({**VAULT, "vault_name": "nosuch"}, ["vault_name"]),
        ({**VAULT, "vault_name": "!"}, ["vault_name"]),
        ({"jobs": ["/subscriptions/s2/resourceGroups/a/providers/Microsoft.RecoveryServices/vaults/b/backupJobs/c"]}, ["jobs"]),
    ],
)
def test_bad_input(filled: Azure, options: dict[str, Any], wrong: list[str]) -> None:
    result = filled.module("job_info", **options)
    assert sorted({each["option"] for each in result["problems"]}) == wrong


def test_many_jobs_over_pages_and_among_thirty_days(azure: Azure) -> None:
    vms = "".join(f"      - {{vm: app/web-{n:04}, policy: DefaultPolicy, state: Protected}}\n" for n in range(1, 13))
    azure.estate(
        "resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]\n"
        "vms: [{name: web, count: 12, resource_group: app}]\n"
        f"vaults:\n  - name: vault-we\n    resource_group: backup\n    location: westeurope\n    items:\n{vms}"
    )
    azure.settings(page_size=5)
    for n in range(1, 13):
        back_up(azure, f"web-{n:04}")
    every = azure.module("job_info", **VAULT)
    assert len(every["jobs"]) == 12
    azure.clear_ledger()
    again = azure.module("job_info", **VAULT, jobs=[each["name"] for each in every["jobs"]])
    assert [each["name"] for each in again["jobs"]] == [each["name"] for each in every["jobs"]]
    assert len([each for each in azure.requests(kind="arm") if each["path"].endswith("/backupJobs")]) == 3


def test_when_the_time_is_over_those_that_have_ended_are_shown_as_they_ended(filled: Azure) -> None:
    """The backup of one ends while that of the other runs on: at the usual speed both take 41 seconds."""
    back_up(filled, "web-0001")
    filled.jump(38)
    back_up(filled, "web-0002")
    result = filled.module("job_info", **VAULT, wait=True, wait_timeout=6)
    assert result["failed"] and "the end of 1 of 2 jobs" in result["msg"]
    assert named(result) == {"web-0001": "completed", "web-0002": "in_progress"}


def test_a_vault_that_cannot_be_read_hides_no_other(filled: Azure) -> None:
    back_up(filled, "web-0001")
    back_up(filled, "web-0003", "other")
    filled.fault(method="GET", path="*/other/backupJobs", times=0, status=403)
    result = filled.module("job_info")
    assert named(result) == {"web-0001": "in_progress"} and "AuthorizationFailed" in result["unread"][0]["message"]
    assert filled.module("job_info", vault_name="other", resource_group="backup")["failed"]


def test_when_azure_refuses_reads_for_an_hour_waiting_takes_a_long_pause(filled: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait that long is not slept within a request, it is left to the one who waits."""
    monkeypatch.setattr(lists, "SPENT_PAUSE_SECONDS", 3.0)
    filled.settings(speed=1200)
    back_up(filled, "web-0001")
    filled.fault(method="GET", path="*/backupJobs", skip=1, times=1, status=429, retry_after=900)
    filled.clear_ledger()
    assert named(filled.module("job_info", **VAULT, wait=True, wait_timeout=60)) == {"web-0001": "completed"}
    assert len(filled.requests(kind="arm")) == 4
