# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments with clients that others have written, and the simulator they talk to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "clients"
INSTALL_SECONDS = 1800


class Simulator:
    def __init__(self, connection: dict[str, Any]) -> None:
        self.connection = connection
        self.url: str = connection["arm_url"]
        self.subscription = f"/subscriptions/{connection['subscription_id']}"
        self._session = requests.Session()
        self._session.verify = connection["ca_file"]
        self._session.trust_env = False  # REQUESTS_CA_BUNDLE would win over it

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._session.request(method, f"{self.url}/_simulator/{path}", json=body, timeout=60)
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None

    def reset(self) -> None:
        self.control("POST", "reset", {"estate": True})

    def jump(self, wait: str) -> None:
        self.control("POST", "clock", {"jump": wait})

    def environment(self, **more: str) -> dict[str, str]:
        """The variables of this process without any of its own about Azure, and those that lead to the simulator's certificate."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AZURE_", "ARM_", "ANSIBLE_", "VIRTUAL_ENV"))}
        ca_file = self.connection["ca_file"]
        return {**kept, "REQUESTS_CA_BUNDLE": ca_file, "SSL_CERT_FILE": ca_file, "NO_PROXY": "localhost,127.0.0.1", "no_proxy": "localhost,127.0.0.1", **more}


def install(name: str, requirements: list[str], python: str = sys.executable) -> Path:
    """The programs of a virtual environment that has these packages, made if need be; skips the test where that cannot be done."""
    home = CACHE / name
    stamp, wanted = home / "installed", "\n".join([python, *requirements])
    if not (stamp.exists() and stamp.read_text() == wanted):
        shutil.rmtree(home, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        _run([python, "-m", "venv", *(["--without-pip"] if _has_uv() else []), str(home)], name)
        add(home / "bin", requirements)
        stamp.write_text(wanted)
    return home / "bin"


def add(programs: Path, requirements: list[str]) -> None:
    """Install more into a virtual environment."""
    python = str(programs / "python")
    with_uv = ["uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
    with_pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*(with_uv if _has_uv() else with_pip), *requirements], programs.parent.name)


def _has_uv() -> bool:
    return shutil.which("uv") is not None and subprocess.run(["uv", "--version"], capture_output=True, check=False).returncode == 0


def _run(command: list[str], name: str) -> None:
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=INSTALL_SECONDS)
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()] or ["no reason given"]
        pytest.skip(f"{name} cannot be installed here: {' '.join(lines[-1].split())}")


def find_python(*versions: str) -> str | None:
    """An interpreter of one of these versions: on the PATH, or beside the one that runs this."""
    beside = [str(path) for version in versions for path in Path(sys.base_prefix).parent.glob(f"{version}*/bin/python")]
    for candidate in [*(f"python{version}" for version in versions), *beside]:
        found = shutil.which(candidate)
        if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            return found
    return None
