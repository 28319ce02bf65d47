# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""check.py TARGET...: runs each of these make targets, also after one has failed, and sums up what happened.

The last line counts the tests of every pytest run among them, from the reports that pytest left in .cache/reports.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / ".cache/reports"
COUNTS = ("tests", "failures", "errors", "skipped")


def run(target: str) -> tuple[bool, float]:
    """(success, seconds) of one target."""
    print(f"\n== make {target}", flush=True)
    start = time.monotonic()
    status = subprocess.run([os.environ.get("MAKE", "make"), "--no-print-directory", "--keep-going", target], cwd=ROOT, check=False).returncode
    return status == 0, time.monotonic() - start


def totals() -> tuple[int, int, int]:
    """(passed, failed, skipped) over all pytest reports."""
    suites = [suite for report in REPORTS.glob("*.xml") for suite in ET.parse(report).iter("testsuite")]
    tests, failures, errors, skipped = (sum(int(suite.get(key, 0)) for suite in suites) for key in COUNTS)
    return tests - failures - errors - skipped, failures + errors, skipped


def main(targets: list[str]) -> int:
    for report in REPORTS.glob("*.xml"):
        report.unlink()
    results = {target: run(target) for target in targets}
    print("\n== Summary")
    for target, (success, seconds) in results.items():
        print(f"{target:<14}{'ok' if success else 'FAILED':<8}{seconds:6.0f} s")
    passed, failed, skipped = totals()
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if all(success for success, seconds in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
