"""The key of a log's hash chain: secret bytes that lie beside the log and never in it."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

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
    def _begun(self) -> hmac.HMAC:
        return hmac.new(self.secret, digestmod="sha256")

    def mac(self, message: bytes) -> bytes:
        """HMAC-SHA-256 (RFC 2104) of the message, 32 bytes."""
        # To copy what the key alone decides is quicker than to begin anew, and every record needs six of them.
        made = self._begun.copy()
        made.update(message)
        return made.digest()
