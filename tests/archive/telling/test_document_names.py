import pytest

from toolkit.archive.telling.document_names import (
    INDEX,
    TABLES,
    is_document,
    page_name,
    page_number,
)


@pytest.mark.parametrize("path", [INDEX, *TABLES, "report-12.html", "report/box/a.wav.html"])
def test_documents_are_known_by_their_names(path):
    assert is_document(path)


@pytest.mark.parametrize(
    "path", ["report-my.html", "report.html.bak", "box/report.csv", "reports/a.html", "a.wav"]
)
def test_what_somebody_put_there_is_no_document(path):
    assert not is_document(path)


def test_pages_are_counted_from_one():
    assert [page_number(page_name(number)) for number in range(1, 13)] == list(range(1, 13))
