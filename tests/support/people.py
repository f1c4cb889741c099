"""Those who use the portal in tests: staff who are signed in."""

from typing import Protocol

from flask import Flask

from portal.enums import StaffRole
from portal.extensions import writing
from portal.queries.schools import get_school
from portal.services.accounts import create_account, hash_password
from tests.support.client import AuditedClient, form_values

PASSWORD = "correct horse battery staple"


class SignIn(Protocol):
    def __call__(
        self, role: str = "editor", school: str = "oakwood", name: str = "Pat Fields"
    ) -> AuditedClient: ...


def make_account(email: str, slug: str, role: StaffRole, name: str = "Pat Fields") -> None:
    """An account with PASSWORD, staff of a school. Needs an app context."""
    password_hash = hash_password(PASSWORD, 64)
    with writing():
        school = get_school(slug)
        assert school is not None
        create_account(email, name, password_hash, school.id, role)


def sign_in(client: AuditedClient, email: str, password: str = PASSWORD) -> AuditedClient:
    """Sign in as people do, through the page."""
    fields = form_values(client.page("/staff/sign-in"), "main form")
    answer = client.post("/staff/sign-in", data=fields | {"email": email, "password": password})
    assert answer.status_code in {302, 303}, "the sign-in was refused"
    return client


def signer(app: Flask) -> SignIn:
    """`staff("editor")`: a client that is signed in as staff of a school, a new one each time."""
    made: set[str] = set()

    def staff(
        role: str = "editor", school: str = "oakwood", name: str = "Pat Fields"
    ) -> AuditedClient:
        email = f"{role}-{len(made)}@{school}.example"
        made.add(email)
        make_account(email, school, StaffRole(role), name)
        client = app.test_client()
        assert isinstance(client, AuditedClient)
        return sign_in(client, email)

    return staff
