"""Whole addresses of pages, for emails that are written where no page is asked for."""

from typing import Any

from flask import current_app

from portal.config import Settings


def outside_link(endpoint: str, **values: Any) -> str:
    """Return a page's whole address by PORTAL_PUBLIC_URL. Needs an app context, no request; the
    values hold the school's `slug`."""
    settings: Settings = current_app.config["PORTAL"]
    return settings.public_url + current_app.url_map.bind("localhost").build(endpoint, values)
