"""Campaigns: the form, emailed to all parents of some groups. Callers commit.

A campaign goes through the parents by their ids, some in each transaction, and keeps its place in
it. So it goes on after any interruption, and emails nobody twice. The emails go out through the
queue, after everything that is more urgent.
"""

from sqlalchemy import select

from portal import clock
from portal.extensions import db, insert_new
from portal.models import Campaign
from portal.models.columns import new_id
from portal.queries.records.invitations import CampaignChoice, campaign_counts, next_parents
from portal.queries.schools import SchoolRow
from portal.services.accounts.tokens import MakeUrl
from portal.services.locks import advisory_lock
from portal.services.mail import invitations

AT_A_TIME = 100
"""Parents in one transaction. On SQLite, nobody else writes meanwhile."""


def start(school: SchoolRow, choice: CampaignChoice, form_key: str, who: str) -> int:
    """Start a campaign, and return its id. The same `form_key` again gives the same campaign."""
    now = clock.now()
    values = {
        "school_id": school.id,
        "id": new_id(),
        "form_key": form_key,
        "actor_name": who,
        "no_answer": choice.no_answer,
        "typed_by_staff": choice.typed_by_staff,
        "opted_out": choice.opted_out,
        "enrolled_only": choice.enrolled_only,
        "made_at": now,
        "expected": campaign_counts(school, choice, now).parents,
        "last_id": 0,
        "parents": 0,
        "emails": 0,
    }
    insert_new(Campaign, "id", values)
    mine = (Campaign.school_id == school.id, Campaign.form_key == form_key)
    return db.session.scalars(select(Campaign.id).where(*mine)).one()


def email_some(school: SchoolRow, campaign_id: int, make_url: MakeUrl) -> bool:
    """Email the next parents. False if there are no more, or if staff stopped it."""
    advisory_lock("campaign", school.id)
    mine = (Campaign.school_id == school.id, Campaign.id == campaign_id)
    fresh = select(Campaign).where(*mine).execution_options(populate_existing=True)
    campaign = db.session.scalars(fresh).one()
    if campaign.finished_at is not None:
        return False
    choice = CampaignChoice(
        campaign.no_answer, campaign.typed_by_staff, campaign.opted_out, campaign.enrolled_only
    )
    ids, last_id = next_parents(school, choice, campaign.made_at, campaign.last_id, AT_A_TIME)
    if last_id is None or not school.texting_on:
        campaign.finished_at = clock.now()
        return False
    emailed, emails = invitations.invite_since(
        school, ids, campaign.actor_name, make_url, campaign.made_at
    )
    campaign.last_id = last_id
    campaign.parents += len(emailed)
    campaign.emails += emails
    return True


def stop(school_id: int, campaign_id: int, who: str) -> bool | None:
    """Stop a campaign. False if it was over, None if there is no such campaign. Emails that are
    queued still go out."""
    advisory_lock("campaign", school_id)
    campaign = db.session.get(Campaign, (school_id, campaign_id), populate_existing=True)
    if campaign is None or campaign.finished_at is not None:
        return None if campaign is None else False
    campaign.finished_at = clock.now()
    campaign.canceled_by = who
    return True


def emailed(school_id: int, campaign_id: int) -> int:
    """The number of parents whom a campaign has emailed so far."""
    return db.session.get_one(Campaign, (school_id, campaign_id)).parents
