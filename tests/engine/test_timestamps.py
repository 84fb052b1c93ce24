"""One form for every timestamp: UTC, milliseconds, `Z` (24)."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_engine import timestamps


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2024-02-29T12:00:00.123Z", "2024-02-29T12:00:00.123Z"),
        ("2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000Z"),
        ("2024-02-29T12:00:00.123456Z", "2024-02-29T12:00:00.123Z"),
        ("2024-02-29T12:00:00.123999999Z", "2024-02-29T12:00:00.123Z"),
        ("2024-02-29T12:00:00.1Z", "2024-02-29T12:00:00.100Z"),
        ("2024-02-29T14:00:00.123+02:00", "2024-02-29T12:00:00.123Z"),
        ("2024-02-29T06:30:00-05:30", "2024-02-29T12:00:00.000Z"),
        ("2024-02-29T12:00:00", "2024-02-29T12:00:00.000Z"),
        ("2024-02-29 12:00:00", "2024-02-29T12:00:00.000Z"),
        ("2024-02-29", "2024-02-29T00:00:00.000Z"),
        (" 2024-02-29 ", "2024-02-29T00:00:00.000Z"),
    ],
)
def test_every_form_becomes_the_one(text: str, canonical: str) -> None:
    assert timestamps.is_instant(text)
    assert timestamps.canonical(text) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "1709208000",
        "2024-13-01",
        "2024-02-30T00:00:00Z",
        "2024-02-30T00:00:00.000Z",
        "2024-99-99T99:99:99.999Z",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    assert not timestamps.is_instant(text)
    with pytest.raises(ValueError, match=r"."):
        timestamps.canonical(text)


@given(st.text())
def test_any_text_is_an_instant_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert timestamps.is_canonical(timestamps.canonical(text))


offsets = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=offsets),  # noqa: DTZ001
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=offsets),  # noqa: DTZ001
)
def test_text_sorts_like_time(one: datetime, two: datetime) -> None:
    first, second = timestamps.canonical(one.isoformat()), timestamps.canonical(two.isoformat())
    assert first <= timestamps.render(one)
    cut_off = [moment.astimezone(UTC) for moment in (one, two)]
    cut_off = [moment.replace(microsecond=moment.microsecond // 1000 * 1000) for moment in cut_off]
    assert (first < second) == (cut_off[0] < cut_off[1])


def test_finer_than_a_millisecond_is_cut_off_never_rounded_up() -> None:
    late = datetime(2024, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert timestamps.render(late) == "2024-12-31T23:59:59.999Z"


def test_moving_back_stops_at_the_first_instant() -> None:
    assert timestamps.earlier("2024-01-01T00:00:00.500Z", 1) == "2023-12-31T23:59:59.500Z"
    assert timestamps.earlier("0001-01-01T00:00:05.000Z", 60) == "0001-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("header", "moment"),
    [
        ("Mon, 05 Jan 2015 10:00:00 GMT", "2015-01-05T10:00:00.000Z"),
        ("Mon, 05 Jan 2015 12:00:00 +0200", "2015-01-05T10:00:00.000Z"),
        ("Mon, 05 Jan 2015 10:00:00 -0000", "2015-01-05T10:00:00.000Z"),
        ("", None),
        ("today", None),
    ],
)
def test_http_dates(header: str, moment: str | None) -> None:
    found = timestamps.parse_http_date(header)
    assert (found and timestamps.render(found)) == moment


@given(st.text())
def test_no_date_header_is_an_error(header: str) -> None:
    moment = timestamps.parse_http_date(header)
    assert moment is None or timestamps.is_canonical(timestamps.render(moment))
