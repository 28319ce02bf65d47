# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Multi-user authorization, immutability and the security PIN."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

NEW = "2026-08-01"
GUARD = "/providers/Microsoft.DataProtection/resourceGuards/guard"
PROXY = "/backupResourceGuardProxies/VaultProxy"
ITEM = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"
BACKUP = {"properties": {"objectType": "IaasVMBackupRequest"}}


@pytest.fixture
def guarded(vault: Any) -> Any:
    """A vault under a Resource Guard, with a protected VM."""
    vault.vm("web")
    vault.protect("web")
    guard = vault.azure.group + GUARD
    assert vault.send("PUT", PROXY, {"properties": {"resourceGuardResourceId": guard}}, api=NEW).status == 200
    return vault


def requests(vault: Any, operation: str) -> list[str]:
    """The request that the proxy names for an operation."""
    details = vault.get(PROXY)["properties"]["resourceGuardOperationDetails"]
    return [each["defaultResourceRequest"] for each in details if each["vaultCriticalOperation"] == operation]


def assert_guarded(vault: Any, operation: str, method: str, path: str, body: dict[str, Any], *, api: str = NEW, inside: bool = True) -> Any:
    """Refused without a request, with an empty list and with a request for something else; the answer with the right request."""
    place = body.setdefault("properties", {}) if inside else body
    wrong = requests(vault, f"{ITEM}/recoveryPoints/restore/action") if "restore" not in operation else ["/subscriptions/x"]
    for given in (None, [], wrong):
        place["resourceGuardOperationRequests"] = given
        answer = vault.send(method, path, body, api)
        assert answer.status == 403
        assert answer.body["error"]["message"] == "ResourceGuard Operation requestid is either null or empty"
    place["resourceGuardOperationRequests"] = requests(vault, operation)
    answer = vault.send(method, path, body, api)
    vault.world.clock.jump(3600)
    return answer


def test_the_vault_says_that_it_is_guarded(guarded: Any) -> None:
    assert guarded.get()["properties"]["securitySettings"]["multiUserAuthorization"] == "Enabled"
    assert [each["name"] for each in guarded.get("/backupResourceGuardProxies")["value"]] == ["VaultProxy"]
    guarded.send("PUT", "", {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}})
    assert guarded.get()["properties"]["securitySettings"]["multiUserAuthorization"] == "Enabled"


def test_stopping_is_critical(guarded: Any) -> None:
    wish = guarded.wish("web", "", protectionState="ProtectionStopped")
    assert assert_guarded(guarded, f"{ITEM}/write#stopProtectionWithRetainData", "PUT", guarded.item("web"), wish).status == 202
    item = guarded.protected("web")
    assert item["protectionState"] == "ProtectionStopped"
    assert "resourceGuardOperationRequests" not in item


def policy(vault: Any, name: str = "DefaultPolicy", days: int = 30, **schedule: Any) -> dict[str, Any]:
    body = vault.get(f"/backupPolicies/{name}")
    body["properties"]["retentionPolicy"]["dailySchedule"]["retentionDuration"]["count"] = days
    body["properties"]["schedulePolicy"].update(schedule)
    return {"properties": body["properties"]}


def test_a_policy_that_keeps_less_is_critical_and_one_that_keeps_more_is_not(guarded: Any) -> None:
    critical = "Microsoft.RecoveryServices/vaults/backupPolicies/write"
    assert guarded.send("PUT", "/backupPolicies/DefaultPolicy", policy(guarded, days=40)).status == 200
    answer = assert_guarded(guarded, critical, "PUT", "/backupPolicies/DefaultPolicy", policy(guarded, days=20))
    assert (answer.status, "resourceGuardOperationRequests" in answer.body["properties"]) == (200, False)


def test_a_policy_that_runs_less_often_is_critical(guarded: Any) -> None:
    hourly = {"interval": 12, "scheduleWindowStartTime": "2024-01-01T08:00:00Z", "scheduleWindowDuration": 12}
    narrow = policy(guarded, "EnhancedPolicy", hourlySchedule={**hourly, "interval": 4, "scheduleWindowDuration": 8})
    assert guarded.send("PUT", "/backupPolicies/EnhancedPolicy", narrow).status == 403
    assert guarded.send("PUT", "/backupPolicies/EnhancedPolicy", policy(guarded, "EnhancedPolicy", hourlySchedule=hourly)).status == 200


def test_moving_an_item_to_a_policy_that_keeps_less_is_critical(guarded: Any) -> None:
    guarded.send("PUT", "/backupPolicies/short", policy(guarded, days=7))
    guarded.send("PUT", "/backupPolicies/long", policy(guarded, days=60))
    assert guarded.protect("web", "long")["status"] == "Succeeded"
    assert assert_guarded(guarded, f"{ITEM}/write", "PUT", guarded.item("web"), guarded.wish("web", "short")).status == 202
    assert guarded.protected("web")["policyName"] == "short"


