# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The frame of every module: connection options, one run, one exit."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from ._arm import auth
from ._arm.clouds import find_cloud
from ._errors import AzureBackupError, InputError, Problem

if TYPE_CHECKING:
    from ._arm.client import Arm

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

Ensure = Callable[["Run"], dict[str, Any]]
Check = Callable[[dict[str, Any]], list[Problem]]


class _Module(AnsibleModule):
    """An AnsibleModule that tells everything that is wrong with its arguments at once, not the first thing only."""

    def __init__(self, check: Check, **kwargs: Any) -> None:
        self._check = check
        self._ready = False
        super().__init__(**kwargs)
        self._ready = True
        self._refuse([])

    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn:
        errors = getattr(getattr(self, "validation_result", None), "errors", None)
        if not self._ready and errors:
            self._ready = True
            self._refuse(self._unknown() + [Problem(_option_named(text), text) for text in errors.messages if "Supported parameters include" not in text])
        super().fail_json(msg, **kwargs)

    def _unknown(self) -> list[Problem]:
        own = ", ".join(sorted(set(self.argument_spec) - set(CONNECTION)))
        return [Problem(".".join(each), f"this module has no such option; it has {own} and the connection options") for each in self._strangers()]

    def _strangers(self) -> list[tuple[str, ...]]:
        found = self.validation_result.unsupported_parameters
        return sorted(each if isinstance(each, tuple) else (each,) for each in found)

    def _refuse(self, problems: list[Problem]) -> None:
        try:
            problems = problems + self._check(self.params) + auth.check(self.params)
        except (TypeError, ValueError, AttributeError, LookupError):
            if not problems:
                raise  # with arguments of the right types this is our fault
        if problems:
            super().fail_json(**InputError(problems).result())


def _option_named(text: str) -> str:
    """The option that one of Ansible's own messages about arguments is about."""
    found = re.search(r"(?:value of|argument|arguments:) '?(\w+)", text)
    return found.group(1) if found else "arguments"


class Run:
    """One task: its options, whether it may write, and Azure."""

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module
        self.options: dict[str, Any] = {name: value for name, value in module.params.items() if name not in CONNECTION}
        self.check_mode: bool = module.check_mode
        # What earlier tasks of the play create is missing in check mode only.
        self.assume_created: bool = self.check_mode and bool(self.options.get("assume_created"))

    @cached_property
    def arm(self) -> Arm:
        connection = auth.with_profile({name: self._module.params[name] for name in CONNECTION})
        # A secret from a profile file is one that Ansible does not know of.
        self._module.no_log_values.update(filter(None, (connection["client_secret"],)))
        chosen = auth.source(connection)
        cloud = find_cloud(connection["cloud"], connection["arm_url"], connection["authority_url"], connection["ca_file"])
        credential = auth.OneSignIn(auth.make_credential(connection, chosen, cloud))
        # Signing in takes two round trips: meanwhile the libraries are imported.
        credential.begin(cloud.scope)
        from ._arm import libraries

        if libraries.MISSING:
            raise libraries.MISSING
        from ._arm.client import Arm

        return Arm(auth.subscription(connection, chosen) or "", cloud, credential, connection["ca_file"])

    def warn(self, text: str) -> None:
        self._module.warn(text)

    def close(self) -> None:
        """End the connections to Azure, if there were any."""
        if "arm" in self.__dict__:
            self.arm.close()


def main(ensure: Ensure, arguments: Mapping[str, Any], *, check: Check = lambda options: [], wait: bool = False, **kwargs: Any) -> None:
    """Run a module. check sees the options alone; ensure does the work and gives the result."""
    spec = {**CONNECTION, **(WAIT if wait else {}), **arguments}
    module = _Module(check, argument_spec=spec, supports_check_mode=True, **kwargs)
    run = Run(module)
    try:
        result = ensure(run)
    except AzureBackupError as exc:
        module.fail_json(**exc.result())
    except ImportError as exc:
        package = exc.name.replace(".", "-") if exc.name and exc.name != "azure" else "azure-identity"
        module.fail_json(msg=missing_required_lib(package, url="https://github.com/safeharbor/azure_backup#requirements"))
    except Exception as exc:  # pylint: disable=broad-except
        module.fail_json(
            msg=f"An error that should not happen, please report it: {exc.__class__.__name__}: {exc}",
            exception=traceback.format_exc(),
        )
    finally:
        run.close()
    module.exit_json(**result)
