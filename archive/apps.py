"""The app's Django configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ArchiveConfig(AppConfig):
    """Registers the app."""

    name = "archive"
    verbose_name = _("archive")
    default_auto_field = "django.db.models.BigAutoField"
