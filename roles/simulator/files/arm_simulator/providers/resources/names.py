# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is this name free, and may it be used at all?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...core.messages import ArmError, Request, Response
from ...core.regions import normalise
from ...core.router import route

if TYPE_CHECKING:
    from ...core.world import World

# https://learn.microsoft.com/azure/azure-resource-manager/templates/error-reserved-resource-name
_RESERVED = re.compile(r"access|azure|bing|bizspark|biztalk|cortana|directx|microsoft|office|onedrive|skype|windows|xbox|.*(microsoft|windows).*")
_LOGIN = re.compile(r"^login|^xbox", re.IGNORECASE)


@route("POST", "/providers/Microsoft.Resources/checkResourceName")
def check_resource_name(world: World, request: Request) -> Response:
    """{name, type}: whether the name is one of Microsoft's own words."""
    body = request.json()
    name, kind = body.get("name"), body.get("type")
    if not name or not kind:
        raise ArmError(400, "InvalidResourceName", "Name and type of the resource are required.", gateway=True)
    reserved = _RESERVED.fullmatch(str(name).lower()) or _LOGIN.search(str(name))
    return Response(200, {"name": name, "type": kind, "status": "Reserved" if reserved else "Allowed"})


@route("GET", "/subscriptions/{sub}/providers/Microsoft.Network/locations/{location}/CheckDnsNameAvailability")
def check_dns_name(world: World, request: Request) -> Response:
    """?domainNameLabel=: whether a public address of the region may take the label."""
    label = request.query.get("domainnamelabel", "").lower()
    addresses = world.store.list("Microsoft.Network/publicIPAddresses", f"/subscriptions/{request.params['sub']}")
    region = normalise(request.params["location"])
    taken = {
        str((each["properties"].get("dnsSettings") or {}).get("domainNameLabel", "")).lower() for each in addresses if each.get("location") == region
    }
    return Response(200, {"available": bool(label) and label not in taken})
