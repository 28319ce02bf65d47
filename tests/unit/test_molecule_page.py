# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that docs/molecule.md shows are those that are tested."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHOWN = re.findall(r"^```yaml\n# (molecule/\S+)\n(.*?)^```$", (ROOT / "docs/molecule.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("name", "text"), SHOWN, ids=[name for name, _text in SHOWN])
def test_a_file_of_the_page_is_the_one_that_is_run(name: str, text: str) -> None:
    lines = (ROOT / "tests/outside" / name).read_text().splitlines(keepends=True)
    assert text == "".join(line for line in lines[4:] if line != "---\n")


def test_the_page_shows_the_scenario() -> None:
    assert len(SHOWN) == 6


def test_the_page_names_every_scenario() -> None:
    page = (ROOT / "docs/molecule.md").read_text()
    scenarios = [path.parent.name for path in ROOT.glob("extensions/molecule/*/molecule.yml")]
    assert [name for name in scenarios if f"extensions/molecule/{name})" not in page] == []
