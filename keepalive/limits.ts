/**
 * Every bound of the agent in one table. Times of the state machine are integer microseconds, as
 * its clock; times of things around it are milliseconds.
 */

/**
 * When to announce a claimed address, counted from the claim or from the doubt that restarted the
 * schedule: at once, then in growing gaps, because the first announcement is the one most easily
 * lost (the switch port may just have come up) and the last must still find a sleepy neighbour.
 */
export const announceOffsetsMicros = [
  0, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000,
] as const;

/** After the schedule an Active router still announces this often. */
export const announceRefreshMicros = 60_000_000;

/** A doubt restarts the announcements at most this often, so a hostile LAN cannot drive us. */
export const announceRestartMicros = 1_000_000;

/** How long one turn of the event loop is given to read the sockets. */
export const drainPauseMicros = 1_000;

/** So many times in a row a late Backup listens again before it trusts the read socket alone. */
export const lateListensMax = 3;

/** A node whose balancer was never ready waits this long before it claims at priority 1. */
export const neverReadyHoldMicros = 30_000_000;

/**
 * A better node takes the address back this often without waiting; then it is held down, twice as
 * long each time, and one time is forgotten after each of these quiet periods.
 */
export const preemptsFreeMax = 3;
export const preemptHoldFirstMicros = 5_000_000;
export const preemptHoldMaxMicros = 600_000_000;
export const preemptForgetMicros = 600_000_000;

/**
 * A fault that shows only while Active is forgotten this long after it was last seen, twice as long
 * each time it comes back; one time is forgotten after each of these quiet periods. Times beyond
 * the one that reaches the longest hold are not counted, so that a mended host is trusted again
 * within the hour.
 */
export const selfFaultHoldFirstMicros = 30_000_000;
export const selfFaultHoldMaxMicros = 600_000_000;
export const selfFaultForgetMicros = 600_000_000;
export const selfFaultTimesMax = 6;

/**
 * Duplicate addresses: who else answers is asked after a claim, after each doubt (but not more often
 * than this), and every so often.
 */
export const askMinMicros = 1_000_000;
export const askAgainMicros = 10_000_000;

/** Shortest time between two checks of a rival: hosts notice a conflict not in the same moment. */
export const rivalCheckMinMicros = 10_000;

/** A rival that stays is asked for this often, and counts as gone after so long without a claim. */
export const rivalRecheckMicros = 1_000_000;
export const rivalGoneMicros = 3_000_000;

/** What the other agent said of itself longer ago decides nothing; it speaks twice a second. */
export const peerFactsMaxMs = 1_500;

/** DEFEND_INTERVAL of RFC 5227: one announcement against a rival in this time. */
export const defendMicros = 10_000_000;

/** MAC addresses kept of others: rivals of one virtual router, and hosts of the pair. */
export const rivalsMax = 8;
export const partnersKnownMax = 8;

/**
 * A better node that got its link back waits so long at most for its balancer to look at the origins
 * again, before it takes the addresses from a sound node.
 */
export const originCheckMaxMicros = 5_000_000;

/** Advertisements refused in a row by the kernel after which the router counts as faulted. */
export const sendFailuresMax = 3;

/** Transitions kept for the status, per virtual router. */
export const transitionsKeptMax = 32;

/** Text kept of a health script's last run. */
export const scriptOutputCharsMax = 2_048;

/** A message that repeats is logged once in this time, with the number left out in between. */
export const logRepeatMicros = 10_000_000;

/** Lines about packets that were refused, in the time of a repetition, however they differ. */
export const heardLinesMax = 20;

/**
 * Another router that gives way advertises once more, and one that was cut off once before it does. More
 * than this many in the time of a repetition, while we are Active, are worth a warning.
 */
export const contestsQuietMax = 2;

/** Different messages whose repetition is remembered; beyond it the oldest is forgotten. */
export const logKeysMax = 256;

/** Interfaces that are missing and sockets that would not open are tried again this often. */
export const retryMicros = 1_000_000;

/** Waits before another attempt at a lease that was refused; the last one repeats. */
export const leaseRetryMicros = [1_000_000, 3_000_000, 10_000_000, 60_000_000] as const;

/**
 * Without a lease an address is given a lifetime in the kernel: at least this long, and longer than
 * a Backup waits, renewed well before it ends.
 */
export const addressLifetimeMinSeconds = 2;
export const addressRenewMicros = 500_000;

/** Waits before an address somebody else changed is put right again; the last one repeats. */
export const addressRepairMicros = [0, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000] as const;

/** An address left alone this long starts again with the first of those waits. */
export const addressQuietMicros = 60_000_000;

