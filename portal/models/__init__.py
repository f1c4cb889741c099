"""The shared model: every table, on SQLite and on PostgreSQL alike.

Every table but those of the installation itself (school, account and its kin) has `school_id` as
the first part of its key, so no query runs without it and the data can be spread by it.
"""

from portal.models.account import (
    Account,
    KnownDevice,
    Membership,
    PasswordReset,
    SignInFailure,
    StaffInvitation,
    StaffSession,
)
from portal.models.audit import AuditEntry
from portal.models.columns import same_school
from portal.models.consent import (
    ConsentEvent,
    ConsentEvidence,
    ConsentPause,
    ConsentStatus,
    Wording,
)
from portal.models.contact import (
    Contact,
    ContactRoleAssignment,
    ContactWord,
    Enrollment,
    EnrollmentChange,
    NameWord,
    ParentLink,
    ParentRestriction,
    RecordEdit,
    has_role,
)
from portal.models.email_change import EmailChange
from portal.models.holding import Holding, open_holding_of
from portal.models.mail import Campaign, EmailRefusal, Mail
from portal.models.opt_out import FormOptOut, OwnerNotice
from portal.models.phone import Phone
from portal.models.school import School, Term, TextingNumber
from portal.models.search import FieldLabel, SavedSearch
from portal.models.sign_in import ConfirmationWord, ParentSession, SignInKey
from portal.models.staff_notice import StaffNotice
from portal.models.submission import FormUse, LimitUse, Proposal, Submission, SubmissionContact
from portal.models.texting import (
    Batch,
    BatchStudent,
    InboundMessage,
    Message,
    MessageContact,
    MessageReport,
    TextedLink,
)
from portal.models.worker_beat import WorkerBeat
from portal.models.write_check import WriteCheck

__all__ = [
    "Account",
    "AuditEntry",
    "Batch",
    "BatchStudent",
    "Campaign",
    "ConfirmationWord",
    "ConsentEvent",
    "ConsentEvidence",
    "ConsentPause",
    "ConsentStatus",
    "Contact",
    "ContactRoleAssignment",
    "ContactWord",
    "EmailChange",
    "EmailRefusal",
    "Enrollment",
    "EnrollmentChange",
    "FieldLabel",
    "FormOptOut",
    "FormUse",
    "Holding",
    "InboundMessage",
    "KnownDevice",
    "LimitUse",
    "Mail",
    "Membership",
    "Message",
    "MessageContact",
    "MessageReport",
    "NameWord",
    "OwnerNotice",
    "ParentLink",
    "ParentRestriction",
    "ParentSession",
    "PasswordReset",
    "Phone",
    "Proposal",
    "RecordEdit",
    "SavedSearch",
    "School",
    "SignInFailure",
    "SignInKey",
    "StaffInvitation",
    "StaffNotice",
    "StaffSession",
    "Submission",
    "SubmissionContact",
    "Term",
    "TextedLink",
    "TextingNumber",
    "Wording",
    "WorkerBeat",
    "WriteCheck",
    "has_role",
    "open_holding_of",
    "same_school",
]
