"""Compare every official count of the “Central Asia plus Japan” Dialogue with its meetings, and explain each.

    python examples/who_is_right.py

Eight communiqués and announcements up to June 2021 state thirty counts. The registry is in
memory, and nothing is kept.
"""

from collections.abc import Iterable, Iterator

from central_asia_plus_japan import load

from dialogue_registry import Finding, Registry, Verdict


def main() -> None:
    """Print the reconciliation, the sources of the statements, and how to read it."""
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
    """Yield a summary of the findings, and a sentence on each that needs one."""
    findings = list(findings)
    plain = [f for f in findings if f.by_rule["held"] is Verdict.AGREES]
    yield f"{len(plain)} of {len(findings)} counts agree with the meetings held, taken plainly."
    for finding in findings:
        statement, which = finding.statement, ", ".join(finding.meetings)
        label = f"{names[statement.counted]}, {statement.count} as of {statement.as_of}"
        if finding.verdict is Verdict.DISAGREES:
            yield f"{label}: no rule gives it; off by {finding.difference:+d}."
        elif finding.verdict is Verdict.WITHIN:
            yield f"{label}: {finding.recorded} are recorded, since nobody knows on which day {which} was held."
        elif finding.own == "excluded":
            yield f"{label}: leaves out {which}, the very meeting it reports; {finding.recorded} had been held."
        elif finding.own == "included":
            yield f"{label}: counts in {which}, the very meeting it reports."
        elif finding.by_rule["numbered"] is Verdict.DISAGREES:
            yield f"{label}: held and numbered part here, over {which}, which was held and never got a number."
    if not [finding for finding in findings if finding.verdict is Verdict.DISAGREES]:
        yield "Nobody is wrong: every count is right by a rule of its own."


if __name__ == "__main__":
    main()
