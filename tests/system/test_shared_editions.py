"""A table is imported, its next edition taken over, and both undone, on a log that many share."""

from dialogue_registry import Registry, import_table, plan_edition
from tests.paths import ROOT
from tests.system.servers import Server

DATA = ROOT / "examples" / "data"


def test_a_shared_registry_takes_editions_over_and_undoes_them_as_a_file_does(server: Server) -> None:
    address = server.new_log()
    with Registry.open() as file, Registry.open(address) as one, Registry.open(address) as other:
        for registry in (file, one):
            import_table(registry, DATA / "visits-1.csv", DATA / "visits.toml", by="clerk")
            plan = plan_edition(registry, DATA / "visits-2.csv", DATA / "visits.toml", withdraw=True)
            plan.apply(registry, reason="second edition", by="clerk")
        other.catch_up()
        assert other.meetings() == one.meetings() == file.meetings()
        assert [(e.number, e.table, e.facts, e.first) for e in other.imports()] == [
            (e.number, e.table, e.facts, e.first) for e in file.imports()
        ]
        other.undo(other.imports()[1], reason="the wrong file")
        one.catch_up()
        file.undo(file.imports()[1], reason="the wrong file")
        assert one.meetings() == file.meetings()
        one.verify()
