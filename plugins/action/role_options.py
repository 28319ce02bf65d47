# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a role as its argument specification says, for the role's own tasks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.errors import InputError, Problem
from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._roles.names import misspelt
from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._roles.specs import Roles
from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._roles.values import Spec, has_secret, typed

ARGUMENTS = {"entry_point": {"type": "str", "default": "main"}, "includes": {"type": "list", "elements": "str", "default": []}}


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        arguments = self.validate_argument_spec(ARGUMENTS)[1]
        if self._task._role is None:
            raise AnsibleError("role_options is for tasks of a role")
        variables = task_vars or {}
        role = Path(self._task._role._role_path)
        roles = Roles(role.parent)
        entry = arguments["entry_point"]
        specification = roles[role.name].specification(entry)
        values, problems = self._values(specification, roles[role.name].entry_points[entry], variables)
        options, wrong = typed({name: spec for name, spec in specification.items() if name not in {each.option for each in problems}}, values)
        problems += wrong + misspelt(roles, role.name, entry, arguments["includes"], variables)
        if problems:
            return {**result, "failed": True, **InputError(problems).result()}
        # Ansible censors the result that it shows, and hands the whole one to the role.
        if any(has_secret(each) for each in specification.values()):
            self._task.no_log = result["_ansible_no_log"] = True
        if self._is_included(role.parent):
            result["skipped"] = True
        result["_ansible_verbose_override"] = True
        return {**result, "changed": False, **{roles[role.name].option(name): value for name, value in options.items()}}

    def _values(self, specification: Mapping[str, Spec], own: Mapping[str, Spec], variables: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
        """The variables that are set. One of another entry point may be made from what is not there yet, and is not needed then."""
        values: dict[str, Any] = {}
        problems = []
        for name in specification:
            try:
                given = self._templar.template({name: variables[name]}) if name in variables else {}
            except AnsibleError as exc:
                if name in own:
                    problems.append(Problem(name, f"cannot be evaluated: {exc}"))
                continue
            values |= _without_omitted(given, variables.get("omit"))
        return values, problems

    def _is_included(self, folder: Path) -> bool:
        """Whether another of our roles hands the options over. Then there is nothing new to see, and the task shows as skipped."""
        chain = self._task.get_dep_chain() or []
        return any(Path(each._role_path).parent == folder for each in chain if each is not self._task._role)


def _without_omitted(value: Any, omit: Any) -> Any:
    """ansible-core 2.18 leaves a text in the place of what is omitted; later ones leave it out."""
    if not isinstance(omit, str):
        return value
    if isinstance(value, dict):
        return {key: _without_omitted(each, omit) for key, each in value.items() if each != omit}
    return [_without_omitted(each, omit) for each in value if each != omit] if isinstance(value, list) else value
