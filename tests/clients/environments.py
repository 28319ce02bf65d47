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

import requests

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "clients"
INSTALL_SECONDS = 1800
AZ = ["azure-cli==2.91.*"]
AZCOLLECTION = ["ansible==14.*"]
AZCOLLECTION_PYTHONS = ("3.13", "3.12")
_OWN_REQUIREMENTS = "lib/python*/site-packages/ansible_collections/azure/azcollection/requirements.txt"


class UnavailableError(Exception):
    """A client cannot be installed on this machine."""


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

    def az_environment(self, folder: Path) -> dict[str, str]:
        """For the az command; its settings in this folder."""
        return self.environment(
            AZURE_CONFIG_DIR=str(folder),
            AZURE_CORE_INSTANCE_DISCOVERY="false",
            AZURE_CORE_COLLECT_TELEMETRY="0",
            AZURE_CORE_DISPLAY_REGION_IDENTIFIED="false",
            AZURE_CORE_ONLY_SHOW_ERRORS="true",
        )

    def az_sign_in(self) -> list[list[str]]:
        """The arguments of the az commands that lead it here and sign it in, the last with the accounts as its output."""
        url, connection = self.url, self.connection
        endpoints = ["--endpoint-resource-manager", url, "--endpoint-active-directory", url, "--endpoint-active-directory-resource-id", url]
        endpoints += ["--endpoint-active-directory-graph-resource-id", f"{url}/", "--endpoint-management", url]
        secret = ["--username", connection["client_id"], "--password", connection["client_secret"], "--tenant", connection["tenant_id"]]
        register = ["cloud", "register", "--name", "simulated", *endpoints]
        return [register, ["cloud", "set", "--name", "simulated"], ["login", "--service-principal", *secret]]

    def azcollection_environment(self, folder: Path) -> dict[str, str]:
        """For plays with azure.azcollection; settings and caches in this folder."""
        about = self.connection
        return self.environment(
            AZURE_CLOUD_ENVIRONMENT=self.url,
            ARM_CLOUD_METADATA_URL=f"{self.url}/metadata/endpoints?api-version=2019-05-01",
            AZURE_ADFS_AUTHORITY_URL=about["authority_url"],
            AZURE_DISABLE_INSTANCE_DISCOVERY="true",
            AZURE_SUBSCRIPTION_ID=about["subscription_id"],
            AZURE_TENANT=about["tenant_id"],
            AZURE_CLIENT_ID=about["client_id"],
            AZURE_SECRET=about["client_secret"],
            AZURE_CONFIG_DIR=str(folder / "azure"),
            ANSIBLE_HOME=str(folder / "ansible"),
        )


def install_az() -> Path:
    """The folder of the az program."""
    return install("az", AZ)


def install_azcollection() -> Path:
    """The folder of an ansible-playbook with azure.azcollection and that collection's own requirements."""
    python = find_python(*AZCOLLECTION_PYTHONS)
    if python is None:
        raise UnavailableError("azure.azcollection that can be led to another cloud needs Python 3.12 or 3.13, and there is none")
    home = install("azcollection", AZCOLLECTION, python).parent
    stamp = home / "requirements-installed"
    if not stamp.exists():
        add(home / "bin", ["-r", str(next(home.glob(_OWN_REQUIREMENTS)))])
        stamp.touch()
    return home / "bin"


def install(name: str, requirements: list[str], python: str = sys.executable) -> Path:
    """The programs of a virtual environment that has these packages, made if need be. Raises UnavailableError where that cannot be done."""
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
        raise UnavailableError(f"{name} cannot be installed here: {' '.join(lines[-1].split())}")


def find_python(*versions: str) -> str | None:
    """An interpreter of one of these versions: on the PATH, or beside the one that runs this."""
    beside = [str(path) for version in versions for path in Path(sys.base_prefix).parent.glob(f"{version}*/bin/python")]
    for candidate in [*(f"python{version}" for version in versions), *beside]:
        found = shutil.which(candidate)
        if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            return found
    return None
