"""The app's place in Django, and what happens in it because something happened outside."""

from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ModerationConfig(AppConfig):
    """Registers the app."""

    name = "moderation"
    verbose_name = _("moderation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Registers the checks, says where models are, gives back at logout what is held, and guards the ledger."""
        from moderation import checks  # noqa: F401
        from moderation.scoring import look_in

        look_in(Path(settings.MODERATION_MODELS))
        user_logged_out.connect(holds_end, dispatch_uid="moderation.holds_end")
        post_migrate.connect(ledger_guarded, sender=self, dispatch_uid="moderation.ledger_guarded")


def holds_end(*, user: Any, **_: Any) -> None:
    """Gives back what the person who logged out holds; nobody is known where a session had ended already."""
    from moderation.services.review.holds import reviews_release

    if user is not None:
        reviews_release(actor=user)


def ledger_guarded(*, using: str, **_: Any) -> None:
    """Installs the ledger's triggers again where a migration has lost them: SQLite drops them with a rebuilt table."""
    from moderation.models import ledger

    if ledger.missing_triggers(connections[using]):
        ledger.install_triggers(connections[using])
