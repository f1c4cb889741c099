"""The contact form: shown, checked, received; brought back with everything typed when it can't be.

Whatever is on file, the answer is the same in words, status and time: an unsigned form meets what
is on file after the answer, and a signed-in one's time is padded (see `pad_response_time`).
"""

import time
from typing import Any

from flask import current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from werkzeug.datastructures import MultiDict

from portal.delivery import form_worker
from portal.extensions import csrf, write_with_retry
from portal.form_answers import ContactAnswers, from_kept
from portal.forms.contact import ContactForm, SchoolFacts
from portal.normalize import clean
from portal.phone import show_number
from portal.queries.records.household import household
from portal.queries.records.phones import PhoneRow
from portal.queries.records.submissions import get_submission
from portal.services.families.similarity import is_correction
from portal.services.intake import rate_limit, receive
from portal.services.intake.household import ChangedMeanwhileError
from portal.services.intake.submissions import Receipt
from portal.services.texting import link_answers
from portal.views import language
from portal.views.csrf_check import TokenFault, token_fault
from portal.views.parent import bp
from portal.views.parent.access import current_parent, session_token
from portal.views.parent.blank_form import blank_form, remember_blocks
from portal.views.parent.form_layout import (
    Layout,
    posted_from_answers,
    posted_from_household,
    posted_from_number,
    take_action,
)
from portal.views.parent.form_token import (
    SHEET_LIFE_SECONDS,
    FormToken,
    browser_mark,
    issue_token,
    read_token,
    recall_sent,
    remember_sent,
    session_digest,
)
from portal.views.parent.household import after_answers
from portal.views.parent.seen import posted_seen, posted_slots
from portal.views.parent.wording import WORDS_CHANGED, current_wording, shown_wording
from portal.views.responses import (
    client_address,
    client_network,
    pad_response_time,
    settings,
    sign_in_link_url,
)

CORRECTION_SECONDS = 15 * 60
MOST_OF_A_LINK = 40
"""Characters of a link's token that are carried along, whatever it is."""

REFUSED = {
    TokenFault.EXPIRED: _l(
        "This page was open for a long time. Your answers are still here. Check them, then tap "
        "Send."
    ),
    TokenFault.NO_COOKIE: _l(
        "Your browser didn't send our cookie with the form. Your answers are still here. Tap Send "
        "again. If you see this again, allow cookies for this website, or use another browser."
    ),
    TokenFault.OTHER_TAB: _l(
        "You opened another tab, or signed in or out there. Your answers are still here. Check "
        "them, then tap Send."
    ),
}
"""By the reason why we refused a form. One from another website never gets here."""
QUICK = _l("You sent the form very quickly. Please check your answers, then tap Send again.")
AWAY = _l("We couldn't save your answers. They are still here. Wait a minute, then tap Send again.")
TOO_MANY = _l(
    "We just got a lot of forms from your network. Wait a few minutes, then tap Send again."
)
CHANGED = _l(
    "The text setting for this number changed while this page was open. Please answer again."
)


@bp.get("/forms/contact")
def contact_form() -> ResponseReturnValue:
    posted: MultiDict[str, str] = MultiDict()
    key, seen = None, {}
    g.parent = current_parent()
    if g.parent is not None:
        home = household(g.school, g.parent.contact_id)
        posted, seen = posted_from_household(home), home.seen
    elif number := link_answers.number_of(g.school.id, request.args.get("link", "")):
        posted = posted_from_number(show_number(number, g.school.country))
    if "correct" in request.args and (sent_id := recall_sent(CORRECTION_SECONDS)):
        submission = get_submission(g.school.id, sent_id)
        if submission is not None and submission.session_digest == session_digest():
            posted, key = posted_from_answers(submission.answers), submission.form_key
    if not posted and g.parent is None and "link" not in request.args:
        return blank_form()
    return _page(ContactForm(posted, _facts()), issue_token(key), seen=seen)


@bp.post("/forms/contact")
def send_contact_form() -> ResponseReturnValue:
    started = time.monotonic()
    if action := request.form.get("action", ""):
        posted, opened = take_action(request.form, action)
        token = request.form.get("form_token", "")
        keep = token if read_token(token) else issue_token()
        return _page(ContactForm(posted, _facts()), keep, opened=opened)
    form = ContactForm(request.form, _facts())
    form_token = read_token(request.form.get("form_token", ""))
    fault = token_fault()
    if form_token is None or fault:
        key = form_token.key if form_token else None
        problem = REFUSED[fault or TokenFault.EXPIRED]
        return _page(form, issue_token(key), [("send", problem)], 422)
    problems = _problems(form, form_token)
    if problems:
        return _page(form, request.form["form_token"], problems, 422)
    return _take_in(form, form_token, started)


# The token is checked above: a page that has expired comes back with everything typed.
csrf.exempt(send_contact_form)


def _problems(form: ContactForm, form_token: FormToken) -> list[tuple[str, str]]:
    """Return all errors of the form, or, if there are none, that it came back too quickly."""
    form.check()
    if g.school.texting_on and shown_wording() is None:
        form.ask_again(WORDS_CHANGED)
    elif g.school.texting_on and not _named_rightly(form):
        form.ask_again(WORDS_CHANGED, first=2)
    problems = form.error_list()
    if not problems and form_token.age < settings().form_min_seconds:
        problems = [("send", QUICK)]
    return problems


