# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protected items: protect, fail, stop, resume, delete, undelete, back up; and the jobs of all that."""

from __future__ import annotations

from typing import Any

import pytest
from arm_simulator.core.clock import parse

DAY = 86_400


def code(answer: Any) -> str:
    return answer.body["error"]["code"]


def operations(vault: Any, condition: str = "") -> list[tuple[str, str]]:
    query = {"_filter": condition} if condition else {}
    return [(each["properties"]["operation"], each["properties"]["status"]) for each in vault.get("/backupJobs", **query)["value"]]


def test_protecting_is_an_operation_with_a_job(vault: Any) -> None:
    vm = vault.vm("web")
    answer = vault.send("PUT", vault.item("web"), vault.wish("web"))
    assert (answer.status, answer.body) == (202, None)
    status, result = (answer.headers[name] for name in ("Azure-AsyncOperation", "Location"))
    assert "/protectedItems/vm;iaasvmcontainerv2;app;web/operationsStatus/" in status
    assert "/operationResults/" in result
    name = status.split("?")[0].rpartition("/")[2]
    running = vault.send("GET", f"/backupOperations/{name}")
    assert (running.body["id"], running.body["status"], running.body["endTime"]) == (name, "InProgress", "0001-01-01T00:00:00")
    assert not {"Azure-AsyncOperation", "Location"} & set(running.headers)
    assert vault.azure.follow(status).body["status"] == "InProgress"
    assert vault.azure.follow(result).status == 202
    assert vault.send("GET", vault.item("web")).status == 404
    again = vault.send("PUT", vault.item("web"), vault.wish("web"))
    assert (again.status, code(again)) == (409, "BMSUserErrorObjectLocked")
    state = vault.operation(answer)
    assert (state["status"], state["endTime"]) == ("Succeeded", state["startTime"])
    assert vault.azure.follow(status).body == state
    assert vault.azure.follow(result).body["properties"]["friendlyName"] == "web"
    job = vault.job(state)
    assert (job["operation"], job["status"]) == ("ConfigureBackup", "Completed")
    assert job["extendedInfo"] == {"tasksList": [], "propertyBag": {"VM Name": "web", "Policy Name": "DefaultPolicy"}}
    item = vault.protected("web")
    assert item["protectionState"] == "IRPending"
    assert item["lastBackupTime"] == "2001-01-01T00:00:00Z"
    assert item["virtualMachineId"] == vm
    assert item["vaultId"] == vault.world.settings.base_url + vault.id
    assert item["containerName"] == "iaasvmcontainerv2;app;web"


DISKS = [{"lun": lun, "size_gb": 4, "sku": "Premium_LRS"} for lun in range(33)]


@pytest.mark.parametrize(
    ("entry", "policy", "expected"),
    [
        ({"agent": {"status": "NotReady"}}, "DefaultPolicy", "UserErrorGuestAgentStatusUnavailable"),
        ({"agent": {"status": "Missing"}}, "DefaultPolicy", "UserErrorGuestAgentStatusUnavailable"),
        ({"location": "northeurope"}, "DefaultPolicy", "UserErrorBcmDatasourceNotPresent"),
        ({"data_disks": DISKS}, "EnhancedPolicy", "UserErrorUnsupportedDataDiskCount"),
        ({"data_disks": [{"lun": 0, "size_gb": 4, "sku": "PremiumV2_LRS"}]}, "DefaultPolicy", "UserErrorUltraOrPremiumV2DiskNeedsEnhancedPolicy"),
        ({"data_disks": [{"lun": 0, "size_gb": 256, "sku": "Premium_LRS", "shares": 2}]}, "DefaultPolicy", "UserErrorSharedDiskNotSupported"),
    ],
)
def test_what_only_the_machine_tells_fails_the_operation_and_its_job(vault: Any, entry: Any, policy: str, expected: str) -> None:
    vault.vm("web", **entry)
    state = vault.protect("web", policy)
    assert (state["status"], state["error"]["code"]) == ("Failed", expected)
    job = vault.job(state)
    assert (job["status"], job["errorDetails"][0]["errorTitle"]) == ("Failed", expected)
    assert isinstance(job["errorDetails"][0]["errorCode"], int)
    assert vault.names("/backupProtectedItems") == []


def test_a_machine_that_is_off_needs_no_agent(vault: Any) -> None:
    vault.vm("web", power="deallocated")
    assert vault.protect("web")["status"] == "Succeeded"


