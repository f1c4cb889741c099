"""`make storm`: the figures of docs/texting.md, on both databases.

`make storm ARGS="--texts 1000 --engine sqlite"` is a smaller one.
"""

import argparse

from tests.storm.run import Story, run
from tests.storm.scenario import Plan
from tests.support.databases import ENGINES, Databases


def main() -> None:
    parser = argparse.ArgumentParser(prog="make storm", description=__doc__)
    parser.add_argument("--texts", type=int, default=Plan.texts)
    parser.add_argument("--stops", type=int, default=None, help="one for 25 texts, if not said")
    parser.add_argument("--kill-every", type=float, default=Plan.kill_every, help="seconds")
    parser.add_argument("--engine", choices=ENGINES, action="append")
    asked = parser.parse_args()
    stops = asked.texts // 25 if asked.stops is None else asked.stops
    plan = Plan(
        texts=asked.texts, stops=stops, kill_every=asked.kill_every, pauses=asked.texts // 100
    )
    databases = Databases("storm")
    stories = {}
    try:
        for engine in asked.engine or ENGINES:
            with databases.fresh(engine) as database:
                stories[engine] = run(database, plan)
            print(f"{engine}: {stories[engine]}", flush=True)
    finally:
        databases.remove()
    print(table(stories))


def table(stories: dict[str, Story]) -> str:
    """As it stands in docs/texting.md."""
    rows = {
        "texts queued": lambda s: s.outcomes.texts,
        "workers killed with -9": lambda s: s.kills,
        "STOPs that came in meanwhile": lambda s: s.outcomes.stops,
        "**sent twice**": lambda s: s.outcomes.twice,
        "**lost**": lambda s: s.outcomes.lost,
        "numbers paused meanwhile": lambda s: s.outcomes.pauses,
        "**sent to a number after its STOP was answered, or after it was paused**": lambda s: (
            s.outcomes.after_stop
        ),
        "STOPs not confirmed exactly once": lambda s: s.outcomes.unconfirmed,
        "reports by the provider": lambda s: s.callbacks,
        "reports that were not taken": lambda s: s.refused_callbacks,
        "forged reports": lambda s: s.forged,
        "**forged reports that were taken**": lambda s: s.forged_taken,
        "sent": lambda s: s.outcomes.sent,
        "failed: opted out or paused": lambda s: s.outcomes.stopped,
        "failed: anything else": lambda s: s.outcomes.failed,
        "not known, before the provider was asked": lambda s: s.not_known_at_first,
        "not known, told to staff": lambda s: s.outcomes.not_known,
        "seconds": lambda s: round(s.seconds),
    }
    lines = [["", *stories], ["---", *("--:" for _ in stories)]]
    lines += [[name, *(f"{of(s):,}" for s in stories.values())] for name, of in rows.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
