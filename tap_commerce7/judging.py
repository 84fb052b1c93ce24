"""How the answers to the questions about Commerce7 are judged: one function for each kind."""

from __future__ import annotations

import itertools
import uuid
from typing import TYPE_CHECKING

from tap_commerce7.cursor import START
from tap_commerce7.endpoint import ROWS_PER_PAGE
from tap_engine.ids import UUID
from tap_engine.probing.question import Finding, UnseenError
from tap_engine.probing.shared import missing
from tap_engine.probing.source import EMPTY, NOT_ASKED, PRESENT, REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_commerce7.probed import ProbedTenant
    from tap_engine.probing.asker import Answer
    from tap_engine.probing.source import View

    Judge = Callable[[ProbedTenant], Finding]

NOBODY = "00000000-0000-4000-8000-000000000000"
"""A UUID that no record has."""

NO_RECORD = "404 notFound"
"""What the API says of it, as the probe tells it."""

FAR = "2100-01-01T00:00:00.000Z"
LONG_AGO = "1990-01-01T00:00:00.000Z|1990-01-02T00:00:00.000Z"
ONE = ("limit", "1")
FIRST = (("cursor", START), ONE)


def _need(condition: object, reason: str) -> None:
    """End with a reason unless a condition holds."""
    if not condition:
        raise UnseenError(reason)


def sorted_by_id(tenant: ProbedTenant) -> Finding:
    """Look at the order of ids on the first pages."""
    views = [view for view in tenant.cursor_views if len(view.rows) > 1]
    _need(views, "no list with a cursor shows two rows")
    odd = [view.stream for view in views if not _rising(view.ids)]
    if odd:
        return Finding("unsorted", ", ".join(odd))
    return Finding("sorted", f"{len(views)} lists")


def _rising(ids: list[str]) -> bool:
    return all(a < b for a, b in itertools.pairwise(ids)) and all(map(UUID.fullmatch, ids))


def cursor_value(tenant: ProbedTenant) -> Finding:
    """Compare the cursor behind a page of one row with the id of the second row."""
    view = _two_rows(tenant)
    answer = tenant.ask_list(view.stream, *FIRST)
    _need(answer.good, f"answered {tenant.asker.describe(answer)}")
    cursor = answer.body.get("cursor")
    if not cursor:
        return Finding("none", view.stream)
    return Finding("next id" if str(cursor) == view.ids[1] else "opaque", view.stream)


def _two_rows(tenant: ProbedTenant) -> View:
    views = [view for view in tenant.cursor_views if len(view.rows) > 1]
    _need(views, "no list with a cursor shows two rows")
    return views[0]


def made_up_cursor(tenant: ProbedTenant) -> Finding:
    """Ask for what follows an id that lies just behind the first one."""
    pairs = (
        (view, first, second)
        for view in tenant.cursor_views
        for first, second in itertools.pairwise(view.ids[:2])
        if _rising([first, second])
    )
    view, first, second = next(pairs, (None, "", ""))
    if view is None:
        msg = "no list with a cursor shows two rows in the order of ids"
        raise UnseenError(msg)
    between = str(uuid.UUID(int=uuid.UUID(first).int + 1))
    answer = tenant.ask_list(view.stream, ("cursor", between), ONE)
    if not answer.good:
        return Finding("refused", tenant.asker.describe(answer))
    ids = [str(row["id"]) for row in tenant.rows(view.stream, answer) or ()]
    if ids[:1] == [second]:
        return Finding("works", view.stream)
    return Finding("ignored" if ids[:1] == [first] else "other", view.stream)


def end_mark(tenant: ProbedTenant) -> Finding:
    """Look at the member `cursor` of pages that are the last."""
    bodies = [answer.body for answer in _last_pages(tenant)]
    _need(bodies, "no list with a cursor ends within a page")
    marks = {_mark(body) for body in bodies}
    return Finding(marks.pop() if len(marks) == 1 else "several", f"{len(bodies)} pages")


