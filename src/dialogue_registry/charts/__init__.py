"""Pictures of a registry, for reports and notebooks (extra ``charts``): a timeline, and counts.

They fill the width of an A4 page, and are legible in grey. Where there are so many series that
a picture would be higher than the page, draw one dialogue at a time. The same registry gives
the same picture::

    from dialogue_registry import Registry, charts

    with Registry.open("ca-jad.db", read_only=True) as registry:
        charts.save(charts.timeline(registry), "timeline.svg")
"""

from dialogue_registry.charts.timeline import counts, draw, save, timeline

__all__ = ["counts", "draw", "save", "timeline"]
