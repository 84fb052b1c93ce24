"""How the answers to the questions about commercetools are judged: one function for each kind."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from tap_commercetools import query
from tap_commercetools.collection import MOST_COUNTED, WITHOUT_TOTAL
from tap_commercetools.graphql import FIELDS, PAGES_AT_ONCE
from tap_commercetools.message_keeping import DEFAULT_DAYS
from tap_commercetools.probed import GUESSED
from tap_commercetools.query import LONGEST_PAGE
from tap_engine.probing.question import Finding, UnseenError
from tap_engine.probing.shared import missing
from tap_engine.probing.source import (
    EMPTY,
    MISSING,
    NOT_FOUND,
    PRESENT,
    REFUSALS,
    REFUSED,
    UNCLEAR,
)

if TYPE_CHECKING:
    from tap_commercetools.probed import ProbedProject
    from tap_engine.probing.asker import Answer
    from tap_engine.probing.source import View

NOBODY = "00000000-0000-4000-8000-000000000000"
"""A UUID that no record has."""

NO_RECORD = "404 ResourceNotFound"
"""What the API says of it, as the probe tells it."""

ONE = ("limit", "1")

LARGE = ("inventory_entries", "orders", "customers", "carts", "standalone_prices", "messages")
"""Lists that are the longest in many projects."""


def _need(condition: object, reason: str) -> None:
    """End with a reason unless a condition holds."""
    if not condition:
        raise UnseenError(reason)


def _first(project: ProbedProject, least: int = 1) -> View:
    """Return the list with the most rows that were seen."""
    views = [view for view in project.ordinary if len(view.rows) >= least]
    _need(views, f"no list shows {least} rows" if least > 1 else "no list shows a row")
    return max(views, key=lambda view: len(view.rows))


def _large(project: ProbedProject) -> View:
    """Return a list that is probably long."""
    views = {view.stream: view for view in project.ordinary if len(view.rows) > 1}
    return next((views[name] for name in LARGE if name in views), None) or _first(project, 2)


def scopes(project: ProbedProject) -> Finding:
    """Look at the scopes that the answer with the token names."""
    granted = project.granted()
    if granted is None:
        return Finding("absent")
    return Finding("named", f"{len(granted)} scopes")


def replication_order(project: ProbedProject) -> Finding:
    """Look at lists that were asked for in the order of their replication key and id."""
    views = [view for view in project.present() if project.streams[view.stream].row_time]
    views = [view for view in views if view.stream != "change_history"]
    _need(views, "no list with a replication key shows a row")
    names = {view.stream for view in views}
    refused = [name for name in project.refused_sorts if name in names]
    if refused:
        told = {project.asker.describe(project.refused_sorts[name]) for name in refused}
        return Finding("refused", f"{', '.join(sorted(told))}: {', '.join(refused)}")
    odd = [view.stream for view in views if not _in_order(project, view)]
    if odd:
        return Finding("ignored", ", ".join(odd))
    return Finding("works", f"{len(views)} lists")


def _in_order(project: ProbedProject, view: View) -> bool:
    time = str(project.streams[view.stream].row_time)
    positions = [(str(row[time]), str(row["id"])) for row in view.rows]
    return all(a < b for a, b in itertools.pairwise(positions))


def nested_order(project: ProbedProject) -> Finding:
    """Look at lists that were asked for in the order of a member inside of another."""
    names = [
        name
        for name, each in project.streams.items()
        if any("." in path for path in each.row_key) and project.view(name).presence == PRESENT
    ]
    names = [name for name in names if name != "store_product_selection_assignments"]
    _need(names, "no list that is sorted so shows a row")
    refused = [name for name in names if name in project.refused_sorts]
    if refused:
        return Finding("refused", ", ".join(refused))
    odd = [name for name in names if not _nested_in_order(project, name)]
    return Finding("ignored", ", ".join(odd)) if odd else Finding("works", ", ".join(names))


def _nested_in_order(project: ProbedProject, name: str) -> bool:
    paths = project.sort(project.streams[name])
    values = [tuple(_inner(row, path) for path in paths) for row in project.view(name).rows]
    return all(a < b for a, b in itertools.pairwise(values))


def _inner(row: dict[str, Any], path: str) -> str:
    value: Any = row
    for member in path.split("."):
        value = value[member]
    return str(value)


def id_order(project: ProbedProject) -> Finding:
    """Ask for what follows an id, sorted by id, with the total."""
    view = _large(project)
    first = min(view.ids)
    answer = _behind(project, view, first)
    if answer.refuses_query:
        return Finding("refused", project.asker.describe(answer))
    rows = project.rows(view.stream, answer)
    if rows is None:
        msg = f"answered {project.asker.describe(answer)}"
        raise UnseenError(msg)
    ids = [first, *(str(row["id"]) for row in rows)]
    rising = all(a < b for a, b in itertools.pairwise(ids))
    return Finding("works" if rising else "ignored", f"{view.stream}, {len(rows)} rows")


def _behind(project: ProbedProject, view: View, row_id: str) -> Answer:
    params = [
        *query.conjunction([query.after(("id",), (row_id,))]),
        *query.sort(("id",)),
        ("limit", "20"),
        ("withTotal", "true"),
    ]
    return project.ask(project.path(view), *params)


def total(project: ProbedProject) -> Finding:
    """Compare the total of a query with a predicate with that of the whole list."""
    view = _large(project)
    answer = _behind(project, view, min(view.ids))
    _need(answer.good, f"answered {project.asker.describe(answer)}")
    counted = answer.body.get("total")
    if not isinstance(counted, int):
        return Finding("absent", view.stream)
    if counted > MOST_COUNTED:
        return Finding("goes on", view.stream)
    _need(counted == MOST_COUNTED, f"{view.stream} has fewer than {MOST_COUNTED} records")
    whole = project.ask(project.path(view), ("limit", "0"), ("withTotal", "true"))
    _need(whole.good, f"answered {project.asker.describe(whole)}")
    more = int(whole.body["total"]) > MOST_COUNTED + 1
    _need(more, f"{view.stream} has about {MOST_COUNTED} records")
    return Finding("ends", view.stream)


def largest_limit(project: ProbedProject) -> Finding:
    """Ask for more rows than the documentation allows, behind a filter that nothing passes."""
    view = _first(project)
    nobody = query.conjunction([query.compare("id", "=", NOBODY)])
    limit = ("limit", str(LONGEST_PAGE + 1))
    answer = project.ask(project.path(view), *nobody, limit, *WITHOUT_TOTAL)
    return _accepted(project, answer)


def deepest_offset(project: ProbedProject) -> Finding:
    """Ask for a row behind the last offset that is documented."""
    view = _first(project)
    offset = ("offset", str(MOST_COUNTED + 1))
    return _accepted(project, project.ask(project.path(view), ONE, offset, *WITHOUT_TOTAL))


def _accepted(project: ProbedProject, answer: Answer) -> Finding:
    told = project.asker.describe(answer)
    return Finding(
        "accepted" if answer.good else "refused" if answer.refuses_query else "other", told
    )


def missing_record(project: ProbedProject) -> Finding:
    """Ask for a record that is not there."""
    view = _first(project)
    return missing(project, project.ask(f"{project.path(view)}/{NOBODY}"), NO_RECORD)


def missing_list(project: ProbedProject) -> Finding:
    """Ask for a list that is not there."""
    return missing(project, project.ask("/no-such-list", ONE), NO_RECORD)


def messages(project: ProbedProject) -> Finding:
    """Look at the project's setting for messages."""
    kept = _project(project).get("messages")
    enabled = kept.get("enabled") if isinstance(kept, dict) else None
    if not isinstance(kept, dict) or not isinstance(enabled, bool):
        return Finding("not said")
    days = kept.get("deleteDaysAfterCreation", DEFAULT_DAYS)
    return Finding("on" if enabled else "off", f"kept for {int(days)} days" if enabled else "")