def _last_pages(tenant: ProbedTenant) -> Iterator[Answer]:
    for name in filter(tenant.has_cursor, tenant.streams):
        answer = tenant.view(name).answer
        if answer and answer.good and "total" not in answer.body and not answer.body.get("cursor"):
            yield answer
            continue
        # Behind a filter that nothing passes, a long list ends at once.
        if tenant.view(name).presence == PRESENT and tenant.streams[name].replication_key:
            answer = tenant.ask_list(name, *FIRST, ("updatedAt", f"gte:{FAR}"))
            if answer.good and not tenant.rows(name, answer) and "total" not in answer.body:
                yield answer


def _mark(body: dict[str, object]) -> str:
    if "cursor" not in body:
        return "absent"
    return {None: "null", "": "empty"}.get(body["cursor"], "several")  # type: ignore[call-overload,no-any-return]


def cursor_elsewhere(tenant: ProbedTenant) -> Finding:
    """Look at what numbered lists made of a cursor."""
    for name in tenant.order[0]:
        tenant.view(name)
    tries = tenant.cursor_tries
    _need(tries, "no numbered list answered")
    found: dict[str, list[str]] = {"works": [], "refused": [], "ignored": []}
    for name, answer in tries.items():
        ignored = answer.good and "total" in answer.body and not answer.body.get("cursor")
        kind = "refused" if answer.refuses_query else "ignored" if ignored else "works"
        found[kind].append(name)
    kinds = [kind for kind, names in found.items() if names]
    told = "; ".join(f"{kind}: {', '.join(found[kind])}" for kind in kinds)
    return Finding(kinds[0], told)


def updated_at(stream: str, operator: str = f"gte:{FAR}") -> Judge:
    """Return the judge of a filter on `updatedAt` that nothing passes.

    Args:
        stream: The list.
        operator: Operator and value.
    """

    def judge(tenant: ProbedTenant) -> Finding:
        view = tenant.view(stream)
        _need(view.presence == PRESENT, _why(view))
        mode = ("cursor", START) if tenant.has_cursor(stream) else ("page", "1")
        answer = tenant.ask_list(stream, mode, ONE, ("updatedAt", operator))
        if answer.refuses_query:
            return Finding("refused", tenant.asker.describe(answer))
        rows = tenant.rows(stream, answer)
        _need(rows is not None, f"answered {tenant.asker.describe(answer)}")
        return Finding("ignored" if rows else "filters")

    return judge


def _why(view: View) -> str:
    if view.presence == EMPTY:
        return f"{view.stream} is empty"
    return view.note if view.presence == NOT_ASKED else f"{view.stream} is {view.presence}"


def largest_limit(tenant: ProbedTenant) -> Finding:
    """Ask a list that goes on behind a whole page for two pages at once."""
    view, mode = next(_long_lists(tenant), (None, ("", "")))
    if view is None:
        msg = f"no list shows more than {ROWS_PER_PAGE} rows"
        raise UnseenError(msg)
    answer = tenant.ask_list(view.stream, mode, ("limit", str(2 * ROWS_PER_PAGE)))
    if answer.refuses_query:
        return Finding("refused", tenant.asker.describe(answer))
    rows = tenant.rows(view.stream, answer) or []
    _need(rows, f"answered {tenant.asker.describe(answer)}")
    return Finding("more" if len(rows) > ROWS_PER_PAGE else "fifty", f"{len(rows)} rows")


def _long_lists(tenant: ProbedTenant) -> Iterator[tuple[View, tuple[str, str]]]:
    for view in tenant.present():
        body = view.answer.body if view.answer else {}
        total = body.get("total")
        if body.get("cursor") and len(view.rows) >= ROWS_PER_PAGE:
            yield view, ("cursor", START)
        elif isinstance(total, int) and total > len(view.rows) >= ROWS_PER_PAGE:
            yield view, ("page", "1")


def array_names(tenant: ProbedTenant) -> Finding:
    """Compare the members that hold rows with the documented ones."""
    views = [view for view in tenant.present() if view.answer]
    _need(views, "no list shows a row")
    names = {view.stream: tenant.array_name(view.stream, view.answer) for view in views}  # type: ignore[arg-type]
    learned, odd = [], []
    for stream, name in names.items():
        documented = tenant.streams[stream].array_key
        if documented is None:
            learned.append(f"{stream} is in `{name}`")
        elif documented != name:
            odd.append(f"{stream} is in `{name}`")
    return Finding("other" if odd else "documented", "; ".join(odd + learned))


