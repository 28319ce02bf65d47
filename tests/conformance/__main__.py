# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replay every recording and print how much of it the simulator answers alike: python -m tests.conformance"""

from __future__ import annotations

from collections import Counter

from .errors import SCENARIOS, rows
from .replay import Deviation, recordings
from .suites import SUITES, run


def report() -> str:
    """A table, matched / compared by file, then every deviation with its reason."""
    matched: Counter[str] = Counter()
    compared: Counter[str] = Counter()
    deviations: list[tuple[str, Deviation, str]] = []
    for suite in SUITES:
        for name in suite.FILES:
            result = run(suite, name)
            matched[name] += result.matched
            compared[name] += result.compared
            deviations += [(name, each, suite.REASONS.get((name, each.number), "NO REASON")) for each in result.deviations]
    width = max(map(len, compared))
    lines = [f"{'recording':{width}}  matched  compared"]
    lines += [f"{name:{width}}  {matched[name]:7}  {compared[name]:8}" for name in compared]
    lines.append(f"{'all':{width}}  {matched.total():7}  {compared.total():8}  {100 * matched.total() / compared.total():.1f} %")
    lines.append(f"\nOf {len(rows())} recorded errors, many of services that are not simulated, {len(SCENARIOS)} are compared.")
    lines.append("\nDeviations:")
    for name, deviation, reason in deviations:
        lines += [f"- {name}, {deviation.name}: {reason}", *(f"    {what}" for what in deviation.what)]
    return "\n".join(lines)


if __name__ == "__main__":
    print(report() if recordings().is_dir() else f"There are no recordings at {recordings()}; AZURE_BACKUP_RECORDINGS says where they are.")
