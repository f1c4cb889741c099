"""The floor: bare WSGI and raw SQL, no framework, no ORM, no login, no template engine; its indexes are the ones each query needs.
env: DB (sqlite path or postgresql:// DSN), PAGE_BYTES (form page padded to this size).
`floor.py prepare` adds the indexes; `floor.py sql META` times the SQL alone and prints JSON."""

import csv
import html
import io
import json
import os
import re
import sys
import time
from urllib.parse import parse_qs, unquote_plus

from gen import AREA

DB, PG, con, count = os.environ["DB"], os.environ["DB"].startswith("postgres"), None, 0
C = ' COLLATE "C"' if PG else ""
LAST, FIRST, LAST4 = (
    f"lower(last_name){C}",
    f"lower(first_name){C}",
    "right(number,4)" if PG else "substr(number,-4)",
)
PREPARE = [
    "ALTER TABLE contact ADD COLUMN cell_out INTEGER NOT NULL DEFAULT 0",  # kept by every consent write, in its transaction
    "UPDATE contact SET cell_out=1 WHERE id IN (SELECT contact_id FROM phone WHERE type='cell' AND consent='out')",
    "CREATE INDEX contact_out ON contact(last_name, first_name, id) WHERE cell_out=1",
    f"CREATE INDEX contact_last ON contact(({LAST}), ({FIRST}), id)"
    if PG
    else f"CREATE INDEX contact_last ON contact({LAST}, {FIRST}, id)",
    f"CREATE INDEX contact_first ON contact(({FIRST}), ({LAST}), id)"
    if PG
    else f"CREATE INDEX contact_first ON contact({FIRST}, {LAST}, id)",
    f"CREATE INDEX phone_last4 ON phone(({LAST4}))"
    if PG
    else f"CREATE INDEX phone_last4 ON phone({LAST4})",
    "CREATE INDEX phone_optout ON phone(contact_id, id) WHERE consent='out'",
]
TRIGRAM = (
    [
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        "CREATE INDEX contact_trgm ON contact USING gin(lower(first_name||' '||last_name) gin_trgm_ops)",
    ]
    if PG
    else [
        "CREATE VIRTUAL TABLE contact_fts USING fts5(name, content='', tokenize='trigram')",
        "INSERT INTO contact_fts(rowid, name) SELECT id, first_name||' '||last_name FROM contact",
    ]
)


def db():
    global con
    if con is None:
        if PG:
            import psycopg

            con = psycopg.connect(DB, autocommit=True, prepare_threshold=0)
        else:
            import sqlite3

            con = sqlite3.connect(DB, isolation_level=None, timeout=20, cached_statements=200)
    return con


def q(sql, *a):
    global count
    count += 1
    return db().execute(sql.replace("%", "%%").replace("?", "%s") if PG else sql, a)


# one query: the page of contacts (keyset-able order), then each one's parents 1-4 with the primary phone
def page(where):
    return f"""WITH page AS (SELECT id,family_id,role,first_name,last_name,email,status,row_number() OVER () AS n FROM ({where}) AS w)
      SELECT page.id,page.role,page.first_name,page.last_name,page.email,page.status,ph.number,ph.consent FROM page
      LEFT JOIN contact p ON p.family_id=page.family_id AND p.role='parent' LEFT JOIN phone ph ON ph.contact_id=p.id AND ph.position=1
      ORDER BY page.n, p.position"""


OUT = page("SELECT * FROM contact WHERE cell_out=1 ORDER BY last_name, first_name, id LIMIT 50")
NAME = page(f"""SELECT * FROM (SELECT * FROM contact WHERE {LAST}>=? AND {LAST}<? ORDER BY {LAST},{FIRST},id LIMIT 50) AS a
      UNION ALL SELECT * FROM (SELECT * FROM contact WHERE {FIRST}>=? AND {FIRST}<? ORDER BY {FIRST},{LAST},id LIMIT 50) AS b LIMIT 50""")
