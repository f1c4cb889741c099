"""Admins see who is staff of their school, invite others, change roles, and remove people.

An account belongs to the installation: to disable one, or to reset a password, is a command.
"""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.enums import StaffRole
from portal.extensions import writing
from portal.forms.staff_accounts import InviteForm, RoleForm
from portal.labels import STAFF_ROLE_WORDS
from portal.queries.accounts.members import StaffRow, find_staff, school_staff, waiting_invitations
from portal.services.accounts import staff_invitations, staff_roles
from portal.services.accounts.accounts import AccountError
from portal.services.accounts.last_admin import LastAdminError
from portal.services.accounts.staff_invitations import InvitationError
from portal.services.accounts.staff_roles import NotStaffError
from portal.views.responses import outside_url
from portal.views.staff import bp
from portal.views.staff.auth.access import current_actor, needs, reviewable, reviewing


@bp.get("/accounts")
@needs(StaffRole.ADMIN)
def accounts_page() -> ResponseReturnValue:
    return _list_page(InviteForm())


@bp.post("/accounts")
@needs(StaffRole.ADMIN)
@reviewable
def invite_staff() -> ResponseReturnValue:
    form = InviteForm(request.form)
    if reviewing():
        return _list_page(form)
    if not form.check():
        return _list_page(form, 422)
    try:
        with writing():
            address = staff_invitations.invite_staff(
                g.school, form.typed("email"), form.chosen(), current_actor(), _invitation_url
            )
    except (AccountError, InvitationError) as error:
        form.add_error("email", str(error))
        return _list_page(form, 422)
    flash(f"We're emailing an invitation to {address}.", "good")
    return redirect(url_for("staff.accounts_page"), 303)


@bp.post("/accounts/invitations/<int:invitation_id>/cancel")
@needs(StaffRole.ADMIN)
def cancel_invitation(invitation_id: int) -> ResponseReturnValue:
    with writing():
        address = staff_invitations.cancel_invitation(g.school.id, invitation_id, current_actor())
    if address is None:
        abort(404)
    flash(f"Invitation to {address} canceled. Its link no longer works.", "good")
    return redirect(url_for("staff.accounts_page"), 303)


@bp.get("/accounts/<int:account_id>")
@needs(StaffRole.ADMIN)
def account_page(account_id: int) -> ResponseReturnValue:
    person = _person_or_404(account_id)
    form = RoleForm(role=person.role)
    return render_template("staff/auth/account.html", person=person, form=form)


@bp.post("/accounts/<int:account_id>")
@needs(StaffRole.ADMIN)
def change_role(account_id: int) -> ResponseReturnValue:
    person = _person_or_404(account_id)
    form = RoleForm(request.form)
    if not form.check():
        return render_template("staff/auth/account.html", person=person, form=form), 422
    role = form.chosen()
    try:
        with writing():
            staff_roles.change_role(g.school.id, account_id, role, current_actor())
    except LastAdminError as error:
        form.add_error("role", str(error))
        return render_template("staff/auth/account.html", person=person, form=form), 422
    except NotStaffError:
        abort(404)
    flash(f"{person.name}: {STAFF_ROLE_WORDS[role].name}.", "good")
    gave_it_up = account_id == g.member.account_id and role is not StaffRole.ADMIN
    return redirect(url_for("staff.overview" if gave_it_up else "staff.accounts_page"), 303)


@bp.get("/accounts/<int:account_id>/remove")
@needs(StaffRole.ADMIN)
def ask_to_remove(account_id: int) -> ResponseReturnValue:
    return render_template("staff/auth/remove_account.html", person=_person_or_404(account_id))


@bp.post("/accounts/<int:account_id>/remove")
@needs(StaffRole.ADMIN)
def remove_account(account_id: int) -> ResponseReturnValue:
    person = _person_or_404(account_id)
    try:
        with writing():
            staff_roles.remove_member(g.school.id, account_id, current_actor())
    except LastAdminError as error:
        page = render_template("staff/auth/remove_account.html", person=person, error=str(error))
        return page, 422
    except NotStaffError:
        abort(404)
    flash(f"{person.name} can no longer open {g.school.name}.", "good")
    if account_id == g.member.account_id:
        return redirect(url_for("accounts.schools"), 303)
    return redirect(url_for("staff.accounts_page"), 303)


def _invitation_url(token: str) -> str:
    return outside_url("accounts.invitation", token=token)


def _person_or_404(account_id: int) -> StaffRow:
    person = find_staff(g.school.id, account_id)
    if person is None:
        abort(404)
    return person


def _list_page(form: InviteForm, status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "staff/auth/accounts.html",
        people=school_staff(g.school.id),
        invitations=waiting_invitations(g.school.id),
        form=form,
        role_words=STAFF_ROLE_WORDS,
        unsaved=request.method == "POST" and reviewing(),
    )
    return page, status
