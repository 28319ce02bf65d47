# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules vault_upgrade and vault_upgrade_info against the simulator's classic service."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from harness import Azure

CONTOSO = {"vault_name": "TestVault", "resource_group": "ContosoRG"}
GO = {**CONTOSO, "accept_irreversible": True}
GROUPS = "resource_groups: [{name: ContosoRG, location: australiaeast}, {name: app, location: australiaeast}]\n"
CLASSIC = GROUPS + """
vms: [{name: web, resource_group: app, count: 2}]
classic_vaults:
  - name: TestVault
    location: Australia East
    items: [{vm: app/web-0001}, {vm: app/web-0002}]
    mars_servers: [{name: files, items: ['C:']}]
"""
ALL_WRONG = """
offer: CSP_2015-05-01
resource_groups: [{name: ContosoRG, location: australiaeast}]
vaults: [{name: TestVault, resource_group: ContosoRG}]
classic_vaults:
  - name: TestVault
    location: australiaeast
    billing: Storage
    configuring: [sql1, sql2]
    mars_servers: [{name: aged, agent_version: 2.0.8719.0}, {name: fine}]
"""
CLIENT = "44444444-4444-4444-8444-444444444444"
QUICK = {"speed": 3600.0}


def options_of(result: dict[str, Any]) -> list[str]:
    assert result.get("failed"), result
    return sorted(each["option"] for each in result["problems"])


def vault_id(azure: Azure, name: str = "TestVault", group: str = "ContosoRG") -> str:
    return azure.id(group, "Microsoft.RecoveryServices/vaults", name)


def verbs(azure: Azure) -> list[str]:
    """Method and the last part of the path of every write."""
    return [f"{each.split()[0]} {each.rsplit('/', 1)[-1]}" for each in azure.writes()]


def refused(azure: Azure, *options: str, **wanted: Any) -> dict[str, Any]:
    """Both check mode and run refuse for these options, and write nothing."""
    results = [azure.module("vault_upgrade", check=check, **wanted) for check in (True, False)]
    assert [options_of(each) for each in results] == [sorted(options)] * 2
    assert azure.writes() == []
    return results[1]


def test_predicted_done_and_kept(azure: Azure) -> None:
    azure.estate(CLASSIC)
    azure.settings(**QUICK)
    ready = azure.module("vault_upgrade_info", prerequisites=True, **CONTOSO)
    assert ready["prerequisites"] == {"status": "classic", "ready": True, "problems": [], "findings": []}
    assert [each["name"] for each in ready["classic_vaults"]] == ["TestVault"] and ready["vaults"] == []
    predicted = azure.module("vault_upgrade", check=True, diff=True, **GO)
    assert predicted["changed"] and predicted["upgrade"]["status"] == "upgraded" and azure.writes() == []

    done = azure.module("vault_upgrade", diff=True, **GO)
    assert done["changed"] and done["diff"] == predicted["diff"] == {
        "before": {"upgrade": {"status": "classic"}},
        "after": {"upgrade": {"status": "upgraded"}},
    }
    assert verbs(azure) == ["POST upgrade"]
    upgrade = done["upgrade"]
    assert upgrade["trigger"] == "user" and upgrade["operation_id"] and upgrade["vault_id"] == vault_id(azure)
    assert "/Microsoft.Backup/BackupVault/TestVault" in upgrade["previous_vault_id"]
    assert any("12 hours" in json.dumps(each) for each in done["warnings"])

    azure.clear_ledger()
    for check in (True, False):
        again = azure.module("vault_upgrade", check=check, **GO)
        assert not again["changed"] and again["upgrade"] == upgrade
    assert azure.writes() == [] and azure.requests(path="cloudservices") == []
    (shown,) = azure.module("vault_upgrade_info")["vaults"]
    assert shown["upgrade"] == {key: value for key, value in upgrade.items() if key != "vault_id"}
    assert azure.module("vault_upgrade_info")["classic_vaults"] == []
    items = azure.module("protection_info", **CONTOSO)["protected_items"]
    assert sorted(each["name"] for each in items) == ["web-0001", "web-0002"]


def test_group_and_provider_are_made(azure: Azure) -> None:
    azure.estate(CLASSIC + "providers: {Microsoft.RecoveryServices: NotRegistered}\n")
    azure.settings(**QUICK)
    wanted = {**GO, "resource_group": "Contoso-New"}
    assert "create_resource_group" in refused(azure, "resource_group", **wanted)["msg"]
    wanted["create_resource_group"] = True
    predicted = azure.module("vault_upgrade", check=True, diff=True, **wanted)
    assert azure.writes() == []
    done = azure.module("vault_upgrade", diff=True, **wanted)
    assert done["diff"] == predicted["diff"]
    for result in (predicted, done):
        assert result["resource_group_created"] and result["provider_registered"]
    assert sorted(verbs(azure)) == ["POST register", "POST upgrade", "PUT Contoso-New"]


