# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every key of a result can be written with a dot in Jinja, and none is one that Ansible reads itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTED = sorted([*ROOT.glob("plugins/modules/*.py"), *ROOT.glob("plugins/filter/*.py")])
WRITTEN = sorted(path for part in ("roles", "playbooks", "extensions", "tests/outside") for path in (ROOT / part).rglob("*") if path.suffix in (".yml", ".j2"))
# A dict's own methods win over its keys where Jinja reads result.key.
METHODS = {name for name in dir(dict) if not name.startswith("_")}
# What ansible-core takes out of a module's result, by UnifiedTaskResult and by the registration of loops, and the types that it allows.
# validate-modules refuses the methods too, as bad-return-value-key.
READ_BY_ANSIBLE: dict[str, str | None] = {
    "ansible_facts": "dict", "ansible_job_id": None, "ansible_stats": None, "async_result": None, "attempts": None, "changed": "bool", "deprecations": None,
    "diff": None, "exception": None, "failed": "bool", "finished": None, "invocation": None, "module_stderr": None, "module_stdout": None, "msg": "str",
    "notify": None, "rc": None, "results": None, "retries": None, "skip_reason": None, "skipped": None, "skipped_reason": None, "started": None,
    "stderr": None, "stderr_lines": None, "stdout": None, "stdout_lines": None, "unreachable": None, "warnings": None,
}  # fmt: skip


def returned(path: Path) -> dict[str, Any]:
    """The RETURN block of a plugin."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and any(isinstance(each, ast.Name) and each.id == "RETURN" for each in node.targets):
            return yaml.safe_load(ast.literal_eval(node.value)) or {}
    return {}


def keys(described: dict[str, Any]) -> Iterator[str]:
    """All keys that a RETURN block describes."""
    for name, each in described.items():
        yield name
        yield from keys(each.get("contains") or {})


def samples(described: dict[str, Any]) -> Iterator[str]:
    """All keys in the samples of a RETURN block."""
    for each in described.values():
        yield from samples(each.get("contains") or {})
        yield from sampled(each.get("sample"))


def sampled(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from sampled(each)


def test_plugins_are_found_with_what_they_return() -> None:
    assert len(DOCUMENTED) > 25 and all(returned(path) for path in DOCUMENTED) and len(WRITTEN) > 50


@pytest.mark.parametrize("path", DOCUMENTED, ids=lambda path: path.stem)
def test_no_key_is_a_method_of_a_dict(path: Path) -> None:
    described = list(keys(returned(path)))
    assert [each for each in [*described, *samples(returned(path))] if each in METHODS] == []
    assert [each for each in described if not each.isidentifier()] == []


@pytest.mark.parametrize("path", [path for path in DOCUMENTED if path.parent.name == "modules"], ids=lambda path: path.stem)
def test_no_module_returns_what_ansible_reads_itself(path: Path) -> None:
    assert {name: each["type"] for name, each in returned(path).items() if name in READ_BY_ANSIBLE and READ_BY_ANSIBLE[name] != each["type"]} == {}


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_role_needs_a_key_that_is_a_method(path: Path) -> None:
    """Neither by a dot without a call, nor by the way around, brackets; and no fact is built with one."""
    text = path.read_text()
    names = "|".join(sorted(METHODS))
    inside = " ".join(re.findall(r"\{[{%].*?[%}]\}", text, re.DOTALL))
    assert re.findall(rf"\.(?:{names})\b(?!\s*\()|\[['\"](?:{names})['\"]\]|['\"](?:{names})['\"]\s*:", inside) == []


def facts(node: Any) -> Iterator[dict[str, Any]]:
    """The arguments of every set_fact."""
    if isinstance(node, dict):
        for name, each in node.items():
            if name in ("ansible.builtin.set_fact", "set_fact") and isinstance(each, dict):
                yield each
            yield from facts(each)
    for each in node if isinstance(node, list) else ():
        yield from facts(each)


@pytest.mark.parametrize("path", sorted(ROOT.glob("roles/*/tasks/**/*.yml")), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_fact_of_a_role_has_such_a_key(path: Path) -> None:
    assert [each for every in facts(yaml.safe_load(path.read_text())) for each in sampled(every) if each in METHODS] == []
