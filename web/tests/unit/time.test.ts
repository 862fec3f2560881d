import { describe, expect, it } from 'vitest';
import {
  clockText, dateTimeText, durationText, localInputValue, parseLocalInput, parseTimestamp, toUtcText, zoneText,
} from '../../src/core/time';

// The zone of these tests is Europe/Berlin (vitest.config.ts): it has both an offset and summer time.
describe('time stamps of lines', () => {
  it.each([
    ['2021-04-16T09:40:06.546601', undefined, Date.UTC(2021, 3, 16, 9, 40, 6) + 546.601],
    ['2021-04-16T09:40:06', undefined, Date.UTC(2021, 3, 16, 9, 40, 6)],
    ['2021-04-16T09:40:06.5Z', undefined, Date.UTC(2021, 3, 16, 9, 40, 6, 500)],
    ['2021-04-16T09:40:06+09:00', undefined, Date.UTC(2021, 3, 16, 0, 40, 6)],
    ['2021-04-16T09:40:06', '+09:00', Date.UTC(2021, 3, 16, 0, 40, 6)],
    ['2021-04-16 09:40:06', '-03:30', Date.UTC(2021, 3, 16, 13, 10, 6)],
    ['2024-02-29T00:00:00', undefined, Date.UTC(2024, 1, 29)],
  ])('reads %s (offset %s)', (text, offset, expected) => {
    expect(parseTimestamp(text, offset)).toBeCloseTo(expected, 3);
  });

  it.each([
    '', 'now', '2021-04-16', '2021-02-30T00:00:00', '2023-02-29T00:00:00', '2021-13-01T00:00:00',
    '2021-04-16T24:00:00', '2021-04-16T09:60:00', '2021-04-16T09:40:06.', '2021-04-16T09:40:06 ', '1e9',
  ])('refuses %j', (text) => {
    expect(parseTimestamp(text)).toBeNaN();
  });

  it('refuses an offset that is none', () => {
    expect(parseTimestamp('2021-04-16T09:40:06', 'Berlin')).toBeNaN();
  });
});

describe('times for people', () => {
  const winterMs = Date.UTC(2026, 0, 31, 13, 3, 7);

  it('are on the clock of the viewer', () => {
    expect(clockText(winterMs)).toBe('14:03:07');
    expect(dateTimeText(winterMs)).toBe('2026-01-31 14:03:07');
    expect(zoneText(winterMs)).toBe('Europe/Berlin, UTC+01:00');
    expect(zoneText(Date.UTC(2026, 6, 1))).toBe('Europe/Berlin, UTC+02:00');
  });

  it('go to the server in UTC', () => {
    expect(toUtcText(winterMs)).toBe('2026-01-31T13:03:07Z');
    expect(toUtcText(winterMs + 250)).toBe('2026-01-31T13:03:07.250Z');
  });

  it('come back from the input as they went in, in winter and in summer', () => {
    for (const timeMs of [winterMs, Date.UTC(2026, 6, 1, 23, 30, 0)]) {
      expect(parseLocalInput(localInputValue(timeMs))).toBe(timeMs);
    }
    // A browser leaves the seconds out when they are 0.
    expect(parseLocalInput('2026-01-31T14:03')).toBe(Date.UTC(2026, 0, 31, 13, 3));
  });

  it.each(['', '14:03', '2026-01-31', '2026-99-31T14:03', 'soon'])('takes %j for no time', (value) => {
    expect(parseLocalInput(value)).toBeNaN();
  });

  it.each([
    [250, '0.25 s'], [3_250, '3.25 s'], [30_000, '30 s'], [12_345, '12.3 s'], [60_000, '1 min'],
    [185_000, '3 min 5 s'], [3_599_600, '1 h'], [7_800_000, '2 h 10 min'],
  ])('says %d ms as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
