// The tests run one at a time, because they count descriptors and threads of this process and recycle PIDs.
[assembly: DoNotParallelize]

// Parameters of some tests are types of the library that are internal.
[assembly: DiscoverInternals]
