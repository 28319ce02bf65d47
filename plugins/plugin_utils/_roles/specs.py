# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles of this collection take and set, by their meta/argument_specs.yml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

# Variables that the roles set themselves for whoever uses them: facts, results and loop variables. What is theirs alone begins with "__".
RESULTS = frozenset(
    {
        "modernize_plan", "modernize_result", "network_access_result", "policy_result", "prepare_guest_result", "prepare_plan", "prepare_region",
        "prepare_results", "protection_result", "proxy_client_result", "proxy_server_result", "readiness_result", "retire_plan", "retire_results",
        "retire_vault", "simulator_connection", "test_guests_connection", "vault_result", "vault_upgrade_old_names", "vault_upgrade_prerequisites",
        "vault_upgrade_result", "vm_agent_result",
    }
)
Spec = dict[str, Any]


class Roles(Mapping[str, "Role"]):
    """The roles of a folder by name, each read when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._paths = {path.parents[1].name: path for path in folder.glob("*/meta/argument_specs.yml")}
        self._read: dict[str, Role] = {}

    def __getitem__(self, name: str) -> Role:
        if name not in self._read:
            self._read[name] = Role(name, self._paths[name])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._paths))

    def __len__(self) -> int:
        return len(self._paths)

    def owner(self, variable: str) -> str | None:
        """The role whose variable this is by its name: vault_upgrade_policy is not the role vault's."""
        return max((name for name in self._paths if variable.startswith(f"{name}_")), key=len, default=None)


class Role:
    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path

    @cached_property
    def entry_points(self) -> dict[str, dict[str, Spec]]:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        specs = yaml.load(self._path.read_text(encoding="utf-8"), Loader=loader)["argument_specs"]
        return {entry: spec.get("options") or {} for entry, spec in specs.items()}

    @cached_property
    def variables(self) -> frozenset[str]:
        """The options of every entry point, as variables."""
        return frozenset(name for options in self.entry_points.values() for name in options)

    @cached_property
    def options(self) -> frozenset[str]:
        """The same, without the role's name."""
        return frozenset(self.option(name) for name in self.variables)

    def option(self, variable: str) -> str:
        return variable[len(self.name) + 1 :]

    def specification(self, entry: str) -> dict[str, Spec]:
        """The options of an entry point, and those of the others too, as entry points share tasks; these are never required."""
        others = {name: {**spec, "required": False} for options in self.entry_points.values() for name, spec in options.items()}
        return {**others, **self.entry_points[entry]}
