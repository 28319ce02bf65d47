# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module job_cancel against the simulator."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._jobs import lists
from harness import Azure

pytestmark = pytest.mark.usefixtures("evening")
ESTATE = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]
vms: [{name: web, count: 3, resource_group: app}]
vaults:
  - name: vault-we
    resource_group: backup
    location: westeurope
    items:
      - {vm: app/web-0001, policy: DefaultPolicy, state: Protected}
      - {vm: app/web-0002, policy: DefaultPolicy, state: Protected}
"""
VAULT = {"vault_name": "vault-we", "resource_group": "backup"}


@pytest.fixture
def running(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> Azure:
    """Two backups run, slowly enough that their snapshots are not taken yet: 45 seconds."""
    azure.estate(ESTATE)
    azure.settings(speed=10)
    monkeypatch.setattr(lists, "PAUSES_SECONDS", (0.2,))
    azure.module("backup", **VAULT, vms=["app/web-0001", "app/web-0002"])
    azure.clear_ledger()
    return azure


def named(result: dict[str, Any], key: str = "status") -> dict[str, Any]:
    return {each["vm"].split("/")[-1]: each[key] for each in result["jobs"]}


def predicted_and_done(azure: Azure, **options: Any) -> dict[str, Any]:
    azure.clear_ledger()
    predicted = azure.module("job_cancel", check=True, diff=True, **options)
    assert azure.writes() == []
    done = azure.module("job_cancel", diff=True, **options)
    assert predicted["diff"] == done["diff"] and named(predicted, "changed") == named(done, "changed") and predicted["changed"] == done["changed"]
    done["writes"] = azure.writes()
    azure.clear_ledger()
    again = azure.module("job_cancel", **options)
    assert not again["changed"] and azure.writes() == []
    return done


def test_the_backup_of_a_vm(running: Azure) -> None:
    done = predicted_and_done(running, **VAULT, vms=["APP/web-0001"])
    assert named(done) == {"web-0001": "cancelled"} and len(done["writes"]) == 1
    assert named(running.module("job_info", **VAULT)) == {"web-0001": "cancelled", "web-0002": "in_progress"}
    assert list(done["diff"]["after"].values()) == [{"status": "cancelled"}]
    assert running.module("job_cancel", **VAULT, vms=["app/web-0002"], operations=["restore"])["jobs"] == []


def test_jobs_that_are_named(running: Azure) -> None:
    ids = named(running.module("job_info", **VAULT), "id")
    done = predicted_and_done(running, jobs=list(ids.values()))
    assert named(done) == {"web-0001": "cancelled", "web-0002": "cancelled"}
    again = running.module("job_cancel", jobs=[ids["web-0001"]])
    assert named(again, "reason") == {"web-0001": "it is cancelled already"}


def test_a_job_that_ends_first_is_no_failure(running: Azure) -> None:
    """At this speed a backup takes 5 seconds; the request to cancel is refused when it is over."""
    running.jump(600)
    running.settings(speed=500)
    (vm,) = running.module("backup", **VAULT, vms=["app/web-0001"])["vms"]
    running.fault(method="POST", path="*/cancel", times=1, latency=6, status=400, code="BMSUserErrorJobNotCancellable", message="It has ended.")
    result = running.module("job_cancel", **VAULT, jobs=[vm["job"]])
    assert not result.get("failed") and named(result) == {"web-0001": "completed"} and not result["changed"]
    assert named(result, "reason") == {"web-0001": "it ended as completed before it was cancelled"}
    assert named(running.module("job_cancel", **VAULT, jobs=[vm["job"]]), "reason") == {"web-0001": "it is completed already"}


def test_an_answer_that_is_lost_is_judged_by_the_job(running: Azure) -> None:
    running.fault(method="POST", path="*/cancel", times=1, reset="after")
    result = running.module("job_cancel", **VAULT, vms=["app/web-0001"])
    assert not result.get("failed") and result["changed"] and named(result) == {"web-0001": "cancelled"}


def test_a_refusal_stops_none_of_the_others(running: Azure) -> None:
    names = named(running.module("job_info", **VAULT), "name")
    running.fault(method="POST", path=f"*{names['web-0001']}/cancel", times=1, status=400, code="BMSUserErrorJobNotCancellable", message="No.")
    result = running.module("job_cancel", **VAULT, vms=["app/web-0001", "app/web-0002"])
    assert result["failed"] and named(result) == {"web-0001": "in_progress", "web-0002": "cancelled"}
    assert result["error"]["code"] == "BMSUserErrorJobNotCancellable" and named(result, "changed") == {"web-0001": False, "web-0002": True}


def test_a_backup_whose_snapshot_is_taken_is_refused_with_the_reason(running: Azure) -> None:
    running.jump(50)
    result = running.module("job_cancel", **VAULT, vms=["app/web-0001"])
    assert result["failed"] and named(result) == {"web-0001": "in_progress"} and not result["changed"]
    assert "until its snapshot is taken" in result["msg"] and result["error"]["code"] == "BMSUserErrorJobNotCancellable"


def test_a_time_that_is_too_short_is_told(running: Azure) -> None:
    running.settings(speed=1)
    result = running.module("job_cancel", **VAULT, vms=["app/web-0001"], wait_timeout=1)
    assert result["failed"] and result["error"]["code"] == "OperationTimeout"


@pytest.mark.usefixtures("quick_looks")
def test_what_cannot_be_cancelled_is_refused(azure: Azure) -> None:
    azure.estate(ESTATE)
    azure.module("protection", **VAULT, vms=["app/web-0003"], policy="DefaultPolicy", wait_timeout=15)
    azure.module("protection", **VAULT, vms=["app/web-0003"], state="stopped", wait_timeout=15)
    azure.module("protection", **VAULT, vms=["app/web-0003"], policy="DefaultPolicy", wait_timeout=15)
    azure.settings(speed=1)
    azure.estate("vms: [{name: late, resource_group: app}]")
    azure.module("protection", **VAULT, vms=["app/late"], policy="DefaultPolicy", wait_timeout=1)
    azure.clear_ledger()
    (job,) = azure.module("job_info", **VAULT, statuses=["in_progress"])["jobs"]
    result = azure.module("job_cancel", jobs=[job["id"]])
    assert [each["option"] for each in result["problems"]] == ["jobs"] and "configure_backup" in result["msg"] and azure.writes() == []


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({**VAULT, "vms": ["web"]}, ["vms"]),
        ({"vms": ["app/web-0001"]}, ["vms"]),
        ({"jobs": ["j"]}, ["jobs"]),
        ({**VAULT, "jobs": ["nosuch"]}, ["jobs"]),
        ({**VAULT, "vault_name": "nosuch", "vms": ["app/web-0001"]}, ["vault_name"]),
    ],
)
def test_bad_input(azure: Azure, options: dict[str, Any], wrong: list[str]) -> None:
    azure.estate(ESTATE)
    result = azure.module("job_cancel", **options)
    assert sorted({each["option"] for each in result["problems"]}) == wrong and azure.writes() == []
