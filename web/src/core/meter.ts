/** What a gauge needs beyond the level itself: fall-back, hold, the clip latch, the scale. */
import { HOT_FROM_DBFS, LOUD_FROM_DBFS, QUIET_BELOW_DBFS, SCALE_MAX_DBFS, SCALE_MIN_DBFS } from './format';
import type { Level } from './protocol';

/** Fall of the peak bar: 20 dB in 1.7 s, as IEC 60268-10 sets it for a type I peak programme meter. */
export const DECAY_DB_PER_MS = 20 / 1700;
/** How long the hold marker stands before it falls: long enough to read the number. */
export const HOLD_MS = 2_000;

/** A level as a part of the scale: 0 at its lower end, 1 at full scale. */
export function scalePosition(levelDbfs: number): number {
  const position = (levelDbfs - SCALE_MIN_DBFS) / (SCALE_MAX_DBFS - SCALE_MIN_DBFS);
  return Math.min(1, Math.max(0, position));
}

export type Zone = 'quiet' | 'normal' | 'loud' | 'hot';

/** The zone of the scale that a peak stands in. */
export function zoneOf(peakDbfs: number): Zone {
  if (peakDbfs >= HOT_FROM_DBFS) return 'hot';
  if (peakDbfs >= LOUD_FROM_DBFS) return 'loud';
  return peakDbfs >= QUIET_BELOW_DBFS ? 'normal' : 'quiet';
}

/**
 * Peak bar and hold marker. Both rise at once and fall with time, which is the sound's own (end of each chunk), so
 * that a tab that slept or a burst of messages gives the same picture as a steady stream.
 */
export class PeakMeter {
  barDbfs = -Infinity;
  holdDbfs = -Infinity;
  private holdSinceMs = NaN;
  private lastMs = NaN;

  update(level: Level): void {
    const nowMs = level.startMs + level.durationMs;
    // The clock of the sound went back: nothing that is held belongs to it.
    if (!(nowMs >= this.lastMs)) this.reset();
    const fall = Number.isNaN(this.lastMs) ? 0 : (nowMs - this.lastMs) * DECAY_DB_PER_MS;
    this.lastMs = nowMs;
    this.barDbfs = Math.max(level.peakDbfs, fallen(this.barDbfs, fall));
    if (level.peakDbfs >= this.holdDbfs) {
      this.holdDbfs = level.peakDbfs;
      this.holdSinceMs = nowMs;
      return;
    }
    const beyondHoldMs = nowMs - this.holdSinceMs - HOLD_MS;
    if (beyondHoldMs > 0) {
      this.holdDbfs = Math.max(this.barDbfs, fallen(this.holdDbfs, Math.min(fall, beyondHoldMs * DECAY_DB_PER_MS)));
    }
  }

  reset(): void {
    this.barDbfs = -Infinity;
    this.holdDbfs = -Infinity;
    this.holdSinceMs = NaN;
    this.lastMs = NaN;
  }
}

/** Below the scale there is nothing to see, and silence shall be reached. */
function fallen(levelDbfs: number, byDb: number): number {
  const lower = levelDbfs - byDb;
  return lower < SCALE_MIN_DBFS ? -Infinity : lower;
}

/** Counts full-scale samples until a person has seen it and says so. */
export class ClipLatch {
  samples = 0;
  /** Start of the last chunk that clipped. */
  lastMs = NaN;
  private countedUntilMs = -Infinity;

  /** `live` false is a refill, which may repeat what was counted; a live message never does. */
  update(level: Level, live: boolean): void {
    if (!live && level.startMs <= this.countedUntilMs) return;
    this.countedUntilMs = level.startMs;
    if (level.clipped === 0) return;
    this.samples += level.clipped;
    this.lastMs = level.startMs;
  }

  reset(): void {
    this.samples = 0;
    this.lastMs = NaN;
  }
}
