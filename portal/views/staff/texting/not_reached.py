"""Families that a batch did not reach: a list to call, to print, to download, and to email."""

from collections.abc import Iterator

from flask import Response, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.enums import StaffRole
from portal.extensions import writing
from portal.labels import plural
from portal.normalize import whole_number
from portal.queries.texting.batches import BatchRow, get_batch
from portal.queries.texting.not_reached import (
    PAGE,
    UnreachedFamily,
    count_not_reached,
    not_reached,
    unreached_parents,
)
from portal.services.exports import not_reached as export
from portal.services.exports.csv import BOM, csv_lines
from portal.services.exports.xlsx import XLSX, xlsx_pieces
from portal.services.mail import invitations
from portal.views.responses import sign_in_link_url
from portal.views.staff import bp
from portal.views.staff.auth.access import needs
from portal.views.staff.exports import file_response


@bp.get("/texts/batches/<int:batch_id>/not-reached")
def not_reached_page(batch_id: int) -> str:
    """Show a page of the families, or, to print them, all."""
    batch = _batch_or_404(batch_id)
    whole = "print" in request.args
    total = count_not_reached(g.school.id, batch_id)
    number = 1 if whole else whole_number(request.args.get("page", ""), total // PAGE + 1) or 1
    families = not_reached(g.school, batch_id, (number - 1) * PAGE, None if whole else PAGE)
    return render_template(
        "staff/texting/not_reached.html",
        batch=batch,
        families=_siblings(families),
        total=total,
        page=number,
        more=not whole and total > number * PAGE,
        whole=whole,
    )


@bp.get("/texts/batches/<int:batch_id>/not-reached.csv")
def not_reached_csv(batch_id: int) -> Response:
    _batch_or_404(batch_id)
    rows = (row for some in export.chunks(g.school, batch_id) for row in some)

    def pieces() -> Iterator[bytes]:
        yield BOM.encode()
        for piece in csv_lines(export.HEADER, rows):
            yield piece.encode()

    return file_response(pieces(), "not-reached", "csv", "text/csv; charset=utf-8")


@bp.get("/texts/batches/<int:batch_id>/not-reached.xlsx")
def not_reached_xlsx(batch_id: int) -> Response:
    _batch_or_404(batch_id)
    pieces = xlsx_pieces(export.HEADER, export.chunks(g.school, batch_id), "Not reached")
    return file_response(pieces, "not-reached", "xlsx", XLSX)


@bp.post("/texts/batches/<int:batch_id>/not-reached/invitations")
@needs(StaffRole.EDITOR)
def invite_not_reached(batch_id: int) -> ResponseReturnValue:
    """Email the form to the parents of these families."""
    _batch_or_404(batch_id)
    ids = unreached_parents(g.school.id, batch_id)[: invitations.MOST]
    with writing():
        sent = invitations.invite(g.school, ids, g.member.name, sign_in_link_url)
    left = len(ids) - len(sent)
    also = f" {left} skipped: they got it in the last day or have no email." if left else ""
    flash(
        f"We're emailing the form to {plural(len(sent), 'parent')}.{also}",
        "good" if sent else "warn",
    )
    return redirect(url_for("staff.not_reached_page", batch_id=batch_id), 303)


def _siblings(families: list[UnreachedFamily]) -> list[list[UnreachedFamily]]:
    """Put children with the same parents together: one call reaches them all."""
    found: dict[tuple[int, ...], list[UnreachedFamily]] = {}
    for family in families:
        parents = tuple(sorted(parent.contact_id for parent in family.parents))
        found.setdefault(parents or (family.contact_id,), []).append(family)
    return list(found.values())


def _batch_or_404(batch_id: int) -> BatchRow:
    batch = get_batch(g.school, batch_id, clock.now())
    if batch is None:
        abort(404)
    return batch
