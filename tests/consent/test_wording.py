"""The consent question, word for word: parents agree to this, so it changes on purpose only."""

import pytest

from portal.consent.wording import NAME, consent_wording

ENGLISH = """May Oakwood School text this number?
Oakwood School will text from (206) 555-0147 about school closings, reminders, and news about your \
child. Expect about 2 to 6 texts a month, more in an emergency.
Message and data rates may apply. Reply STOP to cancel, HELP for help. You don't have to say yes. \
If you say no, nothing else at school changes.
( ) Yes, text this number
( ) No, don't text this number"""
SPANISH = """¿Puede Oakwood School enviar mensajes de texto a este número?
Oakwood School enviará mensajes desde el (206) 555-0147 sobre cierres de la escuela, recordatorios \
y noticias de su hijo o hija. Serán de 2 a 6 mensajes al mes, y más en una emergencia.
Pueden aplicarse tarifas de mensajes y datos. Responda STOP para cancelar, HELP para recibir \
ayuda. Usted no tiene que aceptar. Si dice que no, nada más cambia en la escuela.
( ) Sí, envíen mensajes a este número
( ) No, no envíen mensajes a este número"""
OF_ANOTHER = {
    "en": "May Oakwood School text [name]'s number?",
    "es": "¿Puede Oakwood School enviar mensajes de texto al número de [name]?",
}
SCHOOL = ("Oakwood School", "+12065550147")


@pytest.mark.parametrize(("language", "text"), [("en", ENGLISH), ("es", SPANISH)])
def test_a_parent_is_asked_in_these_words(language: str, text: str) -> None:
    asked = consent_wording(*SCHOOL, "US", language)
    assert (asked.language, asked.text, asked.someone) == (language, text, "")


@pytest.mark.parametrize(("language", "text"), [("en", ENGLISH), ("es", SPANISH)])
def test_about_another_adults_phone_only_the_question_differs(language: str, text: str) -> None:
    asked = consent_wording(*SCHOOL, "US", language, of_another=True)
    assert asked.text.splitlines() == [OF_ANOTHER[language], *text.splitlines()[1:]]


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "May Oakwood School text this parent's number?"),
        ("es", "¿Puede Oakwood School enviar mensajes de texto al número de esta persona?"),
    ],
)
def test_without_a_name_the_question_is_about_some_other_adult(
    language: str, question: str
) -> None:
    asked = consent_wording(*SCHOOL, "US", language, of_another=True)
    assert asked.question.replace(NAME, asked.someone) == question


def test_a_parent_is_asked_in_english_if_no_language_is_named() -> None:
    assert consent_wording(*SCHOOL, "US").text == ENGLISH


@pytest.mark.parametrize(
    ("country", "shown"), [("US", "(206) 555-0147"), ("MX", "00 1 206-555-0147")]
)
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_texting_number_is_shown_as_people_in_the_schools_country_dial_it(
    country: str, shown: str, language: str
) -> None:
    asked = consent_wording(*SCHOOL, country, language)
    assert asked.texting_number == shown
    assert shown in asked.what, "the page finds it there, to set it off"
