# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python -m arm_simulator start | serve | stop | status"""

from __future__ import annotations

import argparse
import math
import sys
from datetime import datetime
from pathlib import Path
from types import ModuleType


def _positive(text: str) -> float:
    value = float(text)
    if value <= 0 or math.isnan(value):
        raise ValueError
    return value


def _not_negative(text: str) -> float:
    value = float(text)
    if value < 0 or math.isnan(value):
        raise ValueError
    return value


def _page_size(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1000:
        raise ValueError
    return value


def _instant(text: str) -> datetime:
    from .core.clock import instant

    try:
        return instant(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(f"{text!r} is not {exc}") from exc


def _parser(lifecycle: ModuleType) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="arm_simulator", description="An Azure Resource Manager of your own, on loopback.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function, text in (
        ("start", lifecycle.start, "start in the background; does nothing when it runs"),
        ("serve", lifecycle.run, "serve in the foreground"),
        ("stop", lifecycle.stop, "stop; does nothing when it does not run"),
        ("status", lifecycle.status, "say whether it runs (exit code 0) or not (3)"),
    ):
        command = commands.add_parser(name, help=text)
        command.set_defaults(function=function)
        command.add_argument("--state-dir", type=Path, required=True, help="directory for state, keys, log and connection.json")
        if name in ("start", "serve"):
            _add_start_options(command)
        if name == "status":
            command.add_argument("--json", action="store_true")
    return parser


def _add_start_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
    command.add_argument("--port", type=int, default=0, help="0 (default): the last one, else a free one")
    command.add_argument(
        "--wire-server",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="let guests of this machine find the fabric of their VM at this address of a bridge or of loopback; may be given several times",
    )
    command.add_argument("--estate", type=Path, help="YAML or JSON file with what Azure holds in the beginning")
    command.add_argument(
        "--clock-at", type=_instant, metavar="INSTANT", help="the time at which Azure begins, such as 2026-12-31T23:50:00Z, also after a reset (now)"
    )
    command.add_argument("--speed", type=_positive, default=60.0, help="how many times faster than Azure operations end (60)")
    command.add_argument("--latency", type=_not_negative, default=0.0, help="seconds added to each answer (0)")
    command.add_argument("--page-size", type=_page_size, default=200, help="entries of a list page (200)")


def main() -> int:
    try:
        from .server import lifecycle
        from .server.state_directory import StateError
    except ImportError as exc:
        print(f"arm_simulator: the Python package {exc.name} is needed by {sys.executable}", file=sys.stderr)
        return 1
    options = _parser(lifecycle).parse_args()
    try:
        return int(options.function(options))
    except (lifecycle.CommandError, StateError, OSError) as exc:
        print(f"arm_simulator: {exc}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
