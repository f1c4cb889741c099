"""`flask school`: make a school, change it."""

import click
from flask.cli import AppGroup

from portal.cli.refusals import find_school, refusing
from portal.extensions import writing
from portal.queries.schools import SchoolRow
from portal.services.schools.field_labels import set_label
from portal.services.schools.schools import create_school, set_school

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
    click.echo(_described(school))


@group.command("set")
@click.argument("slug")
@click.option("--name", help="The school's name, as people read it.")
@click.option("--texting", type=click.Choice(["on", "off"]), help="Whether it texts parents.")
@click.option("--texting-number", help="The number it texts from; the former one stays its own.")
@click.option("--timezone", help="Its IANA time zone.")
@click.option("--send-window", help="When texts go out: 08:00-20:00 on its clock, or always.")
@click.option(
    "--stop-confirmation",
    type=click.Choice(["portal", "provider"]),
    help="Who confirms a STOP and answers HELP.",
)
@click.option(
    "--welcome", type=click.Choice(["on", "off"]), help="Whether a number's first text is one."
)
@click.option("--text-countries", help="Whom its number can text: US,CA, or own.")
@click.option("--texts-per-second", type=float, help="How fast its number sends at most.")
def change(
    slug: str,
    name: str | None,
    texting: str | None,
    texting_number: str | None,
    timezone: str | None,
    send_window: str | None,
    stop_confirmation: str | None,
    welcome: str | None,
    text_countries: str | None,
    texts_per_second: float | None,
) -> None:
    """Change what is given of the school SLUG, and keep the rest.

    \b
    Example:
      flask --app wsgi school set oakwood --texting off
    """
    changes = {
        "name": name,
        "texting_on": None if texting is None else texting == "on",
        "texting_number": texting_number,
        "timezone": timezone,
        "send_window": send_window,
        "stop_confirmation": stop_confirmation,
        "welcome_on": None if welcome is None else welcome == "on",
        "text_countries": text_countries,
        "per_second": texts_per_second,
    }
    if all(value is None for value in changes.values()):
        raise click.UsageError("Say what to change, like --texting off.")
    with refusing(), writing():
        school = set_school(slug, **changes)  # type: ignore[arg-type]  # named as they are there
    click.echo(_described(school))


@group.command("label")
@click.argument("slug")
@click.argument("field")
@click.argument("label")
def label(slug: str, field: str, label: str) -> None:
    """Call a FIELD of the search LABEL at the school SLUG, on its pages and in its downloads.

    An empty LABEL gives the field its first name back.

    \b
    Example:
      flask --app wsgi school label oakwood primary_phone_opt_in "Opt-in for texts"
    """
    with refusing(), writing():
        called = set_label(find_school(slug).id, field, label)
    click.echo(f"{slug}: {field} is called {called}")


def _described(school: SchoolRow) -> str:
    texting = "on" if school.texting_on else "off"
    window = f"at {school.send_window}" if school.send_window else "at any hour"
    return (
        f"{school.slug}: {school.name}, {school.country}, {school.timezone}, "
        f"texting {texting} from {school.texting_number} {window}, "
        f"STOP confirmed by the {school.stop_confirmation}"
    )
