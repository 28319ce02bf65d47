# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Resource locks: {name, level, scope} of Azure's documents, and which of them hold a resource. Nothing here talks to Azure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._core.fields import Document, fetch
from .._core.ids import key

_LOCKS = "/providers/microsoft.authorization/locks/"


def to_view(document: Document) -> dict[str, Any]:
    scope = str(document.get("id") or "")
    cut = scope.lower().rfind(_LOCKS)
    return {"name": document.get("name"), "level": fetch(document, "properties.level"), "scope": scope[:cut] if cut >= 0 else scope}


def over(resource_id: Any, locks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The locks on a resource or on what it is in: its group and its subscription. Each level forbids deletions."""
    path = f"{key(resource_id)}/"
    return [each for each in locks if each.get("scope") and path.startswith(f"{key(each['scope'])}/")]


def shown(lock: dict[str, Any]) -> str:
    return f"lock '{lock.get('name')}' ({lock.get('level')}) on {lock.get('scope')}"
