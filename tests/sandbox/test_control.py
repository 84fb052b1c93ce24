from __future__ import annotations

from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from sandbox.serve import Running
    from sandbox.standin import StandIn


def test_counts_and_ids(served: Running) -> None:
    assert requests.get(f"{served.url}/_control/collections", timeout=5).json() == {"things": 50}
    listed = requests.get(f"{served.url}/_control/collections/things/ids", timeout=5).json()
    assert len(listed) == 50
    assert listed[0] == ["id-0", "2024-01-01T00:00:00.000Z"]
    missing = requests.get(f"{served.url}/_control/collections/nothing/ids", timeout=5)
    assert missing.status_code == 404


def test_write_read_and_delete(served: Running) -> None:
    record = f"{served.url}/_control/collections/things/records/id-3"
    patched = requests.put(record, params={"merge": "1"}, json={"name": "Ada"}, timeout=5).json()
    assert patched["version"] == 2
    assert patched["name"] == "Ada"
    assert patched["lastModifiedAt"] > "2025"
    at = "2024-05-05T05:05:05.555Z"
    replaced = requests.put(record, params={"at": at}, json={"x": 1}, timeout=5).json()
    assert replaced["version"] == 3
    assert replaced["lastModifiedAt"] == at
    assert "name" not in replaced
    assert requests.get(record, timeout=5).json() == replaced
    assert requests.delete(record, timeout=5).ok
    assert requests.get(record, timeout=5).status_code == 404
    assert requests.delete(record, timeout=5).status_code == 404
    assert requests.put(record, data="nonsense", timeout=5).status_code == 400


def test_inserted_records_keep_given_times(things: StandIn) -> None:
    given = things.put("things", {"id": "new", "lastModifiedAt": "2020-01-01T00:00:00.000Z"})
    assert given["lastModifiedAt"] == "2020-01-01T00:00:00.000Z"
    fresh = things.put("things", {})
    assert fresh["version"] == 1
    assert fresh["createdAt"] == fresh["lastModifiedAt"] > "2025"


def test_faults_requests_and_latency(served: Running) -> None:
    rule = {"match": "/things", "kind": "status", "options": {"status": 500}}
    control = f"{served.url}/_control"
    assert requests.post(f"{control}/faults", json=[rule, rule], timeout=5).ok
    assert requests.post(f"{control}/faults", json=[{"kind": "x"}], timeout=5).status_code == 400
    assert requests.get(f"{served.url}/things?a=1", timeout=5).status_code == 500
    requests.delete(f"{control}/faults", timeout=5)
    requests.post(f"{control}/latency", json={"seconds": 0.1}, timeout=5)
    assert requests.get(f"{served.url}/things", timeout=5).ok
    log = requests.get(f"{control}/requests", timeout=5).json()
    assert [(entry["query"], entry["status"]) for entry in log] == [("a=1", 500), ("", 200)]
    assert log[1]["seconds"] >= 0.1
    requests.delete(f"{control}/requests", timeout=5)
    assert requests.get(f"{control}/requests", timeout=5).json() == []


def test_hooks_change_data_between_two_requests(served: Running) -> None:
    hooks = f"{served.url}/_control/hooks"
    common = {"collection": "things", "after_request": 2}
    for hook in (
        {**common, "action": "delete", "record": {"id": "id-0"}},
        {**common, "action": "touch", "record": {"id": "id-1"}},
        {**common, "action": "upsert", "record": {"id": "id-2", "name": "changed"}},
    ):
        assert requests.post(hooks, json=hook, timeout=5).ok
    pages = [requests.get(f"{served.url}/things", timeout=5).json() for _ in range(3)]
    assert pages[0] == pages[1]
    assert len(pages[1]) == 50
    assert len(pages[2]) == 49
    assert (pages[2][0]["id"], pages[2][0]["version"]) == ("id-1", 2)
    assert {"id": "id-2", "name": "changed"}.items() <= pages[2][11].items()
    refused = requests.post(hooks, json={**common, "action": "explode", "record": {}}, timeout=5)
    assert refused.status_code == 400


def test_every_answer_has_a_date(served: Running) -> None:
    assert "Date" in requests.get(f"{served.url}/things", timeout=5).headers
    assert "Date" in requests.get(f"{served.url}/nowhere", timeout=5).headers