def _named_rightly(form: ContactForm) -> bool:
    """Return True if the questions about other adults' phones named them as the form does. Without
    a script a page names nobody, or whom it named when it was shown."""
    others = {n: p.called() for n, p in form.parents.items() if n > 1 and p.phones()}
    named = all(_named(n) in {"", name} for n, name in others.items())
    return named and (not others or shown_wording(of_another=True) is not None)


def _named(n: int) -> str:
    return clean(request.form.get(f"parent{n}-asked", ""))


def _asked_about(answers: ContactAnswers) -> dict[str, receive.AskedAbout]:
    wording = shown_wording(of_another=True)
    own = {phone.number for phone in answers.parents[1].phones if phone.answer}
    return {
        phone.number: receive.AskedAbout(wording, _named(n) or wording.someone)
        for n, parent in answers.parents.items()
        for phone in parent.phones
        if wording is not None and n > 1 and phone.answer and phone.number not in own
    }


def _take_in(form: ContactForm, form_token: FormToken, started: float) -> ResponseReturnValue:
    token = request.form["form_token"]
    try:
        receipt = _save(form, form_token)
    except rate_limit.TooManyFormsError:
        return _page(form, token, [("send", TOO_MANY)], 429)
    except ChangedMeanwhileError as error:
        return _ask_afresh(form, token, error.numbers)
    except (OperationalError, InterfaceError):
        current_app.logger.exception("a contact form could not be saved")
        return _page(form, token, [("send", AWAY)], 503)
    remember_sent(receipt.submission_id)
    if g.parent is None:
        form_worker.nudge()
        return redirect(url_for("parent.thank_you"), 303)
    if any(result.handset_must_confirm for result in receipt.own_results):
        return after_answers(list(receipt.own_results), started)
    pad_response_time(started)
    return redirect(url_for("parent.thank_you"), 303)


def _ask_afresh(form: ContactForm, token: str, numbers: list[str]) -> ResponseReturnValue:
    """A signed-in parent's number got another answer while they filled out the form."""
    form.ask_again(CHANGED)
    home = household(g.school, g.parent.contact_id)
    seen = home.seen
    changed = [p for p in home.phones if p.number in numbers]
    problems = form.error_list() or [("send", CHANGED)]
    return _page(form, token, problems, 409, seen=seen, changed=changed)


def _save(form: ContactForm, form_token: FormToken) -> Receipt:
    g.parent = current_parent()
    answers = form.answers()
    sent = _sent(form, form_token, answers)

    def save() -> Receipt:
        if sent.parent_id is None:
            receipt = receive.accept_form(g.school, answers, sent)
        else:
            receipt = receive.receive_form(g.school, answers, sent, sign_in_link_url)
        if not receipt.repeated:
            rate_limit.count_form(g.school.id, client_network(), settings().form_limit)
        return receipt

    return write_with_retry(save, also=IntegrityError)  # the same form, sent twice at once


def _sent(form: ContactForm, form_token: FormToken, answers: ContactAnswers) -> receive.FormContext:
    wording = shown_wording()
    return receive.FormContext(
        form_key=_form_key(form_token, answers),
        session_digest=session_digest(),
        language=wording.language if wording else language.page_language(),
        evidence={
            "ip": client_address(),
            "browser": request.user_agent.string[:300],
            "name": form.parents[1].full_name(),
        },
        wording=wording,
        parent_id=g.parent.contact_id if g.parent else None,
        parent_session=g.parent.session_hash if g.parent else None,
        seen=posted_seen() if g.parent else {},
        shown_slots=posted_slots() if g.parent else frozenset(),
        link_token=request.form.get("link", ""),
        asked_about=_asked_about(answers),
    )


def _form_key(form_token: FormToken, answers: ContactAnswers) -> str:
    """Return the page's key, or that of the form that this browser sent before, if these answers
    correct it. Many browsers load the page again when somebody goes back."""
    sent_id = recall_sent(SHEET_LIFE_SECONDS)
    earlier = get_submission(g.school.id, sent_id) if sent_id else None
    if earlier is None or earlier.session_digest != session_digest():
        return form_token.key
    came_back = request.form.get("came-back") == "1"
    corrects = is_correction(from_kept(earlier.answers), answers, came_back)
    return earlier.form_key if corrects else form_token.key


def _facts() -> SchoolFacts:
    return SchoolFacts(g.school.name, g.school.country, g.school.texting_on)


def _page(
    form: ContactForm,
    token: str,
    problems: list[tuple[str, str]] | None = None,
    status: int = 200,
    opened: Any = (),
    seen: dict[str, int] | None = None,
    changed: list[PhoneRow] | None = None,
) -> ResponseReturnValue:
    """The form's page. Asks no database: it must come back when there is none."""
    page = render_template(
        "parent/contact_form.html",
        layout=Layout(form, set(opened)),
        errors=problems or [],
        token=token,
        mark=browser_mark(session_token()),
        wording=current_wording(),
        wording_of_another=current_wording(of_another=True),
        school=g.school,
        signed_in_parent=g.get("parent"),
        seen=posted_seen() if seen is None else seen,
        shown_slots=form.own_slots() if request.method == "GET" else sorted(posted_slots()),
        changed=changed or [],
        came_back=request.form.get("came-back", "") == "1",
        link=request.values.get("link", "")[:MOST_OF_A_LINK],
        remembered=remember_blocks(g.school),
    )
    return page, status
