# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Runs the modules of this collection inside Ansible's worker process instead of starting a Python process per task.

It does so where the module would run on this machine, by the Python that runs Ansible, as the same user, and saves
the building, copying and starting of a program: about 0.4 seconds a task. Anywhere else, and with the variable
azure_backup_in_worker set to false, the module runs as every module does, with the same result.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing import parent_process
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values, set_fallbacks
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.urls import secrets
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import Task, runner

SWITCH = "azure_backup_in_worker"
COLLECTION = "ansible_collections.safeharbor.azure_backup.plugins"
# What takes longest to import of all that nearly every task needs.
LIBRARIES = (f"{COLLECTION}.module_utils._arm.client", "azure.identity", "azure.mgmt.recoveryservices", "azure.mgmt.recoveryservicesbackup")

if sys.platform == "linux" and parent_process() is None:
    # Ansible forks a worker for each task, which has what its parent has imported. Ansible's main process loads this plugin for tasks of
    # vm_info: a run of the role prepare with nothing to do computes 4.0 seconds instead of 5.5, for 10 MiB of memory. A library that is
    # missing or broken is reported by the task that needs it.
    with suppress(Exception):
        for name in LIBRARIES:
            import_module(name)


class ActionModule(ActionBase):
    _supports_async = True
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        variables = task_vars or {}
        background = self._task.async_val and not self._connection.has_native_async
        if not self._is_wanted(variables) or background or not self._is_here(variables):
            result.update(self._execute_module(task_vars=task_vars, wrap_async=background))
            if not background:
                self._remove_tmp_path(self._connection._shell.tmpdir)
            return result
        # Memory that a fork shares with its parent is copied when it is written to, as the garbage collector does to all it looks at:
        # a task for 10,000 VMs takes 139 MiB without this line and 131 with it.
        gc.freeze()
        host = _Host(self._task)
        environment: dict[str, Any] = {}
        self._compute_environment_string(environment)
        token = runner.set(host.run)
        try:
            with _set(environment):
                import_module(f"{COLLECTION}.modules.{self._task.action.rpartition('.')[2]}").main()
        finally:
            runner.reset(token)
        result.update(host.outcome)
        return result

    def _is_wanted(self, variables: dict[str, Any]) -> bool:
        try:
            return boolean(self._templar.template(variables.get(SWITCH, True)))
        except TypeError as exc:
            raise AnsibleActionFail(f"{SWITCH}: {exc}") from exc

    def _is_here(self, variables: dict[str, Any]) -> bool:
        """Whether the module would run on this machine, by this Python and user. macOS lets no forked process use its network settings."""
        elsewhere = self._connection.transport not in ("local", "ansible.builtin.local") or self._connection.become
        if elsewhere or constants.config.get_config_value("DEFAULT_KEEP_REMOTE_FILES") or sys.platform != "linux":
            return False
        interpreter = self._templar.template(constants.config.get_config_value("INTERPRETER_PYTHON", variables=variables))
        return interpreter == sys.executable


class _Host:
    """Ansible's worker as what a task runs in."""

    def __init__(self, task: Any) -> None:
        self.check_mode: bool = task.check_mode
        self.shows_diff: bool = task.diff
        self.no_log_values: set[str] = set()
        self.params: dict[str, Any] = {}
        self.outcome: dict[str, Any] = {}
        self._warnings: list[str] = []
        self._arguments = _plain(task.args)

    def warn(self, warning: str) -> None:
        self._warnings.append(warning)

    def tell(self, text: str) -> None:
        Display().display(f"  {text}")

    def run(self, task: Task) -> None:
        self.no_log_values.update(set_fallbacks(task.arguments, self._arguments))
        for name, option in task.arguments.items():
            both = [alias for alias in option.get("aliases", ()) if {name, alias} <= self._arguments.keys()]
            self._warnings += [f"Both option {name} and its alias {alias} are set." for alias in both]
        validation = ArgumentSpecValidator(task.arguments, **task.rules).validate(self._arguments)
        self.params = validation.validated_parameters
        self.no_log_values.update(str(self.params[name]) for name, option in task.arguments.items() if option.get("no_log") and self.params.get(name))
        self.no_log_values.update(secrets(self.params))
        refused = task.refused(self.params, validation)
        result = {"failed": True, **refused} if refused else task.result(self)
        result = {**result, "invocation": {"module_args": self.params}}
        if self._warnings:
            result["warnings"] = self._warnings
        self.outcome = {"changed": False, **_without(self.no_log_values, result)}


def _plain(value: Any) -> Any:
    """Without what Ansible knows of a value besides, as a program of its own would get it."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(each) for each in value]
    if isinstance(value, (bool, int, float, type(None))):
        return value
    return str(value)


def _without(secrets: set[str], value: Any) -> Any:
    """As remove_values, which takes four times as long: half a second of the five that a task for 10,000 VMs computes."""
    if isinstance(value, dict):
        return {key: _without(secrets, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without(secrets, each) for each in value]
    if isinstance(value, (str, bool, type(None))) and not any(secret in str(value) for secret in secrets):
        return value
    return remove_values(value, secrets)


@contextmanager
def _set(environment: dict[str, Any]) -> Iterator[None]:
    """The environment that the task asks for, for as long as it runs."""
    before = dict(os.environ)
    os.environ.update({str(name): str(value) for name, value in environment.items()})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
