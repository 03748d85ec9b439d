"""Puts changes made by the admin's own forms into the audit trail."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import ManyToManyField, Model
from django.http import HttpRequest

from moderation.models import AuditKind
from moderation.services.ledger.audit import CHANGED, CREATED, audit_change, audit_hash

STATE = "_audited_state"


class AuditedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A page whose changes enter the audit trail, with the fields before and after.

    `audit_hashed` are those of which only a hash may stand there, such as people's names.
    """

    audit_kind: ClassVar[AuditKind]
    audit_fields: tuple[str, ...] = ()
    audit_hashed: tuple[str, ...] = ()

    def audit_state(self, obj: Model) -> dict[str, Any]:
        """Returns what the trail keeps of a row, as it is stored."""
        row = self.model._base_manager.get(pk=obj.pk)
        plain = {name: self._plain(row, name) for name in self.audit_fields}
        return plain | {name: audit_hash(str(getattr(row, name))) for name in self.audit_hashed}

    @staticmethod
    def _plain(row: Model, name: str) -> Any:
        if isinstance(row._meta.get_field(name), ManyToManyField):
            # A permission's own name is translated.
            return sorted(str(getattr(one, "codename", one)) for one in getattr(row, name).all())
        return getattr(row, name)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Returns the row, and notes how it is before a form changes it."""
        found = super().get_object(request, object_id, from_field)
        if found is not None and request.method == "POST":
            setattr(request, STATE, self.audit_state(found))
        return found

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Logs the addition, in the trail too."""
        self._audit(request, obj, {}, CREATED)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Logs the change, in the trail too: a password's page calls this as well."""
        self._audit(request, obj, getattr(request, STATE, {}), CHANGED)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Logs the deletions, in the trail too."""
        for obj in queryset:
            audit_change(
                kind=self.audit_kind,
                action="deleted",
                subject=self.audit_subject(obj),
                before=self.audit_state(obj),
                after={},
                actor=request.user,
            )
        return super().log_deletions(request, queryset)

    def _audit(self, request: HttpRequest, obj: Model, before: Mapping[str, Any], action: str) -> None:
        after, subject = self.audit_state(obj), self.audit_subject(obj)
        audit_change(
            kind=self.audit_kind, action=action, subject=subject, before=before, after=after, actor=request.user
        )

    def audit_subject(self, obj: Model) -> str:
        """Returns what names the row in the trail."""
        return f"{obj._meta.model_name} {obj.pk}"
