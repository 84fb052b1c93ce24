"""States as they come back: merged member by member, of another source, in several forms."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from tests.reading.tools import LONG_AGO, Source, bookmarked, commercetools, scan_of

if TYPE_CHECKING:
    from tests.support import Output


def merge(new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """Merge as Meltano does (`meltano.core.utils.merge`): at every depth, removing nothing."""
    merged = copy.deepcopy(old)
    for name, value in new.items():
        both = isinstance(value, dict)
        merged[name] = merge(value, merged.setdefault(name, {})) if both else value
    return merged


class Keeper:
    """Keeps the states of runs as `--state-strategy merge` does."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.state: dict[str, Any] = {}

    def run(self, *, full_refresh: bool = False, **settings: Any) -> Output:
        state = None if full_refresh else self.state
        output = self._source.run("customers", state=state, **settings)
        self.state = merge(output.state, self.state)
        return output

    def dies(self, **settings: Any) -> Output:
        self._source.fail_after(2, self._source.pages("customers"))
        output = self.run(concurrency=1, **settings)
        self._source.heal()
        assert output.code == 1
        assert scan_of(self.state, "customers")
        return output


def touched(source: Source) -> str:
    """Change the first record, which every scan that is resumed has behind it."""
    row_id = min(source.rows("customers"))
    source.stand_in.touch("customers", row_id)
    return row_id


@pytest.mark.parametrize("method", ["INCREMENTAL", "FULL_TABLE"])
def test_a_finished_scan_does_not_come_back(customers: Source, method: str) -> None:
    keeper = Keeper(customers)
    catalog = customers.catalog("customers", method=method)
    keeper.dies(catalog=catalog)
    assert keeper.run(catalog=catalog).code == 0
    assert keeper.state["bookmarks"]["customers"]["scan"] == ""
    for _ in range(2):
        changed = touched(customers)
        output = keeper.run(catalog=catalog)
        assert output.code == 0
        assert changed in output.ids("customers")
        assert "resuming an interrupted scan" not in output.log


def test_a_scan_of_another_bookmark_is_not_resumed(customers: Source) -> None:
    keeper = Keeper(customers)
    keeper.state = bookmarked("customers", LONG_AGO, customers.stamp)
    keeper.dies()
    dead = keeper.state["bookmarks"]["customers"]["scan"]
    assert keeper.run().code == 0
    keeper.state["bookmarks"]["customers"]["scan"] = dead
    changed = touched(customers)
    output = keeper.run()
    assert output.code == 0
    assert changed in output.ids("customers")
    assert "resuming an interrupted scan" not in output.log


def test_a_full_refresh_over_an_interrupted_scan(customers: Source) -> None:
    keeper = Keeper(customers)
    assert keeper.run().code == 0
    keeper.dies(full_refresh=True)
    changed = touched(customers)
    output = keeper.run()
    assert output.code == 0
    assert changed in output.ids("customers")


def test_settings_that_no_longer_narrow_do_not_come_back(customers: Source) -> None:
    keeper = Keeper(customers)
    middle = sorted(customers.rows("customers").values())[60]
    keeper.run(start_date=middle)
    assert len(keeper.run().ids("customers")) == 130
    assert len(keeper.run().ids("customers")) < 10, "not everything for ever"


def test_stores_that_are_no_longer_asked_for_do_not_come_back() -> None:
    with commercetools(size=0.2, small=False) as source:
        stores = [record["key"] for record in source.records("stores").values()]
        keeper = Keeper(source)
        assert keeper.run(store_keys=stores[:1]).code == 0
        assert keeper.run(full_refresh=True).code == 0
        again = keeper.run(store_keys=stores[:1])
        assert "settings ask for more than before" in again.log


# Whose a state is


def test_a_state_says_whose_it_is(customers: Source) -> None:
    names = {"tap": customers.tap.name, "source": customers.run("customers").state["source"]}
    assert names["source"] in {"demo", "demo-winery"}
    for state in customers.run("customers", state={"bookmarks": {}}).states[1:]:
        assert {name: state[name] for name in names} == names


@pytest.mark.parametrize(
    ("member", "words"), [("source", "the state is of other ("), ("tap", "(other), not of ")]
)
def test_a_state_of_something_else_is_refused(customers: Source, member: str, words: str) -> None:
    state = customers.run("customers").state
    customers.forget_requests()
    output = customers.run("customers", state={**state, member: "other"})
    assert output.code == 1
    assert output.records("customers") == []
    assert customers.stand_in.requests == []
    (line,) = [line for line in output.log.splitlines() if "the state is of" in line]
    assert words in line
    assert "--state-id-suffix" in line


