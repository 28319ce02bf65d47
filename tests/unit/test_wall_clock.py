# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing judges Azure's times by the controller's clock: one file alone may read it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLOCK = ROOT / "plugins/module_utils/_arm/clock.py"
WALL = {
    *(f"time.{name}" for name in ("time", "time_ns", "localtime", "gmtime", "ctime", "asctime", "strftime", "clock_gettime", "clock_gettime_ns")),
    *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
    "datetime.date.today",
    "email.utils.localtime",
    "email.utils.formatdate",
}
# Scripts among a role's files run in guests and go by the guest's clock, as its files do; the page of the report runs in a browser.
TEMPLATES = [
    path
    for pattern in ("roles/*/*/**/*", "playbooks/**/*")
    for path in ROOT.glob(pattern)
    if path.suffix in {".yml", ".yaml", ".j2", ".js", ".html"} and "arm_simulator" not in path.parts
]
TEMPLATE_READS = re.compile(r"(?<![\w.])now *\(|ansible_date_time|\bstrftime\b|\bnew Date\b|\bDate\.now\b")


def wall_clock_reads(code: str) -> list[str]:
    """The names by which code reads the wall clock, under whatever name it imports them."""
    tree = ast.parse(code)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {each.asname: each.name for each in node.names if each.asname} | {each.name: each.name for each in node.names if not each.asname}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Attribute, ast.Name)):
            first, *rest = ast.unparse(node).split(".")
            found.append(".".join([names.get(first, first), *rest]))
    return sorted(WALL & set(found))


@pytest.mark.parametrize(
    ("code", "read"),
    [
        ("import time\ntime.time()", "time.time"),
        ("import time as t\nread = t.time", "time.time"),
        ("from time import time_ns as ns\nns()", "time.time_ns"),
        ("import datetime\ndatetime.datetime.now()", "datetime.datetime.now"),
        ("import datetime as d\nd.date.today()", "datetime.date.today"),
        ("def f():\n    from datetime import UTC, datetime as dt\n    return dt.now(UTC)", "datetime.datetime.now"),
        ("from email import utils\nutils.formatdate()", "email.utils.formatdate"),
    ],
)
def test_every_way_to_read_it_is_seen(code: str, read: str) -> None:
    assert wall_clock_reads(code) == [read]


def test_what_does_not_read_it_is_not_meant() -> None:
    assert wall_clock_reads("import time\nfrom datetime import datetime\ntime.monotonic(), time.sleep(1), datetime.fromisoformat('x')\nclock.now()") == []


def test_one_file_reads_it() -> None:
    reads = {path: found for path in (ROOT / "plugins").rglob("*.py") if (found := wall_clock_reads(path.read_text()))}
    assert reads == {CLOCK: ["datetime.datetime.now"]}


def test_no_role_or_playbook_reads_it() -> None:
    assert TEMPLATES and [str(path.relative_to(ROOT)) for path in TEMPLATES if TEMPLATE_READS.search(path.read_text())] == []
