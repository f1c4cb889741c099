"""The WSGI app: `gunicorn wsgi:app`, `flask --app wsgi ...`."""

import sys

from portal import create_app
from portal.config import SettingsError

try:
    app = create_app()
except SettingsError as error:
    sys.exit(str(error))
