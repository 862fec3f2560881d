/** The page as the real program serves it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launch, open, shownNumber, type Opened } from './browser';
import { Program, Scratch } from './program';

let browser: Browser;
let scratch: Scratch;
let program: Program | null;
let opened: Opened[];

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());
beforeEach(() => {
  scratch = new Scratch();
  program = null;
  opened = [];
});
afterEach(async () => {
  for (const { context } of opened) await context.close();
  await program?.kill();
  scratch.remove();
});

async function run(...args: string[]): Promise<Program> {
  program = await Program.start([
    'run', '--sink', 'local', '--data-dir', scratch.path, '--device', 'bench', ...args,
  ]);
  return program;
}
const tone = (listen = '127.0.0.1:0') => run('--source', 'tone:1000', '--listen', listen);

async function show(url: string, options: Parameters<typeof open>[2] = {}): Promise<Opened> {
  const result = await open(browser, url, options);
  opened.push(result);
  return result;
}

const live = (page: Page) => page.waitForSelector('#connection[data-state=live]');
const points = async (page: Page) => Number(await page.getAttribute('.canvas', 'data-points'));
const shown = async (page: Page, value: 'rms' | 'peak' | 'hold') =>
  shownNumber(await page.textContent(`[data-value=${value}]`));
const hasLevel = (page: Page) => expect.poll(() => shown(page, 'rms')).not.toBeNaN();

/** Stereo, 32 kHz, 16 bit: a sine of 1 kHz in both channels whose amplitude is `amplitude(second)`. */
function stereoWav(seconds: number, amplitude: (second: number) => number): Uint8Array {
  const frames = seconds * 32_000;
  const bytes = Buffer.alloc(44 + frames * 4);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + frames * 4, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(2, 22);
  bytes.writeUInt32LE(32_000, 24);
  bytes.writeUInt32LE(128_000, 28);
  bytes.writeUInt16LE(4, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(frames * 4, 40);
  for (let frame = 0; frame < frames; frame += 1) {
    const value = Math.round(amplitude(frame / 32_000) * Math.sin((2 * Math.PI * frame) / 32));
    bytes.writeInt16LE(value, 44 + frame * 4);
    bytes.writeInt16LE(value, 46 + frame * 4);
  }
  return bytes;
}

describe('a tone', () => {
  it('is shown: states, gauge, growing curve, no trouble in console or content policy', async () => {
    const { url } = await tone();
    const { page, troubles } = await show(url);
    await live(page);
    expect(await page.textContent('section.device h2')).toBe('bench');
    await page.waitForSelector('.state[data-name=source][data-tone=good]:has-text("Running")');
    await page.waitForSelector('.state[data-name=archive][data-tone=good]:has-text("Storing")');
    await hasLevel(page);
    // Full scale is 0 dBFS for a square: a sine's RMS is 3.01 dB below its peak.
    expect(await shown(page, 'peak') - await shown(page, 'rms')).toBeCloseTo(3.01, 0);
    await expect.poll(() => points(page)).toBeGreaterThan(1);
    const before = await points(page);
    await expect.poll(() => points(page)).toBeGreaterThan(before);
    const drawn = await page.$eval('.canvas canvas', (element) => {
      const canvas = element as HTMLCanvasElement;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value, index) => index % 4 === 3 && value > 0);
    });
    expect(drawn).toBe(true);
    expect(troubles).toEqual([]);
  });

  it('gives the WAV of a period, which plays for exactly as long', async () => {
    const { url } = await tone();
    const { page, troubles } = await show(url);
    await expect.poll(() => points(page)).toBeGreaterThan(7);
    await page.fill('#wav-length', '3');
    await page.selectOption('#wav-unit', 's');
    const startMs = Date.now() - 4_000;
    const local = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone: 'Europe/Berlin' });
    // Chromium leaves seconds of 0 out, and playwright takes no other spelling.
    await page.fill('#wav-start', local.format(startMs).replace(' ', 'T').replace(/:00$/, ''));
    await page.click('#wav-fetch');
    await page.waitForSelector('#wav-result:not([hidden])');
    await expect.poll(() => page.$eval('#wav-audio', (audio) => (audio as HTMLAudioElement).duration)).toBe(3);
    expect(await page.textContent('#wav-report')).toBe('Complete: nothing is missing.');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#wav-download')]);
    expect(download.suggestedFilename()).toMatch(/^soundline-\d{8}T\d{6}Z-3s\.wav$/);
    expect(troubles).toEqual([]);
  });

  it('says in a sentence that a period is empty, and that one is too long', async () => {
    const { url } = await tone();
    const { page } = await show(url);
    await hasLevel(page);
    await page.fill('#wav-start', '2001-01-01T00:00:01');
    await page.click('#wav-fetch');
    await expect.poll(() => page.textContent('#wav-error')).toBe(
      'No sound in the archive from 2000-12-31 23:00:01 UTC for 30 s; choose another time.',
    );
    await page.fill('#wav-length', '1000');
    await page.selectOption('#wav-unit', 'h');
    await page.click('#wav-fetch');
    await expect.poll(() => page.textContent('#wav-error')).toMatch(/^More than 86400 seconds .*\.$/);
    expect(await page.isVisible('#wav-result')).toBe(false);
  });

  it('comes back after the program was killed and started again on its port', async () => {
    const first = await tone();
    const { page } = await show(first.url);
    await hasLevel(page);
    await expect.poll(() => points(page)).toBeGreaterThan(2);
    const before = await points(page);
    const { port } = first;
    await first.kill();
    await page.waitForSelector('#connection[data-state=reconnecting]');
    expect(await page.textContent('#connection-label')).toBe('Reconnecting');
    // The third wait: long enough for a hole that is seen.
    await expect.poll(() => page.textContent('#connection-detail')).toBe('in 2 s');
    // The old level does not stand there as if it were present.
    await expect.poll(() => page.textContent('[data-value=rms]')).toBe('–');
    expect(await page.textContent('.state[data-name=source]')).toContain('Unknown');
    await tone(`127.0.0.1:${port}`);
    await live(page);
    await hasLevel(page);
    // What was seen before is still there, and the time between is shaded and named.
    await expect.poll(() => points(page)).toBeGreaterThan(before);
    await expect.poll(() => page.textContent('.missing-words')).toMatch(/missing in these minutes.*not received/);
  });

  it('shows the same history to a page that is opened later', async () => {
    const { url } = await tone();
    const first = await show(url);
    await expect.poll(() => points(first.page)).toBeGreaterThan(3);
    const second = await show(url);
    await expect.poll(() => points(second.page)).toBeGreaterThan(3);
  });

  it('has its true time in the viewer\'s zone, also when the lines have another clock', async () => {
    const { url } = await run('--source', 'tone:1000', '--listen', '127.0.0.1:0', '--utc-offset', '+09:00');
    const { page } = await show(url);
    await expect.poll(() => points(page)).toBeGreaterThan(1);
    await page.click('summary');
    const minute = () => new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'Europe/Berlin' }).format(Date.now());
    await expect.poll(async () => (await page.textContent('tbody th')) === minute()).toBe(true);
  });
});

