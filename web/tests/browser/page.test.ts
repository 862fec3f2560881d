/** The page against a stand-in server: what a real one does not do on request. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launch, open, shownNumber, type Opened } from './browser';
import { gap, level, sendError, status, StubServer, wavBytes } from './stub';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;
let stub: StubServer;
let opened: Opened[];
const nowMs = Math.floor(Date.now() / 1000) * 1000;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());
beforeEach(async () => {
  stub = await StubServer.start();
  opened = [];
});
afterEach(async () => {
  for (const { context } of opened) await context.close();
  await stub.stop();
});

async function show(options: Parameters<typeof open>[2] = {}): Promise<Opened> {
  const result = await open(browser, stub.url, options);
  opened.push(result);
  return result;
}

/** Five minutes of sound that end at `nowMs`, with a gap in them, and clipping. */
function busyGreeting(): object[] {
  const levels: object[] = [];
  for (let atMs = nowMs - 300_000; atMs < nowMs; atMs += 250) {
    if (atMs === nowMs - 120_000) levels.push(gap('attic', atMs, 20_000, 'device away'));
    if (atMs >= nowMs - 120_000 && atMs < nowMs - 100_000) continue;
    const loud = atMs === nowMs - 60_000;
    levels.push(level('attic', atMs, loud ? -3 : -30, loud ? { peak_dbfs: 0, clipped: 312 } : {}));
    levels.push(level('cellar', atMs, -45));
  }
  return [
    status('attic'), status('cellar', { capture: 'waiting', detail: 'USB Audio is away.', archive: 'failing', archive_detail: 'No space left.' }),
    { type: 'history', levels },
  ];
}

const card = (name: string) => `section.device:has(h2:text-is("${name}"))`;

