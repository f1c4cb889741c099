"""Those who use the portal in tests: staff who are signed in."""

from collections.abc import Callable

from flask import Flask

from portal.enums import StaffRole
from portal.extensions import writing
from tests.support.client import AuditedClient, form_values

PASSWORD = "correct horse battery staple"
SignIn = Callable[..., AuditedClient]


def make_account(email: str, slug: str, role: StaffRole, name: str = "Pat Fields") -> int:
    """An account with PASSWORD, a member of a school; its id. Needs an app context."""
    from portal.services import accounts

    password_hash = accounts.hash_password(PASSWORD)
    with writing():
        return accounts.create_account(email, name, password_hash, {slug: role})


def sign_in(client: AuditedClient, email: str, password: str = PASSWORD) -> AuditedClient:
    """Sign in as people do, through the page."""
    fields = form_values(client.page("/staff/sign-in"), "form")
    answer = client.post("/staff/sign-in", data=fields | {"email": email, "password": password})
    assert answer.status_code in {302, 303}, "the sign-in was refused"
    return client


def signer(app: Flask, slug: str) -> SignIn:
    """`staff("editor")`: a client that is signed in as staff of the school, a new one each time."""
    made: set[str] = set()

    def staff(role: str = "editor", school: str = slug, name: str = "Pat Fields") -> AuditedClient:
        email = f"{role}-{len(made)}@{school}.example"
        made.add(email)
        make_account(email, school, StaffRole(role), name)
        client = app.test_client()
        assert isinstance(client, AuditedClient)
        return sign_in(client, email)

    return staff
