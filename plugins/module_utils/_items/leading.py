# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Which item counts for a VM that several vaults have an item of. Nothing here talks to Azure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# A vault that backs the VM up binds it; one whose state is not known may do so. Stopped and suspended both keep data
# without backups, and a soft-deleted item binds nobody.
_WEIGHT = {"protected": 3, "suspended": 1, "stopped": 1, "soft_deleted": 0}
_UNKNOWN = 2


def weight(state: Any, last_backup_time: Any, vault: Any) -> tuple[int, str, str]:
    """For max(): by state, then the one with the later backup, then by the vault's name or id, so that the answer does not depend on the order."""
    return _WEIGHT.get(str(state), _UNKNOWN), str(last_backup_time or ""), str(vault or "").lower()


def leading(items: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The item that counts, of items as protection_info shows them."""
    return max(items, key=lambda each: weight(each.get("state"), each.get("last_backup_time"), each.get("vault_id") or each.get("vault_name")), default=None)
