# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes in and out: requests, responses and Azure's error answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Request:
    """One HTTP request, already decoded.

    path keeps the caller's letter case with %3B and friends decoded; query and headers
    have lower-case names. params are the path parameters, set by the router;
    caller is the client id of the token, empty where no token was asked for; the address of a guest that speaks to its fabric.
    """

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    params: dict[str, str] = field(default_factory=dict)
    caller: str = ""

    @property
    def api_version(self) -> str:
        return self.query.get("api-version", "")

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; {} when there is none, InvalidRequestContent when it is no object."""
        if not self.body.strip():
            return {}
        try:
            value = json.loads(self.body)
        except ValueError as exc:
            raise ArmError(400, "InvalidRequestContent", f"The request content was invalid and could not be deserialized: '{exc}'.") from exc
        if not isinstance(value, dict):
            raise ArmError(400, "InvalidRequestContent", "The request content was invalid and could not be deserialized: 'a JSON object is expected'.")
        return value


@dataclass
class Response:
    """One HTTP answer. A dict or list body is sent as JSON, bytes as they are, None as an empty body.

    delay is how many seconds the server waits before it sends the answer; reset cuts the connection instead.
    partial: "reset" cuts it in the middle of the body, "json" ends the body there as if that were all.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    reset: bool = False
    partial: str = ""


class ArmError(Exception):
    """An error answer in ARM's form. gateway marks those that ARM itself makes (x-ms-failure-cause)."""

    def __init__(self, status: int, code: str, message: str, *, gateway: bool = False, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.gateway = gateway
        self.headers = headers or {}
        self.extra = extra

    @property
    def error(self) -> dict[str, Any]:
        """The object under "error"; extra holds details, target and the like."""
        return {"code": self.code, "message": self.message, **self.extra}

    def response(self) -> Response:
        headers = {"x-ms-failure-cause": "gateway"} if self.gateway else {}
        return Response(self.status, {"error": self.error}, {**headers, **self.headers})
