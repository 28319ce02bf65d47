# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Exceptions of the Azure libraries to the collection's own, with code, message, request id and hint."""

from __future__ import annotations

import json
import re
from typing import Any

from .._core.errors import AzureBackupError
from .clock import REQUEST_ID_HEADERS
from .clouds import Cloud
from .hints import hint
from .libraries import AzureError, ClientAuthenticationError, DecodeError, HttpResponseError
from .links import LinkError
from .transport import is_broken, is_network_failure, unreachable

_AADSTS = re.compile(r"AADSTS\d+")


def failure(doing: str, exc: AzureError, cloud: Cloud) -> AzureBackupError:
    """The error for 'doing' ('read vault v1'); the cloud's URLs are named when nothing there answered."""
    if isinstance(exc, LinkError):
        return AzureBackupError(f"Could not {doing}: {exc.message}", code=exc.code, hint=exc.hint)
    if is_broken(exc):
        broken = unreachable(_host(exc) or cloud.arm_url, exc)
        return AzureBackupError(f"Could not {doing}: {broken.message}", code=broken.code, hint=broken.hint)
    if isinstance(exc, DecodeError):
        hint_text = "Run it again; when it stays so, something between alters it."
        return AzureBackupError(f"Could not {doing}: the answer is no valid JSON.", code="InvalidAnswer", hint=hint_text)
    if isinstance(exc, HttpResponseError) and exc.response is not None:
        return _refused(doing, exc, cloud)
    if isinstance(exc, ClientAuthenticationError):
        # azure-identity wraps what the network said while it fetched the token.
        return unreachable(cloud.authority_url, exc) if is_network_failure(exc) else _no_token(exc, cloud)
    return AzureBackupError(f"Could not {doing}: {_one_line(str(exc))}", code=exc.__class__.__name__)


def _refused(doing: str, exc: HttpResponseError, cloud: Cloud) -> AzureBackupError:
    response = exc.response
    status = getattr(response, "status_code", None)
    error = _error_object(exc)
    code = str(error["code"]) if error.get("code") else None
    if isinstance(exc, ClientAuthenticationError) and _AADSTS.search(str(exc)):
        return _no_token(exc, cloud)
    message = _one_line(str(error.get("message") or exc.reason or "no message"))
    headers = getattr(response, "headers", {}) or {}
    return AzureBackupError(
        f"Could not {doing}: {message}",
        code=code,
        status=status,
        target=error.get("target"),
        request_id=next((headers[name] for name in REQUEST_ID_HEADERS if headers.get(name)), None),
        hint=hint(code, message, status),
        details=error.get("details") or None,
    )


def _no_token(exc: ClientAuthenticationError, cloud: Cloud) -> AzureBackupError:
    text = str(exc.message or exc)
    if "Unable to get authority configuration" in text:  # how MSAL tells of a refused discovery
        code = "TenantNotFound"
        return AzureBackupError(f"Could not sign in to Azure: {cloud.authority_url} knows no such tenant.", code=code, hint=hint(code, text))
    found = _AADSTS.search(text)
    code = found.group() if found else "SignInFailed"
    message = _one_line(text[found.start():] if found else text)
    message = re.split(r" Trace ID:| Content: ", message)[0]
    trace = re.search(r"(?:Correlation|Trace) ID: (\S+)", text)
    return AzureBackupError(f"Could not sign in to Azure: {message}", code=code, request_id=trace.group(1) if trace else None, hint=hint(code, text, 401))


def _error_object(exc: HttpResponseError) -> dict[str, Any]:
    """Azure's {code, message, target, details}: wrapped in 'error', bare, or as azure-core has parsed it."""
    try:
        body = json.loads(exc.response.text())  # type: ignore[union-attr]
    except (ValueError, AttributeError, AzureError):
        body = None
    found = body.get("error", body) if isinstance(body, dict) else None
    if isinstance(found, dict) and (found.get("code") or found.get("message")):
        return found
    error = exc.error
    return {"code": error.code, "message": error.message, "target": error.target} if error is not None else {}


def _host(exc: AzureError) -> str | None:
    found = re.search(r"host='([^']+)', port=(\d+)", str(exc))
    return f"https://{found.group(1)}:{found.group(2)}" if found else None


def _one_line(text: str) -> str:
    return " ".join(text.split())
