# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a top-level Microsoft.Network resource: PUT, PATCH of tags, GET, lists and DELETE.

What a kind of resource adds to that, it says by overriding methods of NetworkResource. Parts of a
resource (rules, subnets, IP configurations) live inside its document and share its etag.
"""

from __future__ import annotations

import copy
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from ...core.messages import ArmError, Request, Response
from ...core.operations import operation
from ...core.router import GROUP, route
from ...core.store import Document, public
from ...gateway.arm import not_found, page
from ..common.regional import network_headers
from ..common.tracked import SUCCEEDED, check_etag, check_location, make_id
from . import references

if TYPE_CHECKING:
    from ...core.world import World

Uses = list[tuple[str, str]]

NAMESPACE = "Microsoft.Network"
NAME = re.compile(r"\w([\w.-]{0,78}\w)?", re.ASCII)


def refused(code: str, message: str, status: int = 400) -> ArmError:
    """A refusal in Network's form, which always has a list of details."""
    return ArmError(status, code, message, details=[])


def unreadable(problem: str) -> ArmError:
    """Network's answer to a body that it cannot make sense of."""
    return ArmError(
        400, "InvalidRequestFormat", "Cannot parse the request.", details=[{"code": "InvalidJson", "message": problem}]
    )


def child_not_found(resource_id: str) -> ArmError:
    return refused("NotFound", f"Resource {resource_id} not found.", 404)


def parent_not_found(parent_id: str, child_type: str) -> ArmError:
    return ArmError(
        404,
        "ParentResourceNotFound",
        f"Failed to perform 'write' on resource(s) of type '{child_type}', because the parent resource '{parent_id}' could not be found.",
        gateway=True,
    )


def check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise refused(
            "InvalidResourceName",
            f"Resource name {name} is invalid. The name can be up to 80 characters long. It must begin with a word character, and it must "
            "end with a word character or with '_'. The name may contain word characters or '.', '-', '_'.",
        )


def check_reference(world: World, owner: str, target: str) -> Document:
    """The resource that a body refers to by id."""
    document = world.store.resource(target)
    if document is None:
        raise refused(
            "InvalidResourceReference",
            f"Resource {target} referenced by resource {owner} was not found. Please make sure that the referenced resource exists, "
            "and that both resources are in the same region.",
        )
    return document


def new_etag(world: World) -> str:
    return f'W/"{world.new_id()}"'


def stamp(node: Any, etag: str, state: str) -> None:
    """Give a document and all its parts a new etag and provisioning state. Only for a copy that is to be put."""
    if isinstance(node, list):
        for each in node:
            stamp(each, etag, state)
    elif isinstance(node, dict):
        if "etag" in node:
            node["etag"] = etag
            node["properties"]["provisioningState"] = state
        for value in node.values():
            if isinstance(value, (dict, list)):
                stamp(value, etag, state)


def store_stamped(world: World, document: Document, state: str) -> Document:
    """Put a copy of the document with a new etag in the given state."""
    changed = copy.deepcopy(document)
    stamp(changed, new_etag(world), state)
    return world.store.put_resource(changed)


def settle_as(state: str, world: World, record: Document) -> None:
    """The effect of an operation that changed a resource: it is in its final state now."""
    document = world.store.resource(record["resource"])
    if document is not None:
        store_stamped(world, document, state)


@operation("network write", failed=partial(settle_as, "Failed"))
def _settle(world: World, record: Document) -> None:
    settle_as(SUCCEEDED, world, record)


@operation("network delete", failed=partial(settle_as, "Failed"))
def _remove(world: World, record: Document) -> None:
    document = world.store.resource(record["resource"])
    if document is not None:
        KINDS[document["type"].lower()].remove(world, document)


