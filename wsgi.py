"""The WSGI app: `gunicorn wsgi:app`, `flask --app wsgi ...`."""

import os
import sys

from portal import create_app
from portal.config import SettingsError

served = "gunicorn" in os.environ.get("SERVER_SOFTWARE", "")
try:
    app = create_app(commands=not served)
except SettingsError as error:
    if not served:
        sys.exit(str(error))
    sys.stderr.write(f"{error}\n")
    sys.exit(4)  # gunicorn's "the app cannot be loaded": it stops, where it would start it again
