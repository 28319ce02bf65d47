# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules vault and vault_info against the simulator."""

from __future__ import annotations

import time

import pytest
from harness import Azure

VAULT = {"name": "vault-we", "resource_group": "backup"}
LOCATED = {**VAULT, "location": "West Europe", "tags": {"owner": "platform"}}
GROUP = "resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]\n"
EMPTY_VAULT = GROUP + "vaults: [{name: vault-we, resource_group: backup, location: westeurope, tags: {owner: platform}}]\n"
FILLED_VAULT = GROUP + """
vms: [{name: web, count: 2, resource_group: app}]
vaults:
  - {name: vault-we, resource_group: backup, location: westeurope, items: [{vm: app/web-0001, policy: DefaultPolicy, state: Protected}]}
"""


def test_create_is_predicted_done_and_then_nothing(azure: Azure) -> None:
    azure.estate(GROUP)
    predicted = azure.module("vault", check=True, diff=True, **LOCATED)
    assert predicted["changed"] and azure.writes() == []
    done = azure.module("vault", diff=True, **LOCATED)
    assert done["changed"] and done["diff"] == predicted["diff"]
    assert azure.writes() == [f"PUT {azure.id('backup', 'Microsoft.RecoveryServices/vaults', 'vault-we')}"]
    assert done["vault"]["location"] == "westeurope" and done["vault"]["redundancy"] == "GeoRedundant"
    azure.clear_ledger()
    again = azure.module("vault", **LOCATED)
    assert not again["changed"] and azure.writes() == [] and again["vault"] == done["vault"]


def test_missing_group_is_refused_or_created(azure: Azure) -> None:
    refused = azure.module("vault", **LOCATED)
    assert refused["failed"] and [each["option"] for each in refused["problems"]] == ["resource_group"]
    assert azure.writes() == []
    predicted = azure.module("vault", check=True, **LOCATED, create_resource_group=True)
    assert predicted["resource_group_created"] and azure.writes() == []
    done = azure.module("vault", **LOCATED, create_resource_group=True)
    assert done["resource_group_created"] and len(azure.writes()) == 2


def test_provider_is_registered(azure: Azure) -> None:
    azure.estate(GROUP + "providers: {Microsoft.RecoveryServices: NotRegistered}\n")
    predicted = azure.module("vault", check=True, **LOCATED)
    assert predicted["provider_registered"] and azure.writes() == []
    done = azure.module("vault", **LOCATED)
    assert done["provider_registered"] and done["vault"]["provisioning_state"] == "Succeeded"


def test_change_writes_the_difference_only(azure: Azure) -> None:
    azure.estate(EMPTY_VAULT)
    before = azure.module("vault_info", **VAULT)["vaults"][0]
    wanted = {**VAULT, "tags": {"env": "prod"}, "identity": "system_assigned"}
    predicted = azure.module("vault", check=True, diff=True, **wanted)
    assert predicted["diff"]["after"] == {"identity": "system_assigned", "tags": {"owner": "platform", "env": "prod"}}
    done = azure.module("vault", diff=True, **wanted)
    assert done["diff"] == predicted["diff"]
    (write,) = azure.requests(writes="true")
    assert write["method"] == "PATCH" and sorted(write["body"]) == ["identity", "tags"]
    untouched = {name: value for name, value in done["vault"].items() if name not in ("tags", "identity", "principal_id")}
    assert untouched == {name: before[name] for name in untouched}
    assert done["vault"]["principal_id"]
    assert not azure.module("vault", **wanted)["changed"]
    exact = azure.module("vault", **VAULT, tags={"env": "prod"}, append_tags=False)
    assert exact["changed"] and exact["vault"]["tags"] == {"env": "prod"}


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"name": "1vault", "resource_group": "ends."}, ["name", "resource_group"]),
        ({**VAULT, "location": "northeurope"}, ["location"]),
        ({**VAULT, "identity": "user_assigned"}, ["user_assigned_identities"]),
        ({**VAULT, "state": "gone", "colour": "blue"}, ["colour", "state"]),
        ({"resource_group": "backup"}, ["name"]),
        ({"name": "other", "resource_group": "nowhere"}, ["location", "resource_group"]),
    ],
)
@pytest.mark.parametrize("check", [False, True])
def test_bad_input_is_named_all_at_once(azure: Azure, options: dict, wrong: list[str], check: bool) -> None:
    azure.estate(EMPTY_VAULT)
    result = azure.module("vault", check=check, **options)
    assert result["failed"] and sorted(each["option"] for each in result["problems"]) == sorted(wrong)
    assert all(each["option"] in result["msg"] for each in result["problems"]) and azure.writes() == []


def test_absent(azure: Azure) -> None:
    azure.estate(EMPTY_VAULT)
    predicted = azure.module("vault", check=True, diff=True, state="absent", **VAULT)
    assert predicted["changed"] and azure.writes() == []
    done = azure.module("vault", diff=True, state="absent", **VAULT)
    assert done["changed"] and done["diff"] == predicted["diff"] and done["vault"] == {}
    azure.clear_ledger()
    assert not azure.module("vault", state="absent", **VAULT)["changed"] and azure.writes() == []


