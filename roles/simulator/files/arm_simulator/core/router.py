# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes: method and path template to handler, without regard to letter case."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .messages import Request, Response

if TYPE_CHECKING:
    from .world import World

Handler = Callable[["World", Request], Response]

GROUP = "/subscriptions/{sub}/resourceGroups/{rg}"


class Router:
    """A tree of path segments. A literal segment is preferred to a {parameter}; {name...} takes the rest of the path."""

    def __init__(self) -> None:
        self._root: dict[str, dict] = {}
        self.templates: list[tuple[str, str]] = []

    def route(self, method: str, template: str) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            node = self._root
            self.templates.append((method, template))
            for segment in template.strip("/").split("/"):
                key = segment if segment.startswith("{") else segment.lower()
                node = node.setdefault(key, {})
            node.setdefault("", {})[method] = handler
            return handler

        return register

    def types(self) -> dict[str, set[str]]:
        """The resource types that have a route, by provider namespace."""
        found: dict[str, set[str]] = {}
        for method, template in self.templates:
            namespace, _slash, rest = template.rpartition("/providers/")[2].partition("/")
            names = rest.split("/")[::2]
            action = method == "POST" and len(names) > 1
            if namespace.startswith("Microsoft.") and not action and not any("{" in name for name in names):
                found.setdefault(namespace, set()).add("/".join(names))
        return found

    def find(self, method: str, path: str) -> tuple[Handler | None, dict[str, str], list[str]]:
        """(handler, path parameters, methods that the path knows); ([] when the path itself is unknown)."""
        found = self._walk(self._root, path.strip("/").split("/"), {})
        if found is None:
            return None, {}, []
        methods, params = found
        return methods.get(method), params, sorted(methods)

    def _walk(self, node: dict, segments: list[str], params: dict[str, str]) -> tuple[dict, dict[str, str]] | None:
        if not segments:
            return (node[""], params) if "" in node else None
        head, *rest = segments
        if head.lower() in node and head:
            found = self._walk(node[head.lower()], rest, params)
            if found:
                return found
        for key, child in node.items():
            if key.startswith("{"):
                if key.endswith("...}"):
                    return self._walk(child, [], {**params, key[1:-4]: "/".join(segments)})
                found = self._walk(child, rest, {**params, key[1:-1]: head})
                if found and head:
                    return found
        return None


router = Router()
route = router.route
classic_router = Router()
"""The paths of the classic service, from before Resource Manager."""
open_router = Router()
"""The paths outside Resource Manager, which ask for no ARM token: sign-in, metadata, the simulator's own."""
