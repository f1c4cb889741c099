"""How a command refuses: one line on stderr that says why, and exit code 1."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from portal.log_redaction import describe_error
from portal.queries.schools import SchoolRow, get_school
from portal.services.accounts.accounts import AccountError
from portal.services.accounts.last_admin import LastAdminError
from portal.services.accounts.staff_roles import NotStaffError
from portal.services.schools.schools import SchoolError, no_school

NO_DATABASE = "The database cannot be used as it is. Is it there, and was `make migrate` run?"


@contextmanager
def refusing() -> Iterator[None]:
    """What the services refuse inside is told to whoever typed the command."""
    try:
        yield
    except (SchoolError, AccountError, LastAdminError, NotStaffError) as error:
        raise click.ClickException(str(error)) from error
    except (OperationalError, ProgrammingError) as error:
        raise click.ClickException(f"{NO_DATABASE} ({describe_error(error)})") from error


def find_school(slug: str) -> SchoolRow:
    """The school that `--school` names, or a refusal."""
    school = get_school(slug)
    if school is None:
        raise click.ClickException(no_school(slug))
    return school
