import { describe, expect, it } from 'vitest';
import type { Status } from '../../src/core/protocol';
import {
  archiveWords, asSentence, clipText, connectionWords, curveText, deviceTitle, levelText, meterValueText, sourceWords,
  spokenLevel,
} from '../../src/core/words';
import { levelAt, T0 } from './entries';

const STATUS: Status = {
  kind: 'status', device: 'pi', capture: 'running', source: '', detail: '', archive: 'ok', archiveDetail: '',
  rateHz: 8000, version: '',
};

describe('levels in words', () => {
  it.each([[-12.345, '−12.3'], [0, '0.0'], [-0.04, '0.0'], [-Infinity, '−∞'], [-100, '−100.0']])(
    'writes %d as %s', (level, text) => expect(levelText(level)).toBe(text));

  it.each([[-12.345, 'minus 12.3 dBFS'], [-0.04, '0.0 dBFS'], [-Infinity, 'silence']])(
    'says %d as %s', (level, text) => expect(spokenLevel(level)).toBe(text));

  it('gives the gauge one sentence', () => {
    expect(meterValueText(levelAt(0))).toBe('RMS minus 20.0 dBFS, peak minus 17.0 dBFS, loud');
    expect(meterValueText(levelAt(0, { peakDbfs: 0, rmsDbfs: -3, clipped: 5 })))
      .toBe('RMS minus 3.0 dBFS, peak 0.0 dBFS, close to clipping, clipping');
  });

  it('names the clip latch', () => {
    expect(clipText(0, NaN)).toBe('No clipping');
    expect(clipText(1, T0)).toBe('1 sample clipped, last at 01:00:00');
    expect(clipText(1234, T0)).toBe('1,234 samples clipped, last at 01:00:00');
  });

  it('tells the curve in one sentence', () => {
    expect(curveText(null, 60_000)).toBe('Level, last minute: nothing received yet.');
    expect(curveText({
      rmsMinDbfs: -40, rmsMaxDbfs: -10, peakDbfs: -3, peakAtMs: T0, clippedSamples: 0, missingMs: 3250, missingCount: 1,
    }, 600_000)).toBe('Level, last 10 minutes: RMS between minus 40.0 dBFS and minus 10.0 dBFS; highest peak minus 3.0 dBFS'
      + ' at 01:00:00; 3.25 s missing in 1 stretch; no clipping.');
  });

  it('has a title for a device without a name', () => {
    expect(deviceTitle('')).toBe('Device without a name');
    expect(deviceTitle('attic')).toBe('attic');
  });
});

describe('states in words', () => {
  it.each([['no space left', 'No space left.'], ['Plug it in!', 'Plug it in!'], ['  ', ''], ['über 5 V', 'Über 5 V.'],
    ['tiny/archive is full', 'tiny/archive is full.'], ['hw:CARD=Mic is not there', 'hw:CARD=Mic is not there.'],
    ['a.wav holds no sound', 'a.wav holds no sound.']])(
    'makes a sentence of %j', (text, sentence) => expect(asSentence(text)).toBe(sentence));

  it('counts down to the next try', () => {
    expect(connectionWords({ kind: 'reconnecting', retryAtMs: 5_000 }, 1_800)).toMatchObject({ label: 'Reconnecting', detail: 'in 4 s' });
    expect(connectionWords({ kind: 'reconnecting', retryAtMs: 5_000 }, 5_000)).toMatchObject({ detail: 'now' });
    expect(connectionWords({ kind: 'lost', retryAtMs: 5_000 }, 1_000)).toMatchObject({ label: 'Connection lost', detail: 'next try in 4 s' });
    expect(connectionWords({ kind: 'live' }, 0)).toMatchObject({ label: 'Live' });
  });

  it('tells each state of the source with its sentence', () => {
    const words = (capture: Status['capture'], detail = '') => sourceWords({ ...STATUS, capture, detail }, 100, true);
    expect(words('running')).toMatchObject({ label: 'Running', detail: '' });
    expect(words('waiting', 'Plug it in.')).toMatchObject({ tone: 'bad', label: 'Waiting', detail: 'Plug it in.' });
    expect(words('starting').label).toBe('Starting');
    expect(words('ended').label).toBe('Ended');
    expect(words('failed').label).toBe('Failed');
  });

  it('does not call a source running when nothing comes or nobody knows', () => {
    expect(sourceWords(STATUS, 10_000, true).detail).toContain('No level');
    expect(sourceWords(STATUS, 100, false).label).toBe('Unknown');
    expect(sourceWords({ ...STATUS, capture: 'ended' }, 100, false))
      .toMatchObject({ label: 'Ended', detail: 'The program has ended.' });
    expect(sourceWords(null, 10_000, true).label).toBe('Silent');
  });

  it('tells the archive', () => {
    expect(archiveWords(STATUS, 100)).toMatchObject({ tone: 'good', label: 'Storing' });
    expect(archiveWords(STATUS, 10_000)).toMatchObject({ tone: 'idle', label: 'Ready' });
    expect(archiveWords({ ...STATUS, capture: 'waiting' }, 100)).toMatchObject({ tone: 'idle', label: 'Ready' });
    expect(archiveWords({ ...STATUS, archive: 'failing', archiveDetail: 'No space left.' }, 100))
      .toMatchObject({ tone: 'bad', label: 'Not storing', detail: 'No space left.' });
    expect(archiveWords({ ...STATUS, archive: 'failing' }, 100).detail).not.toBe('');
    expect(archiveWords({ ...STATUS, archive: 'off' }, 100).label).toBe('Off');
  });
});
