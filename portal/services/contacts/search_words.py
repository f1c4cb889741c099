"""The words that contacts are looked up by, kept in step with names and emails. Callers commit."""

from sqlalchemy import delete, insert, select

from portal.extensions import db, insert_for
from portal.models import Contact, ContactWord, NameWord
from portal.normalize import words_to_find


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
    if words:
        rows = [
            {
                "school_id": contact.school_id,
                "word": word,
                "contact_id": contact.id,
                "of_name": of_name,
            }
            for word, of_name in words.items()
        ]
        db.session.execute(insert(ContactWord), rows)
    add_name_words(contact.school_id, {word for word, of_name in words.items() if of_name})


def add_name_words(school_id: int, words: set[str]) -> None:
    """Add words to those that names at the school are made of."""
    known = select(NameWord.word).where(NameWord.school_id == school_id, NameWord.word.in_(words))
    missing = sorted(words - set(db.session.scalars(known))) if words else []
    if missing:
        db.session.execute(
            insert_for(NameWord).on_conflict_do_nothing(),
            [{"school_id": school_id, "word": word} for word in missing],
        )
