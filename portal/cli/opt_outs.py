"""`flask opt-outs`: who does not want to be texted."""

import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from portal.cli.refusals import find_school
from portal.services.exports.csv import opt_out_lines

group = AppGroup("opt-outs", help="Who does not want to be texted.")


@group.command("export")
@click.option("--school", "slug", required=True, help="The school's short name.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file, not the terminal."
)
@click.option("--with-unknown", is_flag=True, help="Also numbers that stand on no parent's record.")
def export_opt_outs(slug: str, output: Path | None, with_unknown: bool) -> None:
    """Write the opted-out numbers of a school as CSV, one row a parent and number.

    \b
    Example:
      flask --app wsgi opt-outs export --school oakwood --output opt-outs.csv
    """
    lines = opt_out_lines(find_school(slug), with_unknown)
    if output is None:
        for line in lines:
            sys.stdout.buffer.write(line.encode())
        sys.stdout.buffer.flush()
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            count = sum(bool(file.write(line)) for line in lines) - 1
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}.") from error
    click.echo(f"{count} rows written to {output}", file=sys.stderr)
