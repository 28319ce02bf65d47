# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The frame of every module: connection options, one run, one exit."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from .._arm import auth
from .._arm.clouds import find_cloud
from .._arm.constants import THREADS
from .._core.errors import AzureBackupError, InputError, Problem
from .._core.urls import secrets

if TYPE_CHECKING:
    from .._arm.client import Arm

CONNECTION: dict[str, dict[str, Any]] = {
    "auth_source": {
        "type": "str",
        "choices": ["auto", "service_principal", "managed_identity", "workload_identity", "cli", "default"],
        "default": "auto",
        "fallback": (env_fallback, ["ANSIBLE_AZURE_AUTH_SOURCE"]),
    },
    "subscription_id": {"type": "str", "fallback": (env_fallback, ["AZURE_SUBSCRIPTION_ID"])},
    "tenant_id": {"type": "str", "aliases": ["tenant"], "fallback": (env_fallback, ["AZURE_TENANT_ID", "AZURE_TENANT"])},
    "client_id": {"type": "str", "fallback": (env_fallback, ["AZURE_CLIENT_ID"])},
    "client_secret": {"type": "str", "no_log": True, "aliases": ["secret"], "fallback": (env_fallback, ["AZURE_CLIENT_SECRET", "AZURE_SECRET"])},
    "certificate_path": {
        "type": "path",
        "aliases": ["x509_certificate_path"],
        "fallback": (env_fallback, ["AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_X509_CERTIFICATE_PATH"]),
    },
    "certificate_password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["AZURE_CLIENT_CERTIFICATE_PASSWORD"])},
    "profile": {"type": "str", "fallback": (env_fallback, ["AZURE_PROFILE"])},
    "cloud": {"type": "str", "aliases": ["cloud_environment"], "fallback": (env_fallback, ["AZURE_CLOUD", "AZURE_CLOUD_ENVIRONMENT"])},
    "arm_url": {"type": "str", "fallback": (env_fallback, ["AZURE_ARM_URL"])},
    "authority_url": {
        "type": "str",
        "aliases": ["adfs_authority_url"],
        "fallback": (env_fallback, ["AZURE_AUTHORITY_HOST", "AZURE_ADFS_AUTHORITY_URL"]),
    },
    "disable_instance_discovery": {"type": "bool", "default": False, "fallback": (env_fallback, ["AZURE_DISABLE_INSTANCE_DISCOVERY"])},
    "ca_file": {"type": "path", "fallback": (env_fallback, ["AZURE_CA_FILE"])},
}
WAIT: dict[str, dict[str, Any]] = {"wait_timeout": {"type": "int", "default": 3600}}
PARALLEL: dict[str, dict[str, Any]] = {"parallel": {"type": "int", "default": 16}}

Ensure = Callable[["Run"], dict[str, Any]]
Check = Callable[[dict[str, Any]], list[Problem]]


class Host(Protocol):
    """What started the task: the process of a module, or Ansible's own process."""

    params: dict[str, Any]
    check_mode: bool
    no_log_values: set[str]
    shows_diff: bool

    def warn(self, warning: str) -> None: ...

    def tell(self, text: str) -> None:
        """Say something while the task runs, where that is possible."""


@dataclass(frozen=True)
class Task:
    """What a module is: its work, its arguments, what is checked of them alone, and Ansible's rules for them (required_if and such)."""

    ensure: Ensure
    arguments: dict[str, dict[str, Any]]
    check: Check
    rules: dict[str, Any]

    def refused(self, options: dict[str, Any], validation: Any) -> dict[str, Any] | None:
        """The result when anything is wrong with the arguments, all of it at once. validation: Ansible's ValidationResult."""
        messages = [text for text in validation.error_messages if "Supported parameters include" not in text]
        problems = self._unknown(validation.unsupported_parameters) + [Problem(_option_named(text), text) for text in messages]
        try:
            problems += self.check(options) + (auth.check(options) if "auth_source" in self.arguments else []) + _check_parallel(options)
        except (TypeError, ValueError, AttributeError, LookupError):
            if not problems:
                raise  # with arguments of the right types this is our fault
        return InputError(problems).result() if problems else None

    def _unknown(self, names: Iterable[Any]) -> list[Problem]:
        own = ", ".join(sorted(set(self.arguments) - set(CONNECTION)))
        more = " and the connection options" if "auth_source" in self.arguments else ""
        strangers = sorted(each if isinstance(each, tuple) else (each,) for each in names)
        return [Problem(".".join(each), f"this module has no such option; it has {own}{more}") for each in strangers]

    def result(self, host: Host) -> dict[str, Any]:
        """Do the work: its result, with failed when it failed. The one exit for errors of every kind."""
        run = Run(host)
        try:
            return self.ensure(run)
        except AzureBackupError as exc:
            return {"failed": True, **exc.result()}
        except ImportError as exc:
            package = exc.name.replace(".", "-") if exc.name and exc.name != "azure" else "azure-identity"
            return {"failed": True, "msg": missing_required_lib(package, url="https://github.com/safeharbor/azure_backup#requirements")}
        except Exception as exc:  # pylint: disable=broad-except
            text = f"An error that should not happen, please report it: {exc.__class__.__name__}: {exc}"
            return {"failed": True, "msg": text, "exception": traceback.format_exc()}
        finally:
            run.close()


