"""Briefs: what is known of a dialogue, series or meeting on a few pages, each line with its sources."""
