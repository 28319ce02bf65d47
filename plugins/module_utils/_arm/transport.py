# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""One HTTP connection pool for all clients of a task; what is retried, and how fast writes may go."""

from __future__ import annotations

import json
import random
import threading
import time
from typing import TYPE_CHECKING, Any

from .._core.errors import AzureBackupError
from .constants import CONNECT_SECONDS, READ_SECONDS
from .libraries import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    HTTPPolicy,
    HttpResponseError,
    IncompleteReadError,
    RequestsTransport,
    ServiceRequestError,
    ServiceResponseError,
)

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineRequest, PipelineResponse

# Azure's own waits may be most of an hour; beyond this a task would look hung, so it ends with Azure's words instead.
LONGEST_WAIT_SECONDS = 300
TRIES = 6
# Conflicts that pass by themselves: another operation holds the vault or the item.
TRANSIENT_CODES = frozenset({
    "BMSUserErrorObjectLocked",
    "BMSUserErrorConflictingProtectionOperation",
    "RSVaultUpdateErrorConflictingOperationInProgress",
    "ResourceNotYetSynced",
    "CloudInternalError",
    "RetryableError",
    "AnotherOperationInProgress",
})
READS = ("GET", "HEAD")
# Refill rates of ARM's token buckets, per second:
# https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
REFILL_PER_SECOND = {"reads": 25.0, "writes": 10.0, "deletes": 10.0}
LOW_TOKENS = 20


