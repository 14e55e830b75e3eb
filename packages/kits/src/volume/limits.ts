/** How long the steps of a volume's actions may take, in milliseconds. Nothing waits longer than it needs. */
export const limits = {
  /** The journal of a large file system is replayed by the mount itself. */
  mountMs: 60_000,
  /** How long another user of the device, such as a mount namespace that is being taken down, may hold it. */
  releaseMs: 3_000,
  /** One small read or write of the disk. */
  ioMs: 5_000,
  /** Writing back what is dirty in memory. */
  unmountMs: 60_000,
  /** How long users of a busy volume get after SIGTERM, and the kernel to end them after SIGKILL. */
  politeMs: 500,
  killMs: 2_000,
  /** After this the volume is said not to come free. */
  freeMs: 15_000,
  /** A write that has not come back for so long is not just slow. */
  hangingMs: 60_000,
  pollMs: 10,
} as const;
