# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module's main() against a simulator, and asks the simulator what it has seen."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import requests
from ansible.module_utils import basic
from ansible.module_utils.common import warnings

MODULES = "ansible_collections.safeharbor.azure_backup.plugins.modules"


class Azure:
    """One simulator, empty at the start of each test."""

    def __init__(self, connection: dict[str, str]) -> None:
        self.connection = connection
        self.subscription_id = connection["subscription_id"]
        self._session = requests.Session()
        self._session.verify = connection["ca_file"]
        self._session.trust_env = False  # REQUESTS_CA_BUNDLE would win over it
        self.controller_error = timedelta(0)
        """How far the controller's clock is off that of Azure, for modules that run in this process."""
        self._offset = timedelta(0)

    def control(self, method: str, path: str, **kwargs: Any) -> Any:
        answer = self._session.request(method, f"{self.connection['arm_url']}/_simulator/{path}", timeout=60, **kwargs)
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None

    def reset(self, hour: int | None = None) -> None:
        """Back to an empty Azure at the time of SIMULATOR_CLOCK_AT, or at this hour (UTC) of its day."""
        begin = datetime.fromisoformat(os.environ["SIMULATOR_CLOCK_AT"])
        if hour is not None:
            begin = begin.replace(hour=hour, minute=0, second=0)
        self.control("POST", "reset", json={"clock_at": begin.isoformat()})
        self._offset = timedelta(seconds=self.control("GET", "clock")["offset"])
        self.controller_error = timedelta(0)

    def controller_time(self) -> datetime:
        """What a controller's clock shows that goes with Azure's but for its error."""
        return datetime.now(UTC) + self._offset + self.controller_error

    def estate(self, text: str) -> None:
        """Add what a YAML estate describes."""
        self.control("POST", "estate", data=text.encode(), headers={"Content-Type": "application/yaml"})

    def requests(self, **where: str) -> list[dict[str, Any]]:
        return self.control("GET", "ledger", params=where)["requests"]

    def writes(self) -> list[str]:
        """'PUT /path' of every write so far."""
        return [f"{each['method']} {each['path']}" for each in self.requests(writes="true")]

    def clear_ledger(self) -> None:
        self.control("DELETE", "ledger")

    def fault(self, **fault: Any) -> None:
        self.control("POST", "faults", json=fault)

    def jump(self, seconds: float) -> None:
        """Let time pass, for Azure and the controller."""
        self._offset = timedelta(seconds=self.control("POST", "clock", json={"jump": seconds})["offset"])

    def settings(self, **settings: Any) -> None:
        """How the simulator behaves until the next test: page_size, latency, throttling."""
        self.control("POST", "settings", json=settings)

    def send(self, method: str, resource_id: str, body: Any = None, api_version: str = "2026-10-01") -> Any:
        """A request of ARM as somebody else would send it: the answer's body."""
        url = f"{self.connection['arm_url']}{resource_id}?api-version={api_version}"
        answer = self._session.request(method, url, json=body, headers={"Authorization": f"Bearer {self.token()}"}, timeout=60)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def token(self) -> str:
        return self._session.post(
            f"{self.connection['authority_url']}/{self.connection['tenant_id']}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": self.connection["client_id"],
                "client_secret": self.connection["client_secret"],
                "scope": f"{self.connection['arm_url']}/.default",
            },
            timeout=60,
        ).json()["access_token"]

    def delete(self, resource_id: str) -> None:
        """DELETE a resource as somebody else would, and give the operation time to end."""
        self.send("DELETE", resource_id)
        self.jump(600)

    def id(self, group: str, kind: str, *names: str) -> str:
        provider, *types = kind.split("/")
        tail = "/".join(f"{each}/{name}" for each, name in zip(types, names, strict=True))
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{group}/providers/{provider}/{tail}"

    def vm_id(self, group: str, name: str) -> str:
        return self.id(group, "Microsoft.Compute/virtualMachines", name)

    def sign_in(self) -> dict[str, str]:
        """The connection options."""
        names = ("subscription_id", "tenant_id", "client_id", "client_secret", "arm_url", "authority_url", "ca_file")
        return {name: self.connection[name] for name in names}

    def module(self, name: str, /, check: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        """The result of a module as Ansible would get it. Connection options come from the simulator unless given."""
        arguments = {**self.sign_in(), **options, "_ansible_check_mode": check, "_ansible_diff": diff}
        return run_main(name, arguments)

    def start(self, name: str, /, **options: Any) -> subprocess.Popen[bytes]:
        """A module in a process of its own, to be killed."""
        arguments = {**self.sign_in(), **options}
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        process = subprocess.Popen(
            [sys.executable, "-m", f"{MODULES}.{name}"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        if process.stdin:
            process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
            process.stdin.close()
        return process


def _away_from_the_controller() -> contextlib.AbstractContextManager[Any]:
    """Where a test has imported a part of the controller, warnings would go to its screen and not into the result."""
    try:
        from ansible.module_utils import _internal
    except ImportError:  # before ansible-core 2.19
        return contextlib.nullcontext()
    return mock.patch.object(_internal, "is_controller", False)


def run_main(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Run a module's main() in this process with these arguments."""
    module = importlib.import_module(f"{MODULES}.{name}")
    warnings._global_warnings.clear()  # of the module before in this process
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit), _away_from_the_controller():
        module.main()
    return json.loads(out.getvalue())
