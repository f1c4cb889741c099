"""Side-by-side bench of portal targets, each described by a recipe (recipes/*.json; see README.md).
usage: bench.py DATADIR RECIPE... [--out results.json] [--only floor,django] [--parts abc,d,e,f,g,h,i] [--pg DSN_PREFIX] [--rounds 3] [--secs 2]
DATADIR is what gen.py wrote. Targets run at the same time on their own copy of the data; measures go round robin, medians of rounds."""

import argparse
import base64
import hmac
import json
import multiprocessing as mp
import os
import re
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import uuid
from urllib.parse import quote, urlencode, urlsplit

import psutil
from gen import AREA

HERE = os.path.dirname(os.path.abspath(__file__))


def http(addr, method, path, data=None, headers=()):
    """one request on its own connection -> (status, header text, body, bytes received)"""
    body = urlencode(data).encode() if data is not None else b""
    h = [f"{method} {path} HTTP/1.1", f"Host: {addr[0]}:{addr[1]}", "Connection: close", *headers]
    if data is not None:
        h += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    with socket.create_connection(addr, 120) as s:
        s.sendall("\r\n".join(h + ["", ""]).encode() + body)
        parts = []
        while b := s.recv(1 << 18):
            parts.append(b)
    raw = b"".join(parts)
    head, _, out = raw.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        dec = []
        while out:
            n, _, out2 = out.partition(b"\r\n")
            n = int(n, 16)
            if not n:
                break
            dec.append(out2[:n])
            out = out2[n + 2 :] if len(out) < 1 << 16 else memoryview(out2)[n + 2 :].tobytes()
        out = b"".join(dec)
    return int(raw[9:12] or 0), head.decode("latin1"), out, len(raw)


def signed(recipe, data):
    """the provider's signature header, for a recipe with "twilio": {"token", "url"} (url: the public address of its STOP webhook)"""
    if "twilio" not in recipe:
        return ()
    text = recipe["twilio"]["url"] + "".join(k + data[k] for k in sorted(data))
    mac = hmac.new(recipe["twilio"]["token"].encode(), text.encode(), "sha1").digest()
    return (f"X-Twilio-Signature: {base64.b64encode(mac).decode()}",)


def filled(fields, i):
    """a recipe's form fields for the i-th post: {i} counts, {uuid} is fresh each time"""
    u = uuid.uuid4()
    n = u.int
    word = "".join(chr(97 + (n >> (5 * j)) % 26) for j in range(8))
    tel = f"({AREA[n % len(AREA)]}) {2 + (n >> 20) % 8}{20 + (n >> 30) % 80:02d}-{(n >> 40) % 10000:04d}"  # a valid number, fresh each time
    return {
        k: v.replace("{i}", str(i))
        .replace("{uuid}", str(u))
        .replace("{word}", word)
        .replace("{tel}", tel)
        for k, v in fields.items()
    }


