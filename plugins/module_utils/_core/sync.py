# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The one place that decides: present or absent, changed or not, and whether a write may go out.

It works on views: flat dictionaries in the words of the module's options. The domain turns an ARM
document into a view and a view into a document; here two views are compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from .errors import AzureBackupError
from .fields import View

# Reads after a write: settings of a vault were seen to lag (https://github.com/Azure/azure-rest-api-specs/issues/21548).
READ_AGAIN_SECONDS = (1, 3, 10)

Key = TypeVar("Key")


class Resource(Protocol):
    """How one resource is read and written. read() gives None only when Azure answers 404."""

    def read(self) -> View | None: ...

    def create(self, after: View) -> None: ...

    def update(self, before: View, after: View, changes: View) -> None: ...

    def delete(self, before: View) -> None: ...


@dataclass(frozen=True, slots=True)
class Change:
    """before and after are views, None when the resource does not exist; differing names what a write was for."""

    before: View | None
    after: View | None
    differing: tuple[str, ...] = field(default=())

    @property
    def changed(self) -> bool:
        return bool(self.differing) or (self.before is None) != (self.after is None)

    def diff(self) -> dict[str, Any]:
        """Ansible's diff: what was asked for and differs; the whole of what goes. The same in check mode and in a run."""
        if not self.changed:
            return {"before": {}, "after": {}}
        if self.after is None:
            return {"before": self.before, "after": {}}
        before = {name: self.before.get(name) for name in self.differing} if self.before is not None else {}
        return {"before": before, "after": {name: self.after.get(name) for name in self.differing}}


def decide(before: View | None, wanted: View | None, blank: View | None = None) -> Change:
    """What would change. wanted None means absent; what is not in wanted is left alone.

    blank is the rest of the view of a resource that does not exist yet, as far as it is known.
    """
    if wanted is None:
        return Change(before, None)
    if before is None:
        return Change(None, {**(blank or {}), **wanted}, tuple(wanted))
    differing = tuple(name for name, value in wanted.items() if before.get(name) != value)
    return Change(before, {**before, **wanted} if differing else before, differing)


def sync(resource: Resource, before: View | None, wanted: View | None, *, check_mode: bool, blank: View | None = None) -> Change:
    """Compare, write what differs, read again. In check mode the after view is the prediction.

    The caller has read before and refused what is wrong with the options by then.
    """
    change = decide(before, wanted, blank)
    if not change.changed or check_mode:
        return change
    if change.after is None:
        resource.delete(change.before or {})
        return change
    if before is None:
        resource.create(change.after)
    else:
        resource.update(before, change.after, {name: change.after[name] for name in change.differing})
    return Change(before, _settled(resource, change), change.differing)


def _settled(resource: Resource, change: Change) -> View | None:
    """Read again until Azure shows what was written. It may answer with the old value for a while, or ignore a setting."""
    for delay in (*READ_AGAIN_SECONDS, None):
        after = resource.read()
        lost = [key for key in change.differing if after is None or after.get(key) != (change.after or {})[key]]
        if not lost:
            return after
        if delay is not None:
            time.sleep(delay)
    raise AzureBackupError(
        f"Azure accepted the change but still does not show it in: {', '.join(lost)}.",
        hint="Run it again in a few minutes; when it stays so, the service does not take this setting for this resource.",
        details={key: {"wanted": (change.after or {})[key], "shown": (after or {}).get(key)} for key in lost},
    )


def sync_many(changes: dict[Key, Change], write: Callable[[list[Key]], None], *, check_mode: bool) -> list[Key]:
    """The same decision for many resources: write those that change, unless in check mode. Gives the keys that change."""
    pending = [key for key, change in changes.items() if change.changed]
    if pending and not check_mode:
        write(pending)
    return pending


def report(changes: dict[str, Change]) -> dict[str, Any]:
    """changed and diff of a task that keeps several resources, by what they are called."""
    moved = {name: change for name, change in changes.items() if change.changed}
    diffs = {name: change.diff() for name, change in moved.items()}
    if list(changes) == list(moved) and len(changes) == 1:
        (diff,) = diffs.values()
    else:
        diff = {side: {name: each[side] for name, each in diffs.items()} for side in ("before", "after")}
    return {"changed": bool(moved), "diff": diff}
