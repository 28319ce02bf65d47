# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles that Azure comes with, as far as backup needs them, and the form of a role definition."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from .store import Document

if TYPE_CHECKING:
    from .world import World

DEFINITIONS = "Microsoft.Authorization/roleDefinitions"
_DATA = Path(__file__).parents[1] / "data" / "role_definitions.json"
_BORN = "2015-02-02T21:55:09.8806423Z"


@lru_cache(maxsize=1)
def built_in_roles() -> dict[str, Document]:
    """By GUID. Name, purpose and actions: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles"""
    return {each["id"]: each for each in json.loads(_DATA.read_text(encoding="utf-8"))}


def document(world: World, guid: str, content: Document) -> Document:
    root = f"/subscriptions/{world.settings.subscription_id}"
    return {"properties": content, "id": f"{root}/providers/{DEFINITIONS}/{guid}", "type": DEFINITIONS, "name": guid}


def properties(name: str, kind: str, description: str, scopes: list[str], granted: list[Document], times: tuple[str, str]) -> Document:
    return {
        "roleName": name,
        "type": kind,
        "description": description,
        "assignableScopes": scopes,
        "permissions": granted,
        "createdOn": times[0],
        "updatedOn": times[1],
        "createdBy": None,
        "updatedBy": None,
    }


def built_in(world: World, guid: str) -> Document | None:
    role = built_in_roles().get(guid.lower())
    if role is None:
        return None
    granted = [{key: role.get(key, []) for key in ("actions", "notActions", "dataActions", "notDataActions")}]
    return document(world, guid.lower(), properties(role["name"], "BuiltInRole", role["description"], ["/"], granted, (_BORN, _BORN)))
