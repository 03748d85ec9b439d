"""The WSGI application: `gunicorn --config config/gunicorn.py config.wsgi`."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

NOT_STARTED = 3  # gunicorn's own status for a worker that cannot start: it ends then and does not try for ever

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

try:
    application = get_wsgi_application()
except ImproperlyConfigured as error:
    # One line that names the variable, as manage.py has it.
    sys.stderr.write(f"{error}\n")
    sys.exit(NOT_STARTED)