PHONE = page(
    "SELECT * FROM contact WHERE id IN (SELECT contact_id FROM phone WHERE number=?) ORDER BY last_name, first_name, id LIMIT 50"
)
TAIL = page(
    f"SELECT * FROM contact WHERE id IN (SELECT contact_id FROM phone WHERE {LAST4}=?) ORDER BY last_name, first_name, id LIMIT 50"
)
SUBSTR = page(
    "SELECT * FROM contact WHERE "
    + (
        "lower(first_name||' '||last_name) LIKE ?"
        if PG
        else "id IN (SELECT rowid FROM contact_fts WHERE contact_fts MATCH ?)"
    )
    + " ORDER BY last_name, first_name, id LIMIT 50"
)
RECORD = """SELECT m.id,m.role,m.first_name,m.last_name,m.email,m.status,m.term,ph.type,ph.number,ph.consent FROM contact c
      JOIN contact m ON m.family_id=c.family_id LEFT JOIN phone ph ON ph.contact_id=m.id WHERE c.id=? ORDER BY m.role, m.position, ph.position"""
EXPORT = """SELECT c.id, c.first_name, c.last_name, p.number, p.type FROM phone p JOIN contact c ON c.id=p.contact_id
      WHERE p.consent='out' ORDER BY p.contact_id, p.id"""


def search(term):
    digits = re.sub(r"\D", "", term)
    if re.search("[a-z]", term, re.I):
        t = term.lower()
        return q(NAME, t, t + "\U0010ffff", t, t + "\U0010ffff").fetchall()
    return (q(TAIL, digits) if len(digits) == 4 else q(PHONE, "+1" + digits[-10:])).fetchall()


def out_page():
    return q("SELECT count(*) FROM contact WHERE cell_out=1").fetchone()[0], q(OUT).fetchall()


def begin():
    q("BEGIN" if PG else "BEGIN IMMEDIATE")


def set_out(number):
    begin()
    ids = q(
        "UPDATE phone SET consent='out' WHERE number=? AND type='cell' RETURNING id, contact_id",
        number,
    ).fetchall()
    for pid, cid in ids:
        q(
            "INSERT INTO consent_event(phone_id,consent,source,at) VALUES(?,?,?,?)",
            pid,
            "out",
            "sms",
            time.strftime("%FT%TZ", time.gmtime()),
        )
        q("UPDATE contact SET cell_out=1 WHERE id=?", cid)
    q("COMMIT")


FIELDS = "".join(
    f"<fieldset><legend>Phone {i}</legend><label>Number<input name=number{i}></label><select name=type{i}><option>home<option>cell<option>work"
    f"</select><select name=consent{i}><option><option>in<option>out</select></fieldset>"
    for i in (1, 2, 3)
)
FORM = (
    (
        "<!doctype html><title>Contact form</title><form method=post><input name=first_name><input name=last_name><input name=email>"
        + FIELDS
        + "<button>Send</button></form>"
    )
    .ljust(int(os.environ.get("PAGE_BYTES", 4000)))
    .encode()
)
HEAD = "<!doctype html><meta charset=utf-8><title>Contacts</title><style>.in{color:green}.out{color:red}</style><table>"


def table(rows):
    e, out, last = html.escape, [HEAD], None
    for i, role, first, name, email, status, number, consent in rows:
        if i != last:
            out.append(
                f"<tr><td><a href=/c/{i}>{e(name)}, {e(first)}</a><td>{role}<td>{e(email)}<td>{status}"
            )
        out.append(f"<td class={consent}>{number}" if number else "<td>")
        last = i
    return "".join(out).encode()


def export():
    buf = io.StringIO()
    w = csv.writer(buf)
    if PG:
        db()
        cur = con.cursor(name="x", withhold=True)
        cur.itersize = 2000
        cur.execute(EXPORT)
    else:
        cur = q(EXPORT)
    while rows := cur.fetchmany(2000):
        w.writerows(rows)
        yield buf.getvalue().encode()
        buf.seek(0)
        buf.truncate()
    cur.close()


