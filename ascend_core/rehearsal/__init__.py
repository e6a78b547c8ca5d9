"""Rehearsals: a flow played for one invented member, on a virtual clock, by the product's own operations.

Nothing is played by look-alike code. A rehearsal runs the operations that run in production, over a database in memory
that is thrown away; only the edges are its own: where sign-ups come from, and the phone that texts arrive on.
"""