class Target:
    def __init__(self, recipe, a, port):
        self.r, self.name, self.a = recipe, recipe["name"], a
        self.addr = (
            (urlsplit(recipe["url"]).hostname, urlsplit(recipe["url"]).port)
            if "url" in recipe
            else ("127.0.0.1", port)
        )
        self.proc, self.cookies, self.form_fields, self.used = None, {}, {}, 0
        self.work = os.path.join(a.data, "run-" + self.name)
        os.makedirs(self.work, exist_ok=True)
        self.db = f"{a.pg}_{self.name}" if a.pg else os.path.join(self.work, "db.sqlite")
        self.env = dict(
            os.environ, DB=self.db, PYTHONDONTWRITEBYTECODE="1", **recipe.get("env", {})
        )
        self.env["PYTHONPATH"] = os.pathsep.join([HERE, self.env.get("PYTHONPATH", "")])

    def cmd(self, text, workers=2):
        g = f"{shlex.quote(sys.executable)} -m gunicorn -w {workers} -k sync --backlog 512 --no-control-socket --log-level error -b {self.addr[0]}:{self.addr[1]}"
        return [
            w
            for w in shlex.split(
                text.format(
                    py=sys.executable,
                    gunicorn=g,
                    port=self.addr[1],
                    workers=workers,
                    db=self.db,
                    url="sqlite:///" + self.db
                    if not self.a.pg
                    else self.db.replace("postgresql://", "postgresql+psycopg://"),
                    data=self.a.data,
                    meta=os.path.join(self.a.data, "meta.json"),
                    work=self.work,
                )
            )
        ]

    def sh(self, key):
        p = subprocess.run(
            self.cmd(self.r[key]),
            env=self.env,
            cwd=self.r.get("cwd", HERE),
            capture_output=True,
            text=True,
        )
        if p.returncode:
            raise SystemExit(f"{self.name} {key}: {p.stdout}{p.stderr}")
        return p.stdout

    def seed(self):
        if self.a.pg:
            import psycopg

            base, name = self.a.pg.rsplit("/", 1)
            with psycopg.connect(base + "/postgres", autocommit=True) as c:
                c.execute(f'DROP DATABASE IF EXISTS "{name}_{self.name}"')
                c.execute(
                    f'CREATE DATABASE "{name}_{self.name}"'
                    + ("" if self.r.get("own_db") else f' TEMPLATE "{name}_base"')
                )
        elif not self.r.get(
            "own_db"
        ):  # own_db: the target makes its own database from the CSV in its prepare command
            for s in ("", "-wal", "-shm"):
                if os.path.exists(self.db + s):
                    os.remove(self.db + s)
            shutil.copy(os.path.join(self.a.data, "base.sqlite"), self.db)
        if "prepare" in self.r:
            self.sh("prepare")
        f = os.path.join(self.work, "expect.json")
        self.expect = json.load(open(f)) if os.path.exists(f) else {}

    def visitors(self, n):
        """n parents who have opened the form, each in a browser session of their own -> [(headers, hidden fields)]; only where the recipe names "fresh" fields"""
        if "fresh" not in self.r:
            return []
        got = []
        for _ in range(n):
            _, head, page, _ = http(self.addr, "GET", self.r["form"])
            ck = "; ".join(
                f"{k}={v}" for k, v in re.findall(r"(?im)^set-cookie: ([^=]+)=([^;\r]*)", head)
            )
            hidden = {
                k: re.search(rb'<input[^>]*name="%s"[^>]*value="([^"]*)"' % k.encode(), page)[
                    1
                ].decode()
                for k in self.r["fresh"]
            }
            got.append((["Cookie: " + ck], hidden))
        return got

    def cpu(self):
        return sum(sum(w.cpu_times()[:2]) for w in self.workers())

    def post(self, kind, i, pool, h):
        """the i-th post of the form: on its own visitor's page where there is a pool, else with the staff session as ever"""
        hd, hidden = (
            (pool[i] if i < len(pool) else self.visitors(1)[0])
            if "fresh" in self.r
            else (h, self.form_fields)
        )
        return http(self.addr, "POST", self.r["form"], {**hidden, **filled(self.r[kind], i)}, hd)[0]

    def start(self, workers=2):
        if "start" not in self.r:
            return 0
        t = time.perf_counter()
        self.proc = subprocess.Popen(
            self.cmd(self.r["start"], workers),
            env=self.env,
            cwd=self.r.get("cwd", HERE),
            stderr=open(os.path.join(self.work, "log"), "w"),
        )
        while True:
            try:
                if http(self.addr, "GET", self.r["form"])[0] == 200:
                    return time.perf_counter() - t
            except OSError:
                pass
            if self.proc.poll() is not None or time.perf_counter() - t > 60:
                raise SystemExit(self.name + " did not start, see " + self.work + "/log")
            time.sleep(0.005)

    def stop(self):
        if self.proc:
            self.proc.send_signal(signal.SIGTERM)
            self.proc.wait(30)
            self.proc = None

    def workers(self):
        return psutil.Process(self.proc.pid).children() if self.proc else []

    def headers(self):
        return (
            ["Cookie: " + "; ".join(f"{k}={v}" for k, v in self.cookies.items())]
            if self.cookies
            else []
        )

    def get(self, path):
        return http(self.addr, "GET", path, headers=self.headers())

    def keep(self, head, page=b""):
        self.cookies.update(m for m in re.findall(r"(?im)^set-cookie: ([^=]+)=([^;\r]*)", head))
        if f := self.r.get("csrf"):
            m = re.search(rb'<input[^>]*name="%s"[^>]*value="([^"]*)"' % f.encode(), page)
            if m:
                self.form_fields[f] = m[1].decode()

    def login(self):
        """a staff session, and the form's CSRF token"""
        if l := self.r.get("login"):
            _, head, page, _ = self.get(l.get("get", l["path"]))
            self.keep(head, page)
            s, head, page, _ = http(
                self.addr, "POST", l["path"], {**self.form_fields, **l["data"]}, self.headers()
            )
            self.keep(head)
            assert s in (302, 303), (self.name, "login", s)
        _, head, page, _ = self.get(self.r["form"])
        self.keep(head, page)

    def sql(self, path):
        return (re.findall(r"(?im)^x-sql-count: (\d+)", self.get(path)[1]) or ["-"])[0]


