"""Compare names and forms: is it a correction, or another person or family?"""

from difflib import SequenceMatcher

from portal.email_address import optional_key
from portal.form_answers import ChildAnswer, ContactAnswers
from portal.normalize import fold

ALIKE = 0.8
"""The least similarity of a name and one with a typo: Matteo and Mateo, but not Ana and Ava."""


def alike(one: str, other: str) -> bool:
    """True if two names are the same except for a typo, or if one has all words of the other."""
    one, other = fold(one), fold(other)
    words, others = set(one.split()), set(other.split())
    if words <= others or others <= words:
        return True
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= ALIKE


def alike_children(one: ChildAnswer, other: ChildAnswer) -> bool:
    """True if two answers are about one child. Siblings may have similar names, but then they are
    usually in different grades."""
    if fold(one.full_name) == fold(other.full_name):
        return True
    same_grade = one.grade is None or other.grade is None or one.grade == other.grade
    first = alike(one.first_name, other.first_name) and alike(one.last_name, other.last_name)
    return first and same_grade


def is_correction(before: ContactAnswers, now: ContactAnswers, came_back: bool) -> bool:
    """True if a form that the same browser sent from another page corrects the one before.

    Many browsers load the form again when somebody goes back, with everything that was typed.
    `came_back`: the page says that this happened. A form by the other parent, or for another child,
    is not a correction.
    """
    sender, again = before.parents[1], now.parents[1]
    if not alike(sender.full_name, again.full_name):
        return False
    numbers = [{phone.number for phone in parent.phones} for parent in (sender, again)]
    same_email = optional_key(sender.email) == optional_key(again.email)
    if not same_email and fold(sender.full_name) != fold(again.full_name):
        return False  # a couple's names may be alike: Mario and Maria
    children = [
        (child, now.children[n]) for n, child in before.children.items() if n in now.children
    ]
    same = all(fold(a.full_name) == fold(b.full_name) for a, b in children)
    if not (same_email or numbers[0] & numbers[1] or same):
        return False
    return all(alike_children(a, b) or (came_back and not _are_siblings(a, b)) for a, b in children)


def _are_siblings(one: ChildAnswer, other: ChildAnswer) -> bool:
    """True if another first name comes with another grade: that is no slip."""
    grades = {one.grade, other.grade} - {None}
    return len(grades) == 2 and not alike(one.first_name, other.first_name)
