import type { Gap, Level } from '../../src/core/protocol';

/** 2026-01-01T00:00:00Z: on a second, on a minute. */
export const T0 = Date.UTC(2026, 0, 1);

/** A level of 250 ms that starts `ms` after T0. */
export function levelAt(ms: number, more: Partial<Level> = {}): Level {
  return {
    kind: 'level', device: 'pi', startMs: T0 + ms, durationMs: 250, peakDbfs: -17, rmsDbfs: -20, clipped: 0, ...more,
  };
}

export function gapAt(ms: number, durationMs: number, reason = 'overrun'): Gap {
  return { kind: 'gap', device: 'pi', startMs: T0 + ms, durationMs, reason };
}
