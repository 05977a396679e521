"""Produce 农产品: what people grow or make, left by voice or text, heard by buyers, matched by a counselor. Item 11."""
