"""Deterministic data set: the same rows to CSV, SQLite and (optionally) PostgreSQL.
usage: gen.py FAMILIES OUTDIR [--seed 1] [--pg DSN]   (DSN of an empty database to load)
Writes OUTDIR/{contact,phone}.csv, base.sqlite, meta.json (counts and the sample keys the bench looks up)."""

import argparse
import csv
import json
import os
import random
import sqlite3

TABLES = """
CREATE TABLE family(id {pk});
CREATE TABLE contact(id {pk}, family_id BIGINT NOT NULL REFERENCES family(id), role VARCHAR(8) NOT NULL,
  position INTEGER NOT NULL, first_name VARCHAR(60) NOT NULL, last_name VARCHAR(60) NOT NULL,
  email VARCHAR(120) NOT NULL, status VARCHAR(10) NOT NULL, term VARCHAR(8) NOT NULL);
CREATE TABLE phone(id {pk}, contact_id BIGINT NOT NULL REFERENCES contact(id), position INTEGER NOT NULL,
  type VARCHAR(4) NOT NULL, number VARCHAR(20) NOT NULL, consent VARCHAR(4) NOT NULL);
CREATE TABLE consent_event(id {pk}, phone_id BIGINT NOT NULL REFERENCES phone(id), consent VARCHAR(4) NOT NULL,
  source VARCHAR(10) NOT NULL, at VARCHAR(32) NOT NULL);
"""
# what every ORM schema would have without being asked, plus an index on the number
INDEXES = """
CREATE INDEX contact_family ON contact(family_id);
CREATE INDEX phone_contact ON phone(contact_id);
CREATE INDEX phone_number ON phone(number);
CREATE INDEX event_phone ON consent_event(phone_id);
"""
COLS = {
    "family": ["id"],
    "contact": "id family_id role position first_name last_name email status term".split(),
    "phone": "id contact_id position type number consent".split(),
}
AREA = """201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240 248 251 252
253 254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316 317 318 319 320 321 323
330 334 336 337 339 347 351 352 360 361 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419 423 425 432 434
435 440 443 469 478 479 480 501 502 503 504 505 507 508 509 510 512 513 515 516 517 518 520 530 540 541 551 559 561 562
563 570 571 573 574 580 585 586 601 602 603 605 606 607 608 609 610 612 614 615 616 617 618 619 620 623 626 630 631 636
641 646 650 651 660 661 662 678 682 701 702 703 704 706 707 708 712 713 714 715 716 717 718 719 720 724 727 731 732 734
740 754 757 760 763 765 770 772 773 774 775 781 785 786 801 802 803 804 805 806 808 810 812 813 814 815 816 817 818 828
830 831 832 843 845 847 848 850 856 857 858 859 860 862 863 864 865 870 901 903 904 906 907 908 909 910 912 913 914 915
916 917 918 919 920 925 928 931 936 937 940 941 947 949 951 952 954 956 970 971 972 973 978 979 980 985 989
204 226 236 250 289 306 343 403 416 418 437 438 450 506 514 519 579 581 587 604 613 647 705 709 778 780 807 819 867 902 905""".split()
LAST = (
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson "
    "Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young "
    "Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter"
).split()
FIRST = (
    "Ava Liam Noah Emma Mia Zoe Ella Luca Owen Ruby Jose Maria Ana Juan Wei Mei Amir Sara Omar Leila Priya Arjun Hana Yuki "
    "James Mary Robert Linda John Susan David Karen Kevin Nancy Brian Lisa Jason Betty Eric Sandra Aaron Donna Peter Carol "
    "Chloe O'Neil Renée Søren José Zoë"
).split()
A, B, C = (
    "Ba Be Bro Cal Dan De Fer Gra Hol Kir La Mar Nor Pe Ros Sto Tre Van Wes Ye".split(),
    "ben ck der fi gan ka ling ma nel ro ster tan ver wick zi".split(),
    "berg by don er ford ham ins ley man sen son ton well x".split(),
)


