# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of a network resource that have addresses of their own: rules of a security group, routes of a route table.

They live in the document of their resource, under properties.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ...core.messages import Request, Response
from ...core.operations import operation
from ...core.router import GROUP, route
from ...core.store import Document
from ...gateway.arm import not_found, page
from ..common.regional import network_headers
from ..common.tracked import SUCCEEDED, check_etag, make_id
from .network_resources import NetworkResource, child_not_found, parent_not_found, settle_as, store_stamped

if TYPE_CHECKING:
    from ...core.world import World


class Parts:
    """A collection that can be read: GET of one and of all."""

    def __init__(self, kind: NetworkResource, collection: str, parameter: str) -> None:
        self.kind = kind
        self.collection = collection
        self.parameter = parameter
        self.path = f"{GROUP}/providers/{kind.type}/{{name}}/{collection}"
        route("GET", self.path)(self.list)
        route("GET", f"{self.path}/{{{parameter}}}")(self.get)

    def find(self, owner: Document, name: str) -> Document | None:
        return next((part for part in owner["properties"][self.collection] if part["name"].lower() == name.lower()), None)

    def get(self, world: World, request: Request) -> Response:
        owner = self.kind.require(world, request)
        part = self.find(owner, request.params[self.parameter])
        if part is None:
            raise child_not_found(f"{owner['id']}/{self.collection}/{request.params[self.parameter]}")
        return Response(200, part)

    def list(self, world: World, request: Request) -> Response:
        return page(world, request, self.kind.require(world, request)["properties"][self.collection])


class WritableParts(Parts):
    """make(id, properties) makes a part or refuses; check(parts) refuses parts that cannot be together. seconds: what a write takes Azure."""

    def __init__(
        self,
        kind: NetworkResource,
        collection: str,
        parameter: str,
        make: Callable[[str, Document], Document],
        seconds: float,
        check: Callable[[list[Document]], None] | None = None,
    ) -> None:
        super().__init__(kind, collection, parameter)
        self.make = make
        self.seconds = seconds
        self.check = check
        route("PUT", f"{self.path}/{{{parameter}}}")(self.put)
        route("DELETE", f"{self.path}/{{{parameter}}}")(self.delete)

    def _owner(self, world: World, request: Request) -> tuple[str, Document | None]:
        owner_id = make_id(world, request, self.kind.type, request.params["name"])
        return owner_id, world.store.resource(owner_id)

    def put(self, world: World, request: Request) -> Response:
        owner_id, owner = self._owner(world, request)
        if owner is None:
            raise parent_not_found(owner_id, f"{self.kind.name}/{self.collection}")
        name = request.params[self.parameter]
        existing = self.find(owner, name)
        check_etag(request, existing, details=[])
        part = self.make(existing["id"] if existing else f"{owner_id}/{self.collection}/{name}", request.json().get("properties") or {})
        parts = owner["properties"][self.collection]
        changed = [part if each is existing else each for each in parts] if existing else [*parts, part]
        if self.check:
            self.check(changed)
        stored = store_parts(world, owner, self.collection, changed, "Updating")
        record = world.operations.begin("network write", owner_id, self.seconds)
        return Response(200 if existing else 201, self.find(stored, part["name"]), network_headers(world, request, owner["location"], record))

    def delete(self, world: World, request: Request) -> Response:
        owner_id, owner = self._owner(world, request)
        if owner is None:
            raise not_found(owner_id)
        part = self.find(owner, request.params[self.parameter])
        if part is None:
            return Response(204)
        check_etag(request, part, details=[])
        store_stamped(world, owner, "Updating")
        record = world.operations.begin("network part delete", owner_id, self.seconds, collection=self.collection, part=part["name"])
        return Response(202, None, network_headers(world, request, owner["location"], record, result=True))


def store_parts(world: World, owner: Document, collection: str, parts: list[Document], state: str) -> Document:
    return store_stamped(world, {**owner, "properties": {**owner["properties"], collection: parts}}, state)


@operation("network part delete", failed=partial(settle_as, "Failed"))
def _remove_part(world: World, record: Document) -> None:
    owner, args = world.store.resource(record["resource"]), record["args"]
    if owner is not None:
        kept = [part for part in owner["properties"][args["collection"]] if part["name"].lower() != args["part"].lower()]
        store_parts(world, owner, args["collection"], kept, SUCCEEDED)