def _check_parallel(options: dict[str, Any]) -> list[Problem]:
    value = options.get("parallel")
    return [] if value is None or 1 <= value <= THREADS else [Problem("parallel", f"{value} is out of range: 1 to {THREADS}")]


def _option_named(text: str) -> str:
    """The option that one of Ansible's own messages about arguments is about."""
    found = re.search(r"(?:value of|argument|arguments:) '?(\w+)", text)
    return found.group(1) if found else "arguments"


class _Module(AnsibleModule):
    """An AnsibleModule that tells everything that is wrong with its arguments at once, not the first thing only."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._ready = False
        super().__init__(argument_spec=task.arguments, supports_check_mode=True, **task.rules)
        self._ready = True
        self.shows_diff = self._diff
        self._refuse()

    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn:
        if not self._ready and getattr(getattr(self, "validation_result", None), "errors", None):
            self._ready = True
            self._refuse()
        super().fail_json(msg, **kwargs)

    def tell(self, text: str) -> None:
        """A module's process has no way to say anything before its result."""

    def _refuse(self) -> None:
        self.no_log_values.update(secrets(self.params))
        refused = self._task.refused(self.params, self.validation_result)
        if refused:
            super().fail_json(**refused)


class Run:
    """One task: its options, whether it may write, and Azure."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.options: dict[str, Any] = {name: value for name, value in host.params.items() if name not in CONNECTION}
        self.check_mode: bool = host.check_mode
        self.shows_diff: bool = host.shows_diff
        # What earlier tasks of the play create is missing in check mode only.
        self.assume_created: bool = self.check_mode and bool(self.options.get("assume_created"))

    @cached_property
    def arm(self) -> Arm:
        connection = auth.with_profile({name: self._host.params[name] for name in CONNECTION})
        # A secret from a profile file is one that Ansible does not know of.
        self._host.no_log_values.update(filter(None, (connection["client_secret"],)))
        chosen = auth.source(connection)
        cloud = find_cloud(connection["cloud"], connection["arm_url"], connection["authority_url"], connection["ca_file"])
        other_tenant = self.options.get(auth.OTHER_TENANT)
        credential = auth.OneSignIn(auth.make_credential(connection, chosen, cloud, other_tenant))
        # Signing in takes two round trips: meanwhile the libraries are imported.
        credential.begin(cloud.scope)
        from .._arm import libraries

        if libraries.MISSING:
            raise libraries.MISSING
        from .._arm.client import Arm

        arm = Arm(auth.subscription(connection, chosen) or "", cloud, credential, connection["ca_file"], other_tenant=other_tenant)
        arm.tell = self._host.tell
        arm.clock.warn = self._host.warn
        return arm

    def warn(self, text: str) -> None:
        self._host.warn(text)

    def close(self) -> None:
        """End the connections to Azure, if there were any."""
        if "arm" in self.__dict__:
            self.arm.close()


def _in_own_process(task: Task) -> None:
    module = _Module(task)
    result = task.result(module)
    module.fail_json(**result) if result.pop("failed", False) else module.exit_json(**result)


# Who runs a task; the action plugin that stands in for all modules puts itself here.
runner: ContextVar[Callable[[Task], None]] = ContextVar("runner", default=_in_own_process)


def main(
    ensure: Ensure,
    arguments: Mapping[str, Any],
    *,
    check: Check = lambda options: [],
    wait: bool = False,
    parallel: bool = False,
    connect: bool = True,
    **rules: Any,
) -> None:
    """Run a module. check sees the options alone; ensure does the work and gives the result. connect: whether it talks to Azure.

    wait, parallel: whether it has the options wait_timeout and parallel.
    """
    common = {**(CONNECTION if connect else {}), **(WAIT if wait else {}), **(PARALLEL if parallel else {})}
    runner.get()(Task(ensure, {**common, **arguments}, check, rules))
