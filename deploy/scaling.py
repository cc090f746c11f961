#!/usr/bin/env python3
"""Scales workers from one to four to two under load, on three Kafka brokers of this machine, and draws what the lag does.

    deploy/scaling.py RAPPORT [--rate EVENTS] [--step SECONDS] [--out FOLDER]

Four phases of STEP seconds each: one worker, four, three of which one was killed with -9, two. Every second the lag of all
workers together is taken from their /metrics. In the end every event that the gateway acknowledged is in the figure, or the
script fails. Prints the figures, and writes scaling.csv and scaling.svg.
"""

import argparse
import csv
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ADMIN_KEY = "ags_0123456789abcdef0123456789abcdef_012345"
PARTITIONS = 8
# Of the group, seconds.
SESSION_TIMEOUT = 10
# How long after the load the workers may need for what is left, seconds.
CATCH_UP_MAX = 300


class Service:
    """One process of the installation, and where it answers."""

    def __init__(self, installation, name, *arguments, listen="127.0.0.1:0"):
        self.log = Path(installation.folder) / f"{name}-{time.monotonic_ns()}.log"
        self.process = subprocess.Popen(
            [installation.rapport, name, "--listen", listen, *arguments],
            env=installation.environment,
            stdout=subprocess.PIPE,
            stderr=self.log.open("w"),
            text=True,
        )
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{name} did not start:\n{self.log.read_text()}")
        self.url = re.search(r"http://\S+", line).group()

    def get(self, path, key=None):
        request = urllib.request.Request(self.url + path)
        if key:
            request.add_header("Authorization", f"Bearer {key}")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()

    def wait_until_ready(self):
        for _ in range(600):
            try:
                self.get("/readyz")
                return self
            except OSError:
                time.sleep(0.1)
        sys.exit(f"{self.url} is not ready:\n{self.log.read_text()[-2000:]}")

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait()


class Installation:
    """Brokers, an engine, and what every process is told."""

    def __init__(self, rapport, folder):
        self.rapport, self.folder, self.services, self.load = rapport, folder, [], None
        brokers = subprocess.run([HERE / "kafka.sh", "up"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        # The brokers stay for as long as somebody holds this lock.
        self.users = (HERE.parent / ".cache/kafka/run/users").open()
        fcntl.flock(self.users, fcntl.LOCK_SH)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_") or "LIBRARY" in name},
            "RAPPORT_KAFKA__BROKERS": brokers.splitlines()[-1],
            "RAPPORT_KAFKA__TOPIC_PREFIX": f"scaling-{os.getpid()}-",
            "RAPPORT_KAFKA__EVENT_PARTITIONS": str(PARTITIONS),
            "RAPPORT_ADMIN_KEY": ADMIN_KEY,
            "RAPPORT_SECRET": "the same for all of them",
        }
        self.engine = self.start("warehouse", "--data-dir", str(Path(folder) / "engine"))
        self.environment["RAPPORT_WAREHOUSE__URL"] = self.engine.url

    def start(self, name, *arguments, **options):
        service = Service(self, name, *arguments, **options)
        self.services.append(service)
        return service

    def command(self, *arguments):
        done = subprocess.run([self.rapport, *arguments], env=self.environment, stdout=subprocess.PIPE, check=True, text=True)
        return done.stdout.strip()

    def ask(self, sql):
        """The only number that a statement gives."""
        request = urllib.request.Request(self.engine.url + "/?database=rapport", data=sql.encode())
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.read())

    def end(self):
        for process in [*(service.process for service in self.services), self.load]:
            if process and process.poll() is None:
                process.kill()


def lag(workers):
    """Messages and seconds that the workers are behind, each by its own partitions."""
    messages, seconds, partitions = 0.0, 0.0, set()
    for worker in workers:
        try:
            text = worker.get("/metrics")
        except OSError:
            continue
        for partition, value in re.findall(r'^rapport_worker_lag_messages\{partition="(\d+)"\} (\S+)', text, re.M):
            messages += float(value)
            partitions.add(partition)
        found = re.search(r"^rapport_worker_lag_seconds (\S+)", text, re.M)
        seconds = max(seconds, float(found.group(1)) if found else 0.0)
    return messages, seconds, len(partitions)


def stamp(line):
    return re.search(r"\d{4}-\d\d-\d\dT(\d\d):(\d\d):(\d\d\.\d+)", line)


def second_of_day(match):
    return int(match.group(1)) * 3600 + int(match.group(2)) * 60 + float(match.group(3))


def taken_over_after(workers, moment):
    """Seconds from a moment (of this UTC day) to each later takeover that the workers' logs tell of."""
    times = []
    for worker in workers:
        for line in worker.log.read_text().splitlines():
            match = stamp(line)
            if match and "partition taken over" in line and second_of_day(match) > moment:
                times.append(second_of_day(match) - moment)
    return sorted(times)


def run(options, folder):
    installation = Installation(options.rapport, folder)
    try:
        return measure(options, installation)
    finally:
        installation.end()
        installation.users.close()


