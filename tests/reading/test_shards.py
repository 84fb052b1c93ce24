"""Shards of a first sync: disjoint, complete together, each with a state of its own."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tap_engine.ids import UUID
from tap_engine.state.merge import merge
from tests.reading.tools import Rewritten, Source, commercetools, next_second, scan_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.support import Output

ODD_IDS = ["legacy-1", "1001", "ZZZ", "~", "f0000000", "40000000", "80000000-zzz", "é"]


def shards(count: int) -> list[str]:
    return [f"{number}/{count}" for number in range(1, count + 1)]


def read_all(source: Source, count: int, *streams: str, **settings: Any) -> list[Output]:
    """Run every shard once."""
    outputs = [source.run(*streams, shard=shard, **settings) for shard in shards(count)]
    assert [output.code for output in outputs] == [0] * count
    return outputs


def merged(source: Source, outputs: Iterable[Output]) -> dict[str, Any]:
    states = {f"{number}.json": output.state for number, output in enumerate(outputs, 1)}
    return merge(source.tap.name, states)


def assert_disjoint(source: Source, outputs: list[Output], stream: str = "customers") -> None:
    """Each record of the source came from exactly one shard."""
    read = [set(output.ids(stream)) for output in outputs]
    assert set().union(*read) == set(source.rows(stream))
    assert sum(map(len, read)) == len(source.rows(stream))


def finished(output: Output, stream: str = "customers") -> str:
    return str(output.state["shard"]["finished"][stream])


@pytest.fixture
def source() -> Iterator[Source]:
    with commercetools(rows={"customers": 330}) as source:
        yield source


@pytest.fixture(scope="module")
def odd() -> Iterator[Source]:
    with commercetools(rows={"customers": 330}) as source:
        for row_id in ODD_IDS:
            source.stand_in.put("customers", {"id": row_id})
        yield source


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("count", [1, 2, 3, 8, 16])
def test_shards_are_disjoint_and_complete_whatever_the_ids(
    odd: Source, count: int, concurrency: int
) -> None:
    outputs = read_all(odd, count, "customers", concurrency=concurrency)
    assert_disjoint(odd, outputs)
    assert {finished(output) for output in outputs} == {"split" if count > 1 else "whole"}


def test_a_shard_asks_for_its_part_only() -> None:
    with commercetools(rows={"customers": 1600}) as source:
        source.defaults["page_size"] = 50
        for shard in shards(8):
            source.forget_requests()
            assert source.run("customers", shard=shard).code == 0
            # About 200 rows, fifty at once, and the count.
            assert len(source.asked(source.path("customers"))) <= 7


def test_one_shard_of_many_rows_is_read_with_several_requests_at_once() -> None:
    with commercetools(rows={"customers": 1600}) as source:
        source.fail_after(4, source.pages("customers"))
        output = source.run("customers", shard="2/4", concurrency=4)
        assert output.code == 1
        ranges = scan_of(output.state, "customers")["ranges"]
        assert len(ranges) == 4
        boundaries = [part["upto"] for part in ranges if "upto" in part]
        assert all("40" <= each < "80" for each in boundaries)
        assert len(boundaries) == 3


def test_all_streams_come_from_the_shards_together() -> None:
    with commercetools(size=0.3) as source:
        outputs = [source.run(shard=shard) for shard in shards(3)]
        whole = source.run()
        assert {output.code for output in (whole, *outputs)} == {0}
        names = {message["stream"] for message in whole.of_type("RECORD")}
        alone = set()
        for name in names:
            keys = whole.of_type("SCHEMA", name)[0]["key_properties"]
            parts = [{tuple(r[k] for k in keys) for r in o.records(name)} for o in outputs]
            assert set().union(*parts) == {tuple(r[k] for k in keys) for r in whole.records(name)}
            for one, other in itertools.combinations(parts, 2):
                assert not one & other, name
            if finished(outputs[0], name) == "whole":
                assert not any(parts[1:]), name
                alone.add(name)
        assert alone
        assert alone < names
        # What the others have no part of, they do not even declare, where that is known before.
        known = {each.name for each in source.tap.stream_types if not each.shardable}
        assert known & names
        for output in outputs[1:]:
            assert not known & {message["stream"] for message in output.of_type("SCHEMA")}


def test_records_of_another_shard_are_an_error() -> None:
    with commercetools(rows={"customers": 100}) as source:
        source.rewrite("/customers", lambda pairs: [pair for pair in pairs if pair[0] != "where"])
        output = source.run("customers", shard="2/4")
        assert output.code == 1
        assert "the API sent records that are not of shard 2/4" in output.log
        assert not output.records("customers")


def test_the_count_of_a_shard_is_the_apis(source: Source) -> None:
    for shard in shards(2):
        output = source.run("customers", shard=shard, verify_counts="strict")
        assert output.code == 0
        count = len(output.ids("customers"))
        assert f"{count} records read, the API counts {count}" in output.log


def test_a_count_that_does_not_agree_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_engine.reading.counts.PAUSE_SECONDS", 0.0)
    with commercetools(rows={"customers": 100}, gzip=False) as source:
        source.stand_in._api = Rewritten(source.stand_in._api, rb'"total":\d\d\b', b'"total":99')
        output = source.run("customers", shard="2/2", verify_counts="strict")
        assert output.code == 1
        assert "the API counts 99" in output.log
        assert not output.state["shard"]["finished"]


# State


@pytest.mark.parametrize("concurrency", [1, 3])
def test_each_shard_resumes_on_its_own(source: Source, concurrency: int) -> None:
    source.defaults["concurrency"] = concurrency
    whole = read_all(source, 3, "customers")
    for shard, complete in zip(shards(3), whole, strict=True):
        for count in range(1, 6):
            source.fail_after(count, source.path("customers"))
            broken = source.run("customers", shard=shard)
            source.heal()
            if broken.code == 0:
                break
            assert "customers" not in broken.state["shard"]["finished"]
            rest = source.run("customers", shard=shard, state=broken.state)
            assert rest.code == 0
            assert set(broken.ids("customers")) | set(rest.ids("customers")) == set(
                complete.ids("customers")
            )
            assert not set(broken.ids("customers")) & set(rest.ids("customers"))
            assert rest.state["shard"]["finished"] == {"customers": "split"}
            assert rest.bookmark("customers") == complete.bookmark("customers")


def test_what_changes_between_the_shards_is_in_the_next_run(source: Source) -> None:
    settings: dict[str, Any] = {"lookback_seconds": 0}
    outputs = []
    for shard in shards(2):
        outputs.append(source.run("customers", shard=shard, **settings))
        # Of the part that was just read, the first and the last.
        for row_id in (min(outputs[-1].ids("customers")), max(outputs[-1].ids("customers"))):
            source.stand_in.touch("customers", row_id)
        next_second()
    state = merged(source, outputs)
    assert "shard" not in state
    assert state["bookmarks"]["customers"]["replication_key_value"] == min(
        str(output.bookmark("customers")) for output in outputs
    )
    last = source.run("customers", state=state, **settings)
    assert last.code == 0
    assert source.held("customers", *outputs, last) == source.rows("customers")
    assert len(last.ids("customers")) < 330, "not everything anew"


def test_a_record_made_in_an_empty_shard_is_in_the_next_run(source: Source) -> None:
    """The others' bookmarks go beyond the moment at which the shard was empty."""
    for row_id in [row_id for row_id in source.rows("customers") if row_id >= "c"]:
        source.stand_in.delete("customers", row_id)
    settings: dict[str, Any] = {"lookback_seconds": 0}
    last = source.run("customers", shard="4/4", **settings)
    next_second()
    source.stand_in.put("customers", {"id": "dddddddd-0000-4000-8000-000000000000"})
    next_second()
    for row_id in list(source.rows("customers"))[:-1]:
        if row_id < "c":
            source.stand_in.touch("customers", row_id)
    next_second()
    others = [source.run("customers", shard=shard, **settings) for shard in shards(4)[:3]]
    state = merged(source, [*others, last])
    read_up_to = last.state["bookmarks"]["customers"]["read_up_to"]
    assert state["bookmarks"]["customers"]["replication_key_value"] == read_up_to
    rest = source.run("customers", state=state, **settings)
    assert source.held("customers", *others, last, rest) == source.rows("customers")


