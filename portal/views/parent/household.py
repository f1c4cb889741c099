"""A signed-in parent's own page: phones, answers, children, and what waits for their word."""

import time

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import clock
from portal.enums import Answer, ConsentState
from portal.extensions import writing
from portal.forms.contact import SchoolFacts
from portal.forms.household import HouseholdPhonesForm
from portal.normalize import full_name
from portal.queries.records.household import Household, household, open_confirmation_word
from portal.queries.records.pauses import open_pauses_of
from portal.queries.records.phones import phones_of_ids
from portal.services.contacts.phones import PhoneValue, has_cell
from portal.services.intake import household as household_service
from portal.services.intake.household import AnsweringParent, ChangedMeanwhileError
from portal.services.texting import handset_confirmation
from portal.services.texting.record_consent import AnswerResult
from portal.views.parent import bp
from portal.views.parent.access import signed_in
from portal.views.parent.form_layout import without
from portal.views.parent.labels import answer_words
from portal.views.parent.seen import posted_number, posted_seen, posted_slots, whole
from portal.views.parent.wording import WORDS_CHANGED, current_wording, shown_wording
from portal.views.responses import (
    client_address,
    pad_response_time,
    require_school_ids,
    sign_in_link_url,
)


@bp.get("/household")
@signed_in
def household_page() -> ResponseReturnValue:
    return _page()


@bp.post("/household/answer")
@signed_in
def give_answer() -> ResponseReturnValue:
    """Yes or no about one of the parent's own cell phones, with one tap."""
    started = time.monotonic()
    number, said = posted_number(), request.form.get("answer", "")
    if said not in set(Answer) or not g.school.texting_on:
        flash(_("Choose yes or no."), "warn")
        return redirect(url_for("parent.household_page"), 303)
    wording = shown_wording()
    if wording is None:
        flash(str(WORDS_CHANGED), "warn")
        return redirect(url_for("parent.household_page"), 303)
    seen = {number: whole(request.form.get("seen", ""))} if "seen" in request.form else {}
    try:
        with writing():
            result = household_service.record_own_answer(
                g.school, _answering_parent(), number, Answer(said), wording, seen
            )
    except LookupError:
        flash(_("This number is no longer on your record."), "warn")
    except ChangedMeanwhileError:
        flash(
            _("The text setting for this number just changed. Check it, then answer again."), "warn"
        )
    else:
        return after_answers([result], started)
    return redirect(url_for("parent.household_page"), 303)


@bp.post("/household/confirm")
@signed_in
def confirm() -> ResponseReturnValue:
    with writing():
        household_service.confirm_phones(g.school.id, g.parent.contact_id)
    flash(_("Thank you. Your phone numbers are confirmed as of today."), "good")
    return redirect(url_for("parent.household_page"), 303)


@bp.post("/household/waiting")
@signed_in
def settle_waiting() -> ResponseReturnValue:
    started = time.monotonic()
    ids = [whole(i) for i in request.form.getlist("shown")]
    require_school_ids("proposal", ids)
    results: list[AnswerResult] = []
    with writing():
        if "mine" in request.form:
            results = household_service.confirm_proposals(g.school, _answering_parent(), ids)
        else:
            household_service.reject_proposals(g.school, _answering_parent(), ids)
    if "mine" in request.form:
        flash(_("Thank you for confirming."), "good")
    else:
        flash(_("Thank you. We didn't change anything."), "good")
    return after_answers(results, started)


@bp.get("/household/phones")
@signed_in
def phones() -> ResponseReturnValue:
    home = household(g.school, g.parent.contact_id)
    form = HouseholdPhonesForm()
    form.prepare(_facts(), set())
    form.show({p.slot: (p.type, p.shown, p.extension) for p in home.phones})
    return _phones_page(form, home)


@bp.post("/household/phones")
@signed_in
def change_phones() -> ResponseReturnValue:
    started = time.monotonic()
    home = household(g.school, g.parent.contact_id)
    removed = request.form.get("remove", "")
    form = HouseholdPhonesForm(without(request.form, removed) if removed else request.form)
    form.prepare(_facts(), {p.number for p in home.phones if p.type == "cell"})
    if removed:
        return _phones_page(form, home)
    if not form.check() or not _same_words(form):
        return _phones_page(form, home, 422)
    values = [PhoneValue.of(phone.answer(slot)) for slot, phone in form.phones()]
    try:
        with writing():
            results = household_service.change_phones(
                g.school,
                _answering_parent(),
                values,
                form.answers(),
                shown_wording(),
                posted_seen(),
                posted_slots(),
            )
    except ChangedMeanwhileError as error:
        return _phones_page(form, home, 409, error.numbers)
    flash(_("Saved."), "good")
    return after_answers(results, started)


