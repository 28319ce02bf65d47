# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Links in Azure's answers: which hosts get a request with a token, and where a list ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from .clouds import CLOUDS
from .libraries import AzureError, HTTPPolicy

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineRequest, PipelineResponse

# Twice as many as a list of 10,000 VMs has with one VM on each page.
MOST_PAGES = 20_000
READS_LEFT = "x-ms-ratelimit-remaining-subscription-resource-requests"
LINK_HEADERS = ("Location", "Azure-AsyncOperation")
LONGEST_SHOWN = 200
_AZURE_HOSTS = tuple(urlsplit(cloud.arm_url).netloc for cloud in CLOUDS.values())
_INTERFERENCE = "Check arm_url and cloud, and whether a proxy between this machine and Azure changes answers."


class LinkError(AzureError):
    """A link that is not followed. Nothing was sent to it."""

    def __init__(self, message: str, code: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint


class HostPolicy(HTTPPolicy):
    """The last step before a request gets its tokens: it goes on to the one host that they are for, and to no other.

    Whoever wrote the URL: a client, a nextLink, an operation's header or a redirect.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._netloc = _netloc(urlsplit(url))
        # Resource Manager has an endpoint in each region too, and some providers name it in their headers:
        # https://learn.microsoft.com/azure/operator-nexus/howto-disable-border-gateway-protocol-neighbors
        self._regions = next((f".{host}" for host in _AZURE_HOSTS if f".{self._netloc}".endswith(f".{host}")), None)

    def send(self, request: PipelineRequest) -> PipelineResponse:
        parts = _split(request.http_request.url)
        if parts.scheme.lower() != "https" or not self._is_own(_netloc(parts)):
            raise LinkError(
                f"Azure's answer named {_shown(parts)}, which is not part of {self._url}; nothing was sent there.", "ForeignHost", _INTERFERENCE
            )
        response = self.next.send(request)
        for name in LINK_HEADERS:
            _split(response.http_response.headers.get(name) or "")
        return response

    def _is_own(self, netloc: str) -> bool:
        if netloc == self._netloc:
            return True
        if not self._regions or not f".{netloc}".endswith(self._regions):
            return False
        region = netloc.removesuffix(self._regions[1:]).removesuffix(".")
        return not region or (region.isascii() and region.isalnum())


class Pages:
    """The pages of one list: how many were read, and the links from each to the next, which must end.

    reads_left: how many more Azure allows of lists that it limits in an hour, by its latest answer; None where it does not say.
    """

    def __init__(self) -> None:
        self.count = 0
        self.reads_left: int | None = None
        self._seen: set[str] = set()

    def learn(self, headers: Mapping[str, str]) -> None:
        """An answer has come."""
        self.count += 1
        left = headers.get(READS_LEFT, "")
        self.reads_left = int(left) if left.isascii() and left.isdigit() else None

    def follow(self, link: Any) -> str:
        """The link to the next page, empty after the last one. Raises LinkError for one that leads back, or when there are too many."""
        if not link:
            return ""
        if not isinstance(link, str):
            raise _not_a_url(link)
        if link in self._seen:
            raise LinkError("the list does not end: Azure's answer named a page that was read before.", "EndlessList", _INTERFERENCE)
        self._seen.add(link)
        if len(self._seen) >= MOST_PAGES:
            raise LinkError(f"the list does not end: {MOST_PAGES:,} pages were read, which is the limit.", "EndlessList", _INTERFERENCE)
        _split(link)
        return link


def _split(url: str) -> SplitResult:
    """The parts of a URL. Raises LinkError when it is not one, or when other readers of it could find another host in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _not_a_url(url) from None
    if port == 0 or not url.isprintable():  # urlsplit leaves out line breaks, others do not
        raise _not_a_url(url)
    return parts


def _netloc(parts: SplitResult) -> str:
    """The whole of what stands between // and the path, user included: what is compared is what is sent to, however it is read."""
    return parts.netloc.lower().removesuffix(":443")


def _shown(parts: SplitResult) -> str:
    """Where a URL leads, without what may be secret in it: user, path and query."""
    return ascii(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"[:LONGEST_SHOWN])[1:-1]


def _not_a_url(link: Any) -> LinkError:
    shown = ascii(str(link).partition("?")[0].rpartition("@")[2][:LONGEST_SHOWN])
    return LinkError(f"Azure's answer named {shown} as a link, which is not a valid URL.", "InvalidLink", _INTERFERENCE)