def measure(options, installation):
    api = installation.start("api").wait_until_ready()
    gateway = installation.start("gateway", "--data-dir", str(Path(installation.folder) / "gateway")).wait_until_ready()
    workers = [installation.start("worker").wait_until_ready()]
    installation.command("project", "create", "scaling", "--url", api.url)
    key = installation.command("key", "create", "--project", "scaling", "--url", api.url)
    load = installation.load = subprocess.Popen(
        [options.rapport, "loadgen", "--url", gateway.url, "--key", key, "--rate", str(options.rate)]
        + ["--duration", str(4 * options.step), "--json"],
        env=installation.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    rows, marks, began, killed = [], [], time.monotonic(), None

    def sample(until):
        while time.monotonic() < until:
            messages, seconds, partitions = lag(workers)
            rows.append((round(time.monotonic() - began, 1), len(workers), partitions, messages, round(seconds, 2)))
            time.sleep(1)

    def mark(what):
        marks.append((round(time.monotonic() - began, 1), what))
        print(f"{marks[-1][0]:7.1f} s  {what}", flush=True)

    mark("1 worker")
    sample(began + options.step)
    workers += [installation.start("worker") for _ in range(3)]
    mark("4 workers")
    sample(began + 2 * options.step)
    before = time.gmtime()
    killed = before.tm_hour * 3600 + before.tm_min * 60 + time.time() % 60
    workers.pop(0).end(signal.SIGKILL)
    mark("3 workers: one killed with -9")
    sample(began + 3 * options.step)
    takeovers = taken_over_after(workers, killed)
    workers.pop(0).end(signal.SIGTERM)
    mark("2 workers")
    while load.poll() is None:
        sample(time.monotonic() + 1)
    accepted = json.loads(load.communicate()[0])["accepted"]
    sent = time.monotonic() - began
    mark("no more load")
    # A partition that nobody speaks of has no owner, and a lag that nobody knows.
    while rows[-1][2:4] != (PARTITIONS, 0):
        if time.monotonic() - began - sent > CATCH_UP_MAX:
            sys.exit(f"{rows[-1][3]:.0f} messages behind in {rows[-1][2]} partitions {CATCH_UP_MAX} s after the load")
        sample(time.monotonic() + 1)
    caught_up = time.monotonic() - began - sent
    answer = json.loads(api.get("/api/v1/query?metric=messages_total&r=7d", key))
    messages = answer["results"][0]["total"]["value"]
    events = installation.ask("SELECT uniqExact(project, conversation_id, event_id) FROM raw_events")
    # The figure is of counters, the view of raw events. Both leave out other environments and what was deleted.
    expected = installation.ask("SELECT count() FROM messages")
    print(f"accepted {accepted} events at {accepted / sent:.0f}/s; lag after the load: 0 within {caught_up:.1f} s")
    first = takeovers[0] if takeovers else float("nan")
    last = max((seconds for seconds in takeovers if seconds < options.step), default=float("nan"))
    print(f"after kill -9: first partition taken over after {first:.1f} s, the last after {last:.1f} s "
          f"(session time-out {SESSION_TIMEOUT} s)")
    print(f"greatest lag: {max(row[3] for row in rows):.0f} messages, {max(row[4] for row in rows):.1f} s")
    if (events, messages) != (accepted, expected):
        wrong = f"{events} events of {accepted} acknowledged; the figure says {messages} messages of {expected}"
    else:
        wrong = None
        print(f"exact: all {accepted} acknowledged events are there once, and the figure counts their {messages} messages")
    return rows, marks, wrong


def draw(rows, marks, path):
    """Two panels over time: messages behind, and the number of workers."""
    width, height, left, top = 900, 360, 70, 30
    end = max(row[0] for row in rows) or 1
    most = max(max(row[3] for row in rows), 1)
    x = lambda at: left + at / end * (width - left - 20)
    y = lambda value: top + (1 - value / most) * (height - top - 60)
    line = " ".join(f"{x(row[0]):.1f},{y(row[3]):.1f}" for row in rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        "<title>Lag of all workers while they are scaled from one to four to two</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{left}" y="18" fill="#333">messages behind, all partitions</text>',
    ]
    for share in (0, 0.5, 1):
        value = most * share
        parts.append(f'<line x1="{left}" x2="{width - 20}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 6}" y="{y(value) + 4:.1f}" text-anchor="end" fill="#555">{value:.0f}</text>')
    for at, what in marks:
        parts.append(f'<line x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{top}" y2="{height - 60}" stroke="#999" stroke-dasharray="3 3"/>')
        anchor = "start" if x(at) < width - 120 else "end"
        parts.append(f'<text x="{x(at):.1f}" y="{height - 38}" text-anchor="{anchor}" fill="#333">{what}</text>')
    parts.append(f'<polyline points="{line}" fill="none" stroke="#3457d5" stroke-width="1.5"/>')
    for at in range(0, int(end) + 1, max(1, int(end) // 8)):
        parts.append(f'<text x="{x(at):.1f}" y="{height - 8}" text-anchor="middle" fill="#555">{at} s</text>')
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rapport", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--step", type=int, default=45)
    parser.add_argument("--out", type=Path, default=Path("."))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows, marks, wrong = run(options, folder)
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "scaling.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["seconds", "workers", "partitions_seen", "lag_messages", "lag_seconds"])
        writer.writerows(rows)
    draw(rows, marks, options.out / "scaling.svg")
    if wrong:
        sys.exit(wrong)


if __name__ == "__main__":
    main()