def test_each_reason_alone(azure: Azure) -> None:
    azure.estate(GROUPS + """
classic_vaults:
  - {name: TestVault, location: australiaeast, configuring: [sql1]}
  - {name: cheap, location: westus, billing: Storage}
""")
    assert "ConfigurationInProgress" in refused(azure, "vault_name", **GO)["msg"] and "sql1" in refused(azure, "vault_name", **GO)["msg"]
    assert "StorageBasedBillingModel" in refused(azure, "convert_billing", **{**GO, "vault_name": "cheap"})["msg"]
    assert "cheap (West US)" in refused(azure, "vault_name", **{**GO, "vault_name": "none"})["msg"]
    assert "in westus" in refused(azure, "vault_name", **GO, location="westus")["msg"]


def test_old_agents(azure: Azure) -> None:
    azure.estate(GROUPS + """
classic_vaults:
  - name: TestVault
    location: australiaeast
    mars_servers: [{name: aged, agent_version: 2.0.8719.0}, {name: mute, agent_version: ''}]
""")
    azure.settings(**QUICK)
    text = refused(azure, "vault_name", **GO)["msg"]
    assert "aged 2.0.8719.0" in text and "mute" in text and "unregister_servers" in text and "aka.ms/azurebackup_agent" in text
    refused(azure, "vault_name", **GO, unregister_servers=["aged"])
    wanted = {**GO, "unregister_servers": ["MUTE", "aged", "long-gone"]}
    predicted = azure.module("vault_upgrade", check=True, diff=True, **wanted)
    assert predicted["servers_unregistered"] == ["aged", "mute"] and azure.writes() == []
    done = azure.module("vault_upgrade", diff=True, **wanted)
    assert done["diff"] == predicted["diff"] and done["servers_unregistered"] == ["aged", "mute"]
    assert verbs(azure) == ["DELETE UnRegisterContainer", "DELETE UnRegisterContainer", "POST upgrade"]


def test_billing_is_converted_with_consent(azure: Azure) -> None:
    azure.estate(GROUPS + "classic_vaults: [{name: TestVault, location: australiaeast, billing: Storage}]")
    azure.settings(**QUICK)
    done = azure.module("vault_upgrade", **GO, convert_billing=True)
    assert done["upgrade"]["status"] == "upgraded" and [each["severity"] for each in done["prerequisites"]] == ["warning"]


def test_all_reasons_at_once(azure: Azure) -> None:
    azure.estate(ALL_WRONG)
    reasons = ["accept_irreversible", "convert_billing", "resource_group", "subscription_id", "vault_name", "vault_name"]
    text = refused(azure, *reasons, **CONTOSO)["msg"]
    for part in ("CSP_2015-05-01", "already", "2.0.8719.0", "sql1; sql2", "StorageBasedBillingModel", "cannot be taken back"):
        assert part in text
    asked = azure.module("vault_upgrade_info", prerequisites=True, **CONTOSO)["prerequisites"]
    assert not asked["ready"] and sorted(each["option"] for each in asked["problems"]) == reasons[1:]
    assert azure.writes() == []


def test_names_are_checked_without_asking(azure: Azure) -> None:
    wrong = {"vault_name": "1", "resource_group": "bad.", "classic_url": "http://x", "retry_operation": "y"}
    for check in (True, False):
        assert options_of(azure.module("vault_upgrade", check=check, **wrong)) == ["classic_url", "resource_group", "retry_operation", "vault_name"]
    assert options_of(azure.module("vault_upgrade_info", prerequisites=True)) == ["resource_group", "vault_name"]
    assert azure.requests() == []


def test_owners_need_to_be_co_administrators(azure: Azure) -> None:
    azure.estate(CLASSIC)
    azure.estate(f"principals: [{{client_id: {CLIENT}, client_secret: s3cret, roles: [Owner]}}]")
    who = {"client_id": CLIENT, "client_secret": "s3cret"}
    assert "co-administrator" in refused(azure, "subscription_id", **GO, **who)["msg"]


