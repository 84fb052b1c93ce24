"""A signal waits until output and state are whole (23)."""

from __future__ import annotations

import signal

import pytest

from tap_engine.errors import TerminatedError
from tap_engine.singer.signals import Signals


def test_outside_of_a_write_it_interrupts_at_once() -> None:
    with pytest.raises(TerminatedError) as caught:
        Signals().receive(signal.SIGTERM)
    assert caught.value.signum == signal.SIGTERM


def test_inside_of_nested_writes_it_waits_for_the_outermost() -> None:
    signals, done = Signals(), []

    def write() -> None:
        with signals.held():
            with signals.held():
                signals.receive(signal.SIGINT)
                done.append("inner")
            done.append("outer")

    with pytest.raises(TerminatedError):
        write()
    assert done == ["inner", "outer"]


def test_what_is_written_on_the_way_out_is_not_interrupted_again() -> None:
    signals = Signals()
    with pytest.raises(TerminatedError):
        signals.receive(signal.SIGTERM)
    with signals.held():
        pass


def test_an_error_inside_of_a_write_is_not_hidden_by_the_signal() -> None:
    signals = Signals()

    def write() -> None:
        with signals.held():
            signals.receive(signal.SIGTERM)
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        write()


def test_a_second_signal_ends_the_process_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    monkeypatch.setattr("tap_engine.singer.signals.os._exit", codes.append)
    signals = Signals()
    with pytest.raises(TerminatedError):
        signals.receive(signal.SIGTERM)
    signals.receive(signal.SIGINT)
    assert codes == [130]
