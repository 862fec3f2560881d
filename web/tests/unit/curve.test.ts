import { describe, expect, it } from 'vitest';
import { buildCurve, curveSpanMs, minuteRows, NOT_RECEIVED, summarise } from '../../src/core/curve';
import { LevelHistory } from '../../src/core/history';
import type { Entry } from '../../src/core/protocol';
import { gapAt, levelAt, T0 } from './entries';

function historyOf(entries: readonly Entry[]): LevelHistory {
  const history = new LevelHistory();
  for (const entry of entries) history.push(entry);
  return history;
}
/** Levels without a hole from `fromMs` to `toMs`. */
const steady = (fromMs: number, toMs: number, more = {}) =>
  Array.from({ length: (toMs - fromMs) / 250 }, (_, index) => levelAt(fromMs + index * 250, more));

describe('curve', () => {
  it('has a point a second: the energy mean of RMS, the largest peak, the sum of clipped samples', () => {
    const history = historyOf([
      levelAt(0, { rmsDbfs: -20, peakDbfs: -15, clipped: 1 }), levelAt(250, { rmsDbfs: -Infinity, peakDbfs: -Infinity }),
      levelAt(500, { rmsDbfs: -20, peakDbfs: -3, clipped: 2 }), levelAt(750, { rmsDbfs: -Infinity, peakDbfs: -Infinity }),
      ...steady(1000, 2000),
    ]);
    const { points, missing } = buildCurve(history, history.endMs);
    expect(points).toHaveLength(2);
    // Half of the time at -20 dBFS is half of its energy: 3.01 dB less.
    expect(points[0]!.rmsDbfs).toBeCloseTo(-23.0103, 3);
    expect(points[0]).toMatchObject({ startMs: T0, peakDbfs: -3, clipped: 3 });
    expect(points[1]!.rmsDbfs).toBeCloseTo(-20, 6);
    expect(missing).toEqual([]);
  });

  it('keeps silence apart from what is missing', () => {
    const history = historyOf(steady(0, 1000, { rmsDbfs: -Infinity, peakDbfs: -Infinity }));
    expect(buildCurve(history, history.endMs).points[0]).toMatchObject({ rmsDbfs: -Infinity, peakDbfs: -Infinity });
  });

  it('breaks the line and shades where a gap was sent', () => {
    const history = historyOf([...steady(0, 2000), gapAt(2000, 3000), ...steady(5000, 6000)]);
    const { points, missing } = buildCurve(history, history.endMs);
    expect(points.map((point) => point.rmsDbfs === null)).toEqual([false, false, true, false]);
    expect(missing).toEqual([{ startMs: T0 + 2000, endMs: T0 + 5000, reason: 'overrun' }]);
  });

  it('shades a hole for which no gap was sent, but not the jitter of a clock', () => {
    const history = historyOf([...steady(0, 1000), levelAt(1100), levelAt(1300), levelAt(4000)]);
    expect(buildCurve(history, history.endMs).missing).toEqual([
      { startMs: T0 + 1550, endMs: T0 + 4000, reason: NOT_RECEIVED },
    ]);
  });

  it('lets a loss that goes on grow', () => {
    const history = historyOf(steady(0, 1000));
    expect(buildCurve(history, T0 + 9000).missing).toEqual([{ startMs: T0 + 1000, endMs: T0 + 9000, reason: NOT_RECEIVED }]);
  });

  it('joins stretches that lie closer than a point', () => {
    const entries = Array.from({ length: 200 }, (_, index) => [levelAt(index * 1000), gapAt(index * 1000 + 250, 750)]);
    const history = historyOf(entries.flat());
    expect(buildCurve(history, history.endMs).missing).toHaveLength(1);
  });

  it('shows its span and no more', () => {
    const history = historyOf([...steady(0, 1000), gapAt(1000, 590_000), ...steady(591_000, 601_000)]);
    const curve = buildCurve(history, T0 + 601_000);
    expect(curve.startMs).toBe(T0 + 1000);
    expect(curve.points.every((point) => point.startMs >= T0 + 1000)).toBe(true);
    expect(curve.missing).toEqual([{ startMs: T0 + 1000, endMs: T0 + 591_000, reason: 'overrun' }]);
  });

  it('has at most a point a second and one for each break', () => {
    const history = historyOf(steady(0, 600_000));
    expect(buildCurve(history, history.endMs).points.length).toBe(600);
  });
});

describe('the span', () => {
  it.each([[250, 60_000], [60_000, 60_000], [60_250, 120_000], [290_000, 300_000], [301_000, 600_000], [600_000, 600_000]])(
    'of %d ms of sound is %d ms', (soundMs, spanMs) => {
      const history = historyOf(steady(0, soundMs));
      expect(curveSpanMs(history, history.endMs)).toBe(spanMs);
    });

  it('is long enough for a first entry that reaches out of it', () => {
    expect(curveSpanMs(historyOf([gapAt(0, 3_600_000)]), T0 + 3_600_000)).toBe(600_000);
  });
});

describe('what is said about a curve', () => {
  it('names range, highest peak and its time, clipping and what is missing', () => {
    const history = historyOf([
      ...steady(0, 2000, { rmsDbfs: -40 }), ...steady(2000, 3000, { rmsDbfs: -10, peakDbfs: 0, clipped: 2 }),
      gapAt(3000, 1500), ...steady(4500, 5000),
    ]);
    const summary = summarise(buildCurve(history, history.endMs));
    expect(summary).toMatchObject({
      peakDbfs: 0, peakAtMs: T0 + 2000, clippedSamples: 8, missingMs: 1500, missingCount: 1,
    });
    expect(summary!.rmsMinDbfs).toBeCloseTo(-40, 6);
    expect(summary!.rmsMaxDbfs).toBeCloseTo(-10, 6);
  });

  it('is nothing while there is no level', () => {
    expect(summarise(buildCurve(new LevelHistory(), T0))).toBeNull();
    expect(summarise(buildCurve(historyOf([gapAt(0, 250)]), T0 + 250))).toBeNull();
  });

  it('has a row a minute, newest first, with what is missing in each', () => {
    const history = historyOf([...steady(30_000, 60_000), gapAt(60_000, 70_000), ...steady(130_000, 140_000)]);
    const rows = minuteRows(history, history.endMs);
    expect(rows.map(({ startMs, missingMs, rmsDbfs }) => [startMs - T0, missingMs, rmsDbfs === null])).toEqual([
      [120_000, 10_000, false], [60_000, 60_000, true], [0, 0, false],
    ]);
  });
});
