# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the tables of docs/readiness.md from the rules: readiness_page.py [--check]

With --check it only reports whether the page is up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness import catalogue, thresholds
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness.rule import Rule
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness.rules import custom, guest
from ansible_collections.safeharbor.azure_backup.tests.tools.simulator_page import ROOT, keep

PAGE = ROOT / "docs" / "readiness.md"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(each.replace('|', chr(92) + '|') for each in line)} |" for line in lines)


def rules(areas: Mapping[str, Iterable[Rule]]) -> str:
    """A heading and a table for each area."""
    parts = []
    for area, found in areas.items():
        rows = [(f"`{each.id}`", each.severity, each.scope, f"{each.title}.", each.fix, step(each), f"[page]({each.source})") for each in found]
        parts.append(f"### {area[0].upper()}{area[1:]}\n\n{table(('Rule', 'Severity', 'Scope', 'Check', 'Remedy', 'Step', 'Source'), rows)}")
    return "\n\n".join(parts)


def step(rule: Rule) -> str:
    """The step of the role modernize that fixes it, and the rules that may stand in its way."""
    blockers = ", ".join(f"`{each.id}`" for each in rule.blocked_by)
    return f"`{rule.step}`" + (f", unless {blockers} fails" if blockers else "") if rule.step else ""


def numbers(defaults: Mapping[str, Any]) -> str:
    return table(("Threshold", "Default"), [(f"`{name}`", f"{value}") for name, value in defaults.items()])


def facts(areas: Mapping[str, Iterable[str]]) -> str:
    return table(("Scope", "Areas"), [(scope, ", ".join(f"`{each}`" for each in found)) for scope, found in areas.items()])


def guest_facts(text: str) -> str:
    """The lines 'fact    what it is' of the docstring that says what a guest's facts are."""
    lines = [line.strip().partition("  ") for line in text.splitlines() if line.startswith("    ")]
    rows = [(", ".join(f"`{each.strip()}`" for each in names.split(",")), what.strip()) for names, _space, what in lines]
    return table(("Fact", "What it is"), rows)


def blocks() -> dict[str, str]:
    return {
        "rules": rules(catalogue.AREAS),
        "thresholds": numbers(thresholds.DEFAULTS),
        "areas": facts(custom.AREAS),
        "operators": ", ".join(f"`{each}`" for each in custom.OPERATORS),
        "guest facts": guest_facts(guest.__doc__ or ""),
    }


def main(check: bool) -> int:
    return keep(PAGE, blocks(), check)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
