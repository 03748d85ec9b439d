"""The API's OpenAPI document, and a page to try the API on."""

import base64
import hashlib
import re
from functools import lru_cache
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib.auth.views import redirect_to_login
from django.http.response import HttpResponseBase
from django.template.loader import get_template
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from moderation.api.requests.access import read
from moderation.api.requests.permissions import ScopeOrPermission
from moderation.api.views.base import Endpoint

STYLE = re.compile(r"<style>([^<]*)</style>")
PAGE = "drf_spectacular/swagger_ui.html"


@lru_cache(maxsize=1)
def page_style_source() -> str:
    """Returns the CSP source that allows the page's own inline style and no other."""
    template: Any = get_template(PAGE)
    found = STYLE.search(template.template.source)
    digest = hashlib.sha256(found.group(1).encode() if found else b"").digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


class Schema(Endpoint, SpectacularAPIView):  # type: ignore[misc]
    """The OpenAPI document, as YAML or, on request, JSON."""

    access = {"GET": read("archive.view_comment")}
    permission_classes = [ScopeOrPermission]
    schema = None


class Docs(Endpoint, SpectacularSwaggerSplitView):  # type: ignore[misc]
    """The document as a page. Its script is a separate request (`?script=`), as the strict CSP requires."""

    access = {"GET": read("archive.view_comment")}
    parameters = {"GET": frozenset({"script"})}
    permission_classes = [ScopeOrPermission]
    schema = None

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Returns the page or its script."""
        allowed = csp_update({"style-src": [SELF, page_style_source()]})
        response: HttpResponseBase = allowed(super().get)(request, *args, **kwargs)
        return response

    def handle_exception(self, exc: Exception) -> Any:
        """Redirects a browser that is not signed in to the login; other clients get the problem."""
        if isinstance(exc, NotAuthenticated) and "text/html" in self.request.headers.get("Accept", ""):
            return redirect_to_login(self.request.get_full_path())
        return super().handle_exception(exc)
