namespace PidFdProcess.Linux;

// The numbers of errno(3) on Linux, as asm-generic/errno.h has them. They are the same on every architecture that .NET runs on. The library has its
// own enum, because the enum of Mono.Posix.NETStandard would load that assembly and the netstandard facade into every program. Public members convert
// to and from it.
internal enum Errno
{
    None = 0,
    EPERM = 1,
    ENOENT = 2,
    ESRCH = 3,
    EINTR = 4,
    EIO = 5,
    EBADF = 9,
    ECHILD = 10,
    EAGAIN = 11,
    ENOMEM = 12,
    EACCES = 13,
    EEXIST = 17,
    ENODEV = 19,
    EINVAL = 22,
    ENFILE = 23,
    EMFILE = 24,
    ENOTTY = 25,
    ENOSPC = 28,
    ENOSYS = 38,
    EOPNOTSUPP = 95,
    ESTALE = 116,
}
