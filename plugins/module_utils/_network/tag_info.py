# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module service_tag_info: the address ranges behind service tags."""

from __future__ import annotations

from typing import Any

from .._core.errors import refuse
from .._core.fields import Document
from .._core.ids import location
from .._task.module import Run
from . import service_tag

check = service_tag.check_options


def list_tags(run: Run, region: str) -> Document:
    """All service tags of the cloud {changeNumber, cloud, values}, in one request. The region only says whose copy of the list is read."""
    return run.arm.call("list the service tags", run.arm.network.service_tags.list, location(region)).as_dict()


def info(run: Run) -> dict[str, Any]:
    listed = list_tags(run, run.options["location"])
    chosen, problems = service_tag.choose(run.options["names"], run.options["regions"] or (), listed.get("values"))
    refuse(problems)
    return {
        "changed": False,
        "change_number": service_tag.change_number(listed),
        "cloud": listed.get("cloud"),
        "tags": [service_tag.to_view(each) for each in chosen],
    }
