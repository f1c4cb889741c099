"""`flask school`: create and change schools."""

import click
from flask.cli import AppGroup

from portal.cli.refusals import find_school, refusing
from portal.extensions import writing
from portal.queries.schools import SchoolRow
from portal.services.schools.field_labels import set_label
from portal.services.schools.schools import create_school, set_school

group = AppGroup("school", help="Create and change schools.")


@group.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="The school's full name, as parents see it.")
@click.option(
    "--texting-number", required=True, help="The phone number that the school texts from."
)
@click.option("--country", default="US", show_default=True, help="Two-letter country code.")
@click.option(
    "--timezone",
    default="America/Los_Angeles",
    show_default=True,
    help="The school's IANA time zone.",
)
@click.option(
    "--send-window",
    default="08:00-20:00",
    show_default=True,
    help='Hours when texts can go out, in the school\'s time zone. Use "always" for any time.',
)
def create(
    slug: str, name: str, texting_number: str, country: str, timezone: str, send_window: str
) -> None:
    """Create a school with texting on and its contact form open.

    SLUG is the school's short name. It is the first part of the school's web addresses.

    \b
    Example:
      flask --app wsgi school create oakwood --name "Oakwood School" \\
        --texting-number "+1 206 555 0147"
    """
    with refusing(), writing():
        school = create_school(
            slug, name, texting_number, country.upper(), timezone, send_window=send_window
        )
    click.echo(_described(school))


@group.command("set")
@click.argument("slug")
@click.option("--name", help="The school's full name, as parents see it.")
@click.option("--texting", type=click.Choice(["on", "off"]), help="Turn texting on or off.")
@click.option(
    "--texting-number",
    help="The phone number that the school texts from. The old number stays reserved for "
    "this school, so STOP still works there.",
)
@click.option("--timezone", help="The school's IANA time zone, like America/Chicago.")
@click.option(
    "--send-window",
    help="Hours when texts can go out, in the school's time zone, like 08:00-20:00. "
    'Use "always" for any time.',
)
@click.option(
    "--stop-confirmation",
    type=click.Choice(["portal", "provider"]),
    help="Choose if the portal or the provider replies to STOP and HELP.",
)
@click.option(
    "--welcome",
    type=click.Choice(["on", "off"]),
    help="Send a welcome text before the first text to each number.",
)
@click.option(
    "--text-countries",
    help="Countries that the school can text, like US,CA. "
    'Use "own" for the school\'s own country only.',
)
@click.option("--office-phone", help="The front office's phone number, for replies to HELP.")
@click.option("--office-email", help="The front office's email address, for replies to HELP.")
@click.option("--texts-per-second", type=float, help="Most texts to send per second.")
@click.option(
    "--reply-copy-to",
    help="The office's email address, to tell it when a parent replies to a text. "
    'Use "none" to stop.',
)
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
    office_phone: str | None,
    office_email: str | None,
    texts_per_second: float | None,
    reply_copy_to: str | None,
) -> None:
    """Change a school's settings. Anything you leave out stays the same.

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
        "reply_copy_to": reply_copy_to,
        "office_phone": office_phone,
        "office_email": office_email,
    }
    if all(value is None for value in changes.values()):
        raise click.UsageError("Nothing to change. Add an option, like --texting off.")
    with refusing(), writing():
        school = set_school(slug, **changes)  # type: ignore[arg-type]  # named as they are there
    click.echo(_described(school))


@group.command("label")
@click.argument("slug")
@click.argument("field")
@click.argument("label")
def label(slug: str, field: str, label: str) -> None:
    """Rename a search field for one school, on its pages and in its downloads.

    An empty LABEL ("") restores the default name.

    \b
    Example:
      flask --app wsgi school label oakwood primary_phone_opt_in "Opt-in for texts"
    """
    with refusing(), writing():
        called = set_label(find_school(slug).id, field, label)
    click.echo(f"{slug}: {field} is now named {called}")


def _described(school: SchoolRow) -> str:
    texting = "on" if school.texting_on else "off"
    window = f"at {school.send_window}" if school.send_window else "at any hour"
    told = f", replies announced to {school.reply_copy_to}" if school.reply_copy_to else ""
    return (
        f"{school.slug}: {school.name}, {school.country}, {school.timezone}, "
        f"texting {texting} from {school.texting_number} {window}, "
        f"STOP confirmed by the {school.stop_confirmation}{told}"
    )
