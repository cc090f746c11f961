"""Streams of events and what the oracle says of them, as JSON: the golden week, and generated ones.

The oracle lies in shared/golden beside the repository, or above it.
"""
import json
import pathlib
import sys

PARENTS = pathlib.Path(__file__).resolve().parents
GOLDEN = next((above / "shared/golden" for above in PARENTS if (above / "shared/golden/reference.py").is_file()), None)
if GOLDEN is None:
    sys.exit(f"shared/golden/reference.py lies nowhere above {PARENTS[0]}: the fold cannot be judged")
sys.path.insert(0, str(GOLDEN))
sys.dont_write_bytecode = True

import check  # noqa: E402
import reference  # noqa: E402
from generate import generate  # noqa: E402

ZONE = "Europe/Madrid"


def microseconds(t):
    return (t - reference.EPOCH) // reference.timedelta(microseconds=1)


def people(events):
    """Whom each key as sent stands for (D-05)."""
    world = reference.World(events, "person", None)
    named = [e for e in world.events if e.user or e.anon]
    return {f"u:{e.user}" if e.user else f"a:{e.anon}": ":".join(world.person(e)) for e in named}


def judged(events, start, end):
    period = reference.Period(start, end, ZONE)
    figures = reference.figures(events, start, end, ZONE)
    return {"from_us": microseconds(period.start), "to_us": microseconds(period.end), "figures": figures}


def stream(name, events, ranges):
    return {"name": name, "events": events, "people": people(events), "ranges": [judged(events, *r) for r in ranges]}


streams = [stream("golden", reference.load(GOLDEN / "events.jsonl"), [("2026-03-23", "2026-03-30")])]
for seed in (1, 2, 3):
    made = generate(seed)
    streams.append(stream(f"seed {seed}", made, check.ranges(made, reference.ZoneInfo(ZONE))))
json.dump(streams, sys.stdout)
