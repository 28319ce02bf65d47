# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of every module, where some of Microsoft's packages are not installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

ARGUMENTS = {
    "subscription_id": "00000000-0000-4000-8000-000000000001",
    "tenant_id": "00000000-0000-4000-8000-000000000002",
    "client_id": "00000000-0000-4000-8000-000000000003",
    "client_secret": "some-secret",
    "arm_url": "https://127.0.0.1:9",
    "authority_url": "https://127.0.0.1:9",
    "name": "vault-we",
    "resource_group": "backup",
}
PROGRAM = """
import sys

MISSING = "{missing}"

class Missing:
    def find_spec(self, name, path=None, target=None):
        if (name + ".").startswith(MISSING + "."):
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Missing())
from ansible_collections.safeharbor.azure_backup.plugins.modules import vault_info
vault_info.main()
"""


def run(missing: str, arguments: dict[str, str]) -> dict[str, Any]:
    """The result of vault_info where importing that package fails."""
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("{missing}", missing)],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize(
    ("missing", "package"),
    [
        ("azure.identity", "azure-identity"),
        ("azure.core", "azure-core"),
        ("azure.mgmt", "azure-mgmt"),
        ("azure.mgmt.recoveryservices", "azure-mgmt-recoveryservices"),
        ("azure", "azure-identity"),
    ],
)
def test_a_package_that_is_missing_is_named(missing: str, package: str) -> None:
    result = run(missing, ARGUMENTS)
    assert result["failed"] and f"({package})" in result["msg"] and "exception" not in result


def test_bad_options_are_told_without_any_package() -> None:
    result = run("azure", {**ARGUMENTS, "subscription_id": "x", "name": "1", "colour": "blue"})
    assert sorted(each["option"] for each in result["problems"]) == ["colour", "name", "subscription_id"]
