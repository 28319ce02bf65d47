# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replay every recording and print how much of it the simulator answers alike: python -m tests.conformance"""

from __future__ import annotations

from .suites import SUITES, run

if __name__ == "__main__":
    matched = compared = 0
    for suite in SUITES:
        for name in suite.FILES:
            result = run(suite, name)
            matched, compared = matched + result.matched, compared + result.compared
            print(f"{name}: {result.matched} / {result.compared}")
            for deviation in result.deviations:
                print(f"  {deviation.name}  [{suite.REASONS.get((name, deviation.number), 'NO REASON')}]")
                for what in deviation.what:
                    print(f"    {what}")
    print(f"all: {matched} / {compared} = {100 * matched / compared:.1f} %")
