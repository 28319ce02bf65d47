# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state: tables of JSON documents, each change appended to a journal before it is answered.

The journal is a file of JSON lines [table, key, document or null]. It is written without a buffer
of our own, so a SIGKILL loses nothing that was answered. It is compacted when it is opened.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

Document = dict[str, Any]


def resource_type(resource_id: str) -> str:
    """'Microsoft.Network/networkSecurityGroups/securityRules' of a resource id, in lower case."""
    parts = resource_id.strip("/").lower().split("/")
    if "providers" not in parts:
        return "microsoft.resources/" + ("resourcegroups" if len(parts) > 2 else "subscriptions")
    tail = parts[len(parts) - parts[::-1].index("providers"):]
    return "/".join([tail[0], *tail[1::2]])


def scopes(resource_id: str) -> Iterable[str]:
    """Every id above this one: parent resources, resource group, subscription (lower case, no end slash)."""
    parts = resource_id.strip("/").lower().split("/")
    for size in range(len(parts) - 2, 1, -2):
        scope = parts[:size]
        if scope[-2] != "providers":
            yield "/" + "/".join(scope)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view):]


class Store:
    """Documents by table and key. Table 'resources' is keyed by the lower-case resource id and indexed."""

    def __init__(self, journal: Path | None = None) -> None:
        self.tables: dict[str, dict[str, Document]] = {}
        self._index: dict[str, dict[str, dict[str, None]]] = {}
        """Keys of the resources below a scope, by type."""
        self._selections: dict[tuple[str, str], list[Document]] = {}
        """What was selected since the last change of anything."""
        self._journal: int | None = None
        self._batch: dict[tuple[str, str], Document | None] | None = None
        self._writes = 0
        self._before: dict[str, tuple[int, Document | None]] = {}
        """Resources as they were before the last request that wrote them, with that request's number. For stale reads; memory only."""
        self.now: Callable[[], datetime] | None = None
        """The time for _created_at and _changed_at of a located resource."""
        if journal is not None:
            self._open(journal)

    def _open(self, journal: Path) -> None:
        if journal.exists():
            with journal.open("rb") as lines:
                for line in lines:
                    if not line.endswith(b"\n"):
                        break  # cut short by a kill: that request was never answered
                    table, key, document = json.loads(line)
                    self._apply(table, key, document)
        compact = journal.with_suffix(".compact")
        with compact.open("wb") as out:
            for table, documents in self.tables.items():
                for key, document in documents.items():
                    out.write(self._line(table, key, document))
        os.replace(compact, journal)
        self._journal = os.open(journal, os.O_WRONLY | os.O_APPEND)

    @staticmethod
    def _line(table: str, key: str, document: Document | None) -> bytes:
        return json.dumps([table, key, document], separators=(",", ":")).encode() + b"\n"

    def _apply(self, table: str, key: str, document: Document | None) -> None:
        documents = self.tables.setdefault(table, {})
        self._selections.clear()
        if document is not None:
            if table == "resources" and key not in documents:
                self._link(key)
            documents[key] = document
        elif key in documents:
            del documents[key]
            if table == "resources":
                self._unlink(key)

    def _link(self, key: str) -> None:
        kind = resource_type(key)
        for scope in scopes(key):
            self._index.setdefault(scope, {}).setdefault(kind, {})[key] = None

    def _unlink(self, key: str) -> None:
        kind = resource_type(key)
        for scope in scopes(key):
            self._index[scope][kind].pop(key, None)

    def _note(self, table: str, key: str, document: Document | None) -> None:
        if self._journal is None:
            return
        if self._batch is None:
            os.write(self._journal, self._line(table, key, document))
            return
        if (table, key) in self._batch and self._batch[table, key] is None:
            del self._batch[table, key]  # what comes back after a delete is the youngest
        self._batch[table, key] = document

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Write what the changes made inside come to at once, so that a kill finds all of them in the journal or none."""
        if self._batch is not None:
            yield
            return
        self._batch = {}
        try:
            yield
        finally:
            changes, self._batch = self._batch, None
            if changes and self._journal is not None:
                _write_all(self._journal, b"".join(self._line(*place, document) for place, document in changes.items()))

    def put(self, table: str, key: str, document: Document) -> None:
        self._remember(table, key)
        self._apply(table, key, document)
        self._note(table, key, document)

    def delete(self, table: str, key: str) -> None:
        self._remember(table, key)
        self._apply(table, key, None)
        self._note(table, key, None)

    def get(self, table: str, key: str) -> Document | None:
        return self.tables.get(table, {}).get(key)

    def next_number(self, name: str) -> int:
        """1, 2, 3 … of a named sequence; goes on after a restart."""
        number = (self.get("sequences", name) or {"last": 0})["last"] + 1
        self.put("sequences", name, {"last": number})
        return number

    def clear(self) -> None:
        """Forget everything, in the journal too."""
        self.tables.clear()
        self._index.clear()
        self._selections.clear()
        self._before.clear()
        if self._batch is not None:
            self._batch.clear()
        if self._journal is not None:
            os.ftruncate(self._journal, 0)

    # Stale reads

    def begin_write(self) -> None:
        """From here on another request writes."""
        self._writes += 1

    def forget_writes(self) -> None:
        """What is there now was always so: no stale read shows a state before it."""
        self._before.clear()

    def _remember(self, table: str, key: str) -> None:
        if table == "resources" and self._writes and self._before.get(key, (0, None))[0] != self._writes:
            self._before[key] = (self._writes, self.tables.get(table, {}).get(key))

    def remembered(self, path: str) -> dict[str, Document | None]:
        """What is known of the state before the last write: of the resource at a path, or of all that a list or view there is made of."""
        key = path.rstrip("/").lower()
        if key in self._before:
            return {key: self._before[key][1]}
        if key in self.tables.get("resources", {}):
            return {}
        scope = key.rpartition("/")[0]
        if scope.rpartition("/")[0].endswith("/providers"):
            scope = scope.rpartition("/providers/")[0]
        return {each: before for each, (_number, before) in self._before.items() if each == scope or each.startswith(f"{scope}/")}

    @contextmanager
    def rewound(self, path: str) -> Iterator[None]:
        """Show a path as it was before the last write. Nothing of this goes into the journal."""
        before = self.remembered(path)
        current = {key: self.get("resources", key) for key in before}
        for key, document in before.items():
            self._apply("resources", key, document)
        try:
            yield
        finally:
            for key, document in current.items():
                if self.get("resources", key) is before[key]:
                    self._apply("resources", key, document)

    # ARM resources: documents as a GET returns them; keys that start with '_' are private to the simulator.

    def resource(self, resource_id: str) -> Document | None:
        return self.get("resources", resource_id.rstrip("/").lower())

    def put_resource(self, document: Document) -> Document:
        key = document["id"].rstrip("/").lower()
        if self.now and "location" in document:
            now = self.now().strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
            known = self.get("resources", key) or {}
            document["_created_at"], document["_changed_at"] = known.get("_created_at", now), now
        self.put("resources", key, document)
        return document

    def delete_resource(self, resource_id: str) -> None:
        """Delete a resource and everything below it."""
        key = resource_id.rstrip("/").lower()
        below = [other for keys in self._index.get(key, {}).values() for other in keys]
        for each in [*below, key]:
            if each in self.tables.get("resources", {}):
                self.delete("resources", each)

    def count(self, kind: str, scope: str) -> int:
        """How many resources list() would give; costs the same however many they are."""
        return len(self._index.get(scope.rstrip("/").lower(), {}).get(kind.lower(), ()))

    def below(self, resource_id: str) -> Iterator[Document]:
        """Every resource below this one."""
        resources = self.tables.get("resources", {})
        for keys in self._index.get(resource_id.rstrip("/").lower(), {}).values():
            yield from (resources[key] for key in keys)

    def selected(self, path: str, condition: str, select: Callable[[], list[Document]]) -> list[Document]:
        """What select() gives for a path and a condition, kept for the following pages until anything in the store changes."""
        key = (path.lower(), condition)
        if key not in self._selections:
            self._selections[key] = select()
        return self._selections[key]

    def top_level(self, scope: str) -> Iterator[Document]:
        """The resources that have a location, so no children and extensions, at or below a scope id, type by type."""
        resources = self.tables.get("resources", {})
        for kind, keys in self._index.get(scope.rstrip("/").lower(), {}).items():
            if kind.count("/") == 1 and kind != "microsoft.resources/resourcegroups":
                yield from (resources[key] for key in keys if "location" in resources[key])

    def list(self, kind: str, scope: str) -> list[Document]:
        """Resources of a type ('Microsoft.Compute/virtualMachines') at or below a scope id, oldest first."""
        resources = self.tables.get("resources", {})
        return [resources[key] for key in self._index.get(scope.rstrip("/").lower(), {}).get(kind.lower(), ())]


def public(document: Document) -> Document:
    """The document without the simulator's private keys."""
    return {key: value for key, value in document.items() if not key.startswith("_")}
