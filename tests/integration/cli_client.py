"""The command line by itself: help, completion, contexts."""

import os
import stat
import subprocess

from cli_server import Cli, said
from server import Server, write_tokens

COMMANDS = [
    ["serve"],
    ["config"],
    ["send"],
    ["chat"],
    ["tasks", "list"],
    ["tasks", "get"],
    ["tasks", "cancel"],
    ["logs"],
    ["publish"],
    ["subscribe"],
    ["subscriptions", "list"],
    ["subscriptions", "delete"],
    ["sessions", "list"],
    ["sessions", "get"],
    ["agents", "list"],
    ["agents", "get"],
    ["apply"],
    ["diff"],
    ["get"],
    ["describe"],
    ["delete"],
    ["explain"],
    ["version"],
    ["completion"],
]


def test_help_has_examples(checks, folder):
    cli = Cli(folder)
    said(checks, cli.run("--help"), 0, "send")
    said(checks, cli.run("help", "send"), 0, "--stream")
    for command in COMMANDS:
        got = cli.run(*command, "--help")
        said(checks, got, 0, "flotilla " + " ".join(command))
        checks.that("Examples:" in got.stdout, command, got.stdout)
        checks.equal(got.stderr, "", command)
    got = cli.run("--version")
    checks.that(got.returncode == 0 and got.stdout.strip()[0].isdigit(), got.stdout)
    said(checks, cli.run("version", "--client"), 0, got.stdout.strip())
    for wrong, meant in ((["sesions", "list"], "sessions"), (["task", "list"], "tasks"), (["send", "--strem"], "--stream")):
        got = cli.run(*wrong)
        checks.equal(got.returncode, 2, wrong)
        checks.that(meant in got.stderr, wrong, got.stderr)


def test_completion_scripts_are_sound(checks, folder):
    cli = Cli(folder)
    for shell in ("bash", "zsh", "fish"):
        got = cli.run("completion", shell)
        said(checks, got, 0, "flotilla")
        for word in ("sessions", "--stream", "cancel"):
            checks.that(word.lstrip("-") in got.stdout, shell, word)
        if shell == "bash":
            read = subprocess.run(["bash", "-n"], input=got.stdout, text=True, capture_output=True)
            checks.equal(read.returncode, 0, read.stderr)


def write_contexts(cli, text, mode=0o600):
    os.makedirs(f"{cli.home}/.config/flotilla", exist_ok=True)
    path = f"{cli.home}/.config/flotilla/config.yaml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def test_contexts(checks, folder):
    write_tokens(f"{folder}/tokens.yaml", ["alice operator default", "vera viewer default"])
    with Server(f"{folder}/a", "--tokens", f"{folder}/tokens.yaml") as server:
        cli = Cli(folder)
        contexts = (
            "current-context: alice\ncontexts:\n"
            f"  - name: alice\n    server: {server.url}\n    token: alice-token\n"
            f"  - name: vera\n    server: {server.url}\n    token: vera-token\n"
            "  - name: down\n    server: http://127.0.0.1:1\n    token: alice-token\n"
        )
        path = write_contexts(cli, contexts)
        said(checks, cli.run("send", "@echo hi"), 0, "hi")
        checks.equal(cli.run("send", "--context", "vera", "x").returncode, 8)
        checks.equal(cli.run("tasks", "list", FLOTILLA_CONTEXT="down").returncode, 6)
        got = cli.run("tasks", "list", "--context", "alic")
        checks.equal(got.returncode, 2)
        checks.that("alice" in got.stderr, "did you mean", got.stderr)
        checks.equal(cli.run("tasks", "list", FLOTILLA_TOKEN="wrong").returncode, 8)
        # A context's token goes to the context's own server only.
        with Server(f"{folder}/b", "--tokens", f"{folder}/tokens.yaml") as other:
            checks.equal(cli.run("tasks", "list", "--server", other.url).returncode, 8)
            checks.equal(cli.run("tasks", "list", FLOTILLA_URL=other.url).returncode, 8)
        os.chmod(path, 0o644)
        got = cli.run("tasks", "list")
        checks.that("chmod 600" in got.stderr, "others may read it:", got.stderr)
        checks.that("alice-token" not in got.stderr + got.stdout, "the token is shown")
        checks.equal(stat.S_IMODE(os.stat(path).st_mode), 0o644)
        write_contexts(cli, "contexts:\n  - name: a\n    serber: x\n")
        got = cli.run("tasks", "list")
        checks.equal(got.returncode, 2)
        checks.that("serber" in got.stderr and "server" in got.stderr, got.stderr)


def test_a_server_that_is_none(checks, folder):
    """What answers but is no Flotilla is told from what does not answer."""
    cli = Cli(folder)
    for url, status in (("http://127.0.0.1:1", 6), ("http://no.invalid", 6), ("ftp://127.0.0.1", 2)):
        got = cli.run("tasks", "list", "--server", url)
        checks.equal(got.returncode, status, url, got.stderr)
        checks.that(got.stderr.startswith("flotilla: "), got.stderr)
