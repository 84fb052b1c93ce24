"""A source whose custom fields a test may define, and what discovery says of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tap_commercetools.tap import TapCommercetools
from tests.support import commerce7_config, commercetools_config

if TYPE_CHECKING:
    from sandbox.standin import StandIn
    from tap_engine.singer.tap import EngineTap
    from tests.cli.conftest import Ended


class Shop:
    """A source of either API, whose definitions a test may change."""

    def __init__(self, tap: type[EngineTap], stand_in: StandIn, url: str) -> None:
        self.tap, self.stand_in, self.url = tap, stand_in, url
        self.is_commercetools = tap is TapCommercetools

    def config(self, **more: Any) -> dict[str, Any]:
        make = commercetools_config if self.is_commercetools else commerce7_config
        return make(self.url, **{"type_custom_fields": True, "retry_max_seconds": 0, **more})

    @property
    def asked(self) -> list[str]:
        paths = [request["path"] for request in self.stand_in.requests]
        return [path for path in paths if not path.startswith("/oauth")]

    @property
    def definitions(self) -> str:
        return "/types" if self.is_commercetools else "/meta-data-config/"

    def define(self, name: str, resource_types: list[str], **fields: Any) -> None:
        """Store a type of commercetools."""
        self.stand_in.put(
            "types",
            {
                "id": f"00000000-0000-4000-a000-{name:0>12}",
                "resourceTypeIds": resource_types,
                "fieldDefinitions": [
                    {"name": field, "type": {"name": kind}, "label": {}, "required": False}
                    for field, kind in fields.items()
                ],
            },
        )


def discovered(ended: Ended) -> dict[str, dict[str, Any]]:
    """Give the schemas by stream."""
    assert ended.code == 0, ended.err
    streams = json.loads(ended.out)["streams"]
    return {entry["tap_stream_id"]: entry["schema"] for entry in streams}


def at(schema: dict[str, Any], path: str) -> dict[str, Any]:
    """Give the member at a dotted path; elements of arrays need no step."""
    for name in path.split("."):
        schema = schema.get("items", schema)["properties"][name]
    return schema
