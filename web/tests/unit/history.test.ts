import { describe, expect, it } from 'vitest';
import { LevelHistory } from '../../src/core/history';
import type { Entry } from '../../src/core/protocol';
import { gapAt, levelAt, T0 } from './entries';

const starts = (history: LevelHistory) =>
  Array.from({ length: history.length }, (_, index) => history.startMs(index) - T0);

function filled(entries: readonly Entry[], capacity?: number, spanMs?: number): LevelHistory {
  const history = new LevelHistory(capacity, spanMs);
  for (const entry of entries) history.push(entry);
  return history;
}

describe('history', () => {
  it('gives back what it was given', () => {
    const history = filled([levelAt(0, { rmsDbfs: -12.5, peakDbfs: -Infinity, clipped: 7 }), gapAt(250, 500, 'host busy')]);
    expect(history.rmsDbfs(0)).toBe(-12.5);
    expect(history.peakDbfs(0)).toBe(-Infinity);
    expect(history.clipped(0)).toBe(7);
    expect(history.gapReason(0)).toBeNull();
    expect(history.gapReason(1)).toBe('host busy');
    expect(history.endMs).toBe(T0 + 750);
  });

  it('takes a refill without duplicates, and with what was missed', () => {
    const history = filled([0, 250, 500].map((ms) => levelAt(ms)));
    for (const ms of [250, 500, 750, 1000]) history.push(levelAt(ms));
    expect(starts(history)).toEqual([0, 250, 500, 750, 1000]);
  });

  it('begins anew where a clock goes back', () => {
    const history = filled([0, 250, 500, 750].map((ms) => levelAt(ms)));
    history.push(levelAt(100));
    expect(starts(history)).toEqual([0, 100]);
    history.push(levelAt(-60_000));
    expect(starts(history)).toEqual([-60_000]);
  });

  it('stays within its capacity, however much comes', () => {
    const history = filled(Array.from({ length: 1000 }, (_, index) => levelAt(index * 250)), 16);
    expect(history.length).toBe(16);
    expect(starts(history)[0]).toBe((1000 - 16) * 250);
  });

  it('forgets what is older than its span', () => {
    const history = filled([0, 250, 500, 750].map((ms) => levelAt(ms)), 100, 500);
    expect(starts(history)).toEqual([500, 750]);
    history.push(levelAt(90_000));
    expect(starts(history)).toEqual([90_000]);
  });

  it('remembers a bounded number of reasons', () => {
    const history = filled(Array.from({ length: 300 }, (_, index) => gapAt(index * 250, 250, `reason ${index}`)));
    expect(history.gapReason(0)).toBe('reason 0');
    expect(history.gapReason(299)).toBe('other reasons');
  });

  it('agrees with a plain list under any order of pushes', () => {
    const seed = Date.now() % 2 ** 31;
    let state = seed;
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >>> 8) % below;
    };
    const history = new LevelHistory(8, 5_000);
    let model: Entry[] = [];
    for (let step = 0; step < 5_000; step += 1) {
      const last = model.at(-1)?.startMs ?? T0;
      const entry = levelAt(last - T0 + (random(5) === 0 ? -random(2_000) : random(700)));
      history.push(entry);
      model = [...model.filter((old) => old.startMs < entry.startMs), entry].slice(-8);
      const end = entry.startMs + entry.durationMs;
      model = model.filter((old) => old.startMs + old.durationMs > end - 5_000);
      expect(starts(history), `seed ${seed}, step ${step}`).toEqual(model.map((old) => old.startMs - T0));
    }
  });
});
