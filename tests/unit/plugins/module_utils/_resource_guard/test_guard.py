# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which operations a Resource Guard must approve, and what is sent with them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._resource_guard import rules

GUARD = "/subscriptions/s/resourcegroups/g/providers/Microsoft.DataProtection/resourceGuards/guard"
PROXY = {
    "properties": {
        "resourceGuardResourceId": GUARD,
        "resourceGuardOperationDetails": [
            {"vaultCriticalOperation": rules.DELETE_ITEM, "defaultResourceRequest": f"{GUARD}/deleteProtectedItemRequests/default"},
            {"vaultCriticalOperation": rules.CHANGE_POLICY, "defaultResourceRequest": f"{GUARD}/updateProtectionPolicyRequests/default"},
        ],
    }
}
DELETE = f"{GUARD}/deleteProtectedItemRequests/mine".replace("resourcegroups", "resourceGroups")
GIVEN = {rules.OPTION: [DELETE, f"{GUARD}/disableSoftDeleteRequests/default"]}


def test_ids_are_checked_alone() -> None:
    assert rules.check_guard({}) == [] and rules.check_guard(GIVEN) == []
    (problem,) = rules.check_guard({rules.OPTION: [DELETE, GUARD]})
    assert problem.option == rules.OPTION and f"'{GUARD}'" in problem.text


def test_a_vault_without_guard_wants_nothing() -> None:
    for none in (rules.read([]), rules.read([{}]), rules.read([{"properties": {"resourceGuardOperationDetails": None}}])):
        assert rules.missing(none, {}, [rules.DELETE_ITEM]) == [] and rules.requests(none, GIVEN, rules.DELETE_ITEM) == []


def test_missing_requests_are_named_with_the_id_to_give() -> None:
    found = rules.read([PROXY])
    assert rules.missing(found, GIVEN, [rules.DELETE_ITEM]) == []
    assert rules.missing(found, {}, [rules.STOP_ITEM]) == []  # the guard does not watch it
    (problem,) = rules.missing(found, GIVEN, [rules.DELETE_ITEM, rules.CHANGE_POLICY, rules.CHANGE_POLICY])
    assert f"{GUARD}/updateProtectionPolicyRequests/default" in problem.text and "Backup MUA Operator" in problem.text


def test_an_operation_carries_its_own_requests_only() -> None:
    found = rules.read([PROXY])
    assert rules.requests(found, GIVEN, rules.DELETE_ITEM) == [DELETE]
    assert rules.requests(found, GIVEN, rules.CHANGE_POLICY) == []
    body = {"properties": {"policyId": "p"}, "tags": {}}
    assert rules.approved(body, []) is body
    assert rules.approved(body, [DELETE]) == {"properties": {"policyId": "p", "resourceGuardOperationRequests": [DELETE]}, "tags": {}}
    assert body == {"properties": {"policyId": "p"}, "tags": {}}
    assert rules.approved({"tags": {}}, [DELETE])["properties"] == {"resourceGuardOperationRequests": [DELETE]}


def policy(**changes: Any) -> dict[str, Any]:
    retention = {"daily": {"count": 30}, "weekly": None, "monthly": {"count": 12}, "yearly": None}
    return {"schedule": {"frequency": "daily"}, "retention": retention, "instant_restore_days": 2, **changes}


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({}, []),
        ({"instant_restore_days": 5}, []),
        ({"instant_restore_days": 1}, ["instant restore days"]),
        ({"retention": {"daily": {"count": 29}, "weekly": None, "monthly": {"count": 12}, "yearly": None}}, ["daily retention"]),
        ({"retention": {"daily": {"count": 60}, "weekly": {"count": 9}, "monthly": None, "yearly": None}}, ["monthly retention"]),
        ({"schedule": {"frequency": "weekly", "days": list(rules._DAYS)}}, []),
        ({"schedule": {"frequency": "weekly", "days": ["monday", "thursday"]}}, ["time between backups"]),
        ({"schedule": {"frequency": "hourly", "interval_hours": 4, "window_hours": 12}}, []),
    ],
)
def test_what_a_policy_loses(changes: dict[str, Any], lost: list[str]) -> None:
    assert rules.weaker(policy(), policy(**changes)) == lost


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        ({"frequency": "hourly", "interval_hours": 4, "window_hours": 24}, 4),
        ({"frequency": "hourly", "interval_hours": 4, "window_hours": 8}, 16),
        ({"frequency": "weekly", "days": ["sunday"]}, 168),
        ({"frequency": "weekly", "days": ["monday", "friday"]}, 96),
        ({"frequency": "weekly", "days": []}, 0),
        (None, 0),
    ],
)
def test_hours_between_backups(schedule: dict[str, Any] | None, hours: int) -> None:
    assert rules.hours_between_backups(schedule) == hours


@pytest.mark.parametrize(
    ("before", "after", "operations"),
    [
        ({"soft_delete": "Enabled"}, {"soft_delete": "Enabled"}, []),
        ({"soft_delete": "Enabled"}, {"soft_delete": "AlwaysON"}, []),
        ({"soft_delete": "Enabled"}, {"soft_delete": "Disabled"}, [rules.DISABLE_SOFT_DELETE]),
        ({"immutability": None}, {"immutability": "Unlocked"}, []),
        ({"immutability": "Unlocked"}, {"immutability": "Locked"}, []),
        ({"immutability": "Unlocked"}, {"immutability": "Disabled"}, [rules.REDUCE_IMMUTABILITY]),
        ({"encryption": None}, {"encryption": {"key_uri": "k"}}, [rules.CHANGE_ENCRYPTION]),
    ],
)
def test_what_is_critical_about_a_vault(before: dict[str, Any], after: dict[str, Any], operations: list[str]) -> None:
    assert rules.vault_operations(before, after) == operations
