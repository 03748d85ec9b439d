"""The app's Django configuration."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _

from archive.database.features import json_support_tell


class ArchiveConfig(AppConfig):
    """Registers the app."""

    name = "archive"
    verbose_name = _("archive")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Has each new connection told what its database can do."""
        connection_created.connect(json_support_tell, dispatch_uid="json_support_tell")
