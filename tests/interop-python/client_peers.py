"""Our client against an agent of the SDK: `flotilla send --server URL`."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import traceback

AGENT = pathlib.Path(__file__).with_name("agent.py")


class Peer:
    def __init__(self, bindings="JSONRPC,HTTP+JSON", quiet=False, cut=None):
        command = [sys.executable, str(AGENT), bindings] + (["--quiet"] if quiet else [])
        environment = dict(os.environ, **({"CUT": str(cut)} if cut is not None else {}))
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        self.url = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def send(self, how, *args):
        with tempfile.TemporaryDirectory() as home:
            return subprocess.run(
                [os.environ["FLOTILLA_BIN"], "send", "--server", self.url, *how, *args],
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
                env={"PATH": os.environ["PATH"], "HOME": home},
            )


def expect(run, out, status=0):
    assert (run.stdout, run.returncode) == (out, status), (run.stdout, run.returncode, run.stderr)


def sends_and_streams(how):
    with Peer() as peer:
        expect(peer.send(how, "echo hello"), "hello\n")
        expect(peer.send(how, "--stream", "chunks abcdef"), "abcdef\n")
        expect(peer.send(how, "reply well"), "well\n")
        assert peer.send(how, "fail").returncode == 3


def answers_a_task_that_waits(how):
    with Peer() as peer:
        asked = peer.send(how, "-o", "name", "ask which?")
        assert asked.returncode == 5, asked
        expect(peer.send(how, "--task", asked.stdout.strip(), "echo that"), "that\n")


def goes_on_after_cuts(how):
    # The result, not the pieces: to a subscriber this SDK may tell a piece that is in its snapshot.
    for cut in (1, 2, 3, 5, 7):
        with Peer(cut=cut) as peer:
            run = peer.send(how, "-o", "json", "chunks abcdef")
            assert run.returncode == 0, run
            parts = json.loads(run.stdout)["task"]["artifacts"][0]["parts"]
            assert "".join(part["text"] for part in parts) == "abcdef", run


def polls_an_agent_without_streams(how):
    with Peer(quiet=True) as peer:
        expect(peer.send(how, "--stream", "slow later"), "later\n")


TESTS = [
    sends_and_streams,
    answers_a_task_that_waits,
    goes_on_after_cuts,
    polls_an_agent_without_streams,
]


def run_all(only):
    passed, failed = 0, 0
    for binding in ("JSONRPC", "HTTP+JSON"):
        for version in ("1.0", "0.3"):
            for test in TESTS:
                name = f"client {binding} {version} {test.__name__}"
                if only and not any(one in name for one in only):
                    continue
                try:
                    test(["--binding", binding, "--a2a-version", version])
                    passed += 1
                except Exception:
                    failed += 1
                    print(f"FAILED {name}\n{traceback.format_exc(limit=-3)[-1500:]}")
    return passed, failed