def rows(n, rnd):
    """yields (table, tuple); ids count up from 1, one family after another"""
    cid = pid = 0
    pick, r = rnd.choice, rnd.random
    number = lambda: (
        f"+1{pick(AREA)}{rnd.randint(2, 9)}{rnd.randint(20, 99):02d}{rnd.randint(0, 9999):04d}"
    )
    for fam in range(1, n + 1):
        yield "family", (fam,)
        # zipf-like head (Smith about 1 %), long tail of made-up names
        surname = lambda: (
            LAST[int(len(LAST) * r() ** 2.2)] if r() < 0.06 else (pick(A) + pick(B) + pick(C))
        )
        last, shared = surname(), number()
        for pos in range(1, rnd.choices((1, 2, 3), (55, 35, 10))[0] + 1):
            cid += 1
            status = rnd.choices(
                ("inquiry", "applicant", "admitted", "enrolled", "withdrawn"), (15, 15, 10, 52, 8)
            )[0]
            yield (
                "contact",
                (
                    cid,
                    fam,
                    "student",
                    pos,
                    pick(FIRST),
                    last,
                    f"s{cid}@school.example",
                    status,
                    pick(("2025-26", "2026-27")),
                ),
            )
        for pos in range(1, rnd.choices((1, 2, 3, 4), (25, 60, 10, 5))[0] + 1):
            cid += 1
            first, own = pick(FIRST), last if r() < 0.8 else surname()
            yield (
                "contact",
                (cid, fam, "parent", pos, first, own, f"{own.lower()}{cid}@mail.example", "", ""),
            )
            for ppos in range(1, rnd.choices((1, 2, 3), (50, 35, 15))[0] + 1):
                pid += 1
                typ = "cell" if r() < (0.8 if ppos == 1 else 0.3) else pick(("home", "work"))
                num = shared if r() < 0.06 else number()  # parents of one family sharing a line
                cons = rnd.choices(("in", "out", "none"), (77, 8, 15))[0] if typ == "cell" else ""
                yield "phone", (pid, cid, ppos, typ, num, cons)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("families", type=int)
    ap.add_argument("out")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--pg")
    a = ap.parse_args()
    os.makedirs(a.out, exist_ok=True)
    db = os.path.join(a.out, "base.sqlite")
    if os.path.exists(db):
        os.remove(db)
    con = sqlite3.connect(db)
    con.executescript(
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
        + TABLES.format(pk="INTEGER PRIMARY KEY")
        + "BEGIN;"
    )
    files = {
        t: open(os.path.join(a.out, t + ".csv"), "w", newline="", encoding="utf-8")
        for t in ("contact", "phone")
    }
    out = {t: csv.writer(f, lineterminator="\n") for t, f in files.items()}
    for t, w in out.items():
        w.writerow(COLS[t])
    buf, n, optout, stop, cand = {t: [] for t in COLS}, {t: 0 for t in COLS}, 0, [], []
    ins = {t: f"INSERT INTO {t} VALUES ({','.join('?' * len(c))})" for t, c in COLS.items()}

    def flush():
        for t, b in buf.items():
            con.executemany(ins[t], b)
            if t in out:
                out[t].writerows(b)
            b.clear()

    parent = None
    for t, row in rows(a.families, random.Random(a.seed)):
        buf[t].append(row)
        n[t] += 1
        if t == "contact":
            parent = row
        elif t == "phone":
            optout += row[5] == "out"
            if row[5] == "in" and len(stop) < 60000:
                stop.append(row[4])
            if row[2] == 1 and row[3] == "cell" and len(cand) < 500:
                cand.append((parent, row))
        if len(buf["phone"]) > 20000:
            flush()
    flush()
    con.commit()
    con.executescript(INDEXES + "ANALYZE; PRAGMA journal_mode=WAL;")
    con.close()
    for f in files.values():
        f.close()
    p, ph = cand[min(300, len(cand) - 1)]
    d = ph[4][2:]
    meta = {
        "families": a.families,
        "seed": a.seed,
        "rows": n,
        "opted_out": optout,
        "stop": stop,
        "sample": {
            "id": p[0],
            "email": p[6],
            "last": p[5],
            "e164": ph[4],
            "last4": d[6:],
            "local": f"({d[:3]}) {d[3:6]}-{d[6:]}",
        },
    }
    json.dump(meta, open(os.path.join(a.out, "meta.json"), "w"))
    if a.pg:
        load_pg(a.pg, db)
    print(json.dumps({k: v for k, v in meta.items() if k != "stop"}))


def load_pg(dsn, db):
    import psycopg

    src = sqlite3.connect(db)
    with psycopg.connect(dsn) as pg:
        pg.execute("DROP SCHEMA public CASCADE")
        pg.execute("CREATE SCHEMA public")
        pg.execute(TABLES.format(pk="BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"))
        for t, cols in COLS.items():
            with pg.cursor().copy(f"COPY {t}({','.join(cols)}) FROM STDIN") as cp:
                for row in src.execute(f"SELECT {','.join(cols)} FROM {t}"):
                    cp.write_row(row)
            pg.execute(
                f"SELECT setval(pg_get_serial_sequence('{t}','id'), (SELECT max(id) FROM {t}))"
            )
        pg.execute(INDEXES)
        pg.commit()
        pg.autocommit = True
        pg.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    main()
