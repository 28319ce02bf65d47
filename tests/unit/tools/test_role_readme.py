# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables and examples that role READMEs carry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.safeharbor.azure_backup.tests.tools import role_readme

SPECS: dict[str, Any] = {
    "main": {
        "short_description": "Stores things.",
        "description": ["Puts O(store_items) away, see V(yes) and L(the page,https://example.com/page)."],
        "options": {
            "store_items": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "description": "What to store.",
                "example": [{"name": "box"}],
                "options": {"kind": {"description": ["One | other."], "choices": ["a", "b"], "default": "a"}},
            },
        },
    },
    "clear": {"short_description": "Empties the store", "examples": "- name: Mine\n"},
}


@pytest.fixture
def role(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A role with SPECS and no README, in a collection of its own."""
    folder = tmp_path / "roles/store"
    (folder / "meta").mkdir(parents=True)
    (folder / "meta/argument_specs.yml").write_text(yaml.safe_dump({"argument_specs": SPECS}, sort_keys=False))
    monkeypatch.setattr(role_readme, "ROOT", tmp_path)
    return folder


def test_options_become_rows_with_suboptions_below_them() -> None:
    lines = role_readme.section("store", SPECS).splitlines()
    assert "| `store_items` | list of dict | **required** | What to store. |" in lines
    assert "| `store_items[].kind` | str | `a` | One \\| other. Choices: `a`, `b`. |" in lines


def test_markup_becomes_markdown() -> None:
    assert "Puts `store_items` away, see `yes` and [the page](https://example.com/page)." in role_readme.section("store", SPECS)


def test_example_names_the_role_in_full_and_gives_what_is_required() -> None:
    (task,) = yaml.safe_load(role_readme.example("store", "main", SPECS["main"]))
    assert task["ansible.builtin.include_role"] == {"name": "safeharbor.azure_backup.store"}
    assert task["vars"] == {"store_items": [{"name": "box"}]}


def test_example_of_the_specification_comes_first() -> None:
    assert role_readme.example("store", "clear", SPECS["clear"]) == "- name: Mine"


def test_required_option_without_example_is_named() -> None:
    spec = {"short_description": "Stores things", "options": {"store_items": {"required": True}}}
    with pytest.raises(SystemExit, match=r"Role store, entry point main: give it `examples`"):
        role_readme.example("store", "main", spec)


def test_readme_is_written_once_and_then_current(role: Path) -> None:
    assert role_readme.main(check=True) == 1
    assert not (role / "README.md").exists()
    assert role_readme.main(check=False) == 0
    assert role_readme.main(check=True) == 0


def test_text_by_hand_stays(role: Path) -> None:
    role_readme.main(check=False)
    readme = role / "README.md"
    readme.write_text("# By hand\n" + readme.read_text().partition("\n")[2] + "\n## Rollback\n\nBy hand.\n")
    (role / "meta/argument_specs.yml").write_text(yaml.safe_dump({"argument_specs": {"main": {"short_description": "Other"}}}))
    assert role_readme.main(check=True) == 1
    role_readme.main(check=False)
    written = readme.read_text()
    assert written.startswith("# By hand\n")
    assert written.endswith("\n## Rollback\n\nBy hand.\n")
    assert "Other." in written
    assert "store_items" not in written


def test_readme_without_markers_is_refused(role: Path) -> None:
    (role / "README.md").write_text("# Store\n")
    with pytest.raises(SystemExit, match=r"README\.md: it must hold"):
        role_readme.main(check=False)
