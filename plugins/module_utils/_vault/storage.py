# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module vault_redundancy."""

from __future__ import annotations

from typing import Any

from .._core.errors import Problem, refuse
from .._core.ids import location
from .._core.names import check_vault, no_vault
from .._core.sync import View, report, sync
from .._task.module import Run
from . import redundancy as rules
from .vault import Vault


def check(options: dict[str, Any]) -> list[Problem]:
    problems = check_vault(options)
    if options.get("redundancy") is None and options.get("cross_region_restore") is None:
        problems.append(Problem("redundancy", "nothing to do: give redundancy, cross_region_restore or both"))
    return problems


class Redundancy:
    """The redundancy settings of one vault, owned by the vault resource."""

    def __init__(self, run: Run) -> None:
        self.vault = Vault(run, run.options["resource_group"], run.options["vault_name"])
        self._arm = run.arm
        self.location = ""

    def read(self) -> View | None:
        document, storage = self._arm.together(self.vault.document, self.vault.storage)
        if document is None:
            return None
        self.location = location(document.get("location"))
        return rules.to_view(document, storage)

    def create(self, after: View) -> None:
        self.update({}, after, after)

    def update(self, before: View, after: View, changes: View) -> None:
        self.vault.patch(rules.to_body(after))

    def delete(self, before: View) -> None:
        """A vault always has a redundancy."""


def ensure(run: Run) -> dict[str, Any]:
    options = run.options
    redundancy = Redundancy(run)
    before = redundancy.read()
    if before is None:
        if not run.assume_created:
            refuse([no_vault(redundancy.vault.name, redundancy.vault.group)])
        before = dict(rules.NEW)
    wanted = rules.wanted(options)
    differs = any(before[name] != value for name, value in wanted.items())
    held = redundancy.vault.held() if differs and redundancy.location else 0
    refuse(rules.check_change(options, before, held))
    for text in rules.warnings({**before, **wanted}, redundancy.location):
        run.warn(text)
    change = sync(redundancy, before, wanted, check_mode=run.check_mode)
    return {**report({"redundancy": change}), **(change.after or {}), "vault_id": redundancy.vault.id}
