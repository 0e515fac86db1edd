"""The key of a log's hash chain: secret bytes that lie beside the log and never in it."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from iw.core.errors import StoreError

_BYTES = 32


@dataclass(frozen=True)
class LogKey:
    """32 secret bytes. Whoever has them can write a log's hash chain anew; without them nobody can."""

    secret: bytes = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """A key that nobody has had before, from the system's source of randomness."""
        return cls(secrets.token_bytes(_BYTES))

    @classmethod
    def parse(cls, text: str, place: str) -> Self:
        """The key written as 64 hexadecimal digits; `StoreError`, which names ``place``, where it is none."""
        try:
            secret = bytes.fromhex(text.strip())
        except ValueError:
            secret = b""
        if len(secret) != _BYTES:
            raise StoreError(f"{place} holds no key: a key has {2 * _BYTES} hexadecimal digits.", "Restore it.")
        return cls(secret)

    @property
    def text(self) -> str:
        """The key as `parse` reads it."""
        return self.secret.hex()

    @property
    def id(self) -> str:
        """16 hexadecimal digits by which a key is known without being told."""
        return self.mac(b"iw-log-key/1\n").hex()[:16]

    @cached_property
    def _begun(self) -> tuple[Any, Any]:
        """SHA-256 after the inner and after the outer padded key of RFC 2104: all that the key alone decides."""
        block = self.secret.ljust(64, b"\0")
        inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
        return inner, outer

    def mac(self, message: bytes) -> bytes:
        """HMAC-SHA-256 (RFC 2104) of the message, 32 bytes.

        From copies of what the key alone decides it is made in half the time that `hmac` takes; every record needs six.
        """
        inner, outer = self._begun
        made, sealed = inner.copy(), outer.copy()
        made.update(message)
        sealed.update(made.digest())
        found: bytes = sealed.digest()
        return found
