"""Flask-Admin over SQLAlchemy: list with filters/search/export, edit view, its own create form as the parent form, STOP view.
env: DB (sqlite path or postgresql:// DSN). Staff views need a signed session cookie (/login); the form does not."""

import os
from datetime import datetime, timezone

import phonenumbers
from flask import Flask, g, redirect, request, session
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_admin.contrib.sqla.filters import BaseSQLAFilter
from flask_admin.form import SecureForm
from flask_sqlalchemy import SQLAlchemy
from markupsafe import Markup
from sqlalchemy import event, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import selectinload
from wtforms import SelectField, ValidationError

DB = os.environ["DB"]
app = Flask(__name__)
app.secret_key = "bench"
app.config["SQLALCHEMY_DATABASE_URI"] = (
    DB.replace("postgresql://", "postgresql+psycopg://")
    if DB.startswith("postgres")
    else "sqlite:///" + DB
)
db = SQLAlchemy(app)
Col, I, S, FK = db.Column, db.Integer, db.String, db.ForeignKey


@event.listens_for(Engine, "before_cursor_execute")
def count(*a):
    g.n = g.get("n", 0) + 1


@app.after_request
def header(r):
    r.headers["X-SQL-Count"] = str(g.get("n", 0))
    return r


class Family(db.Model):
    id = Col(I, primary_key=True)
    members = db.relationship("Contact", order_by="Contact.position", back_populates="family")


class Contact(db.Model):
    id = Col(I, primary_key=True)
    family_id = Col(I, FK("family.id"), nullable=False)
    role, position = Col(S(8), nullable=False, default="parent"), Col(I, nullable=False, default=1)
    first_name, last_name, email = (
        Col(S(60), nullable=False),
        Col(S(60), nullable=False),
        Col(S(120), nullable=False),
    )
    status, term = Col(S(10), default="", nullable=False), Col(S(8), default="", nullable=False)
    family = db.relationship(Family, back_populates="members")
    phones = db.relationship("Phone", order_by="Phone.position", back_populates="contact")


class Phone(db.Model):
    id = Col(I, primary_key=True)
    contact_id = Col(I, FK("contact.id"), nullable=False)
    position, type = Col(I, nullable=False, default=1), Col(S(4), nullable=False)
    number, consent = Col(S(20), nullable=False), Col(S(4), nullable=False, default="")
    contact = db.relationship(Contact, back_populates="phones")


class ConsentEvent(db.Model):
    id = Col(I, primary_key=True)
    phone_id = Col(I, FK("phone.id"), nullable=False)
    consent, source, at = (
        Col(S(4), nullable=False),
        Col(S(10), nullable=False),
        Col(S(32), nullable=False),
    )


class CellOptIn(BaseSQLAFilter):
    def apply(self, query, value, alias=None):
        return query.filter(Contact.phones.any((Phone.type == "cell") & (Phone.consent == value)))

    def operation(self):
        return "is"


def parent_column(i):
    def fmt(view, context, c, name):
        ps = [m for m in c.family.members if m.role == "parent"]
        ph = ps[i].phones[0] if i < len(ps) and ps[i].phones else None
        return (
            Markup('<span style="color:{}">{}</span>').format(
                {"in": "green", "out": "red"}.get(ph.consent, "gray"), ph.number
            )
            if ph
            else ""
        )

    return fmt


def e164(form, field):
    try:
        n = phonenumbers.parse(field.data or "", "US")
    except phonenumbers.NumberParseException:
        raise ValidationError("Enter a phone number.")
    if not phonenumbers.is_valid_number(n):
        raise ValidationError("Enter a valid phone number.")
    field.data = phonenumbers.format_number(n, phonenumbers.PhoneNumberFormat.E164)


INLINE = (
    Phone,
    {
        "form_columns": ["id", "number", "type", "consent"],
        "form_overrides": {"type": SelectField, "consent": SelectField},
        "form_args": {
            "number": {"validators": [e164]},
            "type": {"choices": [("home", "Home"), ("cell", "Cell"), ("work", "Work")]},
            "consent": {"choices": [("", ""), ("in", "Yes, text me"), ("out", "No")]},
        },
    },
)


class Staff(ModelView):
    named_filter_urls, can_export, page_size, form_base_class = True, True, 50, SecureForm

    def is_accessible(self):
        return session.get("staff") is True


class Contacts(Staff):
    column_list = [
        "last_name",
        "first_name",
        "role",
        "email",
        "status",
        "parent_1",
        "parent_2",
        "parent_3",
        "parent_4",
    ]
    column_formatters = {f"parent_{i + 1}": parent_column(i) for i in range(4)}
    column_filters = [
        "role",
        "status",
        CellOptIn(None, "optin", options=[("in", "Yes"), ("out", "No")]),
    ]
    column_searchable_list = ["first_name", "last_name", "email", "phones.number"]
    column_default_sort = [("last_name", False), ("first_name", False), ("id", False)]
    form_columns, inline_models = ["first_name", "last_name", "email"], [INLINE]

    def get_query(self):  # three extra queries instead of hundreds
        q = super().get_query()
        return (
            q
            if os.environ.get("NAIVE")
            else q.options(
                selectinload(Contact.family)
                .selectinload(Family.members)
                .selectinload(Contact.phones)
            )
        )


class ParentForm(Contacts):  # the public form: only its create view is open
    can_edit = can_delete = can_export = False

    def is_accessible(self):
        return request.endpoint == "parentform.create_view"

    def on_model_change(self, form, model, is_created):
        for i, p in enumerate(model.phones):
            p.position = i + 1
            if p.type == "cell" and p.consent not in ("in", "out"):
                raise ValidationError("Choose whether the school may text this number.")
        model.family = Family()

    def after_model_change(self, form, model, is_created):
        add_events([(p.id, p.consent) for p in model.phones if p.consent], "form")

    def get_save_return_url(self, model, is_created=False):
        return "/thanks"


class Phones(Staff):
    column_list = ["contact_id", "contact.first_name", "contact.last_name", "number", "type"]
    column_filters, column_default_sort = (
        ["consent", "type"],
        [("contact_id", False), ("id", False)],
    )

    def get_query(self):
        return super().get_query().options(selectinload(Phone.contact))


def add_events(pairs, source):
    at = datetime.now(timezone.utc).isoformat()
    db.session.add_all(
        [ConsentEvent(phone_id=i, consent=c, source=source, at=at) for i, c in pairs]
    )
    db.session.commit()


@app.post("/sms")
def stop():
    n = phonenumbers.format_number(
        phonenumbers.parse(request.form["From"], "US"), phonenumbers.PhoneNumberFormat.E164
    )
    ids = db.session.scalars(select(Phone.id).filter_by(number=n, type="cell")).all()
    db.session.execute(
        db.update(Phone).where(Phone.id.in_(ids)).values(consent="out"),
        execution_options={"synchronize_session": False},
    )
    add_events([(i, "out") for i in ids], "sms")
    return "<Response/>", 200, {"Content-Type": "text/xml"}


@app.post("/login")
def login():
    session["staff"] = True
    return redirect("/")


app.add_url_rule("/thanks", "thanks", lambda: "Thank you")
admin = Admin(app, name="Portal")
admin.add_view(Contacts(Contact, db.session, endpoint="contact"))
admin.add_view(ParentForm(Contact, db.session, endpoint="parentform", url="/form"))
admin.add_view(Phones(Phone, db.session, endpoint="phone"))
