"""What of JSON Schema 2020-12 the OpenAPI document uses: enough to check answers against it."""

import re

KEYWORDS = {
    "$ref",
    "type",
    "format",
    "properties",
    "required",
    "items",
    "additionalProperties",
    "enum",
    "const",
    "pattern",
    "description",
    "oneOf",
    "anyOf",
    "minimum",
    "maximum",
    "default",
    "examples",
}
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def types_of(schema):
    kinds = schema.get("type", [])
    return kinds if isinstance(kinds, list) else [kinds]


def check_schema(schema, document, at):
    """Faults of the schema itself."""
    if not isinstance(schema, dict):
        return [f"{at}: not an object"]
    out = [f"{at}: unknown keyword {name}" for name in schema.keys() - KEYWORDS]
    if "$ref" in schema and resolve(schema, document) is None:
        out.append(f"{at}: {schema['$ref']} is nowhere")
    for kind in types_of(schema):
        if kind not in TYPES:
            out.append(f"{at}: unknown type {kind}")
    for name in schema.get("required", []):
        if name not in schema.get("properties", {}):
            out.append(f"{at}: required {name} is no property")
    for name, one in schema.get("properties", {}).items():
        out += check_schema(one, document, f"{at}/properties/{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            out += check_schema(schema[keyword], document, f"{at}/{keyword}")
    return out


def resolve(schema, document):
    if "$ref" not in schema:
        return schema
    value = document
    for part in schema["$ref"].removeprefix("#/").split("/"):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def faults(value, schema, document, at=""):
    """Where the value is not as the schema says; members that it does not know count as faults."""
    schema = resolve(schema, document)
    if value != schema.get("const", value):
        return [f"{at}: {value!r} is not {schema['const']!r}"]
    kinds = types_of(schema)
    if not kinds or (value is None and "null" in kinds):
        return []
    kind = kinds[0]
    if not isinstance(value, TYPES[kind]) or (kind == "integer" and isinstance(value, bool)):
        return [f"{at or '/'}: expected {kind}, got {value!r}"[:300]]
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return [f"{at}: {value!r} does not fit {schema['pattern']}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: {value!r} is none of {schema['enum']}"]
    out = []
    if kind == "array" and "items" in schema:
        for i, one in enumerate(value):
            out += faults(one, schema["items"], document, f"{at}/{i}")
    if kind == "object":
        properties = schema.get("properties", {})
        out += [f"{at}/{name}: missing" for name in schema.get("required", []) if name not in value]
        for name, one in value.items():
            if name in properties:
                out += faults(one, properties[name], document, f"{at}/{name}")
            elif isinstance(schema.get("additionalProperties"), dict):
                out += faults(one, schema["additionalProperties"], document, f"{at}/{name}")
            elif properties:
                out.append(f"{at}/{name}: not in the schema")
    return out