/** Runs axe and gives one line for each violation. */
async function violations({ page }: Opened): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> };
    };
    const result = await axe.run();
    return result.violations.flatMap((rule) =>
      rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)}: ${node.failureSummary}`));
  });
}

describe('without a device', () => {
  it('teaches how to start one', async () => {
    const { page, troubles } = await show();
    await page.waitForSelector('#empty-title:text-is("No device yet")');
    expect(await page.textContent('#empty')).toContain('soundline run --source alsa:default --sink local');
    expect(await page.textContent('#empty')).toContain('soundline demo');
    expect(troubles).toEqual([]);
  });
});

describe('devices', () => {
  it('that have sent nothing say so, and nothing is stored', async () => {
    stub.greeting = [status('attic', { capture: 'waiting', detail: 'hw:CARD=Mic is not there' }), { type: 'history', levels: [] }];
    const { page, troubles } = await show();
    await page.waitForSelector('.no-curve:visible');
    expect(await page.textContent('.state[data-name=source]')).toContain('Waiting hw:CARD=Mic is not there.');
    expect(await page.textContent('.state[data-name=archive]')).toContain('Ready');
    const agoMs = await page.$eval('#wav-start', (input) => Date.now() - new Date((input as HTMLInputElement).value).getTime());
    expect(agoMs).toBeGreaterThanOrEqual(30_000);
    expect(agoMs).toBeLessThan(90_000);
    stub.send(level('attic', nowMs, -20));
    await page.waitForSelector('.no-curve', { state: 'hidden' });
    await page.waitForSelector('.caption:text-is("Last minute")');
    expect(troubles).toEqual([]);
  });

  it('each have a card with states in words, gauge, curve and clip latch', async () => {
    stub.greeting = busyGreeting();
    const { page, troubles } = await show();
    await page.waitForSelector(`${card('attic')} .canvas[data-points]`);
    await page.waitForSelector(`${card('cellar')} .state:has-text("Waiting")`);
    expect(await page.textContent(`${card('cellar')} .states`)).toContain('USB Audio is away.');
    expect(await page.textContent(`${card('cellar')} .states`)).toContain('Not storing No space left.');
    expect(await page.textContent(`${card('attic')} .clip-text`)).toContain('312 samples clipped');
    expect(await page.textContent(`${card('attic')} .missing-words`)).toMatch(/^20 s missing .*device away\.$/);
    expect(Number(await page.getAttribute(`${card('attic')} .canvas`, 'data-points'))).toBeGreaterThan(270);
    expect(await page.getAttribute(`${card('attic')} .canvas`, 'aria-label')).toMatch(/highest peak 0\.0 dBFS .* 20 s missing in 1 stretch; 312 samples clipped/);
    expect(troubles).toEqual([]);
  });

  it('show the level that was sent, at the place where the scale has it', async () => {
    stub.greeting = [status('attic'), { type: 'history', levels: [] }];
    const { page } = await show();
    await page.waitForSelector(card('attic'));
    stub.send(level('attic', nowMs, -24.04, { peak_dbfs: -12 }));
    await page.waitForSelector(`${card('attic')} [data-value=rms]:text-is("−24.0")`);
    expect(shownNumber(await page.textContent(`${card('attic')} [data-value=peak]`))).toBe(-12);
    expect(await page.getAttribute('[role=meter]', 'aria-valuetext')).toBe('RMS minus 24.0 dBFS, peak minus 12.0 dBFS, loud');
    const part = (selector: string) => page.$eval(selector, (element) => new DOMMatrix((element as HTMLElement).style.transform).a);
    expect(1 - await part('.track.rms .cover')).toBeCloseTo(36 / 60, 2);
    expect(1 - await part('.track.peak .cover')).toBeCloseTo(48 / 60, 2);
    stub.send(level('attic', nowMs + 250, null));
    await page.waitForSelector(`${card('attic')} [data-value=rms]:text-is("−∞")`);
  });

  it('do not leave the last level standing when no more comes', async () => {
    stub.greeting = [status('attic'), { type: 'history', levels: [] }];
    const { page } = await show();
    await page.waitForSelector(card('attic'));
    stub.send(level('attic', nowMs, -24));
    await page.waitForSelector('[data-value=rms]:text-is("−24.0")');
    await page.waitForSelector('[data-value=rms]:text-is("–")');
    expect(await page.textContent('.state[data-name=source]')).toContain('No level has come');
    expect(await page.getAttribute('[role=meter]', 'aria-valuetext')).toBe('no level');
  });

  it('reset the clip latch by keyboard, and latch again', async () => {
    stub.greeting = [{ type: 'history', levels: [level('attic', nowMs, -3, { clipped: 5 })] }];
    const { page } = await show();
    await page.waitForSelector('.clip button:visible');
    await page.focus('.clip button');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.clip[data-clipped=false]');
    expect(await page.textContent('.clip-text')).toBe('No clipping');
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('clip');
    stub.send(level('attic', nowMs + 250, -3, { clipped: 2 }));
    await page.waitForSelector('.clip-text:has-text("2 samples clipped")');
  });

  it('with hostile names are text and nothing else', async () => {
    const name = '<img src=x onerror="document.title=1"><b>pi</b>';
    stub.greeting = [status(name, { detail: '<script>1</script>' }), { type: 'history', levels: [level(name, nowMs, -20)] }];
    const { page, troubles } = await show();
    await page.waitForSelector('section.device');
    expect(await page.textContent('section.device h2')).toBe(name);
    expect(await page.locator('section.device img, section.device script').count()).toBe(0);
    expect(troubles).toEqual([]);
  });

  it('are bounded in number', async () => {
    stub.greeting = [{ type: 'history', levels: Array.from({ length: 40 }, (_, index) => level(`pi-${index}`, nowMs, -20)) }];
    const { page } = await show();
    await page.waitForSelector('section.device');
    expect(await page.locator('section.device').count()).toBe(16);
    await page.waitForSelector('#refused:text-is("More than 16 devices send; the others are not shown.")');
  });

  it('show a refill after a reconnect once', async () => {
    stub.greeting = [{ type: 'history', levels: [0, 250, 500, 750].map((ms) => level('attic', nowMs + ms, -20, { clipped: 1 })) }];
    const { page } = await show();
    await page.waitForSelector('.clip-text:has-text("4 samples")');
    const { port } = stub;
    const { greeting } = stub;
    await stub.stop();
    await page.waitForSelector('#connection[data-state=reconnecting]');
    stub = await StubServer.start(port);
    stub.greeting = [{ type: 'history', levels: [
      ...(greeting[0] as { levels: object[] }).levels, level('attic', nowMs + 1000, -20, { clipped: 1 }),
    ] }];
    await page.waitForSelector('#connection[data-state=live]');
    await page.waitForSelector('.clip-text:has-text("5 samples")');
    await page.waitForSelector('.canvas[data-points="2"]');
  });

  it('have the curve as a table', async () => {
    stub.greeting = busyGreeting();
    const { page } = await show();
    await page.click(`${card('attic')} summary`);
    const rows = page.locator(`${card('attic')} tbody tr`);
    await expect.poll(() => rows.count()).toBeGreaterThanOrEqual(5);
    expect(await rows.allTextContents().then((texts) => texts.join(' '))).toContain('312');
  });
});

describe('the WAV form', () => {
  const answerWith = (seconds: number, more: Record<string, string> = {}): void => {
    stub.wav = (_query, response) => {
      const bytes = wavBytes(seconds);
      response.writeHead(200, {
        'Content-Type': 'audio/wav', 'Content-Length': bytes.length, 'Soundline-Samples': seconds * 8000,
        'Soundline-Gap-Samples': 0, 'Soundline-Bad-Lines': 0, ...more,
      }).end(bytes);
    };
  };

  it('asks in UTC for what was typed in local time, plays it and reports silence', async () => {
    stub.greeting = busyGreeting();
    answerWith(90, { 'Soundline-Gap-Samples': '26000', 'Soundline-Bad-Lines': '1' });
    const { page, troubles } = await show();
    await page.selectOption('#wav-device', 'cellar');
    await page.fill('#wav-start', '2026-01-31T14:03:07');
    await page.fill('#wav-length', '1.5');
    await page.selectOption('#wav-unit', 'min');
    expect(await page.textContent('#wav-zone')).toBe('Your time (Europe/Berlin, UTC+01:00). That is 2026-01-31 13:03:07Z.');
    await page.click('#wav-fetch');
    await page.waitForSelector('#wav-result:not([hidden])');
    expect(Object.fromEntries(stub.wavQueries[0]!)).toEqual({ start: '2026-01-31T13:03:07Z', seconds: '90', device: 'cellar' });
    expect(await page.textContent('#wav-report')).toBe(
      '3.25 s of 1 min 30 s was not captured and is silence in the file. 1 damaged line was skipped in the archive.');
    await expect.poll(() => page.$eval('#wav-audio', (audio) => (audio as HTMLAudioElement).duration)).toBe(90);
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#wav-download')]);
    expect(download.suggestedFilename()).toBe('soundline-cellar-20260131T130307Z-90s.wav');
    expect(readFileSync(await download.path()).equals(wavBytes(90))).toBe(true);
    expect(troubles).toEqual([]);
  });

  it('fetches the last seconds with one press, and plays', async () => {
    stub.greeting = [{ type: 'history', levels: [level('attic', nowMs - 250, -20)] }];
    answerWith(30);
    const { page, troubles } = await show();
    await page.waitForSelector('section.device');
    await page.click('[data-seconds="30"]');
    await page.waitForSelector('#wav-result:not([hidden])');
    expect(Object.fromEntries(stub.wavQueries[0]!)).toEqual({
      start: new Date(nowMs - 30_000).toISOString().replace('.000', ''), seconds: '30',
    });
    await page.$eval('#wav-audio', (audio) => (audio as HTMLAudioElement).play());
    await expect.poll(() => page.$eval('#wav-audio', (audio) => (audio as HTMLAudioElement).currentTime)).toBeGreaterThan(0);
    expect(troubles).toEqual([]);
  });

  it('shows progress, and can be cancelled', async () => {
    stub.wav = (_query, response) => {
      response.writeHead(200, { 'Content-Type': 'audio/wav', 'Content-Length': 2_000_000 });
      response.write(Buffer.alloc(1_000_000));
    };
    const { page } = await show();
    await page.click('[data-seconds="60"]');
    await page.waitForSelector('#wav-progress-text:text-is("1.0 MB of 2.0 MB")');
    await page.click('#wav-cancel');
    await page.waitForSelector('#wav-progress', { state: 'hidden' });
    expect(await page.textContent('#wav-live')).toBe('Cancelled.');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('wav-fetch');
  });

  it('shows the sentence of the server, and a broken download', async () => {
    stub.wav = (_query, response) => sendError(response, 404, 'No sound of 2026 is in the archive.');
    const { page } = await show();
    await page.click('[data-seconds="60"]');
    await page.waitForSelector('#wav-error:text-is("No sound of 2026 is in the archive.")');
    stub.wav = (_query, response) => {
      response.writeHead(200, { 'Content-Type': 'audio/wav', 'Content-Length': 2_000_000 });
      response.write(Buffer.alloc(1000), () => response.destroy());
    };
    await page.click('[data-seconds="60"]');
    await page.waitForSelector('#wav-error:has-text("Try again")');
  });

  it('offers the devices of the archive when one has to be chosen', async () => {
    stub.greeting = [status('attic'), { type: 'history', levels: [level('attic', nowMs - 250, -20)] }];
    stub.wav = (query, response) => {
      if (query.get('device') === 'old attic') response.writeHead(200, { 'Content-Type': 'audio/wav' }).end(wavBytes(1));
      else sendError(response, 400, 'the period holds sound of several devices; choose one of: attic, old attic');
    };
    const { page } = await show();
    await page.waitForSelector('section.device');
    expect(await page.isVisible('#wav-device')).toBe(false);
    await page.click('#wav-fetch');
    await page.waitForSelector('#wav-error:has-text("choose one of: attic, old attic")');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('wav-device');
    expect(await page.locator('#wav-device option').allTextContents()).toEqual(['attic', 'old attic']);
    await page.selectOption('#wav-device', 'old attic');
    await page.click('#wav-fetch');
    await page.waitForSelector('#wav-result:not([hidden])');
    expect(stub.wavQueries.map((query) => query.get('device'))).toEqual([null, 'old attic']);
  });

  it('names what is missing in the form, at the field', async () => {
    const { page, troubles } = await show();
    await page.fill('#wav-start', '');
    await page.click('#wav-fetch');
    await page.waitForSelector('#wav-error:has-text("Give a start")');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('wav-start');
    await page.fill('#wav-start', '2026-01-31T14:03:07');
    await page.fill('#wav-length', '0');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#wav-error:has-text("Give a length")');
    expect(await page.getAttribute('#wav-length', 'aria-invalid')).toBe('true');
    expect(stub.wavQueries).toHaveLength(0);
    expect(troubles).toEqual([]);
  });

  it('leads a file that is too large for a page to the disk', async () => {
    stub.wav = (_query, response) => {
      response.writeHead(200, { 'Content-Type': 'audio/wav', 'Content-Length': 300_000_000 }).flushHeaders();
    };
    const { page } = await show();
    await page.click('[data-seconds="300"]');
    await page.waitForSelector('#wav-download:text-is("Download WAV (300.0 MB)")');
    expect(await page.getAttribute('#wav-download', 'href')).toContain('/api/wav?start=');
    expect(await page.isVisible('#wav-audio')).toBe(false);
  });
});

describe('for everyone', () => {
  it.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['a phone', { colorScheme: 'light', viewport: { width: 360, height: 780 }, hasTouch: true, isMobile: true }],
  ] as const)('axe finds nothing, %s', async (_name, options) => {
    stub.greeting = busyGreeting();
    stub.wav = (_query, response) => response.writeHead(200, { 'Content-Type': 'audio/wav' }).end(wavBytes(1));
    const shown = await show(options);
    await shown.page.waitForSelector('.canvas[data-points]');
    stub.send(level('attic', nowMs, -3, { clipped: 3, peak_dbfs: 0 }));
    await shown.page.click('[data-seconds="30"]');
    await shown.page.waitForSelector('#wav-result:not([hidden])');
    await shown.page.click(`${card('attic')} summary`);
    expect(await violations(shown)).toEqual([]);
    expect(shown.troubles).toEqual([]);
  });

  it('axe finds nothing without a device, with an error, and while reconnecting', async () => {
    const shown = await show();
    await shown.page.waitForSelector('#empty-title:text-is("No device yet")');
    await shown.page.click('[data-seconds="30"]');
    await shown.page.waitForSelector('#wav-error:not(:empty)');
    expect(await violations(shown)).toEqual([]);
    await stub.stop();
    await shown.page.waitForSelector('#connection[data-state=reconnecting]');
    expect(await violations(shown)).toEqual([]);
    stub = await StubServer.start();
  });

  it.each([360, 320])('a phone %d px wide needs no scrolling sideways', async (width) => {
    stub.greeting = busyGreeting();
    const { page } = await show({ viewport: { width, height: 780 } });
    await page.waitForSelector('.canvas[data-points]');
    await page.click(`${card('attic')} summary`);
    await page.waitForSelector(`${card('attic')} tbody tr`);
    const edges = await page.$$eval('.card, .card *:not(.unseen, .track *, option)', (elements) =>
      elements.map((element) => element.getBoundingClientRect().right));
    expect(Math.max(...edges)).toBeLessThanOrEqual(width);
    expect(await page.$$eval('.card', (cards) => cards.filter((one) => one.scrollWidth > one.clientWidth).length)).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await page.$$eval('.table-box', (boxes) => boxes.filter((box) => box.scrollWidth > box.clientWidth).length)).toBe(0);
  });

  it('the last time below the curve is not cut off', async () => {
    // The last tick stands a pixel or two before the end.
    const endMs = Math.floor(nowMs / 60_000) * 60_000 + 500;
    const levels = Array.from({ length: 200 }, (_, index) => level('attic', endMs - 50_000 + index * 250, -20));
    stub.greeting = [{ type: 'history', levels }];
    const { page } = await show({ viewport: { width: 320, height: 780 } });
    await page.waitForSelector('.canvas[data-points] canvas');
    // The axis has ink once it is drawn; its last pixels, where a label would be cut off, have none.
    const ink = (fromRight: number) => page.$eval('.canvas canvas', (element, pixels) => {
      const canvas = element as HTMLCanvasElement;
      const { data } = canvas.getContext('2d')!.getImageData(canvas.width - pixels, canvas.height - 20, pixels, 20);
      return data.some((value, index) => index % 4 === 3 && value > 0);
    }, fromRight);
    await expect.poll(() => ink(280)).toBe(true);
    expect(await ink(2)).toBe(false);
  });

  it('the keyboard reaches everything in the order of reading', async () => {
    stub.greeting = busyGreeting();
    const { page } = await show();
    await page.waitForSelector('.clip button:visible');
    const order: string[] = [];
    for (let step = 0; step < 24; step += 1) {
      await page.keyboard.press('Tab');
      const name = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        return element.id || element.dataset['seconds'] || element.textContent?.trim() || '';
      });
      // The parts inside one input (day, month, hour …) are stops of their own.
      if (name !== order.at(-1)) order.push(name);
    }
    // Both cards end in a table: equal names in a row count once here.
    const expected = [
      'Skip to the WAV of a period', 'Reset', 'The same as a table', 'wav-device', '30', '60', '300', 'wav-start',
      'wav-length', 'wav-unit', 'wav-fetch', 'Licences of included software',
    ];
    expect(order.slice(0, expected.length)).toEqual(expected);
  });

  it('focus can be seen', async () => {
    const { page } = await show();
    await page.focus('#wav-fetch');
    await page.keyboard.press('Shift+Tab');
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineWidth);
    expect(outline).toBe('3px');
  });

  it('nothing glides where motion is not wanted', async () => {
    stub.greeting = busyGreeting();
    for (const [reducedMotion, expected] of [['reduce', ['0s', '0s']], ['no-preference', ['0.08s', '0.22s']]] as const) {
      const { page } = await show({ reducedMotion });
      await page.waitForSelector('.cover', { state: 'attached' });
      expect(await page.$$eval(`${card('attic')} .cover`, (covers) =>
        covers.map((element) => getComputedStyle(element).transitionDuration))).toEqual(expected);
    }
  });

  it('a live region speaks of changes of state, not of seconds or levels', async () => {
    stub.greeting = busyGreeting();
    const { page } = await show();
    await page.waitForSelector('.canvas[data-points]');
    const spoken = await page.$$eval('[role=status], [aria-live], [role=alert]', (elements) =>
      elements.map((element) => element.id || element.getAttribute('data-name') || element.textContent));
    expect(spoken).not.toContain('connection-detail');
    expect(await page.locator('[role=status] [data-value], [aria-live] [data-value]').count()).toBe(0);
  });
});

describe('in the background', () => {
  it('the page keeps up and shows the present when it is looked at', async () => {
    stub.greeting = [{ type: 'history', levels: [level('attic', nowMs - 250, -20)] }];
    const { page, received } = await show();
    await page.waitForSelector('section.device');
    const hide = (hidden: boolean) => page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    await hide(true);
    for (let index = 0; index < 40; index += 1) stub.send(level('attic', nowMs + index * 250, -30 - index / 10));
    // The greeting and all forty, none of which is drawn.
    await expect.poll(received).toBe(41);
    expect(await page.textContent('[data-value=rms]')).toBe('–');
    await hide(false);
    await page.waitForSelector('[data-value=rms]:text-is("−33.9")');
    await page.waitForSelector('.canvas[data-points="11"]');
  });
});
