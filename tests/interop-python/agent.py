"""An agent served by the SDK over HTTP, as a peer of our client. What it does its message says:
`echo TEXT`, `chunks TEXT` (one artifact, letter by letter), `reply TEXT` (a bare message),
`ask TEXT` (waits for an answer), `slow TEXT`, `fail`.

    agent.py BINDINGS [--quiet]

prints its URL. --quiet: its card offers no streams. The variable CUT ends the first stream after so
many events.
"""

import asyncio
import os
import socket
import sys

import uvicorn
from a2a.helpers import proto_helpers as helpers
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import agent_card_routes, jsonrpc_routes, rest_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import a2a_pb2 as pb
from starlette.applications import Starlette


class Agent(AgentExecutor):
    async def execute(self, context, event_queue):
        verb, _, text = helpers.get_message_text(context.message).partition(" ")
        if verb == "reply":
            await event_queue.enqueue_event(helpers.new_text_message(text, role=pb.ROLE_AGENT))
            return
        if context.current_task is None:
            await event_queue.enqueue_event(
                helpers.new_task(context.task_id, context.context_id, pb.TASK_STATE_SUBMITTED)
            )
        task = TaskUpdater(event_queue, context.task_id, context.context_id)
        await task.start_work()
        if verb == "ask":
            await task.requires_input(task.new_agent_message([helpers.new_text_part(text)]))
            return
        for i, piece in enumerate(text if verb == "chunks" else [text]):
            if verb == "chunks":
                await asyncio.sleep(0.04)
            part = [helpers.new_text_part(piece)]
            await task.add_artifact(part, artifact_id="a", append=i > 0)
        if verb == "slow":
            await asyncio.sleep(1.2)
        await (task.failed() if verb == "fail" else task.complete())

    async def cancel(self, context, event_queue):
        await TaskUpdater(event_queue, context.task_id, context.context_id).cancel()


class Cutter:
    """Ends the first stream after some events, without its proper end."""

    def __init__(self, app, events):
        self.app, self.events = app, events

    async def __call__(self, scope, receive, send):
        seen = 0

        async def cutting(message):
            nonlocal seen
            if message["type"] == "http.response.body" and self.events is not None:
                seen += message.get("body", b"").count(b"data:")
                if seen > self.events:
                    self.events = None
                    raise ConnectionAbortedError("cut")
            await send(message)

        await self.app(scope, receive, cutting)


def card(url, bindings, streaming):
    paths = {"JSONRPC": "/rpc", "HTTP+JSON": "/rest"}
    return pb.AgentCard(
        name="Python peer",
        description="An agent of another house",
        version="1",
        supported_interfaces=[
            pb.AgentInterface(url=url + paths[one], protocol_binding=one, protocol_version=version)
            for one in bindings
            for version in ("1.0", "0.3")
        ],
        capabilities=pb.AgentCapabilities(streaming=streaming),
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        skills=[pb.AgentSkill(id="s", name="S", description="d", tags=["t"])],
    )


def main():
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    own = card(url, sys.argv[1].split(","), "--quiet" not in sys.argv)
    handler = DefaultRequestHandler(Agent(), InMemoryTaskStore(), own)
    routes = [
        *agent_card_routes.create_agent_card_routes(own),
        *jsonrpc_routes.create_jsonrpc_routes(handler, "/rpc", enable_v0_3_compat=True),
        *rest_routes.create_rest_routes(handler, path_prefix="/rest", enable_v0_3_compat=True),
    ]
    cut = os.environ.get("CUT")
    app = Cutter(Starlette(routes=routes), int(cut) if cut else None)
    print(url, flush=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    asyncio.run(server.serve(sockets=[listening]))


if __name__ == "__main__":
    main()
