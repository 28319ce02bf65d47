# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Where a cloud's Resource Manager and sign-in are."""

from __future__ import annotations

from dataclasses import dataclass

from .._core.errors import AzureBackupError, Problem
from .._core.urls import check_https


@dataclass(frozen=True)
class Cloud:
    """arm_url without end slash; authority_url without tenant; scope is what a token is asked for."""

    arm_url: str
    authority_url: str
    scope: str

    @property
    def is_custom(self) -> bool:
        """Not one of Azure's own: sign-in must not ask Microsoft's public directory about it."""
        return self not in CLOUDS.values()


# https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure and the Azure China equivalent
CLOUDS = {
    "AzureCloud": Cloud("https://management.azure.com", "https://login.microsoftonline.com", "https://management.azure.com/.default"),
    "AzureUSGovernment": Cloud("https://management.usgovcloudapi.net", "https://login.microsoftonline.us", "https://management.usgovcloudapi.net/.default"),
    "AzureChinaCloud": Cloud("https://management.chinacloudapi.cn", "https://login.chinacloudapi.cn", "https://management.chinacloudapi.cn/.default"),
}
METADATA_API_VERSION = "2022-09-01"


_BY_KEY = {name.lower(): each for name, each in CLOUDS.items()}


def check(cloud: str | None, arm_url: str | None, authority_url: str | None) -> list[Problem]:
    """What is wrong with the options that name a cloud."""
    problems = check_https("arm_url", arm_url) + check_https("authority_url", authority_url)
    if cloud and "://" in cloud:
        problems += check_https("cloud", cloud)
    elif cloud and cloud.lower() not in _BY_KEY:
        problems.append(Problem("cloud", f"unknown cloud '{cloud}'; known are {', '.join(CLOUDS)} or the URL of another cloud's Resource Manager"))
    return problems


def find_cloud(cloud: str | None, arm_url: str | None, authority_url: str | None, ca_file: str | None = None) -> Cloud:
    """The cloud that the options name. arm_url wins over cloud; without authority_url its metadata endpoint is asked."""
    if cloud and cloud.lower().startswith("https://"):
        arm_url, cloud = arm_url or cloud, None
    if arm_url:
        arm_url = arm_url.rstrip("/")
        if authority_url:
            return Cloud(arm_url, authority_url.rstrip("/"), f"{arm_url}/.default")
        return _ask_metadata(arm_url, ca_file)
    chosen = _BY_KEY[(cloud or "AzureCloud").lower()]
    return Cloud(chosen.arm_url, authority_url.rstrip("/"), chosen.scope) if authority_url else chosen


def _ask_metadata(arm_url: str, ca_file: str | None) -> Cloud:
    import requests

    from .transport import unreachable

    url = f"{arm_url}/metadata/endpoints"
    try:
        answer = requests.get(url, params={"api-version": METADATA_API_VERSION}, timeout=30, verify=ca_file or True)
        answer.raise_for_status()
        authentication = answer.json()["authentication"]
        sign_in = authentication["loginEndpoint"].rstrip("/")
        if check_https("loginEndpoint", sign_in):
            raise ValueError("its loginEndpoint is not an https URL")
        return Cloud(arm_url, sign_in, f"{authentication['audiences'][0].rstrip('/')}/.default")
    except (requests.ConnectionError, requests.Timeout) as exc:
        raise unreachable(arm_url, exc) from exc
    except (requests.RequestException, ValueError, LookupError, TypeError, AttributeError) as exc:
        raise AzureBackupError(
            f"{url} does not describe a cloud: {exc}", hint="Set authority_url beside arm_url, or correct arm_url."
        ) from exc
