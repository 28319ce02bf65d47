# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Azure Resource Manager for one task: Microsoft's typed clients on one pipeline, each imported when first used.

Everything goes in and out as plain dictionaries in the wire's names, which is what the clients' models are.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import Any, TypeVar

from .._core.errors import AzureBackupError, timed_out
from .._core.fields import Document
from .._core.progress import Progress
from .auth import OneSignIn
from .clock import Clock, ClockPolicy
from .clouds import Cloud
from .constants import THREADS
from .failures import failure
from .libraries import ARMChallengeAuthenticationPolicy, AuxiliaryAuthenticationPolicy, AzureError, DecodeError, policies
from .links import HostPolicy, Pages
from .operations import Accepted, NotPolled, accepted
from .transport import JsonPolicy, Pace, PacePolicy, RetryPolicy, make_transport

USER_AGENT = "ansible-safeharbor-azure_backup"
# Between two looks at an operation when Azure names no Retry-After.
POLL_SECONDS = 15
QUERY_WAIT_SECONDS = 5
QUERY_TRIES = 6
AHEAD = 8 * THREADS

Result = TypeVar("Result")
Each = TypeVar("Each")


def _page(response: Any) -> Document:
    page = response.json()
    if not isinstance(page, dict):
        raise DecodeError("not a page of a list")
    return page


