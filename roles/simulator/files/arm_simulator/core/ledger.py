# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger of requests: what clients asked for, so that a test can see that nothing was written.

It lives in memory and holds the latest requests only; numbers go on counting.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import deque
from collections.abc import Iterable
from typing import Any

from .messages import Request

WRITES = ("PUT", "PATCH", "POST", "DELETE")
# POSTs that read: they answer a question and leave Azure as it was.
_QUESTIONS = re.compile(
    r"/(backupStatus|backupPreValidateProtection|backupValidateFeatures|validate|exportTemplate"
    r"|checkPrereqsForUpgrade|effectiveNetworkSecurityGroups|effectiveRouteTable|ipFlowVerify|locations/[^/]+/capabilities"
    r"|Microsoft\.ResourceGraph/resources|checkNameAvailability|checkResourceName)/?\Z",
    re.IGNORECASE,
)
_SECRET = re.compile(r"secret|password|securitypin|assertion|protected(settings|parameters)|accesskey|token\Z", re.IGNORECASE)
MASK = "********"


def masked(value: Any) -> Any:
    """The value with everything under a key that names a secret replaced by stars."""
    if isinstance(value, dict):
        return {key: MASK if _SECRET.search(key) and item is not None else masked(item) for key, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, list) else value


def is_write(request: Request) -> bool:
    """Whether the request may change something in Azure."""
    return request.method in WRITES and not (request.method == "POST" and _QUESTIONS.search(request.path))


class Ledger:
    """Entries {number, time, kind arm|sign-in, method, path, query, status, write, body of writes, secrets masked}."""

    def __init__(self, size: int = 100_000) -> None:
        self.entries: deque[dict[str, Any]] = deque(maxlen=size)
        self._numbers = itertools.count(1)

    def add(self, time: str, request: Request, status: int, kind: str = "arm") -> None:
        write = kind == "arm" and is_write(request)
        entry = {
            "number": next(self._numbers),
            "time": time,
            "kind": kind,
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "status": status,
            "write": write,
        }
        if write and request.body:
            entry["body"] = _readable(request.body)
        self.entries.append(entry)

    def select(self, *, writes: bool = False, method: str = "", path: str = "", kind: str = "") -> list[dict[str, Any]]:
        """The entries that are writes, of a method, of a kind, and whose path contains a text (in any case)."""
        entries: Iterable[dict[str, Any]] = self.entries
        return [
            entry
            for entry in entries
            if (entry["write"] or not writes)
            and method.upper() in ("", entry["method"])
            and kind in ("", entry["kind"])
            and path.lower() in entry["path"].lower()
        ]

    def clear(self) -> None:
        self.entries.clear()


def _readable(body: bytes) -> Any:
    try:
        return masked(json.loads(body))
    except ValueError:
        return f"<{len(body)} bytes>"
