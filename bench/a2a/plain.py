"""The cheapest requests beside nginx with a static answer."""

from load import Summary, wrk
from messages import show
from processes import Flotilla, Nginx

NGINX_GET = "nginx, static 200, GET"
NGINX_POST = "nginx, static 200, POST"
HEALTH = "GET /health/live"
POST = "POST GetTask, id of no task"
POST_LOOKUP = "POST GetTask, looked up in vain"

# Both are answered by TaskNotFound. The first id cannot be a task's, so that the request is HTTP,
# JSON and JSON-RPC in and out and nothing else; the second has to be looked up in the database.
BODY = ('{{"jsonrpc":"2.0","id":7,"method":"GetTask","params":{{"id":"{}","historyLength":10}}}}')
BODY_NO_TASK = BODY.format("weather-in-paris-tomorrow")
BODY_LOOKUP = BODY.format("019a0000-0000-7000-8000-000000000001")


def base_of(name):
    return NGINX_GET if name in (NGINX_GET, HEALTH) else NGINX_POST


def measure(setup, rounds, seconds):
    """A Summary for each of the names above."""
    samples = {}
    for number in range(rounds):
        print(f"-- plain requests, round {number + 1} of {rounds}", flush=True)
        with Nginx(setup) as nginx:
            runs = [(NGINX_GET, nginx, "/health/live", []), (NGINX_POST, nginx, "/", [BODY_NO_TASK])]
            add(samples, runs, seconds)
        with Flotilla(setup) as server:
            runs = [(HEALTH, server, "/health/live", []), (POST, server, "/", [BODY_NO_TASK]),
                    (POST_LOOKUP, server, "/", [BODY_LOOKUP])]
            add(samples, runs, seconds)
    return {name: Summary(list_) for name, list_ in samples.items()}


def add(samples, runs, seconds):
    for name, server, path, arguments in runs:
        wrk(server, path, "plain.lua", arguments, 1)
        sample = wrk(server, path, "plain.lua", arguments, seconds)
        show(name, sample)
        samples.setdefault(name, []).append(sample)
