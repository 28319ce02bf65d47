# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What a vault stands on: the resource group and the registered resource provider."""

from __future__ import annotations

import time

from .._core.errors import AzureBackupError, timed_out
from .._core.ids import location
from .._core.sync import View
from .._task.module import Run

REGISTRATION_SECONDS = 600
LOOK_AGAIN_SECONDS = 5


class ResourceGroup:
    """A resource group. It is created when asked, never changed and never deleted."""

    def __init__(self, run: Run, name: str) -> None:
        self._arm = run.arm
        self.name = name
        self.id = f"/subscriptions/{run.arm.subscription_id}/resourceGroups/{name}"

    def read(self) -> View | None:
        found = self._arm.find(f"read resource group {self.name}", self._arm.resources.resource_groups.get, self.name)
        return {"id": found["id"], "name": found["name"], "location": location(found["location"])} if found else None

    def create(self, after: View) -> None:
        body = {"location": after["location"]}
        self._arm.call(f"create resource group {self.name}", self._arm.resources.resource_groups.create_or_update, self.name, body)

    def update(self, before: View, after: View, changes: View) -> None:
        raise AzureBackupError(f"Resource group {self.name} exists and is left as it is.")

    def delete(self, before: View) -> None:
        raise AzureBackupError(f"Resource group {self.name} is never deleted.")


class ProviderRegistration:
    """Whether the subscription may use a resource provider."""

    def __init__(self, run: Run, namespace: str) -> None:
        self._arm = run.arm
        self.namespace = namespace

    def read(self) -> View:
        provider = self._arm.call(f"read provider {self.namespace}", self._arm.resources.providers.get, self.namespace)
        return {"namespace": self.namespace, "state": provider.as_dict().get("registrationState")}

    def create(self, after: View) -> None:
        self.update({}, after, after)

    def update(self, before: View, after: View, changes: View) -> None:
        doing = f"register provider {self.namespace}"
        self._arm.call(doing, self._arm.resources.providers.register, self.namespace)
        end = time.monotonic() + REGISTRATION_SECONDS
        while self.read()["state"] != "Registered":
            if time.monotonic() > end:
                raise timed_out(doing, REGISTRATION_SECONDS, "Run it again later.")
            time.sleep(LOOK_AGAIN_SECONDS)

    def delete(self, before: View) -> None:
        raise AzureBackupError(f"Provider {self.namespace} stays registered.")
