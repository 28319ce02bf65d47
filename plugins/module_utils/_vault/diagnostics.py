# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module vault_diagnostics."""

from __future__ import annotations

from typing import Any

from .._core.errors import AzureBackupError, Problem, refuse
from .._core.fields import Document
from .._core.ids import VAULT_TYPE, key, resource_id
from .._core.names import check_vault, no_vault
from .._core.sync import View, report, sync
from .._task.module import Run
from . import diagnostic_setting

API = "2021-05-01-preview"


def check(options: dict[str, Any]) -> list[Problem]:
    return check_vault(options) + diagnostic_setting.check_options(options)


class DiagnosticSetting:
    """One diagnostic setting of a vault. They are read as a list, and Microsoft's generic client writes one by its id."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._arm = run.arm
        self.vault_name, self.group = run.options["vault_name"], run.options["resource_group"]
        self.vault_id = resource_id(run.arm.subscription_id, self.group, VAULT_TYPE, self.vault_name)
        self.name = ""
        self._documents: dict[str, Document] = {}

    def list(self) -> list[View] | None:
        """All settings of the vault, None when there is no vault."""
        path = f"{self.vault_id}/providers/Microsoft.Insights/diagnosticSettings"
        try:
            found = self._arm.get_all(f"read the diagnostic settings of vault {self.vault_name}", path, API)
        except AzureBackupError as exc:
            if exc.is_absence:
                return None
            raise
        self._documents = {key(each.get("name")): each for each in found}
        return [diagnostic_setting.to_view(each) for each in found]

    def read(self) -> View | None:
        return next((each for each in self.list() or () if key(each["name"]) == key(self.name)), None)

    def create(self, after: View) -> None:
        self._put(after)

    def update(self, before: View, after: View, changes: View) -> None:
        self._put(after)

    def _put(self, after: View) -> None:
        body = diagnostic_setting.to_body(after, self._documents.get(key(self.name), {}))
        put = self._arm.resources.resources.begin_create_or_update_by_id
        path = diagnostic_setting.setting_id(self.vault_id, self.name).lstrip("/")
        self._arm.wait(f"write diagnostic setting {self.name}", self._run.options["wait_timeout"], put, path, body, api_version=API)

    def delete(self, before: View) -> None:
        raise AzureBackupError("A diagnostic setting is never deleted.")


def ensure(run: Run) -> dict[str, Any]:
    setting = DiagnosticSetting(run)
    settings = setting.list()
    if settings is None and not run.assume_created:
        refuse([no_vault(setting.vault_name, setting.group)])
    settings = settings or []
    setting.name, before = diagnostic_setting.choose(run.options, settings)
    refuse(diagnostic_setting.check_change(run.options, settings, setting.name, before))
    blank = diagnostic_setting.to_view({"id": diagnostic_setting.setting_id(setting.vault_id, setting.name), "name": setting.name})
    change = sync(setting, before, diagnostic_setting.wanted(run.options, before), check_mode=run.check_mode, blank=blank)
    return {**report({setting.name: change}), "setting": change.after or {}}
