"""Writes the plugin definitions of the taps in hub/extractors/*.yml and meltano.yml."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from scripts.declarations import own_settings, sdk_settings, select_pattern, streams

if TYPE_CHECKING:
    from scripts.declarations import Setting
    from tap_engine.singer.tap import EngineTap

ROOT = Path(__file__).resolve().parent.parent.parent

ABOUT = {
    "tap-commerce7": {
        "label": "Commerce7",
        "description": "E-commerce, clubs and point of sale for wineries",
        "domain_url": "https://commerce7.com/",
        "keywords": ["api", "meltano_sdk", "ecommerce", "wine"],
    },
    "tap-commercetools": {
        "label": "commercetools",
        "description": "Composable commerce platform",
        "domain_url": "https://commercetools.com/",
        "keywords": ["api", "meltano_sdk", "ecommerce"],
    },
}

HEAD = """\
# Generated from the code. As long as the package is not published, pip_url is the folder from which
# Meltano runs.
"""


class _Dumper(yaml.SafeDumper):
    """Writes repeated values in full instead of as anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def definition(tap: type[EngineTap]) -> dict[str, Any]:
    """Describe a tap the way Meltano Hub does."""
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    (extractor,) = [each for each in project["plugins"]["extractors"] if each["name"] == tap.name]
    return {
        "name": tap.name,
        "namespace": tap.name.replace("-", "_"),
        "variant": "tap-commerce",
        **ABOUT[tap.name],
        "pip_url": "-e .",
        "executable": tap.name,
        "maintenance_status": "beta",
        "settings_group_validation": extractor["settings_group_validation"],
        **plugin(tap),
    }


def plugin(tap: type[EngineTap]) -> dict[str, Any]:
    """Return what the plugin definition and meltano.yml have in common."""
    settings = (*own_settings(tap), *sdk_settings(tap))
    off = [f"!{stream.name}.*" for stream in streams(tap) if not stream.on]
    secrets = [
        f"!{select_pattern(stream.name, crumbs)}"
        for stream in streams(tap)
        for crumbs in (*stream.secrets, *((*at, "properties", "*") for at in stream.embedding))
    ]
    return {
        "capabilities": sorted(each.value for each in tap.capabilities),
        "settings": [_setting(each) for each in settings],
        "select": ["*.*", *off, *secrets],
    }


def page(tap: type[EngineTap]) -> str:
    """Write the plugin definition as YAML."""
    return HEAD + _yaml(definition(tap))


def meltano_block(tap: type[EngineTap]) -> str:
    """Write the generated part of an extractor in meltano.yml."""
    return textwrap.indent(_yaml(plugin(tap)), " " * 4)


def _yaml(data: dict[str, Any]) -> str:
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=94)


def _setting(setting: Setting) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": setting.name,
        "label": setting.label,
        "kind": setting.kind,
        "description": setting.description,
    }
    if setting.default is not None:
        facts["value"] = setting.default
    if setting.sensitive:
        facts["sensitive"] = True
    return facts