class Arm:
    """One subscription of one cloud. Thread-safe; close() ends its connections."""

    def __init__(
        self, subscription_id: str, cloud: Cloud, credential: OneSignIn, ca_file: str | None, share: Arm | None = None, other_tenant: str | None = None
    ) -> None:
        self.tell: Callable[[str], None] = share.tell if share else lambda text: None
        self.subscription_id = subscription_id
        self.cloud = cloud
        self._credential = credential
        self._transport: Any = share._transport if share else make_transport(THREADS, ca_file)
        self._pace: Pace = share._pace if share else Pace()
        self.clock: Clock = share.clock if share else Clock()
        self._other_tenant: str | None = share._other_tenant if share else other_tenant

    def of(self, subscription_id: str) -> Arm:
        """Another subscription, by the same sign-in, connections and pace; this one closes them."""
        return Arm(subscription_id, self.cloud, self._credential, None, share=self)

    @property
    def requests(self) -> int:
        """How many requests went to Azure so far, sign-in aside."""
        return self._pace.requests

    def close(self) -> None:
        self._transport.close()

    # The typed clients.

    @cached_property
    def vaults(self) -> Any:
        from azure.mgmt.recoveryservices import RecoveryServicesClient

        return self._client(RecoveryServicesClient)

    @cached_property
    def backup(self) -> Any:
        from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient

        return self._client(RecoveryServicesBackupClient)

    @cached_property
    def compute(self) -> Any:
        from azure.mgmt.compute import ComputeManagementClient

        return self._client(ComputeManagementClient)

    @cached_property
    def network(self) -> Any:
        from azure.mgmt.network import NetworkManagementClient

        return self._client(NetworkManagementClient)

    @cached_property
    def resources(self) -> Any:
        from azure.mgmt.resource.resources import ResourceManagementClient

        return self._client(ResourceManagementClient)

    @cached_property
    def graph(self) -> Any:
        from azure.mgmt.resourcegraph import ResourceGraphClient

        return self._client(lambda credential, _subscription, **options: ResourceGraphClient(credential, **options))

    def _client(self, make: Callable[..., Any]) -> Any:
        return make(
            self._credential,
            self.subscription_id,
            base_url=self.cloud.arm_url,
            credential_scopes=[self.cloud.scope],
            transport=self._transport,
            policies=self._policies(self.cloud.arm_url),
            polling_interval=POLL_SECONDS,
        )

    def xml_client(self, url: str) -> Any:
        """A client without a library of its own, for the classic service, which speaks XML."""
        from azure.core import PipelineClient

        return PipelineClient(url, transport=self._transport, policies=[each for each in self._policies(url) if not isinstance(each, JsonPolicy)])

    def _policies(self, url: str) -> list[Any]:
        """The pipeline to one host. Without the SDK's own retry (it sleeps any Retry-After) and automatic provider registration."""
        return [
            policies.RequestIdPolicy(),
            policies.HeadersPolicy(),
            policies.UserAgentPolicy(base_user_agent=USER_AGENT),
            policies.ProxyPolicy(),
            policies.CustomHookPolicy(),
            policies.RedirectPolicy(),
            RetryPolicy(),
            JsonPolicy(),
            HostPolicy(url),
            ARMChallengeAuthenticationPolicy(self._credential, self.cloud.scope),
            *self._auxiliary_policies(),
            PacePolicy(self._pace),
            ClockPolicy(self.clock),
            policies.SensitiveHeaderCleanupPolicy(),
        ]

    def _auxiliary_policies(self) -> list[Any]:
        """What Azure wants to see where a write names something of another directory, such as a Resource Guard."""
        if not self._other_tenant:
            return []
        return [AuxiliaryAuthenticationPolicy([self._credential.of(self._other_tenant)], self.cloud.scope)]

    # Calls. 'doing' is a verb phrase for the error: "read vault v1".

    def call(self, doing: str, function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        try:
            return function(*args, **kwargs)
        except AzureError as exc:
            raise failure(doing, exc, self.cloud) from exc

    def find(self, doing: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Document | None:
        """A resource as a dictionary, None when Azure says that there is none: nothing else means absent."""
        try:
            return self.call(doing, function, *args, **kwargs).as_dict()
        except AzureBackupError as exc:
            if exc.is_absence:
                return None
            raise

    def all_pages(
        self,
        doing: str,
        function: Callable[..., Any],
        *args: Any,
        keep: Callable[[Document], Any] = lambda item: item,
        pages: Pages | None = None,
        **kwargs: Any,
    ) -> list[Any]:
        """The items of all pages of a list, or what keep makes of each as soon as it is read, for lists that are long.

        pages learns how many there were and what Azure says of its limits.

        They are taken from the pages before the client makes models of them, which is ten times the work of reading them.
        """
        items: list[Any] = []
        read_pages = pages or Pages()

        def take(response: Any) -> None:
            read_pages.learn(response.http_response.headers)
            if response.http_response.status_code == 200:
                page = _page(response.http_response)
                read_pages.follow(page.get("nextLink"))
                items.extend(map(keep, page.get("value") or ()))
                page["value"] = []

        def read() -> list[Any]:
            for _model in function(*args, raw_response_hook=take, **kwargs):
                pass
            return items

        return self.call(doing, read)

    def get_all(self, doing: str, path: str, api_version: str, text: str = "") -> list[Document]:
        """The items of all pages of a list that Microsoft's clients have no method for, through one of these clients. text: Azure's filter."""
        from azure.core.rest import HttpRequest

        items: list[Document] = []
        pages = Pages()

        def read(url: str) -> str:
            response = self.resources.send_request(HttpRequest("GET", url))
            response.raise_for_status()
            page = _page(response)
            items.extend(page.get("value") or ())
            return pages.follow(page.get("nextLink"))

        url = f"{path}?api-version={api_version}" + (f"&$filter={text}" if text else "")
        while url:
            url = self.call(doing, read, url)
        return items

    def query(self, doing: str, text: str, subscriptions: list[str]) -> list[Document]:
        """All rows of a query of Azure Resource Graph, which must give each row's id, as Azure pages through no others.

        It shows only what the principal may read, without a word on the rest. Azure takes 15 queries in 5 seconds:
        https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
        """
        from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions

        rows: list[Document] = []
        pages = Pages()
        token: str | None = None
        tries = QUERY_TRIES
        while True:
            request = QueryRequest(subscriptions=subscriptions, query=text, options=QueryRequestOptions(skip_token=token))
            try:
                page = self.call(doing, self.graph.resources, request, cls=lambda response, *rest: _page(response.http_response))
            except AzureBackupError as exc:
                tries -= 1
                if exc.status != 429 or not tries:
                    raise
                time.sleep(QUERY_WAIT_SECONDS)
                continue
            rows.extend(page.get("data") or ())
            token = self.call(doing, pages.follow, page.get("$skipToken"))
            if not token:
                return rows

    def wait(self, doing: str, seconds: float, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Begin a long-running operation and wait for its end, at most this many seconds."""
        poller = self.call(doing, function, *args, **kwargs)
        self.call(doing, poller.wait, seconds)
        if not poller.done():
            raise timed_out(doing, seconds)
        return self.call(doing, poller.result)

    def wait_gone(self, doing: str, seconds: float, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Begin a deletion and wait for its end. The operation goes with the resource, so a 404 on the way is the end too."""
        try:
            self.wait(doing, seconds, function, *args, **kwargs)
        except AzureBackupError as exc:
            if exc.status != 404:
                raise

    def send(self, doing: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Accepted:
        """Begin a long-running operation without waiting, by a method of the clients that would poll."""
        return self.call(doing, function, *args, polling=NotPolled(), **kwargs).result()

    def begin(self, doing: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Accepted:
        """The same by a method of the clients that only sends the request."""
        return self.call(doing, function, *args, cls=accepted, **kwargs)

    def progress(self, doing: str, total: int) -> Progress:
        """For long work: tells the user how far it has come. doing: a noun phrase, 'VMs asked to be protected'."""
        return Progress(self.tell, doing, total)

    def each(self, work: Callable[[Each], Result], items: Iterable[Each], parallel: int = THREADS, doing: str = "") -> Iterator[Result]:
        """work on every item, so many at a time; results in the order of the items. doing: what progress is told of."""
        todo = list(items)
        progress = self.progress(doing, len(todo)) if doing else None

        def one(item: Each) -> Result:
            result = work(item)
            if progress:
                progress.step()
            return result

        # Not all at once are given to the threads: 10,000 that wait for one take 16 MiB.
        begun: deque[Future[Result]] = deque()
        with ThreadPoolExecutor(min(parallel, THREADS)) as pool:
            try:
                for item in todo:
                    if len(begun) == AHEAD:
                        yield begun.popleft().result()
                    begun.append(pool.submit(one, item))
                while begun:
                    yield begun.popleft().result()
            finally:
                for future in begun:
                    future.cancel()

    def together(self, *work: Callable[[], Any]) -> list[Any]:
        """Independent calls at the same time; the first failure is raised."""
        return list(self.each(lambda each: each(), work))
