# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Resource Manager does to every request before a provider sees it, and to lists after."""

from __future__ import annotations

import base64
import re
from typing import Any, TYPE_CHECKING
from urllib.parse import quote, urlencode

from .messages import ArmError, Request, Response
from .router import router
from .store import Document, public

if TYPE_CHECKING:
    from .world import World

API_VERSION = re.compile(r"^\d{4}-\d{2}-\d{2}(-[a-z]+)?$|^1\.0$", re.IGNORECASE)
WRITES = ("PUT", "PATCH", "POST", "DELETE")


def not_found(resource_id: str) -> ArmError:
    """ARM's 404 for a top-level resource, with its short form of type and name."""
    parts = resource_id.strip("/").split("/")
    lower = [part.lower() for part in parts]
    group = parts[lower.index("resourcegroups") + 1] if "resourcegroups" in lower else ""
    tail = parts[len(parts) - lower[::-1].index("providers"):]
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{'/'.join(tail)}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        gateway=True,
    )


def page(world: World, request: Request, items: list[Document], size: int | None = None) -> Response:
    """A list answer: one page of the items, and an absolute nextLink that keeps the query while there are more."""
    size = size or world.settings.page_size
    token = request.query.get("$skiptoken", "")
    try:
        start = int(base64.urlsafe_b64decode(token).decode().split(":")[1]) if token else 0
    except (ValueError, IndexError) as exc:
        raise ArmError(400, "InvalidSkipToken", f"The skip token '{token}' is not valid.") from exc
    body: dict[str, Any] = {"value": [public(item) for item in items[start: start + size]]}
    if start + size < len(items):
        following = base64.urlsafe_b64encode(f"skip:{start + size}".encode()).decode()
        query = {**{key: value for key, value in request.query.items() if key != "$skiptoken"}, "$skipToken": following}
        body["nextLink"] = f"{world.settings.base_url}{quote(request.path, safe='/;()')}?{urlencode(query)}"
    return Response(200, body)
