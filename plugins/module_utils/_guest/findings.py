# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The VM agent from inside a guest: what is wrong with it, in words that both systems share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .._vm.selection import group_and_name
from .agent import MINIMUM, is_older

ERROR, WARNING = "error", "warning"
# Who or what mends it: a step of the role, or only somebody who knows why it is so.
INSTALL, UPDATE, SETTINGS, SERVICE, PYTHON, YOU = "install", "update", "settings", "service", "python", "you"
VERSION = re.compile(r"\d+(\.\d+){1,3}")
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")


@dataclass(frozen=True)
class AgentFinding:
    """code: a word for programs. mend: what to do about it. step: what of the role does that."""

    code: str
    level: str
    what: str
    mend: str
    step: str = YOU

    def shown(self) -> dict[str, str]:
        return {"code": self.code, "level": self.level, "what": self.what, "mend": self.mend}


@dataclass
class Read:
    """What the role has read of a guest, its distribution's part of the role's table (empty for one that is not known), and the role's options."""

    look: dict[str, Any]
    table: dict[str, Any]
    options: dict[str, Any]


def sentences(findings: Iterable[AgentFinding]) -> list[str]:
    return [f"{each.what}: {each.mend}" for each in findings]


def check_options(options: dict[str, Any]) -> list[str]:
    """What is wrong with the options alone."""
    problems = []
    for system, version in (options.get("minimum_version") or {}).items():
        if version is not None and not VERSION.fullmatch(str(version)):
            problems.append(f"vm_agent_minimum_version: '{version}' of {system} is no version: two to four numbers with dots, such as {MINIMUM['linux']}")
    if options.get("sha256") and not _SHA256.fullmatch(options["sha256"]):
        problems.append("vm_agent_windows_package_sha256: it must be the 64 hexadecimal digits of the package's checksum")
    if options.get("azure_vm") and not group_and_name(options["azure_vm"]):
        problems.append(f"vm_agent_azure_vm: '{options['azure_vm']}' is neither the id of a virtual machine nor group/name")
    return problems


def minimum(options: dict[str, Any], system: str) -> str:
    return str((options.get("minimum_version") or {}).get(system) or MINIMUM[system])


def age(version: str | None, least: str, step: str = UPDATE) -> list[AgentFinding]:
    if not is_older(version, least):
        return []
    return [AgentFinding("agent_old", ERROR, f"the agent is version {version}, and {least} is the lowest that is supported", "update it", step)]


def by_level(findings: Iterable[AgentFinding]) -> list[AgentFinding]:
    """Errors first."""
    return sorted(findings, key=lambda each: each.level != ERROR)


def ready(findings: Iterable[AgentFinding]) -> bool:
    """Whether nothing here keeps the VM from being backed up."""
    return not any(each.level == ERROR for each in findings)


@dataclass(frozen=True)
class Azure:
    """What Azure says of one VM, from the result of the module vm_agent. asked: whether it was asked at all."""

    asked: bool = False
    vm: str = ""
    answer: dict[str, Any] | None = None

    @property
    def _row(self) -> dict[str, Any]:
        rows = (self.answer or {}).get("vms") or []
        return next((row for row in rows if group_and_name(row["vm"]) == group_and_name(self.vm)), {})

    @property
    def status(self) -> str | None:
        return (self._row.get("agent") or {}).get("status")

    @property
    def changed(self) -> bool:
        return bool(self._row.get("changed"))

    def findings(self) -> Iterator[AgentFinding]:
        if not self.asked:
            return
        row = self._row
        if not self.vm:
            text = "which VM of Azure this host is, is not known, as Azure's metadata service does not answer it"
            yield AgentFinding("azure_vm_unknown", WARNING, text, "set vm_agent_azure_vm, or vm_agent_azure to false")
        elif not row:
            said = (self.answer or {}).get("msg") or "no answer"
            yield AgentFinding("azure_unanswered", ERROR, f"Azure could not be asked about {self.vm}", str(said))
        elif row.get("status") == "failed" or self.status in ("not_ready", "missing"):
            yield AgentFinding("azure_not_ready", ERROR, "Azure does not see the agent ready", str(row.get("reason") or self.status))
        elif (row.get("after") or {}).get("allow_extension_operations") is False:
            yield AgentFinding("extensions_forbidden", ERROR, "extension operations are not allowed on the VM", "the entry point main of this role allows them")
