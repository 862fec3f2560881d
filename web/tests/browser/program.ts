/** Runs the real `soundline` program for a test and reads its address from what it says. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** What cargo build and cargo test leave behind. */
const DEBUG_BUILD = resolve(ROOT, process.env['CARGO_TARGET_DIR'] ?? 'target', 'debug', 'soundline');
/** A debug build on a busy Raspberry Pi needs some seconds. */
const START_MS_MAX = 30_000;

export function programPath(): string {
  const path = process.env['SOUNDLINE_BIN'] ?? DEBUG_BUILD;
  if (!existsSync(path)) throw new Error(`${path} is not there: run cargo build, or name the program in SOUNDLINE_BIN.`);
  return path;
}

/** A folder for one test's data, removed by `remove`. */
export class Scratch {
  readonly path = mkdtempSync(join(tmpdir(), 'soundline-page-'));

  file(name: string, bytes: Uint8Array): string {
    const path = join(this.path, name);
    writeFileSync(path, bytes);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export class Program {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    private readonly ended: Promise<number | null>,
  ) {}

  /** Starts and resolves once the page can be opened. What the program said is in the error when it ends instead. */
  static start(args: readonly string[]): Promise<Program> {
    // Options of the shell that runs the tests must not become options of the program.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SOUNDLINE_')));
    const child = spawn(programPath(), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    return new Promise((started, reject) => {
      let said = '';
      const fail = (why: string) => {
        child.kill('SIGKILL');
        reject(new Error(`soundline ${args.join(' ')}: ${why}; it said:\n${said}`));
      };
      const late = setTimeout(() => fail('no address within 30 s'), START_MS_MAX);
      child.once('error', (error) => fail(error.message));
      void ended.then((code) => fail(`ended with ${code}`));
      const listen = (text: string) => {
        // Read on to the end, so that the pipe never fills; keep only what an error needs.
        said = (said + text).slice(-4_000);
        const url = /\bhttp:\/\/\S+:\d+(?=\/?\s)/.exec(said)?.[0];
        if (!url) return;
        clearTimeout(late);
        started(new Program(child, `${url}/`, ended));
      };
      // `run` says its address on standard error, `demo` tells people on standard output.
      child.stderr!.setEncoding('utf8').on('data', listen);
      child.stdout!.setEncoding('utf8').on('data', listen);
    });
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** As Ctrl-C would; gives the exit code. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGINT');
    return this.ended;
  }
}
