# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource provider registration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.clock import event
from ...core.messages import ArmError, Request, Response
from ...core.regions import REGIONS
from ...core.router import route, router
from ...core.store import Document
from ...gateway.arm import page

if TYPE_CHECKING:
    from ...core.world import World

PROVIDERS = "/subscriptions/{sub}/providers"
REGISTER_SECONDS = 60.0  # Azure takes from seconds to minutes
FREE = ("microsoft.authorization", "microsoft.resources", "microsoft.resourcegraph")
# Every api-version is accepted; these are named to clients that want to pick one.
API_VERSIONS = {
    "Microsoft.Compute": ["2024-11-01", "2024-07-01", "2023-03-01"],
    "Microsoft.Network": ["2024-05-01", "2024-03-01", "2023-04-01"],
    "Microsoft.RecoveryServices": ["2025-02-01", "2024-04-01", "2023-04-01"],
    "Microsoft.Authorization": ["2022-04-01", "2020-05-01", "2016-09-01"],
    "Microsoft.ResourceGraph": ["2024-04-01", "2022-10-01", "2021-03-01"],
}


def build_providers(world: World, section: dict[str, str]) -> None:
    for namespace, state in section.items():
        _set_state(world, namespace, state)


def _set_state(world: World, namespace: str, state: str) -> None:
    world.store.put("providers", namespace.lower(), {"namespace": namespace, "registrationState": state})


def _document(world: World, namespace: str) -> Document:
    free = namespace.lower() in FREE
    state = (world.store.get("providers", namespace.lower()) or {}).get("registrationState", "Registered")
    locations = [region.display for region in REGIONS.values()]
    return {
        "id": f"/subscriptions/{world.settings.subscription_id}/providers/{namespace}",
        "namespace": namespace,
        "resourceTypes": [
            {
                "resourceType": kind,
                "locations": locations,
                "apiVersions": API_VERSIONS.get(namespace, ["2024-01-01"]),
                "capabilities": "SupportsTags, SupportsLocation" if "/" not in kind else "None",
            }
            for kind in sorted(router.types()[namespace])
        ],
        "registrationState": "Registered" if free else state,
        "registrationPolicy": "RegistrationFree" if free else "RegistrationRequired",
    }


def _known(request: Request) -> str:
    wanted = request.params["namespace"]
    for namespace in router.types():
        if namespace.lower() == wanted.lower():
            return namespace
    raise ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{wanted}' is invalid.", gateway=True)


@route("GET", PROVIDERS)
def list_providers(world: World, request: Request) -> Response:
    return page(world, request, [_document(world, namespace) for namespace in sorted(router.types())])


@route("GET", PROVIDERS + "/{namespace}")
def get_provider(world: World, request: Request) -> Response:
    return Response(200, _document(world, _known(request)))


@route("POST", PROVIDERS + "/{namespace}/register")
def register(world: World, request: Request) -> Response:
    """Registration goes on after the answer: Registering, then Registered."""
    namespace = _known(request)
    if _document(world, namespace)["registrationState"] in ("NotRegistered", "Unregistered"):
        _set_state(world, namespace, "Registering")
        world.clock.at(world.clock.after(REGISTER_SECONDS), "provider registered", namespace=namespace)
    return Response(200, _document(world, namespace))


@route("POST", PROVIDERS + "/{namespace}/unregister")
def unregister(world: World, request: Request) -> Response:
    namespace = _known(request)
    _set_state(world, namespace, "Unregistered")
    return Response(200, _document(world, namespace))


@event("provider registered")
def _registered(world: World, args: dict[str, Any]) -> None:
    _set_state(world, args["namespace"], "Registered")
