# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions of deployment templates: [concat('a', parameters('b'))], without loops and without functions of one's own.

Grammar: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)|(?P<name>[A-Za-z_]\w*)|(?P<mark>[()\[\],.]))")

Functions = dict[str, Callable[..., Any]]


class TemplateError(Exception):
    """What is wrong with a template."""


def evaluate(value: Any, functions: Functions) -> Any:
    """The value with every expression in it, at any depth, replaced by what it comes to. functions has lower-case names."""
    if isinstance(value, dict):
        return {evaluate(key, functions): evaluate(item, functions) for key, item in value.items()}
    if isinstance(value, list):
        return [evaluate(item, functions) for item in value]
    if not isinstance(value, str) or not (value.startswith("[") and value.endswith("]")):
        return value
    return value[1:] if value.startswith("[[") else _Expression(value[1:-1], {**PURE, **functions}).value()


def resource_id(scope: str, kind: str, *names: str) -> str:
    """The id of a resource of a type such as Microsoft.Network/virtualNetworks/subnets below a scope."""
    namespace, *types = kind.split("/")
    if len(types) != len(names):
        raise TemplateError(f"the type '{kind}' wants {len(types)} names, not {len(names)}")
    return f"{scope}/providers/{namespace}/" + "/".join(f"{one}/{name}" for one, name in zip(types, names, strict=True))


class _Expression:
    def __init__(self, text: str, functions: Functions) -> None:
        self._text = text
        self._functions = functions
        self._tokens = _tokens(text)
        self._at = 0

    def value(self) -> Any:
        result = self._expression()
        if self._at < len(self._tokens):
            raise self._error()
        return result

    def _error(self) -> TemplateError:
        return TemplateError(f"the expression '[{self._text}]' is not understood")

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise self._error()
        self._at += 1
        return self._tokens[self._at - 1]

    def _follows(self, mark: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == ("mark", mark):
            self._at += 1
            return True
        return False

    def _expression(self) -> Any:
        value = self._primary()
        while True:
            if self._follows("."):
                value = self._member(value, self._next()[1])
            elif self._follows("["):
                value = self._member(value, self._expression())
                self._expect("]")
            else:
                return value

    def _expect(self, mark: str) -> None:
        if not self._follows(mark):
            raise self._error()

    def _primary(self) -> Any:
        kind, text = self._next()
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return int(text)
        if kind != "name":
            raise self._error()
        self._expect("(")
        arguments: list[Any] = []
        while not self._follows(")"):
            if arguments:
                self._expect(",")
            arguments.append(self._expression())
        if text.lower() not in self._functions:
            raise TemplateError(f"the function '{text}' is not known to the simulator")
        try:
            return self._functions[text.lower()](*arguments)
        except (TypeError, IndexError) as exc:
            raise TemplateError(f"the function '{text}' was not given what it wants: {exc}") from exc

    def _member(self, value: Any, key: Any) -> Any:
        """A property, whose letter case does not matter, or an element."""
        if isinstance(value, dict):
            for name, item in value.items():
                if name.lower() == str(key).lower():
                    return item
        elif isinstance(value, list) and isinstance(key, int) and -len(value) <= key < len(value):
            return value[key]
        raise TemplateError(f"the expression '[{self._text}]' asks for '{key}', which is not there")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise TemplateError(f"the expression '[{text}]' is not understood at '{text[place:]}'")
        tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
        place = match.end()
    return tokens


def _concat(*parts: Any) -> Any:
    if parts and isinstance(parts[0], list):
        return [item for part in parts for item in part]
    return "".join(str(part) for part in parts)


def _unique(*parts: str) -> str:
    """13 letters that depend on the parts; not the same ones as Azure's."""
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return "".join("abcdefghijklmnopqrstuvwxyz234567"[byte % 32] for byte in digest[:13])


PURE: Functions = {
    "concat": _concat,
    "createarray": lambda *items: list(items),
    "empty": lambda value: not value,
    "equals": lambda one, other: one == other,
    "false": lambda: False,
    "format": lambda text, *parts: str(text).format(*parts),
    "if": lambda test, yes, no: yes if test else no,
    "int": int,
    "length": len,
    "not": lambda value: not value,
    "null": lambda: None,
    "string": str,
    "tolower": lambda text: str(text).lower(),
    "toupper": lambda text: str(text).upper(),
    "true": lambda: True,
    "uniquestring": _unique,
}
