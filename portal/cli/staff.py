"""`flask staff`: create and manage accounts for school staff."""

import sys

import click
from flask import current_app
from flask.cli import AppGroup

from portal.cli.refusals import find_school, refusing
from portal.config import Settings
from portal.enums import AccountChange, StaffRole
from portal.extensions import writing
from portal.queries.accounts.members import all_staff, school_staff
from portal.queries.accounts.staff import find_credentials, memberships
from portal.queries.schools import SchoolRow
from portal.services.accounts import audit, passwords, staff_roles
from portal.services.accounts.accounts import (
    AccountError,
    AccountMade,
    Made,
    check_address,
    create_account,
    hash_password,
    make_password,
)
from portal.services.actor import COMMAND
from portal.services.exports.csv import csv_lines

group = AppGroup("staff", help="Create and manage accounts for school staff.")

ROLE = click.Choice([role.value for role in StaffRole])
_SAID = {
    Made.CREATED: "Created {email} as {role} at {school}.",
    Made.JOINED: "{email} already had an account. Added as {role} at {school}. Password unchanged.",
    Made.ROLE_CHANGED: "{email} is now {role} at {school}. Password unchanged.",
    Made.UNCHANGED: "{email} is already {role} at {school}. Nothing changed.",
}
_CHANGES = {
    Made.CREATED: AccountChange.CREATED,
    Made.JOINED: AccountChange.JOINED,
    Made.ROLE_CHANGED: AccountChange.ROLE,
}


@group.command("create")
@click.argument("email")
@click.option("--school", "slug", required=True, help="The school's short name.")
@click.option(
    "--role",
    required=True,
    type=ROLE,
    help="The person's role. Each role includes the ones before it.",
)
@click.option("--name", default="", help="The person's name, as coworkers see it.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create(email: str, slug: str, role: str, name: str, password_stdin: bool) -> None:
    """Create an account for EMAIL. If it exists, give it a role at another school.

    Asks for a password unless you use --password-stdin. Without a terminal, generates one and
    prints it. An existing account keeps its password. `staff reset` sets a new one.

    \b
    Example:
      flask --app wsgi staff create office@school.example --school oakwood --role editor
    """
    school = find_school(slug)
    made_up = None
    password_hash = ""
    with refusing():
        is_new = find_credentials(check_address(email)) is None
    if is_new:
        password, made_up = _password(password_stdin)
        password_hash = _hash(password, [name, email, school.name])
    with refusing(), writing():
        made = _create(email, name, password_hash, school, StaffRole(role))
    click.echo(_SAID[made].format(email=email, role=role, school=school.slug))
    if made_up and made is Made.CREATED:
        click.echo(f"Password: {made_up}")
    if password_stdin and made is not Made.CREATED:
        click.echo(
            f"Your password was not used, because {email} already has one. To set a new one, run: "
            f"flask --app wsgi staff reset {email} --password-stdin",
            err=True,
        )


@group.command("list")
@click.option("--school", "slug", help="List only this school's accounts.")
def list_accounts(slug: str | None) -> None:
    """List accounts as CSV, with their schools, roles, and last sign-ins.

    \b
    Example:
      flask --app wsgi staff list --school oakwood
    """
    school = find_school(slug) if slug is not None else None
    with refusing():
        rows = all_staff() if school is None else school_staff(school.id)
    for piece in csv_lines(
        ["email", "name", "school", "role", "state", "last_sign_in"],
        (
            [
                row.email,
                row.name,
                row.slug or "",
                row.role or "",
                "disabled" if row.disabled else "active",
                row.last_sign_in_at.isoformat(timespec="seconds") if row.last_sign_in_at else "",
            ]
            for row in rows
        ),
    ):
        click.echo(piece, nl=False)


@group.command("disable")
@click.argument("email")
def disable(email: str) -> None:
    """Stop EMAIL from signing in anywhere, and end its sessions right away.

    \b
    Example:
      flask --app wsgi staff disable office@school.example
    """
    with refusing(), writing():
        account_id = staff_roles.find_account(email).id
        disabled = staff_roles.disable_account(account_id, COMMAND)
    click.echo(f"Disabled {email}." if disabled else f"{email} was already disabled.")


@group.command("enable")
@click.argument("email")
def enable(email: str) -> None:
    """Let EMAIL sign in again, with the password it had.

    \b
    Example:
      flask --app wsgi staff enable office@school.example
    """
    with refusing(), writing():
        account_id = staff_roles.find_account(email).id
        enabled = staff_roles.enable_account(account_id, COMMAND)
    click.echo(f"{email} can sign in again." if enabled else f"{email} was not disabled.")


@group.command("role")
@click.argument("email")
@click.option("--school", "slug", required=True, help="The school's short name.")
@click.option("--role", required=True, type=ROLE, help="The person's new role.")
def change_role(email: str, slug: str, role: str) -> None:
    """Change the role of EMAIL at a school.

    \b
    Example:
      flask --app wsgi staff role office@school.example --school oakwood --role admin
    """
    school = find_school(slug)
    with refusing(), writing():
        account_id = staff_roles.find_account(email).id
        made = staff_roles.change_role(school.id, account_id, StaffRole(role), COMMAND)
    already = " already" if made is Made.UNCHANGED else " now"
    click.echo(f"{email} is{already} {role} at {school.slug}.")


@group.command("remove")
@click.argument("email")
@click.option("--school", "slug", required=True, help="The school's short name.")
def remove(email: str, slug: str) -> None:
    """Remove EMAIL from a school. The account keeps its other schools.

    \b
    Example:
      flask --app wsgi staff remove office@school.example --school oakwood
    """
    school = find_school(slug)
    with refusing(), writing():
        account_id = staff_roles.find_account(email).id
        staff_roles.remove_member(school.id, account_id, COMMAND)
    click.echo(f"Removed {email} from {school.slug}.")


@group.command("reset")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def reset(email: str, password_stdin: bool) -> None:
    """Set a new password for EMAIL, and end its sessions.

    Asks for a password unless you use --password-stdin. Without a terminal, generates one and
    prints it once.

    \b
    Example:
      flask --app wsgi staff reset office@school.example
    """
    with refusing():
        account = staff_roles.find_account(email)
    account_id, name = account.id, account.name
    password, made_up = _password(password_stdin)
    schools = [row.school_name for row in memberships(account_id)]
    password_hash = _hash(password, [name, email, *schools])
    with refusing(), writing():
        change = AccountChange.PASSWORD_RESET
        passwords.set_password(account_id, password_hash, change, COMMAND)
    click.echo(f"Set a new password for {email}, and signed it out everywhere.")
    if made_up:
        click.echo(f"Password: {made_up}")


def _create(email: str, name: str, password_hash: str, school: SchoolRow, role: StaffRole) -> Made:
    made: AccountMade = create_account(email, name, password_hash, school.id, role)
    if made.made in _CHANGES:
        change = _CHANGES[made.made]
        audit.note_change([school.id], change, made.account_id, COMMAND, role)
    return made.made


def _hash(password: str, about: list[str]) -> str:
    """Hash a password that is hard to guess. Refuses any other."""
    settings: Settings = current_app.config["PORTAL"]
    with refusing():
        password_hash = hash_password(password, settings.argon2_memory_kib)
        problem = passwords.weakness(password, about)
        if problem is not None:
            raise AccountError(problem)
    return password_hash


def _password(from_stdin: bool) -> tuple[str, str | None]:
    """Return the new password, and the same again if it was generated here."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), None
    if at_a_terminal():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed, None
    made_up = make_password()
    return made_up, made_up


def at_a_terminal() -> bool:
    return sys.stdin.isatty()
