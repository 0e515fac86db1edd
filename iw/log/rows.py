"""The rows of one append: positions, envelopes and versions, worked out before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Table, select

from iw.core.errors import UsageError
from iw.log import fingerprints
from iw.log.chains import Chain, Chains
from iw.log.drafts import Visible
from iw.log.records import Marking, VisibleBasis
from iw.log.schema import TABLES, Kind, records

Content = dict[str, Any]


class DuplicateError(UsageError):
    """What a draft claims is in the log already, as ``existing``."""

    def __init__(self, existing: str) -> None:
        self.existing = existing
        super().__init__(f"The log holds this already, as {existing}.", "Correct or regrade that record instead.")


@dataclass(frozen=True)
class Signature:
    """Who appends, when and why: the same for all drafts of one append."""

    author: str
    now: datetime
    reason: str
    batch: str | None

    @property
    def today(self) -> date:
        """The day of the append, in UTC."""
        return self.now.astimezone(UTC).date()


@dataclass(frozen=True)
class Envelope:
    """What a draft says about its own record: marking, visibility and reason."""

    marking: Marking
    visible: Visible | None
    reason: str


@dataclass
class Rows:
    """What will be inserted, and the chains as they will be then. Nothing here writes to the database."""

    chains: Chains
    signature: Signature
    next_position: int
    envelopes: list[Content] = field(default_factory=list)
    typed: dict[Kind, dict[int, Content]] = field(default_factory=dict)

    def by_table(self) -> Iterator[tuple[Table, list[Content]]]:
        """Each table with its rows, the envelopes first."""
        if self.envelopes:
            yield records, self.envelopes
        for kind, rows in self.typed.items():
            yield TABLES[kind], [{"position": position, **content} for position, content in rows.items()]

    def new(self, kind: Kind, content: Content, fingerprint: str, envelope: Envelope) -> Chain:
        """Add the first version of a fact."""
        position = self._append(kind, content, fingerprint, envelope)
        visible_at = self.envelopes[-1]["visible_at"]
        chain = Chain(kind, position, position, envelope.marking, visible_at, fingerprint)
        self.chains.add(chain)
        return chain

    def supersede(self, chain: Chain, content: Content, fingerprint: str, envelope: Envelope) -> int:
        """Add a further version of a fact; it needs a reason."""
        self._need_reason(envelope)
        if envelope.marking.rank > chain.marking.rank:
            # Below the new marking the new version is not seen: there the old one has to go by itself.
            self._retract(chain, envelope)
        return self.add_version(chain, content, fingerprint, envelope)

    def add_version(self, chain: Chain, content: Content, fingerprint: str, envelope: Envelope) -> int:
        """Add a further version as it is, without what `supersede` adds."""
        position = self._append(chain.kind, content, fingerprint, envelope, chain)
        self.chains.add_version(chain, position, fingerprint)
        chain.marking = envelope.marking
        return position

    def retract(self, chain: Chain, visible: Visible | None, reason: str) -> int:
        """Withdraw a fact, at its own marking; it needs a reason."""
        envelope = Envelope(chain.marking, visible, reason)
        self._need_reason(envelope)
        position = self._retract(chain, envelope)
        chain.retracted = True
        return position

    def content(self, chain: Chain) -> Content:
        """The typed content of the version that holds now, planned or stored."""
        planned = self.typed.get(chain.kind, {}).get(chain.latest)
        if planned is not None:
            return dict(planned)
        table = TABLES[chain.kind]
        row = self.chains.connection.execute(select(table).where(table.c.position == chain.latest)).one()
        return {name: value for name, value in row._mapping.items() if name != "position"}

    def visible(self, visible: Visible | None) -> tuple[datetime, VisibleBasis]:
        """From when a record counts as known: at the latest from when it is recorded, whatever the lag."""
        if visible is None or visible.moment >= self.signature.now:
            return self.signature.now, VisibleBasis.RECORDED
        return visible.moment, visible.basis

    def refuse_duplicate(self, fingerprint: str, itself: Chain | None = None) -> None:
        """Raise `DuplicateError` if another live fact claims the same."""
        for chain in self.chains.claiming(fingerprint):
            if chain is not itself:
                raise DuplicateError(chain.name)

    def _retract(self, chain: Chain, envelope: Envelope) -> int:
        at_its_marking = Envelope(chain.marking, envelope.visible, envelope.reason)
        fingerprint = fingerprints.of_parts("retraction", chain.latest)
        return self.new(Kind.RETRACTION, {"target": chain.latest}, fingerprint, at_its_marking).first

    def _need_reason(self, envelope: Envelope) -> None:
        if not (envelope.reason or self.signature.reason).strip():
            raise UsageError("A change to what the log says needs a reason.")

    def _append(
        self, kind: Kind, content: Content, fingerprint: str, envelope: Envelope, chain: Chain | None = None
    ) -> int:
        position = self.next_position
        self.next_position += 1
        visible_at, basis = self.visible(envelope.visible)
        self.envelopes.append(
            {
                "position": position,
                "kind": kind,
                "first": chain.first if chain else position,
                "supersedes": chain.latest if chain else None,
                "recorded_at": self.signature.now,
                "visible_at": visible_at,
                "visible_basis": basis,
                "author": self.signature.author,
                "reason": envelope.reason or self.signature.reason,
                "marking": envelope.marking,
                "batch": self.signature.batch,
                "fingerprint": fingerprint,
            }
        )
        self.typed.setdefault(kind, {})[position] = content
        return position
