"""TLS: who the server is, who the client is. Certificates are made with the openssl program."""

import shutil
import ssl
import subprocess

from calls import message_1_0
from server import Server
from tool_servers import apply, is_ready, manifest, names, status, until
from wire import Connection, Cut, encode

NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)


def authority(folder, name):
    openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"),
        *("-days", "2", "-subj", f"/CN={name}"),
    )


def certificate(folder, name, issuer):
    openssl(
        *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.csr"),
        *("-subj", f"/CN={name}", "-addext", NAMES),
    )
    with open(f"{folder}/extensions", "w", encoding="utf-8") as file:
        file.write(NAMES)
    openssl(
        *("x509", "-req", "-in", f"{folder}/{name}.csr", "-out", f"{folder}/{name}.pem"),
        *("-CA", f"{folder}/{issuer}.pem", "-CAkey", f"{folder}/{issuer}.key"),
        *("-CAcreateserial", "-days", "2", "-extfile", f"{folder}/extensions"),
    )


def context(folder, client=None):
    out = ssl.create_default_context(cafile=f"{folder}/ca.pem")
    if client:
        out.load_cert_chain(f"{folder}/{client}.pem", f"{folder}/{client}.key")
    return out


def server_flags(folder):
    return ["--tls-cert", f"{folder}/server.pem", "--tls-key", f"{folder}/server.key"]


def can_make_certificates(checks):
    if shutil.which("openssl"):
        return True
    print("tls: there is no openssl program; skipped")
    return False


def test_a_server_shows_who_it_is(checks, folder):
    if not can_make_certificates(checks):
        return
    authority(folder, "ca")
    certificate(folder, "server", "ca")
    trust = context(folder)
    with Server(f"{folder}/s", *server_flags(folder), tls=trust) as server:
        checks.equal(server.scheme, "https")
        card = server.get("/.well-known/agent-card.json")
        checks.equal(card["url"], server.url, "the card's URL")
        task = server.rpc("SendMessage", {"message": message_1_0("Calculate 6 * 7")})
        checks.that('"42"' in str(task).replace("'", '"'), task)
        with server.connect() as connection:
            stream = {"message": message_1_0("@echo chunks=3 abc")}
            connection.send(encode("POST", "/message:stream", [], stream))
            events = list(connection.events(connection.read_head()))
            checks.equal([event.id for event in events], ["1", "2", "3", "4", "5"])
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            one = context(folder)
            one.minimum_version = one.maximum_version = version
            with Connection(server.address, 10, one) as connection:
                connection.send(encode("GET", "/health/live"))
                checks.equal(connection.read().status, 200, version)
        stranger = ssl.create_default_context()
        checks.that(fails(server, stranger), "a client that trusts others connects")
        with Connection(server.address, 10) as plain:
            plain.send(encode("GET", "/health/live"))
            try:
                checks.that(plain.read().status == 400, "plain text on a TLS port is served")
            except (Cut, UnicodeDecodeError, AssertionError):
                checks.that(True)
        checks.equal(server.call("GET", "/health/live").status, 200, "it serves on")


def fails(server, tls):
    """Whether no request gets through; TLS 1.3 tells of a refused client only on reading."""
    try:
        with Connection(server.address, 10, tls) as connection:
            connection.send(encode("GET", "/health/live"))
            connection.read()
        return False
    except (ssl.SSLError, OSError, Cut):
        return True


def test_clients_show_who_they_are(checks, folder):
    if not can_make_certificates(checks):
        return
    for name in ("ca", "other"):
        authority(folder, name)
    certificate(folder, "server", "ca")
    certificate(folder, "client", "ca")
    certificate(folder, "mallory", "other")
    flags = [*server_flags(folder), "--tls-client-ca", f"{folder}/ca.pem"]
    with Server(f"{folder}/s", *flags, tls=context(folder, "client")) as server:
        checks.equal(server.call("GET", "/health/live").status, 200, "a client that is known")
        checks.that(fails(server, context(folder)), "a client without certificate")
        checks.that(fails(server, context(folder, "mallory")), "a client of another authority")
        checks.equal(server.call("GET", "/health/live").status, 200, "it serves on")


def test_keys_that_do_not_fit_are_refused(checks, folder):
    if not can_make_certificates(checks):
        return
    authority(folder, "ca")
    certificate(folder, "server", "ca")
    certificate(folder, "another", "ca")
    flags = ["--tls-cert", f"{folder}/server.pem", "--tls-key", f"{folder}/another.key"]
    for given in (flags, ["--tls-cert", f"{folder}/server.pem"], ["--tls-key", f"{folder}/server.key"]):
        server = Server(f"{folder}/s", *given)
        try:
            server.start()
            checks.that(False, "starts with", given)
            server.kill()
        except RuntimeError as error:
            checks.that("key" in str(error).lower() or "cert" in str(error).lower(), error)


def test_a_tool_server_is_checked_and_shown_who_we_are(checks, folder):
    if not can_make_certificates(checks):
        return
    authority(folder, "ca")
    certificate(folder, "server", "ca")
    certificate(folder, "client", "ca")
    flags = [*server_flags(folder), "--tls-client-ca", f"{folder}/ca.pem"]
    with Server(f"{folder}/peer", *flags, tls=context(folder, "client")) as peer:
        url = f"https://localhost:{peer.address[1]}/mcp"
        with Server(f"{folder}/house") as server:
            pem = {}
            for name in ("ca.pem", "client.pem", "client.key"):
                with open(f"{folder}/{name}", encoding="utf-8") as file:
                    pem[name] = file.read()
            secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pem"},
                      "stringData": pem}
            known = {"caSecretRef": {"name": "pem", "key": "ca.pem"},
                     "clientCertSecretRef": {"name": "pem", "key": "client.pem"},
                     "clientKeySecretRef": {"name": "pem", "key": "client.key"}}
            nobody = {"caSecretRef": known["caSecretRef"]}
            apply(server, secret, manifest("known", url=url, tls=known),
                  manifest("nobody", url=url, tls=nobody), manifest("stranger", url=url))
            checks.that(until(lambda: is_ready(server, "known")), status(server, "known"))
            checks.that(any(name.startswith("known_") for name in names(server)), names(server))
            for name in ("nobody", "stranger"):
                checks.that(until(lambda name=name: status(server, name).get("lastError")), name)
                checks.that(not is_ready(server, name), status(server, name))
            shown = str(status(server, "stranger"))
            checks.that("certificate" in shown, shown)
            checks.that(pem["client.key"].split("\n")[1] not in server.log(), "the key is logged")
