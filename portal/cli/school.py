"""`flask school`: make a school, change it."""

import click
from flask.cli import AppGroup

from portal.cli.refusals import refusing
from portal.extensions import writing
from portal.queries.schools import SchoolRow
from portal.services.schools import create_school, set_school

group = AppGroup("school", help="Make a school, change it.")


@group.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="The school's name, as people read it.")
@click.option("--texting-number", required=True, help="The number it texts from.")
@click.option("--country", default="US", show_default=True, help="Two letters (ISO 3166).")
@click.option(
    "--timezone", default="America/Los_Angeles", show_default=True, help="Its IANA time zone."
)
def create(slug: str, name: str, texting_number: str, country: str, timezone: str) -> None:
    """Make the school SLUG, with texting on and its contact form open.

    SLUG is its short name, and the first part of its addresses.

    \b
    Example:
      flask --app wsgi school create oakwood --name "Oakwood School" \\
        --texting-number "+1 206 555 0147"
    """
    with refusing(), writing():
        school = create_school(slug, name, texting_number, country.upper(), timezone)
    click.echo(_said(school))


@group.command("set")
@click.argument("slug")
@click.option("--name", help="The school's name, as people read it.")
@click.option("--texting", type=click.Choice(["on", "off"]), help="Whether it texts parents.")
@click.option("--texting-number", help="The number it texts from; the former one stays its own.")
@click.option("--timezone", help="Its IANA time zone.")
def change(
    slug: str,
    name: str | None,
    texting: str | None,
    texting_number: str | None,
    timezone: str | None,
) -> None:
    """Change what is given of the school SLUG, and keep the rest.

    \b
    Example:
      flask --app wsgi school set oakwood --texting off
    """
    if all(value is None for value in (name, texting, texting_number, timezone)):
        raise click.UsageError("Say what to change, like --texting off.")
    with refusing(), writing():
        school = set_school(
            slug,
            name=name,
            texting_on=None if texting is None else texting == "on",
            texting_number=texting_number,
            timezone=timezone,
        )
    click.echo(_said(school))


def _said(school: SchoolRow) -> str:
    texting = "on" if school.texting_on else "off"
    return (
        f"{school.slug}: {school.name}, {school.country}, {school.timezone}, "
        f"texting {texting} from {school.texting_number}"
    )
