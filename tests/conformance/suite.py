"""Runs the tests of every module, and counts which requirements they cover."""

import traceback

REGISTERED = []


def covers(*requirements, server="plain", bindings=True):
    """Names the requirements a test shows: `tck:ID`, `acts:ID`. `server` is which one it needs
    (plain, reduced, auth); with `bindings` it runs over each binding and gets the binding."""

    def register(function):
        names = [one if ":" in one else "tck:" + one for group in requirements for one in group.split()]
        REGISTERED.append((function, names, server, bindings))
        return function

    return register


class Results:
    def __init__(self):
        self.passed, self.failed = 0, 0
        self.covered = {}  # requirement: names of tests

    def run(self, name, requirements, function, *arguments):
        for one in requirements:
            self.covered.setdefault(one, set()).add(name.split(" ")[0])
        try:
            function(*arguments)
            self.passed += 1
        except Exception:
            self.failed += 1
            print(f"FAILED {name}\n{traceback.format_exc(limit=-2)[-3000:]}")
