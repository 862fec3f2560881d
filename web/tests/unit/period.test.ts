import { describe, expect, it } from 'vitest';
import {
  devicesOffered, lastPeriod, lengthParts, readPeriod, sizeText, wavFacts, wavFileName, wavQuery, wavReport,
} from '../../src/core/period';

const START_MS = Date.UTC(2026, 0, 31, 13, 3, 7);
const PERIOD = { startMs: START_MS, seconds: 50, device: null };

describe('the form', () => {
  it('reads local time and any unit', () => {
    expect(readPeriod('2026-01-31T14:03:07', '50', 's', null)).toEqual(PERIOD);
    expect(readPeriod('2026-01-31T14:03', ' 1.5 ', 'min', 'attic')).toEqual({
      startMs: START_MS - 7000, seconds: 90, device: 'attic',
    });
    expect(readPeriod('2026-01-31T14:03:07', '0,5', 'h', null)).toMatchObject({ seconds: 1800 });
  });

  it.each([
    ['', '50', 'start'], ['tomorrow', '50', 'start'], ['2026-01-31T14:03', '', 'length'],
    ['2026-01-31T14:03', '0', 'length'], ['2026-01-31T14:03', '-5', 'length'], ['2026-01-31T14:03', 'long', 'length'],
    ['2026-01-31T14:03', '1e999', 'length'],
  ])('refuses start %j with length %j, and names the field', (start, length, field) => {
    expect(readPeriod(start, length, 's', null)).toMatchObject({ field, sentence: expect.stringMatching(/\.$/) });
  });

  it('reaches back from the newest sound', () => {
    expect(lastPeriod(START_MS + 750, 30, null)).toEqual({ startMs: START_MS - 30_000, seconds: 30, device: null });
  });

  it.each([[30, 30, 's'], [90, 90, 's'], [300, 5, 'min'], [7200, 2, 'h'], [0.5, 0.5, 's']])(
    'shows %d s as %d %s', (seconds, value, unit) => expect(lengthParts(seconds)).toEqual({ value, unit }));
});

describe('the request', () => {
  it('is in UTC, and names a device only when one was chosen', () => {
    expect(wavQuery(PERIOD)).toBe('start=2026-01-31T13%3A03%3A07Z&seconds=50');
    expect(new URLSearchParams(wavQuery({ ...PERIOD, device: 'a&b=ü' })).get('device')).toBe('a&b=ü');
  });

  it('names the file so that any system takes it', () => {
    expect(wavFileName(PERIOD)).toBe('soundline-20260131T130307Z-50s.wav');
    expect(wavFileName({ ...PERIOD, seconds: 0.5, device: '../Attic: "north"/é' }))
      .toBe('soundline-Attic-north-e-20260131T130307Z-0_5s.wav');
  });
});

describe('the answer', () => {
  const headers = (values: Record<string, string>) => (name: string) => values[name] ?? null;

  it('tells what is silence in the file', () => {
    const facts = wavFacts(headers({
      'Soundline-Samples': '400000', 'Soundline-Gap-Samples': '26000', 'Soundline-Bad-Lines': '2',
    }));
    expect(wavReport(PERIOD, facts)).toBe(
      '3.25 s of 50 s was not captured and is silence in the file. 2 damaged lines were skipped in the archive.');
  });

  it('tells completeness only when the server did', () => {
    expect(wavReport(PERIOD, { samples: 400_000, gapSamples: 0, badLines: 0 })).toBe('Complete: nothing is missing.');
    expect(wavReport(PERIOD, wavFacts(headers({ 'Soundline-Samples': 'many' })))).toBe('');
  });

  it.each([[44, '1 kB'], [960_044, '960 kB'], [57_600_044, '57.6 MB'], [1_382_400_044, '1.38 GB']])(
    'says %d bytes as %s', (bytes, text) => expect(sizeText(bytes)).toBe(text));
});

describe('the devices that an answer offers', () => {
  it.each([
    ['the period holds sound of several devices; choose one of: attic, old attic', ['attic', 'old attic']],
    ['no sound of the device "a" from 1 to 2; there is sound of: cellar', ['cellar']],
    ['choose one of: "" (no name), pi and perhaps others', ['pi']],
    ['no sound in the archive', []],
  ])('are those of %j', (answer, names) => expect(devicesOffered(answer)).toEqual(names));

  it('are bounded', () => {
    const names = Array.from({ length: 40 }, (_, index) => `pi-${index}`);
    expect(devicesOffered(`choose one of: ${names.join(', ')}`)).toEqual(names.slice(0, 16));
  });
});
