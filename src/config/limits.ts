/**
 * Bounds on what a config file may ask of the program that reads it. They are far above any real
 * file and exist so that a wrong path or a hostile file costs an error message, not memory.
 */

/** Bytes of one config file. As many servers as there can be, one per line, are about 100 KiB. */
export const configBytesMax = 1024 * 1024;

/** Longest silence of a pipe that a config is read from, and how often it is looked at, ms. */
export const pipeSilenceMsMax = 5_000;
export const pipeLookMs = 10;

/** Maps and lists inside each other; the schema itself needs 7. */
export const nestingDepthMax = 32;

/** Values in the file with every alias written out, so an alias bomb ends in an error. */
export const valuesMax = 200_000;

/** Problems listed; more of them are counted. */
export const problemsMax = 100;

/** Characters of a wrong value repeated in a message. */
export const foundTextMax = 60;

/** Bytes read of the file that a secret is in. */
export const secretTextBytesMax = 8_192;
