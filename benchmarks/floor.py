"""The least that loading into PostgreSQL takes: records as one column of JSON, merged by id.

`python -m benchmarks.floor URL SCHEMA < messages.jsonl` copies the records of a tap's output into a
temporary table and merges it into the table of the stream: no columns, no types, no batches.
"""

from __future__ import annotations

import sys

import msgspec
import psycopg
from psycopg import sql


class _Message(msgspec.Struct):
    type: str
    stream: str = ""
    record: msgspec.Raw = msgspec.Raw()


class _Record(msgspec.Struct):
    id: str


def main() -> None:
    """Load what comes in on standard input."""
    url, schema = sys.argv[1:]
    read, key = msgspec.json.Decoder(_Message).decode, msgspec.json.Decoder(_Record).decode
    with psycopg.connect(url) as connection:
        connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
        connection.execute("create temp table incoming (id text, record jsonb)")
        stream = ""
        with connection.cursor().copy("copy incoming from stdin") as copy:
            for line in sys.stdin.buffer:
                message = read(line)
                if message.type == "RECORD":
                    stream, raw = message.stream, bytes(message.record)
                    copy.write_row((key(raw).id, raw.decode()))
        merge = (
            "insert into {0} select * from incoming"
            " on conflict (id) do update set record = excluded.record"
        )
        for statement in ("create table {0} (id text primary key, record jsonb)", merge):
            connection.execute(sql.SQL(statement).format(sql.Identifier(schema, stream)))


if __name__ == "__main__":
    main()