def missing_record(tenant: ProbedTenant) -> Finding:
    """Ask for a record that is not there."""
    views = tenant.cursor_views
    _need(views, "no list with a cursor shows a row")
    return missing(
        tenant, tenant.ask(f"{tenant.streams[views[0].stream].path}/{NOBODY}"), NO_RECORD
    )


def missing_list(tenant: ProbedTenant) -> Finding:
    """Ask for a list that is not there."""
    return missing(tenant, tenant.ask("/no-such-list", ONE), NO_RECORD)


def refusals(tenant: ProbedTenant) -> Finding:
    """Look at how lists were refused that the app may not read."""
    views = [view for view in map(tenant.view, tenant.streams) if view.presence == REFUSED]
    _need(views, "these credentials may read every list")
    statuses = {str(view.answer.status) for view in views if view.answer}
    told = f"{', '.join(sorted({view.note for view in views}))}: {_listed(views)}"
    return Finding(statuses.pop() if len(statuses) == 1 else "both", told)


def _listed(views: Iterable[View]) -> str:
    return ", ".join(view.stream for view in views)


def page_order(tenant: ProbedTenant) -> Finding:
    """Ask for the first numbered page once more."""
    views = [
        view
        for view in tenant.present()
        if view.answer and "total" in view.answer.body and len(view.rows) > 2  # noqa: PLR2004
    ]
    _need(views, "no numbered list shows three rows")
    view = max(views, key=lambda each: len(each.rows))
    # In another order of parameters, or it would be the same request.
    answer = tenant.ask_list(view.stream, ("limit", str(ROWS_PER_PAGE)), ("page", "1"))
    again = [str(row["id"]) for row in tenant.rows(view.stream, answer) or ()]
    _need(again, f"answered {tenant.asker.describe(answer)}")
    if again != view.ids:
        return Finding("changes", view.stream)
    members = ("id", "title", "name", "code", "createdAt", "updatedAt")
    by = next((name for name in members if _sorted_by(view, name)), "")
    return Finding("same", f"{view.stream}, sorted by {by}" if by else view.stream)


def _sorted_by(view: View, member: str) -> bool:
    values = [str(row.get(member)) for row in view.rows]
    return len(set(values)) > 1 and values in (sorted(values), sorted(values, reverse=True))


def date_only(tenant: ProbedTenant) -> Finding:
    """Ask for what was paid on the day of an order, as `btw` with the same date twice."""
    paid = [str(row.get("orderPaidDate") or "") for row in tenant.view("orders").rows]
    days = [moment[:10] for moment in paid if "T" in moment and "T00:00:00" not in moment]
    _need(days, "no order shows the time when it was paid")
    days = days[:1] * 2
    answer = tenant.ask_list("orders", *FIRST, ("orderPaidDate", f"btw:{'|'.join(days)}"))
    if answer.refuses_query:
        return Finding("refused", tenant.asker.describe(answer))
    rows = tenant.rows("orders", answer)
    _need(rows is not None, f"answered {tenant.asker.describe(answer)}")
    return Finding("whole day" if rows else "midnight")


def unknown_parameter(tenant: ProbedTenant) -> Finding:
    """Send a parameter that no list has."""
    views = tenant.cursor_views
    _need(views, "no list with a cursor shows a row")
    answer = tenant.ask_list(views[0].stream, *FIRST, ("noSuchParameter", "1"))
    told = tenant.asker.describe(answer)
    return Finding(
        "ignored" if answer.good else "refused" if answer.refuses_query else "other", told
    )


def unlisted(path: str) -> Judge:
    """Return the judge of a list that is named somewhere, and documented nowhere."""

    def judge(tenant: ProbedTenant) -> Finding:
        answer = tenant.ask(path, ("page", "1"), ONE)
        if not answer.good:
            finding = missing(tenant, answer, NO_RECORD)
            return Finding(finding.outcome.removesuffix(" other"), finding.detail)
        names = [name for name, value in answer.body.items() if isinstance(value, list)]
        return Finding("exists", f"in `{names[0]}`" if len(names) == 1 else "")

    return judge
