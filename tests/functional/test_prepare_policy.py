# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role prepare and policies that exist: a default creates and never rewrites, and what is changed is told with the number of VMs."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Azure
from test_roles import Playbooks, playbooks

__all__ = ["playbooks"]
ESTATE = """
resource_groups: [{name: app, location: westeurope}, {name: backup, location: westeurope}]
vms: [{name: web, count: 2, resource_group: app}]
"""
FOUR_HOURLY: dict[str, Any] = {
    "name": "nightly",
    "policy_type": "enhanced",
    "schedule": {"frequency": "hourly", "time": "06:00", "interval_hours": 4, "window_hours": 12},
    "time_zone": "Europe/Berlin",
    "retention": {"daily": {"count": 14}},
}
WISH = {"prepare_resource_group": "backup", "prepare_all_vms": True, "prepare_report": False, "prepare_check_agents": False}
PLACE = {"vault_name": "vault-westeurope", "resource_group": "backup"}


@pytest.fixture
def prepared(azure: Azure, playbooks: Playbooks) -> Playbooks:
    """Two VMs follow a policy that somebody has described: every four hours, Berlin."""
    azure.estate(ESTATE)
    assert playbooks.role("prepare", {**WISH, "prepare_policy": FOUR_HOURLY}) == 0, playbooks.output
    assert "vault vault-westeurope was created" in playbooks.output
    assert "policy nightly of vault vault-westeurope was created" in playbooks.output
    azure.clear_ledger()
    return playbooks


def policy(azure: Azure, name: str = "nightly") -> dict[str, Any]:
    return azure.module("policy_info", **PLACE, name=name)["policies"][0]["options"]


def test_the_default_policy_creates_and_does_not_rewrite(azure: Azure, prepared: Playbooks) -> None:
    before = policy(azure)
    for options in (["--check"], []):
        assert prepared.role("prepare", WISH, *options) == 0, prepared.output
        told = "policy nightly of vault vault-westeurope is used as it is; it differs from prepare_policy in schedule, time_zone, retention"
        assert prepared.saved("fact")["results"][0]["changes"] == [told] and told in prepared.output
        assert "configuration job" not in prepared.output
    assert azure.writes() == [] and policy(azure) == before


def test_the_default_policy_leaves_one_of_the_other_type_too(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE + "vaults: [{name: vault-westeurope, resource_group: backup}]")
    daily = {"schedule": {"frequency": "daily", "time": "03:00"}, "retention": {"daily": {"count": 9}}}
    assert azure.module("policy", **PLACE, name="nightly", policy_type="standard", **daily)["changed"]
    assert playbooks.role("prepare", WISH) == 0, playbooks.output
    assert policy(azure)["policy_type"] == "standard"


def test_a_missing_policy_is_created_by_the_default(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE)
    assert playbooks.role("prepare", WISH, "--check") == 0, playbooks.output
    assert azure.writes() == []
    predicted = prepared_changes(playbooks)
    assert predicted == ["vault vault-westeurope would be created", "policy nightly of vault vault-westeurope would be created"]
    assert playbooks.role("prepare", WISH) == 0, playbooks.output
    assert prepared_changes(playbooks) == [each.replace("would be", "was") for each in predicted]
    azure.clear_ledger()
    assert playbooks.role("prepare", WISH) == 0, playbooks.output
    assert azure.writes() == [] and prepared_changes(playbooks) == []


def prepared_changes(playbooks: Playbooks) -> list[str]:
    return playbooks.saved("fact")["results"][0]["changes"]


def test_a_policy_that_is_only_named_is_used_as_it_is_or_missed(azure: Azure, prepared: Playbooks) -> None:
    assert prepared.role("prepare", {**WISH, "prepare_policy": {"name": "nightly"}}) == 0, prepared.output
    assert azure.writes() == []
    for options in (["--check"], []):
        assert prepared.role("prepare", {**WISH, "prepare_policy": {"name": "nightyl"}}, *options) != 0
        assert "there is no policy 'nightyl' in vault 'vault-westeurope', and no schedule and retention to create it with" in prepared.output
    assert azure.writes() == []


def test_what_is_spelled_out_is_applied_and_told_with_the_number_of_vms(azure: Azure, prepared: Playbooks) -> None:
    wish = {**WISH, "prepare_policy": {"name": "nightly", "retention": {"daily": {"count": 20}}}, "prepare_vault_tags": {"team": "ops"}}
    for check, verb in ((True, "would be"), (False, "was")):
        assert prepared.role("prepare", wish, *(["--check"] if check else [])) == 0, prepared.output
        assert prepared_changes(prepared) == [
            f"vault vault-westeurope {verb} changed (tags), which holds 2 VMs",
            f"policy nightly of vault vault-westeurope {verb} changed (retention), which 2 VMs follow",
        ]
        assert (azure.writes() == []) is check
    assert policy(azure)["retention"] == {"daily": {"count": 20}} and policy(azure)["schedule"]["interval_hours"] == 4
    azure.clear_ledger()
    assert prepared.role("prepare", wish) == 0, prepared.output
    assert azure.writes() == [] and prepared_changes(prepared) == []


def test_a_change_is_told_also_where_the_region_failed_later(azure: Azure, prepared: Playbooks) -> None:
    azure.module("protection", **PLACE, vms=["app/web-0001"], state="stopped")
    azure.fault(method="PUT", path="*web-0001*", times=0, status=403, message="Not you.")
    wish = {**WISH, "prepare_resume_stopped": True, "prepare_policy": {"name": "nightly", "time_zone": "UTC"}}
    assert prepared.role("prepare", wish) != 0
    assert "policy nightly of vault vault-westeurope was changed (time_zone), which 1 VMs follow" in prepared.output
