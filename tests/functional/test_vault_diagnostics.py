# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module vault_diagnostics against the simulator."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Azure

CENTRAL = "/subscriptions/00000000-0000-4000-8000-000000000009/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/central"
PLACE = {"vault_name": "vault-we", "resource_group": "backup"}
WISH = {**PLACE, "workspace_id": CENTRAL}
SIX = [
    "AddonAzureBackupAlerts",
    "AddonAzureBackupJobs",
    "AddonAzureBackupPolicy",
    "AddonAzureBackupProtectedInstance",
    "AddonAzureBackupStorage",
    "CoreAzureBackup",
]


@pytest.fixture
def vault(azure: Azure) -> Azure:
    azure.estate("resource_groups: [{name: backup, location: westeurope}]\nvaults: [{name: vault-we, resource_group: backup}]")
    return azure


def problems(result: dict[str, Any]) -> list[str]:
    assert result.get("failed"), result
    return [each["option"] for each in result["problems"]]


def put(azure: Azure, name: str, properties: dict[str, Any]) -> None:
    vault_id = azure.id("backup", "Microsoft.RecoveryServices/vaults", "vault-we")
    azure.send("PUT", f"{vault_id}/providers/Microsoft.Insights/diagnosticSettings/{name}", {"properties": properties})
    azure.clear_ledger()


def test_predicted_made_and_kept(vault: Azure) -> None:
    predicted = vault.module("vault_diagnostics", check=True, diff=True, **WISH)
    assert predicted["changed"] and vault.writes() == []
    done = vault.module("vault_diagnostics", diff=True, **WISH)
    assert (done["diff"], done["setting"]) == (predicted["diff"], predicted["setting"]) and done["setting"]["categories"] == SIX
    (write,) = vault.requests(writes="true")
    assert write["path"].endswith("/diagnosticSettings/AzureBackup") and write["body"]["properties"]["logAnalyticsDestinationType"] == "Dedicated"
    vault.clear_ledger()
    for check in (True, False):
        again = vault.module("vault_diagnostics", check=check, **{**WISH, "workspace_id": CENTRAL.upper()})
        assert not again["changed"] and again["setting"] == done["setting"]
    assert vault.writes() == []


def test_what_is_there_already_is_completed(vault: Azure) -> None:
    storage = "/subscriptions/x/resourceGroups/r/providers/Microsoft.Storage/storageAccounts/keep"
    logs = [{"category": "AzureBackupReport", "enabled": True}, {"category": "CoreAzureBackup", "enabled": False}, {"category": "Other", "enabled": False}]
    put(vault, "old", {"workspaceId": CENTRAL, "storageAccountId": storage, "logs": logs, "metrics": [{"category": "Health", "enabled": True}]})
    predicted = vault.module("vault_diagnostics", check=True, diff=True, **WISH)
    done = vault.module("vault_diagnostics", diff=True, **WISH)
    assert done["setting"]["name"] == "old" and done["diff"] == predicted["diff"]
    assert done["diff"]["after"] == {"dedicated": True, "categories": sorted(["AzureBackupReport", *SIX])}
    (write,) = vault.requests(writes="true")
    sent = write["body"]["properties"]
    assert sent["storageAccountId"] == storage and [each["category"] for each in sent["metrics"]] == ["Health"]
    assert {each["category"]: each["enabled"] for each in sent["logs"]} == {**dict.fromkeys(["AzureBackupReport", *SIX], True), "Other": False}


def test_all_logs_are_enough(vault: Azure) -> None:
    put(vault, "all", {"workspaceId": CENTRAL, "logAnalyticsDestinationType": "Dedicated", "logs": [{"categoryGroup": "allLogs", "enabled": True}]})
    kept = vault.module("vault_diagnostics", **WISH)
    assert not kept["changed"] and kept["setting"]["name"] == "all" and vault.writes() == []


def test_what_azure_would_refuse(vault: Azure) -> None:
    put(vault, "one", {"workspaceId": CENTRAL, "logs": [{"category": "CoreAzureBackup", "enabled": True}]})
    for check in (True, False):
        refused = vault.module("vault_diagnostics", check=check, **WISH, name="two")
        assert problems(refused) == ["name"] and "'one'" in refused["msg"]
    put(vault, "groups", {"workspaceId": CENTRAL + "2", "logs": [{"categoryGroup": "audit", "enabled": True}]})
    assert problems(vault.module("vault_diagnostics", **{**WISH, "workspace_id": CENTRAL + "2"})) == ["name"]
    put(vault, "AzureBackup", {"workspaceId": CENTRAL + "3", "logs": []})
    assert problems(vault.module("vault_diagnostics", **{**WISH, "workspace_id": CENTRAL + "4"})) == ["name"]
    for number in (5, 6):
        put(vault, f"more{number}", {"workspaceId": f"{CENTRAL}{number}", "logs": []})
    assert "most that Azure allows" in vault.module("vault_diagnostics", **{**WISH, "workspace_id": CENTRAL + "9"}, name="sixth")["msg"]
    assert vault.writes() == []


def test_wrong_options_at_once(vault: Azure) -> None:
    wrong = {"vault_name": "1", "resource_group": "bad.", "workspace_id": "central", "name": "a/b", "categories": []}
    for check in (True, False):
        assert sorted(problems(vault.module("vault_diagnostics", check=check, **wrong))) == sorted(wrong)
    assert problems(vault.module("vault_diagnostics", **{**WISH, "vault_name": "none"})) == ["vault_name"]
    assert vault.module("vault_diagnostics", check=True, **{**WISH, "vault_name": "none"}, assume_created=True)["changed"]
    assert vault.writes() == []
