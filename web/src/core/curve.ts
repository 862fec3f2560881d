/**
 * From history to what the curve draws: one point a second, aligned to the clock, so that a point once drawn stays
 * where it is and does not shimmer. RMS is the energy mean of the second, peak the largest in it.
 */
import { CHUNK_MS, HISTORY_MS } from './format';
import type { LevelHistory } from './history';

export const POINT_MS = 1_000;
/** Spans that a curve may have: it begins short, so that the first minute is not a dot at the edge. */
const SPANS_MS = [60_000, 120_000, 300_000, HISTORY_MS] as const;
/** A jump between two chunks beyond this is a hole; below it is the jitter of a clock. */
export const HOLE_FROM_MS = CHUNK_MS / 2;
/** Reason of a hole for which no gap was sent. */
export const NOT_RECEIVED = 'not received';

export interface CurvePoint {
  readonly startMs: number;
  /** -Infinity for silence, `null` where nothing was received. */
  readonly rmsDbfs: number | null;
  readonly peakDbfs: number | null;
  readonly clipped: number;
}

export interface MissingStretch {
  readonly startMs: number;
  readonly endMs: number;
  readonly reason: string;
}

export interface Curve {
  readonly startMs: number;
  readonly endMs: number;
  readonly points: readonly CurvePoint[];
  readonly missing: readonly MissingStretch[];
}

/** The shortest span that shows all of history up to `endMs`. */
export function curveSpanMs(history: LevelHistory, endMs: number): number {
  const heldMs = history.length === 0 ? 0 : endMs - history.startMs(0);
  return SPANS_MS.find((spanMs) => spanMs >= heldMs) ?? HISTORY_MS;
}

/** The curve of the span that ends at `endMs` (a time at or after the end of history). */
export function buildCurve(history: LevelHistory, endMs: number, spanMs = HISTORY_MS, pointMs = POINT_MS): Curve {
  const startMs = endMs - spanMs;
  const points: CurvePoint[] = [];
  const missing: MissingStretch[] = [];
  let bucket: Bucket | undefined;
  let expectedMs = NaN;
  const miss = (fromMs: number, toMs: number, reason: string) => {
    if (toMs <= startMs) return;
    const last = missing.at(-1);
    // Stretches closer than a point would be drawn as one, and this bounds their number.
    if (last && fromMs - last.endMs < pointMs) {
      const same = last.reason === reason ? reason : 'several reasons';
      missing[missing.length - 1] = { startMs: last.startMs, endMs: toMs, reason: same };
    } else {
      missing.push({ startMs: Math.max(fromMs, startMs), endMs: toMs, reason });
    }
  };
  for (let index = 0; index < history.length; index += 1) {
    const fromMs = history.startMs(index);
    const toMs = fromMs + history.durationMs(index);
    if (fromMs - expectedMs > HOLE_FROM_MS) miss(expectedMs, fromMs, NOT_RECEIVED);
    expectedMs = toMs;
    const reason = history.gapReason(index);
    if (reason !== null) {
      miss(fromMs, toMs, reason);
      continue;
    }
    if (fromMs < startMs) continue;
    const bucketMs = Math.floor(fromMs / pointMs) * pointMs;
    if (bucket?.startMs !== bucketMs) {
      if (bucket) {
        points.push(bucket.point());
        // A line must not bridge what is missing.
        const nextMs = bucket.startMs + pointMs;
        if (bucketMs > nextMs) points.push(emptyPoint(nextMs));
      }
      bucket = new Bucket(bucketMs);
    }
    bucket.add(history.rmsDbfs(index), history.peakDbfs(index), history.durationMs(index), history.clipped(index));
  }
  if (bucket) points.push(bucket.point());
  if (endMs - expectedMs > HOLE_FROM_MS) miss(expectedMs, endMs, NOT_RECEIVED);
  return { startMs, endMs, points, missing };
}

class Bucket {
  private energy = 0;
  private durationMs = 0;
  private peakDbfs = -Infinity;
  private clipped = 0;

  constructor(readonly startMs: number) {}

  add(rmsDbfs: number, peakDbfs: number, durationMs: number, clipped: number): void {
    this.energy += 10 ** (rmsDbfs / 10) * durationMs;
    this.durationMs += durationMs;
    this.peakDbfs = Math.max(this.peakDbfs, peakDbfs);
    this.clipped += clipped;
  }

  point(): CurvePoint {
    const rmsDbfs = 10 * Math.log10(this.energy / this.durationMs);
    return { startMs: this.startMs, rmsDbfs, peakDbfs: this.peakDbfs, clipped: this.clipped };
  }
}

function emptyPoint(startMs: number): CurvePoint {
  return { startMs, rmsDbfs: null, peakDbfs: null, clipped: 0 };
}

export interface CurveSummary {
  readonly rmsMinDbfs: number;
  readonly rmsMaxDbfs: number;
  readonly peakDbfs: number;
  readonly peakAtMs: number;
  readonly clippedSamples: number;
  readonly missingMs: number;
  readonly missingCount: number;
}

/** What a sentence can say about a curve; `null` when it has no point with a level. */
export function summarise(curve: Curve): CurveSummary | null {
  let rmsMinDbfs = Infinity;
  let rmsMaxDbfs = -Infinity;
  let peakDbfs = -Infinity;
  let peakAtMs = NaN;
  let clippedSamples = 0;
  let any = false;
  for (const point of curve.points) {
    if (point.rmsDbfs === null || point.peakDbfs === null) continue;
    if (!any || point.peakDbfs > peakDbfs) [peakDbfs, peakAtMs] = [point.peakDbfs, point.startMs];
    any = true;
    rmsMinDbfs = Math.min(rmsMinDbfs, point.rmsDbfs);
    rmsMaxDbfs = Math.max(rmsMaxDbfs, point.rmsDbfs);
    clippedSamples += point.clipped;
  }
  if (!any) return null;
  const missingMs = curve.missing.reduce((sum, stretch) => sum + stretch.endMs - stretch.startMs, 0);
  return {
    rmsMinDbfs, rmsMaxDbfs, peakDbfs, peakAtMs, clippedSamples, missingMs, missingCount: curve.missing.length,
  };
}

export interface MinuteRow extends CurvePoint {
  readonly missingMs: number;
}

/** The curve by the minute, newest first: its text alternative. */
export function minuteRows(history: LevelHistory, endMs: number): MinuteRow[] {
  const minuteMs = 60_000;
  const curve = buildCurve(history, endMs, HISTORY_MS, minuteMs);
  const { missing } = buildCurve(history, endMs);
  const rows: MinuteRow[] = [];
  const points = new Map(curve.points.map((point) => [point.startMs, point]));
  const firstMs = Math.max(curve.startMs, history.length > 0 ? history.startMs(0) : endMs);
  const lastMs = Math.floor((endMs - 1) / minuteMs) * minuteMs;
  for (let startMs = lastMs; startMs + minuteMs > firstMs; startMs -= minuteMs) {
    const missingMs = missing.reduce(
      (sum, { startMs: from, endMs: to }) =>
        sum + Math.max(0, Math.min(to, startMs + minuteMs) - Math.max(from, startMs)),
      0,
    );
    rows.push({ ...(points.get(startMs) ?? emptyPoint(startMs)), missingMs });
  }
  return rows;
}
