/** Waits between tries: soon at first, then rarer, never in step with other pages. */

export const FIRST_WAIT_MS = 500;
/** Longest wait. A person who starts the program again shall not wait longer than a breath or two. */
export const WAIT_MS_MAX = 10_000;

/** Wait before try `attempt` (0 is the first); `random` gives [0, 1). */
export function waitMs(attempt: number, random: () => number): number {
  // 2^5 x 0.5 s is above the limit already; a larger exponent would only overflow in the end.
  const full = Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** Math.min(attempt, 5));
  return full * (0.75 + 0.25 * random());
}
