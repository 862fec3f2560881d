/**
 * Where levels come from. The page knows this interface alone; the program's own socket is one implementation.
 *
 * Contract: after `start` the listener gets a state at once, then messages in the order of sending, and each change
 * of state. A source reconnects by itself until `stop`, and after each connection sends the history first, so that
 * what was missed comes again. Times are milliseconds of `performance.now()`.
 */
import type { Message } from '../core/protocol';

export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'reconnecting'; readonly retryAtMs: number }
  /** As `reconnecting`, but for so long that a person should look. It is still tried. */
  | { readonly kind: 'lost'; readonly retryAtMs: number };

export interface SourceListener {
  message(message: Message): void;
  stateChanged(state: ConnectionState): void;
}

export interface LevelSource {
  start(listener: SourceListener): void;
  /** Tries now instead of at the end of the wait; when connected, checks that it still is. */
  retryNow(): void;
  stop(): void;
}
