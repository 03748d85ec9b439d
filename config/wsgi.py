"""The WSGI application: `gunicorn --config config/gunicorn.py config.wsgi`."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from config.requests.chunked_bodies import with_chunked_bodies

NOT_STARTED = 3  # gunicorn's exit status for a worker that cannot boot: gunicorn then exits instead of retrying forever

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

try:
    application = with_chunked_bodies(get_wsgi_application())
except ImproperlyConfigured as error:
    # One line that names the variable, as in manage.py.
    sys.stderr.write(f"{error}\n")
    sys.exit(NOT_STARTED)
