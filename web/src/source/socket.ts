/** The program's own WebSocket as a source. */
import { parseMessage } from '../core/protocol';
import { waitMs } from './backoff';
import type { ConnectionState, LevelSource, SourceListener } from './source';

/** A handshake that takes longer is given up: a host that swallows packets answers neither yes nor no. */
export const OPEN_MS_MAX = 8_000;
/** Without a connection for this long the state is `lost`. */
export const LOST_AFTER_MS = 30_000;
/** After this long without a message the server is asked whether it is there: TCP alone may not notice for minutes. */
export const QUIET_MS_MAX = 10_000;

/** What is used of a WebSocket, so that tests can hand in another. */
export interface Socket {
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  close(): void;
}

export interface SocketOptions {
  open(): Socket;
  /** Resolves when the server answers, rejects when it does not. */
  probe(): Promise<unknown>;
  random(): number;
}

export class SocketSource implements LevelSource {
  private listener: SourceListener | null = null;
  private socket: Socket | null = null;
  private live = false;
  private attempt = 0;
  private downSinceMs = 0;
  private heardMs = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private probing = false;

  constructor(private readonly options: SocketOptions) {}

  start(listener: SourceListener): void {
    this.listener = listener;
    this.downSinceMs = performance.now();
    this.tell({ kind: 'connecting' });
    this.connect();
  }

  retryNow(): void {
    if (!this.listener) return;
    if (this.socket) {
      if (this.live) this.probe();
      return;
    }
    this.connect();
  }

  stop(): void {
    this.listener = null;
    this.drop();
  }

  private connect(): void {
    clearTimeout(this.timer);
    let socket: Socket;
    try {
      socket = this.options.open();
    } catch {
      // The address is refused (a policy, a broken URL): as a failed try, since the next page may be allowed.
      this.wait();
      return;
    }
    this.socket = socket;
    this.timer = setTimeout(() => this.fail(socket), OPEN_MS_MAX);
    // `live` waits for the first message: a proxy may accept the handshake for a server that is gone.
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = () => this.fail(socket);
  }

  private receive(data: unknown): void {
    const message = typeof data === 'string' ? parseMessage(data) : null;
    this.heardMs = performance.now();
    if (!this.live) {
      this.live = true;
      this.attempt = 0;
      this.tell({ kind: 'live' });
      this.watch();
    }
    if (message) this.listener?.message(message);
  }

  /** Looks again when the quiet would be too long; a message only moves `heardMs`, which is cheap. */
  private watch(): void {
    clearTimeout(this.timer);
    const leftMs = this.heardMs + QUIET_MS_MAX - performance.now();
    this.timer = setTimeout(() => {
      if (performance.now() - this.heardMs >= QUIET_MS_MAX) this.probe();
      else this.watch();
    }, Math.max(leftMs, 100));
  }

  /** A waiting microphone is quiet as well: only a server that does not answer ends the connection. */
  private probe(): void {
    const socket = this.socket;
    if (this.probing || !socket) return;
    this.probing = true;
    this.options.probe().then(
      () => {
        this.heardMs = performance.now();
        if (this.socket === socket) this.watch();
      },
      () => this.fail(socket),
    ).finally(() => {
      this.probing = false;
    });
  }

  private fail(socket: Socket): void {
    if (this.socket !== socket) return;
    this.drop();
    if (this.listener) this.wait();
  }

  private wait(): void {
    const nowMs = performance.now();
    const afterMs = waitMs(this.attempt, () => this.options.random());
    this.attempt += 1;
    const retryAtMs = nowMs + afterMs;
    this.tell(
      nowMs - this.downSinceMs >= LOST_AFTER_MS ? { kind: 'lost', retryAtMs } : { kind: 'reconnecting', retryAtMs },
    );
    this.timer = setTimeout(() => this.connect(), afterMs);
  }

  private drop(): void {
    clearTimeout(this.timer);
    if (this.live) this.downSinceMs = performance.now();
    this.live = false;
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private tell(state: ConnectionState): void {
    this.listener?.stateChanged(state);
  }
}

/** The socket beside the page: `api/live` of the folder it was loaded from. */
export function socketBeside(pageUrl: string): SocketSource {
  const liveUrl = new URL('api/live', pageUrl);
  liveUrl.protocol = liveUrl.protocol === 'https:' ? 'wss:' : 'ws:';
  const statusUrl = new URL('api/status', pageUrl);
  return new SocketSource({
    open: () => new WebSocket(liveUrl) as Socket,
    probe: () => fetch(statusUrl, { cache: 'no-store', signal: AbortSignal.timeout(5_000) }),
    random: Math.random,
  });
}