def test_missing_rights_are_named(azure: Azure) -> None:
    azure.estate(CLASSIC)
    azure.estate(f"principals: [{{client_id: {CLIENT}, client_secret: s3cret, roles: [Reader], co_administrator: true}}]")
    who = {"client_id": CLIENT, "client_secret": "s3cret"}
    assert "Microsoft.RecoveryServices/vaults/write" in refused(azure, "resource_group", **GO, **who)["msg"]
    text = refused(azure, "resource_group", "resource_group", **{**GO, "resource_group": "new"}, create_resource_group=True, **who)["msg"]
    assert "Microsoft.Resources/subscriptions/resourceGroups/write" in text


def test_same_name_in_two_regions(azure: Azure) -> None:
    azure.estate(GROUPS + "classic_vaults: [{name: TestVault, location: australiaeast}, {name: testvault, location: westus}]")
    azure.settings(**QUICK)
    assert "Australia East, West US" in refused(azure, "location", **GO)["msg"]
    assert azure.module("vault_upgrade", **GO, location="West US")["changed"]
    assert [each["location"] for each in azure.module("vault_upgrade_info")["classic_vaults"]] == ["australiaeast"]


def test_without_waiting_and_resumed(azure: Azure) -> None:
    azure.estate(CLASSIC)
    begun = azure.module("vault_upgrade", **GO, wait=False)
    assert begun["changed"] and begun["upgrade"]["status"] == "in_progress"
    azure.clear_ledger()
    assert not azure.module("vault_upgrade", **GO, wait=False)["changed"]
    late = azure.module("vault_upgrade", **GO, wait_timeout=1)
    assert late["failed"] and late["error"]["code"] == "OperationTimeout" and late["upgrade"]["operation_id"] == begun["upgrade"]["operation_id"]
    assert azure.module("vault_upgrade_info", prerequisites=True, **CONTOSO)["prerequisites"]["status"] == "in_progress"
    predicted = azure.module("vault_upgrade", check=True, diff=True, **GO)
    assert predicted["diff"]["before"] == {"status": "in_progress"}
    azure.jump(3600)
    done = azure.module("vault_upgrade", **CONTOSO)
    assert not done["changed"] and done["upgrade"]["status"] == "upgraded" and done["upgrade"]["operation_id"] == begun["upgrade"]["operation_id"]
    assert azure.writes() == []


def test_killed_while_waiting(azure: Azure) -> None:
    azure.estate(CLASSIC)
    process = azure.start("vault_upgrade", **GO)
    for _attempt in range(200):
        if azure.requests(path="upgradeOperationResult"):
            break
        time.sleep(0.1)
    process.kill()
    process.wait(timeout=30)
    assert verbs(azure) == ["POST upgrade"]
    azure.settings(**QUICK)
    azure.clear_ledger()
    azure.jump(600)
    done = azure.module("vault_upgrade", **GO)
    assert done["upgrade"]["status"] == "upgraded" and azure.writes() == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_answer_starts_no_second_upgrade(azure: Azure, moment: str) -> None:
    azure.estate(CLASSIC)
    azure.settings(**QUICK)
    azure.fault(method="POST", path="*/upgrade", reset=moment)
    lost = azure.module("vault_upgrade", **GO)
    assert lost["failed"] and lost["error"]["details"]["operation_id"] in lost["msg"]
    done = azure.module("vault_upgrade", **GO)
    assert done["upgrade"]["status"] == "upgraded"
    accepted = [each for each in azure.requests(writes="true") if each["status"] == 200]
    assert len(accepted) == 1
    if moment == "after":
        assert done["upgrade"]["operation_id"] == lost["error"]["details"]["operation_id"]


def test_a_failure_is_not_tried_again(azure: Azure) -> None:
    azure.estate(CLASSIC)
    azure.settings(**QUICK)
    azure.fault(method="POST", path="*/upgrade", fail_operation={"code": "CloudInternalError", "message": "The stamp is gone."})
    failed = azure.module("vault_upgrade", **GO)
    operation = failed["upgrade"]["operation_id"]
    assert failed["failed"] and failed["error"]["code"] == "CloudInternalError" and "The stamp is gone." in failed["msg"]
    assert f"Operation id {operation}" in failed["msg"] and "support" in failed["msg"] and failed["upgrade"]["status"] == "failed"
    azure.clear_ledger()
    for check in (True, False):
        for wish in ({}, {"retry_operation": "00000000-0000-4000-8000-000000000000"}):
            again = azure.module("vault_upgrade", check=check, **GO, **wish)
            assert again["failed"] and operation in again["msg"] and "The stamp is gone." in again["msg"]
    assert not azure.module("vault_upgrade_info", prerequisites=True, **CONTOSO)["prerequisites"]["ready"]
    assert azure.writes() == []
    done = azure.module("vault_upgrade", **GO, retry_operation=operation)
    assert done["upgrade"]["status"] == "upgraded" and done["upgrade"]["operation_id"] != operation


