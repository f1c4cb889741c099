"""`flask opt-outs`: export numbers that opted out of texts."""

import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from portal.cli.refusals import find_school
from portal.labels import plural
from portal.services.exports.csv import opt_out_lines

group = AppGroup("opt-outs", help="Export numbers that opted out of texts.")


@group.command("export")
@click.option("--school", "slug", required=True, help="The school's short name.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file instead of the terminal.",
)
@click.option(
    "--with-unknown",
    is_flag=True,
    help="Include opted-out numbers that are not on any parent's record.",
)
@click.option(
    "--with-paused",
    is_flag=True,
    help="Include numbers that the school paused. Their source is asked_school.",
)
def export_opt_outs(slug: str, output: Path | None, with_unknown: bool, with_paused: bool) -> None:
    """Export a school's opted-out numbers as CSV, one row per parent and number.

    \b
    Example:
      flask --app wsgi opt-outs export --school oakwood --output opt-outs.csv
    """
    pieces = opt_out_lines(find_school(slug), with_unknown, with_paused)
    if output is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece.encode())
        sys.stdout.buffer.flush()
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            count = -1  # the header is no row
            for piece in pieces:
                file.write(piece)
                count += piece.count("\r\n")
    except OSError as error:
        raise click.ClickException(
            f"Can't write to {output}: {error.strerror}. Use a file in a folder you can write to."
        ) from error
    click.echo(f"Wrote {plural(count, 'row')} to {output}", file=sys.stderr)
