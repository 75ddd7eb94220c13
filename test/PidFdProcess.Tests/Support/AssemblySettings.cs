// Tests count descriptors and threads of this process and force PIDs to recycle: one at a time.
[assembly: DoNotParallelize]

// Parameters of some tests are types of the library that are internal.
[assembly: DiscoverInternals]
