# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The security, alert and encryption settings of the module vault against the simulator."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Azure

VAULT = {"name": "vault-we", "resource_group": "backup"}
GROUP = "resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]\nvms: [{name: web, resource_group: app}]\n"
USER = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.ManagedIdentity/userAssignedIdentities/keys"
KEY = "https://keys.vault.azure.net/keys/backup"
CONSENT = {"accept_irreversible": True}


def vault(more: str = "") -> str:
    return f"{GROUP}vaults: [{{name: vault-we, resource_group: backup, location: westeurope{more}}}]\n"


def bodies(azure: Azure) -> list[dict[str, Any]]:
    return [each["body"] for each in azure.requests(writes="true")]


def predicted_done_and_then_nothing(azure: Azure, options: dict[str, Any]) -> dict[str, Any]:
    """The result of a run that its check mode has predicted, and that a second run finds done."""
    predicted = azure.module("vault", check=True, diff=True, **VAULT, **options)
    assert predicted.get("changed"), predicted
    assert azure.writes() == []
    done = azure.module("vault", diff=True, **VAULT, **options)
    assert done.get("changed") and done["diff"] == predicted["diff"], done
    count = len(azure.writes())
    again = azure.module("vault", **VAULT, **options)
    assert again["changed"] is False and again["vault"] == done["vault"] and len(azure.writes()) == count
    return done


@pytest.mark.parametrize(
    ("options", "properties"),
    [
        ({"public_network_access": "Disabled"}, {"publicNetworkAccess": "Disabled"}),
        (
            {"cross_subscription_restore": "Disabled"},
            {"restoreSettings": {"crossSubscriptionRestoreSettings": {"crossSubscriptionRestoreState": "Disabled"}}},
        ),
        (
            {"cross_subscription_restore": "PermanentlyDisabled", **CONSENT},
            {"restoreSettings": {"crossSubscriptionRestoreSettings": {"crossSubscriptionRestoreState": "PermanentlyDisabled"}}},
        ),
        (
            {"immutability": "Unlocked"},
            {"securitySettings": {"immutabilitySettings": {"state": "Unlocked", "configuration": {"type": "AsPerPolicy"}}}},
        ),
        (
            {"soft_delete_retention_days": 30},
            {
                "securitySettings": {
                    "softDeleteSettings": {"softDeleteState": "Enabled", "softDeleteRetentionPeriodInDays": 30, "enhancedSecurityState": "Enabled"}
                }
            },
        ),
        (
            {"soft_delete": "AlwaysON", **CONSENT},
            {
                "securitySettings": {
                    "softDeleteSettings": {"softDeleteState": "AlwaysON", "softDeleteRetentionPeriodInDays": 14, "enhancedSecurityState": "AlwaysON"}
                }
            },
        ),
        (
            {"job_failure_alerts": True, "classic_alerts": False},
            {
                "monitoringSettings": {
                    "azureMonitorAlertSettings": {
                        "alertsForAllJobFailures": "Enabled",
                        "alertsForAllReplicationIssues": "Enabled",
                        "alertsForAllFailoverIssues": "Enabled",
                    },
                    "classicAlertSettings": {"alertsForCriticalOperations": "Disabled", "emailNotificationsForSiteRecovery": "Enabled"},
                }
            },
        ),
    ],
)
def test_a_setting_is_one_patch_of_it_alone(azure: Azure, options: dict[str, Any], properties: dict[str, Any]) -> None:
    azure.estate(vault())
    before = azure.module("vault_info", **VAULT)["vaults"][0]
    done = predicted_done_and_then_nothing(azure, options)
    assert bodies(azure) == [{"properties": properties}]
    asked = {name: value for name, value in options.items() if name not in CONSENT}
    assert {name: done["vault"][name] for name in asked} == asked
    rated = ("secure_score", "security_level", "replication_issue_alerts", "failover_issue_alerts", "site_recovery_emails")
    assert {name: value for name, value in done["vault"].items() if before[name] != value and name not in rated} == {
        name: value for name, value in asked.items() if before[name] != value
    }


def test_a_vault_is_locked_in_two_steps(azure: Azure) -> None:
    azure.estate(vault())
    done = predicted_done_and_then_nothing(azure, {"immutability": "Locked", **CONSENT})
    states = [each["properties"]["securitySettings"]["immutabilitySettings"]["state"] for each in bodies(azure)]
    assert states == ["Unlocked", "Locked"] and done["vault"]["immutability"] == "Locked"
    assert done["diff"] == {"before": {"immutability": "Disabled"}, "after": {"immutability": "Locked"}}


def test_an_interrupted_lock_is_taken_up(azure: Azure) -> None:
    azure.estate(vault())
    azure.fault(method="PATCH", path="*", skip=1, status=403, message="Not now.")
    assert azure.module("vault", **VAULT, immutability="Locked", **CONSENT)["failed"]
    azure.clear_ledger()
    assert azure.module("vault", **VAULT, immutability="Locked", **CONSENT)["vault"]["immutability"] == "Locked"
    assert len(azure.writes()) == 1