def app(env, start):
    path, post = env["PATH_INFO"], env["REQUEST_METHOD"] == "POST"
    f = (
        {
            k: v[0]
            for k, v in parse_qs(
                env["wsgi.input"].read(int(env["CONTENT_LENGTH"] or 0)).decode()
            ).items()
        }
        if post
        else None
    )
    status, ctype, extra, before = "200 OK", "text/html", [], count
    if path == "/form" and not post:
        body = FORM
    elif path == "/form":
        phones = []
        for i in "123":
            d = re.sub(r"\D", "", f.get("number" + i, ""))[-10:]
            if d:
                phones.append((d, f.get("type" + i), f.get("consent" + i, "")))
        if not (
            f.get("first_name")
            and f.get("last_name")
            and "@" in f.get("email", "")
            and phones
            and all(
                len(d) == 10
                and d[:3] in AREA
                and d[3] in "23456789"
                and (t != "cell" or c in ("in", "out"))
                for d, t, c in phones
            )
        ):
            status, body = "422 Unprocessable", b"<p class=error>Check the form.</p>" + FORM
        else:
            begin()
            fam = q("INSERT INTO family DEFAULT VALUES RETURNING id").fetchone()[0]
            cid = q(
                "INSERT INTO contact(family_id,role,position,first_name,last_name,email,status,term,cell_out) VALUES(?,'parent',1,?,?,?,'','',?) RETURNING id",
                fam,
                f["first_name"],
                f["last_name"],
                f["email"],
                int(any(c == "out" for *_, c in phones)),
            ).fetchone()[0]
            for n, (d, t, c) in enumerate(phones, 1):
                pid = q(
                    "INSERT INTO phone(contact_id,position,type,number,consent) VALUES(?,?,?,?,?) RETURNING id",
                    cid,
                    n,
                    t,
                    "+1" + d,
                    c,
                ).fetchone()[0]
                if c:
                    q(
                        "INSERT INTO consent_event(phone_id,consent,source,at) VALUES(?,?,'form',?)",
                        pid,
                        c,
                        time.strftime("%FT%TZ", time.gmtime()),
                    )
            q("COMMIT")
            status, body, extra = "303 See Other", b"", [("Location", "/thanks")]
    elif path == "/sms":
        set_out(f["From"])
        body, ctype = b"<Response/>", "text/xml"
    elif path == "/out":
        n, rows = out_page()
        body = table(rows) + b"<p>%d" % n
    elif path == "/search":
        body = table(search(unquote_plus(env["QUERY_STRING"][2:])))
    elif path.startswith("/c/"):
        body = (
            HEAD
            + "".join(
                "<tr>" + "".join(f"<td>{html.escape(str(v))}" for v in r if v is not None)
                for r in q(RECORD, int(path[3:]))
            )
        ).encode()
    elif path == "/export.csv":
        start(status, [("Content-Type", "text/csv")])
        return export()
    else:
        status, body = "404 Not Found", b""
    start(
        status,
        [
            ("Content-Type", ctype),
            ("Content-Length", str(len(body))),
            ("X-SQL-Count", str(count - before)),
        ]
        + extra,
    )
    return [body]


def sql(meta):  # the queries alone, in this process
    m = json.load(open(meta))
    s = m["sample"]

    def p50(fn, secs=1.0):
        t, end = [], time.perf_counter() + secs
        while len(t) < 5 or (time.perf_counter() < end and len(t) < 2000):
            a = time.perf_counter()
            fn()
            t.append(time.perf_counter() - a)
        return sorted(t)[len(t) // 2] * 1e3

    r = {
        "d_list_out": p50(out_page),
        "e_name": p50(lambda: search("smith")),
        "e_last4": p50(lambda: search(s["last4"])),
        "e_full": p50(lambda: search(s["local"])),
        "f_record": p50(lambda: q(RECORD, s["id"]).fetchall()),
        "g_export_s": p50(lambda: sum(map(len, export()))) / 1e3,
    }
    for st in TRIGRAM:
        q(st)
    r["e_name_substring_trigram"] = p50(lambda: q(SUBSTR, "%mith%" if PG else "mith").fetchall())
    a = time.perf_counter()
    nums = m["stop"][-1500:]
    for n in nums:
        set_out(n)
    r["h_commits_per_s"] = len(nums) / (time.perf_counter() - a)
    print(json.dumps(r))


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        for st in PREPARE:
            q(st)
        q("ANALYZE")
    else:
        sql(sys.argv[2])
