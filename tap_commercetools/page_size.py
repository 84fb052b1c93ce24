"""Page size of one stream: shrinks when the API asks for it, and grows back."""

from __future__ import annotations

import threading

GROW_AFTER = 20


class PageSize:
    """Rows to ask for at once, shared by the threads that read one stream.

    Args:
        largest: Where it begins and what it never exceeds.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._current = largest
        self._good = 0
        self._lock = threading.Lock()

    @property
    def current(self) -> int:
        """Rows to ask for now."""
        return self._current

    def shrink(self, refused: int) -> None:
        """Halve a size that was refused, unless another thread did so already."""
        with self._lock:
            self._good = 0
            if self._current >= refused:
                self._current = max(1, refused // 2)

    def succeeded(self) -> None:
        """Count a full page; after some of them, dare twice the size again."""
        with self._lock:
            self._good += 1
            if self._good >= GROW_AFTER and self._current < self._largest:
                self._current = min(self._largest, self._current * 2)
                self._good = 0
