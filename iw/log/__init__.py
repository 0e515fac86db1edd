"""The append-only log: graded reports, events, coverage and searches, as known at a moment and at a marking.

`iw.log.store.Log` is its one door; `iw.log.drafts` holds what may be appended, `iw.log.records` what is read.
"""