def catalog_model(project: ProbedProject) -> Finding:
    """Look at the product catalog model, and at what the lists of variants answer."""
    model = _project(project).get("productCatalogModel")
    known = model if model in {"Classic", "InMigration", "Modular"} else "not said"
    told = []
    for name in GUESSED:
        view = project.view(name)
        told.append(f"{name}: {view.note or view.presence}")
    return Finding(str(known), ", ".join(told))


def classic_variants(project: ProbedProject) -> Finding:
    """Look at what a project with another model answers where variants would be."""
    model = _project(project).get("productCatalogModel")
    _need(model == "Classic", "the project's product catalog model is not Classic")
    view = project.view("variants")
    kinds = {
        MISSING: "missing",
        EMPTY: "empty",
        PRESENT: "rows",
        REFUSED: "refused",
        UNCLEAR: "error",
    }
    _need(view.presence in kinds, view.note)
    return Finding(kinds[view.presence], view.note)


def _project(project: ProbedProject) -> dict[str, Any]:
    view = project.view("project")
    _need(view.rows, f"the project's settings are {view.presence}: {view.note}")
    row: dict[str, Any] = view.rows[0]
    return row


def graphql(project: ProbedProject) -> Finding:
    """Ask for the ids of no record."""
    return _graphql(project, 1)


