"""The words that contacts are looked up by, kept in step with names and emails. Callers commit."""

from sqlalchemy import delete, select

from portal.extensions import db, insert_missing, insert_rows
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
    common = {"school_id": contact.school_id, "contact_id": contact.id}
    rows = [{**common, "word": word, "of_name": of_name} for word, of_name in words.items()]
    insert_rows(ContactWord, *rows)
    add_name_words(contact.school_id, {word for word, of_name in words.items() if of_name})


def add_name_words(school_id: int, words: set[str]) -> None:
    """Add words to those that names at the school are made of."""
    insert_missing(NameWord, *({"school_id": school_id, "word": word} for word in sorted(words)))
