# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Deleted vaults: their view and where to look for them. Nothing here talks to Azure."""

from __future__ import annotations

from typing import Any

from .._core.fields import Document, mapping, objects
from .._core.ids import location, name, part


def to_view(document: Document, region: str) -> dict[str, Any]:
    """A deleted vault: id, name and resource_group are those it had; deleted_name is Azure's name for the deleted one."""
    properties = mapping(document.get("properties"))
    vault_id = str(properties.get("vaultId") or "")
    return {
        "id": vault_id,
        "name": name(vault_id),
        "resource_group": part(vault_id, "resourceGroups"),
        "location": region,
        "deleted_name": document.get("name"),
        "deleted_at": properties.get("vaultDeletionTime"),
        "purge_at": properties.get("purgeAt"),
    }


def regions(provider: Document) -> list[str]:
    """The regions that the provider Microsoft.RecoveryServices has vaults in."""
    kinds = [each for each in objects(provider.get("resourceTypes")) if str(each.get("resourceType")).lower() == "vaults"]
    return sorted({location(each) for kind in kinds for each in kind.get("locations") or ()})
