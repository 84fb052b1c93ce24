"""Which database URLs are taken, what is asked, and that no part of a password gets out."""

from __future__ import annotations

import pytest

from scripts.reconcile import database_url
from tap_engine.errors import SettingsError
from tap_engine.http.redaction import Redactor
from tap_reconcile import database


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://u:p%40%2F@h:1/d",
            {"user": "u", "password": "p@/", "host": "h", "port": "1"},
        ),
        ("postgresql+psycopg://u:p:q@h/d", {"password": "p:q", "dbname": "d"}),
        ("postgres://h/d?sslmode=require", {"host": "h", "sslmode": "require"}),
        ("postgresql://u:p?x=q@h/d", {"password": "p?x=q", "host": "h"}),
        ("postgresql+psycopg2://u@/d?host=%2Frun%2Fs", {"host": "/run/s", "user": "u"}),
        ("postgresql://u@one:1,two:2/d?connect_timeout=3", {"port": "1,2", "connect_timeout": "3"}),
    ],
)
def test_urls_of_libpq_and_of_sqlalchemy(url: str, expected: dict[str, str]) -> None:
    parameters = database._parameters(url)
    assert {name: parameters[name] for name in expected} == expected


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:SECRET@word@host/db",
        "postgresql://user:SECRET/word@host/db",
        "postgresql://user:1/SECRET@host/db",
        "postgresql://user:%SECRET@host/db",
        "postgresql://host:SECRET/db",
        "host=h password=SECRET",
        "mysql://user:SECRET@host/db",
        "SECRET",
    ],
)
def test_no_part_of_a_password_is_quoted(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        database.Database(url, Redactor())
    assert "percent-encoded" in str(caught.value)
    assert "SECRET" not in str(caught.value)
    assert "word@" not in str(caught.value).replace("user:password@host", "")


def test_the_password_is_learned() -> None:
    redactor = Redactor()
    database.Database("postgresql://u:hunter%2F2@h/d", redactor)
    assert redactor("it is hunter/2") == "it is ***"


def test_without_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MISSING", ImportError("No module named 'psycopg'"))
    with pytest.raises(SettingsError, match=r"pip install 'tap-commerce\[reconcile\]'"):
        database.Database("postgresql://u@h/d", Redactor())


def test_the_url_of_the_loader_s_settings() -> None:
    loader: dict[str, object] = {
        "host": "db.example.com", "user": "me", "password": "a@b/c:?", "database": "my shop",
    }  # fmt: skip
    found = database._parameters(database_url(loader))
    assert (found["host"], found["user"], found["password"]) == ("db.example.com", "me", "a@b/c:?")
    assert (found["dbname"], found["port"]) == ("my shop", "5432")
    assert not {name for name in found if name.startswith("ssl")}
    loader["sqlalchemy_url"] = "postgresql+psycopg://x@y/z"
    assert database_url(loader) == "postgresql+psycopg://x@y/z"


def test_the_url_has_the_loader_s_tls() -> None:
    loader: dict[str, object] = {
        "host": "h",
        "ssl_enable": True,
        "ssl_mode": "verify-full",
        "ssl_certificate_authority": "/etc/my ca.pem",
        "ssl_client_certificate_enable": True,
        "ssl_client_certificate": "me.crt",
        "ssl_client_private_key": "-----BEGIN PRIVATE KEY-----\nMIIB",
        "ssl_storage_directory": ".secrets",
    }
    found = database._parameters(database_url(loader))
    assert {name: value for name, value in found.items() if name.startswith("ssl")} == {
        "sslmode": "verify-full",
        "sslrootcert": "/etc/my ca.pem",
        "sslcert": "me.crt",
        "sslkey": ".secrets/pkey.key",  # where the loader puts what it was given itself
    }
    loader |= {"ssl_enable": False, "ssl_client_certificate_enable": False}
    found = database._parameters(database_url(loader))
    assert not {name for name in found if name.startswith("ssl")}


def test_keys_are_sorted_as_here_whatever_the_collation_of_the_column() -> None:
    columns = {"id": "text", "staged": "boolean", "at": "timestamp without time zone"}
    table = database.Table("Shop", "my table", columns)
    text = database._statement(table, ["id", "staged"], "at").as_string()
    keys = '"id"::text collate "C", "staged"::text collate "C"'
    assert text.startswith(f"select {keys}, to_char(")
    assert f'from "Shop"."my table" where true order by {keys}, to_char(' in text
