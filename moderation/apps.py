"""The app's configuration and signal handlers."""

from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ModerationConfig(AppConfig):
    """Configures the app."""

    name = "moderation"
    verbose_name = _("moderation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Registers the checks, sets the models' folder, and connects the signal handlers."""
        from moderation import checks  # noqa: F401
        from moderation.scoring import look_in
        from moderation.services import model_checks  # noqa: F401

        look_in(Path(settings.MODERATION_MODELS_FOLDER))
        user_logged_in.connect(second_factor_note, dispatch_uid="moderation.second_factor_note")
        user_logged_out.connect(holds_release, dispatch_uid="moderation.holds_release")
        post_migrate.connect(ledger_restore_triggers, sender=self, dispatch_uid="moderation.ledger_restore_triggers")


def holds_release(*, user: Any, **_: Any) -> None:
    """Releases the holds of the person who logged out; `user` is None if their session had already ended."""
    from moderation.services.review.holds import reviews_release

    if user is not None:
        reviews_release(actor=user)


def second_factor_note(*, request: Any, user: Any, **_: Any) -> None:
    """Notes in the session whether the person has a second factor, so that no request has to look."""
    from moderation.services.accounts.second_factor import SESSION_HAS_ONE, second_factor_of

    if hasattr(request, "session"):
        request.session[SESSION_HAS_ONE] = second_factor_of(user=user) is not None


def ledger_restore_triggers(*, using: str, **_: Any) -> None:
    """Reinstalls the ledger's triggers if a migration lost them: SQLite drops them when it rebuilds a table."""
    from moderation.models import ledger

    if ledger.missing_triggers(connections[using]):
        ledger.install_triggers(connections[using])
