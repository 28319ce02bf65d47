# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Disks and Key Vaults of many VMs by queries of Azure Resource Graph, a thousand of them at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._domain.fields import Document
from .._domain.ids import key

if TYPE_CHECKING:
    from .._arm.client import Arm

# Up to so many disks a query names them; for more it is shorter to ask for all there are.
FEW = 50
_DISK = (
    "diskSizeGB", "maxShares", "dataAccessAuthMode", "networkAccessPolicy", "publicNetworkAccess", "securityProfile", "encryption",
    "encryptionSettingsCollection",
)  # fmt: skip
_KEY_VAULT = ("enableRbacAuthorization", "accessPolicies")


def _query(kind: str, columns: tuple[str, ...], ids: list[str]) -> str:
    packed = ", ".join(f"'{each}', properties.{each}" for each in columns)
    named = f" and id in~ ({', '.join(_quoted(each) for each in ids)})" if len(ids) <= FEW else ""
    return f"resources | where type =~ '{kind}'{named} | project id, name, location, sku, properties = bag_pack({packed})"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def disks(arm: Arm, subscriptions: list[str], ids: list[str]) -> dict[str, Document]:
    """The disks that the principal may read, those of these ids at least, by the keys of their ids."""
    return _rows(arm, "read the disks of the VMs", "microsoft.compute/disks", _DISK, subscriptions, ids)


def key_vaults(arm: Arm, subscriptions: list[str], ids: list[str]) -> dict[str, Document]:
    return _rows(arm, "read the Key Vaults of the VMs", "microsoft.keyvault/vaults", _KEY_VAULT, subscriptions, ids)


def _rows(arm: Arm, doing: str, kind: str, columns: tuple[str, ...], subscriptions: list[str], ids: list[str]) -> dict[str, Document]:
    if not ids:
        return {}
    return {key(row.get("id")): row for row in arm.query(doing, _query(kind, columns, ids), subscriptions)}
