/** Chromium for the tests: Debian's own, started once a file, with everything off that would reach for a network. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

const ARGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), args: ARGS });
}

function chromiumPath(): string {
  const named = process.env['CHROMIUM'];
  if (named) return named;
  // Raspberry Pi OS calls it chromium-browser.
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      if (existsSync(join(folder, name))) return join(folder, name);
    }
  }
  throw new Error('There is no Chromium on the PATH: install it (apt install chromium) or name it in CHROMIUM.');
}

type ContextOptions = NonNullable<Parameters<Browser['newContext']>[0]>;

export interface Opened {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors of the console, of scripts and of the content policy. */
  readonly troubles: string[];
  /** Messages that came over the page's sockets. */
  readonly received: () => number;
}

/** Opens a page that keeps a list of its troubles. */
export async function open(browser: Browser, url: string, options: ContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width: 1200, height: 900 }, timezoneId: 'Europe/Berlin', locale: 'en-GB', ...options,
  });
  // Less than a test's own limit, so that a failure names the condition that was waited for.
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(`script: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(`console: ${message.text()}`);
  });
  let messages = 0;
  page.on('websocket', (socket) => socket.on('framereceived', () => void (messages += 1)));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`content policy: ${event.violatedDirective} refused ${event.blockedURI}`);
    });
  });
  await page.goto(url);
  return { context, page, troubles, received: () => messages };
}

/** A number as the page writes it: a true minus, a dash for none. NaN when it is none. */
export function shownNumber(text: string | null): number {
  const plain = (text ?? '').replace('−', '-');
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : plain === '-∞' ? -Infinity : NaN;
}
