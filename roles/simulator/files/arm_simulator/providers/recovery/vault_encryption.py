# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Encryption of a vault with a customer's own key (https://learn.microsoft.com/azure/backup/encryption-at-rest-with-cmk).

The key comes before the first item and stays for good; what the service says to an identity that the
vault does not have is known from https://github.com/hashicorp/terraform-provider-azurerm/issues/24087.
"""

from __future__ import annotations

from ...core.store import Document
from .recovery_services import invalid


def changed(vault: Document, wanted: Document, *, may_begin: bool) -> Document:
    """The encryption of a vault after a write, or why it cannot be written. may_begin is False once the vault's storage is fixed."""
    old = vault["properties"].get("encryption") or {}
    merged = {**old, **{key: value for key, value in wanted.items() if value is not None}}
    if not (merged.get("keyVaultProperties") or {}).get("keyUri") or (not old and not may_begin):
        raise invalid("encryption")
    merged.setdefault("infrastructureEncryption", "Disabled")
    if old and merged["infrastructureEncryption"] != old["infrastructureEncryption"]:
        raise invalid("infrastructureEncryption")
    merged["kekIdentity"] = _key_identity(merged.get("kekIdentity") or {})
    check_identity(vault, merged)
    return merged


def _key_identity(wanted: Document) -> Document:
    """One identity opens the key: the vault's own or one that users assigned to it."""
    system, user = bool(wanted.get("useSystemAssignedIdentity")), wanted.get("userAssignedIdentity")
    if system is bool(user):
        raise invalid("cmkIdentity")
    return {"useSystemAssignedIdentity": system, "userAssignedIdentity": user or None}


def check_identity(vault: Document, encryption: Document) -> None:
    """The identity that opens the key must be one of the vault's, so the vault cannot lose it."""
    identity, wanted = vault.get("identity") or {}, encryption["kekIdentity"]
    users = {name.lower() for name in identity.get("userAssignedIdentities") or {}}
    user = wanted["userAssignedIdentity"]
    if user.lower() not in users if user else "SystemAssigned" not in identity.get("type", ""):
        raise invalid("cmkIdentity")
