# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin role_options, for every role: what it makes of variables, given in every form that Ansible hands them over in."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar
from ansible_collections.safeharbor.azure_backup.plugins.action.role_options import ActionModule
from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._roles.specs import Roles
from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._roles.values import has_secret

try:
    from ansible.template import trust_as_template as template
except ImportError:  # ansible-core 2.18 takes every text for a template
    template = str

ROOT = Path(__file__).resolve().parents[4]
ROLES = Roles(ROOT / "roles")
ENTRY_POINTS = [(role.name, entry) for role in ROLES.values() for entry in role.entry_points]
SAMPLES: dict[str, Any] = {"bool": True, "int": 21, "float": 1.5, "str": "text", "path": "~/here", "dict": {"a": None}}
# By default these come from the environment, by a lookup.
PLACES = {"simulator_state_dir": "~/state", "test_guests_dir": "~/guests", "test_guests_base_dir": "~/base"}
TEXTS = {True: ("true", "yes", "True", "1", "{{ 'true' }}"), False: ("false", "no", "False", "0", "{{ 'false' }}")}


def run(role: str, entry: str, variables: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    task = Task()
    task.args = {"entry_point": entry, **arguments}
    task._role = SimpleNamespace(_role_path=str(ROOT / "roles" / role))
    loader = DataLoader()
    defaults = loader.load_from_file(str(ROOT / "roles" / role / "defaults/main.yml"), **({"trusted_as_template": True} if template is not str else {}))
    values = {**(defaults or {}), "groups": {"guests": ["a"]}, **PLACES, **variables}
    connection = connection_loader.get("local", PlayContext())
    result = ActionModule(task, connection, PlayContext(), loader, Templar(loader, variables=values), None).run(task_vars=values)
    result["no_log"] = task.no_log
    return result


def sample(spec: dict[str, Any]) -> Any:
    if spec.get("type") == "list":
        return [sample({**spec, "type": spec.get("elements", "str")})]
    if spec.get("options"):
        return {name: sample(each) for name, each in spec["options"].items()}
    return spec["choices"][-1] if "choices" in spec else SAMPLES[spec.get("type", "str")]


def options(result: dict[str, Any]) -> dict[str, Any]:
    assert not result.get("failed"), result["msg"]
    return {name: value for name, value in result.items() if not name.startswith("_") and name not in ("changed", "no_log")}


@pytest.mark.parametrize(("role", "entry"), ENTRY_POINTS)
def test_text_and_typed_values_come_out_alike(role: str, entry: str) -> None:
    specification = ROLES[role].entry_points[entry]
    values = {name: sample(spec) for name, spec in specification.items()}
    typed = options(run(role, entry, values))
    assert {ROLES[role].option(name): value for name, value in values.items()}.items() <= typed.items()
    numbers = {name: str(value) for name, value in values.items() if specification[name].get("type") in ("int", "float")}
    switches = [name for name, spec in specification.items() if spec.get("type") == "bool"]
    for way in (True, False):
        expected = typed | {ROLES[role].option(name): way for name in switches}
        for text in TEXTS[way]:
            given = {**values, **numbers, **{name: template(text) for name in switches}}
            found = options(run(role, entry, given))
            assert found == expected
            assert all(type(found[name]) is type(expected[name]) for name in found)


@pytest.mark.parametrize(("role", "entry"), ENTRY_POINTS)
def test_everything_that_is_wrong_is_told_at_once(role: str, entry: str) -> None:
    specification = ROLES[role].entry_points[entry]
    wrong: dict[str, Any] = {"bool": "maybe", "int": "many", "float": "fast", "str": ["a", "list"], "path": {"a": 1}, "dict": "not one", "list": {"a": 1}}
    values = {name: wrong[spec.get("type", "str")] for name, spec in specification.items() if not spec.get("required")}
    result = run(role, entry, values)
    required = {name for name, spec in specification.items() if spec.get("required")}
    assert {each["option"] for each in result.get("problems", [])} == set(values) | required
    for each in result.get("problems", []):
        assert each["option"] in result["msg"] and ("allowed is" in each["message"] or each["message"] == "required")


@pytest.mark.parametrize(("role", "entry"), ENTRY_POINTS)
def test_what_is_not_set_stays_unset_and_names_are_usable(role: str, entry: str) -> None:
    specification = ROLES[role].entry_points[entry]
    required = {name: sample(spec) for name, spec in specification.items() if spec.get("required")}
    found = options(run(role, entry, required))
    assert options(run(role, entry, {**dict.fromkeys(unset_names(specification)), **required})) == found
    unset = {ROLES[role].option(name) for name, spec in specification.items() if not spec.get("required") and "default" not in spec}
    defaults = yaml.safe_load((ROOT / "roles" / role / "defaults/main.yml").read_text()) or {}
    assert set(found) & unset == {ROLES[role].option(name) for name in defaults} & unset
    # Jinja would find a dictionary's method, and Ansible what it says of a result, under the same name.
    assert not set(ROLES[role].options) & ({*dir({})} | {"changed", "failed", "skipped", "msg", "results", "warnings", "exception", "invocation"})


def unset_names(specification: dict[str, Any]) -> list[str]:
    return [name for name, spec in specification.items() if name not in PLACES and name != "test_guests_names" and not spec.get("required")]


@pytest.mark.parametrize("role", list(ROLES))
def test_secrets_are_not_shown(role: str) -> None:
    specification = ROLES[role].specification("main")
    values = {name: sample(spec) for name, spec in specification.items()}
    result = run(role, "main", values)
    secret = any(has_secret(spec) for spec in specification.values())
    assert (result.get("_ansible_no_log", False), result["no_log"] is True) == (secret, secret)


def test_a_secret_is_not_in_an_error() -> None:
    users = {"proxy_server_users": [{"name": "a", "password": "geheim", "extra": "geheim"}], "proxy_server_client_networks": ["10.0.0.0/8"]}
    result = run("proxy_server", "main", users)
    assert result["failed"] and "geheim" not in str(result)


def test_null_in_a_value_stays_and_omitted_ones_go() -> None:
    given = {"prepare_resource_group": "backup", "prepare_tags": {"backup": None}, "prepare_names": template("{{ omit }}"), "omit": "__omit__"}
    if template is not str:
        given.pop("omit")
    found = options(run("prepare", "main", given))
    assert found["tags"] == {"backup": None} and "names" not in found


def test_a_value_that_cannot_be_evaluated_counts_for_its_entry_point_only() -> None:
    given = {"vault_upgrade_vault_name": "v", "vault_upgrade_resource_group": "g", "vault_upgrade_workspace_id": template("{{ nosuch.id }}")}
    assert "workspace_id" not in options(run("vault_upgrade", "validate", given))
    (problem,) = run("vault_upgrade", "finish", given)["problems"]
    assert problem["option"] == "vault_upgrade_workspace_id" and "nosuch" in problem["message"]


def test_values_and_names_are_refused_together_for_included_roles_too() -> None:
    given = {"prepare_report": "perhaps", "prepare_exlude": ["a"], "vault_soft_delet": "Enabled", "vault_db_password": "x", "policy_text": "y"}
    result = run("prepare", "main", given, includes=["vault", "policy"])
    assert [each["option"] for each in result["problems"]] == ["prepare_resource_group", "prepare_report", "prepare_exlude", "vault_soft_delet"]


def tasks(path: Path) -> list[dict[str, Any]]:
    return yaml.safe_load(path.read_text())


def included(role: str, path: Path) -> set[str]:
    """The roles that a file of tasks includes, or the files that it includes."""
    found: set[str] = set()
    for task in flat(tasks(path)):
        for kind in ("include", "import"):
            other = task.get(f"ansible.builtin.{kind}_role")
            found |= {other["name"].rpartition(".")[2]} if other else set()
            file = task.get(f"ansible.builtin.{kind}_tasks", "")
            file = file["file"] if isinstance(file, dict) else file
            if file and "{{" not in file:
                found |= included(role, path.parent / file)
    return found


def flat(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for each in given for one in [each, *flat([inner for part in ("block", "rescue", "always") for inner in each.get(part, [])])]]


@pytest.mark.parametrize(("role", "entry"), ENTRY_POINTS)
def test_every_entry_point_begins_with_it(role: str, entry: str) -> None:
    path = ROOT / f"roles/{role}/tasks/{entry}.yml"
    first = tasks(path)[0]
    arguments = first["safeharbor.azure_backup.role_options"] or {}
    # A file that is named by a variable may include further roles.
    assert arguments.get("entry_point", "main") == entry and set(arguments.get("includes", [])) >= included(role, path)
    assert first["register"] == f"__{role}_options" and first["tags"] == ["always"] and "when" not in first


@pytest.mark.parametrize("role", list(ROLES))
def test_no_task_uses_a_variable_as_it_was_given(role: str) -> None:
    folder = ROOT / "roles" / role
    used = [f"{path.name}: {text}" for path in folder.glob("tasks/**/*.yml") for task in flat(tasks(path)) for text in expressions(task)]
    used += [path.name + ": " + text for path in folder.glob("vars/*.yml") for text in expressions(yaml.safe_load(path.read_text()))]
    used += [f"{path.name}: {{{{ {part} }}}}" for path in folder.glob("templates/*") for part in parts(path.read_text())]
    assert [each for each in used if names_in(each) & ROLES[role].variables] == []


CONDITIONS = ("when", "that", "until", "changed_when", "failed_when", "check_mode")


def expressions(value: Any, key: str = "") -> list[str]:
    if isinstance(value, dict):
        inner = {"block", "rescue", "always"} | ({"name"} if key == "" else set())
        return [text for name, each in value.items() if name not in inner for text in expressions(each, str(name))]
    if isinstance(value, list):
        return [text for each in value for text in expressions(each, key)]
    return [value] if isinstance(value, str) and key in CONDITIONS else parts(value) if isinstance(value, str) else []


def parts(text: str) -> list[str]:
    return re.findall(r"\{[{%](.*?)[%}]\}", text, re.DOTALL)


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"(?<![\w.])[a-z]\w*", re.sub(r"'[^']*'", "", expression)))
