# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replay recorded exchanges against a World of its own, and compare what comes back.

A recording is a file of JSON lines, one exchange each, in order. Repeated exchanges were folded when
it was made, so a request may refer to something whose making is not in the file. Rules say which
paths are replayed and how such a gap is filled.

Compared are the status, which of the long-running headers are there, the error code, and the shape of
the body: its keys and the kinds of its values, lists by their first element. Of some keys, which hold
words of Azure's own, the values are compared too.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from arm_simulator import registry  # noqa: F401  # pylint: disable=unused-import  # fills the routes
from arm_simulator.core.messages import Request, Response
from arm_simulator.core.world import Settings, World
from arm_simulator.gateway import arm

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
ARM = "https://management.azure.com"
LRO_HEADERS = ("Azure-AsyncOperation", "Location")
_SIGNED = re.compile(r"^[tcsh]$")
_ID = re.compile(r"^([0-9a-f]{8}-[0-9a-f-]{27}|\d{10,}|[A-Za-z0-9+/]{40,}={0,2})$")
_TRIMMED = re.compile(r"^<.*>$", re.DOTALL)
_STEP, _STEPS = 10, 60
_WORDS = {
    "backupManagementType",
    "backupStorageVersion",
    "bcdrSecurityLevel",
    "containerType",
    "crossRegionRestore",
    "encryptionAtRestType",
    "healthStatus",
    "multiUserAuthorization",
    "objectType",
    "operation",
    "protectableItemType",
    "protectionState",
    "protectionStatus",
    "provisioningState",
    "publicNetworkAccess",
    "registrationStatus",
    "retentionPolicyType",
    "schedulePolicyType",
    "scheduleRunFrequency",
    "secureScore",
    "softDeleteState",
    "standardTierStorageRedundancy",
    "status",
    "taskId",
    "type",
    "workloadType",
}


def recordings() -> Path:
    """The folder of the recordings: AZURE_BACKUP_RECORDINGS, or beside the repository."""
    default = Path(__file__).resolve().parents[3] / "shared" / "wire" / "recordings"
    return Path(os.environ.get("AZURE_BACKUP_RECORDINGS") or default)


@dataclass
class Exchange:
    """One recorded request with its answer."""

    number: int
    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    headers: dict[str, Any]
    answer: Any
    date: datetime | None

    @property
    def name(self) -> str:
        return f"{self.number} {self.method} {'/'.join(self.path.split('/')[-3:])}"


def load(path: Path) -> list[Exchange]:
    return list(_read(path))


def _read(path: Path) -> Iterator[Exchange]:
    for line in path.read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        if raw.get("host") != "management.azure.com":
            continue
        query = {key: value for key, value in raw["query"].items() if not _SIGNED.match(key)}
        yield Exchange(
            raw["n"],
            raw["method"],
            raw["example_path"],
            {"api-version": raw["api_version"], **query},
            raw["request_body"],
            raw["status"],
            raw["response_headers"],
            raw["response_body"],
            parsedate_to_datetime(raw["date"]) if raw["date"] else None,
        )


Seed = Callable[["Replay", Exchange], None]


@dataclass(frozen=True)
class Rule:
    """Paths to replay. seed is called before the request, to make what the recording takes for granted."""

    pattern: str
    seed: Seed | None = None

    def matches(self, exchange: Exchange) -> bool:
        return re.search(self.pattern, exchange.path, re.IGNORECASE) is not None


@dataclass
class Deviation:
    number: int
    name: str
    what: list[str]


@dataclass
class Result:
    """What came of one file."""

    compared: int = 0
    deviations: list[Deviation] = field(default_factory=list)

    @property
    def matched(self) -> int:
        return self.compared - len(self.deviations)


