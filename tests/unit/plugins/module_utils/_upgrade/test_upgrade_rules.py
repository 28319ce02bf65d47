# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the classic upgrade: how it stands, prerequisites, permissions, and which vault is meant."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._upgrade import classic
from hypothesis import given
from hypothesis import strategies as st

OLD = {
    "Category": "AgentVersion",
    "Code": "MinimumAgentVersionNotMet",
    "Type": "Error",
    "Message": "Server;Agent version|a;2.0.8719.0|b;",
    "RecommendedAction": "Update them.",
}
BILLING = {"Category": "BillingModel", "Code": "StorageBasedBillingModel", "Type": "Warning", "Message": "Old model."}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each, max_size=3),
)
SERVICES = [
    {"Name": "one", "GeoRegion": "West US", "Resources": [{"Name": "old", "Type": "BackupVault"}, {"Name": "asr", "Type": "HyperVRecoveryManagerVault"}]},
    {"Name": "two", "GeoRegion": "East US", "Resources": [{"Name": "OLD", "Type": "backupvault"}, {"Name": "other", "Type": "BackupVault"}]},
]


def test_a_vault_of_today_is_native() -> None:
    assert classic.details({})["status"] == classic.details({"properties": {"upgradeDetails": {}}})["status"] == "native"


def test_the_end_of_time_is_no_end() -> None:
    shown = classic.details(
        {
            "properties": {
                "upgradeDetails": {
                    "status": "InProgress",
                    "startTimeUtc": "2017-03-23T12:18:17.174831Z",
                    "lastUpdatedTimeUtc": "2017-03-23T12:19:17.174831Z",
                    "endTimeUtc": "9999-12-31T23:59:59.9999999",
                    "triggerType": "ForcedUpgrade",
                }
            }
        }
    )
    assert (shown["status"], shown["ended"], shown["elapsed_seconds"], shown["trigger"]) == ("in_progress", None, 60, "forced")


@given(JSON)
def test_no_document_is_a_reason_to_crash(value: Any) -> None:
    classic.details({"properties": {"upgradeDetails": value}})
    classic.details({"properties": value})
    classic.prerequisite({"Message": value, "Type": value})
    classic.check_offer({"subscriptionPolicies": value})


def test_a_table_in_one_line() -> None:
    found = classic.prerequisite(OLD)
    assert found["message"] == "Server Agent version; a 2.0.8719.0; b" and found["rows"][1:] == [["a", "2.0.8719.0"], ["b", ""]]
    assert classic.prerequisite(BILLING)["rows"] == [] and classic.prerequisite(BILLING)["severity"] == "warning"
    assert classic.prerequisite({"Type": "Something new"})["severity"] == "error"


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        ({}, ["vault_name", "convert_billing"]),
        ({"convert_billing": True}, ["vault_name"]),
        ({"accept_warnings": ["StorageBasedBillingModel"]}, ["vault_name", "convert_billing"]),
    ],
)
def test_errors_always_count_and_billing_wants_its_own_consent(options: dict[str, Any], refused: list[str]) -> None:
    findings = [classic.prerequisite(each) for each in (OLD, BILLING)]
    assert [each.option for each in classic.judge(options, findings)] == refused


def test_other_warnings_are_accepted_by_code() -> None:
    finding = classic.prerequisite({"Code": "Odd", "Type": "Warning", "Message": "m"})
    assert [each.option for each in classic.judge({}, [finding])] == ["accept_warnings"]
    assert classic.judge({"accept_warnings": ["ODD"]}, [finding]) == []


@pytest.mark.parametrize(
    ("registered", "going", "settled"),
    [(["a", "b", "c"], ["A", "b"], True), (["a", "b"], ["a"], False), ([], ["a", "b"], False), (["c"], ["c"], False)],
)
def test_which_findings_unregistering_settles(registered: list[str], going: list[str], settled: bool) -> None:
    assert classic.settled_by_unregistering(classic.prerequisite(OLD), registered, going) is settled


@pytest.mark.parametrize(
    ("permission", "missing"),
    [
        ({"actions": ["*"]}, 0),
        ({"actions": ["Microsoft.RecoveryServices/*"]}, 0),
        ({"actions": ["microsoft.recoveryservices/vaults/*"], "notActions": ["*/write"]}, 1),
        ({"actions": ["*/read"]}, 1),
        ({}, 1),
    ],
)
def test_permissions(permission: dict[str, Any], missing: int) -> None:
    assert len(classic.check_permissions([permission], [classic.VAULT_ACTION])) == missing


@pytest.mark.parametrize(
    ("name", "region", "found", "option"),
    [
        ("other", None, "two", None),
        ("old", "west us", "one", None),
        ("old", None, None, "location"),
        ("asr", None, None, "vault_name"),
        ("old", "northeurope", None, "vault_name"),
    ],
)
def test_which_vault_is_meant(name: str, region: str | None, found: str | None, option: str | None) -> None:
    places, problems = classic.find_classic(SERVICES, name, region)
    assert [service["Name"] for service, _resource in places] == ([found] if found else [])
    assert [each.option for each in problems] == ([option] if option else [])


def test_partners_contracts() -> None:
    assert classic.check_offer({"subscriptionPolicies": {"quotaId": "CSP_2015-05-01"}})
    assert not classic.check_offer({"subscriptionPolicies": {"quotaId": "PayAsYouGo_2014-09-01"}})
