# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories (tenants) beside the one of the subscription: who can sign in there, and what may be linked from there.

Of their resources only Resource Guards matter, which a vault of this subscription may be under. A write that names one needs a
token of its directory besides, in the header x-ms-authorization-auxiliary:
https://learn.microsoft.com/azure/azure-resource-manager/management/authenticate-multi-tenant
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..core.messages import ArmError, Request

if TYPE_CHECKING:
    from ..core.world import World

_TABLE = "tenants"
_GUARD = re.compile(rb'"/subscriptions/([^/"]+)/resourcegroups/[^/"]+/providers/Microsoft\.DataProtection/resourceGuards/', re.IGNORECASE)


def build(world: World, given: list[dict[str, Any]]) -> None:
    for each in given:
        for subscription in each["subscriptions"]:
            world.store.put(_TABLE, subscription.lower(), {"tenant_id": each["tenant_id"].lower()})


def is_known(world: World, tenant: str) -> bool:
    others = (each["tenant_id"] for each in world.store.tables.get(_TABLE, {}).values())
    return tenant.lower() in (world.settings.tenant_id.lower(), *others)


def check_links(world: World, request: Request, action: str, scope: str, tenants: set[str]) -> None:
    """Refuse a write that names what is in another directory, unless one of the tokens is from there. tenants: those of the auxiliary tokens."""
    for found in _GUARD.findall(request.body):
        subscription = found.decode("utf-8", "replace")
        owner = world.store.get(_TABLE, subscription.lower())
        if owner and owner["tenant_id"] not in tenants:
            raise ArmError(
                403,
                "LinkedAuthorizationFailed",
                f"The client has permission to perform action '{action}' on scope '{scope}', however the current tenant "
                f"'{world.settings.tenant_id}' is not authorized to access linked subscription '{subscription}'.",
                gateway=True,
            )
