#!/usr/bin/env python3
"""Measures what questions cost on much data: fills a project with a past that a worker's fold made, then asks for each metric of
the overview warm, right after a start, filtered, and for its explanation, and for the pages themselves.

    deploy/questions.py RAPPORT [--events 100000000] [--data-dir DIR]

A data directory that was filled before is used as it is. Prints Markdown. Needs the engine in .cache/engine (make engine).
"""

import argparse
import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

# What the overview's panels ask for (docs/adr/0011-dashboard.md).
METRICS = """messages_total conversations_started users_active users_new bot_response_time escalation_rate csat_avg cc_missed
peak_hours users_by_country conversation_duration automated_resolutions handover_rate_users interaction_rate""".split()
FILTERS = "channel:is:whatsapp device:is:mobile language:is:es country:is:MX source:is:newsletter browser:is:unknown".split()
PROJECT = "past"


class Server:
    """`rapport run` on a data directory, and its engine."""

    def __init__(self, rapport, directory):
        self.rapport, self.directory = rapport, Path(directory)
        self.process = None

    def start(self):
        state = self.directory / "server.json"
        state.unlink(missing_ok=True)
        command = [self.rapport, "run", "--data-dir", str(self.directory), "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not (state.exists() and state.stat().st_size):
            if self.process.poll() is not None:
                raise SystemExit(f"rapport ended: start it by hand to see why: {' '.join(command)}")
            time.sleep(0.02)
        said = json.loads(state.read_text())
        self.url, self.warehouse = said["url"], said["warehouse_url"]
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.engine = int(children[0])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def command(self, *arguments):
        run = subprocess.run([self.rapport, *arguments], check=True, capture_output=True, text=True)
        return run.stdout.strip()

    def engine_ms(self):
        fields = Path(f"/proc/{self.engine}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1_000 / os.sysconf("SC_CLK_TCK")


def ask(server, path, key):
    """Milliseconds until the answer is there, of them the engine's CPU, and why there is none."""
    request = urllib.request.Request(server.url + path, headers={"Authorization": f"Bearer {key}"})
    before, began, refused = server.engine_ms(), time.monotonic(), ""
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        refused = f"{error.code} {json.loads(error.read()).get('error', {}).get('code', '')}"
    return (time.monotonic() - began) * 1_000, server.engine_ms() - before, refused


def spread(server, path, key, times):
    asked = [ask(server, path, key) for _ in range(times)]
    took, spent = sorted(one[0] for one in asked), sorted(one[1] for one in asked)
    refused = next((one[2] for one in asked if one[2]), "")
    return f"{took[0]:.0f} / {took[len(took) // 2]:.0f} / {took[-1]:.0f} | {spent[len(spent) // 2]:.0f} | {refused or 'answered'}"


def table(title, rows):
    print(f"\n{title}\n\n| question | ms: least / median / most | engine CPU ms, median | |\n|---|---|---|---|")
    for name, row in rows:
        print(f"| {name} | {row} |", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("rapport")
    options.add_argument("--events", type=int, default=100_000_000)
    options.add_argument("--data-dir")
    options.add_argument("--range", default="7d")
    options.add_argument("--times", type=int, default=20)
    options = options.parse_args()
    temporary = None if options.data_dir else tempfile.TemporaryDirectory()
    directory = options.data_dir or temporary.name
    server = Server(options.rapport, directory)
    server.start()
    try:
        # A project that is there was filled before.
        made = subprocess.run([options.rapport, "project", "create", PROJECT, "--data-dir", directory], capture_output=True)
        if made.returncode == 0:
            filling = ["loadgen", "--past", str(options.events), "--warehouse", server.warehouse, "--project", PROJECT]
            began = time.monotonic()
            print(server.command(*filling), f"in {time.monotonic() - began:.0f} s", flush=True)
        key = server.command("key", "create", "--project", PROJECT, "--role", "read", "--data-dir", directory)
        questions = [(metric, f"/api/v1/query?metric={metric}&r={options.range}") for metric in METRICS]
        cold = []
        for metric, path in questions:
            server.stop()
            server.start()
            cold.append((metric, spread(server, path, key, 1)))
        table(f"The first question after a start, r={options.range}", cold)
        table("Warm", [(metric, spread(server, path, key, options.times)) for metric, path in questions])
        filtered = [(f"{metric}, {kept}", f"{path}&f={kept}") for metric, path in questions[:6] for kept in FILTERS]
        table("Filtered", [(name, spread(server, path, key, 3)) for name, path in filtered])
        explained = [(metric, f"/api/v1/explain?metric={metric}&r={options.range}") for metric in METRICS[:8]]
        table("Explained", [(metric, spread(server, path, key, 3)) for metric, path in explained])
    finally:
        server.stop()


if __name__ == "__main__":
    main()
