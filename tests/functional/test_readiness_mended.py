# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The estate with one VM for each defect, before and after the role prepare: what it can mend is gone, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from harness import Azure
from test_readiness_defects import VMS, estate, ids
from test_roles import Playbooks

pytestmark = pytest.mark.usefixtures("evening")

# An immutable vault gives no VM a policy that keeps less, and Azure none of Standard type to one that had an Enhanced one.
EXCLUDED = ["weekly", "ultra-enhanced", "crash-only"]
# As Azure makes it with each vault.
POLICY = {
    "name": "DefaultPolicy",
    "policy_type": "standard",
    "schedule": {"frequency": "daily", "time": "16:30"},
    "time_zone": "UTC",
    "retention": {"daily": {"count": 30}},
    "instant_restore_days": 2,
}
WISH: dict[str, Any] = {
    "prepare_all_vms": True,
    "prepare_exclude": EXCLUDED,
    "prepare_resource_group": "backup",
    "prepare_vaults": {"westeurope": {"name": "main"}},
    "prepare_policy": POLICY,
    "prepare_resume_stopped": True,
    "prepare_report": False,
}
MENDED = {
    "not-protected": {"ITEM-PROTECTED"},
    "no-vault-there": {"VM-VAULT-REGION", "ITEM-PROTECTED"},
    "stopped": {"ITEM-STATE"},
    "suspended": {"ITEM-STATE"},
    "deleted": {"ITEM-PROTECTED"},
    "wrong-policy": {"ITEM-POLICY"},
}
# A VM whose backups begin, or begin again, waits for the next one.
WAITING = {name: {"ITEM-BACKUP-AGE"} for name in MENDED if name != "wrong-policy"}


def findings(azure: Azure, **options: Any) -> tuple[dict[str, set[str]], set[str]]:
    found = azure.module("readiness_info", policies=["DefaultPolicy", "EnhancedPolicy", "weekly", "crash"], details=True, outbound=True, **options)
    assert not found.get("failed"), found
    return {each["name"]: ids(each) for each in found["vms"]}, ids(found["subscriptions"][0])


def test_prepare_mends_what_it_can_and_nothing_else(azure: Azure, tmp_path: Path) -> None:
    azure.estate(json.dumps(estate()).replace("FROZEN", azure.vm_id("app", "frozen")))
    before, subscription = findings(azure, vaults=["backup/main"])
    assert set(before) == set(VMS) and "SUBSCRIPTION-PROVIDER" in subscription
    playbooks = Playbooks(azure, tmp_path)
    assert playbooks.role("prepare", WISH) == 0, playbooks.output
    after, subscription_after = findings(azure, vaults=["backup/main", "backup/vault-japaneast"])
    changed = {name: (before[name] - after[name], after[name] - before[name]) for name in before if before[name] != after[name]}
    assert changed == {name: (gone, WAITING.get(name, set())) for name, gone in MENDED.items()}
    assert subscription - subscription_after == {"SUBSCRIPTION-PROVIDER"}
    azure.clear_ledger()
    assert playbooks.role("prepare", WISH) == 0, playbooks.output
    assert azure.writes() == []
