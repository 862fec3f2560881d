import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../src/core/protocol';

const LEVEL = {
  timestamp: '2026-01-01T00:00:00.250000', level: 16384, device: 'pi', seq: 1, peak: 16384, peak_dbfs: -6.02,
  rms_dbfs: -9.03, clipped: 0, duration_ms: 250,
};
const STATUS = {
  type: 'status', device: 'pi', capture: 'running', source: 'tone:1000', detail: '', archive: 'ok', archive_detail: '',
  rate: 8000, version: '0.1.0',
};
const parse = (value: unknown) => parseMessage(JSON.stringify(value));

describe('messages of the server', () => {
  it('reads a level', () => {
    expect(parse({ type: 'level', ...LEVEL })).toEqual({
      kind: 'level', device: 'pi', startMs: Date.UTC(2026, 0, 1) + 250, durationMs: 250, peakDbfs: -6.02,
      rmsDbfs: -9.03, clipped: 0,
    });
  });

  it('reads silence, which JSON writes as null', () => {
    expect(parse({ type: 'level', ...LEVEL, peak_dbfs: null, rms_dbfs: null }))
      .toMatchObject({ peakDbfs: -Infinity, rmsDbfs: -Infinity });
  });

  it('reads a level without device and duration as a prototype sends it', () => {
    const { device: _device, duration_ms: _duration, ...bare } = LEVEL;
    expect(parse({ type: 'level', ...bare })).toMatchObject({ device: '', durationMs: 250 });
  });

  it('reads a gap, and one in the history that has no type', () => {
    const gap = { timestamp: LEVEL.timestamp, device: 'pi', seq: 2, gap_samples: 4000, reason: 'overrun', duration_ms: 500 };
    expect(parse({ type: 'gap', ...gap })).toMatchObject({ kind: 'gap', durationMs: 500, reason: 'overrun' });
    expect(parse({ type: 'history', levels: [gap] })).toMatchObject({ entries: [{ kind: 'gap' }] });
  });

  it('reads a status', () => {
    expect(parse({ ...STATUS, capture: 'waiting', detail: 'Plug it in.' }))
      .toMatchObject({ kind: 'status', capture: 'waiting', detail: 'Plug it in.', archive: 'ok', rateHz: 8000 });
  });

  it('keeps the good neighbours of a bad entry', () => {
    const message = parse({ type: 'history', levels: [LEVEL, 5, { ...LEVEL, timestamp: 'x' }, null, LEVEL] });
    expect(message).toMatchObject({ kind: 'history' });
    expect(message?.kind === 'history' && message.entries).toHaveLength(2);
  });

  it.each([
    ['no JSON', '{"type":'], ['a number', '5'], ['null', 'null'], ['a list', '[]'], ['no type', '{}'],
    ['an unknown type', '{"type":"hello"}'],
    ['a level without numbers', JSON.stringify({ type: 'level', timestamp: LEVEL.timestamp })],
    ['a level in words', JSON.stringify({ type: 'level', ...LEVEL, rms_dbfs: '-9' })],
    ['a level of no time', JSON.stringify({ type: 'level', ...LEVEL, timestamp: 12 })],
    ['a gap of no length', JSON.stringify({ type: 'gap', timestamp: LEVEL.timestamp, device: 'pi', duration_ms: 0 })],
    ['an unknown state', JSON.stringify({ ...STATUS, capture: 'dancing' })],
    ['a history that is no list', '{"type":"history","levels":{}}'],
  ])('refuses %s', (_name, text) => {
    expect(parseMessage(text)).toBeNull();
  });

  it('cuts endless names', () => {
    const message = parse({ type: 'level', ...LEVEL, device: 'x'.repeat(10_000) });
    expect(message?.kind === 'level' && message.device.length).toBe(300);
  });
});
