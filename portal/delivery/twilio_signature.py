"""Check that a request is the provider's: by its signature, over the address as it knows it."""

from werkzeug.datastructures import MultiDict

from portal.config import Settings


def is_signed(settings: Settings, path: str, posted: MultiDict[str, str], signature: str) -> bool:
    """`path` is with its query, `posted` what came in the body.

    The address is PORTAL_PUBLIC_URL's, not the one seen behind a proxy. Without the account's
    token nothing is from the provider.
    """
    from twilio.request_validator import RequestValidator  # most workers never need it

    if not settings.twilio_auth_token or not signature:
        return False
    validator = RequestValidator(settings.twilio_auth_token)
    return bool(validator.validate(settings.public_url + path, posted, signature))
