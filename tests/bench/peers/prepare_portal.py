"""The portal's database for one bench run: a copy of what load_portal.py made for the size (made now if it is not there).
usage: prepare_portal.py DATADIR DBURL WORKDIR"""

import os
import shutil
import subprocess
import sys

data, url, work = sys.argv[1:]
here = os.path.dirname(os.path.abspath(__file__))
load = os.path.join(here, "load_portal.py")
if url.startswith("sqlite"):
    db, base = url.removeprefix("sqlite:///"), os.path.join(data, "portal.sqlite")
    expect = os.path.join(data, "portal-expect.json")
    if not os.path.exists(expect):
        subprocess.run([sys.executable, load, data, "sqlite:///" + base, expect], check=True)
    for s in ("", "-wal", "-shm"):
        if os.path.exists(db + s):
            os.remove(db + s)
    shutil.copy(base, db)
else:
    import psycopg

    plain = url.replace("+psycopg", "")
    root, name = plain.rsplit("/", 1)
    expect = os.path.join(data, "portal-expect-pg.json")
    with psycopg.connect(root + "/postgres", autocommit=True) as c:
        if not os.path.exists(expect):
            c.execute("DROP DATABASE IF EXISTS portal_base")
            c.execute("CREATE DATABASE portal_base")
            subprocess.run(
                [sys.executable, load, data, url.rsplit("/", 1)[0] + "/portal_base", expect],
                check=True,
            )
        c.execute(f'DROP DATABASE IF EXISTS "{name}"')
        c.execute(f'CREATE DATABASE "{name}" TEMPLATE portal_base')
shutil.copy(expect, os.path.join(work, "expect.json"))
