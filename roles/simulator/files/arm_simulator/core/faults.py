# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults to order: a test says which requests shall go wrong, and how."""

from __future__ import annotations

import itertools
import random
import re
from dataclasses import asdict, dataclass, field, fields
from fnmatch import translate
from typing import TYPE_CHECKING, Any

from .messages import ArmError, Request

if TYPE_CHECKING:
    from .store import Store

_KINDS = ("status", "reset", "latency", "fail_operation", "hang_operation", "truncate", "stale", "absent")


@dataclass
class Fault:
    """One order. kind is arm, sign-in or metadata: which requests are meant.

    path is a glob for the whole path, path_regex an expression to be found in it; both ignore case.
    skip lets that many matching requests pass first; times is how many then go wrong (0: all of them). With a probability
    (0 to 1) each matching request goes wrong by chance, all of them that way unless times says otherwise; the same seed
    gives the same choice.
    status answers in the service's place, with code, message and retry_after (seconds).
    reset cuts the connection: "before" the request is handled, "after" it (the answer is lost) or in the middle of the "body".
    truncate ends the body in its middle, as if that were all.
    latency delays the answer by seconds. fail_operation lets the operation begun by the request fail, hang_operation
    keeps it from ending until the faults are cleared. stale lets a GET answer the state of before the last write, absent a GET of what the last
    write has made answer that it is not there; only reads that this changes count.
    """

    number: int = 0
    kind: str = "arm"
    method: str = ""
    path: str = "*"
    path_regex: str = ""
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    skip: int = 0
    status: int = 0
    code: str = ""
    message: str = ""
    retry_after: int | None = None
    reset: str | bool = ""
    latency: float = 0.0
    fail_operation: dict[str, str] | None = None
    hang_operation: bool = False
    truncate: bool = False
    stale: bool = False
    absent: bool = False
    hits: int = field(default=0)

    def __post_init__(self) -> None:
        if self.reset is True:
            self.reset = "before"
        if self.reset not in (False, "", "before", "after", "body"):
            raise ValueError("reset is before, after or body")
        if not 0 <= self.probability <= 1:
            raise ValueError("probability is a number from 0 to 1")
        if self.times is None:
            self.times = 1 if self.probability == 1 else 0
        if self.path[:1] not in ("/", "*"):
            raise ValueError("path is compared with the whole path, so it begins with / or *")
        if self.fail_operation is not None:
            wish = dict(self.fail_operation)
            self.fail_operation = {"code": wish.pop("code", "InternalServerError"), "message": wish.pop("message", "An ordered fault let the operation fail.")}
            if wish:
                raise ValueError("fail_operation holds code and message")
        self._glob = re.compile(translate(self.path), re.IGNORECASE)
        self._regex = re.compile(self.path_regex, re.IGNORECASE)
        self._chance = random.Random(self.seed)

    def matches(self, request: Request, kind: str, store: Store) -> bool:
        if kind != self.kind or self.method.upper() not in ("", "*", request.method):
            return False
        if not (self._glob.match(request.path) and self._regex.search(request.path)):
            return False
        if (self.stale or self.absent) and not self._rewinds(request, store):
            return False
        return self.probability == 1 or self._chance.random() < self.probability

    def _rewinds(self, request: Request, store: Store) -> bool:
        if request.method not in ("GET", "HEAD"):
            return False
        before = store.remembered(request.path).values()
        return any(document is None for document in before) if self.absent else bool(before)

    def error(self) -> ArmError:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        code = self.code or _CODES.get(self.status, "ServiceUnavailable" if self.status >= 500 else "BadRequest")
        return ArmError(self.status, code, self.message or "The request was made to fail by an ordered fault.", gateway=True, headers=headers)


_CODES = {
    401: "AuthenticationFailed",
    403: "AuthorizationFailed",
    404: "ResourceNotFound",
    408: "RequestTimeout",
    409: "Conflict",
    412: "PreconditionFailed",
    429: "SubscriptionRequestsThrottled",
    500: "InternalServerError",
    502: "InvalidGatewayHost",
    503: "ServerTimeout",
    504: "GatewayTimeout",
}


class Faults:
    """The ordered faults, oldest first; the first one that matches a request and is not used up applies."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []
        self._numbers = itertools.count(1)

    def order(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Take an order as its JSON object; what is wrong with it is a 400."""
        allowed = {each.name for each in fields(Fault)} - {"number", "hits"}
        unknown = sorted(set(wish) - allowed)
        if unknown:
            raise ArmError(400, "InvalidFault", f"Unknown key {', '.join(unknown)}; allowed are {', '.join(sorted(allowed))}.")
        if not any(wish.get(kind) for kind in _KINDS):
            raise ArmError(400, "InvalidFault", f"Say what shall go wrong: one of {', '.join(_KINDS)}.")
        try:
            fault = Fault(**wish, number=next(self._numbers))
        except (TypeError, ValueError, re.error) as exc:
            raise ArmError(400, "InvalidFault", f"The fault cannot be read: {exc}.") from exc
        self._orders.append(fault)
        return asdict(fault)

    def take(self, request: Request, kind: str, store: Store) -> Fault | None:
        """The fault that this request meets, counted as used."""
        for fault in self._orders:
            if fault.matches(request, kind, store):
                fault.hits += 1
                if fault.hits > fault.skip and (not fault.times or fault.hits <= fault.skip + fault.times):
                    return fault
        return None

    def list(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self._orders]

    def clear(self) -> None:
        self._orders.clear()
