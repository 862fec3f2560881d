/** The numbers that the page shares with the program, and those it sets for itself. */

/** Lowest level that scale and curve show, in dBFS. Speech in a quiet room stays above it. */
export const SCALE_MIN_DBFS = -60;
/** Full scale: 0 dBFS is a sample of 32768. */
export const SCALE_MAX_DBFS = 0;

/** Below this peak the word is "quiet": a microphone that hears nothing, or is muted, shall not be called normal. */
export const QUIET_BELOW_DBFS = -45;
/** From here up the gauge is amber: the alignment level of EBU R 68, above which its head room begins. */
export const LOUD_FROM_DBFS = -18;
/** From here up the gauge is red: a shout more and it clips. */
export const HOT_FROM_DBFS = -6;

/** How much of the past is kept and shown. The server's history is as long. */
export const HISTORY_MS = 600_000;
/** Sound in one chunk, used where a message does not say. */
export const CHUNK_MS = 250;
/** Shortest chunk seen in the field (a prototype's 800 samples at 8 kHz). Sizes the history. */
export const CHUNK_MS_MIN = 100;
/** Entries of one device's history: ten minutes of the shortest chunks. 6,000 x 25 bytes = 150 kB. */
export const HISTORY_ENTRIES_MAX = HISTORY_MS / CHUNK_MS_MIN;

/** Devices that are kept at once. Their histories need 2.4 MB at most. */
export const DEVICES_MAX = 16;
/** Longest name or sentence that is taken from a message, in UTF-16 units. */
export const TEXT_LENGTH_MAX = 300;
/** Longest message that is read at all: ten minutes of sixteen devices with room to spare. */
export const MESSAGE_LENGTH_MAX = 32 * 1024 * 1024;

/** A level that is this old is no longer shown as the present one. */
export const STALE_AFTER_MS = 2_000;
