"""growth.py RESULT.json...: p50 of the pages that depend on the data size, one column per result file."""

import json
import sys

from bench import show  # noqa: F401  (show(json.load(open(f))) prints one file's full table)

res = [json.load(open(f)) for f in sys.argv[1:]]
res.sort(key=lambda r: (r["db"] != "sqlite", r["data"]["families"]))
print(
    "\n## growth\n| measure | target | "
    + " | ".join(f"{r['db']} {r['data']['families']:,}" for r in res)
    + " | last sqlite / first |\n|"
    + "---|" * (len(res) + 3)
)
for k in [
    "d_list_out p50 ms",
    "e_name p50 ms",
    "e_last4 p50 ms",
    "e_full_e164 p50 ms",
    "f_record p50 ms",
    "g export s",
    "g RSS growth MB",
    "h STOP/s 1 client",
    "h STOP/s 8 clients",
]:
    for t in dict.fromkeys(t for r in res for t in r["median"].get(k, {})):
        v = [r["median"].get(k, {}).get(t) for r in res]
        s = [x for x, r in zip(v, res) if r["db"] == "sqlite" and x]
        print(
            f"| {k} | {t} | "
            + " | ".join("" if x is None else f"{x:,.0f}" if x >= 100 else f"{x:.3g}" for x in v)
            + (f" | {s[-1] / s[0]:.3g}× |" if s else " | |")
        )
