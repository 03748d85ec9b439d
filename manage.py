#!/usr/bin/env python
"""Runs Django's commands with this project's settings."""

import os
import sys

CLOSED = 141  # as a shell says that a closed pipe ended a command: 128 and the number of SIGPIPE
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

    What Ctrl-C ends, and the command itself does not tell of, says one line; so does a setting or an option that makes
    no sense, and output that nobody reads to its end (`| head`).
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        settings_read()
        from django.core.management import CommandError, execute_from_command_line

        try:
            execute_from_command_line(sys.argv)
        except CommandError as error:
            # Of an option's value: what a command itself raises, Django has reported.
            sys.stderr.write(f"CommandError: {error}\n")
            sys.exit(error.returncode)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would try to write the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.stderr.write("Standard output was closed before its end.\n")
        sys.exit(CLOSED)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(STOPPED)


if __name__ == "__main__":
    main()
