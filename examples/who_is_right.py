"""Hold every official count of the “Central Asia plus Japan” Dialogue against its meetings, and say what comes of it.

    python examples/who_is_right.py

Eight communiqués and announcements up to June 2021 state thirty counts. Nothing is kept:
the registry lives in memory.
"""

from collections.abc import Iterable, Iterator

from central_asia_plus_japan import load

from dialogue_registry import Finding, Registry, Verdict


def main() -> None:
    """Print the reconciliation, who stated what, and what to make of it."""
    with Registry.open() as registry:
        registry.record_all(load())
        findings = registry.reconcile()
        names = {series.series: series.name for series in registry.series()}

    print(findings)

    print("\nStated by\n")
    for day, finding in {str(finding.statement.as_of): finding for finding in findings}.items():
        for source in finding.sources:
            print(f"{day}  {source.publisher or source.title}  {source.url}")

    print("\nReading\n")
    for line in reading(findings, names):
        print(f"- {line}")


def reading(findings: Iterable[Finding], names: dict[str, str]) -> Iterator[str]:
    """Sum the findings up, and say a sentence on each that is not plain."""
    told = list(findings)
    plain = [f for f in told if f.by_rule["held"] is Verdict.AGREES]
    yield f"{len(plain)} of {len(told)} counts agree with the meetings held, taken plainly."
    for finding in told:
        statement, which = finding.statement, ", ".join(finding.meetings)
        what = f"{names[statement.series]}, {statement.count} as of {statement.as_of}"
        if finding.verdict is Verdict.DISAGREES:
            yield f"{what}: no rule gives it; off by {finding.difference:+d}."
        elif finding.verdict is Verdict.WITHIN:
            yield f"{what}: {finding.recorded} are recorded, since nobody knows on which day {which} was held."
        elif finding.own == "excluded":
            yield f"{what}: leaves out {which}, the very meeting it reports; {finding.recorded} had been held."
        elif finding.own == "included":
            yield f"{what}: counts in {which}, the very meeting it reports."
        elif finding.by_rule["numbered"] is Verdict.DISAGREES:
            yield f"{what}: held and numbered part here, over {which}, which was held and never got a number."
    if not [finding for finding in told if finding.verdict is Verdict.DISAGREES]:
        yield "Nobody is wrong: every count is right by a rule of its own."


if __name__ == "__main__":
    main()
