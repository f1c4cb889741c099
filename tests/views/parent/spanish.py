"""Parents whose phones speak Spanish."""

from flask import Flask

from portal.queries.schools import SchoolRow
from tests.support.audit import Page
from tests.support.client import AuditedClient
from tests.support.families import HOME, make_parent, make_student, phone
from tests.support.people import parent_signed_in

MEXICO = "es-MX,es;q=0.9,en-US;q=0.8,en;q=0.7"
ANA, EMAIL = "+14155550182", "ana.ruiz@example.com"
HOUSEHOLD = "/oakwood/household"


def speak(client: AuditedClient, language: str) -> AuditedClient:
    """Let the browser ask for this language."""
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    return client


def ana_signed_in(app: Flask, school: SchoolRow) -> AuditedClient:
    """Ana Ruiz, with two phones, signed in on a phone that speaks Spanish."""
    child = make_student(school, "Mateo Ruiz")
    phones = [phone(ANA), phone("+14155550190", HOME, 1, "12")]
    make_parent(school, "Ana Ruiz", child, email=EMAIL, phones=phones, typed=True)
    make_parent(school, "Ben Ruiz", child, email="ben@example.com")
    return speak(parent_signed_in(app, EMAIL), MEXICO)


def language(page: Page) -> str:
    return page.query("html")[0].attrs["lang"]
