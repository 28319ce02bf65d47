# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of one simulator: its lock, its state, its keys and what a client needs to connect."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shlex
import shutil
import time
from pathlib import Path
from typing import Any

from ..core.world import Settings
from ..gateway.metadata import CLOUD
from .certificates import write_private

_IDENTITY = ("tenant_id", "subscription_id", "client_id", "client_secret")


class StateError(Exception):
    """A state directory that cannot be used."""


class StateDirectory:
    """pid is locked for as long as a simulator runs on the directory, so a stale pid misleads nobody."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._created = False
        self._before: set[str] = set()
        self._lock: int | None = None

    def file(self, name: str) -> Path:
        return self.path / name

    # The lock

    def make(self) -> None:
        """Make the directory, or take it over when it is empty or was one of ours."""
        try:
            self._created = not self.path.exists()
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            content = os.listdir(self.path)
            if content and "pid" not in content:
                raise StateError(f"{self.path} holds other files; give the simulator a directory of its own")
            self.path.chmod(0o700)
        except OSError as exc:
            raise StateError(f"The state directory {self.path} cannot be used: {exc.strerror}") from exc

    def try_lock(self) -> bool:
        """Take the lock for this process and those forked from it; False when a simulator holds it."""
        before = set(os.listdir(self.path))
        descriptor = os.open(self.file("pid"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        self._lock, self._before = descriptor, before
        return True

    def unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def write_pid(self) -> None:
        assert self._lock is not None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def running_pid(self) -> int | None:
        """The pid of the simulator that runs here; 0 while it starts; None when there is none."""
        if not self.file("pid").exists():
            return None
        if self.try_lock():
            self.unlock()
            return None
        text = self.file("pid").read_text().strip()
        return int(text) if text.isdigit() else 0

    def settled_pid(self, seconds: float = 30.0) -> int | None:
        """As running_pid, but a simulator that is starting is waited for."""
        end = time.monotonic() + seconds
        while (pid := self.running_pid()) == 0:
            if time.monotonic() > end:
                raise StateError(f"A simulator has been starting in {self.path} for {seconds:.0f} s")
            time.sleep(0.05)
        return pid

    def undo(self) -> None:
        """Remove what a start that failed has made."""
        self.unlock()
        if self._created:
            shutil.rmtree(self.path, ignore_errors=True)
            return
        for name in set(os.listdir(self.path)) - self._before:
            self.file(name).unlink(missing_ok=True)

    # What the simulator remembers from one start to the next

    def connection(self) -> dict[str, Any]:
        """The connection file's content; {} when there is none."""
        try:
            content = json.loads(self.file("connection.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def last_port(self) -> int:
        port = str(self.connection().get("arm_url", "")).rpartition(":")[2]
        return int(port) if port.isdigit() else 0

    def settings(self) -> Settings:
        """Settings with the identity and the keys of the last start."""
        known = self.connection()
        settings = Settings(**{key: known[key] for key in _IDENTITY if known.get(key)})
        key = self.file("token.key")
        if not key.exists():
            write_private(key, secrets.token_bytes(32))
        settings.token_key = key.read_bytes()
        return settings

    def write_connection(self, settings: Settings, wire_server: list[str]) -> None:
        """connection.json for programs, env.sh for shells. wire_server: where guests find the fabric of their VM."""
        connection = {
            "arm_url": settings.base_url,
            "authority_url": settings.base_url,
            "ca_file": str(self.file("ca.pem")),
            **{key: getattr(settings, key) for key in _IDENTITY},
        }
        variables = environment(connection)
        write_private(self.file("connection.json"), json.dumps({**connection, "wire_server": wire_server, "environment": variables}, indent=2).encode() + b"\n")
        lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
        write_private(self.file("env.sh"), ("\n".join(lines) + "\n").encode())


def environment(connection: dict[str, str]) -> dict[str, str]:
    """The environment in which our modules, azure-identity, the az CLI and azure.azcollection find the simulator."""
    url = connection["arm_url"]
    return {
        "AZURE_ARM_URL": url,
        "AZURE_AUTHORITY_HOST": connection["authority_url"],
        "AZURE_TENANT_ID": connection["tenant_id"],
        "AZURE_SUBSCRIPTION_ID": connection["subscription_id"],
        "AZURE_CLIENT_ID": connection["client_id"],
        "AZURE_CLIENT_SECRET": connection["client_secret"],
        "AZURE_DISABLE_INSTANCE_DISCOVERY": "true",
        # azure.azcollection
        "AZURE_TENANT": connection["tenant_id"],
        "AZURE_SECRET": connection["client_secret"],
        "AZURE_CLOUD_ENVIRONMENT": url,
        "AZURE_ADFS_AUTHORITY_URL": connection["authority_url"],
        "ARM_CLOUD_METADATA_URL": f"{url}/metadata/endpoints?api-version=2019-05-01",
        # az: it takes the cloud of this name from the metadata, so nothing has to be registered
        "AZURE_CLOUD_NAME": CLOUD,
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_CORE_COLLECT_TELEMETRY": "0",
        # the certificate authority, for requests and for everything that asks OpenSSL
        "AZURE_CA_FILE": connection["ca_file"],
        "REQUESTS_CA_BUNDLE": connection["ca_file"],
        "SSL_CERT_FILE": connection["ca_file"],
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1,::1"),
    }