def test_everything_at_creation(azure: Azure) -> None:
    azure.estate(GROUP)
    options = {
        "location": "westeurope",
        "tags": {"owner": "platform"},
        "identity": "system_assigned_user_assigned",
        "user_assigned_identities": [USER],
        "public_network_access": "Disabled",
        "cross_subscription_restore": "Disabled",
        "soft_delete": "AlwaysON",
        "soft_delete_retention_days": 60,
        "immutability": "Locked",
        "encryption": {"key_uri": KEY, "identity": USER, "infrastructure_encryption": True},
        "job_failure_alerts": True,
        "replication_issue_alerts": False,
        "failover_issue_alerts": False,
        "classic_alerts": False,
        "site_recovery_emails": False,
        **CONSENT,
    }
    done = predicted_done_and_then_nothing(azure, options)
    assert [each["method"] for each in azure.requests(writes="true")] == ["PUT", "PATCH", "PATCH", "PATCH"]
    _put, identity, encryption, lock = bodies(azure)
    assert list(identity) == ["identity"] and list(encryption["properties"]) == ["encryption"]
    assert lock["properties"]["securitySettings"]["immutabilitySettings"]["state"] == "Locked"
    shown = done["vault"]
    assert shown["encryption"] == {"key_uri": KEY, "identity": USER.lower(), "infrastructure_encryption": True}
    assert (shown["soft_delete"], shown["soft_delete_retention_days"], shown["security_level"]) == ("AlwaysON", 60, "Excellent")


def test_days_alone_at_creation_keep_the_state_of_the_region(azure: Azure) -> None:
    azure.estate("resource_groups: [{name: backup, location: westcentralus}]\n")
    done = predicted_done_and_then_nothing(azure, {"location": "westcentralus", "soft_delete_retention_days": 30})
    assert (done["vault"]["soft_delete"], done["vault"]["soft_delete_retention_days"]) == ("AlwaysON", 30)


ONE_WAY = [
    ("", {"immutability": "Locked"}, "immutability"),
    (", immutability: Locked", {"immutability": "Unlocked", **CONSENT}, "immutability"),
    (", immutability: Locked", {"immutability": "Disabled", **CONSENT}, "immutability"),
    ("", {"soft_delete": "AlwaysON"}, "soft_delete"),
    ("", {"soft_delete": "Disabled", **CONSENT}, "soft_delete"),
    (", soft_delete: AlwaysON", {"soft_delete": "Enabled", **CONSENT}, "soft_delete"),
    ("", {"soft_delete_retention_days": 13}, "soft_delete_retention_days"),
    ("", {"soft_delete_retention_days": 181}, "soft_delete_retention_days"),
    ("", {"cross_subscription_restore": "PermanentlyDisabled"}, "cross_subscription_restore"),
    ("", {"encryption": {"key_uri": KEY}, "identity": "system_assigned"}, "encryption"),
    ("", {"encryption": {"key_uri": KEY}, **CONSENT}, "encryption.identity"),
    ("", {"encryption": {"key_uri": KEY, "identity": USER}, **CONSENT}, "encryption.identity"),
    ("", {"encryption": {"key_uri": "keys/backup"}, **CONSENT}, "encryption.key_uri"),
    ("", {"encryption": {"key_uri": KEY, "identity": "me"}, **CONSENT}, "encryption.identity"),
    (", cross_region_restore: true", {"encryption": {"key_uri": KEY}, "identity": "system_assigned", **CONSENT}, "encryption"),
    (", items: [{vm: app/web}]", {"encryption": {"key_uri": KEY}, "identity": "system_assigned", **CONSENT}, "encryption"),
    ("", {"purge": True}, "purge"),
    ("", {"undelete": True, "state": "absent"}, "undelete"),
    ("", {"resource_guard": "guard"}, "resource_guard"),
    ("", {"resource_guard_operation_requests": ["yes"]}, "resource_guard_operation_requests"),
]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("more", "options", "wrong"), ONE_WAY)
def test_what_cannot_be_is_refused_before_any_write(azure: Azure, more: str, options: dict[str, Any], wrong: str, check: bool) -> None:
    azure.estate(vault(more))
    result = azure.module("vault", check=check, **VAULT, **options)
    assert result.get("failed") and [each["option"] for each in result["problems"]] == [wrong], result
    assert azure.writes() == []


@pytest.mark.parametrize("more", [", immutability: Locked", ", soft_delete: Disabled"])
def test_what_is_so_already_needs_no_consent(azure: Azure, more: str) -> None:
    azure.estate(vault(more))
    option, _colon, value = more.removeprefix(", ").partition(": ")
    assert azure.module("vault", **VAULT, **{option: value})["changed"] is False and azure.writes() == []