def load(fn, clients, secs, meanwhile=None):
    """requests/s of fn(i) -> ok, by `clients` processes for `secs`; each i comes once. -> (rate, share refused, requests)"""
    q = mp.get_context("fork").SimpleQueue()

    def run(c):
        n = bad = 0
        end = time.perf_counter() + secs
        while time.perf_counter() < end:
            try:
                bad += not fn(c + clients * n)
            except OSError:
                bad += 1
            n += 1
        q.put((n, bad))

    t = time.perf_counter()
    ps = [mp.get_context("fork").Process(target=run, args=(c,)) for c in range(clients)]
    for p in ps:
        p.start()
    if meanwhile:
        meanwhile()
    got = [q.get() for _ in ps]
    for p in ps:
        p.join()
    n, bad = map(sum, zip(*got))
    return (n - bad) / (time.perf_counter() - t), bad / max(n, 1), n


def latency(fn, secs, least=5):
    """p50 and p95 in ms of fn() called one after another"""
    fn()
    t, end = [], time.perf_counter() + secs
    while len(t) < least or time.perf_counter() < end:
        a = time.perf_counter()
        fn()
        t.append((time.perf_counter() - a) * 1e3)
    t.sort()
    return t[len(t) // 2], t[int(len(t) * 0.95)]


def bench(a):
    meta = json.load(open(os.path.join(a.data, "meta.json")))
    s = meta["sample"]
    targets = [Target(json.load(open(r)), a, a.port + i) for i, r in enumerate(a.recipes)]
    res, notes = {}, []

    def put(key, t, v):
        res.setdefault(key, {}).setdefault(t.name, []).append(v)

    def each(fn):
        for _ in range(a.rounds):
            for t in targets:
                fn(t)

    for t in targets:
        t.seed()
        if "sql" in t.r and not set("defgh").isdisjoint(a.parts):
            for k, v in json.loads(t.sh("sql")).items():
                put(
                    {"g_export_s": "g export s", "h_commits_per_s": "h STOP/s 1 client"}.get(
                        k, k + " p50 ms"
                    ),
                    type("", (), {"name": "raw SQL"}),
                    v,
                )
            t.seed()
    try:
        if "i" in a.parts:

            def startup(t):
                if "start" in t.r:
                    put("i start-up s (1 worker to first page)", t, t.start(1))
                    put("i worker RSS MB", t, t.workers()[0].memory_info().rss / 1e6)
                    t.stop()

            each(startup)
        for t in targets:
            t.start()
            t.login()
        if "g" in a.parts:

            def export(t):
                for w in t.workers():
                    open(f"/proc/{w.pid}/clear_refs", "w").write(
                        "5"
                    )  # restart the kernel's peak counter
                before = max([w.memory_info().rss for w in t.workers()] or [0])
                b = time.perf_counter()
                st, _, body, n = t.get(t.r["export"])
                b = time.perf_counter() - b
                rows = body.count(b"\n") - t.r.get("export_heading_lines", 0)
                if st != 200 or rows != t.expect.get("opted_out", meta["opted_out"]):
                    notes.append(
                        f"{t.name} export: status {st}, {rows} rows, expected {t.expect.get('opted_out', meta['opted_out'])}"
                    )
                peak = max(
                    [
                        int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{w.pid}/status").read())[1])
                        * 1024
                        for w in t.workers()
                    ]
                    or [0]
                )
                put("g export s", t, b)
                put("g rows/s", t, rows / b)
                put("g peak worker RSS MB", t, peak / 1e6)
                put("g RSS growth MB", t, (peak - before) / 1e6)

            each(export)
        pages = {"d_list_out": "list"} if "d" in a.parts else {}
        if "e" in a.parts:
            pages |= {
                "e_name": "smith",
                "e_last4": s["last4"],
                "e_full": s["local"],
                "e_full_e164": s["e164"],
                "e_full_digits": s["e164"][2:],
                "e_full_dashes": f"{s['e164'][2:5]}-{s['e164'][5:8]}-{s['e164'][8:]}",
            }
        if "f" in a.parts:
            pages["f_record"] = "record"
        for key, what in pages.items():
            slow = {}

            def page(t):
                if t.name in slow:
                    return
                path = (
                    t.r[what].format(**{**s, **t.expect})
                    if what in t.r
                    else t.r["search"].format(q=quote(what))
                )
                p50, p95 = latency(lambda: t.get(path), a.secs)
                put(key + " p50 ms", t, p50)
                put(key + " p95 ms", t, p95)

            for t in targets:
                path = (
                    t.r[what].format(**{**s, **t.expect})
                    if what in t.r
                    else t.r["search"].format(q=quote(what))
                )
                b = time.perf_counter()
                st, head, body, n = t.get(path)
                b = time.perf_counter() - b
                # last four: in a big set the sample may be past the first page, any such number will do (as E.164 or in local format)
                ok = st == 200 and (
                    body.count(t.r["out_mark"].encode()) >= 10
                    if what == "list"
                    else b"mith" in body
                    if what == "smith"
                    else s["email"].encode() in body
                    or (key == "e_last4" and re.search(rb"\d[- ]?%s\b" % what.encode(), body))
                )
                if not ok:
                    notes.append(
                        f"{t.name} {key}: the sought record is NOT on the page (status {st})"
                    )
                put(key + " SQL", t, (re.findall(r"(?im)^x-sql-count: (\d+)", head) or ["-"])[0])
                put(key + " KB", t, n / 1e3)
                if b > 1.5:  # no rounds for what takes so long: one sample
                    slow[t.name] = b
                    put(key + " p50 ms", t, b * 1e3)
                    notes.append(f"{t.name} {key}: over 1.5 s, one sample")
                print(key, t.name, f"{b * 1e3:.0f} ms", file=sys.stderr, flush=True)
            each(page)
        if set("abc") & set(a.parts):
            for t in targets:
                _, _, html, n = t.get(t.r["form"])
                total, files = n, 0
                for u in set(
                    re.findall(
                        r'<(?:link[^>]*rel="?stylesheet"?[^>]*href|link[^>]*href|script[^>]*src|img[^>]*src)="?([^" >]+)',
                        html.decode(),
                    )
                ):
                    if u.startswith("/"):
                        total += t.get(u)[3]
                        files += 1
                put("a KB html", t, n / 1e3)
                put("a KB with css+js", t, total / 1e3)
                put("a requests", t, 1 + files)

            def form(t):
                f, h = t.r["form"], t.headers()
                p50, p95 = latency(lambda: t.get(f), a.secs)
                put("a GET form p50 ms", t, p50)
                put("a GET form p95 ms", t, p95)
                put("a GET form req/s", t, load(lambda i: t.get(f)[0] == 200, 4, a.secs)[0])
                for c in (4, 16):
                    pool = t.visitors(int(c * (2 * a.secs + 3)))
                    before = t.cpu()
                    r, bad, n = load(lambda i: t.post("valid", i, pool, h) in (302, 303), c, a.secs)
                    used = t.cpu() - before
                    put(f"b POST valid req/s{'' if c == 4 else f', {c} clients'}", t, r)
                    put(f"b POST valid CPU ms each, {c} clients", t, used * 1e3 / max(n, 1))
                    bad and notes.append(f"{t.name}: {bad:.1%} of valid posts refused, {c} clients")
                pool, seen = t.visitors(int(32 * (2 * a.secs + 3))), []
                path = t.r["record"].format(**{**s, **t.expect})
                load(
                    lambda i: t.post("valid", i, pool, h) in (302, 303),
                    32,
                    a.secs,
                    lambda: seen.extend(latency(lambda: t.get(path), a.secs * 0.8)),
                )
                put("f_record p50 ms, while 32 parents send", t, seen[0])
                put("f_record p95 ms, while 32 parents send", t, seen[1])
                pool = t.visitors(4)
                before = t.cpu()
                r, bad, n = load(
                    lambda i: t.post("invalid", i % 4, pool, h) in (200, 400, 422), 4, a.secs
                )
                used = t.cpu() - before
                put("c POST invalid req/s", t, r)
                put("c POST invalid CPU ms each", t, used * 1e3 / max(n, 1))
                bad and notes.append(f"{t.name}: {bad:.1%} of invalid posts answered oddly")

            each(form)
        if "h" in a.parts:
            nums = meta["stop"]
            for c in (1, 8):

                def stops(t):
                    body = t.r.get(
                        "stop_data", {"From": "{number}", "Body": "STOP", "MessageSid": "SM{i}"}
                    )
                    at = (
                        t.used
                    )  # a number not stopped before (until a small data set runs out of them)

                    def stop(i):
                        data = {
                            k: v.format(number=nums[(at + i) % len(nums)], i=at + i)
                            for k, v in body.items()
                        }
                        return http(t.addr, "POST", t.r["stop"], data, signed(t.r, data))[0] == 200

                    r, bad, n = load(stop, c, a.secs)
                    t.used += n * 2
                    put(f"h STOP/s {c} client{'s'[: c > 1]}", t, r)
                    bad and notes.append(f"{t.name}: {bad:.1%} of STOPs failed with {c} clients")

                each(stops)
    finally:
        for t in targets:
            t.stop()
    out = {
        "data": {k: meta[k] for k in ("families", "rows", "opted_out")},
        "db": "postgresql" if a.pg else "sqlite",
        "notes": sorted(set(notes)),
        "median": {
            k: {
                n: (statistics.median(v) if not isinstance(v[0], str) else v[0])
                for n, v in d.items()
            }
            for k, d in res.items()
        },
    }
    if a.out:
        json.dump(out, open(a.out, "w"), indent=1)
    print(show(out))


def show(out):
    med = out["median"]
    names = [n for n in dict.fromkeys(n for d in med.values() for n in d)]
    names.sort(key=lambda n: {"raw SQL": 0, "floor": 1}.get(n, 2))
    fmt = lambda v: v if isinstance(v, str) else f"{v:,.0f}" if v >= 100 else f"{v:.3g}"
    L = [
        f"\n## {out['db']}, {out['data']['families']:,} families, {out['data']['rows']['contact']:,} contacts, {out['data']['opted_out']:,} opted-out numbers",
        "| measure | " + " | ".join(names) + " |",
        "|---" * (len(names) + 1) + "|",
    ]
    for k in sorted(med):
        base = med[k].get("floor")
        L.append(
            f"| {k} | "
            + " | ".join(
                ""
                if n not in med[k]
                else fmt(med[k][n])
                + (
                    f" ({med[k][n] / base:.2g}×)"
                    if n not in ("floor", "raw SQL")
                    and isinstance(base, float)
                    and base
                    and not isinstance(med[k][n], str)
                    else ""
                )
                for n in names
            )
            + " |"
        )
    return "\n".join(L + ["- " + n for n in out["notes"]])


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("data")
    ap.add_argument("recipes", nargs="+")
    ap.add_argument("--out")
    ap.add_argument("--pg")
    ap.add_argument("--parts", default="abcdefghi")
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--secs", type=float, default=2)
    ap.add_argument("--port", type=int, default=8801)
    args = ap.parse_args()
    args.data = os.path.abspath(args.data)
    bench(args)
