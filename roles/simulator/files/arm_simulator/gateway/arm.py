# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Resource Manager does to every request before a provider sees it, and to lists after."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from ..core.clock import iso
from ..core.messages import ArmError, Request, Response
from ..core.router import router
from ..core.store import Document, public
from ..identity.access import authorize, requirement
from ..identity.entra import auxiliary_tenants, check_token
from ..identity.tenants import check_links
from . import throttling

if TYPE_CHECKING:
    from ..core.faults import Fault
    from ..core.world import World

API_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-[a-z]+)?|1\.0", re.IGNORECASE)
WRITES = ("PUT", "PATCH", "POST", "DELETE")
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
LOCKS = "Microsoft.Authorization/locks"

log = logging.getLogger(__name__)


def dispatch(world: World, request: Request, *, sign_in: bool = False) -> Response:
    """Answer an ARM request; never raises. sign_in demands a valid token, as the server does."""
    return attend(world, request, "arm", lambda fault: _answer(world, request, fault, sign_in))


def attend(world: World, request: Request, kind: str, answer: Callable[[Fault | None], Response]) -> Response:
    """Let answer() see to a request: what is due happens first, ordered faults apply, errors become answers, the ledger is kept."""
    with world.store.batch():
        response = _attend(world, request, kind, answer)
    world.ledger.add(iso(world.clock.now()), request, response.status, kind)
    return response


def _attend(world: World, request: Request, kind: str, answer: Callable[[Fault | None], Response]) -> Response:
    fault = None
    try:
        world.clock.run_due()
        fault = world.faults.take(request, kind, world.store)
        if fault and fault.reset == "before":
            response = Response(0)
        elif fault and fault.status:
            response = fault.error().response()
        elif fault and (fault.stale or fault.absent):
            with world.store.rewound(request.path):
                response = answer(fault)
        else:
            response = answer(fault)
    except ArmError as exc:
        response = exc.response()
    except Exception:
        log.exception("%s %s", request.method, request.path)
        response = _internal_error(world, request).response()
    finally:
        world.operations.next_fault, world.operations.next_hangs = None, False
    if fault:
        response.delay += fault.latency
        response.reset = fault.reset in ("before", "after")
        response.partial = "reset" if fault.reset == "body" else "json" if fault.truncate else ""
    return response


def _answer(world: World, request: Request, fault: Fault | None, sign_in: bool) -> Response:
    if sign_in:
        request.caller = check_token(world, request)
    _check_api_version(request)
    segments = request.path.strip("/").split("/")
    _check_subscription(world, segments)
    authorize(world, request)
    if request.method in WRITES:
        check_links(world, request, *requirement(request), auxiliary_tenants(world, request) if sign_in else set())
    allowance = throttling.admit(world, request)
    _check_group(world, request.method, segments)
    handler, request.params, methods = router.find(request.method, request.path)
    if handler is None and request.method == "HEAD":
        handler, request.params, methods = router.find("GET", request.path)
    if handler is None:
        raise _no_route(request, segments, methods)
    if request.method in ("PUT", "POST"):
        _check_registration(world, segments)
    if request.method in WRITES:
        _check_locks(world, request)
        world.store.begin_write()
    if fault:
        world.operations.next_fault, world.operations.next_hangs = fault.fail_operation, fault.hang_operation
    response = handler(world, request)
    if request.method == "HEAD" and response.status == 200:
        response = Response(204)
    if isinstance(response.body, dict):
        response.body = public(response.body)
    response.headers.update(allowance)
    return response


def _check_api_version(request: Request) -> None:
    if not request.api_version:
        raise ArmError(
            400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.", gateway=True
        )
    if not API_VERSION.fullmatch(request.api_version):
        raise ArmError(
            400,
            "InvalidApiVersionParameter",
            f"The api-version '{request.api_version}' is invalid. The supported versions are of the form 'yyyy-MM-dd' or 'yyyy-MM-dd-preview'.",
            gateway=True,
        )


def _check_subscription(world: World, segments: list[str]) -> None:
    if segments[0].lower() != "subscriptions" or len(segments) < 2:
        return
    subscription = segments[1]
    if not GUID.fullmatch(subscription):
        raise ArmError(
            400, "InvalidSubscriptionId", f"The provided subscription identifier '{subscription}' is malformed or invalid.", gateway=True
        )
    if subscription.lower() != world.settings.subscription_id.lower():
        raise ArmError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.", gateway=True)


def _check_group(world: World, method: str, segments: list[str]) -> None:
    """Below a resource group, the group must exist, and take nothing new while it is being deleted."""
    if len(segments) < 5 or segments[2].lower() != "resourcegroups":
        return
    group = world.store.resource("/" + "/".join(segments[:4]))
    if group is None:
        raise group_not_found(segments[3])
    if method in ("PUT", "PATCH") and group["properties"]["provisioningState"] == "Deleting":
        raise ArmError(
            409,
            "ResourceGroupBeingDeleted",
            f"The resource group '{segments[3]}' is in deprovisioning state and cannot perform this operation.",
            gateway=True,
        )