class NetworkResource:
    """A kind of resource. seconds is what a PUT takes Azure; 0 means that it is answered when all is done."""

    name = ""
    seconds = 3.0
    passes = ("sku", "zones", "extendedLocation")

    @property
    def type(self) -> str:
        return f"{NAMESPACE}/{self.name}"

    def properties(self, world: World, resource_id: str, body: Document, existing: Document | None) -> Document:
        """The properties that a PUT of this body makes, without provisioningState. May refuse with an ArmError."""
        return {"resourceGuid": self.guid(world, existing), **body.get("properties", {})}

    def uses(self, document: Document) -> Uses:
        """(used resource id, id that it shows as its user) of everything the document refers to."""
        return []

    def shown(self, world: World, document: Document) -> Document:
        """The document as a GET answers it."""
        return public(document)

    def check_unused(self, world: World, document: Document) -> None:
        """Refuse a delete while something uses the resource."""

    def remove(self, world: World, document: Document) -> None:
        """Take the resource out of the store; it lets go of what it used."""
        references.replace(world, document["id"], self.uses(document), ())
        world.store.delete_resource(document["id"])

    @staticmethod
    def guid(world: World, existing: Document | None) -> str:
        return existing["properties"]["resourceGuid"] if existing else world.new_id()

    def make(self, world: World, resource_id: str, location: str, body: Document, existing: Document | None = None, state: str = SUCCEEDED) -> Document:
        """Store the resource that the body describes; its parts have been given etags of their own by properties()."""
        document: Document = {
            "name": resource_id.rpartition("/")[2], "id": resource_id, "etag": "", "type": self.type, "location": location,
        }
        if body.get("tags") is not None:
            document["tags"] = body["tags"]
        document["properties"] = {"provisioningState": state, **self.properties(world, resource_id, body, existing)}
        document.update({key: body[key] for key in self.passes if body.get(key)})
        references.replace(world, resource_id, self.uses(existing) if existing else (), self.uses(document))
        stamp(document, new_etag(world), state)
        return world.store.put_resource(document)

    def put(self, world: World, request: Request) -> Response:
        body = request.json()
        resource_id = make_id(world, request, self.type, request.params["name"])
        existing = world.store.resource(resource_id)
        check_name(request.params["name"])
        check_etag(request, existing, details=[])
        location = check_location(resource_id, body, existing)
        document = self.make(world, resource_id, location, body, existing, "Updating" if self.seconds else SUCCEEDED)
        headers = {}
        if self.seconds:
            record = world.operations.begin("network write", resource_id, self.seconds)
            headers = network_headers(world, request, location, record)
        return Response(200 if existing else 201, self.shown(world, document), headers)

    def require(self, world: World, request: Request) -> Document:
        resource_id = make_id(world, request, self.type, request.params["name"])
        document = world.store.resource(resource_id)
        if document is None:
            raise not_found(resource_id)
        return document

    def get(self, world: World, request: Request) -> Response:
        return Response(200, self.shown(world, self.require(world, request)))

    def patch(self, world: World, request: Request) -> Response:
        """Only tags can be changed so; answered when done."""
        document = self.require(world, request)
        check_etag(request, document, details=[])
        changed = {**document, "tags": request.json().get("tags") or {}}
        return Response(200, self.shown(world, store_stamped(world, changed, SUCCEEDED)))

    def delete(self, world: World, request: Request) -> Response:
        resource_id = make_id(world, request, self.type, request.params["name"])
        document = world.store.resource(resource_id)
        if document is None:
            return Response(204)
        check_etag(request, document, details=[])
        self.check_unused(world, document)
        store_stamped(world, document, "Deleting")
        record = world.operations.begin("network delete", resource_id, 10)
        return Response(202, None, network_headers(world, request, document["location"], record, result=True))

    def list(self, world: World, request: Request) -> Response:
        scope = request.path[: request.path.lower().index("/providers/")]
        response = page(world, request, world.store.list(self.type, scope))
        response.body["value"] = [self.shown(world, item) for item in response.body["value"]]
        return response


KINDS: dict[str, NetworkResource] = {}


def register(kind: NetworkResource) -> NetworkResource:
    """Make the routes of a kind of resource."""
    KINDS[kind.type.lower()] = kind
    collection = f"/providers/{kind.type}"
    for method, handler in (("PUT", kind.put), ("GET", kind.get), ("PATCH", kind.patch), ("DELETE", kind.delete)):
        route(method, f"{GROUP}{collection}/{{name}}")(handler)
    route("GET", f"{GROUP}{collection}")(kind.list)
    route("GET", f"/subscriptions/{{sub}}{collection}")(kind.list)
    return kind
