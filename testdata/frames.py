#!/usr/bin/env python3
"""Writes the golden lines and records: `python3 testdata/frames.py`.

Nothing of Soundline's takes part: lines are Python's `json.dumps` and `b64encode`, as the prototype
wrote them; records are packed from the table in dsp-core/src/frame/record.rs; the CRC-32C is computed
bit by bit. Sample n is (31 n^2 + 7 n) mod 65536, as a signed 16-bit number.
"""

import base64
import json
import pathlib
import struct
from datetime import datetime, timezone

HERE = pathlib.Path(__file__).parent
SAMPLES = [((31 * n * n + 7 * n) + 32768) % 65536 - 32768 for n in range(2000)]
PCM = struct.pack("<2000h", *SAMPLES)
TIME = "2021-04-16T09:40:06.546601"
RUN = "2021-04-16T09:00:00.000000"


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def micros(text):
    time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f") - datetime(1970, 1, 1)
    return (time.days * 86400 + time.seconds) * 10**6 + time.microseconds


def record(flags, *, device=b"", reason=b"", rate=0, run=0, seq=0, first_sample=0, gap_samples=0, offset=0, pcm=b""):
    length = 64 + len(pcm) + len(device) + len(reason) + 4
    head = struct.pack("<4sBBBBII", b"\xf5SLR", 1, flags, len(device), len(reason), length, rate)
    head += struct.pack("<qqQQQhH", micros(TIME), run, seq, first_sample, gap_samples, offset, 0)
    body = pcm + device + reason
    return head + struct.pack("<I", crc32c(head)) + body + struct.pack("<I", crc32c(head + body))


prototype = {"timestamp": TIME, "raw_data": base64.b64encode(PCM).decode()}
place = {"utc_offset": "+09:00", "device": "attic", "run": RUN, "seq": 9626, "first_sample": 19252372, "rate": 8000}
lost = {"gap_samples": 2**64 - 1, "reason": "overrun"}
fields = dict(device=b"attic", rate=8000, run=micros(RUN), seq=9626, first_sample=19252372, offset=540)
seconds = datetime.strptime(TIME, "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=timezone.utc).timestamp()

FILES = {
    "line-prototype.json": json.dumps(prototype) + "\n",
    "line-all-keys.json": json.dumps(prototype | place) + "\n",
    "line-gap.json": json.dumps({"timestamp": TIME, "raw_data": ""} | place | lost) + "\n",
    "record-time-only.bin": record(0, pcm=PCM),
    "record-all-fields.bin": record(0b0111111, pcm=PCM, **fields),
    "record-gap.bin": record(0b1111111, gap_samples=2**64 - 1, reason=b"overrun", **fields),
    "prototype-seconds-and-pcm.bin": struct.pack("<d", seconds) + PCM,
}

for name, content in FILES.items():
    (HERE / name).write_bytes(content.encode() if isinstance(content, str) else content)
