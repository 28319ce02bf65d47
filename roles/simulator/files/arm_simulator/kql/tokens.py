# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words of a query, and the error that names the one that is wrong."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*)
  | (?P<datetime>datetime\(\s*(?!\s*\))[^)]*\))
  | (?P<dynamic>dynamic\(\s*(?:null|\[[^)]*\]|\{[^)]*\})\s*\))
  | (?P<timespan>\d+(?:\.\d+)?(?:ms|[dhms])(?![A-Za-z0-9_]))
  | (?P<number>\d+(?:\.\d+)?(?![A-Za-z_]))
  | (?P<string>@"[^"]*"|@'[^']*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<name>in~|[A-Za-z_$][A-Za-z0-9_]*)
  | (?P<mark>\.\.|==|=~|!=|!~|<=|>=|[-+*/%<>=|(),.\[\]!:])
    """,
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


class KqlError(Exception):
    """A query that cannot be answered: code and message as Resource Graph names them, and what else its error detail holds."""

    def __init__(self, code: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.extra = code, message, extra


@dataclass(frozen=True)
class Token:
    """kind is name, number, string, datetime, timespan, dynamic, mark or end; value is what a literal stands for."""

    kind: str
    text: str
    value: Any
    start: int
    end: int


def failure(text: str, token: Token) -> KqlError:
    """The error for a word that cannot stand where it stands."""
    before = text[: token.start]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n") - 1
    word = token.text or "<EOF>"
    return KqlError("ParserFailure", "ParserFailure", line=line, characterPositionInLine=column, token=word, expectedToken="Ǐ")


def scan(text: str) -> list[Token]:
    """All words of a query, with one of kind end behind the last."""
    tokens, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise failure(text, Token("mark", text[at], None, at, at + 1))
        kind, word = str(match.lastgroup), match.group()
        if kind != "space":
            token = Token(kind, word, None, at, match.end())
            try:
                tokens.append(Token(kind, word, _value(kind, word), at, match.end()))
            except ValueError as exc:
                raise failure(text, token) from exc
        at = match.end()
    return [*tokens, Token("end", "", None, len(text), len(text))]


def _value(kind: str, word: str) -> Any:
    if kind == "number":
        return float(word) if "." in word else int(word)
    if kind == "string":
        return word[2:-1] if word.startswith("@") else _unescaped(word[1:-1])
    if kind == "timespan":
        number, unit = re.fullmatch(r"([\d.]+)([a-z]+)", word).groups()  # type: ignore[union-attr]
        return float(number) * _UNITS[unit]
    if kind == "datetime":
        return to_datetime(word[9:-1].strip().strip("'\""), strict=True)
    if kind == "dynamic":
        return json.loads(word[8:-1].strip().replace("'", '"'))
    return None


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match.group(1), match.group(1)), text)


def to_datetime(text: str, *, strict: bool = False) -> datetime | None:
    """The time in a text; None (or ValueError) when there is none. Times without a zone are UTC."""
    shortened = re.sub(r"(\.\d{6})\d+", r"\1", text.strip())
    try:
        moment = datetime.fromisoformat(shortened.replace("Z", "+00:00"))
    except ValueError:
        if strict:
            raise
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