def test_enhanced_policies_take_what_standard_ones_do_not(vault: Any) -> None:
    vault.vm("web", data_disks=[{"lun": 0, "size_gb": 4, "sku": "UltraSSD_LRS"}])
    assert vault.protect("web", "EnhancedPolicy")["status"] == "Succeeded"
    answer = vault.send("PUT", vault.item("web"), vault.wish("web", "DefaultPolicy"))
    assert answer.status == 400


def test_a_stopped_item_shows_no_type_and_keeps_it_for_every_vault(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web", "EnhancedPolicy")
    vault.stop("web")
    assert vault.protected("web", api="2024-11-01")["policyId"] == "" and "policyType" not in vault.protected("web", api="2024-11-01")
    other = type(vault)(vault.azure)
    other.id += "2"
    other.create()
    for each in (vault, other):
        refused = each.send("PUT", each.item("web"), each.wish("web", "DefaultPolicy"))
        assert (refused.status, refused.body["error"]["code"]) == (400, "BMSUserErrorPolicyTypeChangeNotSupported")
    assert other.protect("web", "EnhancedPolicy")["status"] == "Succeeded"


def test_a_missing_machine(vault: Any) -> None:
    assert vault.protect("none")["error"]["code"] == "BCMV2VMNotFound"


def test_a_machine_belongs_to_one_vault(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    other = type(vault)(vault.azure)
    other.id = vault.id.replace("/safe", "/other")
    other.create()
    state = other.protect("web")
    assert "already registered" in state["error"]["message"]
    assert "another recovery services vault" in other.job(state)["errorDetails"][0]["errorString"]
    vault.operation(vault.send("DELETE", vault.item("web")))
    assert other.protect("web")["status"] == "Succeeded"


def test_another_vault_takes_a_machine_whose_backups_are_stopped(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    other = type(vault)(vault.azure)
    other.id = vault.id.replace("/safe", "/other")
    other.create()
    vault.stop("web")
    assert other.protect("web")["status"] == "Succeeded"
    assert vault.protected("web")["protectionState"] == "ProtectionStopped" and other.protected("web")["protectionState"] == "IRPending"
    assert "already registered" in vault.protect("web")["error"]["message"]
    other.stop("web")
    assert vault.protect("web")["status"] == "Succeeded"


@pytest.mark.parametrize(
    ("item", "change", "expected"),
    [
        ("web", {"sourceResourceId": "/subscriptions/1"}, "BMSUserErrorInvalidConfigureProtectionRequest"),
        ("other", {}, "BMSUserErrorInvalidConfigureProtectionRequest"),
        ("web", {"protectedItemType": "AzureFileShareProtectedItem"}, "BMSUserErrorInvalidConfigureProtectionRequest"),
        ("web", {"policyId": ""}, "BMSUserErrorInvalidConfigureProtectionRequest"),
        ("web", {"protectionState": "ProtectionStopped", "policyId": ""}, "BMSUserErrorInvalidConfigureProtectionRequest"),
        ("web", {"isRehydrate": True}, "BMSUserErrorInvalidInput"),
        ("web", {"policyId": "/subscriptions/1/vaults/x/backupPolicies/none"}, "BMSUserErrorPolicyObjectNotFound"),
    ],
)
def test_what_the_request_gives_away_is_refused_at_once(vault: Any, item: str, change: Any, expected: str) -> None:
    vault.vm("web")
    body = vault.wish("web")
    body["properties"].update(change)
    answer = vault.send("PUT", vault.item(item), body)
    assert (answer.status, code(answer)) == (400, expected)
    assert operations(vault) == []


def test_workload_policies_are_not_for_machines(vault: Any) -> None:
    vault.vm("web")
    assert code(vault.send("PUT", vault.item("web"), vault.wish("web", "HourlyLogBackup"))) == "BMSUserErrorInvalidPolicyForGivenProvider"


def test_names_with_other_separators_are_malformed(vault: Any) -> None:
    path = "/backupFabrics/Azure/protectionContainers/web/protectedItems/web"
    assert code(vault.send("PUT", path, vault.wish("web"))) == "BMSUserErrorInvalidConfigureProtectionRequest"


def test_ids_come_in_any_letter_case(vault: Any) -> None:
    vault.vm("web")
    path = vault.item("WEB").replace("iaasvmcontainer;", "IaasVMContainer;")
    assert vault.operation(vault.send("PUT", path, vault.wish("WEB")), 60)["status"] == "Succeeded"
    assert vault.get("/backupProtectedItems")["value"][0]["name"] == "VM;iaasvmcontainerv2;app;web"


def test_luns_come_as_strings_and_are_shown_as_numbers(vault: Any) -> None:
    vault.vm("web", data_disks=DISKS)
    exclusion = {"diskExclusionProperties": {"diskLunList": ["0", "2"], "isInclusionList": True}}
    assert vault.protect("web", extendedProperties=exclusion)["status"] == "Succeeded"
    shown = {"diskExclusionProperties": {"diskLunList": [0, 2], "isInclusionList": True}}
    assert vault.protected("web")["extendedProperties"] == shown
    vault.protect("web")
    assert vault.protected("web")["extendedProperties"] == shown
    reset = vault.protect("web", extendedProperties={"diskExclusionProperties": None})
    assert reset["error"]["code"] == "UserErrorUnsupportedDataDiskCount"
    assert vault.protected("web")["extendedProperties"] == shown


def test_stop_and_resume(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    assert vault.job(vault.stop("web"))["operation"] == "DisableBackup"
    stopped = vault.protected("web")
    assert (stopped["protectionState"], stopped["policyId"], stopped["policyName"]) == ("ProtectionStopped", "", "")
    assert vault.send("POST", vault.item("web") + "/backup", {"properties": {"objectType": "IaasVMBackupRequest"}}).status == 400
    assert vault.job(vault.protect("web"))["operation"] == "ConfigureBackup"
    assert vault.protected("web")["protectionState"] == "IRPending"
    assert vault.send("PUT", vault.item("web"), vault.wish("web", "", protectionState="BackupsSuspended")).status == 400


def test_soft_delete_and_undelete(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    answer = vault.send("DELETE", vault.item("web"))
    assert "/vaults/safe/backupOperations/" in answer.headers["Azure-AsyncOperation"]
    assert "/vaults/safe/backupOperationResults/" in answer.headers["Location"]
    assert vault.job(vault.operation(answer, 1))["operation"] == "DeleteBackupData"
    assert vault.azure.follow(answer.headers["Location"]).status == 204
    item = vault.protected("web")
    assert item["isScheduledForDeferredDelete"] is True
    assert item["deferredDeleteTimeRemaining"].startswith("13.23:59:5")
    assert (item["protectionState"], item["policyId"]) == ("ProtectionStopped", "")
    (container,) = vault.get("/backupProtectionContainers", _filter="backupManagementType eq 'AzureIaasVM' and status eq 'Registered'")["value"]
    assert container["properties"]["registrationStatus"] == "SoftDeleted"
    assert vault.names("/backupProtectableItems") == []
    assert vault.operation(vault.send("DELETE", vault.item("web")))["status"] == "Succeeded"
    assert vault.send("PUT", vault.item("web"), vault.wish("web")).status == 400
    undelete = vault.protect("web", "", protectionState="ProtectionStopped", isRehydrate=True)
    assert vault.job(undelete)["extendedInfo"]["propertyBag"] == {"VM Name": "web", "Undelete flag": "True"}
    back = vault.protected("web")
    assert back["protectionState"] == "ProtectionStopped"
    assert not any("eferred" in key for key in back)
    vault.world.clock.jump(20 * DAY)
    assert vault.names("/backupProtectedItems") == ["web"]
    assert vault.protect("web")["status"] == "Succeeded"


def test_soft_deleted_items_are_purged_when_their_time_is_over(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    vault.operation(vault.send("DELETE", vault.item("web")), 60)
    vault.world.clock.jump(13.9 * DAY)
    assert vault.names("/backupProtectedItems") == ["web"]
    vault.world.clock.jump(0.2 * DAY)
    assert vault.names("/backupProtectedItems") == []
    assert vault.names("/backupProtectableItems") == ["web"]


def test_without_soft_delete_data_is_gone_at_once(vault: Any) -> None:
    vault.soft_delete("Disabled")
    vault.vm("web")
    vault.protect("web")
    assert vault.operation(vault.send("DELETE", vault.item("web")))["status"] == "Succeeded"
    gone = vault.send("GET", vault.item("web"))
    assert (gone.status, code(gone)) == (404, "BMSUserErrorDataSourceObjectNotFound")
    assert vault.names("/backupProtectionContainers") == []
    assert vault.send("DELETE", vault.item("web")).status == 204
    assert vault.get("/backupPolicies/DefaultPolicy")["properties"]["protectedItemsCount"] == 0


def backup(vault: Any, name: str) -> Any:
    body = {"properties": {"objectType": "IaasVMBackupRequest", "recoveryPointExpiryTimeInUTC": "2099-06-12T00:00:00.000Z"}}
    return vault.send("POST", vault.item(name) + "/backup", body)


def test_a_backup_runs_as_a_job_of_two_tasks(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    state = vault.operation(backup(vault, "web"), 1)
    assert state["status"] == "Succeeded"
    job = vault.job(state)
    assert (job["operation"], job["status"], job["actionsInfo"]) == ("Backup", "InProgress", ["Cancellable"])
    assert "endTime" not in job
    assert job["extendedInfo"]["propertyBag"]["Recovery Point Expiry Time in UTC"] == "6/12/2099 12:00:00 AM"
    assert [task["status"] for task in job["extendedInfo"]["tasksList"]] == ["InProgress", "NotStarted"]
    busy = backup(vault, "web")
    assert (busy.status, code(busy)) == (409, "UserErrorBackupOperationInProgress")
    vault.world.clock.jump(8)
    assert [task["status"] for task in vault.job(state)["extendedInfo"]["tasksList"]] == ["Completed", "InProgress"]
    (point,) = vault.get(vault.item("web") + "/recoveryPoints")["value"]
    assert [tier["type"] for tier in point["properties"]["recoveryPointTierDetails"]] == ["InstantRP"]
    vault.world.clock.jump(60)
    done = vault.job(state)
    assert (done["status"], done["extendedInfo"]["propertyBag"]["Backup Size"]) == ("Completed", "11390 MB")
    point = vault.get(vault.item("web") + f"/recoveryPoints/{point['name']}")
    assert [tier["type"] for tier in point["properties"]["recoveryPointTierDetails"]] == ["InstantRP", "HardenedRP"]
    item = vault.protected("web", _filter="expand eq 'extendedinfo'")
    assert (item["protectionState"], item["lastBackupStatus"]) == ("Protected", "Completed")
    assert item["extendedInfo"]["recoveryPointCount"] == 1


def test_a_backup_fails_when_the_machine_is_gone(vault: Any) -> None:
    vm = vault.vm("web")
    vault.protect("web")
    vault.world.store.delete_resource(vm)
    job = vault.job(vault.operation(backup(vault, "web")))
    assert (job["status"], job["errorDetails"][0]["errorCode"]) == ("Failed", 400094)
    item = vault.protected("web")
    assert (item["lastBackupStatus"], item["healthStatus"]) == ("Failed", "ActionRequired")


def test_nine_backups_a_day(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    for _count in range(9):
        vault.operation(backup(vault, "web"), 60)
    assert code(backup(vault, "web")) == "CloudDosAbsoluteLimitReached"


def test_a_cancelled_backup_leaves_no_point(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    state = vault.operation(backup(vault, "web"), 1)
    answer = vault.send("POST", f"/backupJobs/{state['properties']['jobId']}/cancel")
    assert f"/backupJobs/{state['properties']['jobId']}/operationsStatus/" in answer.headers["Azure-AsyncOperation"]
    vault.operation(answer, 60)
    assert vault.job(state)["status"] == "Cancelled"
    assert vault.get(vault.item("web") + "/recoveryPoints")["value"] == []
    assert vault.send("POST", f"/backupJobs/{state['properties']['jobId']}/cancel").status == 400


def test_scheduled_backups_happen_as_time_passes_and_a_long_jump_stays_cheap(vault: Any) -> None:
    for name in ("web1", "web2"):
        vault.vm(name)
        vault.protect(name)
    vault.world.clock.jump(1.1 * DAY)
    assert vault.protected("web1")["protectionState"] == "Protected"
    done = operations(vault, "operation eq 'Backup'")
    assert set(done) == {("Backup", "Completed")} and len(done) in (2, 4)  # the time of the policy lies once or twice in so long
    vault.world.clock.jump(300 * DAY)
    assert len(operations(vault, "operation eq 'Backup'")) <= len(done) + 4
    age = vault.world.clock.now() - parse(vault.protected("web1")["lastBackupTime"])
    assert age.days <= 1
    assert len(vault.get(vault.item("web1") + "/recoveryPoints")["value"]) == 1


def test_job_filters(vault: Any) -> None:
    vault.vm("web")
    vault.vm("bad", agent={"status": "NotReady"})
    start = vault.world.clock.now()
    vault.protect("web")
    vault.protect("bad")
    vault.world.clock.jump(7200)
    vault.stop("web")
    done = [each for each in operations(vault) if each[0] != "Backup"]  # whether the time of the policy lies in between depends on the time of day
    assert done == [("DisableBackup", "Completed"), ("ConfigureBackup", "Failed"), ("ConfigureBackup", "Completed")]
    assert operations(vault, "status eq 'Failed'") == [("ConfigureBackup", "Failed")]
    assert operations(vault, "operation eq 'DisableBackup' and status eq 'Completed'") == [("DisableBackup", "Completed")]
    assert operations(vault, "backupManagementType eq 'AzureStorage'") == []
    form = "%Y-%m-%d %I:%M:%S %p"
    until = start.replace(microsecond=0).timestamp() + 3600
    window = f"startTime eq '{start.strftime(form)}' and endTime eq '{type(start).fromtimestamp(until, start.tzinfo).strftime(form)}'"
    assert len([each for each in operations(vault, window) if each[0] != "Backup"]) == 2
    (first, *_rest) = vault.get("/backupJobs")["value"]
    assert "extendedInfo" not in first["properties"]


def test_an_ordered_failure_fails_the_job_too(vault: Any) -> None:
    vault.vm("web")
    vault.world.faults.order({"method": "PUT", "path": "*/protectedItems/*", "fail_operation": {"code": "CloudInternalError", "message": "no"}})
    state = vault.protect("web")
    assert (state["status"], state["error"]["code"]) == ("Failed", "CloudInternalError")
    assert vault.job(state)["status"] == "Failed"
    assert operations(vault, "status eq 'InProgress'") == []
    assert vault.protect("web")["status"] == "Succeeded"


def test_deleting_data_of_an_immutable_vault_fails(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    vault.operation(backup(vault, "web"))
    vault.patch({"properties": {"securitySettings": {"immutabilitySettings": {"state": "Unlocked"}}}})
    state = vault.operation(vault.send("DELETE", vault.item("web")))
    assert (state["status"], state["error"]["code"]) == ("Failed", "UserErrorDeleteBackupItemOnImmutableItem")
    suspended = vault.protect("web", "", protectionState="BackupsSuspended")
    assert suspended["status"] == "Succeeded"
    assert vault.protected("web")["protectionState"] == "BackupsSuspended"


def test_a_restore_is_a_job(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    vault.operation(backup(vault, "web"))
    (point,) = vault.get(vault.item("web") + "/recoveryPoints")["value"]
    answer = vault.send("POST", f"{vault.item('web')}/recoveryPoints/{point['name']}/restore", {"properties": {"recoveryType": "RestoreDisks"}})
    state = vault.operation(answer, 1)
    assert (vault.job(state)["operation"], vault.job(state)["status"]) == ("Restore", "InProgress")
    vault.world.clock.jump(3600)
    assert vault.job(state)["status"] == "Completed"


def test_item_filters(vault: Any) -> None:
    for name, policy in (("web", "DefaultPolicy"), ("db", "EnhancedPolicy"), ("old", "DefaultPolicy")):
        vault.vm(name)
        vault.protect(name, policy)
    vault.operation(vault.send("DELETE", vault.item("old")))
    vault.stop("db")
    path, machines = "/backupProtectedItems", "backupManagementType eq 'AzureIaasVM' and itemType eq 'VM'"
    assert vault.names(path, machines) == ["web", "db", "old"]
    assert vault.names(path, f"{machines} and policyName eq 'defaultpolicy'") == ["web"]
    assert vault.names(path, f"{machines} and policyName eq 'EnhancedPolicy'") == []
    assert vault.names(path, f"{machines} and friendlyName eq 'DB'") == ["db"]
    assert vault.names(path, "protectionState eq 'ProtectionStopped'") == ["db", "old"]
    assert vault.names(path, "backupManagementType eq 'AzureStorage'") == []
    soft_deleted = vault.protected("old")
    assert (soft_deleted["isScheduledForDeferredDelete"], soft_deleted["policyName"]) == (True, "")
