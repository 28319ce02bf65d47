# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module vault_upgrade: a classic Backup vault becomes a Recovery Services vault, once and for good."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._core.errors import AzureBackupError, Problem, refuse, timed_out
from .._core.fields import Document
from .._core.ids import VAULT_TYPE, key, resource_id
from .._core.sync import Change, View, report, sync
from .._task.module import Run
from .._task.scope import read_vault
from . import prerequisites
from .classic import NO_RETRY, check_consent, check_options, details, find_classic

if TYPE_CHECKING:
    from .._arm.classic import ClassicService

# Between two looks at a running upgrade: soon at first, then as often as Microsoft's own tool looked.
FIRST_SECONDS, LATER_SECONDS = (1, 2, 4, 8, 16), 30
MONITORING_HINT = "The jobs and alerts of vault {name} may take up to 12 hours to show up, and its policies have no time zone yet: see the entry point finish."

check = check_options


class Upgrade:
    """The upgrade of one vault. status: classic (not begun), in_progress, upgraded, failed, or native for a vault that never was classic."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._arm = run.arm
        self.group, self.name = run.options["resource_group"], run.options["vault_name"]
        self.vault_id = resource_id(run.arm.subscription_id, self.group, VAULT_TYPE, self.name)
        self.vault: Document | None = None
        self.place = ""
        self._begun = False

    @cached_property
    def classic(self) -> ClassicService:
        from .._arm.classic import ClassicService, endpoint

        return ClassicService(self._arm, endpoint(self._arm.cloud, self._run.options.get("classic_url")))

    def read(self) -> View:
        self.vault = read_vault(self._arm, self.group, self.name)
        shown = details(self.vault or {})
        if self.vault is None:
            shown["status"] = "classic"
        if self._begun and shown["status"] == "failed":
            raise self._failed(shown, self._result())
        if self._begun and not self._run.options["wait"] and shown["status"] == "upgraded":
            shown["status"] = "in_progress"  # it was quicker than this look at it
        return {"vault_id": self.vault_id, **shown}

    def create(self, after: View) -> None:
        """There is always a view, of a vault that is still a classic one too."""

    def update(self, before: View, after: View, changes: View) -> None:
        if before["status"] != "in_progress":
            self._start()
        self._begun = True
        if self._run.options["wait"]:
            self._follow()

    def delete(self, before: View) -> None:
        raise AzureBackupError("An upgrade cannot be taken back.")

    def find_place(self) -> str:
        """The classic vault's path, '' when it has gone."""
        if not self.place:
            found, _problems = find_classic(self.classic.services(), self.name, self._run.options.get("location"))
            self.place = next((self.classic.place(service["Name"], resource) for service, resource in found), "")
        return self.place

    def _result(self) -> Document:
        """How the classic service says that it stands."""
        place = self.find_place()
        return (self.classic.result(place) if place else None) or {}

    def _start(self) -> None:
        operation = str(uuid.uuid4())
        try:
            self.classic.start(self.place, self.vault_id, operation)
        except AzureBackupError as exc:
            if exc.may_have_taken_effect:
                exc.details = {"operation_id": operation}
                exc.hint = f"Azure may have begun the upgrade as operation {operation}. Run it again: it then waits for that one and starts no other."
            raise

    def _follow(self) -> None:
        seconds = self._run.options["wait_timeout"]
        end = time.monotonic() + seconds
        progress = self._run.arm.progress(f"upgrade of vault {self.name}", 1)
        for pause in _pauses():
            progress.at(0)
            result = self._result()
            if result.get("OperationStatus") != "InProgress":
                break
            if time.monotonic() + pause > end:
                raise timed_out(f"upgrade vault {self.name}", seconds, extra={"upgrade": details(self.vault or {})})
            time.sleep(pause)
        if result.get("OperationResult") == "Failed":
            self._begun = False
            raise self._failed(self.read(), result)

    def _failed(self, shown: View, result: Document) -> AzureBackupError:
        operation = shown["operation_id"]
        return AzureBackupError(
            f"The upgrade of vault {self.name} failed: {result.get('Message') or shown['message'] or 'Azure gives no reason'}",
            code=result.get("ErrorCode") or "UpgradeFailed",
            target=operation,
            hint=f"Operation id {operation}. " + NO_RETRY.format(operation=operation),
            extra={"upgrade": shown},
        )

    def check_retry(self, before: View) -> None:
        """A failed upgrade is not started again unless the failed operation is named."""
        operation = self._run.options.get("retry_operation")
        if before["status"] == "failed" and key(operation) != key(before["operation_id"]):
            raise self._failed(before, {})
        if before["status"] != "failed" and operation:
            refuse([Problem("retry_operation", f"there is no failed upgrade to start again: the vault's status is {before['status']}")])


def _pauses() -> Iterator[float]:
    return itertools.chain(FIRST_SECONDS, itertools.repeat(LATER_SECONDS))


def ensure(run: Run) -> dict[str, Any]:
    options = run.options
    upgrade = Upgrade(run)
    before = upgrade.read()
    changes: dict[str, Change] = {}
    findings: list[dict[str, Any]] = []
    wanted = {"status": "upgraded" if options["wait"] else "in_progress"}
    if before["status"] == "upgraded":
        wanted = {"status": "upgraded"}
    elif before["status"] != "in_progress":
        upgrade.check_retry(before)
        ground = prerequisites.look(run, upgrade.vault_id, upgrade.vault, upgrade.classic)
        refuse(ground.problems + check_consent(options))
        upgrade.place, findings = ground.place, ground.findings
        changes.update(prerequisites.prepare(run, ground))
    changes["upgrade"] = sync(upgrade, before, wanted, check_mode=run.check_mode)
    if changes["upgrade"].changed and options["wait"] and not run.check_mode:
        run.warn(MONITORING_HINT.format(name=upgrade.name))
    return {
        **report(changes),
        "upgrade": changes["upgrade"].after or {},
        "prerequisites": findings,
        "resource_group_created": "resource_group" in changes and changes["resource_group"].changed,
        "provider_registered": "provider" in changes and changes["provider"].changed,
        "servers_unregistered": _unregistered(changes),
    }


def _unregistered(changes: dict[str, Change]) -> list[str]:
    change = changes.get("servers")
    if change is None or not change.changed:
        return []
    return sorted(set((change.before or {})["servers"]) - set((change.after or {})["servers"]))