def test_deleting_wants_an_unlock_that_ends(guarded: Any) -> None:
    path, body = guarded.item("web"), {"resourceToBeDeleted": guarded.id + guarded.item("web")}
    assert guarded.send("DELETE", path).status == 403
    answer = assert_guarded(guarded, f"{ITEM}/delete", "POST", PROXY + "/unlockDelete", body, inside=False)
    assert "unlockDeleteExpiryTime" in answer.body
    assert guarded.send("DELETE", path).status == 403, "an hour later the unlock is over"
    guarded.send("POST", PROXY + "/unlockDelete", body)
    assert guarded.send("DELETE", path).status == 202


def test_taking_the_guard_away_is_critical(guarded: Any) -> None:
    assert guarded.send("DELETE", PROXY).status == 403
    body = {"resourceGuardOperationRequests": requests(guarded, "Microsoft.RecoveryServices/vaults/backupResourceGuardProxies/delete")}
    assert guarded.send("POST", PROXY + "/unlockDelete", body).status == 200
    assert guarded.send("DELETE", PROXY).status == 200
    assert guarded.get()["properties"]["securitySettings"]["multiUserAuthorization"] == "Disabled"
    guarded.stop("web")


def test_a_restore_is_critical(guarded: Any) -> None:
    guarded.operation(guarded.send("POST", guarded.item("web") + "/backup", BACKUP))
    (point,) = guarded.get(guarded.item("web") + "/recoveryPoints")["value"]
    path = f"{guarded.item('web')}/recoveryPoints/{point['name']}/restore"
    assert assert_guarded(guarded, f"{ITEM}/recoveryPoints/restore/action", "POST", path, {"properties": {"recoveryType": "RestoreDisks"}}).status == 202


def test_switching_soft_delete_off_is_critical_in_the_older_api(guarded: Any) -> None:
    body = {"properties": {"enhancedSecurityState": "Enabled", "softDeleteFeatureState": "Disabled"}}
    critical = "Microsoft.RecoveryServices/vaults/backupconfig/write"
    assert assert_guarded(guarded, critical, "PATCH", "/backupconfig/vaultconfig", body, api="2024-04-01").status == 200


def immutable(state: str) -> dict[str, Any]:
    return {"properties": {"securitySettings": {"immutabilitySettings": {"state": state}}}}


def test_less_immutability_and_other_encryption_are_critical(guarded: Any) -> None:
    assert guarded.patch(immutable("Unlocked")).status == 202
    critical = "Microsoft.RecoveryServices/vaults/write#reduceImmutabilityState"
    assert assert_guarded(guarded, critical, "PATCH", "", immutable("Disabled")).status == 202
    assert guarded.get()["properties"]["securitySettings"]["immutabilitySettings"]["state"] == "Disabled"


def test_encryption_is_critical(vault: Any) -> None:
    vault.patch({"identity": {"type": "systemassigned"}})
    vault.send("PUT", PROXY, {"properties": {"resourceGuardResourceId": vault.azure.group + GUARD}}, api=NEW)
    key = {"keyVaultProperties": {"keyUri": "https://k.vault.azure.net/keys/k"}, "kekIdentity": {"useSystemAssignedIdentity": True}}
    critical = "Microsoft.RecoveryServices/vaults/write#modifyEncryptionSettings"
    assert assert_guarded(vault, critical, "PATCH", "", {"properties": {"encryption": key}}).status == 202


def test_the_pin_is_critical_and_written_nowhere(guarded: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    critical = "Microsoft.RecoveryServices/vaults/backupSecurityPIN/action"
    answer = assert_guarded(guarded, critical, "POST", "/backupSecurityPIN", {}, inside=False)
    pin = answer.body["securityPIN"]
    assert answer.status == 200
    assert len(pin) == 6 and pin.isdigit()
    assert answer.body["expiryTimeInUtcTicks"] > 638_000_000_000_000_000
    written = json.dumps([list(guarded.world.ledger.entries), guarded.world.store.tables]) + caplog.text
    assert f'"{pin}"' not in written
    assert "securityPIN\":" not in written


def test_an_immutable_vault_keeps_no_less_than_it_did(vault: Any) -> None:
    vault.vm("web")
    vault.send("PUT", "/backupPolicies/short", policy(vault, days=7))
    vault.protect("web")
    vault.patch(immutable("Unlocked"))
    refused = vault.send("PUT", "/backupPolicies/DefaultPolicy", policy(vault, days=20))
    moved = vault.send("PUT", vault.item("web"), vault.wish("web", "short"))
    assert [answer.body["error"]["code"] for answer in (refused, moved)] == ["UserErrorOperationDeniedOnImmutableItem"] * 2
    assert vault.send("PUT", "/backupPolicies/DefaultPolicy", policy(vault, days=60)).status == 200


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (("Unlocked", "Disabled", "Unlocked", "Locked"), ""),
        (("Locked",), "UserErrorUnsupportedVaultImmutabilityStateChange"),
        (("Unlocked", "Locked", "Unlocked"), "UserErrorUnsupportedVaultImmutabilityStateChange"),
        (("Unlocked", "Locked", "Disabled"), "UserErrorUnsupportedVaultImmutabilityStateChange"),
        (("Open",), "InvalidRestApiParameter"),
    ],
)
def test_ways_of_immutability(vault: Any, steps: tuple[str, ...], expected: str) -> None:
    answers = [vault.patch(immutable(state)) for state in steps]
    assert all(answer.status == 202 for answer in answers[:-1])
    assert (answers[-1].body or {"error": {"code": ""}})["error"]["code"] == expected


