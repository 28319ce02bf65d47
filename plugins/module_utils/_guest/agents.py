# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What Azure hears of the VM agents of many VMs, with as few requests as it takes.

Azure's list of run-time states covers a whole subscription but promises no more than the power state, so a VM that runs
and whose agent the list does not show is read on its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from .._core.errors import AzureBackupError
from .._core.fields import Document, fetch
from .._core.ids import key
from .._items.lists import FEW
from .._task.module import Run
from .._vm.find import list_statuses, read_instance_view
from .._vm.view import to_view as vm_view

# Between two looks. An agent reports every few minutes at the latest, some seconds after a start at the earliest.
LOOK_AGAIN_SECONDS = 15.0


def look(run: Run, documents: Iterable[Document]) -> dict[str, Document]:
    """These VMs' documents with the instance views that Azure has now, by id key."""
    vms = list(documents)
    listed = _listed(run) if len(vms) > FEW else {}

    def read(document: Document) -> tuple[str, Document]:
        status = listed.get(key(document["id"]))
        if status is None or _says_too_little(status):
            status = read_instance_view(run, document["id"])
        properties = {**document["properties"], "instanceView": status or {}}
        return key(document["id"]), {**document, "properties": properties}

    return dict(run.arm.each(read, vms))


def _listed(run: Run) -> dict[str, Document]:
    """A principal that may not list the subscription can still read each VM."""
    try:
        return list_statuses(run)
    except AzureBackupError as exc:
        if exc.status != 403:
            raise
        return {}


def _says_too_little(status: Document) -> bool:
    running = vm_view({"properties": {"instanceView": status}})["power_state"] not in ("deallocated", "stopped")
    return running and fetch(status, "vmAgent") is None


def wait(run: Run, documents: dict[str, Document], done: Callable[[str, Document], bool], seconds: float) -> dict[str, Document]:
    """Look at these VMs until each is done or the time is over: the last that was seen of each, by id key."""
    seen = dict(documents)
    left = {vm_key: each for vm_key, each in documents.items() if not done(vm_key, each)}
    end = time.monotonic() + seconds
    progress = run.arm.progress("VM agents as wanted", len(documents))
    while left and time.monotonic() < end:
        time.sleep(max(0.0, min(LOOK_AGAIN_SECONDS, end - time.monotonic())))
        left = look(run, left.values())
        seen |= left
        left = {vm_key: each for vm_key, each in left.items() if not done(vm_key, each)}
        progress.at(len(documents) - len(left))
    return seen
