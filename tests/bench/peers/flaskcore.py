"""Design probe: Flask + Jinja + SQLAlchemy Core with the floor's SQL and indexes, session, CSRF and phonenumbers. Shows what the product's own
stack can reach; it is no product (no WTForms, one page each). env: DB."""

import csv
import hmac
import io
import os
import secrets
from datetime import datetime, timezone

import floor
import phonenumbers
from flask import Flask, Response, abort, g, redirect, request, session, stream_with_context
from sqlalchemy import create_engine, event

PG = os.environ["DB"].startswith("postgres")
engine = create_engine(
    os.environ["DB"].replace("postgresql://", "postgresql+psycopg://")
    if PG
    else "sqlite:///" + os.environ["DB"]
)
app = Flask(__name__)
app.secret_key = "bench"
FORM = app.jinja_env.from_string("""<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width"><title>Contact form</title>
<style>body{font:16px sans-serif;max-width:40em;margin:auto}label{display:block}.error{color:#b00}</style><h1>Contact form</h1>
<form method=post><input type=hidden name="csrf_token" value="{{ csrf }}">
{% for k, label in fields %}<label for={{k}}>{{label}}</label><input id={{k}} name={{k}} value="{{ v.get(k,'') }}">{% if k in errors %}<p class=error>{{ errors[k] }}</p>{% endif %}{% endfor %}
{% for i in (1,2,3) %}<fieldset><legend>Phone {{i}}</legend><label for=number{{i}}>Number</label><input id=number{{i}} name=number{{i}} type=tel value="{{ v.get('number%d'%i,'') }}">
<label for=type{{i}}>Type</label><select id=type{{i}} name=type{{i}}>{% for t in ('home','cell','work') %}<option{% if v.get('type%d'%i)==t %} selected{% endif %}>{{t}}</option>{% endfor %}</select>
<label><input type=radio name=consent{{i}} value=in{% if v.get('consent%d'%i)=='in' %} checked{% endif %}>Text me</label>
<label><input type=radio name=consent{{i}} value=out{% if v.get('consent%d'%i)=='out' %} checked{% endif %}>Do not text me</label>
{% if 'number%d'%i in errors %}<p class=error>{{ errors['number%d'%i] }}</p>{% endif %}</fieldset>{% endfor %}<button>Send</button></form></html>""")
LIST = app.jinja_env.from_string("""<!doctype html><html lang=en><meta charset=utf-8><title>Contacts</title><style>.in{color:green}.out{color:red}</style>
<form><input name=q><button>Search</button></form>{% if n is not none %}<p>{{ n }} contacts</p>{% endif %}<table><tr><th>Name<th>Role<th>Email<th>Status<th>Parent 1<th>2<th>3<th>4</tr>
{% for c, phones in rows %}<tr><td><a href="/c/{{c[0]}}">{{c[3]}}, {{c[2]}}</a><td>{{c[1]}}<td>{{c[4]}}<td>{{c[5]}}{% for num, cons in phones %}<td class={{cons}}>{{num or ''}}{% endfor %}</tr>
{% endfor %}</table></html>""")
RECORD = app.jinja_env.from_string("""<!doctype html><html lang=en><meta charset=utf-8><title>Contact</title><style>.in{color:green}.out{color:red}</style><table>
{% for r in rows %}<tr>{% for x in r %}<td>{{ x if x is not none else '' }}{% endfor %}</tr>{% endfor %}</table></html>""")
FIELDS = [("first_name", "First name"), ("last_name", "Last name"), ("email", "Email")]


@event.listens_for(engine, "connect")
def connected(con, _):
    if not PG:
        con.isolation_level = None  # the begin event below opens each transaction


@event.listens_for(engine, "begin")
def begun(con):
    if not PG:
        con.exec_driver_sql(
            "BEGIN IMMEDIATE" if con.get_execution_options().get("write") else "BEGIN"
        )


def q(con, sql, *a):
    g.n = g.get("n", 0) + 1
    return con.exec_driver_sql(sql.replace("%", "%%").replace("?", "%s") if PG else sql, a)


@app.after_request
def header(r):
    r.headers["X-SQL-Count"] = str(g.get("n", 0))
    return r


def staff():
    if not session.get("staff"):
        abort(403)


def listing(rows, n=None):
    out = []
    for r in rows:
        if not out or out[-1][0][0] != r[0]:
            out.append((r, []))
        out[-1][1].append((r[6], r[7]))
    return LIST.render(rows=out, n=n)


