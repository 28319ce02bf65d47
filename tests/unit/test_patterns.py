# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No pattern takes a line break for the end of a text, as $ does: what is checked with one reaches files and commands of hosts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted([*ROOT.glob("plugins/**/*.py"), *ROOT.glob("roles/**/*.py")])
TASKS = sorted(path for path in ROOT.glob("roles/**/*") if path.suffix in (".yml", ".j2") and "files" not in path.parts)


def ends_in_dollar(node: ast.expr) -> bool:
    part = node.values[-1] if isinstance(node, ast.JoinedStr) and node.values else node
    return isinstance(part, ast.Constant) and isinstance(part.value, str) and bool(re.search(r"(?<!\\)\$\)*\Z|(?<!\\)\$\|", part.value))


def faults(source: str, *, takes_prefixes: bool) -> Iterator[int]:
    """The lines of patterns that end in $ and are not of lines, and of calls of match unless prefixes are what is looked for."""
    for node in ast.walk(ast.parse(source)):
        if not takes_prefixes and isinstance(node, ast.Attribute) and node.attr == "match":
            yield node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id == "re":
            flags = " ".join(map(ast.unparse, [*node.args[1:], *(each.value for each in node.keywords)]))
            if node.args and node.func.attr != "escape" and ends_in_dollar(node.args[0]) and "re.M" not in flags:
                yield node.lineno


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_text_is_matched_whole(path: Path) -> None:
    """The simulator's tokenizers look for what stands next, and have no $."""
    assert list(faults(path.read_text(), takes_prefixes="simulator" in path.parts)) == []


@pytest.mark.parametrize(
    "source", ['re.match("a", x)', 're.compile(r"^a$")', "all(map(LABEL.match, x))", 're.search(rf"{a}|b$", x)', 're.compile(r"(a|b$)", re.I)']
)
def test_the_look_finds_faults(source: str) -> None:
    assert list(faults(f"import re\n{source}\n", takes_prefixes=False)) == [2]


@pytest.mark.parametrize("source", ['re.fullmatch("a", x)', r're.compile(r"a\$")', 're.compile(r"^a$", re.MULTILINE)', 're.sub("a", "$", x)'])
def test_the_look_finds_no_more(source: str) -> None:
    assert list(faults(f"import re\n{source}\n", takes_prefixes=False)) == []


@pytest.mark.parametrize("path", TASKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_roles_do_so_too(path: Path) -> None:
    """In Jinja $ is for lines alone, (?m)."""
    found = re.findall(r"(?:match|search|regex_\w+)\w*['\"]?\s*[,(]\s*(['\"])(.*?)\1", path.read_text())
    assert [text for _quote, text in found if text.endswith("$") and "(?m)" not in text] == []
