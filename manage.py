#!/usr/bin/env python
"""Runs Django's commands with this project's settings."""

import os
import sys

STOPPED = 130  # as a shell says that Ctrl-C ended a command: 128 and the number of SIGINT


def settings_read() -> None:
    """Reads the settings; ends with a line that names the variable that makes no sense."""
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    try:
        settings.INSTALLED_APPS  # noqa: B018 - the first use reads them
    except ImproperlyConfigured as error:
        sys.exit(str(error))


def main() -> None:
    """Hands the command line to Django.

    What Ctrl-C ends, and the command itself does not tell of, says one line; so does a setting that makes no sense.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        settings_read()
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(STOPPED)


if __name__ == "__main__":
    main()
