"""The staging models of `transform/`, as they are generated from the schemas."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from scripts import dbt, generate_docs
from scripts.declarations import TAPS, streams
from scripts.docs.members import members_of
from scripts.docs.privacy import personal
from scripts.tables import files
from scripts.tables.files import STAGING
from scripts.tables.models import models, platform_of
from scripts.tables.names import singular, snake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scripts.tables.columns import Column
    from scripts.tables.models import Model
    from tap_engine.singer.tap import EngineTap


def columns(tap: type[EngineTap]) -> Iterator[tuple[Model, Column, str]]:
    """Yield the columns of a tap's models, and the paths of their members."""
    for model in models():
        if model.platform == platform_of(tap):
            for column in model.columns:
                yield model, column, column.about.split("`")[1]


def overlap(one: str, other: str) -> bool:
    """Return whether a member is the other one, or inside it."""
    return f"{one}.".replace("[]", "").startswith(f"{other}.".replace("[]", ""))


def test_every_stream_that_is_on_has_a_model() -> None:
    found = {(model.platform, model.stream) for model in models() if not model.parent}
    assert found == {
        (platform_of(tap), each.name) for tap in TAPS for each in streams(tap) if each.on
    }


@pytest.mark.parametrize("tap", TAPS, ids=lambda tap: tap.name)
def test_no_column_has_a_secret(tap: type[EngineTap]) -> None:
    secrets: dict[str, list[str]] = {}
    for member in members_of(tap):
        if member.node.get("x-sensitive") == "secret":
            secrets.setdefault(member.stream, []).append(member.path)
    assert secrets
    found = [
        (model.name, column.name)
        for model, column, path in columns(tap)
        for secret in secrets.get(model.stream, ())
        if overlap(path, secret) or (column.type == "jsonb" and overlap(secret, path))
    ]
    assert found == []


@pytest.mark.parametrize("tap", TAPS, ids=lambda tap: tap.name)
def test_all_personal_columns_can_be_emptied(tap: type[EngineTap]) -> None:
    places: dict[str, list[str]] = {}
    for member in personal(tap):
        places.setdefault(member.stream, []).append(member.path)
    found = [
        (column, path)
        for model, column, path in columns(tap)
        for place in places.get(model.stream, ())
        if overlap(path, place) or (column.type == "jsonb" and overlap(place, path))
        # Ids of types, and further columns of the macro before them.
        if column.sql and not column.reference
    ]
    assert len(found) > 50
    assert [path for column, path in found if "{ personal" not in column.sql] == []


def test_names_fit_into_postgresql_and_occur_once() -> None:
    made = ("_minor", "_currency", "_localized", "")
    for model in models():
        names = [column.name for column in model.columns]
        assert len({*names, *model.key}) == len(names) + len({*model.key} - {*names}), model.name
        assert not {*names} & {"is_deleted", "deleted_at", "_built_at"}, model.name
        assert max(len(name) for name in names) <= 63 - len(max(made, key=len)) + len("_localized")
        # Temporary tables have longer names: __dbt_tmp and a time.
        assert len(model.name) <= 63


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("volumeInML", "volume_in_ml"),
        ("customerIpAddress", "customer_ip_address"),
        ("x-large", "x_large"),
        ("pOBox", "p_o_box"),
    ],
)
def test_names_are_in_snake_case(name: str, expected: str) -> None:
    assert snake(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("order_line_items", "order_line_item"),
        ("customer_addresses", "customer_address"),
        ("inventories", "inventory"),
        ("order_taxes", "order_tax"),
        ("orders", "order"),
    ],
)
def test_singulars(name: str, expected: str) -> None:
    assert singular(name) == expected


def test_a_model_that_is_no_longer_generated_has_to_go(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for file, text in generate_docs.outputs().items():
        copy = tmp_path / file.relative_to(generate_docs.ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, encoding="utf-8")
    old = tmp_path / STAGING / "commerce7" / "stg_commerce7__old.sql"
    old.write_text("select 1\n", encoding="utf-8")
    monkeypatch.setattr(generate_docs, "ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["generate_docs", "--check"])
    with pytest.raises(SystemExit, match="out of date"):
        generate_docs.main()
    assert re.findall("^--- (.*)$", capsys.readouterr().out, re.MULTILINE) == [
        str(old.relative_to(tmp_path))
    ]
    monkeypatch.setattr("sys.argv", ["generate_docs"])
    generate_docs.main()
    assert not old.exists()


def test_a_change_of_any_macro_is_another_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = files.macros_version()
    assert (dbt.PROJECT / "macros" / "macros_version.sql").read_text(encoding="utf-8") == before
    monkeypatch.setattr(files, "PROJECT", tmp_path)
    shutil.copytree(dbt.PROJECT / "macros", tmp_path / "macros")
    assert files.macros_version() == before
    changed = tmp_path / "macros" / "json.sql"
    changed.write_text(changed.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert files.macros_version() != before


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql+psycopg://me:p%40ss@db.example:6432/shop?sslmode=require",
            {"HOST": "db.example", "PORT": "6432", "USER": "me", "PASSWORD": "p@ss"}
            | {"DATABASE": "shop", "SSL_ENABLE": "true", "SSL_MODE": "require"},
        ),
        (
            "postgresql+psycopg://postgres@/postgres?host=%2Ftmp%2Fpg",
            {"HOST": "/tmp/pg", "USER": "postgres", "DATABASE": "postgres", "SSL_ENABLE": "false"},  # noqa: S108
        ),
    ],
)
def test_dbt_connects_as_the_loader_does(url: str, expected: dict[str, str]) -> None:
    found = dbt.connection({dbt.URL: url})
    assert found == {f"TARGET_POSTGRES_{name}": value for name, value in expected.items()}
    assert dbt.connection({}) == {}


def test_a_build_waits_for_another_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dbt, "LOCK", tmp_path / "lock")
    monkeypatch.setattr(dbt, "DBT", "/bin/echo")
    monkeypatch.setattr("sys.argv", ["dbt", "build"])
    with ThreadPoolExecutor() as pool:
        with dbt.alone():
            second = pool.submit(dbt.main)
            heard = ""
            while "waiting for another build" not in heard:
                heard += "".join(capfd.readouterr())
            assert not second.done()
        ended = second.exception()
    assert isinstance(ended, SystemExit)
    assert ended.code == 0
    assert capfd.readouterr().out == "build\n"
