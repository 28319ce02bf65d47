# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No advice says to delete backup data: stopping protection keeps it, also where another vault is to protect the VM."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm.hints import HINTS
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness.catalogue import RULES
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault import redundancy

LOST = r"(backups?|data|points?|items?|vault)"
DELETES = re.compile(rf"\b(delete|purge|erase) (it|them)\b|(?<!soft )\b(delete|purge|erase|remove|take out)\b[^.;:,]*\b{LOST}\b", re.IGNORECASE)


def advice() -> Iterator[tuple[str, str]]:
    for rule in RULES:
        yield rule.id, rule.fix
    yield from HINTS.items()
    yield "redundancy", redundancy.MIGRATION


@pytest.mark.parametrize(("source", "text"), list(advice()))
def test_no_advice_deletes_backup_data(source: str, text: str) -> None:
    assert not DELETES.search(text), f"{source}: {text}"


@pytest.mark.parametrize(
    "text",
    [
        "Stop its protection and delete its data there, or leave the VM in it.",
        "Protect the VM again with a policy, or delete its backups when they are no longer needed.",
        "Stop the protection and keep the data, or delete it when it is no longer needed.",
    ],
)
def test_such_advice_would_be_found(text: str) -> None:
    assert DELETES.search(text)
