/**
 * Thrown by a port that was asked too often by all together, and asked again in vain: nothing was done, and a little later it will be.
 * The flows answer 'busy'.
 */
export class Busy extends Error {}