def test_a_state_that_does_not_say_whose_it_is_is_accepted(customers: Source) -> None:
    state = customers.run("customers").state
    bare = {"bookmarks": state["bookmarks"]}
    output = customers.run("customers", state=bare)
    assert output.code == 0
    assert len(output.ids("customers")) < 10
    assert output.state == state


# Forms


def test_the_forms_that_people_have(customers: Source) -> None:
    state = customers.run("customers").state
    for form in ({"singer_state": state}, {"type": "STATE", "value": state}, state):
        output = customers.run("customers", state=form)
        assert output.code == 0
        assert len(output.ids("customers")) < 10
        assert output.state == state
    empty: list[dict[str, Any]] = [{}, {"singer_state": {}}, {"bookmarks": {}}]
    for nothing in empty:
        assert len(customers.run("customers", state=nothing).ids("customers")) == 130


@pytest.mark.parametrize(
    "state",
    [
        {"customers": {"replication_key_value": LONG_AGO}},
        {"completed": {"singer_state": {"bookmarks": {}}}, "partial": {}},
        {"value": {"bookmarks": {}}},
        {"type": "STATE"},
        {"singer_state": None},
        {"currently_syncing": None},
        {"bookmarks": []},
        {"bookmarks": None},
        bookmarked("Customers", LONG_AGO),
        {"singer_state": bookmarked("never_heard_of", LONG_AGO)},
    ],
    ids=str,
)
def test_a_state_that_says_nothing_is_refused(state: dict[str, Any]) -> None:
    with commercetools(rows={"customers": 3}) as source:
        try:
            output = source.run("customers", state=state)
        except Exception as error:  # noqa: BLE001 (of the constructor, as the command line sees it)
            text = str(error)
        else:
            assert output.code == 1
            assert output.records("customers") == []
            text = output.log
        assert "the state names no stream of tap-commercetools" in text or (
            'state is not of the form {"bookmarks"' in text
        )
        assert source.stand_in.requests == []


# The last line


def test_the_last_line_is_a_state(customers: Source) -> None:
    full = "project" if customers.stamp == "lastModifiedAt" else "taxes"
    state = None
    for _ in range(2):
        output = customers.run("customers", full, state=state)
        assert output.code == 0
        assert output.records(full)
        assert output.messages[-1]["type"] == "STATE"
        assert output.messages[-2]["type"] != "STATE"
        state = output.state
    assert len(customers.run("customers", full, state=state).ids("customers")) < 10


def test_the_last_line_is_a_state_even_when_a_stream_fails(customers: Source) -> None:
    full = "project" if customers.stamp == "lastModifiedAt" else "clubs"
    state = customers.run("customers", full).state
    customers.fail_after(0, "^/demo$|/club")
    customers.stand_in.touch("customers", min(customers.rows("customers")))
    output = customers.run("customers", full, state=state)
    customers.heal()
    assert output.code == 1
    assert output.messages[-1]["type"] == "STATE"


# Versions


def test_a_version_is_above_the_last_one(customers: Source) -> None:
    """Whatever the clock says: the rows of a lower version would stay for ever."""
    catalog = customers.catalog("customers", method="FULL_TABLE")
    seen, state = [4_000_000_000], {"bookmarks": {"customers": {"version": 4_000_000_000}}}
    for _ in range(2):
        output = customers.run("customers", catalog=catalog, state=state)
        (message,) = output.of_type("ACTIVATE_VERSION")
        assert {each["version"] for each in output.of_type("RECORD")} == {message["version"]}
        seen.append(message["version"])
        state = output.state
    assert seen == [4_000_000_000, 4_000_000_001, 4_000_000_002]
    customers.fail_after(2, customers.pages("customers"))
    broken = customers.run("customers", catalog=catalog, state=state)
    customers.heal()
    begun = broken.state["bookmarks"]["customers"]["version"]
    assert begun == 4_000_000_003
    incremental = customers.run("customers", state=broken.state)  # drops the scan
    assert incremental.state["bookmarks"]["customers"]["version"] == begun


def test_a_full_table_that_start_date_cuts_activates_nothing(customers: Source) -> None:
    catalog = customers.catalog("customers", method="FULL_TABLE")
    middle = sorted(customers.rows("customers").values())[60]
    output = customers.run("customers", catalog=catalog, start_date=middle)
    assert output.code == 0
    assert output.records("customers")
    assert output.of_type("ACTIVATE_VERSION") == []
    assert not any("version" in message for message in output.of_type("RECORD"))
    assert output.log.count("start_date leaves out a part of customers: no version") == 1
    whole = customers.run("customers", catalog=catalog)
    assert len(whole.of_type("ACTIVATE_VERSION")) == 1
    assert "no version is activated" not in whole.log
