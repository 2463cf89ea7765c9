"""Record a wrong fact, correct it, and ask two questions: as it is known now, and as it was known before.

    python examples/what_did_we_know.py

An embassy dated the fourth Foreign Ministers' Meeting by the visit that it belonged to.
Every answer has two times: the day in the world up to which meetings count, and the instant
of recording up to which the log is read. The registry is in memory, and nothing is kept.
"""

from dialogue_registry import DialogueLaunched, MeetingHeld, Registry, SeriesOpened, Source

FM = "ca-jad/fm"
EMBASSY = Source("Kazakhstan – Japan", url="https://kazembro.kz/?p=1248&lang=en", kind="report")
MINISTRY = Source("Foreign Ministers' Meeting", url="https://www.mofa.go.jp/mofaj/area/europe/caj/gaisho_12/gaiyo.html")


def fourth(date: str) -> MeetingHeld:
    """Return the fourth Foreign Ministers' Meeting, held on that day."""
    return MeetingHeld(meeting=f"{FM}/4", series=FM, date=date, ordinal=4, place="Tokyo", country="JPN")


def main() -> None:
    """Record, report, correct, and ask."""
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="ca-jad", name="“Central Asia plus Japan” Dialogue", launched="2004-08-28"),
            SeriesOpened(series=FM, dialogue="ca-jad", name="Foreign Ministers' Meeting"),
        )
        (wrong,) = registry.record(fourth("2012-11-09"), source=EMBASSY, by="Aliya")
        reported = registry.position  # a report is handed in today: note the position of the log, or the instant

        correction = registry.correct(
            wrong.id,
            fourth("2012-11-10"),
            reason="the ministers met on the 10th; on the 9th they were received",
            source=MINISTRY,
            by="Jun",
        )

        print("Foreign Ministers' Meetings recorded\n")
        print("as of       as reported  as known now")
        with registry.at(position=reported) as then:
            for day in ("2012-11-08", "2012-11-09", "2012-11-10"):
                known_then, known_now = (r.counts(as_of=day)[FM].total for r in (then, registry))
                print(f"{day}  {known_then!s:>11}  {known_now!s:>12}")

        print("\nThe day of the fourth\n")
        for name, instant in (("as reported", wrong.recorded_at), ("as known now", correction.recorded_at)):
            with registry.at(instant=instant) as then:
                (meeting,) = then.meetings(meeting=f"{FM}/4")
            print(f"{name + ':':14}{meeting.date}  ({meeting.sources[0].url})")

        print("\nWhat happened\n")
        for step in registry.history(f"{FM}/4"):
            date = getattr(step.fact, "date", None)
            print(f"{step.position}  {step.what:9}  {step.by:5}  {date}  {step.reason}".rstrip())


if __name__ == "__main__":
    main()
