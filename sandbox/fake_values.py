"""Made-up values for single members, by the name and the type of the member."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.custom_fields import field_values, meta_data_values

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    ReferenceId = Callable[[str], str]

WORDS = ("Merlot", "Élan", "Harbor", "größe", "東京", "Oak", "Ridge", "Sunset", 'so-called "Blue"')
FIRST_NAMES = ("Ada", "Zoë", "Łukasz", "Mary-Ann", "Jürgen", "O'Neil", "Noor", "José")
LAST_NAMES = ("Lovelace", "Smith", "Müller", "Nguyen", "García", "Kowalski", "Ng")

# Integers above 2**53 show a client that reads numbers as floating point.
CENTS = (0, 1, 999, 1999, 129_900, -500, 9_007_199_254_740_993)
DECIMALS = (0.19, 0.07, 12.5, -3.75, 13.412119019109015, 1000.0, 0.1)

# Values by regular expression for the lower-case name of a member; the first match counts.
CHOICES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"^firstname$|givenname", FIRST_NAMES),
    (r"^lastname$|familyname", LAST_NAMES),
    (r"currenc", ("EUR", "USD", "GBP")),
    (r"countr", ("DE", "US", "FR")),
    (r"locale|language", ("en", "de-DE", "fr")),
    (r"postalcode|zip", ("10115", "94558", "SW1A 1AA")),
    (r"^state$|statecode|^region$", ("CA", "OR", "WA")),
    (r"^city$", ("Berlin", "Napa", "São Paulo")),
    (r"phone|mobile|fax", ("+1 707 555 0100", "+49 30 555 0101")),
    (r"status|state$", ("Active", "Pending", "Complete")),
    (r"scope$", ("view_products:demo",)),
    (r"versionmodifiedat", ("2024-02-29T23:59:59.999Z",)),
)


def singular(stream: str) -> str:
    """Return the singular of a stream in kebab case: `tax_categories` -> `tax-category`."""
    word = stream.replace("_", "-")
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "xes")) else word.removesuffix("s")


def plural(type_id: str) -> str:
    """Return the stream of a type id: `tax-category` -> `tax_categories`."""
    word = type_id.replace("-", "_")
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + "es" if word.endswith(("ss", "x")) else word + "s"


def key_of(stream: str, number: int) -> str:
    """Return the user-defined key of the n-th record of a stream: `store-3`."""
    return f"{singular(stream)}-{number}"


def string_value(
    name: str, schema_format: str | None, rng: random.Random, reference_id: ReferenceId
) -> str:
    """Return a string for a member with this name and JSON Schema format."""
    if schema_format == "date-time":
        clock = f"{rng.randrange(24):02d}:{rng.randrange(60):02d}:09.{rng.randrange(1000):03d}"
        return f"{_day(rng)}T{clock}Z"
    if schema_format == "date":
        return _day(rng)
    if name == "id" or name.endswith(("Id", "Ids")):
        return reference_id(plural(_kebab(re.sub("Ids?$", "", name)) or "thing"))
    return _named_string(name, rng)


def number_value(name: str, kind: str, rng: random.Random) -> int | float:
    """Return an `integer` or a `number`."""
    if "amount" in name.lower() and kind == "integer":
        return rng.choice(CENTS)
    if name == "fractionDigits":
        return rng.choice((0, 2, 3))
    if name == "version":
        return rng.randrange(1, 20)
    return rng.choice(DECIMALS) if kind == "number" else rng.randrange(1000)


def object_value(
    name: str, schema: Mapping[str, Any], rng: random.Random, reference_id: ReferenceId
) -> dict[str, Any] | None:
    """Return an object whose shape says what it is, a reference or a map, and None for others."""
    members = schema.get("properties")
    if not members:
        return _map_value(name, rng)
    if "typeId" in members and members.keys() <= {"typeId", "id", "key"}:
        type_id = _type_id(name)
        reference = {"typeId": type_id}
        if "id" in members:
            reference["id"] = reference_id(plural(type_id))
        elif "key" in members:
            reference["key"] = key_of(plural(type_id), rng.randrange(3))
        return reference
    return None


def open_value(rng: random.Random) -> Any:
    """Return a value of any JSON type, as attributes and custom objects have."""
    values: tuple[Any, ...] = (
        "plain text",
        42,
        9_007_199_254_740_993,
        1.50,
        True,
        ["a", "b"],
        [1, 2.5],
        [],
        {"key": "small", "label": {"en": "Small", "de": "Klein"}},
        {"nested": {"deep": [{"x": 1}]}},
        [[1, 2], [3, 4]],
    )
    return rng.choice(values)


def _day(rng: random.Random) -> str:
    return f"20{rng.randrange(19, 26)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"


def _named_string(name: str, rng: random.Random) -> str:
    lower = name.lower()
    if "email" in lower:
        return f"ada{rng.randrange(1000)}@example.com"
    if "url" in lower or lower == "uri":
        return f"https://example.com/{lower}/{rng.randrange(1000)}"
    if lower in {"key", "sku", "slug"}:
        return f"{lower}-{rng.randrange(1000)}"
    for pattern, choices in CHOICES:
        if re.search(pattern, lower):
            return rng.choice(choices)
    return f"{name} {rng.choice(WORDS)} {rng.randrange(1000)}"


def _map_value(name: str, rng: random.Random) -> dict[str, Any]:
    if name == "fields":
        return field_values(rng)
    if name == "metaData":
        return meta_data_values(rng)
    return {"en": f"{name} {rng.choice(WORDS)}", "de-DE": f"{name} {rng.choice(WORDS)}"}


def _type_id(name: str) -> str:
    kebab = _kebab(name)
    return singular(kebab) if kebab.endswith("s") else kebab


def _kebab(name: str) -> str:
    return re.sub("(?<=[a-z])(?=[A-Z])", "-", name).lower()
