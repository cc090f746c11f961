"""Tracks conversations with AgentSight's SDK as an application does, and prints how many calls failed.

    python track.py ENDPOINT KEY PREFIX COUNT       each conversation has two messages; PREFIX-0, PREFIX-1, ...
"""
import os
import sys
import time

endpoint, key, prefix, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
os.environ["AGENTSIGHT_API_ENDPOINT"], os.environ["AGENTSIGHT_API_KEY"] = endpoint, key


def first_generation():
    from agentsight import conversation_tracker as tracker
    failed = 0
    for number in range(count):
        tracker.get_or_create_conversation(conversation_id=f"{prefix}-{number}", environment="production")
        tracker.track_human_message("Where is it?")
        tracker.track_agent_message("On its way.")
        failed += tracker.send_tracked_data()["summary"]["errors"]
    return failed


def second_generation():
    import agentsight
    from agentsight.sdk import core
    agentsight.init(api_key=key, endpoint=endpoint, verify_key=False, export_interval_ms=200)
    failed = 0
    for number in range(count):
        with agentsight.conversation(f"{prefix}-{number}", environment="production"):
            with agentsight.turn():
                agentsight.user_message("Where is it?")
                agentsight.agent_message("On its way.")
        core.get_exporter().last_response = None
        agentsight.flush()
        failed += core.get_exporter().last_response is None
    agentsight.shutdown()
    return failed


import agentsight  # noqa: E402

print(first_generation() if hasattr(agentsight, "conversation_tracker") else second_generation())
