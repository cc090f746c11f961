#!/usr/bin/env python3
"""Kills every part of an installation on Kafka while a stream of events goes through it, and compares the figures with the oracle's.

    deploy/chaos.py RAPPORT --golden FOLDER [--seed SEED] [--conversations COUNT]

Gateway, two workers and api on three Kafka brokers of this machine. While the events are sent, each of them, the engine and one
broker are killed with -9 and started again, and a worker is frozen for longer than the group's session time-out and let go.
FOLDER has the oracle: generate.py and check.py. Fails if a figure differs.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from scaling import HERE, SESSION_TIMEOUT, Installation

# Events of a request.
BATCH = 200
# How often a batch is sent until it is acknowledged, and the pause between, seconds.
ATTEMPTS, PAUSE = 600, 0.2
BROKERS = HERE.parent / ".cache/kafka/run"
# The broker that is killed.
BROKER = "1"


class Chaos:
    """An installation, and what is done to it."""

    def __init__(self, installation):
        self.installation = installation
        self.data = Path(installation.folder)
        self.parts = {name: self.started(name) for name in ("api", "gateway", "first worker", "second worker")}

    def started(self, name):
        service = name.split()[-1]
        arguments = () if service == "worker" else ("--data-dir", str(self.data / service))
        return self.installation.start(service, *arguments).wait_until_ready()

    def restart(self, name):
        """Kills a service with -9 and starts it again."""
        self.parts[name].end(signal.SIGKILL)
        self.parts[name] = self.started(name)

    def restart_engine(self):
        """The same of the engine, which has to have its old address."""
        engine = self.installation.engine
        engine.end(signal.SIGKILL)
        address = engine.url.removeprefix("http://").rstrip("/")
        self.installation.engine = self.installation.start(
            "warehouse", "--data-dir", str(self.data / "engine"), listen=address
        )

    def kill_broker(self):
        (BROKERS / f"{BROKER}.hold").touch()
        os.kill(int((BROKERS / f"{BROKER}.pid").read_text()), signal.SIGKILL)

    def start_broker(self):
        (BROKERS / f"{BROKER}.hold").unlink()

    def freeze(self):
        """A worker stands still until the others have its partitions, and then goes on as if nothing had been."""
        self.parts["first worker"].process.send_signal(signal.SIGSTOP)
        time.sleep(SESSION_TIMEOUT + 4)
        self.parts["first worker"].process.send_signal(signal.SIGCONT)

    def steps(self):
        """What happens, in its order, at equal distances of the stream."""
        return [
            ("kill -9 the first worker", lambda: self.restart("first worker")),
            ("kill -9 the gateway", lambda: self.restart("gateway")),
            ("kill -9 a broker", self.kill_broker),
            ("kill -9 the second worker", lambda: self.restart("second worker")),
            ("kill -9 the engine", self.restart_engine),
            ("start the broker", self.start_broker),
            ("freeze the first worker", self.freeze),
            ("kill -9 the api", lambda: self.restart("api")),
            ("kill -9 the gateway again", lambda: self.restart("gateway")),
        ]

    def send(self, key, events):
        """Sends a batch until it is acknowledged; the gateway may be anywhere in its life meanwhile."""
        body = json.dumps([{**event, "historical": True} for event in events]).encode()
        for _ in range(ATTEMPTS):
            request = urllib.request.Request(self.parts["gateway"].url + "/v1/batch", data=body)
            request.add_header("Authorization", f"Bearer {key}")
            request.add_header("Content-Type", "application/json")
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return answer.status
            except urllib.error.HTTPError as error:
                if error.code not in (401, 429, 503):
                    sys.exit(f"{error.code}: {error.read().decode()}")
            except OSError:
                pass
            time.sleep(PAUSE)
        sys.exit(f"a batch was not acknowledged in {ATTEMPTS} attempts")


def run(options, installation):
    chaos = Chaos(installation)
    at_api = ("--url", chaos.parts["api"].url)
    installation.command("project", "create", "chaos", "--timezone", "Europe/Madrid", *at_api)
    key = installation.command("key", "create", "--project", "chaos", *at_api)
    stream = chaos.data / "events.jsonl"
    generated = [sys.executable, options.golden / "generate.py", "--seed", str(options.seed), "--shuffle", "full"]
    with stream.open("w") as file:
        subprocess.run([*generated, "--conversations", str(options.conversations)], stdout=file, check=True)
    events = [json.loads(line) for line in stream.read_text().splitlines() if line.strip()]
    batches = [events[at : at + BATCH] for at in range(0, len(events), BATCH)]
    steps = chaos.steps()
    due = {len(batches) * (place + 1) // (len(steps) + 1): step for place, step in enumerate(steps)}
    if len(due) < len(steps):
        sys.exit(f"{len(batches)} batches are too few for {len(steps)} steps: ask for more conversations")
    for number, batch in enumerate(batches):
        if number in due:
            what, step = due[number]
            print(f"batch {number} of {len(batches)}: {what}", flush=True)
            step()
        chaos.send(key, batch)
    check = [sys.executable, options.golden / "check.py", "--url", chaos.parts["api"].url, "--ingest-key", key]
    return subprocess.run([*check, "--read-key", key, "--events", stream, "--no-post"]).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rapport", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--golden", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--conversations", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(options.rapport, folder)
        try:
            outcome = run(options, installation)
        finally:
            (BROKERS / f"{BROKER}.hold").unlink(missing_ok=True)
            installation.end()
            installation.users.close()
    sys.exit(outcome)


if __name__ == "__main__":
    main()
