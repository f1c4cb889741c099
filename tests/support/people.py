"""Those who use the portal in tests: staff who are signed in."""

import re
from typing import Protocol

from flask import Flask
from sqlalchemy import select

from portal.enums import StaffRole
from portal.extensions import db, writing
from portal.models import Mail
from portal.queries.schools import get_school
from portal.services.accounts.accounts import create_account, hash_password
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


def parent_signed_in(app: Flask, email: str, school: str = "oakwood") -> AuditedClient:
    """A client that is signed in as the parent with this email, by the code that came by mail."""
    client = app.test_client()
    assert isinstance(client, AuditedClient)
    token = form_values(client.page(f"/{school}/sign-in"))
    client.post(f"/{school}/sign-in", data=token | {"email": email})
    page = client.page(f"/{school}/sign-in/code")
    answer = client.post(
        f"/{school}/sign-in/code", data=form_values(page) | {"code": newest_code(email)}
    )
    assert answer.location == f"/{school}/household", answer.text
    return client


def newest_mail(email: str) -> Mail:
    """The mail that was posted last to an address. Needs an app context."""
    found = db.session.scalars(
        select(Mail).where(Mail.to_address == email).order_by(Mail.id.desc()).limit(1)
    ).first()
    assert found is not None, f"no mail for {email}"
    return found


def newest_code(email: str) -> str:
    found = re.search(r"\b\d{6}\b", newest_mail(email).body)
    assert found is not None, "there is no code in the mail"
    return found[0]


def newest_link(email: str) -> str:
    """The path of the link in the newest mail."""
    found = re.search(r"http://[^/\s]+(/\S*sign-in/link/\S+)", newest_mail(email).body)
    assert found is not None, "there is no link in the mail"
    return found[1]


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
