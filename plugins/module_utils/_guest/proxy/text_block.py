# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""A block of our own lines at the end of somebody else's text file, that can be taken out without a trace.

without(within(text, lines)) is text for every text, down to the last byte; None is a file that does not exist. The block
remembers in its first line what it had to change besides: nothing, a missing newline before it, or a missing file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_OWNER = "safeharbor.azure_backup.proxy_client"
_AFTER_NEWLINE, _NO_NEWLINE, _NO_FILE = "", " (the line before had no newline)", " (there was no file)"
_BEGIN = re.compile(rf"^# BEGIN {re.escape(_OWNER)}({'|'.join(map(re.escape, (_NO_NEWLINE, _NO_FILE)))})?\n", re.MULTILINE)
_END_LINE = f"# END {_OWNER}\n"
_END = re.compile(rf"^{re.escape(_END_LINE)}", re.MULTILINE)


class DamagedBlockError(ValueError):
    """The block's first line is there without its last one, or the other way round."""

    def __init__(self) -> None:
        super().__init__(f"the lines between '# BEGIN {_OWNER}' and '# END {_OWNER}' were damaged by hand: mend or delete them")


def _cut(text: str) -> tuple[str, str, str] | None:
    """(before, note, after) of a text with a block, None of one without."""
    begin, ends = _BEGIN.search(text), list(_END.finditer(text))
    if begin is None and not ends:
        return None
    if begin is None or len(ends) != 1 or ends[0].start() < begin.end() or _BEGIN.search(text, begin.end()):
        raise DamagedBlockError
    return text[: begin.start()], begin.group(1) or _AFTER_NEWLINE, text[ends[0].end() :]


def without(text: str | None) -> str | None:
    """The text as if the block had never been there; None when the file would not be there either."""
    parts = _cut(text) if text is not None else None
    if parts is None:
        return text
    before, note, after = parts
    if after:
        # Lines that somebody added below the block stay, on lines of their own.
        return before + after
    if note == _NO_FILE:
        return before or None
    return before.removesuffix("\n") if note == _NO_NEWLINE else before


def within(text: str | None, lines: Sequence[str]) -> str:
    """The text with the block as its last lines, which is where the last setting of a key wins."""
    rest = without(text)
    if rest is None:
        before, note = "", _NO_FILE
    elif rest and not rest.endswith("\n"):
        before, note = rest + "\n", _NO_NEWLINE
    else:
        before, note = rest, _AFTER_NEWLINE
    return f"{before}# BEGIN {_OWNER}{note}\n" + "".join(f"{line}\n" for line in lines) + _END_LINE
