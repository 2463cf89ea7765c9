"""Web applications with the real frameworks: a registry for each request, or one for all, on any threads."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from flask import Flask, g

from dialogue_registry import DialogueLaunched, MeetingHeld, Registry, SeriesOpened, UnknownSubjectError, to_dict

REQUESTS = 60


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "web.db"
    with Registry.open(path) as registry:
        registry.record(
            DialogueLaunched(dialogue="web", name="Web Dialogue", launched="2018"),
            SeriesOpened(series="web/s", dialogue="web", name="Sessions"),
        )
    return path


def held(number: int) -> MeetingHeld:
    return MeetingHeld(meeting=f"web/s/{number}", series="web/s", date="2019")


def answered(app: FastAPI, path: Path) -> None:
    """Send sixty requests at once, each of which records a meeting and counts; all of them must succeed."""

    async def main() -> list[httpx.Response]:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry", timeout=120) as client,
        ):
            return await asyncio.gather(*(client.post(f"/meetings/{number}") for number in range(REQUESTS)))

    responses = asyncio.run(main())
    assert Counter(response.status_code for response in responses) == {200: REQUESTS}
    assert all(response.json()["total"]["certain"] > 0 for response in responses)
    with Registry.open(path) as registry:
        assert registry.count("web/s").total == REQUESTS
        assert registry.verify().position == REQUESTS + 2


def test_fastapi_opens_a_registry_for_each_request(path: Path) -> None:
    app = FastAPI()

    def opened() -> Iterator[Registry]:
        with Registry.open(path) as registry:
            yield registry

    @app.post("/meetings/{number}")
    def record(number: int, registry: Annotated[Registry, Depends(opened)]) -> dict[str, Any]:
        registry.record(held(number))
        return to_dict(registry.count("web/s"))

    answered(app, path)


def test_fastapi_shares_one_registry_among_all_requests(path: Path) -> None:
    shared: list[Registry] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with Registry.open(path) as registry:
            shared.append(registry)
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/meetings/{number}")
    def record(number: int) -> dict[str, Any]:
        (registry,) = shared
        with registry.recording(by=f"request {number}"):
            registry.record(held(number))
        return to_dict(registry.count("web/s"))

    answered(app, path)
    with Registry.open(path) as registry:
        assert {event.by for event in registry.events(after=2)} == {f"request {number}" for number in range(REQUESTS)}


def test_fastapi_awaits_a_registry_in_threads(path: Path) -> None:
    with Registry.open(path) as registry:
        app = FastAPI()

        @app.post("/meetings/{number}")
        async def record(number: int) -> dict[str, Any]:
            await asyncio.to_thread(registry.record, held(number))
            return to_dict(await asyncio.to_thread(registry.count, "web/s"))

        answered(app, path)


@pytest.mark.parametrize("shared", [False, True], ids=["one for each request", "one for all"])
def test_flask_answers_on_many_threads(path: Path, *, shared: bool) -> None:
    app = Flask("registry")
    common = Registry.open(path)

    def registry() -> Registry:
        if shared:
            return common
        if "registry" not in g:
            g.registry = Registry.open(path)
        own: Registry = g.registry
        return own

    @app.teardown_appcontext
    def close(_: BaseException | None) -> None:
        if "registry" in g:
            g.registry.close()

    @app.errorhandler(UnknownSubjectError)
    def missing(error: UnknownSubjectError) -> tuple[dict[str, str], int]:
        return {"error": str(error)}, 404

    @app.post("/meetings/<int:number>")
    def record(number: int) -> dict[str, Any]:
        registry().record(held(number))
        return to_dict(registry().count("web/s"))

    @app.get("/counts/<path:series>")
    def count(series: str) -> dict[str, Any]:
        return to_dict(registry().count(series))

    with ThreadPoolExecutor(8) as pool:
        statuses = pool.map(lambda number: app.test_client().post(f"/meetings/{number}").status_code, range(REQUESTS))
        assert Counter(statuses) == {200: REQUESTS}
    answer = app.test_client().get("/counts/web/s")
    assert answer.get_json()["total"] == {"certain": REQUESTS, "possible": REQUESTS}
    missing_one = app.test_client().get("/counts/web/t")
    assert (missing_one.status_code, "did you mean 'web/s'" in missing_one.get_json()["error"]) == (404, True)
    common.close()
