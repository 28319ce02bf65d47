# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The numbers that rules compare with. Azure changes them now and then, so a task may set each."""

from __future__ import annotations

from typing import Any

from .._core.errors import Problem
from .._guest.agent import MINIMUM as SUPPORTED_AGENT
from .values import version

# https://learn.microsoft.com/azure/backup/backup-support-matrix and .../backup-support-matrix-iaas, early 2026, where nothing else is named.
DEFAULTS: dict[str, Any] = {
    "data_disks_max": 32,
    "disk_size_gib_max": 65536,
    # https://learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot has the lower number still
    "disk_size_gib_warn": 32768,
    "disks_total_tib_max": 512,
    "vcpus_min": 2,
    "memory_gib_min": 1,
    "vms_per_vault_max": 1000,
    "vaults_per_subscription_max": 500,
    "vms_per_policy_warn": 100,
    # the check of Azure's own command line, https://github.com/Azure/azure-cli
    "vms_per_policy_max": 1000,
    # https://learn.microsoft.com/azure/backup/backup-azure-enhanced-soft-delete-about
    "soft_delete_days_min": 14,
    # A job starts within two hours of its time: https://learn.microsoft.com/azure/backup/backup-azure-vm-backup-faq
    "backup_grace_hours": 2,
    # Without a policy to go by: a daily backup and the two hours.
    "backup_age_hours_max": 26,
    "agent_silent_minutes_max": 60,
    # https://learn.microsoft.com/azure/backup/backup-azure-arm-vms-prepare
    "agent_windows_min": "2.6.1198.718",
    "agent_windows_supported": SUPPORTED_AGENT["windows"],
    "agent_linux_supported": SUPPORTED_AGENT["linux"],
    # https://learn.microsoft.com/azure/backup/backup-azure-about-mars
    "mars_min": "2.0.9083.0",
    # https://learn.microsoft.com/azure/backup/backup-azure-immutable-vault-concept
    "mars_immutable_min": "2.0.9250.0",
}


def merged(given: dict[str, Any] | None) -> dict[str, Any]:
    """The defaults with what the task sets. Numbers may come as texts, as Ansible makes them of templates."""
    return DEFAULTS | {name: _typed(name, value) for name, value in (given or {}).items()}


def _typed(name: str, value: Any) -> Any:
    if isinstance(DEFAULTS.get(name), str):
        return str(value)
    try:
        return float(value) if "." in str(value) else int(value)
    except (TypeError, ValueError):
        return value


def check(given: dict[str, Any] | None) -> list[Problem]:
    problems = []
    for name, value in (given or {}).items():
        option = f"thresholds.{name}"
        if name not in DEFAULTS:
            problems.append(Problem(option, f"there is no such threshold; there are {', '.join(DEFAULTS)}"))
        elif isinstance(DEFAULTS[name], str) and version(value) is None:
            problems.append(Problem(option, f"'{value}' is no version: numbers with dots between are, such as {DEFAULTS[name]}"))
        elif not isinstance(DEFAULTS[name], str) and not (isinstance(typed := _typed(name, value), (int, float)) and typed >= 0):
            problems.append(Problem(option, f"'{value}' is no number of 0 or more"))
    return problems
