"""Members that the users of an API define, such as custom fields."""

from __future__ import annotations

OF_USERS = frozenset(
    {
        "appData",
        "attributes",
        "attributesMap",
        "custom",
        "fields",
        "metaData",
        "transitions",
        "value",
    }
)
"""Members whose inside users define, names included."""