def test_a_key_is_set_replaced_and_kept(azure: Azure) -> None:
    azure.estate(vault())
    first = {"identity": "system_assigned", "encryption": {"key_uri": f"{KEY}/1"}, **CONSENT}
    done = predicted_done_and_then_nothing(azure, first)
    assert [sorted(each) for each in bodies(azure)] == [["identity"], ["properties"]]
    assert done["vault"]["encryption"] == {"key_uri": f"{KEY}/1", "identity": "system_assigned", "infrastructure_encryption": False}

    azure.clear_ledger()
    rotated = predicted_done_and_then_nothing(azure, {"encryption": {"key_uri": f"{KEY}/2"}})
    assert rotated["diff"]["after"]["encryption"]["key_uri"] == f"{KEY}/2" and len(azure.writes()) == 1

    azure.clear_ledger()
    moved = {"identity": "system_assigned_user_assigned", "user_assigned_identities": [USER], "encryption": {"key_uri": KEY, "identity": USER}}
    assert predicted_done_and_then_nothing(azure, moved)["vault"]["encryption"]["identity"] == USER.lower()

    azure.clear_ledger()
    for options, wrong in (
        ({"identity": "none"}, "identity"),
        ({"identity": "system_assigned"}, "identity"),
        ({"encryption": {"key_uri": KEY, "infrastructure_encryption": True}}, "encryption.infrastructure_encryption"),
    ):
        assert [each["option"] for each in azure.module("vault", **VAULT, **options)["problems"]] == [wrong]
    assert azure.writes() == []


def test_a_vault_in_use_keeps_its_system_identity_for_the_key(azure: Azure) -> None:
    azure.estate(vault())
    azure.module("vault", **VAULT, identity="system_assigned", encryption={"key_uri": KEY}, **CONSENT)
    azure.module("protection", vault_name="vault-we", resource_group="backup", policy="DefaultPolicy", vms=["app/web"], state="protected")
    wish = {"identity": "system_assigned_user_assigned", "user_assigned_identities": [USER], "encryption": {"key_uri": KEY, "identity": USER}}
    assert [each["option"] for each in azure.module("vault", **VAULT, **wish)["problems"]] == ["encryption.identity"]
    assert azure.module("vault", **VAULT, encryption={"key_uri": f"{KEY}/2"})["changed"]


def test_soft_delete_that_the_vault_api_ignores_is_written_by_the_older_one(azure: Azure) -> None:
    azure.estate(vault(", ignores_soft_delete: true"))
    done = predicted_done_and_then_nothing(azure, {"soft_delete_retention_days": 30})
    assert done["vault"]["soft_delete_retention_days"] == 30
    vault_write, config_write = azure.requests(writes="true")
    assert config_write["path"].endswith("/backupconfig/vaultconfig") and vault_write["method"] == "PATCH"
    assert config_write["body"]["properties"] == {
        "softDeleteFeatureState": "Enabled",
        "softDeleteRetentionPeriodInDays": 30,
        "enhancedSecurityState": "Enabled",
    }


def test_soft_delete_that_no_api_takes_is_told(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    azure.estate(vault(", ignores_soft_delete: true"))
    azure.fault(method="PATCH", path="*vaultconfig", status=400, code="BMSUserErrorSoftDeleteUseVaultApi", message="Use the vault API.")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    result = azure.module("vault", **VAULT, soft_delete_retention_days=30)
    assert result["failed"] and "soft_delete_retention_days" in result["msg"]


def test_stale_reads_are_waited_out(azure: Azure) -> None:
    azure.estate(vault())
    azure.fault(method="GET", path="*/vaults/vault-we", skip=1, stale=True)
    done = azure.module("vault", **VAULT, public_network_access="Disabled")
    assert done["vault"]["public_network_access"] == "Disabled" and len(azure.writes()) == 1


def test_one_off_settings_are_told_by_info(azure: Azure) -> None:
    azure.estate(vault(", immutability: Unlocked, soft_delete: AlwaysON, upgrade_details: {triggerType: ForcedUpgrade}"))
    (shown,) = azure.module("vault_info", resource_group="backup")["vaults"]
    assert (shown["immutability"], shown["soft_delete"], shown["secure_score"], shown["security_level"]) == ("Unlocked", "AlwaysON", "Adequate", "Good")
    assert (shown["upgrade"]["status"], shown["upgrade"]["trigger"]) == ("Upgraded", "ForcedUpgrade")
    assert "/Microsoft.Backup/BackupVault/" in shown["upgrade"]["previous_id"]
    assert shown["private_endpoints"] == 0 and shown["encryption"] is None and "usage" not in shown


def test_details_tell_usage_and_guard(azure: Azure) -> None:
    guard = USER.replace("Microsoft.ManagedIdentity/userAssignedIdentities/keys", "Microsoft.DataProtection/resourceGuards/guard")
    azure.estate(vault(f", resource_guard: {guard}, items: [{{vm: app/web}}]"))
    (shown,) = azure.module("vault_info", **VAULT, details=True)["vaults"]
    assert {each["name"]: each["current"] for each in shown["usage"]}["AzureIaasVM"] == 1
    assert shown["resource_guard"].lower() == guard.lower() and shown["multi_user_authorization"] == "Enabled"