/** A BFD session that has not come up in this time after the start is worth a warning. */
export const bfdNeverUpMicros = 10_000_000;

/** A tracked file holds one number; one that is longer is not read. */
export const trackedFileBytesMax = 256;

/** A tracked file is read again this often, whether or not a change was noticed. */
export const fileRereadMs = 2_000;

/** How long a burst of changes of a file is waited out. */
export const fileSettleMs = 20;

/** Most that a number in a file adds to a priority or takes from it: the length of the scale. */
export const fileShareMax = 253;

/** Tracked processes are looked for this often. */
export const processScanMicros = 1_000_000;

/** Processes looked at in one turn of the event loop: at most about half a millisecond. */
export const processesPerTurnMax = 32;

/**
 * Longest wait for a dead agent's lease to run out before its addresses are removed, ms: it covers
 * adverts every second. With slower ones the addresses go sooner, and the peer comes later.
 */
export const releaseWaitMaxMs = 5_000;

/** Between two looks at such a lease, ms. */
export const releaseLookEveryMs = 2;

/** Readers of the event stream at a time. */
export const eventReadersMax = 16;

/** Queued for a reader of the event stream that does not read; beyond it events are left out. */
export const eventReaderBytesMax = 256 * 1024;

/** A reader that misses events and reads nothing for so long is disconnected. */
export const eventReaderStuckMs = 30_000;

/** Trackers of one router that the peer is told of, and characters of each one's reason. */
export const peerReasonsMax = 8;
export const peerReasonCharsMax = 200;

/** The recent past of the status' lateness: at least this long, at most twice. */
export const latenessWindowMicros = 60_000_000;

/** A witness is asked so often for the status, whoever else wants to know. */
export const witnessProbeMicros = 1_000_000;

/** How long an answer of a witness is waited for: a quarter of an interval, within these. */
export const witnessTimeoutMinMicros = 5_000;
export const witnessTimeoutMaxMicros = 250_000;

/** Questions that wait for one answer of a witness. */
export const witnessWaitersMax = 16;

/** Transitions of one router that wait for its notify command; beyond it the oldest is left out. */
export const notifyQueueMax = 16;

/** A stopping agent waits so long for its notify commands, ms; then they are killed. */
export const notifyStopMs = 2_000;

/** Senders of one virtual router whose sequence numbers are remembered; all of them have a key. */
export const sendersKnownMax = 16;

/** How long answers are collected when the peer wants to know where a neighbour finds an address. */
export const resolveMicros = 30_000;

/** Such questions at a time. */
export const resolvesMax = 16;

/** When the peer is asked whether it finds the addresses here, counted from the claim. */
export const verifyOffsetsMicros = [20_000, 150_000, 1_200_000, 4_000_000, 12_000_000] as const;

/** How long its answer is waited for. */
export const verifyAnswerMicros = 500_000;

/** How long an agreed handover may take to be agreed before the address moves without (design 4.2 rule 2). */
export const handoverMicros = 500_000;

/** For so long a receiver waits for the resignation that it was promised, and passes strangers on unasked. */
export const handoverExpectMicros = 2_000_000;

/** So long after a handover a resignation may still be one from before it that was held up on the LAN. */
export const overtakenMicros = 50_000;

/** A drain lasts at least this long: packets may still be on their way by the old holder's address. */
export const drainLeastMicros = 1_000_000;
/** Time between two counts of what is left: one takes the kernel 5 to 10 ms, however little there is. */
export const drainCountMicros = 1_000_000;
/** The same, shortly before the end of a drain, ... */
export const drainLastCountMicros = 250_000;
/** ... which is the time from here on. */
export const drainLastMicros = 2_000_000;
/** What was counted so shortly before the end of a drain, and is gone after it, was cut. */
export const drainCutMicros = 500_000;

/** An agent that is told to stop drains no longer than this (design 4.2). */
export const stopDrainMaxMicros = 90_000_000;

/** The kernel has this long to end what is left of old connections, before addresses come here by agreement. */
export const forgetMicros = 100_000;

/** While the agents are not connected, a draining peer is asked this often whether it is there. */
export const drainerProbeMicros = 1_000_000;
/** So many silences in a row: it is dead, and so are its connections. */
export const drainerSilencesMax = 3;

/**
 * A host that drains still takes in what the switches send to a virtual MAC for so long: until the new
 * holder has announced it.
 */
export const quitDeviceMicros = 1_000_000;

/** Between the two halves of what an agent does as addresses come to it by agreement: for others to run. */
export const restMicros = 20_000;
