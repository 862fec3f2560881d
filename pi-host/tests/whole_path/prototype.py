"""The prototype's side of the format, written after its description with nothing but the
standard library, so that its JSON, its clock and its base64 are really Python's."""

import array
import base64
import datetime
import json
import random
import sys
import wave

TIME = "%Y-%m-%dT%H:%M:%S.%f"
RATE = 8000


def decoded(line):
    """One line's local time and its samples."""
    message = json.loads(line)
    time = datetime.datetime.strptime(message["timestamp"], TIME)
    return time, array.array("h", base64.b64decode(message["raw_data"]))


def write(start, samples_a_line, seed):
    """PCM on standard input becomes the lines that the capture script sent: a naive local time,
    taken when the chunk was full and a little late each time."""
    jitter = random.Random(int(seed))
    pcm = array.array("h", sys.stdin.buffer.read())
    count = int(samples_a_line)
    for first in range(0, len(pcm), count):
        late = datetime.timedelta(seconds=first / RATE, microseconds=jitter.randrange(9000))
        message = {
            "timestamp": (datetime.datetime.strptime(start, TIME) + late).strftime(TIME),
            "raw_data": base64.b64encode(pcm[first : first + count].tobytes()).decode(),
        }
        print(json.dumps(message))


def level():
    """The function behind the stream: the largest sample, as np.max gave it."""
    for line in sys.stdin:
        time, samples = decoded(line)
        print(json.dumps({"timestamp": time.strftime(TIME), "level": max(samples)}))


def compat():
    """Reads lines that claim to be the prototype's and gives their PCM back."""
    for line in sys.stdin:
        assert list(json.loads(line)) == ["timestamp", "raw_data"], line[:80]
        sys.stdout.buffer.write(decoded(line)[1].tobytes())


def wav(start, seconds, output, *objects):
    """The function that built a WAV: every line whose time is in the period, joined."""
    begin = datetime.datetime.strptime(start, TIME)
    end = begin + datetime.timedelta(seconds=float(seconds))
    lines = [decoded(line) for name in sorted(objects) for line in open(name)]
    with wave.open(output, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        for time, samples in lines:
            if begin <= time < end:
                file.writeframes(samples.tobytes())


if __name__ == "__main__":
    assert sys.byteorder == "little", "array('h') has the machine's byte order"
    {"write": write, "level": level, "compat": compat, "wav": wav}[sys.argv[1]](*sys.argv[2:])
