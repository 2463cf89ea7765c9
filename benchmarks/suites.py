"""Suites of contestants. Each suite prepares its files and lets contestants take turns."""

from collections.abc import Callable, Collection, Mapping

from benchmarks.rounds import Bench

DEPENDENCIES = "import attrs, cattrs.gen, cattrs.preconf.orjson, orjson, sqlite3"
"""What others have made, and whoever records needs."""
FIRST_MEETING = """\
from dialogue_registry import DialogueLaunched, MeetingHeld, Registry, SeriesOpened, Source
registry = Registry.open()
registry.record(
    DialogueLaunched(dialogue="ca-jad", name="Central Asia plus Japan", launched="2004-08"),
    SeriesOpened(series="ca-jad/som", dialogue="ca-jad", name="Senior officials' meeting"),
    MeetingHeld(meeting="ca-jad/som/1", series="ca-jad/som", date="2005-03-04", format="in-person"),
    source=Source("A report", url="https://example.org/report"),
)
"""
"""What a first program pays: the import, a registry in memory, a meeting and what it rests on."""

MODEL, PEER_MODEL, SLOW_MODEL = "registry.db", "eventsourcing.db", "eventsource-py.db"


def single(bench: Bench) -> None:
    """One durable event at a time, in a file that has some already."""
    settings = {"events": bench.size.singles, "meetings": bench.size.events // 40, "before": bench.size.events}
    bench.run("registry.prepare_singles", path=bench.copy(MODEL, "singles.db"), **settings)
    for turn in range(bench.size.rounds):
        contestants = {
            "registry": ("registry", {"path": bench.copy(MODEL, "a.db")}),
            "baseline": ("baseline", {"path": bench.copy(MODEL, "b.db"), "model": bench.path("singles.db")}),
            "eventsourcing": ("peer_eventsourcing", {"path": bench.copy(PEER_MODEL, "c.db")}),
            "eventsource-py": ("peer_eventsource", {"path": bench.copy(SLOW_MODEL, "d.db")}),
        }
        found = bench.run("in_turn.singles", contestants=contestants, **settings)
        for name, result in found.items():
            bench.keep("single", turn, name, result)
    bench.remove("singles.db")


def batches(bench: Bench) -> None:
    """A thousand events a transaction, made before."""
    events, model = bench.size.events, bench.path(MODEL)
    peer = "peer_eventsourcing.record_batches"
    bench.take_turns(
        "batches",
        {
            "registry": lambda _: bench.run("registry.record_batches", path=bench.fresh("a.db"), events=events),
            "baseline": lambda _: bench.run("baseline.record_batches", path=bench.fresh("b.db"), model=model),
            "baseline without foreign keys": lambda _: bench.run(
                "baseline.record_batches", path=bench.fresh("b.db"), model=model, foreign_keys=False
            ),
            "eventsourcing": lambda _: bench.run(peer, path=bench.fresh("c.db"), events=events),
            "eventsourcing and tables by hand": lambda _: bench.run(
                peer, path=bench.fresh("c.db"), events=events, tables=bench.fresh("t.db"), model=model
            ),
            "eventsource-py": lambda _: bench.run(
                "peer_eventsource.record_batches", path=bench.fresh("d.db"), events=bench.size.slow
            ),
        },
    )


def making(bench: Bench) -> None:
    """The same from plain values: typed events are made on the way."""
    events = bench.size.events
    bench.take_turns(
        "making",
        {
            "registry": lambda _: bench.run(
                "registry.make_and_record_batches", path=bench.fresh("a.db"), events=events
            ),
            "eventsourcing": lambda _: bench.run(
                "peer_eventsourcing.make_and_record_batches", path=bench.fresh("c.db"), events=events
            ),
        },
    )


def replay(bench: Bench) -> None:
    """All events again, typed."""
    model = bench.path(MODEL)
    bench.take_turns(
        "replay",
        {
            "registry": lambda _: bench.run("registry.replay", path=model),
            "baseline": lambda _: bench.run("baseline.replay", path=model),
            "baseline unchecked": lambda _: bench.run("baseline.replay_unchecked", path=model),
            "eventsourcing": lambda _: bench.run("peer_eventsourcing.replay", path=bench.path(PEER_MODEL)),
            "eventsource-py": lambda _: bench.run("peer_eventsource.replay", path=bench.path(SLOW_MODEL)),
        },
    )


def rebuild(bench: Bench) -> None:
    """All views again from the log."""
    model = bench.path(MODEL)
    bench.take_turns(
        "rebuild",
        {
            "registry": lambda _: bench.run("registry.rebuild", path=bench.copy(MODEL, "a.db")),
            "baseline": lambda _: bench.run("baseline.rebuild", path=bench.fresh("b.db"), model=model),
            "eventsourcing and tables by hand": lambda _: bench.run(
                "peer_eventsourcing.rebuild", path=bench.path(PEER_MODEL), tables=bench.fresh("t.db"), model=model
            ),
        },
    )


def verify(bench: Bench) -> None:
    """The chain alone, and the views too."""
    model = bench.path(MODEL)
    bench.take_turns(
        "verify",
        {
            "registry, chain only": lambda _: bench.run("registry.verify_chain", path=model),
            "baseline": lambda _: bench.run("baseline.verify_chain", path=model),
            "registry, views too": lambda _: bench.run("registry.verify", path=model),
        },
    )


def amendment(bench: Bench) -> None:
    """One correction in a huge meeting, and by turns in one of ten delegates."""
    settings = {"delegates": bench.size.delegates, "times": 60}
    bench.take_turns(
        "amendment",
        {
            "a delegate": lambda _: bench.run("registry.amend_delegate", path=bench.fresh("a.db"), **settings),
            "the meeting": lambda _: bench.run("registry.amend_meeting", path=bench.fresh("a.db"), **settings),
        },
    )


def importing(bench: Bench) -> None:
    """Import the package; also use it at once, so that what is put off is seen; and what it needs of others."""
    bench.start(FIRST_MEETING)  # compiles
    bench.take_turns(
        "import",
        {
            "registry": lambda _: bench.start("import dialogue_registry"),
            "registry, a meeting recorded": lambda _: bench.start(FIRST_MEETING),
            "dependencies": lambda _: bench.start(DEPENDENCIES),
            "eventsourcing": lambda _: bench.start("import eventsourcing.application, eventsourcing.sqlite"),
        },
    )


def shared(bench: Bench) -> None:
    """A log on a PostgreSQL server, and the views in a local file."""
    from benchmarks.server import databases  # noqa: PLC0415 - all other suites run without

    events, model = bench.size.events, bench.path(MODEL)
    settings = {"events": bench.size.singles, "meetings": events // 40, "before": events}
    with databases(bench.folder) as new:
        logs = {"registry": new(), "eventsourcing": new()}
        bench.run("shared.prepare", address=logs["registry"], model=model)
        bench.run("peer_shared.record_batches", address=logs["eventsourcing"], events=events)
        bench.take_turns(
            "shared: replay",
            {
                "registry": lambda _: bench.run("shared.replay", address=logs["registry"]),
                "eventsourcing": lambda _: bench.run("peer_shared.replay", address=logs["eventsourcing"]),
                "registry, into new views": lambda _: bench.run(
                    "shared.catch_up", address=logs["registry"], path=bench.fresh("a.db")
                ),
            },
        )
        bench.take_turns(
            "shared: batches",
            {
                "registry": lambda _: bench.run(
                    "shared.record_batches", address=new(), path=bench.fresh("a.db"), events=events
                ),
                "registry, views in memory": lambda _: bench.run("shared.record_batches", address=new(), events=events),
                "eventsourcing": lambda _: bench.run("peer_shared.record_batches", address=new(), events=events),
                "registry, copied": lambda _: bench.run("shared.import_log", address=new(), model=model),
            },
        )
        for turn in range(bench.size.rounds):
            addresses = {"registry": new(), "eventsourcing": new()}
            bench.run("shared.prepare", address=addresses["registry"], model=model)
            bench.run("peer_shared.record_batches", address=addresses["eventsourcing"], events=events)
            contestants = {
                "registry": ("shared", {"address": addresses["registry"], "path": bench.copy(MODEL, "a.db")}),
                "eventsourcing": ("peer_shared", {"address": addresses["eventsourcing"]}),
            }
            for name, result in bench.run("in_turn.singles", contestants=contestants, **settings).items():
                bench.keep("shared: single", turn, name, result)
        follower = {"address": logs["registry"], "path": bench.copy(MODEL, "a.db"), "meetings": 1, "events": 200}
        bench.keep("shared: follow", 0, "registry", bench.run("shared.follow_lag", **follower))


def sweep(bench: Bench) -> None:
    """Growing files of meetings: rates, memory, and questions that should not grow."""
    for meetings in bench.size.sweep:
        name = f"sweep-{meetings}.db"
        path = bench.fresh(name)
        for what, piece, settings in (
            ("record", "grow", {"meetings": meetings}),
            ("opening", "opening", {}),
            ("counts", "counts", {}),
            ("at", "at", {}),
            ("replay", "replay", {}),
            ("verify, chain only", "verify_chain", {}),
            ("verify, views too", "verify", {}),
            ("rebuild", "rebuild", {}),
        ):
            contestant = {f"{meetings}": _piece(bench, f"registry.{piece}", path, settings)}
            bench.take_turns(f"sweep: {what}", contestant, rounds=1)
        bench.take_turns(
            "sweep: opening, plain", {f"{meetings}": _piece(bench, "baseline.opening", path, {})}, rounds=1
        )
        bench.remove(name)


def _piece(bench: Bench, piece: str, path: str, settings: Mapping[str, int]) -> Callable[[int], dict[str, object]]:
    return lambda _: bench.run(piece, path=path, **settings)


SUITES: Mapping[str, Callable[[Bench], None]] = {
    "single": single,
    "batches": batches,
    "making": making,
    "replay": replay,
    "rebuild": rebuild,
    "verify": verify,
    "amendment": amendment,
    "import": importing,
    "shared": shared,
    "sweep": sweep,
}
OF_ONE_PROCESS = ("single", "batches", "making", "replay", "rebuild", "verify", "amendment")
"""The suites of which a single process does all the work, and none looks at its memory."""
_FILES = {"single", "batches", "making", "replay", "rebuild", "verify", "shared"}
"""The suites that read the files prepared here."""


def run(bench: Bench, only: Collection[str]) -> None:
    """Prepare the files that are read, then run the suites."""
    names = [name for name in SUITES if not only or name in only]
    if _FILES.intersection(names):
        bench.say("preparing files")
        bench.run("registry.prepare", path=bench.path(MODEL), events=bench.size.events)
        bench.run("peer_eventsourcing.prepare", path=bench.path(PEER_MODEL), events=bench.size.events)
        bench.run("peer_eventsource.prepare", path=bench.path(SLOW_MODEL), events=bench.size.slow)
    for name in names:
        SUITES[name](bench)
