# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why backups fail, and what a machine that is off gets instead."""

from __future__ import annotations

from typing import Any

import pytest

DAY = 86_400
LOCK = "Microsoft.Authorization/locks/keep"
BODY = {"properties": {"objectType": "IaasVMBackupRequest"}}


def change(vault: Any, name: str, **keys: Any) -> None:
    """Let a VM be otherwise from now on."""
    vm = vault.world.store.resource(vault.azure.id(f"Microsoft.Compute/virtualMachines/{name}"))
    vault.world.store.put_resource({**vm, **keys})


def lock(vault: Any, scope: str, level: str) -> None:
    answer = vault.azure.send("PUT", f"{scope}/providers/{LOCK}", {"properties": {"level": level}})
    assert answer.status == 201, answer.body


def agent_missing(vault: Any) -> None:
    change(vault, "web", _agent={"status": "Missing"})


def agent_not_ready(vault: Any) -> None:
    change(vault, "web", _agent={"status": "NotReady"})


def machine_failed(vault: Any) -> None:
    vm = vault.azure.get("Microsoft.Compute/virtualMachines/web")
    change(vault, "web", properties={**vm["properties"], "provisioningState": "Failed"})


def group_locked(vault: Any) -> None:
    lock(vault, vault.azure.group.replace("/app", "/machines"), "ReadOnly")


def machine_locked(vault: Any) -> None:
    lock(vault, vault.azure.id("Microsoft.Compute/virtualMachines/web"), "ReadOnly")


def machine_gone(vault: Any) -> None:
    vault.world.store.delete_resource(vault.azure.id("Microsoft.Compute/virtualMachines/web"))


CASES = [
    (agent_missing, "UserErrorGuestAgentStatusUnavailable"),
    (agent_not_ready, "GuestAgentSnapshotTaskStatusError"),
    (machine_failed, "UserErrorVmProvisioningStateFailed"),
    (machine_locked, "UserErrorCrpReportedUserError"),
    (machine_gone, "BCMV2VMNotFound"),
]


@pytest.mark.parametrize(("happens", "expected"), CASES, ids=[expected for _happens, expected in CASES])
@pytest.mark.parametrize("by", ["demand", "schedule"])
def test_a_backup_job_fails_with_azures_code_and_advice(vault: Any, happens: Any, expected: str, by: str) -> None:
    vault.vm("web")
    vault.protect("web")
    happens(vault)
    if by == "demand":
        assert vault.operation(vault.send("POST", vault.item("web") + "/backup", BODY), 1)["status"] == "Succeeded"
        vault.world.clock.jump(3600)
    else:
        vault.world.clock.jump(1.1 * DAY)
    (job, *_more) = vault.get("/backupJobs", _filter="operation eq 'Backup' and status eq 'Failed'")["value"]
    (error,) = job["properties"]["errorDetails"]
    assert error["errorTitle"] == expected
    assert isinstance(error["errorCode"], int) and error["errorString"] and error["recommendations"]
    item = vault.protected("web")
    assert (item["lastBackupStatus"], item["protectionStatus"], item["protectionState"]) == ("Failed", "Unhealthy", "IRPending")
    assert vault.get(vault.item("web") + "/recoveryPoints")["value"] == []


def test_a_lock_that_only_forbids_deleting_lets_backups_pass(vault: Any) -> None:
    vm = vault.vm("web")
    vault.protect("web")
    lock(vault, vm, "CanNotDelete")
    assert vault.job(vault.operation(vault.send("POST", vault.item("web") + "/backup", BODY)))["status"] == "Completed"


def test_a_locked_group_fails_the_backups_of_its_machines_only(vault: Any) -> None:
    vault.azure.load({"resource_groups": [{"name": "machines", "location": "westeurope"}]})
    vault.azure.load({"vms": [{"name": "far", "resource_group": "machines"}, {"name": "web", "resource_group": "app"}]})
    vault.azure.load({"vaults": [{"name": "other", "resource_group": "app", "items": [{"vm": "machines/far"}, {"vm": "app/web"}]}]})
    group_locked(vault)
    vault.id = vault.id.replace("/safe", "/other")
    vault.world.clock.jump(1.1 * DAY)
    jobs = {each["properties"]["entityFriendlyName"]: each["properties"]["status"] for each in vault.get("/backupJobs")["value"]}
    assert jobs == {"far": "Failed", "web": "Completed"}


def test_a_failed_backup_heals_with_the_next_that_works(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    agent_not_ready(vault)
    vault.operation(vault.send("POST", vault.item("web") + "/backup", BODY))
    change(vault, "web", _agent={"status": "Ready"})
    vault.operation(vault.send("POST", vault.item("web") + "/backup", BODY))
    item = vault.protected("web")
    assert (item["lastBackupStatus"], item["protectionStatus"], item["healthStatus"]) == ("Completed", "Healthy", "Passed")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"power": "deallocated"}, "CrashConsistent"),
        ({"power": "stopped", "os": "Windows"}, "CrashConsistent"),
        ({}, "FileSystemConsistent"),
        ({"os": "Windows"}, "AppConsistent"),
    ],
)
def test_what_a_recovery_point_is_consistent_with(vault: Any, entry: Any, expected: str) -> None:
    vault.vm("web", **entry)
    vault.protect("web")
    vault.operation(vault.send("POST", vault.item("web") + "/backup", BODY))
    (point,) = vault.get(vault.item("web") + "/recoveryPoints")["value"]
    assert point["properties"]["recoveryPointType"] == expected
