"""The trial's accounts, one a role, with passwords that are made up for each installation."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select, update

from portal.email_address import email_key
from portal.enums import StaffRole
from portal.extensions import db
from portal.models import Account, Membership
from portal.queries.schools import get_school
from portal.services.accounts.accounts import create_account, hash_password, make_password


@dataclass(frozen=True, slots=True)
class DemoAccount:
    email: str
    name: str
    schools: tuple[tuple[str, StaffRole], ...]
    password: str


_WHO: tuple[tuple[str, str, tuple[tuple[str, StaffRole], ...]], ...] = (
    ("viewer@oakwood.example", "Vera Lin", (("oakwood", StaffRole.VIEWER),)),
    ("editor@oakwood.example", "Ed Moreno", (("oakwood", StaffRole.EDITOR),)),
    (
        "admin@oakwood.example",
        "Ada Obi",
        (("oakwood", StaffRole.ADMIN), ("birchwood", StaffRole.ADMIN)),
    ),
)


def plan(file: Path) -> list[DemoAccount]:
    """The accounts with their passwords, from the file; made up and kept there if it is missing."""
    passwords = _kept(file)
    if any(email not in passwords for email, _, _ in _WHO):
        passwords = {email: make_password() for email, _, _ in _WHO}
        _keep(file, passwords)
    return [DemoAccount(email, name, roles, passwords[email]) for email, name, roles in _WHO]


def hash_all(accounts: list[DemoAccount], memory_kib: int) -> list[tuple[DemoAccount, str]]:
    """Each account with its password's hash; slow, so not within a transaction."""
    return [(account, hash_password(account.password, memory_kib)) for account in accounts]


def bring(accounts: list[tuple[DemoAccount, str]]) -> None:
    """Make the accounts, or give those that are there their password again."""
    for account, password_hash in accounts:
        for slug, role in account.schools:
            school = get_school(slug)
            if school is not None:
                made = create_account(account.email, account.name, password_hash, school.id, role)
                db.session.execute(
                    update(Account)
                    .where(Account.id == made.account_id)
                    .values(password_hash=password_hash)
                )


def anybody_signs_in() -> bool:
    """True if any school has staff."""
    return bool(db.session.scalar(select(func.count()).select_from(Membership)))


def are_there(accounts: list[DemoAccount]) -> bool:
    """True if this database has all of the accounts."""
    keys = [email_key(account.email) for account in accounts]
    found = select(func.count()).select_from(Account).where(Account.email_key.in_(keys))
    return db.session.scalar(found) == len(keys)


def _kept(file: Path) -> dict[str, str]:
    try:
        kept: dict[str, str] = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _keep(file: Path, passwords: dict[str, str]) -> None:
    """Write the file for this account of the machine alone."""
    file.parent.mkdir(exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w") as handle:
        json.dump(passwords, handle, indent=2)
