# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What surrounds many VMs, by queries of Azure Resource Graph, a thousand rows at a time: disks, Key Vaults, networks, protected items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.fields import Document
from .._core.ids import key
from .._items import query

if TYPE_CHECKING:
    from .._arm.client import Arm

# Up to so many resources a query names them; for more it is shorter to ask for all there are.
FEW = 50
_DISK = (
    "diskSizeGB", "maxShares", "dataAccessAuthMode", "networkAccessPolicy", "publicNetworkAccess", "securityProfile", "encryption",
    "encryptionSettingsCollection",
)  # fmt: skip
_KEY_VAULT = ("enableRbacAuthorization", "accessPolicies")
_INTERFACE = ("ipConfigurations", "networkSecurityGroup")
_GROUP = ("securityRules", "defaultSecurityRules")
_NETWORK = ("addressSpace", "subnets", "virtualNetworkPeerings")
_TABLE = ("routes",)
NETWORK_KINDS = {"virtualnetworks": _NETWORK, "networksecuritygroups": _GROUP, "routetables": _TABLE}


def _rows(arm: Arm, doing: str, kinds: dict[str, tuple[str, ...]], subscriptions: list[str], ids: list[str] | None) -> dict[str, Document]:
    """Resources by id key. kinds: the properties to ask for by type; ids None: all there are, and none when there are none to ask for."""
    if ids is not None and not ids:
        return {}
    named = f" and id in~ ({', '.join(map(query.quoted, ids))})" if ids is not None and len(ids) <= FEW else ""
    asked = list(dict.fromkeys(each for properties in kinds.values() for each in properties))
    columns = ", ".join(("id", "name", "type", "location", "sku", *(f"{each} = properties.{each}" for each in asked)))
    text = f"resources | where type in~ ({', '.join(map(query.quoted, kinds))}){named} | project {columns}"
    rows = arm.query(doing, text, subscriptions)
    return {key(row.get("id")): {**row, "properties": {each: row.get(each) for each in asked}} for row in rows}


def disks(arm: Arm, subscriptions: list[str], ids: list[str]) -> dict[str, Document]:
    """The disks that the principal may read, those of these ids at least, by the keys of their ids."""
    return _rows(arm, "read the disks of the VMs", {"microsoft.compute/disks": _DISK}, subscriptions, ids)


def key_vaults(arm: Arm, subscriptions: list[str], ids: list[str]) -> dict[str, Document]:
    return _rows(arm, "read the Key Vaults of the VMs", {"microsoft.keyvault/vaults": _KEY_VAULT}, subscriptions, ids)


def interfaces(arm: Arm, subscriptions: list[str], ids: list[str]) -> dict[str, Document]:
    return _rows(arm, "read the network interfaces of the VMs", {"microsoft.network/networkinterfaces": _INTERFACE}, subscriptions, ids)


def networks(arm: Arm, subscriptions: list[str]) -> dict[str, Document]:
    """All virtual networks, network security groups and route tables."""
    kinds = {f"microsoft.network/{kind}": properties for kind, properties in NETWORK_KINDS.items()}
    return _rows(arm, "read the networks of the VMs", kinds, subscriptions, None)


def items(arm: Arm, subscriptions: list[str]) -> list[Document]:
    """The protected VMs of all vaults, as the vaults' lists would show them but some minutes late."""
    rows = arm.query("find the protected VMs", query.query({}), subscriptions)
    return [query.document(row) for row in rows]
