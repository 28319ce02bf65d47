# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long-running operations: begun now, finished when the simulated clock says so.

A provider names what happens at the end with @operation(kind) and answers the first call and the
polls in its own form; the record kept here is the same for all.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from .clock import Clock, event, iso
from .messages import ArmError
from .store import Document, Store

Effect = Callable[[Any, Document], None]
"""Called with the World, which is made of its operations, and the record of one."""
_effects: dict[str, Effect] = {}
_failures: dict[str, Effect] = {}


def operation(kind: str, failed: Effect | None = None) -> Callable[[Effect], Effect]:
    """Register the effect of an operation. It may set operation["properties"]; an ArmError makes the operation fail.

    failed is what a failure leaves behind (a resource in the provisioning state Failed, say).
    """

    def register(effect: Effect) -> Effect:
        _effects[kind] = effect
        if failed:
            _failures[kind] = failed
        return effect

    return register


class Operations:
    """Records {id, kind, resource, status InProgress|Succeeded|Failed|Canceled, start, end, error, properties, args}."""

    def __init__(self, world: object, store: Store, clock: Clock) -> None:
        self._world = world
        self._store = store
        self._clock = clock
        self.next_fault: dict[str, str] | None = None
        """{code, message}: lets the next operation that begins fail in the end."""
        self.next_hangs = False
        """Lets the next operation that begins not end before it is released."""

    def begin(self, kind: str, resource_id: str, seconds: float, *, operation_id: str | None = None, **args: Any) -> Document:
        """Start an operation that takes Azure this many seconds (divided by the clock's speed)."""
        record: Document = {
            "id": operation_id or str(uuid.uuid4()),
            "kind": kind,
            "resource": resource_id,
            "status": "InProgress",
            "start": iso(self._clock.now()),
            "end": None,
            "error": None,
            "properties": None,
            "args": args,
        }
        if self.next_fault:
            record["fault"], self.next_fault = self.next_fault, None
        if self.next_hangs:
            record["hangs"], self.next_hangs = True, False
        self._store.put("operations", record["id"].lower(), record)
        self._clock.at(self._clock.after(seconds), "operation", id=record["id"])
        return record

    def get(self, operation_id: str) -> Document | None:
        return self._store.get("operations", operation_id.lower())

    def update(self, record: Document) -> None:
        self._store.put("operations", record["id"].lower(), record)

    def finish(self, record: Document) -> None:
        """Let the operation end now: its effect happens, or it fails."""
        if record["status"] != "InProgress" or record.get("hangs"):
            return
        try:
            if record.get("fault"):
                raise ArmError(200, **record["fault"])
            _effects[record["kind"]](self._world, record)
            record["status"] = "Succeeded"
        except ArmError as exc:
            record["status"] = "Failed"
            record["error"] = exc.error
            if record["kind"] in _failures:
                _failures[record["kind"]](self._world, record)
        record["end"] = iso(self._clock.now())
        self.update(record)

    def release(self) -> None:
        """Let every operation that hangs end now, as it would have."""
        for record in list(self._store.tables.get("operations", {}).values()):
            if record.get("hangs") and record["status"] == "InProgress":
                self.finish({key: value for key, value in record.items() if key != "hangs"})


@event("operation")
def _finish(world: Any, args: dict[str, Any]) -> None:
    record = world.operations.get(args["id"])
    if record is not None:
        world.operations.finish(record)
