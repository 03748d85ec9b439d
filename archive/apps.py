"""The app's place in Django."""

from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    """Registers the app."""

    name = "archive"
    default_auto_field = "django.db.models.BigAutoField"
