# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the simulator's page that are written by a program."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.safeharbor.azure_backup.tests.tools import simulator_page

GROUP = "/subscriptions/{sub}/resourceGroups/{rg}"


def test_a_row_for_each_type():
    routes = [
        ("GET", f"{GROUP}/providers/Microsoft.X/ys"),
        ("PUT", f"{GROUP}/providers/Microsoft.X/ys/{{name}}"),
        ("POST", f"{GROUP}/providers/Microsoft.X/ys/{{name}}/start"),
        ("HEAD", GROUP),
    ]
    assert simulator_page.coverage(routes).splitlines()[2:] == [
        "| Microsoft.X | `ys` | GET, PUT | start |",
        "| Resource Manager | `subscriptions/resourceGroups` | HEAD |  |",
    ]


def test_deviations_are_sorted():
    suites = [SimpleNamespace(REASONS={("b", 2): "two", ("b", 1): "one"}), SimpleNamespace(REASONS={("a", 9): "nine"})]
    assert simulator_page.deviations(suites).splitlines()[2:] == ["| `a` | 9 | nine |", "| `b` | 1 | one |", "| `b` | 2 | two |"]


def test_a_block_goes_between_its_marks():
    begin, end = simulator_page.MARK.format("BEGIN", "x"), simulator_page.MARK.format("END", "x")
    assert simulator_page.filled(f"a\n{begin}\nold\n{end}\nz\n", {"x": "new"}) == f"a\n{begin}\n\nnew\n\n{end}\nz\n"


def test_a_page_without_marks_is_refused():
    with pytest.raises(SystemExit, match="each of these lines once"):
        simulator_page.filled("nothing", {"x": "new"})


def test_the_page_is_up_to_date(capsys):
    assert simulator_page.main(check=True) == 0, capsys.readouterr().out