describe('known levels', () => {
  it('are right within 0.1 dB and move with the sound', async () => {
    // Two seconds at half of full scale (RMS -9.03 dBFS), two at a hundredth (-43.01 dBFS), and again.
    const half = 20 * Math.log10(0.5 / Math.SQRT2);
    const hundredth = 20 * Math.log10(0.01 / Math.SQRT2);
    const file = scratch.file('steps.wav', stereoWav(60, (second) => (second % 4 < 2 ? 16_384 : 328)));
    const { url } = await run('--source', `wav:${file}`, '--listen', '127.0.0.1:0', '--pace', 'realtime');
    const { page } = await show(url);
    for (const expected of [half, hundredth, half]) {
      await expect.poll(async () => Math.abs(await shown(page, 'rms') - expected), { interval: 50 })
        .toBeLessThanOrEqual(0.1);
    }
    await expect.poll(async () => Math.abs(await shown(page, 'peak') - 20 * Math.log10(0.5)), { interval: 50 })
      .toBeLessThanOrEqual(0.1);
  });

  it('of a clipped sound light the clip lamp', async () => {
    const square = (bytes: Uint8Array) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      for (let at = 44; at < bytes.length; at += 2) view.setInt16(at, view.getInt16(at, true) < 0 ? -32_768 : 32_767, true);
      return bytes;
    };
    const file = scratch.file('square.wav', square(stereoWav(20, () => 1000)));
    const { url } = await run('--source', `wav:${file}`, '--listen', '127.0.0.1:0', '--decimate', 'drop', '--pace', 'realtime');
    const { page } = await show(url);
    await page.waitForSelector('.clip[data-clipped=true]');
    expect(await page.textContent('.clip-text')).toMatch(/samples clipped, last at/);
  });

  it('end with the source, and the page says so', async () => {
    const file = scratch.file('short.wav', stereoWav(3, () => 3000));
    const { url } = await run('--source', `wav:${file}`, '--listen', '127.0.0.1:0', '--pace', 'realtime');
    const { page } = await show(url);
    await page.waitForSelector('.state[data-name=source]:has-text("Ended")');
  });
});

describe('the demo', () => {
  it('moves', async () => {
    program = await Program.start(['demo', '--listen', '127.0.0.1:0', '--data-dir', scratch.path, '--no-open']);
    const { page, troubles } = await show(program.url);
    await live(page);
    const seen = new Set<number>();
    await expect.poll(async () => seen.add(await shown(page, 'rms')).size, { interval: 100 })
      .toBeGreaterThan(6);
    expect(troubles).toEqual([]);
  });

  it('looks right in light, dark and on a phone (pictures are kept for a person to look at)', async () => {
    program = await Program.start(['demo', '--listen', '127.0.0.1:0', '--data-dir', scratch.path, '--no-open']);
    const folder = process.env['SOUNDLINE_SHOTS'] ?? mkdtempSync(join(tmpdir(), 'soundline-shots-'));
    for (const [name, options] of Object.entries({
      light: { colorScheme: 'light' }, dark: { colorScheme: 'dark' },
      phone: { colorScheme: 'dark', viewport: { width: 360, height: 780 }, deviceScaleFactor: 2 },
    } as const)) {
      const { page, troubles } = await show(program.url, options);
      await hasLevel(page);
      await expect.poll(() => points(page)).toBeGreaterThan(1);
      const bytes = await page.screenshot({ path: join(folder, `${name}.png`) });
      expect(bytes.length).toBeGreaterThan(10_000);
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      expect(ground).toBe(options.colorScheme === 'dark' ? 'rgb(12, 18, 19)' : 'rgb(241, 244, 243)');
      expect(troubles).toEqual([]);
    }
    console.log(`pictures: ${folder}`);
  });
});
