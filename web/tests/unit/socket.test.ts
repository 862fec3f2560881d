import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Message } from '../../src/core/protocol';
import { FIRST_WAIT_MS, waitMs, WAIT_MS_MAX } from '../../src/source/backoff';
import { LOST_AFTER_MS, OPEN_MS_MAX, QUIET_MS_MAX, SocketSource, type Socket } from '../../src/source/socket';
import type { ConnectionState } from '../../src/source/source';

const HISTORY = '{"type":"history","levels":[]}';

class FakeSocket implements Socket {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;
  close(): void {
    this.closed = true;
  }
  say(data: unknown): void {
    this.onmessage?.({ data });
  }
  break(): void {
    this.onclose?.();
  }
}

let sockets: FakeSocket[];
let states: ConnectionState[];
let messages: Message[];
let answers: boolean;
let probes: number;
let source: SocketSource;

beforeEach(() => {
  vi.useFakeTimers();
  [sockets, states, messages, answers, probes] = [[], [], [], true, 0];
  source = new SocketSource({
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    probe: async () => {
      probes += 1;
      if (!answers) throw new Error('no answer');
    },
    random: () => 1,
  });
  source.start({ message: (message) => messages.push(message), stateChanged: (state) => states.push(state) });
});
afterEach(() => {
  source.stop();
  vi.useRealTimers();
});

const kinds = () => states.map((state) => state.kind);
const socket = () => sockets.at(-1)!;

describe('the wait between tries', () => {
  it('grows to its limit and stays there, and is never in step', () => {
    const waits = Array.from({ length: 2000 }, (_, attempt) => waitMs(attempt, () => 1));
    expect(waits.slice(0, 6)).toEqual([500, 1000, 2000, 4000, 8000, 10_000]);
    expect(Math.max(...waits)).toBe(WAIT_MS_MAX);
    expect(waitMs(0, () => 0)).toBe(FIRST_WAIT_MS * 0.75);
  });
});

describe('the socket', () => {
  it('is live with its first message, and passes messages on', () => {
    expect(kinds()).toEqual(['connecting']);
    socket().say(HISTORY);
    expect(kinds()).toEqual(['connecting', 'live']);
    expect(messages).toEqual([{ kind: 'history', entries: [] }]);
  });

  it('survives what is no message', () => {
    for (const data of [HISTORY, 'nonsense', '{"type":"?"}', new ArrayBuffer(4), HISTORY]) socket().say(data);
    expect(messages).toHaveLength(2);
    expect(kinds().at(-1)).toBe('live');
  });

  it('comes back after a break, with growing waits that a success ends', () => {
    socket().say(HISTORY);
    socket().break();
    expect(states.at(-1)).toEqual({ kind: 'reconnecting', retryAtMs: performance.now() + 500 });
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(2);
    socket().break();
    vi.advanceTimersByTime(999);
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(sockets).toHaveLength(3);
    socket().say(HISTORY);
    expect(kinds().at(-1)).toBe('live');
    socket().break();
    expect(states.at(-1)).toEqual({ kind: 'reconnecting', retryAtMs: performance.now() + 500 });
  });

  it('does not take an accepted handshake for a server', () => {
    socket().break();
    vi.advanceTimersByTime(500);
    socket().break();
    expect(states.at(-1)).toEqual({ kind: 'reconnecting', retryAtMs: performance.now() + 1000 });
  });

  it('is lost after half a minute, goes on trying and recovers', () => {
    socket().say(HISTORY);
    socket().break();
    const endMs = performance.now() + LOST_AFTER_MS + WAIT_MS_MAX;
    while (performance.now() < endMs) {
      vi.advanceTimersByTime(100);
      if (sockets.length > 1 && socket().onclose) socket().break();
    }
    expect(kinds().at(-1)).toBe('lost');
    vi.advanceTimersByTime(WAIT_MS_MAX);
    socket().say(HISTORY);
    expect(kinds().at(-1)).toBe('live');
  });

  it('tries at once when it is asked to', () => {
    socket().break();
    source.retryNow();
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(5_000);
    expect(sockets, 'the wait that was under way is over').toHaveLength(2);
  });

  it('gives up a handshake that nobody answers', () => {
    vi.advanceTimersByTime(OPEN_MS_MAX);
    expect(sockets[0]!.closed).toBe(true);
    expect(kinds().at(-1)).toBe('reconnecting');
  });

  it('asks a quiet server, and stays while it answers', async () => {
    socket().say(HISTORY);
    await vi.advanceTimersByTimeAsync(QUIET_MS_MAX * 3.5);
    expect(probes).toBe(3);
    expect(kinds().at(-1)).toBe('live');
    expect(sockets).toHaveLength(1);
  });

  it('leaves a server that does not answer, without waiting for TCP', async () => {
    socket().say(HISTORY);
    answers = false;
    await vi.advanceTimersByTimeAsync(QUIET_MS_MAX);
    expect(sockets[0]!.closed).toBe(true);
    expect(kinds().at(-1)).toBe('reconnecting');
  });

  it('does not ask a server that speaks', async () => {
    for (let time = 0; time < 100; time += 1) {
      socket().say(HISTORY);
      await vi.advanceTimersByTimeAsync(250);
    }
    expect(probes).toBe(0);
  });

  it('is silent and closed after stop', () => {
    socket().say(HISTORY);
    const before = states.length;
    source.stop();
    expect(socket().closed).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(states.length).toBe(before);
    expect(sockets).toHaveLength(1);
  });
});