def test_a_vault_is_not_created_locked(bare: Any) -> None:
    body = {"location": "westeurope", "sku": {"name": "Standard"}, **immutable("Locked")}
    answer = bare.send("PUT", "", body)
    assert (answer.status, answer.body["error"]["code"]) == (400, "UserErrorUnsupportedVaultImmutabilityStateChange")


def test_suspending_is_for_immutable_vaults(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    answer = vault.send("PUT", vault.item("web"), vault.wish("web", "", protectionState="BackupsSuspended"))
    assert (answer.status, answer.body["error"]["code"]) == (400, "UserErrorOperationDeniedOnImmutableItem")
    vault.patch(immutable("Unlocked"))
    assert vault.protect("web", "", protectionState="BackupsSuspended")["status"] == "Succeeded"
    assert vault.protected("web")["protectionState"] == "BackupsSuspended"
    assert vault.protect("web")["status"] == "Succeeded"
    assert vault.protected("web")["protectionState"] == "IRPending"


KEY = {"keyVaultProperties": {"keyUri": "https://k.vault.azure.net/keys/k"}}
SYSTEM = {"kekIdentity": {"useSystemAssignedIdentity": True}}
USER = {"kekIdentity": {"userAssignedIdentity": "/subscriptions/x/i"}}


def encrypt(vault: Any, **encryption: Any) -> Any:
    answer = vault.patch({"properties": {"encryption": encryption}}, NEW)
    return answer.body["error"]["message"].split()[0] if answer.body else answer.status


def test_rules_of_encryption(vault: Any) -> None:
    vault.patch({"identity": {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {"/subscriptions/x/i": {}}}})
    assert encrypt(vault, **SYSTEM) == "encryption", "a key is needed"
    assert encrypt(vault, **KEY) == "cmkIdentity"
    assert encrypt(vault, **KEY, kekIdentity={**SYSTEM["kekIdentity"], **USER["kekIdentity"]}) == "cmkIdentity"
    assert encrypt(vault, **KEY, kekIdentity={"userAssignedIdentity": "/subscriptions/x/other"}) == "cmkIdentity"
    assert encrypt(vault, **KEY, **SYSTEM, infrastructureEncryption="Enabled") == 202
    assert encrypt(vault, infrastructureEncryption="Disabled") == "infrastructureEncryption"
    assert encrypt(vault, keyVaultProperties={"keyUri": ""}) == "encryption", "it cannot be turned off"
    assert encrypt(vault, **USER) == 202
    dropped = vault.patch({"identity": {"type": "SystemAssigned", "userAssignedIdentities": {"/subscriptions/x/i": None}}})
    assert dropped.body["error"]["message"].startswith("cmkIdentity")
    resized = vault.send("PUT", "", {"location": "westeurope", "sku": {"name": "RS0", "tier": "Standard"}, "properties": {}})
    assert resized.body["error"]["message"].startswith("sku")
    assert vault.send("PUT", "", {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}}).status == 200
    assert vault.get()["properties"]["encryption"]["keyVaultProperties"] == KEY["keyVaultProperties"]


def test_encryption_comes_before_the_first_item(vault: Any) -> None:
    vault.vm("web")
    vault.protect("web")
    vault.patch({"identity": {"type": "systemassigned"}})
    assert encrypt(vault, **KEY, **SYSTEM) == "encryption"


def test_always_on_stays_on(vault: Any) -> None:
    soft = {"softDeleteState": "AlwaysON", "enhancedSecurityState": "AlwaysON", "softDeleteRetentionPeriodInDays": 30}
    assert vault.patch({"properties": {"securitySettings": {"softDeleteSettings": soft}}}, NEW).status == 202
    for state in ("Enabled", "Disabled"):
        answer = vault.patch({"properties": {"securitySettings": {"softDeleteSettings": {"softDeleteState": state}}}}, NEW)
        assert answer.body["error"]["code"] == "BMSUserErrorSoftDeleteStateAlwaysOn"
    longer = vault.patch({"properties": {"securitySettings": {"softDeleteSettings": {"softDeleteRetentionPeriodInDays": 60}}}}, NEW)
    assert longer.status == 202
    vault.send("PUT", "", {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}})
    kept = vault.get()["properties"]["securitySettings"]["softDeleteSettings"]
    assert (kept["softDeleteState"], kept["softDeleteRetentionPeriodInDays"]) == ("AlwaysON", 60)
