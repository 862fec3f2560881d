#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets: `python3 fuzz/make_seeds.py`. One idea a file, named after it."""

import base64
import json
import pathlib
import struct

HERE = pathlib.Path(__file__).parent / "seeds"
PCM = base64.b64encode(struct.pack("<4h", 0, -1, 32767, -32768)).decode()
PROTOTYPE = {"timestamp": "2021-04-16T09:40:06.546601", "raw_data": PCM}
OURS = PROTOTYPE | {
    "utc_offset": "+09:00",
    "device": "attic",
    "run": "2021-04-16T09:00:00.000000",
    "seq": 9626,
    "first_sample": 19252372,
    "rate": 8000,
}
GAP = OURS | {"raw_data": "", "gap_samples": 2000, "reason": "overrun"}


def record(flags, device, reason, pcm):
    """The fields; the fuzz target mends length and checksums."""
    head = struct.pack("<4sBBBBII", b"\xf5SLR", 1, flags, len(device), len(reason), 0, 8000)
    head += struct.pack("<qqQQQhHI", 1618566006546601, 1618563600000000, 9626, 19252372, 2000, 540, 0, 0)
    return head + pcm + device + reason + bytes(4)


SEEDS = {
    "line/prototype": json.dumps(PROTOTYPE),
    "line/ours": json.dumps(OURS) + "\n",
    "line/gap": json.dumps(GAP),
    "line/compact": json.dumps(OURS, separators=(",", ":")),
    "line/other_order": json.dumps(dict(reversed(GAP.items()))),
    "line/escapes": '{"timest\\u0061mp": "2021-04-16 09:40:06", "raw_data": "AA\\/\\u002f\\n", "device": "\\"\\\\\\ud83c\\udfa4"}',
    "line/unknown_nested": json.dumps({"a": [{"b": [None, -1.5e3, True]}, ""]} | PROTOTYPE),
    "record/samples": record(0b0111111, b"attic", b"", struct.pack("<4h", 0, -1, 32767, -32768)),
    "record/gap": record(0b1111111, b"attic", b"overrun", b""),
    "record/bare": record(0, b"", b"", b"\0\0"),
    "splitter/lines": b"\x03" + (json.dumps(PROTOTYPE) + "\n\r\n" + json.dumps(OURS)).encode(),
    "splitter/records": b"\x07####\xf5SLR##",
    "splitter/mixed": b'\x05#{"timestamp": ""}\n#x\n\xf5##{"a": 1}\n\n{"b": 1}\n#',
    "splitter/too_long": b"\x40" + b"x" * 300 + b"\n#" + b"y" * 255 + b"\n",
}

for name, seed in SEEDS.items():
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(seed.encode() if isinstance(seed, str) else seed)
