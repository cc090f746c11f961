"""Sends a question as Avro and its answer as JSON: producer.py BROKERS TOPIC PROJECT, beside schemas/."""

import io
import json
import sys
import uuid
from datetime import datetime, timezone

from confluent_kafka import Producer
from fastavro import schemaless_writer
from fastavro.schema import load_schema

MESSAGE = load_schema("schemas/avro/message.avsc")
MESSAGE_ID = 2_000_000_002  # of that schema, in schemas/ids.json: an id means the same schema for ever


def as_avro(event: dict) -> bytes:
    out = io.BytesIO()
    # Confluent framing: a zero byte and the schema's id, big-endian; then the body. Fields left out get their defaults.
    out.write(b"\x00" + MESSAGE_ID.to_bytes(4, "big"))
    schemaless_writer(out, MESSAGE, event)
    return out.getvalue()


def main(brokers: str, topic: str, project: str) -> int:
    failures = []

    def delivered(error, record):
        if error is not None:
            failures.append(f"{record.key().decode()}: {error}")

    producer = Producer({
        "bootstrap.servers": brokers,
        "enable.idempotence": True,  # a retry by the library neither doubles nor reorders
        "acks": "all",  # an event is acknowledged when its replicas have it
        # The same partition as Kafka's Java clients choose: events of a conversation, whoever sends them, must share one.
        "partitioner": "murmur2_random",
    })

    conversation = str(uuid.uuid4())
    key = f"{project}/{conversation}"
    asked, answered = (str(uuid.uuid4()) for _ in range(2))
    question = {
        # An id of the event, the same whenever it is sent again: it is counted once.
        "event_id": str(uuid.uuid4()),
        "timestamp": datetime.now(timezone.utc),
        "project_id": project,
        "conversation_id": conversation,
        "user_id": "customer-1",
        "channel": "web",
        # The type's name says which branch of the union it is.
        "data": (
            "rapport.events.v1.MessageCreated",
            {"message_id": asked, "role": "user", "text": "Where is my order?"},
        ),
    }
    answer = {
        "event_id": str(uuid.uuid4()),
        "event": "message.created",
        "timestamp": datetime.now(timezone.utc).isoformat(),
        "project_id": project,
        "conversation_id": conversation,
        "user_id": "customer-1",
        "channel": "web",
        "data": {"message_id": answered, "role": "bot", "text": "On its way.", "reply_to": asked},
    }
    for value in (as_avro(question), json.dumps(answer).encode()):
        producer.produce(topic, key=key, value=value, on_delivery=delivered)
        # Calls `delivered` for what has been answered. When produce() raises BufferError, poll for longer and try again.
        producer.poll(0)

    # Sending is asynchronous: what was not flushed is lost when the program ends.
    unsent = producer.flush(30)
    if unsent:
        failures.append(f"{unsent} events were not delivered in time")
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: producer.py BROKERS TOPIC PROJECT")
    sys.exit(main(*sys.argv[1:]))
