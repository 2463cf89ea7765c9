"""Exported events are read by the CNCF's own reader of CloudEvents."""

import json

from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given

from dialogue_registry.testing import histories
from tests.unit.log.test_cloudevents import lines_of


@given(histories(min_moves=1))
def test_the_sdk_of_the_cncf_reads_every_line(moves) -> None:
    for line in lines_of(moves):
        event = JSONFormat().read(CloudEvent, line)
        expected = json.loads(line)
        assert event.get_specversion() == "1.0"
        assert event.get_type() == expected["type"]
        assert event.get_subject() == expected.get("subject")
        assert event.get_data() == expected["data"]
        again = json.loads(JSONFormat().write(event))
        assert {k: v for k, v in again.items() if k != "time"} == {k: v for k, v in expected.items() if k != "time"}
