# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated Azure in the test's own process."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from arm_simulator import estate, registry  # noqa: F401  # pylint: disable=unused-import  # the registry fills the routes
from arm_simulator.core.clock import instant
from arm_simulator.core.messages import Request, Response
from arm_simulator.core.world import Settings, World
from arm_simulator.gateway import arm

GROUP_LOCATION = "westeurope"


class Azure:
    """Sends requests to a world of its own that has the resource group 'app'. Paths are relative to that group unless they begin with '/'."""

    def __init__(self) -> None:
        self.world = World(Settings(clock_at=instant(os.environ["SIMULATOR_CLOCK_AT"])))
        self.subscription = f"/subscriptions/{self.world.settings.subscription_id}"
        self.group = f"{self.subscription}/resourceGroups/app"
        self.load({"resource_groups": [{"name": "app", "location": GROUP_LOCATION}]})

    def load(self, data: dict[str, Any]) -> None:
        estate.load(self.world, estate.parse(json.dumps(data), self.world))

    def id(self, path: str) -> str:
        return path if path.startswith("/") else f"{self.group}/providers/{path}"

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: str) -> Response:
        version = query.pop("api_version", "2024-07-01")
        named = {key.replace("_", "$").lower(): value for key, value in query.items()}
        content = b"" if body is None else json.dumps(body).encode()
        request = Request(method, self.id(path), {"api-version": version, **named}, headers or {}, content)
        response = arm.dispatch(self.world, request)
        response.body = json.loads(json.dumps(response.body))
        return response

    def get(self, path: str, **query: str) -> Any:
        response = self.send("GET", path, **query)
        assert response.status == 200, response.body
        return response.body

    def follow(self, url: str) -> Response:
        """GET a URL that an answer's header holds."""
        path, _mark, query = url.removeprefix(self.world.settings.base_url).partition("?")
        return self.send("GET", path, **dict(pair.split("=", 1) for pair in query.split("&")))

    def finish(self, response: Response) -> Response:
        """Let time pass until the operation that an answer began is over; the last poll's answer."""
        assert response.status < 300, response.body
        self.world.clock.jump(3600)
        return self.follow(response.headers["Azure-AsyncOperation"])

    def put(self, path: str, body: Any) -> Any:
        """PUT, wait, and the resource as it is then."""
        response = self.send("PUT", path, body)
        assert response.status in (200, 201, 202), response.body
        self.world.clock.jump(3600)
        return self.get(path)


@pytest.fixture
def azure() -> Azure:
    return Azure()


def _unknown_fields(model: Any, value: dict[str, Any], path: str = "") -> list[str]:
    known = {field._rest_name for field in model._attr_to_rest_field.values()}
    found = [f"{path}.{key}" for key in value if key not in known]
    for name, field in model._attr_to_rest_field.items():
        inner, raw = getattr(model, name, None), value.get(field._rest_name)
        for typed, plain in zip(inner, raw, strict=True) if isinstance(raw, list) else [(inner, raw)]:
            if hasattr(typed, "_attr_to_rest_field") and isinstance(plain, dict):
                found += _unknown_fields(typed, plain, f"{path}.{field._rest_name}")
    return found


@pytest.fixture
def unknown_fields() -> Callable[[Any, dict[str, Any]], list[str]]:
    """A function that names the fields of a document that Microsoft's typed model, made of it, does not have."""
    return _unknown_fields
