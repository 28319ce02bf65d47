# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""ARM ids and names: taken apart, put together and compared without regard to letter case.

What Azure left out, or sent in another type, reads as the empty id here: a document is never a reason to crash.
"""

from __future__ import annotations

import re
from typing import Any

VM_TYPE = "Microsoft.Compute/virtualMachines"
VAULT_TYPE = "Microsoft.RecoveryServices/vaults"

_VM_ID = re.compile(r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/Microsoft\.Compute/virtualMachines/[^/\s]+", re.IGNORECASE)


def key(resource_id: Any) -> str:
    """The form in which ids are compared: Azure changes their letter case as it likes."""
    return str(resource_id or "").rstrip("/").lower()


def resource_id(subscription: str, group: str, kind: str, *names: str) -> str:
    """resource_id('s', 'g', 'Microsoft.Network/networkSecurityGroups/securityRules', 'nsg', 'rule')."""
    provider, *types = kind.split("/")
    tail = "/".join(f"{each}/{name}" for each, name in zip(types, names, strict=True))
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{provider}/{tail}"


def part(any_id: Any, segment: str) -> str:
    """The name that follows a segment: part(vm_id, 'resourceGroups'). Empty when the segment is not there."""
    segments = str(any_id or "").strip("/").split("/")
    lower = [each.lower() for each in segments]
    if segment.lower() not in lower[:-1]:
        return ""
    return segments[lower.index(segment.lower()) + 1]


def name(any_id: Any) -> str:
    return str(any_id or "").rstrip("/").rsplit("/", 1)[-1]


def is_vm_id(text: str) -> bool:
    return bool(_VM_ID.fullmatch(text))


def location(text: Any) -> str:
    """'West Europe' and 'westeurope' are the same region; this is the latter."""
    return re.sub(r"\s", "", str(text or "")).lower()


def container_name(vm_id: str) -> str:
    """The backup container of a VM: deterministic, so nothing need be discovered (recorded traffic)."""
    return f"IaasVMContainer;iaasvmcontainerv2;{part(vm_id, 'resourceGroups')};{name(vm_id)}"


def item_name(vm_id: str) -> str:
    return f"VM;iaasvmcontainerv2;{part(vm_id, 'resourceGroups')};{name(vm_id)}"
