"""Commands: `flask --app wsgi GROUP COMMAND`. docs/interface.md lists them.

Exit codes: 0 done, 1 refused with a reason, 2 wrong usage.
"""

from flask import Flask

from portal.cli import demo, mail, opt_outs, school, staff, texts


def register(app: Flask) -> None:
    for group in (school.group, staff.group, demo.group, opt_outs.group, mail.group, texts.group):
        app.cli.add_command(group)
