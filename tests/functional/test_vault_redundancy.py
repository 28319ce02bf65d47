# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Storage redundancy and cross-region restore, options of the module vault, against the simulator."""

from __future__ import annotations

import time
from typing import Any

import pytest
from harness import Azure
from test_vault import EMPTY_VAULT, FILLED_VAULT, GROUP, LOCATED, VAULT

CROSS = {"cross_region_restore": True, "accept_irreversible": True}
SETTINGS = ("redundancy", "cross_region_restore")


def sent(azure: Azure) -> list[Any]:
    return [each["body"].get("properties", {}).get("redundancySettings") for each in azure.requests(writes="true")]


def predicted_done_and_then_nothing(azure: Azure, **options: Any) -> dict[str, Any]:
    predicted = azure.module("vault", check=True, diff=True, **options)
    assert predicted.get("changed") and azure.writes() == [], predicted
    done = azure.module("vault", diff=True, **options)
    assert done.get("changed") and done["diff"] == predicted["diff"], done
    assert {name: done["vault"][name] for name in SETTINGS if name in options} == {name: predicted["vault"][name] for name in SETTINGS if name in options}
    count = len(azure.writes())
    again = azure.module("vault", **options)
    assert not again["changed"] and again["vault"] == done["vault"] and len(azure.writes()) == count
    return done


@pytest.mark.parametrize(
    ("options", "kind", "across"),
    [
        ({"redundancy": "LRS"}, "LocallyRedundant", "Disabled"),
        ({"redundancy": "ZoneRedundant", "cross_region_restore": False}, "ZoneRedundant", "Disabled"),
        (CROSS, "GeoRedundant", "Enabled"),
    ],
)
def test_a_vault_is_created_with_its_redundancy(azure: Azure, options: dict[str, Any], kind: str, across: str) -> None:
    """By the one PUT that creates it, so that nothing can be protected in between."""
    azure.estate(GROUP)
    done = predicted_done_and_then_nothing(azure, **LOCATED, **options)
    assert sent(azure) == [{"standardTierStorageRedundancy": kind, "crossRegionRestore": across}]
    assert done["vault"]["redundancy"] == kind and done["vault"]["cross_region_restore"] is (across == "Enabled")


def test_redundancy_changes_while_the_vault_is_empty(azure: Azure) -> None:
    azure.estate(EMPTY_VAULT)
    done = predicted_done_and_then_nothing(azure, **VAULT, redundancy="LRS", tags={"env": "prod"})
    assert done["diff"]["after"] == {"redundancy": "LocallyRedundant", "tags": {"owner": "platform", "env": "prod"}}
    assert sent(azure) == [{"standardTierStorageRedundancy": "LocallyRedundant", "crossRegionRestore": "Disabled"}]


def test_cross_region_restore_needs_consent_and_geo_redundancy(azure: Azure) -> None:
    azure.estate(EMPTY_VAULT)
    for options in ({"cross_region_restore": True}, {**CROSS, "redundancy": "ZRS"}):
        for check in (True, False):
            result = azure.module("vault", check=check, **options, **VAULT)
            assert [each["option"] for each in result["problems"]] == ["cross_region_restore"]
    new = azure.module("vault", name="other", resource_group="backup", location="westeurope", cross_region_restore=True, redundancy="LRS")
    assert [each["option"] for each in new["problems"]] == ["cross_region_restore"] * 2
    assert azure.writes() == []
    assert predicted_done_and_then_nothing(azure, **VAULT, **CROSS)["vault"]["cross_region_restore"]


def test_cross_region_restore_is_turned_off_while_the_vault_is_empty(azure: Azure) -> None:
    """It locks the storage itself, which does not mean that anything was protected."""
    azure.estate(EMPTY_VAULT.replace("location: westeurope,", "location: westeurope, cross_region_restore: true,"))
    assert not predicted_done_and_then_nothing(azure, **VAULT, cross_region_restore=False)["vault"]["cross_region_restore"]


@pytest.mark.parametrize("check", [False, True])
def test_redundancy_of_a_vault_in_use_is_refused_with_the_way_out(azure: Azure, check: bool) -> None:
    azure.estate(FILLED_VAULT)
    wish = {**VAULT, "redundancy": "LocallyRedundant", "location": "northeurope", "tags": {"a": "b"}}
    result = azure.module("vault", check=check, **wish)
    assert sorted(each["option"] for each in result["problems"]) == ["location", "redundancy"]
    assert "create another vault" in result["msg"] and azure.writes() == []


def test_what_is_as_it_shall_be_costs_one_read(azure: Azure) -> None:
    azure.estate(FILLED_VAULT)
    azure.clear_ledger()
    assert not azure.module("vault", **VAULT, redundancy="GRS", cross_region_restore=False)["changed"]
    assert [each["method"] for each in azure.requests(path="vault-we")] == ["GET"]


def test_the_key_comes_before_cross_region_restore(azure: Azure) -> None:
    azure.estate(GROUP)
    user = azure.id("app", "Microsoft.ManagedIdentity/userAssignedIdentities", "keys")
    key = {"identity": "user_assigned", "user_assigned_identities": [user], "encryption": {"key_uri": "https://keys.vault.azure.net/keys/k", "identity": user}}
    done = predicted_done_and_then_nothing(azure, **LOCATED, **key, **CROSS, redundancy="GRS")
    assert done["vault"]["cross_region_restore"] and done["vault"]["encryption"]
    assert [each["crossRegionRestore"] if each else None for each in sent(azure)] == ["Disabled", None, None, "Enabled"]


def test_where_azure_does_not_show_the_storage_configuration(azure: Azure) -> None:
    azure.estate(EMPTY_VAULT)
    azure.fault(method="GET", path="*vaultstorageconfig", times=0, status=400, code="BMSUserErrorCrossRegionRestoreNotEnabledInThisVault", message="No.")
    assert predicted_done_and_then_nothing(azure, **VAULT, redundancy="LRS")["vault"]["redundancy"] == "LocallyRedundant"


def test_a_deleted_vault_is_brought_back_as_it_was(azure: Azure) -> None:
    """What it holds fixes its redundancy, and is known only when it is back."""
    azure.estate(FILLED_VAULT)
    azure.settings(speed=3600.0)
    assert azure.module("vault", **VAULT, state="absent", purge=True, accept_data_loss=True)["changed"]
    azure.clear_ledger()
    result = azure.module("vault", **LOCATED, undelete=True, redundancy="LRS")
    assert [each["option"] for each in result["problems"]] == ["redundancy"]
    assert [each.partition(" ")[0] for each in azure.writes()] == ["POST"]


def test_a_run_killed_while_the_vault_is_created_is_finished(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    azure.estate(GROUP)
    wish = {**LOCATED, "redundancy": "LRS"}
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
    assert done["vault"]["redundancy"] == "LocallyRedundant" and len(azure.writes()) == 1


def test_unknown_redundancy(azure: Azure) -> None:
    result = azure.module("vault", redundancy="Everywhere", **{**VAULT, "name": "-"})
    assert sorted(each["option"] for each in result["problems"]) == ["name", "redundancy"]
    assert "GeoRedundant" in result["msg"]