def graphql_pages(project: ProbedProject) -> Finding:
    """Ask for as many pages at once as the tap does, behind a filter that nothing passes."""
    open_ = _graphql(project, 1)
    _need(open_.outcome == "open", "GraphQL is not open to these credentials")
    return _graphql(project, PAGES_AT_ONCE)


def _graphql(project: ProbedProject, pages: int) -> Finding:
    names = [view.stream for view in project.ordinary if view.stream in FIELDS]
    _need(names, "no list that GraphQL has shows a row")
    arguments = f'where: "id = \\"{NOBODY}\\"", sort: ["id asc"], limit: {LONGEST_PAGE}'
    fields = [
        f"page{n}: {FIELDS[names[0]]}({arguments}) {{ count results {{ id }} }}"
        for n in range(pages)
    ]
    answer = project.ask_graphql(f"query {{ {' '.join(fields)} }}")
    told = project.asker.describe(answer)
    if answer.status in {*REFUSALS, NOT_FOUND}:
        return Finding("refused", told)
    errors = answer.body.get("errors") if isinstance(answer.body, dict) else None
    if errors or not answer.good:
        code = ((errors or [{}])[0].get("extensions") or {}).get("code")
        return Finding("error", str(code) if code in CODES else told)
    data = answer.body["data"]
    whole = all(isinstance(data[f"page{n}"]["results"], list) for n in range(pages))
    return Finding("open") if whole else Finding("error", told)


CODES = ("QueryComplexityLimitExceeded", "InvalidField", "SyntaxError", "insufficient_scope")
"""Codes of errors that may come with status 200, where anything may stand."""


def history(project: ProbedProject) -> Finding:
    """Look at what the Change History answered."""
    view = project.view("change_history")
    kinds = {PRESENT: "open", EMPTY: "open", REFUSED: "refused", MISSING: "missing"}
    _need(view.presence in kinds, view.note or view.presence)
    told = (
        f"{len(view.rows)} records of the last 24 hours"
        if kinds[view.presence] == "open"
        else view.note
    )
    return Finding(kinds[view.presence], told)


def history_of_payment_methods(project: ProbedProject) -> Finding:
    """Ask the Change History for a type that the specification names in one of two places."""
    _need(history(project).outcome == "open", "the Change History is not open")
    answer = project.ask_history("/payment-methods", ONE)
    unknown = answer.status == NOT_FOUND
    return Finding("refused", "404") if unknown else _accepted(project, answer)


def published_products(project: ProbedProject) -> Finding:
    """Look at products, if the token has the scope for published ones only."""
    granted = project.granted()
    names = {scope.partition(":")[0] for scope in granted or ()}
    alone = "view_published_products" in names and not names & {
        "view_products",
        "manage_products",
        "manage_project",
    }
    _need(alone, "the token has other scopes that open products")
    view = project.view("products")
    kinds = {PRESENT: "open", EMPTY: "open", REFUSED: "refused"}
    _need(view.presence in kinds, view.note or view.presence)
    return Finding(kinds[view.presence], view.note)


def text_order(project: ProbedProject) -> Finding:
    """Look at the order of ids that are no UUIDs, those of API clients."""
    view = project.view("api_clients")
    ids = view.ids
    _need(len(ids) > 1, "api_clients shows no two rows")
    binary = all(a < b for a, b in itertools.pairwise(ids))
    folded = all(a.casefold() < b.casefold() for a, b in itertools.pairwise(ids))
    kind = ("either" if folded else "binary") if binary else "without case" if folded else "other"
    return Finding(kind, f"{len(ids)} rows")