@app.get("/form")
def form(v={}, errors={}):
    session.setdefault("csrf", secrets.token_hex(16))
    return FORM.render(csrf=session["csrf"], v=v, errors=errors, fields=FIELDS)


@app.post("/form")
def send():
    f, errors, phones = request.form, {}, []
    if not hmac.compare_digest(f.get("csrf_token", ""), session.get("csrf", "-")):
        abort(400)
    for k, label in FIELDS:
        if not f.get(k):
            errors[k] = label + " is needed."
    if "@" not in f.get("email", ""):
        errors["email"] = "Enter an email address."
    for i in "123":
        if not f.get("number" + i):
            continue
        try:
            n = phonenumbers.parse(f["number" + i], "US")
        except phonenumbers.NumberParseException:
            n = None
        c = f.get("consent" + i, "")
        if n is None or not phonenumbers.is_valid_number(n):
            errors["number" + i] = "Enter a US or Canadian number."
        elif f.get("type" + i) == "cell" and c not in ("in", "out"):
            errors["number" + i] = "Choose whether we may text this number."
        else:
            phones.append(
                (
                    phonenumbers.format_number(n, 0),
                    f.get("type" + i),
                    c if f.get("type" + i) == "cell" else "",
                )
            )
    if errors or not phones:
        return form(f, errors), 422
    now = datetime.now(timezone.utc).isoformat()
    with engine.connect().execution_options(write=True) as con, con.begin():
        fam = q(con, "INSERT INTO family DEFAULT VALUES RETURNING id").scalar()
        cid = q(
            con,
            "INSERT INTO contact(family_id,role,position,first_name,last_name,email,status,term,cell_out) VALUES(?,'parent',1,?,?,?,'','',?) RETURNING id",
            fam,
            f["first_name"],
            f["last_name"],
            f["email"],
            int(any(c == "out" for *_, c in phones)),
        ).scalar()
        for i, (num, t, c) in enumerate(phones, 1):
            pid = q(
                con,
                "INSERT INTO phone(contact_id,position,type,number,consent) VALUES(?,?,?,?,?) RETURNING id",
                cid,
                i,
                t,
                num,
                c,
            ).scalar()
            if c:
                q(
                    con,
                    "INSERT INTO consent_event(phone_id,consent,source,at) VALUES(?,?,'form',?)",
                    pid,
                    c,
                    now,
                )
    return redirect("/thanks", 303)


@app.get("/out")
def out():
    staff()
    with engine.connect() as con:
        return listing(
            q(con, floor.OUT), q(con, "SELECT count(*) FROM contact WHERE cell_out=1").scalar()
        )


@app.get("/search")
def search():
    staff()
    t = request.args["q"].lower()
    digits = "".join(filter(str.isdigit, t))
    end = t + "\U0010ffff"
    with engine.connect() as con:
        return listing(
            q(con, floor.NAME, t, end, t, end)
            if any(map(str.isalpha, t))
            else q(con, floor.TAIL, digits)
            if len(digits) == 4
            else q(con, floor.PHONE, "+1" + digits[-10:])
        )


@app.get("/c/<int:i>")
def record(i):
    staff()
    with engine.connect() as con:
        return RECORD.render(rows=q(con, floor.RECORD, i).fetchall())


@app.get("/export.csv")
def export():
    staff()

    def gen():
        buf = io.StringIO()
        w = csv.writer(buf)
        w.writerow(["parent_id", "first", "last", "number", "type"])
        with engine.connect().execution_options(stream_results=True, max_row_buffer=2000) as con:
            for part in q(con, floor.EXPORT).partitions(2000):
                w.writerows(part)
                yield buf.getvalue()
                buf.seek(0)
                buf.truncate()

    return Response(stream_with_context(gen()), mimetype="text/csv")


@app.post("/sms")
def sms():
    number = phonenumbers.format_number(phonenumbers.parse(request.form["From"], "US"), 0)
    now = datetime.now(timezone.utc).isoformat()
    with engine.connect().execution_options(write=True) as con, con.begin():
        for pid, cid in q(
            con,
            "UPDATE phone SET consent='out' WHERE number=? AND type='cell' RETURNING id, contact_id",
            number,
        ).fetchall():
            q(
                con,
                "INSERT INTO consent_event(phone_id,consent,source,at) VALUES(?,'out','sms',?)",
                pid,
                now,
            )
            q(con, "UPDATE contact SET cell_out=1 WHERE id=?", cid)
    return Response("<Response/>", mimetype="text/xml")


@app.post("/login")
def login():
    session["staff"] = True
    return redirect("/")
