# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Recovery points of a protected item, and Azure's filter for lists of them. Nothing here talks to Azure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .._core.fields import Document, fetch, mapping, objects
from .._jobs.view import word

# Where a recovery point is: with the disks, in the vault, in the archive.
_TIERS = {"instantrp": "snapshot", "hardenedrp": "vault", "archivedrp": "archive"}


def to_view(document: Document) -> dict[str, Any]:
    properties = mapping(document.get("properties"))
    tiers = {str(each.get("type")).lower(): word(each.get("status")) for each in objects(properties.get("recoveryPointTierDetails"))}
    return {
        "id": document.get("id"),
        "name": document.get("name"),
        "time": properties.get("recoveryPointTime"),
        "consistency": word(properties.get("recoveryPointType")),
        "tiers": [name for kind, name in _TIERS.items() if tiers.get(kind) in ("valid", "rehydrated")],
        "expiry_time": fetch(properties, "recoveryPointProperties.expiryTime"),
    }


def list_filter(since: datetime, until: datetime) -> str:
    """Times are UTC on a 12-hour clock (https://learn.microsoft.com/rest/api/backup/recovery-points/list)."""
    times = (("startDate", since), ("endDate", until))
    return " and ".join(f"{name} eq '{when.astimezone(UTC):%Y-%m-%d %I:%M:%S %p}'" for name, when in times)
