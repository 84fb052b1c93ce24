"""Collections with a key, a URL or a setting of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_commercetools.by_product import ByVariant
from tap_commercetools.client import CommercetoolsStream
from tap_commercetools.in_store import InStoreStream
from tap_engine.records import json_text
from tap_engine.state.coverage import MORE, Coverage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_engine.state.scan import Context


class ModularStream(CommercetoolsStream):
    """A list of variants that stand alone, which they do in the product catalog model Modular.

    What other projects answer is not documented, so they are not asked: an empty answer would set a
    bookmark, and variants that are moved out of their products later would be older than it.
    """

    can_prefetch = False
    may_be_absent = "only projects with the product catalog model Modular have it"

    def why_absent(self) -> str:
        """Return that the project's model is an older one, or that it still moves."""
        model = self.connection.catalog_model
        if model not in {"Classic", "InMigration"}:
            return ""
        return f"the project's product catalog model is {model}; {self.may_be_absent}"


class VariantsStream(ModularStream):
    """Variants as records of their own."""


class VariantProjectionsStream(ModularStream, InStoreStream):
    """Variant projections: an id is unique only inside its product."""

    full_pager = ByVariant
    change_pager = ByVariant
    replication_key = None
    keys = ("productId", "id", "staged")
    row_key = ("id", "product.id")
    reshapes = True

    def reshape(self, members: json_text.Members, context: Context) -> json_text.Members:
        """Add the product's id, which is part of the key."""
        members = super().reshape(members, context)
        return {"productId": json_text.inner(members, "product", "id"), **members}


class ContainerCoverage(Coverage, omit_defaults=True, forbid_unknown_fields=True):
    """Coverage of custom objects.

    Attributes:
        containers: The containers that are read; None for all.
    """

    containers: list[str] | None = None

    def gap(self, before: Coverage) -> str:
        """Return why a bookmark is not enough: containers were added."""
        old = before.containers if isinstance(before, ContainerCoverage) else None
        new = self.containers
        added = old is not None and (new is None or not set(new) <= set(old))
        return super().gap(before) or (MORE if added else "")


class CustomObjectsStream(CommercetoolsStream):
    """Custom objects: those of all containers, or of the configured ones.

    The query over all containers is deprecated by the vendor; named containers use its successor.
    """

    def contexts(self) -> Sequence[Context]:
        """Return one list for each configured container; one without a name stands for all."""
        containers = self.connection.containers
        return [{"container": name} for name in containers] if containers else [{}]

    def url(self, context: Context) -> str:
        """Return the URL of one container, or of all."""
        return super().url(context) if context else f"{self.connection.project_url}/custom-objects"

    @property
    def narrowed_by(self) -> str:
        """The setting that leaves records out: `custom_object_containers` does."""
        containers = "custom_object_containers" if self.connection.containers else ""
        return super().narrowed_by or containers

    @property
    def coverage(self) -> ContainerCoverage:
        """The settings of a bookmark; a new container has to be read from its start."""
        return ContainerCoverage(
            **super().coverage.as_state(), containers=self.connection.containers
        )
