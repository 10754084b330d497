import csv
import struct

import numpy as np

from toolkit.archive.merged import files_of
from toolkit.archive.places import FolderOutput
from toolkit.archive.telling import tables

HISTORY = b"A=ANALOGUE,M=mono,T=78\r\n"


def chunk(id, payload):
    return id + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def broadcast_wave():
    texts = ((b"=Side A", 256), (b"Studio", 32), (b"REF1", 32), (b"1951-02-03", 10))
    fixed = b"".join(text.ljust(size, b"\0") for text, size in texts) + b"11:22:33"
    bext = fixed + struct.pack("<QH", 12345, 1) + bytes(254) + HISTORY
    samples = (1000 * np.random.default_rng(0).standard_normal(1000)).astype("<i2")
    body = b"WAVE" + b"".join(
        (
            chunk(b"bext", bext),
            chunk(b"LIST", b"INFO" + chunk(b"INAM", b"Stars")),
            chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)),
            chunk(b"data", samples.tobytes()),
        )
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_broadcast_fields_reach_the_table(tmp_path, restore_folder):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.wav").write_bytes(broadcast_wave())
    (tmp_path / "in" / "b.wav").write_bytes(broadcast_wave().replace(b"bext", b"bexx"))
    made = restore_folder(tmp_path / "in", tmp_path / "out")
    tables.write_report(made.state, tmp_path / "report.csv", files_of(FolderOutput(made.out)))
    with (tmp_path / "report.csv").open(encoding="utf-8", newline="") as file:
        row, plain = csv.DictReader(file)
    assert row["bext_version"] == "1"
    assert row["bext_description"] == "'=Side A"
    assert row["bext_originator"] == "Studio"
    assert row["bext_originator_reference"] == "REF1"
    assert (row["bext_origination_date"], row["bext_origination_time"]) == (
        "1951-02-03",
        "11:22:33",
    )
    assert row["bext_time_reference"] == "12345"
    assert row["bext_coding_history"] == HISTORY.decode().strip()
    assert row["tag_title"] == plain["tag_title"] == "Stars"
    assert not any(value for name, value in plain.items() if name.startswith("bext_"))
