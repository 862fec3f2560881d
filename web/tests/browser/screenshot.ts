/**
 * Makes docs/screenshot.png and docs/screenshot-dark.png from the real program and its made-up sound.
 *
 * It takes a little less than five minutes, which nearly fill the curve; SHOT_SECONDS takes other times.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch, open } from './browser';
import { Program, Scratch } from './program';

const docs = process.env['SHOT_DIR'] ?? fileURLToPath(new URL('../../../docs', import.meta.url));
const seconds = Number(process.env['SHOT_SECONDS'] ?? 285);
const scratch = new Scratch();
const browser = await launch();
const program = await Program.start(['demo', '--listen', '127.0.0.1:0', '--data-dir', scratch.path, '--no-open']);
try {
  mkdirSync(docs, { recursive: true });
  // Both pages look on from the start; the server's history would do as well.
  const pages = [];
  for (const [name, colorScheme] of [['screenshot', 'light'], ['screenshot-dark', 'dark']] as const) {
    const { page } = await open(browser, program.url, {
      // Bars that glide would be caught on their way.
      colorScheme, viewport: { width: 1200, height: 790 }, reducedMotion: 'reduce',
    });
    pages.push({ name, page });
  }
  console.log(`waiting for ${seconds} s of sound`);
  for (const { name, page } of pages) {
    await page.waitForFunction(
      (least) => Number(document.querySelector('.canvas')?.getAttribute('data-points')) >= least,
      // The first and the last second are seldom whole.
      seconds - 3,
      { timeout: (seconds + 60) * 1000 },
    );
    await page.click('[data-seconds="30"]');
    await page.waitForSelector('#wav-result:not([hidden])');
    await page.waitForFunction(() => (document.querySelector('#wav-audio') as HTMLAudioElement).readyState >= 1);
    // The ring of the pressed button is for fingers, not for the picture.
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.mouse.move(0, 0);
    // The made-up sound pauses now and then, and a gauge at rest shows nothing.
    await page.waitForFunction(() => {
      const shown = (name: string) =>
        Number(document.querySelector(`[data-value=${name}]`)?.textContent?.replace('−', '-'));
      return shown('rms') > -26 && shown('peak') > -16 && shown('hold') > shown('peak') + 2;
    });
    const path = join(docs, `${name}.png`);
    await page.screenshot({ path });
    console.log(path);
  }
} finally {
  await browser.close();
  await program.kill();
  scratch.remove();
}
