"""The files of the staging models."""

from __future__ import annotations

from itertools import groupby

from scripts.declarations import TAPS
from scripts.tables.models import models, platform_of
from scripts.tables.properties import properties, sources
from scripts.tables.sql import sql

STAGING = "transform/models/staging"


def staging() -> dict[str, str]:
    """Return the text of all files by their path below `STAGING`."""
    files = {f"{platform_of(tap)}/_sources.yml": sources(platform_of(tap)) for tap in TAPS}
    for model in models():
        files[f"{model.platform}/{model.name}.sql"] = sql(model)
    by_stream = groupby(models(), key=lambda model: (model.platform, model.stream))
    for (platform, stream), of_stream in by_stream:
        files[f"{platform}/{stream}.yml"] = properties(of_stream)
    return files