def group_not_found(name: str) -> ArmError:
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.", gateway=True)


def _namespace_at(segments: list[str]) -> int:
    """Where the last provider namespace of a path stands; 0 when it has none."""
    places = [index + 1 for index, segment in enumerate(segments[:-1]) if segment.lower() == "providers"]
    return places[-1] if places else 0


def _no_route(request: Request, segments: list[str], methods: list[str]) -> ArmError:
    if methods:
        return ArmError(
            405,
            "MethodNotAllowed",
            f"The requested resource does not support http method '{request.method}'.",
            gateway=True,
            headers={"Allow": ", ".join(methods)},
        )
    at = _namespace_at(segments)
    if not at:
        return ArmError(404, "NotFound", f"No resource type or operation is known at '{request.path}'.", gateway=True)
    namespace = segments[at]
    if namespace.lower() not in {known.lower() for known in router.types()}:
        return ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.", gateway=True)
    kind = "/".join(segments[at + 1:: 2])
    return ArmError(
        404,
        "InvalidResourceType",
        f"The resource type '{kind}' could not be found in the namespace '{namespace}' for api version '{request.api_version}'.",
        gateway=True,
    )


def _check_registration(world: World, segments: list[str]) -> None:
    at = _namespace_at(segments)
    if not at or len(segments) < 4 or (len(segments) == 5 and segments[-1].lower() in ("register", "unregister")):
        return
    namespace = segments[at]
    provider = world.store.get("providers", namespace.lower())
    if provider and provider["registrationState"] not in ("Registered", "Registering"):
        message = (
            f"The subscription is not registered to use namespace '{provider['namespace']}'. "
            "See https://aka.ms/rps-not-found for how to register subscriptions."
        )
        details = [{"code": "MissingSubscriptionRegistration", "target": provider["namespace"], "message": message}]
        raise ArmError(409, "MissingSubscriptionRegistration", message, gateway=True, details=details)


def _check_locks(world: World, request: Request) -> None:
    """A lock holds for its scope and all below; a delete is also refused for a lock below what is to go."""
    locks = world.store.list(LOCKS, f"/subscriptions/{world.settings.subscription_id}")
    target = request.path.rstrip("/").lower()
    if not locks or f"/providers/{LOCKS.lower()}/" in target:
        return
    deleting = request.method == "DELETE"
    holding = []
    for lock in locks:
        scope = lock["id"].lower().rpartition(f"/providers/{LOCKS.lower()}/")[0]
        held = f"{target}/".startswith(f"{scope}/") or (deleting and scope.startswith(f"{target}/"))
        if held and (deleting or lock["properties"]["level"] == "ReadOnly"):
            holding.append(lock["id"].rpartition("/providers/")[0])
    if holding:
        raise ArmError(
            409,
            "ScopeLocked",
            f"The scope '{request.path.rstrip('/')}' cannot perform {'delete' if deleting else 'write'} operation because "
            f"following scope(s) are locked: '{','.join(holding)}'. Please remove the lock and try again.",
            gateway=True,
        )


def _internal_error(world: World, request: Request) -> ArmError:
    stamp = world.clock.now().strftime("%Y%m%dT%H%M%SZ")
    return ArmError(
        500,
        "InternalServerError",
        f"Encountered internal server error. Diagnostic information: timestamp '{stamp}', subscription id '{world.settings.subscription_id}', "
        f"tracking id '{world.new_id()}', request correlation id '{request.headers.get('x-ms-correlation-request-id') or world.new_id()}'.",
    )


def not_found(resource_id: str) -> ArmError:
    """ARM's 404 for a top-level resource, with its short form of type and name."""
    parts = resource_id.strip("/").split("/")
    lower = [part.lower() for part in parts]
    group = parts[lower.index("resourcegroups") + 1] if "resourcegroups" in lower else ""
    tail = parts[len(parts) - lower[::-1].index("providers"):]
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{'/'.join(tail)}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        gateway=True,
    )


def page(
    world: World, request: Request, items: list[Document], size: int | None = None, *, view: Callable[[Document], Document] = public
) -> Response:
    """A list answer: one page of the items as view shows them, and an absolute nextLink that keeps the query while there are more."""
    size = size or world.settings.page_size
    token = request.query.get("$skiptoken", "")
    try:
        start = int(base64.urlsafe_b64decode(token).decode().split(":")[1]) if token else 0
    except (ValueError, IndexError) as exc:
        raise ArmError(400, "InvalidSkipToken", f"The skip token '{token}' is not valid.") from exc
    body: dict[str, Any] = {"value": [view(item) for item in items[start: start + size]]}
    if start + size < len(items):
        following = base64.urlsafe_b64encode(f"skip:{start + size}".encode()).decode()
        query = {**{key: value for key, value in request.query.items() if key != "$skiptoken"}, "$skipToken": following}
        body["nextLink"] = f"{world.settings.base_url}{quote(request.path, safe='/;()')}?{urlencode(query)}"
    return Response(200, body)