def test_a_finished_shard_reads_what_changed_in_its_part(source: Source) -> None:
    settings: dict[str, Any] = {"lookback_seconds": 0, "shard": "2/2"}
    first = source.run("customers", **settings)
    low, high = min(source.rows("customers")), max(source.rows("customers"))
    for row_id in (low, high):
        source.stand_in.touch("customers", row_id)
    next_second()
    second = source.run("customers", state=first.state, **settings)
    assert high in second.ids("customers")
    assert low not in second.ids("customers")
    assert len(second.ids("customers")) < len(first.ids("customers"))


def test_a_state_stays_with_its_shard(source: Source) -> None:
    shard = source.run("customers", shard="1/2")
    other = source.run("customers", shard="2/2", state=shard.state)
    assert other.code == 1
    assert "the state is of shard 1/2" in other.log
    finer = source.run("customers", shard="1/4", state=shard.state)
    assert (finer.code, "not of shard 1/4" in finer.log) == (1, True)
    without = source.run("customers", state=shard.state)
    assert (without.code, "--merge-states" in without.log) == (1, True)
    whole = source.run("customers")
    begun = source.run("customers", shard="1/2", state=whole.state)
    assert (begun.code, "a shard starts without a state" in begun.log) == (1, True)
    foreign = {**shard.state, "source": "other"}
    elsewhere = source.run("customers", shard="1/2", state=foreign)
    assert (elsewhere.code, "the state is of other (" in elsewhere.log) == (1, True)
    for output in (other, finer, without, begun, elsewhere):
        assert not output.of_type("RECORD")


@pytest.mark.parametrize("mark", [None, "1/2", {}, {"number": 0, "of": 2}])
def test_a_state_that_is_unclear_about_its_shard_is_refused(source: Source, mark: Any) -> None:
    output = source.run("customers", shard="1/2", state={"bookmarks": {}, "shard": mark})
    assert output.code == 1
    assert "invalid `shard` entry in state: " in output.log


# What else a shard must not do


def test_no_shard_activates_a_version_for_what_it_has_a_part_of() -> None:
    with commercetools(size=0.2) as source:
        catalog = source.catalog("customers", "project", method="FULL_TABLE")
        for shard in shards(2):
            output = source.run(catalog=catalog, shard=shard, emit_activate_version_messages=True)
            assert output.code == 0
            activated = {each["stream"] for each in output.of_type("ACTIVATE_VERSION")}
            assert activated == ({"project"} if shard == "1/2" else set())


def test_the_shards_of_uuids_are_of_equal_size(source: Source) -> None:
    sizes = [len(output.ids("customers")) for output in read_all(source, 4, "customers")]
    assert all(UUID.fullmatch(row_id) for row_id in source.rows("customers"))
    assert max(sizes) <= 2 * min(sizes)
