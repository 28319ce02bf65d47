# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must agree between the files of the collection."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path.parents[1] for path in ROOT.glob("roles/*/meta/argument_specs.yml"))
HEADER = (
    "# Copyright (c) 2026, Safe Harbor contributors",
    "# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)",
    "# SPDX-License-Identifier: GPL-3.0-or-later",
)
LISTING = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"], check=True, capture_output=True, text=True).stdout
FILES = [ROOT / name for name in LISTING.splitlines() if (ROOT / name).is_file()]
CODE = [path for path in FILES if path.suffix in {".py", ".sh"}]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def names(requirements: Path) -> set[str]:
    """The packages that a requirements file asks for, without versions."""
    lines = (line.partition("#")[0].strip() for line in requirements.read_text().splitlines())
    return {re.split(r"[<>=]", line)[0] for line in lines if line and not line.startswith("-")}


def test_every_module_that_talks_to_azure_is_in_the_action_group() -> None:
    modules = {path.stem for path in ROOT.glob("plugins/modules/*.py")} - {"role_options"}
    offline = {each for each in modules if "connect=False" in (ROOT / f"plugins/modules/{each}.py").read_text()}
    runtime = load(ROOT / "meta/runtime.yml")
    assert set(runtime["action_groups"]["azure"]) == modules - offline
    assert runtime["plugin_routing"]["modules"] == {each: {"action_plugin": "safeharbor.azure_backup.vm_info"} for each in modules}


def test_execution_environment_has_what_the_modules_need() -> None:
    assert names(ROOT / "meta/ee-requirements.txt") == names(ROOT / "requirements.in") - {"ansible-core"}


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_code_has_its_licence_and_is_short(path: Path) -> None:
    lines = path.read_text().splitlines()
    start = 1 if lines and lines[0].startswith("#!") else 0
    assert tuple(lines[start:start + 3]) == HEADER
    if path.parent.name == "modules":
        # What a module says in its documentation does not count.
        lines = path.read_text().rpartition('"""\n')[2].splitlines()
    assert len(lines) <= 400


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_role_defaults_agree_with_its_argument_specs(role: Path) -> None:
    specs = load(role / "meta/argument_specs.yml")["argument_specs"]
    options = {name: option for entry in specs.values() for name, option in entry.get("options", {}).items()}
    path = role / "defaults/main.yml"
    defaults = (load(path) or {}) if path.exists() else {}
    specified = {name: option["default"] for name, option in options.items() if "default" in option}
    assert {name: value for name, value in defaults.items() if name in specified} == specified
    # What is computed at run time may be told in the description instead.
    others = {name: value for name, value in defaults.items() if name not in specified}
    assert [name for name, value in others.items() if name not in options or "{{" not in str(value)] == []


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_role_options_carry_the_name_of_the_role(role: Path) -> None:
    specs = load(role / "meta/argument_specs.yml")["argument_specs"]
    assert [name for entry in specs.values() for name in entry.get("options", {}) if not name.startswith(f"{role.name}_")] == []


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_entry_point_has_its_tasks(role: Path) -> None:
    specs = load(role / "meta/argument_specs.yml")["argument_specs"]
    assert [entry for entry in specs if not (role / f"tasks/{entry}.yml").is_file()] == []


def test_the_readme_has_the_sections_that_certification_asks_for() -> None:
    text = (ROOT / "README.md").read_text()
    wanted = ["Description", "Requirements", "Installation", "Use cases", "Testing", "Support", "Release notes", "Related information", "License information"]
    assert [each for each in re.findall(r"^## (.+)$", text, re.MULTILINE) if each in wanted] == wanted
    assert re.findall(r"^### (Communication|Code of Conduct)$", text, re.MULTILINE) == ["Communication", "Code of Conduct"]
    # Galaxy and Automation Hub show the page, where relative links lead nowhere.
    assert [link for link in re.findall(r"\]\(([^)]*)\)", text) if not link.startswith("https://")] == []


@pytest.mark.parametrize("page", ["features.md", "seed-map.md"])
def test_the_tests_that_a_page_names_exist(page: str) -> None:
    """`functional/test_x.py::test_y` names a test; `::test_z` after it one of the same file."""
    file = ""
    for path, test in re.findall(r"`((?:functional|unit)/[\w/]+\.py)?(?:::(\w+))?`", (ROOT / "docs" / page).read_text()):
        file = path or file
        if path or test:
            text = (ROOT / "tests" / file).read_text()
            assert not test or f"def {test}(" in text, f"{file}::{test}"


PLAYS = [path for path in FILES if re.match(r"(roles/[^/]+/(tasks|defaults|templates)|playbooks)/", str(path.relative_to(ROOT)))]
WORDS = r"(?:fix|reason|evidence|text)"
DECISION = re.compile(rf"\.{WORDS} is (?:match|search|regex)\b|\bin \w+(?:\[[^]]*\]|\.\w+)*\.{WORDS}\b|attr\('{WORDS}', '(?:match|search|eq|in)'")


@pytest.mark.parametrize("path", PLAYS, ids=str)
def test_no_task_decides_by_the_words_of_a_finding(path: Path) -> None:
    """Texts are for people and may change; what decides is a field."""
    assert DECISION.findall(path.read_text()) == []
