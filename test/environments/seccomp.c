// Runs a program under a seccomp filter: seccomp RULE... -- PROGRAM ARGUMENT...
//
// A rule is CALL=ERRNO: the call is answered with the errno and not made. CALL=KILL ends the process with SIGSYS, as a
// systemd unit's allow-list does. The runtime makes some of the calls itself, so
// the filter looks at the arguments where that tells the library's calls from the runtime's:
//   waitid    with idtype P_PIDFD
//   ioctl     of type 0xFF, pidfd's
//   poll      (also ppoll) of one descriptor
//   statx     of a descriptor, without a path
// The rule unknown=ERRNO answers every call that came after Linux 5.0, as a container runtime of that time does; clone3
// alone gets ENOSYS, which the C library takes for an old kernel.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FIRST_NEW_CALL 424
#define P_PIDFD_TYPE 3
#define PIDFD_IOCTL 0xFF
#define KILL -1

static struct sock_filter program[256];
static unsigned short length;

static void emit(struct sock_filter instruction) { program[length++] = instruction; }

static void load(size_t offset) { emit((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset)); }

static void answer(int error)
{
    unsigned action = error == KILL ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | (unsigned)error;
    emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

// Goes on with the next instruction if what was loaded compares as asked, else skips so many.
static void unless(unsigned short compare, unsigned value, unsigned char skip)
{
    emit((struct sock_filter)BPF_JUMP(BPF_JMP | compare | BPF_K, value, 0, skip));
}

static void rule_for(int call, int error)
{
    load(offsetof(struct seccomp_data, nr));
    unless(BPF_JEQ, (unsigned)call, 1);
    answer(error);
}

static void rule_if_argument(int call, int argument, unsigned shift, unsigned mask, unsigned value, int error)
{
    load(offsetof(struct seccomp_data, nr));
    unless(BPF_JEQ, (unsigned)call, 5);
    load(offsetof(struct seccomp_data, args[argument]));
    emit((struct sock_filter)BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, shift));
    emit((struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
    unless(BPF_JEQ, value, 1);
    answer(error);
}

static void rule_for_unknown(int error)
{
    rule_for(SYS_clone3, ENOSYS);
    load(offsetof(struct seccomp_data, nr));
    unless(BPF_JGE, FIRST_NEW_CALL, 1);
    answer(error);
}

static int number_of(const char *name)
{
    static const struct { const char *name; int number; } errors[] = {
        { "ENOSYS", ENOSYS }, { "EPERM", EPERM }, { "EINVAL", EINVAL }, { "EMFILE", EMFILE }, { "ENOMEM", ENOMEM }, { "EACCES", EACCES },
        { "KILL", KILL },
    };
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
    {
        if (strcmp(name, errors[i].name) == 0)
        {
            return errors[i].number;
        }
    }

    fprintf(stderr, "seccomp: no errno %s\n", name);
    exit(2);
}

static void add_rule(char *rule)
{
    char *name = strtok(rule, "=");
    char *value = strtok(NULL, "=");
    int error = number_of(value ? value : "");
    if (strcmp(name, "pidfd_open") == 0)
    {
        rule_for(SYS_pidfd_open, error);
    }
    else if (strcmp(name, "pidfd_send_signal") == 0)
    {
        rule_for(SYS_pidfd_send_signal, error);
    }
    else if (strcmp(name, "waitid") == 0)
    {
        rule_if_argument(SYS_waitid, 0, 0, ~0u, P_PIDFD_TYPE, error);
    }
    else if (strcmp(name, "epoll_create1") == 0)
    {
        rule_for(SYS_epoll_create1, error);
    }
    else if (strcmp(name, "epoll_ctl") == 0)
    {
        rule_for(SYS_epoll_ctl, error);
    }
    else if (strcmp(name, "poll") == 0)
    {
#ifdef SYS_poll
        rule_if_argument(SYS_poll, 1, 0, ~0u, 1, error);
#endif
        rule_if_argument(SYS_ppoll, 1, 0, ~0u, 1, error);
    }
    else if (strcmp(name, "ioctl") == 0)
    {
        rule_if_argument(SYS_ioctl, 1, 8, 0xFF, PIDFD_IOCTL, error);
    }
    else if (strcmp(name, "name_to_handle_at") == 0)
    {
        rule_for(SYS_name_to_handle_at, error);
    }
    else if (strcmp(name, "open_by_handle_at") == 0)
    {
        rule_for(SYS_open_by_handle_at, error);
    }
    else if (strcmp(name, "statx") == 0)
    {
        // That of a descriptor, which has no path to look at: with AT_EMPTY_PATH. The runtime's has none.
        rule_if_argument(SYS_statx, 2, 0, ~0u, AT_EMPTY_PATH, error);
    }
    else if (strcmp(name, "unknown") == 0)
    {
        rule_for_unknown(error);
    }
    else
    {
        fprintf(stderr, "seccomp: no rule %s\n", name);
        exit(2);
    }
}

int main(int count, char **arguments)
{
    int i = 1;
    for (; i < count && strcmp(arguments[i], "--") != 0; i++)
    {
        add_rule(arguments[i]);
    }

    if (i + 1 >= count)
    {
        fprintf(stderr, "usage: seccomp CALL=ERRNO... -- PROGRAM ARGUMENT...\n");
        return 2;
    }

    emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    struct sock_fprog filter = { length, program };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    {
        perror("seccomp");
        return 2;
    }

    execv(arguments[i + 1], arguments + i + 1);
    perror(arguments[i + 1]);
    return 2;
}
