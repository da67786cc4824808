"""`python -m launcher.prepare`: what an installation needs before its first process, its tables and its first user.

As `flask db upgrade` and `flask users create --first --json`, in one process: to import what both need takes longer
than what they do.
"""

from __future__ import annotations

import gc

gc.disable()  # as in app.py

from flask_migrate import upgrade

from app import create_app
from deployment.cli.users import users_commands

FIRST = ("create", "admin", "--role", "administrator", "--first", "--json")


def main() -> None:
    """The last line on standard output is the user, with a password if it was made now."""
    with create_app(answers=False).app_context():
        upgrade()
        users_commands.main(FIRST, standalone_mode=False)


if __name__ == "__main__":
    main()