class Replay:
    """One file against one world. ids maps what the recording calls a thing to what our answers called it."""

    def __init__(self, exchanges: list[Exchange], rules: list[Rule]) -> None:
        self.exchanges = exchanges
        self.ids: dict[str, str] = {}
        self._now = next(each.date for each in exchanges if each.date)
        self.world = World(Settings(subscription_id=SUBSCRIPTION, base_url=ARM, speed=1.0, clock_at=self._now))
        self._rules = rules

    def run(self) -> Result:
        result = Result()
        for exchange in self.exchanges:
            rule = next((rule for rule in self._rules if rule.matches(exchange)), None)
            if rule and rule.seed:
                rule.seed(self, exchange)
            if exchange.date and exchange.date > self._now:
                self.world.clock.jump((exchange.date - self._now).total_seconds())
                self._now = exchange.date
            if rule is None:
                continue
            answer = self._send_until_alike(exchange)
            differences = compare(exchange, answer)
            self._learn(exchange, answer)
            result.compared += 1
            if differences:
                result.deviations.append(Deviation(exchange.number, exchange.name, differences))
        return result

    def send(self, method: str, path: str, query: dict[str, str], body: Any = None) -> Response:
        data = b"" if body is None else json.dumps(body).encode()
        return arm.dispatch(self.world, Request(method, path, {key.lower(): value for key, value in query.items()}, {}, data))

    def ours(self, value: Any) -> Any:
        """A recorded value with our ids in the place of the recorded ones."""
        if isinstance(value, dict):
            return {key: self.ours(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.ours(each) for each in value]
        if isinstance(value, str):
            return "/".join(self.ids.get(part, part) for part in value.split("/"))
        return value

    def _send_until_alike(self, exchange: Exchange) -> Response:
        """Send a request; when Azure was done with something that we are still at, let time pass. Waits are not compared."""
        for _step in range(_STEPS):
            answer = self.send(exchange.method, self.ours(exchange.path), exchange.query, self.ours(exchange.body))
            if exchange.method != "GET" or not (_unfinished(answer) and not _unfinished(exchange)):
                break
            self.world.clock.jump(_STEP)
        return answer

    def _learn(self, exchange: Exchange, answer: Response) -> None:
        for header in LRO_HEADERS:
            if header in exchange.headers and header in answer.headers:
                theirs, ours = (url.split("?")[0].rpartition("/")[2] for url in (str(exchange.headers[header]), answer.headers[header]))
                self.ids[theirs] = ours
        self._learn_body(exchange.answer, answer.body)

    def _learn_body(self, theirs: Any, ours: Any) -> None:
        if isinstance(theirs, dict) and isinstance(ours, dict):
            for key in theirs.keys() & ours.keys():
                self._learn_body(theirs[key], ours[key])
        elif isinstance(theirs, list) and isinstance(ours, list):
            for one, other in zip(theirs, ours, strict=False):
                self._learn_body(one, other)
        elif isinstance(theirs, str) and isinstance(ours, str) and _ID.match(theirs):
            self.ids.setdefault(theirs, ours)


def _unfinished(answer: Exchange | Response) -> bool:
    body = answer.answer if isinstance(answer, Exchange) else answer.body
    if not isinstance(body, dict):
        return answer.status == 202
    states = (body.get("status"), (body.get("properties") or {}).get("status"), (body.get("properties") or {}).get("provisioningState"))
    return any(state in ("InProgress", "Provisioning", "Updating") for state in states)


def compare(exchange: Exchange, answer: Response) -> list[str]:
    """What differs between a recorded answer and ours."""
    found = []
    if exchange.status != answer.status:
        found.append(f"status {answer.status}, recorded {exchange.status}: {json.dumps(answer.body)[:160]}")
        return found
    found += [
        f"header {header}: {'missing' if header in exchange.headers else 'not recorded'}"
        for header in LRO_HEADERS
        if (header in exchange.headers) is not (header in answer.headers)
    ]
    ours_body = None if exchange.method == "HEAD" else answer.body
    if exchange.status >= 400:
        theirs, ours = ((body or {}).get("error", {}).get("code") for body in (exchange.answer, ours_body))
        if theirs != ours:
            found.append(f"code {ours}, recorded {theirs}")
    found += list(_shape("body", exchange.answer or None, ours_body or None))
    return found


def _shape(where: str, theirs: Any, ours: Any) -> Iterator[str]:
    if isinstance(theirs, str) and _TRIMMED.match(theirs):
        return
    if _kind(theirs) != _kind(ours):
        yield f"{where}: {_kind(ours)}, recorded {_kind(theirs)}"
    elif isinstance(theirs, dict):
        for key in sorted(theirs.keys() | ours.keys()):
            if key not in ours:
                yield f"{where}.{key}: missing"
            elif key not in theirs:
                yield f"{where}.{key}: not recorded"
            else:
                yield from _shape(f"{where}.{key}", theirs[key], ours[key])
    elif isinstance(theirs, str) and where.rpartition(".")[2] in _WORDS and theirs != ours:
        yield f"{where}: {ours}, recorded {theirs}"
    elif isinstance(theirs, list) and theirs and ours:
        yield from _shape(f"{where}[0]", theirs[0], ours[0])


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return {dict: "object", list: "list", str: "string", type(None): "nothing"}[type(value)]
