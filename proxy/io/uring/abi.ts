/** Numbers of `linux/io_uring.h` that the engine uses. */

/** Operations. */
export const Operation = {
  sendmsg: 9,
  accept: 13,
  asyncCancel: 14,
  connect: 16,
  close: 19,
  send: 26,
  recv: 27,
} as const;

/** Flags of a submission entry, in its first word: operation | flags << 8 | ioprio << 16. */
export const BUFFER_SELECT = 1 << 5;
/** No completion when it succeeds. */
export const SKIP_SUCCESS = 1 << 6;
export const ACCEPT_MULTISHOT = 1;
export const RECV_MULTISHOT = 1 << 1;
/** Does not look whether there is something to read before it waits for that. */
export const RECV_POLL_FIRST = 1;

/** Flags of io_uring_setup. */
export const SETUP_CQ_SIZE = 1 << 3;
/** An entry that is refused does not stop those behind it. */
export const SETUP_SUBMIT_ALL = 1 << 7;
/** Tells in the ring's flags that work waits for the next enter. */
export const SETUP_TASKRUN_FLAG = 1 << 9;
export const SETUP_SINGLE_ISSUER = 1 << 12;
/** Completions are made when we ask for them, on our own thread, and not in the middle of anything. */
export const SETUP_DEFER_TASKRUN = 1 << 13;

/** Flags of io_uring_enter. */
export const ENTER_GET_EVENTS = 1;

/** Flags of the submission ring, set by the kernel. */
export const SQ_CQ_OVERFLOW = 1 << 1;
export const SQ_TASKRUN = 1 << 2;

/** Flag of the completion ring, set by us: no word through the eventfd. */
export const CQ_EVENTFD_DISABLED = 1;

/** Flags of a completion; the buffer's number is in the upper half. */
export const CQE_BUFFER = 1;
/** The operation goes on; more completions follow. */
export const CQE_MORE = 2;
export const CQE_BUFFER_SHIFT = 16;

/** Operations of io_uring_register. */
export const REGISTER_EVENTFD = 4;
export const REGISTER_PROBE = 8;
export const REGISTER_BUFFER_RING = 22;
export const REGISTER_SYNC_CANCEL = 24;

export const CANCEL_ALL = 1;
export const CANCEL_ANY = 4;

/** Features of a ring that we count on. */
export const FEATURE_SINGLE_MMAP = 1;
/** Completions that do not fit are kept by the kernel, not dropped. */
export const FEATURE_NO_DROP = 1 << 1;
/** What an entry points to is read when it is submitted. */
export const FEATURE_SUBMIT_STABLE = 1 << 2;

export const OFFSET_RINGS = 0;
export const OFFSET_ENTRIES = 0x10000000;

export const MSG_NOSIGNAL = 0x4000;
/** A send is through when everything is out, not when something is. */
export const MSG_WAITALL = 0x100;

/** errno values in completions. */
export const Errno = {
  interrupted: -4,
  again: -11,
  busy: -16,
  noBuffers: -105,
  canceled: -125,
  invalid: -22,
} as const;