@bp.get("/household/handset/<number>")
@signed_in
def handset_page(number: str) -> ResponseReturnValue:
    """The word to text from a number; looks every few seconds whether it has come.

    Only of a cell phone on the parent's own record. It tells that it worked once the phone itself
    has confirmed the number; of any other number it would tell the state.
    """
    e164 = f"+{number}"
    mine = phones_of_ids(g.school, [g.parent.contact_id]).get(g.parent.contact_id, [])
    phone = next((p for p in mine if p.number == e164 and p.state is not None), None)
    if phone is None:
        return redirect(url_for("parent.household_page"), 303)
    word = open_confirmation_word(g.school.id, g.parent.contact_id, e164, clock.now())
    on = phone.proven and phone.state is ConsentState.OPTED_IN
    if word is None and not on:
        return redirect(url_for("parent.household_page"), 303)
    return render_template("parent/handset.html", school=g.school, phone=phone, word=word, on=on)


@bp.post("/household/handset")
@signed_in
def show_confirmation_word() -> ResponseReturnValue:
    """A word to text from a cell phone of the parent's own."""
    number, wording = posted_number(), shown_wording()
    if wording is None:
        flash(str(WORDS_CHANGED), "warn")
    elif not has_cell(g.school.id, g.parent.contact_id, number):
        flash(_("This number is no longer on your record."), "warn")
    else:
        with writing():
            handset_confirmation.issue_confirmation_word(
                g.school, g.parent.contact_id, number, wording
            )
        return redirect(url_for("parent.handset_page", number=number[1:]), 303)
    return redirect(url_for("parent.household_page"), 303)


def after_answers(results: list[AnswerResult], started: float) -> ResponseReturnValue:
    """Say what came of the answers; where the phone may be asked, go and show its word.

    `started` is when the request was (monotonic): of numbers that are not proven, the time that it
    takes tells nothing either.
    """
    for one in results:
        flash(answer_words(one, g.school), "good")
    unsure = [one for one in results if one.handset_must_confirm]
    wording = current_wording()
    if unsure and wording is not None:
        with writing():
            for one in unsure:
                handset_confirmation.issue_confirmation_word(
                    g.school, g.parent.contact_id, one.number, wording
                )
    if not all(one.proven for one in results):
        pad_response_time(started)
    if not unsure or wording is None:
        return redirect(url_for("parent.household_page"), 303)
    return redirect(url_for("parent.handset_page", number=unsure[0].number[1:]), 303)


def _page() -> ResponseReturnValue:
    home = household(g.school, g.parent.contact_id)
    return render_template(
        "parent/household.html",
        school=g.school,
        home=home,
        pauses=open_pauses_of(g.school, [p.number for p in home.phones if p.paused]),
        wording=current_wording(),
    )


def _phones_page(
    form: HouseholdPhonesForm, home: Household, status: int = 200, changed: list[str] | None = None
) -> ResponseReturnValue:
    page = render_template(
        "parent/phones.html",
        school=g.school,
        form=form,
        home=home,
        shown_slots=posted_slots() if request.method == "POST" else [p.slot for p in home.phones],
        errors=form.error_list(),
        changed=[p for p in home.phones if p.number in (changed or [])],
        wording=current_wording(),
    )
    return page, status


def _same_words(form: HouseholdPhonesForm) -> bool:
    """True if the question is still as it was answered; if not, the form asks it again."""
    if not form.answers() or shown_wording() is not None:
        return True
    form.ask_again(str(WORDS_CHANGED))
    return False


def _answering_parent() -> AnsweringParent:
    parent = g.parent
    name = full_name(parent.first_name, parent.last_name)
    evidence = {
        "ip": client_address(),
        "browser": request.user_agent.string[:300],
        "name": name,
    }
    return AnsweringParent(parent.contact_id, name, evidence, sign_in_link_url, parent.session_hash)


def _facts() -> SchoolFacts:
    return SchoolFacts(g.school.name, g.school.country, g.school.texting_on)
