import { beforeEach, describe, expect, it } from 'vitest';
import { Devices } from '../../src/core/devices';
import { HISTORY_MS } from '../../src/core/format';
import type { Status } from '../../src/core/protocol';
import { gapAt, levelAt, T0 } from './entries';

let calls: string[];
let devices: Devices;
beforeEach(() => {
  calls = [];
  const log = (what: string) => (device: { name: string }) => void calls.push(`${what} ${device.name}`);
  devices = new Devices({
    added: log('added'), removed: log('removed'), live: log('live'), refilled: log('refilled'),
    statusChanged: log('status'),
  }, 2);
});

const statusOf = (device: string, capture: Status['capture'] = 'running'): Status => ({
  kind: 'status', device, capture, source: '', detail: '', archive: 'ok', archiveDetail: '', rateHz: 8000, version: '',
});

describe('devices', () => {
  it('are made by whatever comes first, and told apart by name', () => {
    devices.apply(statusOf('a'), 0);
    devices.apply(levelAt(0, { device: 'b' }), 0);
    devices.apply(levelAt(250, { device: 'a' }), 0);
    expect(calls).toEqual(['added a', 'status a', 'added b', 'live b', 'live a']);
    expect(devices.all.map((device) => device.history.length)).toEqual([1, 1]);
  });

  it('take a refill once for each device and without duplicates', () => {
    const entries = [levelAt(0, { clipped: 2 }), levelAt(250), gapAt(500, 250), levelAt(750)];
    for (let time = 0; time < 2; time += 1) devices.apply({ kind: 'history', entries }, 0);
    expect(calls).toEqual(['added pi', 'refilled pi', 'refilled pi']);
    const [device] = devices.all;
    expect(device!.history.length).toBe(4);
    expect(device!.clips.samples).toBe(2);
    expect(device!.last).toMatchObject({ startMs: T0 + 750 });
  });

  it('do not take a refill for present sound', () => {
    devices.apply({ kind: 'history', entries: [levelAt(0)] }, 1000);
    expect(devices.all[0]!.arrivedMs).toBe(-Infinity);
    devices.apply(levelAt(250), 2000);
    expect(devices.all[0]!.arrivedMs).toBe(2000);
  });

  it('are bounded: a stranger finds no place while the others speak', () => {
    for (const device of ['a', 'b', 'c', 'c']) devices.apply(levelAt(0, { device }), 0);
    expect(devices.all.map((device) => device.name)).toEqual(['a', 'b']);
    expect(devices.refused).toBe(2);
  });

  it('are bounded in a refill as well, and the first ones stay', () => {
    const entries = ['a', 'b', 'c', 'd'].map((device) => levelAt(0, { device }));
    devices.apply({ kind: 'history', entries }, 0);
    expect(devices.all.map((device) => device.name)).toEqual(['a', 'b']);
  });

  it('give way after ten minutes of silence', () => {
    devices.apply(levelAt(0, { device: 'a' }), 0);
    devices.apply(levelAt(0, { device: 'b' }), HISTORY_MS);
    devices.apply(levelAt(0, { device: 'c' }), HISTORY_MS + 1);
    expect(devices.all.map((device) => device.name)).toEqual(['b', 'c']);
    expect(calls).toContain('removed a');
  });
});

describe('the end of the curve', () => {
  it('follows the sound, goes on while it is missed, and stands when the source ended or nobody knows', () => {
    devices.apply(levelAt(0), 5_000);
    const [device] = devices.all;
    expect(device!.curveEndMs(5_500, true)).toBe(T0 + 250);
    expect(device!.curveEndMs(12_000, true)).toBe(T0 + 250 + 7_000);
    expect(device!.curveEndMs(12_000, false)).toBe(T0 + 250);
    devices.apply(statusOf('pi', 'ended'), 12_000);
    expect(device!.curveEndMs(13_000, true)).toBe(T0 + 250);
  });
});