def test_a_retry_needs_a_failure(azure: Azure) -> None:
    azure.estate(CLASSIC)
    refused(azure, "retry_operation", **GO, retry_operation="00000000-0000-4000-8000-000000000000")


@pytest.mark.parametrize("url", ["https://management.core.windows.net", "https://management.azure.com/"])
def test_azure_has_retired_it(azure: Azure, url: str) -> None:
    azure.estate(CLASSIC)
    for module, more in (("vault_upgrade", GO), ("vault_upgrade_info", {**CONTOSO, "prerequisites": True})):
        told = azure.module(module, **more, classic_url=url)
        assert told["error"]["code"] == "ClassicServiceRetired" and "vault_upgrade_info" in told["msg"]
    assert azure.writes() == []


def test_another_service_is_recognized(azure: Azure) -> None:
    azure.estate(CLASSIC)
    told = azure.module("vault_upgrade", **GO, classic_url=azure.connection["arm_url"] + "/nowhere")
    assert told["error"]["code"] == "NoClassicService"


def test_audit_of_all_vaults(azure: Azure) -> None:
    azure.estate(GROUPS + """
vaults:
  - {name: native, resource_group: ContosoRG}
  - {name: forced, resource_group: ContosoRG, upgrade_details: {triggerType: ForcedUpgrade}}
  - {name: stuck, resource_group: app, location: westus, upgrade_details: {status: InProgress}}
  - {name: broken, resource_group: app, upgrade_details: {status: Failed, message: Sorry}}
""")
    shown = {each["name"]: each["upgrade"] for each in azure.module("vault_upgrade_info")["vaults"]}
    assert {name: each["status"] for name, each in shown.items()} == {"native": "native", "forced": "upgraded", "stuck": "in_progress", "broken": "failed"}
    assert shown["forced"]["trigger"] == "forced" and shown["broken"]["message"] == "Sorry" and shown["stuck"]["ended"] is None
    assert [each["name"] for each in azure.module("vault_upgrade_info", resource_group="app")["vaults"]] == ["broken", "stuck"]
    assert [each["name"] for each in azure.module("vault_upgrade_info", location="West US")["vaults"]] == ["stuck"]
    assert [each["name"] for each in azure.module("vault_upgrade_info", vault_name="NATIVE")["vaults"]] == ["native"]
    assert azure.module("vault_upgrade_info", vault_name="none", resource_group="app")["vaults"] == [] and azure.writes() == []


def test_only_the_zone_of_a_policy_changes(azure: Azure) -> None:
    times = "[2017-01-01T22:30:00Z]"
    azure.estate(GROUPS + f"""
vms: [{{name: web, resource_group: app}}]
classic_vaults:
  - name: TestVault
    location: australiaeast
    items: [{{vm: app/web, policy: long}}]
    policies:
      - name: long
        properties:
          schedulePolicy: {{schedulePolicyType: SimpleSchedulePolicy, scheduleRunFrequency: Daily, scheduleRunTimes: {times}}}
          retentionPolicy:
            retentionPolicyType: LongTermRetentionPolicy
            dailySchedule: {{retentionTimes: {times}, retentionDuration: {{count: 30, durationType: Days}}}}
            yearlySchedule:
              retentionTimes: {times}
              retentionDuration: {{count: 7, durationType: Years}}
              retentionScheduleFormatType: Weekly
              monthsOfYear: [December, March]
              retentionScheduleWeekly: {{daysOfTheWeek: [Sunday], weeksOfTheMonth: [Last]}}
""")
    azure.settings(**QUICK)
    azure.module("vault_upgrade", **GO)
    (before,) = azure.module("policy_info", **CONTOSO, name="long")["policies"]
    assert before["time_zone"] is None and before["schedule"]["time"] == "22:30" and before["protected_items"] == 1
    azure.clear_ledger()
    change = {**CONTOSO, "name": "long", "time_zone": "Australia/Sydney"}
    predicted = azure.module("policy", check=True, diff=True, **change)
    assert predicted["diff"]["after"] == {"time_zone": "AUS Eastern Standard Time"} and azure.writes() == []
    done = azure.module("policy", diff=True, **change)
    kept = {name: value for name, value in before.items() if name != "options"}
    assert done["diff"] == predicted["diff"] and done["policy"] == {**kept, "time_zone": "AUS Eastern Standard Time"}
    assert len(azure.writes()) == 1 and not azure.module("policy", **change)["changed"]
