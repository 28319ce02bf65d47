# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the modules of this collection inside Ansible's worker where a process of their own would be of no use.

That is where the module would be started on this machine, by the Python that runs Ansible, as the same user. It saves
the building, copying and starting of a program: about 0.4 seconds a task. Anywhere else the module is run as every
module is, with the same result.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from typing import Any

from ansible import constants
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.urls import secrets
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import Task, runner

COLLECTION = "ansible_collections.safeharbor.azure_backup.plugins"
MODULES = f"{COLLECTION}.modules"
# What takes longest to import of all that nearly every task needs.
LIBRARIES = (f"{COLLECTION}.module_utils._arm.client", "azure.identity", "azure.mgmt.recoveryservices", "azure.mgmt.recoveryservicesbackup")
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def _import_ahead() -> None:
    global _ahead
    if _ahead:
        _ahead = False


_ahead = True
if sys.platform == "linux":
    os.register_at_fork(after_in_parent=_import_ahead)


@cache
def _import_for_later_workers() -> None:
    """Ansible forks a worker for each task, which has what its parent had imported: half a second less for each after the first.

    The parent, which loads this plugin for a task of vm_info, does it while that worker is at its own work.
    """
    with suppress(ImportError):
        for name in LIBRARIES:
            import_module(name)


if sys.platform == "linux":
    os.register_at_fork(after_in_parent=_import_for_later_workers)


class ActionModule(ActionBase):
    _supports_async = True
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        background = self._task.async_val and not self._connection.has_native_async
        if background or not self._is_here(task_vars or {}):
            result.update(self._execute_module(task_vars=task_vars, wrap_async=background))
            if not background:
                self._remove_tmp_path(self._connection._shell.tmpdir)
            return result
        # Memory that the fork shares with the parent stays shared until it is written to, as the garbage collector would.
        gc.freeze()
        host = _Host(self._task)
        environment: dict[str, Any] = {}
        self._compute_environment_string(environment)
        token = runner.set(host.run)
        try:
            with _set(environment):
                import_module(f"{MODULES}.{self._task.action.rpartition('.')[2]}").main()
        finally:
            runner.reset(token)
        result.update(host.outcome)
        return result

    def _is_here(self, task_vars: dict[str, Any]) -> bool:
        """Whether the module would run on this machine, by this Python and user. macOS lets no forked process use its network settings."""
        elsewhere = self._connection.transport not in ("local", "ansible.builtin.local") or self._connection.become
        if elsewhere or constants.config.get_config_value("DEFAULT_KEEP_REMOTE_FILES") or sys.platform != "linux":
            return False
        interpreter = self._templar.template(constants.config.get_config_value("INTERPRETER_PYTHON", variables=task_vars))
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
        validation = ArgumentSpecValidator(task.arguments, **task.rules).validate(self._arguments)
        self.params = validation.validated_parameters
        self.no_log_values.update(validation._no_log_values, secrets(self.params))
        self._warnings += [f"Both option {each['option']} and its alias {each['alias']} are set." for each in validation._warnings]
        refused = task.refused(self.params, validation)
        result = {"failed": True, **refused} if refused else task.result(self)
        shown = {name: HIDDEN if value and task.arguments.get(name, {}).get("no_log") else value for name, value in self.params.items()}
        result = {**result, "invocation": {"module_args": shown}}
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
    """The value as remove_values gives it, but what holds no secret is not copied: the VMs of a fleet share what they have in common."""
    if isinstance(value, dict):
        shown = {key: _without(secrets, each) for key, each in value.items()}
        return shown if any(shown[key] is not each for key, each in value.items()) else value
    if isinstance(value, list):
        listed = [_without(secrets, each) for each in value]
        return listed if any(one is not other for one, other in zip(listed, value, strict=True)) else value
    if value is None or (isinstance(value, str) and not any(secret in value for secret in secrets)):
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
