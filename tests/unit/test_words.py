# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users read has the terms of Azure's and Ansible's documentation.

Checked are the pages, the playbooks, what roles show, and the documentation and messages of plugins. Comments and docstrings are not.
Generated blocks of pages are not either: their sources are.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What to avoid, and what to write in its place. A space stands for any white space, and words match in any letter case.
PHRASES = {
    r"(?<!there) (is|are|was|were) no (?!longer\b|more\b|less\b|later\b|earlier\b|doubt\b)": "is not a valid …, does not exist, is not …",
    r"\bof (its|their|your|one's|our) own\b": "a separate …, an explicit …, custom …, your …",
    r"\b(go|goes|going|went|gone) on\b": "continues, is in progress, is still running",
    r"\b(tell|tells|telling|told)\b": "report, return, show; 'when set' for 'when told'",
    r"\bshall\b": "must, should, or the imperative",
    r"\b(mend|mends|mended|mending)\b": "fix, repair, remedy",
    r"\b(stand|stands|speak|speaks) against\b": "prerequisites, blocks, prevents",
    r"\bstands? for any characters?\b": "matches any characters",
    r"\bthe way (back|out)\b": "rollback, remedy",
    r"\bwho has (it|them)\b": "which vault protects it",
    r"\bfor want of\b": "because … is missing, without",
    r"\bas (it|they) should\b": "name the state: protected, unchanged, passed",
    r"\b(leave|leaves|leaving|left) (it |them |these |those )?out\b": "skipped, excluded, remove it",
    r"\b(taken|took) up\b": "resumed",
    r"\b(bring|brings|brought) (it |them )?back\b": "undelete, restore",
    r"\b(take|takes|taken|took) back\b": "revert, undo; irreversible",
    r"\bput (it |them )?right\b": "corrected",
    r"\bsee(s|n)? to (?!be\b)": "prepare, configure, make sure",
    r"\bby hand\b": "manually",
    r"\bha(s|ve) no meaning\b": "cannot be used with",
    r"\bgoes with\b": "requires, cannot be used with",
    r"\b(is|are) not there\b": "does not exist, is missing",
    r"\bbroke off\b": "was dropped",
    r"\bhears? of\b": "reports to Azure",
    r"\banew\b": "again",
    r"\bmisspelt\b": "misspelled",
    r"\bas ever\b": "as usual",
    r"\bin passing\b": "as a side effect",
}
AVOID = {re.compile(phrase.replace(" ", r"\s+"), re.IGNORECASE): instead for phrase, instead in PHRASES.items()}

# What is not yet cleaned, each a file or, with a slash at its end, a folder. Take an entry off when its last phrase is gone:
# this file, run as a program, prints what is left.
NOT_YET: tuple[str, ...] = (
    "plugins/filter/backup_plan.py",
    "plugins/filter/guest_match.py",
    "plugins/filter/modernize_plan.py",
    "plugins/filter/proxy_client_plan.py",
    "plugins/filter/proxy_client_windows_plan.py",
    "plugins/filter/readiness_report.py",
    "plugins/filter/vm_agent_judge.py",
    "plugins/module_utils/_arm/",
    "plugins/module_utils/_core/",
    "plugins/module_utils/_guest/",
    "plugins/module_utils/_items/",
    "plugins/module_utils/_jobs/",
    "plugins/module_utils/_network/",
    "plugins/module_utils/_policy/",
    "plugins/module_utils/_protection/",
    "plugins/module_utils/_readiness/",
    "plugins/module_utils/_resource_guard/",
    "plugins/module_utils/_upgrade/",
    "plugins/module_utils/_vault/",
    "plugins/module_utils/_vm/",
    "roles/vm_agent/meta/argument_specs.yml",  # the key `mend` of vm_agent_result.problems
    "roles/vm_agent/tasks/ensure.yml",
)

PAGES = ("*.md", "docs/*.md", "roles/*/README.md")
YAML = (
    "galaxy.yml", "changelogs/changelog.yaml", "changelogs/fragments/*.yml", "playbooks/*.yml", "roles/*/meta/*.yml", "roles/*/tasks/**/*.yml",
    "roles/*/defaults/*.yml", "roles/*/vars/*.yml", "roles/*/templates/**/*", "roles/readiness/files/report/*",
)
PYTHON = ("plugins/**/*.py",)


def files(*patterns: str) -> list[str]:
    found = {path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}
    return sorted(str(path.relative_to(ROOT)) for path in found)


def page(text: str) -> str:
    """A page without generated blocks, code, addresses and quotations; the lines stay."""
    for hidden in (r"<!-- BEGIN: .*?<!-- END: [^\n]*", r"(?<!`)`[^`\n]+`(?!`)", r"\]\([^)\n]*\)", r'"[^"\n]*"'):
        text = re.sub(hidden, lambda match: "…" + "\n" * match.group().count("\n"), text, flags=re.DOTALL)
    return text


class Strings(ast.NodeVisitor):
    """The strings of a program, except docstrings, each with its line."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.found.append((node.lineno, node.value))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self.found.append((node.lineno, "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)


def texts(name: str) -> Iterator[tuple[int, str]]:
    """What is read of a file: pieces of text, each with its first line."""
    text = (ROOT / name).read_text(encoding="utf-8")
    if name.endswith(".md"):
        yield 1, page(text)
    elif name.endswith(".py"):
        strings = Strings()
        strings.visit(ast.parse(text))
        yield from strings.found
    else:
        yield 1, text if name.startswith("playbooks/") else re.sub(r"(?m)^\s*#.*$", "", text)


def phrases(name: str) -> list[str]:
    return [
        f"{name}:{first + text.count(chr(10), 0, match.start())}: {' '.join(match.group().split())!r}, write: {instead}"
        for first, text in texts(name) for phrase, instead in AVOID.items() for match in phrase.finditer(text)
    ]


def not_yet(name: str) -> bool:
    return any(name == each or (each.endswith("/") and name.startswith(each)) for each in NOT_YET)


CHECKED = files(*PAGES, *YAML, *PYTHON)


@pytest.mark.parametrize("name", [each for each in CHECKED if not not_yet(each)])
def test_a_file_uses_the_terms_of_azure_and_ansible(name: str) -> None:
    found = phrases(name)
    assert not found, "\n".join(["Phrases to avoid:", *found])


@pytest.mark.parametrize("text", ["'x' is no\nname of a setting", "a job that goes on", "Leaves it out", "for want of a right", "Say what was told"])
def test_phrases_are_found(text: str) -> None:
    assert any(phrase.search(text) for phrase in AVOID)


@pytest.mark.parametrize(
    "text", ["There is no backup", "The disk is no longer attached", "It takes up to 12 hours", "This is seen to be so", "A left outer join"]
)
def test_other_sentences_are_not(text: str) -> None:
    assert not any(phrase.search(text) for phrase in AVOID)


def test_code_links_and_generated_blocks_of_a_page_are_not_text() -> None:
    shown = 'a\n<!-- BEGIN: rules, written by x -->\ntold\n<!-- END: rules -->\n`told` [b](told.md) "told" c'
    assert page(shown).split("\n") == ["a", "…", "", "", "… [b… … c"]


def test_docstrings_are_not_text_and_messages_are() -> None:
    strings = Strings()
    strings.visit(ast.parse('def f(x):\n    """told"""\n    raise E(f"{x} is " + "mended", [f"{g(\'told\')} shall"])'))
    assert [text for _line, text in strings.found] == ["… is ", "mended", "… shall", "told"]


if __name__ == "__main__":
    print("\n".join(found for name in CHECKED for found in phrases(name)))
