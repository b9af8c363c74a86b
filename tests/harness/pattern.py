"""JSON with holes, and where a value differs from it.

Holes stand in strings or alone: <any> <text> <int> <uuid> <time> and {{name}}, which is captured
where it is first seen and must be equal from then on. `...` allows other members of an object, or
further elements of an array.
"""

import json
import re

HOLES = {
    "any": r"[\s\S]*",
    "text": r"[\s\S]+",
    "int": r"-?[0-9]+",
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "time": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z",
}
HOLE = re.compile(r"<(%s)>|\{\{(\w+)\}\}" % "|".join(HOLES))
REST = "..."


def parse(text):
    """The pattern in the text; bare holes and `...` are put into quotes first."""
    out, stack, i = [], [], 0
    while i < len(text):
        c = text[i]
        if c == '"':
            end = re.compile(r'"(?:[^"\\]|\\.)*"').match(text, i)
            if end is None:
                raise ValueError("unclosed string: " + text[i : i + 40])
            out.append(end.group())
            i = end.end()
            continue
        hole = HOLE.match(text, i)
        if hole:
            out.append('"%s"' % hole.group())
            i = hole.end()
            continue
        if text.startswith(REST, i):
            out.append('"...":0' if stack and stack[-1] == "{" else '"..."')
            i += len(REST)
            continue
        if c in "{[":
            stack.append(c)
        elif c in "}]":
            stack.pop()
        out.append(c)
        i += 1
    return json.loads("".join(out))


def differences(pattern, value, names, at=""):
    """Lines that say where the value is not what the pattern wants; captures into `names`."""
    if isinstance(pattern, str) and HOLE.search(pattern):
        return differences_of_text(pattern, value, names, at)
    if isinstance(pattern, dict):
        return differences_of_object(pattern, value, names, at)
    if isinstance(pattern, list):
        return differences_of_array(pattern, value, names, at)
    if type(pattern) is not type(value) or pattern != value:
        return ["%s: expected %s, got %s" % (at or "/", show(pattern), show(value))]
    return []


def differences_of_object(pattern, value, names, at):
    if not isinstance(value, dict):
        return ["%s: expected an object, got %s" % (at or "/", show(value))]
    out = []
    for name, wanted in pattern.items():
        if name == REST:
            continue
        if name not in value:
            out.append("%s/%s: missing, expected %s" % (at, name, show(wanted)))
        else:
            out += differences(wanted, value[name], names, at + "/" + name)
    if REST not in pattern:
        for name in value.keys() - pattern.keys():
            out.append("%s/%s: not expected: %s" % (at, name, show(value[name])))
    return out


def differences_of_array(pattern, value, names, at):
    if not isinstance(value, list):
        return ["%s: expected an array, got %s" % (at or "/", show(value))]
    more = bool(pattern) and pattern[-1] == REST
    wanted = pattern[:-1] if more else pattern
    if len(value) < len(wanted) or (len(value) > len(wanted) and not more):
        return [
            "%s: expected %d elements%s, got %d: %s"
            % (at or "/", len(wanted), " or more" if more else "", len(value), show(value))
        ]
    out = []
    for i, one in enumerate(wanted):
        out += differences(one, value[i], names, "%s/%d" % (at, i))
    return out


def differences_of_text(pattern, value, names, at=""):
    whole = HOLE.fullmatch(pattern)
    if whole and whole.group(1) == "any":
        return []
    if whole and whole.group(1) == "int" and isinstance(value, int):
        return [] if not isinstance(value, bool) else [at + ": expected a number, got a boolean"]
    if whole and whole.group(2) and not isinstance(value, str):
        if names.setdefault(whole.group(2), value) == value:
            return []
        return ["%s: expected %s, got %s" % (at, show(names[whole.group(2)]), show(value))]
    if not isinstance(value, str):
        return ["%s: expected a string like %s, got %s" % (at or "/", show(pattern), show(value))]
    fresh, out, end = [], "", 0
    for hole in HOLE.finditer(pattern):
        out += re.escape(pattern[end : hole.start()])
        kind, name = hole.groups()
        if kind:
            out += HOLES[kind]
        elif name in names:
            out += re.escape(str(names[name]))
        elif name in fresh:
            out += "(?P=%s)" % name
        else:
            fresh.append(name)
            out += "(?P<%s>[\\s\\S]+)" % name
        end = hole.end()
    found = re.fullmatch(out + re.escape(pattern[end:]), value)
    if not found:
        known = HOLE.sub(lambda hole: str(names.get(hole.group(2), hole.group())), pattern)
        return ["%s: expected %s, got %s" % (at or "/", show(known), show(value))]
    names.update(found.groupdict())
    return []


def show(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else text[:300] + "…"
