"""Metrics of the library: what was written, changed and removed, by the ledger, and how much there is, by snapshots."""

from analytics.metrics.base import Counted, Last, Ratio


class MemoriesWritten(Counted):
    name = "memories_written"
    label = "Memories written"
    says = "How many memories were stored."
    source = "ledger"
    kinds = "kind of memory"


class MemoriesChanged(Counted):
    name = "memories_changed"
    label = "Memories changed"
    says = "How often a memory was changed, judged, pinned, restored or moved between tiers."
    source = "ledger"
    kinds = "type of fact"


class MemoriesRemoved(Counted):
    name = "memories_removed"
    label = "Memories removed"
    says = "How often a memory left the answers: deleted, superseded, silenced, compressed or erased."
    source = "ledger"
    kinds = "type of fact"


class Facts(Counted):
    name = "facts"
    label = "Facts"
    says = "How many facts stand in the ledger."
    source = "ledger"
    kinds = "type of fact"


class RemovedPerWritten(Ratio):
    name = "removed_per_written"
    label = "Removed per written"
    says = "Memories that left the answers, for each one that was stored."
    source = "ledger"
    splits = ("domain",)
    part, whole = ("memories_removed", "n", ""), ("memories_written", "n", "")


class StockKind(Last):
    name = "stock_kind"
    label = "Memories by kind"
    says = "Live memories at the last snapshot."
    kinds = "kind of memory"


class StockState(Last):
    name = "stock_state"
    label = "Memories by state"
    says = "All memories at the last snapshot, those that are not among the answers too."
    kinds = "state"


class StockTier(Last):
    name = "stock_tier"
    label = "Memories by tier"
    says = "Live memories at the last snapshot."
    kinds = "tier"


class StockAge(Last):
    name = "stock_age"
    label = "Memories by age"
    says = (
        "Live memories at the last snapshot, by how long ago they were stored: day, week, month, quarter, year, older."
    )
    kinds = "age"


class MemoriesTotal(Last):
    name = "memories_total"
    label = "Memories"
    says = "Live memories at the last snapshot, of all kinds."
    splits = ("domain",)
    of = "stock_kind"


METRICS = (
    MemoriesWritten, MemoriesChanged, MemoriesRemoved, Facts, RemovedPerWritten,
    StockKind, StockState, StockTier, StockAge, MemoriesTotal,
)  # fmt: skip
