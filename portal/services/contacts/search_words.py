"""Keep the keys and words for finding contacts up to date with names and emails. Callers commit."""

from typing import Any

from sqlalchemy import bindparam, delete, select, text, update

from portal.extensions import db, insert_missing, insert_rows
from portal.models import Contact, ContactWord, NameWord
from portal.models.contact import UNFOLDED
from portal.normalize import fold, full_name, words_to_find

REFOLDED_TOGETHER = 500
"""Contacts in one transaction. On SQLite, other writes wait for it, a tenth of a second."""


def search_name(first_name: str, last_name: str) -> str:
    """Return a name as Contact.search_name keeps it: a ligature folds to several letters, so it is
    cut to fit."""
    return f" {full_name(name_key(first_name), name_key(last_name))}"[:419].rstrip() + " "


def name_key(name: str) -> str:
    """A name as it is sorted and compared."""
    return fold(name)[:209]


def update_search_words(contact: Contact) -> None:
    """Make the contact's words those of its names and email as they are now."""
    wanted = words_to_find(contact.first_name, contact.last_name, contact.email_key)
    mine = (ContactWord.school_id == contact.school_id, ContactWord.contact_id == contact.id)
    rows = db.session.execute(select(ContactWord.word, ContactWord.of_name).where(*mine))
    before = {row.word: row.of_name for row in rows}
    gone = [word for word in before if before[word] != wanted.get(word)]
    if gone:
        db.session.execute(delete(ContactWord).where(*mine, ContactWord.word.in_(gone)))
    _add(contact, {word: of for word, of in wanted.items() if before.get(word) != of})


def add_search_words(contact: Contact) -> None:
    """Keep the words of a contact that was just made."""
    _add(contact, words_to_find(contact.first_name, contact.last_name, contact.email_key))


def _add(contact: Contact, words: dict[str, bool]) -> None:
    common = {"school_id": contact.school_id, "contact_id": contact.id}
    rows = [{**common, "word": word, "of_name": of_name} for word, of_name in words.items()]
    insert_rows(ContactWord, *rows)
    add_name_words(contact.school_id, {word for word, of_name in words.items() if of_name})


def add_name_words(school_id: int, words: set[str]) -> None:
    """Add words to those that names at the school are made of."""
    insert_missing(NameWord, *({"school_id": school_id, "word": word} for word in sorted(words)))


def any_unfolded() -> bool:
    """True if a server of another version wrote a contact. Doesn't lock, since that is rare."""
    return db.session.execute(_ANY_UNFOLDED).first() is not None


def refold_some() -> int:
    """Give some such contacts, of one school, the keys and words of this version. Return how many.
    Call it until there are none, each time in a transaction of its own."""
    found = db.session.execute(_UNFOLDED).all()
    rows = [row for row in found if row.school_id == found[0].school_id]
    if not rows:
        return 0
    school_id, words = rows[0].school_id, _words_of(rows[0].school_id, [row.id for row in rows])
    keys: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for row in rows:
        named = {"school": school_id, "contact": row.id}
        keys.append(named | _keys(row.first_name, row.last_name))
        wanted = words_to_find(row.first_name, row.last_name, row.email_key)
        gone += [named | {"gone": word} for word, of_name in words[row.id] - wanted.items()]
        new += [
            {"school_id": school_id, "contact_id": row.id, "word": word, "of_name": of_name}
            for word, of_name in wanted.items() - words[row.id]
        ]
    connection = db.session.connection()
    connection.execute(_REKEYED, keys)
    if gone:
        connection.execute(_WORD_GONE, gone)
    insert_rows(ContactWord, *new)
    add_name_words(school_id, {row["word"] for row in new if row["of_name"]})
    return len(rows)


_ANY_UNFOLDED = select(Contact.id).where(text(UNFOLDED)).limit(1)
_UNFOLDED = (
    select(Contact.school_id, Contact.id, Contact.first_name, Contact.last_name, Contact.email_key)
    .where(text(UNFOLDED))
    .order_by(Contact.school_id, Contact.id)
    .limit(REFOLDED_TOGETHER)
    .with_for_update(key_share=True)
)
_REKEYED = (
    update(Contact.__table__)  # type: ignore[arg-type]  # a mapped class has a Table
    .where(Contact.school_id == bindparam("school"), Contact.id == bindparam("contact"))
    .values({name: bindparam(name) for name in ("search_name", "first_key", "last_key")})
)
_WORD_GONE = delete(ContactWord.__table__).where(  # type: ignore[arg-type]
    ContactWord.school_id == bindparam("school"),
    ContactWord.contact_id == bindparam("contact"),
    ContactWord.word == bindparam("gone"),
)


def _words_of(school_id: int, contact_ids: list[int]) -> dict[int, set[tuple[str, bool]]]:
    mine = (ContactWord.school_id == school_id, ContactWord.contact_id.in_(contact_ids))
    words: dict[int, set[tuple[str, bool]]] = {contact_id: set() for contact_id in contact_ids}
    columns = (ContactWord.contact_id, ContactWord.word, ContactWord.of_name)
    for contact_id, word, of_name in db.session.execute(select(*columns).where(*mine)):
        words[contact_id].add((word, of_name))
    return words


def _keys(first_name: str, last_name: str) -> dict[str, str]:
    return {
        "search_name": search_name(first_name, last_name),
        "first_key": name_key(first_name),
        "last_key": name_key(last_name),
    }