def make_transport(connections: int, ca_file: str | None) -> RequestsTransport:
    """A transport whose pool holds as many connections as there are threads: a smaller one shakes hands again and again."""
    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    # Redirects are followed by the pipeline alone: requests would read their links ahead, and stumble over those that are not URLs.
    session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=connections, max_retries=False)
    session.mount("https://", adapter)
    options: dict[str, Any] = {"connection_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
    if ca_file:
        options["connection_verify"] = ca_file
    return RequestsTransport(session=session, **options)


class Pace:
    """Keeps requests below ARM's token buckets, as the answers' x-ms-ratelimit-remaining headers tell.

    While Azure reports tokens to spare nothing is delayed. When few are left, requests of that kind go
    out at the bucket's refill rate; after a 429 they wait for its Retry-After first. Shared by all threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = 0
        self._next = dict.fromkeys(REFILL_PER_SECOND, 0.0)
        self._interval = dict.fromkeys(REFILL_PER_SECOND, 0.0)

    def take_turn(self, kind: str) -> None:
        with self._lock:
            self.requests += 1
            now = time.monotonic()
            start = max(now, self._next[kind])
            self._next[kind] = start + self._interval[kind]
        if start > now:
            time.sleep(start - now)

    def learn(self, kind: str, response: PipelineResponse) -> None:
        remaining = response.http_response.headers.get(f"x-ms-ratelimit-remaining-subscription-{kind}", "")
        with self._lock:
            if remaining.isdigit():
                self._interval[kind] = 1 / REFILL_PER_SECOND[kind] if int(remaining) < LOW_TOKENS else 0.0
            if response.http_response.status_code == 429:
                self._interval[kind] = 1 / REFILL_PER_SECOND[kind]
                wait = retry_after(response)
                if wait is not None and wait <= LONGEST_WAIT_SECONDS:
                    self._next[kind] = max(self._next[kind], time.monotonic() + wait)


class PacePolicy(HTTPPolicy):
    """A link of one client's pipeline; the pace is the task's."""

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self._pace = pace

    def send(self, request: PipelineRequest) -> PipelineResponse:
        method = request.http_request.method
        kind = "reads" if method in READS else "deletes" if method == "DELETE" else "writes"
        self._pace.take_turn(kind)
        response = self.next.send(request)
        self._pace.learn(kind, response)
        return response


class JsonPolicy(HTTPPolicy):
    """A success holds JSON or nothing: what else comes is not from Azure but from something in between."""

    def send(self, request: PipelineRequest) -> PipelineResponse:
        response = self.next.send(request)
        http = response.http_response
        http.read()
        if 200 <= http.status_code < 300 and http.content:
            try:
                http.json()
            except ValueError as exc:
                raise DecodeError("not JSON", error=exc) from exc
        return response


class RetryPolicy(HTTPPolicy):
    """Reads are tried again on any passing failure. Writes only where Azure says that it did not take them.

    A POST starts something, so it is sent again only when the connection could not even be made.
    """

    def send(self, request: PipelineRequest) -> PipelineResponse:
        for attempt in range(1, TRIES):
            wait, response = self._try(request, attempt)
            if response is not None:
                return response
            time.sleep(wait)
        return self.next.send(request)

    def _try(self, request: PipelineRequest, attempt: int) -> tuple[float, PipelineResponse | None]:
        """(0, answer) when that is final, else (seconds to wait, None)."""
        method = request.http_request.method
        try:
            response = self.next.send(request)
        except AzureError as exc:
            if not is_broken(exc) or _is_final(exc) or not (method in READS or _never_left(exc)):
                raise
            return _backoff(attempt), None
        wait = retry_after(response)
        wait = _backoff(attempt) if wait is None else wait
        # A wait beyond the limit is not slept: the error names it and the caller decides.
        if not _worth_retrying(method, response) or wait > LONGEST_WAIT_SECONDS:
            return 0.0, response
        return wait, None


def is_broken(exc: AzureError) -> bool:
    """Whether no whole answer came. azure-core raises its bare HttpResponseError, without one, when a body breaks off."""
    if isinstance(exc, (ServiceRequestError, ServiceResponseError, IncompleteReadError)):
        return True
    return isinstance(exc, HttpResponseError) and exc.response is None and not isinstance(exc, (ClientAuthenticationError, DecodeError))


def _never_left(exc: Exception) -> bool:
    return isinstance(exc, ServiceRequestError)


def _is_final(exc: Exception) -> bool:
    """A certificate that is not trusted, a name that does not resolve and a closed port stay so."""
    return any(sign in str(exc) for signs, *_rest in _NETWORK_FAILURES[:4] for sign in signs)


def _backoff(attempt: int) -> float:
    return min(0.8 * 2 ** (attempt - 1), 20.0) * random.uniform(0.8, 1.2)


def _worth_retrying(method: str, response: PipelineResponse) -> bool:
    status = response.http_response.status_code
    if method == "POST":
        return False
    if method in READS:
        return status in (408, 429) or status >= 500
    return status in (429, 503) or (status in (400, 409, 500) and error_code(response) in TRANSIENT_CODES)


def retry_after(response: PipelineResponse) -> float | None:
    """Seconds that Azure asks to wait: its header, or the number that only the text of its 429 holds."""
    value = response.http_response.headers.get("Retry-After", "")
    if value.isdigit():
        return float(value)
    if response.http_response.status_code == 429:
        message = _error(response).get("message") or ""
        _head, _found, tail = message.partition("try again after '")
        seconds = tail.partition("'")[0]
        if seconds.isdigit():
            return float(seconds)
    return None


def error_code(response: PipelineResponse) -> str:
    return str(_error(response).get("code") or "")


def _error(response: PipelineResponse) -> dict[str, Any]:
    try:
        response.http_response.read()
        error = json.loads(response.http_response.text()).get("error")
    except (ValueError, AttributeError):
        return {}
    return error if isinstance(error, dict) else {}


# What the text of a network failure shows, what to say of it, and what to do. The first that fits counts.
_NETWORK_FAILURES = (
    (
        ("certificate is not yet valid", "certificate has expired"),
        "TlsVerificationFailed",
        "its TLS certificate is not valid at the time that this machine's clock shows",
        "Check the clock of the machine that runs the module, and then that certificate, of the endpoint or of a proxy in between.",
    ),
    (
        ("CERTIFICATE_VERIFY_FAILED", "SSLError", "[SSL", "certificate verify failed"),
        "TlsVerificationFailed",
        "its TLS certificate is not trusted",
        "Set ca_file (or REQUESTS_CA_BUNDLE) to the CA certificate of that endpoint or of the proxy in between.",
    ),
    (
        ("Name or service not known", "getaddrinfo", "NameResolutionError", "Temporary failure in name resolution"),
        "EndpointUnreachable",
        "its name does not resolve",
        "Check arm_url, authority_url and cloud, and the DNS of the machine that runs the module.",
    ),
    (
        ("Connection refused", "ConnectionRefusedError"),
        "EndpointUnreachable",
        "the connection was refused",
        "Check the URL and port, and that nothing between blocks it.",
    ),
    (
        ("timed out", "Timeout"),
        "EndpointUnreachable",
        "there was no answer in time",
        "Check the path (proxy, firewall) from the machine that runs the module to TCP port 443 there.",
    ),
    (
        ("Connection aborted", "ConnectionReset", "Max retries exceeded", "RemoteDisconnected", "Connection broken"),
        "EndpointUnreachable",
        "the connection broke off",
        "Check the path (proxy, firewall) from the machine that runs the module, and run it again.",
    ),
)


def is_network_failure(cause: BaseException) -> bool:
    return any(sign in str(cause) for signs, *_rest in _NETWORK_FAILURES for sign in signs)


def unreachable(url: str, cause: BaseException) -> AzureBackupError:
    """The error for an endpoint that gave no HTTP answer, in one line."""
    text = str(cause)
    found = (rest for signs, *rest in _NETWORK_FAILURES if any(sign in text for sign in signs))
    code, reason, hint = next(found, _NETWORK_FAILURES[-1][1:])
    return AzureBackupError(f"{url} could not be reached: {reason}.", code=code, hint=hint)
