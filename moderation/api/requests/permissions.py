"""One permission class for every endpoint: it applies the rule that the view declares, and denies if there is none."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from moderation.api.requests.access import Access
from moderation.models import ApiKey


def rule_of(view: Any, method: str | None) -> Access | None:
    """Returns the rule of one method; HEAD has the rule of GET."""
    rules: dict[str, Access] = getattr(view, "access", {})
    return rules.get("GET" if method == "HEAD" else str(method))


class ScopeOrPermission(BasePermission):
    """A key needs the rule's scope, a signed-in user the rule's permissions. No scope implies another."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Returns whether the request is allowed; nobody may call a handler without a rule."""
        rule = rule_of(view, request.method)
        if rule is None:
            return self._unhandled(request, view)
        if isinstance(request.auth, ApiKey):
            self.message = f"The key lacks the scope {rule.scope}."
            return rule.scope in request.auth.scopes
        self.message = f"The account lacks the permission {' or '.join(rule.permissions)}."
        return bool(request.user and request.user.has_perms(rule.permissions))

    @staticmethod
    def _unhandled(request: Request, view: Any) -> bool:
        # Authenticated callers get a 405 for a method that the view does not have.
        handled = str(request.method) in view.allowed_methods
        return not handled and bool(request.user and request.user.is_authenticated)