def test_a_vault_that_holds_something_is_not_deleted(azure: Azure) -> None:
    azure.estate(FILLED_VAULT)
    for check in (True, False):
        result = azure.module("vault", check=check, state="absent", **VAULT)
        assert result["failed"] and "web-0001" in result["msg"]
    assert azure.writes() == []


def test_info_lists_what_there_is(azure: Azure) -> None:
    azure.estate(EMPTY_VAULT)
    assert azure.module("vault_info", name="none", resource_group="backup")["vaults"] == []
    assert azure.module("vault_info", location="northeurope")["vaults"] == []
    (one,) = azure.module("vault_info", check=True)["vaults"]
    assert one == azure.module("vault", check=True, **VAULT)["vault"]
    assert azure.writes() == []


@pytest.mark.parametrize("level", ["CanNotDelete", "ReadOnly"])
def test_a_locked_vault(azure: Azure, level: str) -> None:
    vault_id = azure.id("backup", "Microsoft.RecoveryServices/vaults", "vault-we")
    azure.estate(EMPTY_VAULT + f"locks: [{{name: frozen, level: {level}, scope: '{vault_id}'}}]\n")
    for check in (True, False):
        refused = azure.module("vault", check=check, state="absent", **VAULT)
        assert [each["option"] for each in refused["problems"]] == ["state"] and "lock 'frozen'" in refused["msg"]
    assert azure.writes() == []
    changed = azure.module("vault", **VAULT, tags={"env": "prod"})
    assert changed.get("failed", False) is (level == "ReadOnly")
    assert not azure.module("vault", **VAULT, tags={"owner": "platform"})["changed"]


def test_letter_case_and_spelling_are_no_change(azure: Azure) -> None:
    azure.estate(EMPTY_VAULT)
    spelled = {"name": "VAULT-WE", "resource_group": "BACKUP", "location": "West Europe", "sku": "RS0", "tags": {"Owner": "platform"}}
    assert not azure.module("vault", **spelled)["changed"] and azure.writes() == []


def test_tags_without_a_value(azure: Azure) -> None:
    azure.estate(EMPTY_VAULT)
    done = azure.module("vault", **VAULT, tags={"empty": None, "number": 7})
    assert done["vault"]["tags"] == {"owner": "platform", "empty": "", "number": "7"}
    assert not azure.module("vault", **VAULT, tags={"empty": None, "number": 7})["changed"]


@pytest.mark.parametrize("fault", [{"status": 429, "retry_after": 1}, {"status": 503, "retry_after": 1}])
def test_a_write_that_azure_did_not_take_is_sent_again(azure: Azure, fault: dict[str, int]) -> None:
    azure.estate(EMPTY_VAULT)
    azure.fault(method="PATCH", path="*", **fault)
    assert azure.module("vault", **VAULT, tags={"env": "prod"})["vault"]["tags"] == {"owner": "platform", "env": "prod"}


@pytest.mark.parametrize(
    ("method", "estate", "options"),
    [
        ("PUT", GROUP, LOCATED),
        ("PATCH", EMPTY_VAULT, {**VAULT, "tags": {"env": "prod"}, "immutability": "Unlocked"}),
        ("DELETE", EMPTY_VAULT, {**VAULT, "state": "absent"}),
    ],
)
def test_a_write_whose_answer_was_lost_is_not_repeated(azure: Azure, method: str, estate: str, options: dict) -> None:
    azure.estate(estate)
    azure.fault(method=method, path="*/vaults/vault-we", reset="after")
    assert azure.module("vault", **options)["failed"]
    azure.jump(60)
    after = azure.module("vault", **options)
    assert "failed" not in after and len(azure.writes()) == 1
    assert azure.module("vault", **options)["changed"] is False


def test_an_operation_that_fails_is_told_in_azures_words(azure: Azure) -> None:
    azure.estate(GROUP)
    azure.fault(method="PUT", path="*/vaults/vault-we", fail_operation={"code": "CloudDosAbsoluteLimitReached", "message": "The limit is reached."})
    result = azure.module("vault", **LOCATED)
    assert result["error"]["code"] == "CloudDosAbsoluteLimitReached" and "24 hours" in result["error"]["hint"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_what_a_killed_run_began_is_waited_for(azure: Azure, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    azure.estate(GROUP if state == "present" else EMPTY_VAULT)
    wish = {**LOCATED, "state": state}
    azure.fault(method="GET", path="*/operationStatus/*", times=0, latency=60)
    process = azure.start("vault", **wish)
    give_up = time.monotonic() + 60
    while not azure.writes() and time.monotonic() < give_up:
        time.sleep(0.05)
    process.kill()
    process.wait()
    azure.control("DELETE", "faults")
    monkeypatch.setattr("ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault.vault.BUSY_SECONDS", 0.2)
    done = azure.module("vault", **wish)
    assert "failed" not in done and len(azure.writes()) == 1
    assert done["vault"].get("provisioning_state") == ("Succeeded" if state == "present" else None)


def test_many_vaults_over_pages(azure: Azure) -> None:
    azure.estate(GROUP + "vaults: [{name: v, count: 25, resource_group: backup, location: westeurope}]\n")
    azure.settings(page_size=10)
    assert len(azure.module("vault_info")["vaults"]) == 25
    assert len(azure.module("vault_info", resource_group="BACKUP")["vaults"]) == 25
