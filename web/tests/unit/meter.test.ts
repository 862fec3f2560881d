import { describe, expect, it } from 'vitest';
import { ClipLatch, DECAY_DB_PER_MS, HOLD_MS, PeakMeter, scalePosition, zoneOf } from '../../src/core/meter';
import { levelAt } from './entries';

describe('scale', () => {
  it.each([[-60, 0], [-30, 0.5], [0, 1], [-Infinity, 0], [-90, 0], [0.1, 1]])('puts %d dBFS at %d', (level, position) => {
    expect(scalePosition(level)).toBe(position);
  });

  it.each([[-18.01, 'normal'], [-18, 'loud'], [-6.01, 'loud'], [-6, 'hot'], [0, 'hot'], [-45, 'normal'], [-45.01, 'quiet'], [-Infinity, 'quiet']])(
    'puts a peak of %d dBFS into the zone %s', (level, zone) => {
      expect(zoneOf(level)).toBe(zone);
    });
});

describe('peak bar and hold', () => {
  const play = (meter: PeakMeter, fromMs: number, peaks: readonly number[]) =>
    peaks.map((peakDbfs, index) => {
      meter.update(levelAt(fromMs + index * 250, { peakDbfs }));
      return { bar: meter.barDbfs, hold: meter.holdDbfs };
    });

  it('rises at once and falls 20 dB in 1.7 s', () => {
    const meter = new PeakMeter();
    play(meter, 0, [-40, -10]);
    expect(meter.barDbfs).toBe(-10);
    const fell = play(meter, 500, Array(4).fill(-50)).map(({ bar }) => bar);
    fell.forEach((bar, index) => expect(bar).toBeCloseTo(-10 - (index + 1) * 250 * (20 / 1700), 6));
  });

  it('falls no lower than the peak that is there', () => {
    const meter = new PeakMeter();
    play(meter, 0, [-10, -12]);
    expect(meter.barDbfs).toBe(-12);
  });

  it('holds for two seconds, then falls towards the bar', () => {
    const meter = new PeakMeter();
    const steps = play(meter, 0, [-3, ...Array(40).fill(-30)]);
    const held = steps.filter(({ hold }) => hold === -3).length;
    expect(held).toBe(1 + HOLD_MS / 250);
    expect(steps[held]!.hold).toBeCloseTo(-3 - 250 * DECAY_DB_PER_MS, 6);
    expect(steps.at(-1)).toEqual({ bar: -30, hold: -30 });
  });

  it('holds a higher peak at once, and an equal one anew', () => {
    const meter = new PeakMeter();
    play(meter, 0, [-10, -30, -30, -30, -10]);
    play(meter, 1250, Array(8).fill(-30));
    expect(meter.holdDbfs).toBe(-10);
    play(meter, 3250, [-2]);
    expect(meter.holdDbfs).toBe(-2);
  });

  it('reaches silence', () => {
    const meter = new PeakMeter();
    play(meter, 0, [-20, ...Array(60).fill(-Infinity)]);
    expect(meter.barDbfs).toBe(-Infinity);
    expect(meter.holdDbfs).toBe(-Infinity);
  });

  it('forgets what it held when the clock goes back', () => {
    const meter = new PeakMeter();
    play(meter, 60_000, [-1]);
    play(meter, 0, [-40]);
    expect(meter).toMatchObject({ barDbfs: -40, holdDbfs: -40 });
  });
});

describe('clip latch', () => {
  it('counts until it is reset, and says when it was last', () => {
    const latch = new ClipLatch();
    latch.update(levelAt(0, { clipped: 3 }), true);
    latch.update(levelAt(250), true);
    latch.update(levelAt(500, { clipped: 2 }), true);
    latch.update(levelAt(750), true);
    expect(latch).toMatchObject({ samples: 5, lastMs: levelAt(500).startMs });
    latch.reset();
    expect(latch.samples).toBe(0);
    latch.update(levelAt(1000, { clipped: 1 }), true);
    expect(latch.samples).toBe(1);
  });

  it('counts nothing twice when a refill repeats it, also after a reset', () => {
    const latch = new ClipLatch();
    const entries = [0, 250, 500].map((ms) => levelAt(ms, { clipped: 1 }));
    for (const entry of entries) latch.update(entry, true);
    for (const entry of entries) latch.update(entry, false);
    expect(latch.samples).toBe(3);
    latch.reset();
    for (const entry of [...entries, levelAt(750, { clipped: 4 })]) latch.update(entry, false);
    expect(latch.samples).toBe(4);
  });

  it('counts on when a device begins again at an earlier time', () => {
    const latch = new ClipLatch();
    latch.update(levelAt(60_000, { clipped: 1 }), true);
    latch.update(levelAt(0, { clipped: 1 }), true);
    latch.update(levelAt(250, { clipped: 1 }), true);
    expect(latch.samples).toBe(3);
  });
});
