"""Requirements that need something else than this suite: where they are shown instead."""

UNIT = "unit tests of src/"
ELSEWHERE = {
    "tck:CARD-SIGN-001": UNIT + "a2a and src/json (canonical form, signatures)",
    "tck:CARD-SIGN-002": UNIT + "a2a (signatures)",
    "tck:CARD-SIGN-003": UNIT + "a2a (signatures)",
    "tck:CARD-SIGN-004": UNIT + "a2a (signatures)",
    "tck:AUTH-TLS-001": "tests/integration/tls.py",
    "tck:AUTH-TLS-002": "tests/integration/tls.py",
    "tck:AUTH-SERVER-001": UNIT + "http (client_tls_test.cc)",
    "tck:AUTH-INTASK-004": "a matter of the agent; tck-auth-required continues by a message",
    "tck:AUTH-SCOPE-002": "tests/integration/isolation.py",
    "tck:AUTH-SCOPE-003": "tests/integration/isolation.py",
    "tck:VER-CLIENT-001": UNIT + "a2a (client_test.cc)",
    "tck:GRPC-SVC-001": "tests/interop-python, unit tests of src/a2a/grpc",
    "tck:GRPC-SVC-002": "tests/interop-python, unit tests of src/a2a/grpc",
    "tck:GRPC-SVC-003": UNIT + "a2a/grpc",
    "tck:GRPC-META-001": UNIT + "a2a/grpc",
    "tck:GRPC-ERR-001": "tests/interop-python, unit tests of src/a2a/grpc",
    "tck:GRPC-ERR-002": "tests/interop-python, unit tests of src/a2a/grpc",
    "tck:GRPC-ERR-003": "tests/interop-python, unit tests of src/a2a/grpc",
    "acts:GRPC-STATUS-001": "tests/interop-python, unit tests of src/a2a/grpc",
    "acts:GRPC-STREAM-001": "tests/interop-python, unit tests of src/a2a/grpc",
    "acts:GRPC-STREAM-002": UNIT + "a2a/grpc",
}
