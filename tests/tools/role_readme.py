# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the entry points, options and examples of every role into its README.md, from meta/argument_specs.yml.

Only what stands between the two markers is written; a README that is missing starts with the role's name and the
markers. With --check nothing is written, and the exit status is 1 when a README is not what it would be.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "safeharbor.azure_backup"
BEGIN = "<!-- BEGIN: written by `make docs` from meta/argument_specs.yml -->"
END = "<!-- END: written by `make docs` -->"
MARKUP = re.compile(r"\b(?:C|E|I|M|O|P|RV|V)\(([^()#]*)(?:#[^()]*)?\)")
LINK = re.compile(r"\bL\(([^(),]*), *([^()]*)\)")


def text(value: str | list[str] | None) -> list[str]:
    """The paragraphs of a description, with Ansible's markup turned into Markdown's."""
    paragraphs = [value] if isinstance(value, str) else value or []
    return [LINK.sub(r"[\1](\2)", MARKUP.sub(r"`\1`", " ".join(paragraph.split()))) for paragraph in paragraphs]


def plain(value: Any) -> str:
    """A value as one would type it into a playbook, on one line."""
    return yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False).removesuffix("\n").removesuffix("\n...")


def kind(option: dict[str, Any]) -> str:
    name = option.get("type", "str")
    return f"{name} of {option['elements']}" if "elements" in option else name


def rows(options: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """A table row for every option, and below it one for each of its suboptions."""
    for name, option in options.items():
        meaning = " ".join(text(option.get("description")))
        if "choices" in option:
            meaning += " Choices: " + ", ".join(f"`{plain(choice)}`" for choice in option["choices"]) + "."
        default = "**required**" if option.get("required") else f"`{plain(option['default'])}`" if "default" in option else ""
        cells = [f"`{prefix}{name}`", kind(option), default, meaning]
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        inner = prefix + name + ("[]." if option.get("type") == "list" else ".")
        yield from rows(option.get("options", {}), inner)


def example(role: str, entry: str, spec: dict[str, Any]) -> str:
    """The example that the entry point carries, else a task with the options one has to give."""
    if "examples" in spec:
        return str(spec["examples"]).strip()
    include: dict[str, Any] = {"name": f"{COLLECTION}.{role}"}
    if entry != "main":
        include["tasks_from"] = entry
    task: dict[str, Any] = {"name": spec["short_description"], "ansible.builtin.include_role": include}
    required = {name: option.get("example") for name, option in spec.get("options", {}).items() if option.get("required")}
    if None in required.values():
        raise SystemExit(f"Role {role}, entry point {entry}: give it `examples`, or each required option an `example`")
    if required:
        task["vars"] = required
    return yaml.safe_dump([task], sort_keys=False, width=120).strip()


def section(role: str, specs: dict[str, Any]) -> str:
    """What stands between the markers."""
    lines: list[str] = []
    for entry, spec in specs.items():
        lines += [f"## Entry point `{entry}`", "", f"{text(spec['short_description'])[0].removesuffix('.')}.", ""]
        for paragraph in text(spec.get("description")):
            lines += [paragraph, ""]
        if spec.get("options"):
            lines += ["| Option | Type | Default | Meaning |", "| --- | --- | --- | --- |", *rows(spec["options"]), ""]
        lines += ["```yaml", example(role, entry, spec), "```", ""]
    return "\n".join(lines)


def readme(folder: Path) -> str:
    """The whole README.md of a role as it should be."""
    specs = yaml.safe_load((folder / "meta/argument_specs.yml").read_text())["argument_specs"]
    path = folder / "README.md"
    old = path.read_text() if path.exists() else f"# {COLLECTION}.{folder.name}\n\n{BEGIN}\n{END}\n"
    if old.count(BEGIN) != 1 or old.count(END) != 1:
        raise SystemExit(f"{path}: it must hold each of these lines once:\n{BEGIN}\n{END}")
    before, rest = old.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{section(folder.name, specs)}\n{END}{after}"


def main(check: bool) -> int:
    stale = []
    for specs in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        path = specs.parents[1] / "README.md"
        wanted = readme(specs.parents[1])
        if not path.exists() or path.read_text() != wanted:
            stale.append(path.relative_to(ROOT))
            if not check:
                path.write_text(wanted)
    for path in stale:
        print(f"{path}: {'not up to date, run make docs' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
