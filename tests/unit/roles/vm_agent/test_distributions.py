# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which package, service and repository the role takes, by the distribution as Ansible tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

ROLE = Path(__file__).resolve().parents[4] / "roles/vm_agent"


def table(distribution: str, major: str = "9", **options: Any) -> dict[str, Any]:
    loader = DataLoader()
    variables = loader.load_from_file(str(ROLE / "vars/main.yml"), trusted_as_template=True)
    facts = {"distribution": distribution, "distribution_major_version": major}
    return Templar(loader, variables={**variables, "ansible_facts": facts, "__vm_agent_options": options}).template(variables["__vm_agent_table"])


@pytest.mark.parametrize(
    ("distribution", "manager", "packages", "service"),
    [
        ("Debian", "apt", ["waagent", "walinuxagent"], "walinuxagent"),
        ("Ubuntu", "apt", ["walinuxagent"], "walinuxagent"),
        ("RedHat", "dnf", ["WALinuxAgent"], "waagent"),
        ("CentOS", "dnf", ["WALinuxAgent"], "waagent"),
        ("AlmaLinux", "dnf", ["WALinuxAgent"], "waagent"),
        ("Rocky", "dnf", ["WALinuxAgent"], "waagent"),
        ("OracleLinux", "dnf", ["WALinuxAgent"], "waagent"),
        ("SLES", "zypper", ["python3-azure-agent", "python-azure-agent"], "waagent"),
        ("SLES_SAP", "zypper", ["python3-azure-agent", "python-azure-agent"], "waagent"),
        ("openSUSE Leap", "zypper", ["python3-azure-agent", "python-azure-agent"], "waagent"),
        ("openSUSE Tumbleweed", "zypper", ["python3-azure-agent", "python-azure-agent"], "waagent"),
        ("Microsoft Azure Linux", "tdnf", ["WALinuxAgent"], "waagent"),
        ("Common Base Linux Mariner", "tdnf", ["WALinuxAgent"], "waagent"),
    ],
)
def test_each_distribution_has_its_package_and_service(distribution: str, manager: str, packages: list[str], service: str) -> None:
    found = table(distribution)
    assert (found["manager"], found["packages"], found["service"]) == (manager, packages, service)


def test_oracle_linux_has_the_agent_among_its_addons() -> None:
    assert [table("OracleLinux", major)["repository"] for major in ("8", "9")] == ["ol8_addons", "ol9_addons"]
    assert "repository" not in table("RedHat")


def test_options_go_before_the_distribution() -> None:
    found = table("RedHat", package="our-agent", service="our-service", repository="ours")
    assert found == {"manager": "dnf", "packages": ["our-agent"], "service": "our-service", "repository": "ours"}


def test_an_unknown_distribution_has_nothing_but_what_the_options_say() -> None:
    assert table("Plan 9") == {}
    assert table("Plan 9", package="agent", service="agent") == {"manager": "package", "packages": ["agent"], "service": "agent"}
