"""`flask staff`: accounts of those who work at a school."""

import sys

import click
from flask import current_app
from flask.cli import AppGroup

from portal.cli.refusals import find_school, refusing
from portal.config import Settings
from portal.enums import StaffRole
from portal.extensions import writing
from portal.queries.accounts import find_credentials
from portal.services.accounts import Made, create_account, hash_password, make_password

group = AppGroup("staff", help="Accounts of those who work at a school.")

_SAID = {
    Made.CREATED: "is made: {role} at {school}.",
    Made.JOINED: "was there already, and is now {role} at {school} too; the password stays.",
    Made.ROLE_CHANGED: "is now {role} at {school}; the password stays.",
    Made.UNCHANGED: "is {role} at {school} already; nothing changes.",
}


@group.command("create")
@click.argument("email")
@click.option("--school", "slug", required=True, help="The school's short name.")
@click.option(
    "--role",
    required=True,
    type=click.Choice([role.value for role in StaffRole]),
    help="What they may do there; each includes the one before it.",
)
@click.option("--name", default="", help="Their name, as colleagues see it.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create(email: str, slug: str, role: str, name: str, password_stdin: bool) -> None:
    """Make an account for EMAIL, or give one that exists a role at one more school.

    Without --password-stdin the password is asked for; where there is no terminal one is made up
    and printed.

    \b
    Example:
      flask --app wsgi staff create office@school.example --school oakwood --role editor
    """
    school = find_school(slug)
    made_up = None
    password_hash = ""
    if find_credentials(email) is None:
        password, made_up = _password(password_stdin)
        settings: Settings = current_app.config["PORTAL"]
        with refusing():
            password_hash = hash_password(password, settings.argon2_memory_kib)
    with refusing(), writing():
        made = create_account(email, name, password_hash, school.id, StaffRole(role)).made
    click.echo(f"{email} {_SAID[made].format(role=role, school=school.slug)}")
    if made_up and made is Made.CREATED:
        click.echo(f"Password: {made_up}")


def _password(from_stdin: bool) -> tuple[str, str | None]:
    """The new account's password, and the same once more if it was made up here."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), None
    if at_a_terminal():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed, None
    made_up = make_password()
    return made_up, made_up


def at_a_terminal() -> bool:
    return sys.stdin.isatty()
