# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Names that Azure takes for resource groups and vaults."""

from __future__ import annotations

import re
from typing import Any

from .errors import Problem

# https://learn.microsoft.com/azure/backup/backup-create-recovery-services-vault
VAULT_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{1,49}")
# https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
GROUP_NAME = re.compile(r"[-\w._()]{0,89}[-\w_()]")


def check_vault_name(name: str | None, option: str = "name") -> list[Problem]:
    if name is None or VAULT_NAME.fullmatch(name):
        return []
    return [Problem(option, f"'{name}' is no vault name: 2 to 50 letters, digits and hyphens, the first one a letter")]


def check_group(group: str | None, option: str = "resource_group") -> list[Problem]:
    if group is None or GROUP_NAME.fullmatch(group):
        return []
    return [Problem(option, f"'{group}' is no resource group name: 1 to 90 letters, digits, '.', '_', '-', '(' and ')', not ending in '.'")]


def no_vault(name: str, group: str) -> Problem:
    """What is wrong when the vault that a task names does not exist."""
    return Problem("vault_name", f"there is no vault '{name}' in resource group '{group}'")


def check_vault(options: dict[str, Any]) -> list[Problem]:
    """The options vault_name and resource_group, by which most modules name a vault."""
    return check_vault_name(options.get("vault_name"), "vault_name") + check_group(options.get("resource_group"))
