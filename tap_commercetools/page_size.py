"""Page size of one stream: shrinks when the API asks for it, and grows back."""

from __future__ import annotations

import threading

GROW_AFTER = 20
"""Good pages before a larger size is tried again."""

MORE_PATIENCE = 4
"""So many times as long is waited each time that the larger size is refused again."""


class PageSize:
    """Rows to ask for at once, shared by the threads that read one stream.

    Args:
        largest: Where it begins and what it never exceeds.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._current = largest
        self._good = 0
        self._patience = 1
        self._grown = False
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
                if self._grown:
                    self._grown = False
                    self._patience *= MORE_PATIENCE

    def succeeded(self) -> None:
        """Count a full page; after some of them, dare twice the size again."""
        with self._lock:
            self._good += 1
            wanted = GROW_AFTER * self._patience
            if self._good >= wanted and self._current < self._largest:
                self._current = min(self._largest, self._current * 2)
                self._good, self._grown = 0, True
