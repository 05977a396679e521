"""Rehearsals: the house itself, on a virtual clock and a copy of its data, among simulated people."""
