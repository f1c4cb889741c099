"""Refusals of commands: one line on stderr that says why, and exit code 1."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from portal.log_redaction import describe_error
from portal.queries.schools import SchoolRow, get_school
from portal.services.accounts.accounts import AccountError
from portal.services.accounts.last_admin import LastAdminError
from portal.services.accounts.staff_roles import NotStaffError
from portal.services.schools.schools import SchoolError, unknown_school_message

NO_DATABASE = "Can't use the database. Check that it exists, and run `make migrate`."


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what a service refuses into the command's error."""
    try:
        yield
    except (SchoolError, AccountError, LastAdminError, NotStaffError) as error:
        raise click.ClickException(str(error)) from error
    except (OperationalError, ProgrammingError) as error:
        raise click.ClickException(f"{NO_DATABASE} ({describe_error(error)})") from error


def find_school(slug: str) -> SchoolRow:
    """Return the school that `--school` names. Refuses an unknown one."""
    school = get_school(slug)
    if school is None:
        raise click.ClickException(unknown_school_message(slug))
    return school
