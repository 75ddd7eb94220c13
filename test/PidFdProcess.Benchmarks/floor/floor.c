// What the kernel itself takes: the same work as the library's, without a runtime.
// floor            reads commands from stdin, answers each with a line of nanoseconds
// floor pool N     starts N processes that pause, prints their PIDs, reaps each at once; ends them at the end of stdin
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

extern char **environ;

static long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void check(int bad, const char *what)
{
    if (bad) {
        perror(what);
        exit(1);
    }
}

static pid_t start(char *program)
{
    pid_t pid;
    char *arguments[] = { program, "1000", NULL };
    errno = posix_spawn(&pid, program, NULL, NULL, arguments, environ);
    check(errno != 0, "posix_spawn");
    return pid;
}

static int open_pidfd(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    check(fd < 0, "pidfd_open");
    return fd;
}

// Until then it is loading, and its death takes another time.
static void wait_until_asleep(pid_t pid)
{
    char path[64], text[512], *state;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    for (;;) {
        int fd = open(path, O_RDONLY);
        ssize_t length = read(fd, text, sizeof text - 1);
        close(fd);
        text[length < 0 ? 0 : length] = 0;
        state = strrchr(text, ')');
        if (state && state[2] == 'S')
            return;
        usleep(1000);
    }
}

static void await_exit(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    while (poll(&p, 1, -1) != 1)
        check(errno != EINTR, "poll");
}

static void reap(pid_t pid)
{
    int status;
    check(waitpid(pid, &status, 0) != pid, "waitpid");
}

// kill, then wait until the status is known, one child after the other: ns of each but the first
static void kill_wait(int count)
{
    for (int i = -1; i < count; i++) {
        pid_t pid = start("/bin/sleep");
        int fd = open_pidfd(pid);
        long t;
        wait_until_asleep(pid);
        t = now();
        check(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) != 0, "pidfd_send_signal");
        await_exit(fd);
        reap(pid);
        t = now() - t;
        if (i >= 0)
            printf("%ld ", t);
        close(fd);
    }
}

// kill all at once, then wait for all: ns of the whole
static void kill_all(int count, char *program)
{
    pid_t *pids = calloc(count, sizeof *pids);
    int *fds = calloc(count, sizeof *fds);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < count; i++) {
        struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT, .data.u32 = (unsigned)i };
        pids[i] = start(program);
        fds[i] = open_pidfd(pids[i]);
        check(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &e) != 0, "epoll_ctl");
    }
    for (int i = 0; i < count; i++)
        wait_until_asleep(pids[i]);
    long t = now();
    for (int i = 0; i < count; i++)
        syscall(SYS_pidfd_send_signal, fds[i], SIGKILL, NULL, 0);
    for (int left = count; left > 0;) {
        struct epoll_event events[256];
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++, left--)
            reap(pids[events[i].data.u32]);
    }
    printf("%ld ", now() - t);
    for (int i = 0; i < count; i++)
        close(fds[i]);
    close(epoll);
    free(pids);
    free(fds);
}

// short processes, so many at a time: ns of the whole
static void run_short(int count, int at_a_time)
{
    struct pollfd *polls = calloc(at_a_time, sizeof *polls);
    pid_t *pids = calloc(at_a_time, sizeof *pids);
    int started = 0, ended = 0;
    long t = now();
    for (int i = 0; i < at_a_time; i++)
        polls[i].fd = -1;
    while (ended < count) {
        for (int i = 0; i < at_a_time && started < count; i++)
            if (polls[i].fd < 0) {
                pids[i] = start("/bin/true");
                polls[i].fd = open_pidfd(pids[i]);
                polls[i].events = POLLIN;
                started++;
            }
        poll(polls, at_a_time, -1);
        for (int i = 0; i < at_a_time; i++)
            if (polls[i].fd >= 0 && polls[i].revents) {
                reap(pids[i]);
                close(polls[i].fd);
                polls[i].fd = -1;
                ended++;
            }
    }
    printf("%ld ", now() - t);
    free(polls);
    free(pids);
}

// the tree that a script starts, which prints its PIDs: ns until all members have exited
static void kill_tree(int count, const char *script)
{
    pid_t *pids = calloc(count, sizeof *pids);
    int *fds = calloc(count, sizeof *fds);
    int output[2];
    pid_t root;
    FILE *lines;
    long t;
    check(pipe(output) != 0, "pipe");
    root = fork();
    check(root < 0, "fork");
    if (root == 0) {
        dup2(output[1], 1);
        close(output[0]);
        close(output[1]);
        execl("/bin/sh", "sh", "-c", script, NULL);
        _exit(127);
    }
    close(output[1]);
    lines = fdopen(output[0], "r");
    for (int i = 0; i < count; i++) {
        check(fscanf(lines, "%d", &pids[i]) != 1, "script");
        fds[i] = open_pidfd(pids[i]);
    }
    t = now();
    for (int i = 0; i < count; i++)
        kill(pids[i], SIGKILL);
    for (int i = 0; i < count; i++)
        await_exit(fds[i]);
    printf("%ld ", now() - t);
    reap(root);
    for (int i = 0; i < count; i++)
        close(fds[i]);
    fclose(lines);
    free(pids);
    free(fds);
}

static void on_child(int signal)
{
    int saved = errno;
    (void)signal;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = saved;
}

static int pool(int count)
{
    struct sigaction action = { .sa_handler = on_child, .sa_flags = SA_RESTART };
    pid_t *pids = calloc(count, sizeof *pids);
    char byte;
    sigaction(SIGCHLD, &action, NULL);
    for (int i = 0; i < count; i++) {
        pids[i] = fork();
        check(pids[i] < 0, "fork");
        if (pids[i] == 0) {
            close(0);
            close(1);
            for (;;)
                pause();
        }
        printf("%d\n", pids[i]);
    }
    fflush(stdout);
    while (read(0, &byte, 1) > 0)
        ;
    signal(SIGCHLD, SIG_DFL);

    // What was reaped may have a new owner: only children of ours are signalled.
    for (int i = 0; i < count; i++)
        if (waitpid(pids[i], NULL, WNOHANG) == 0) {
            kill(pids[i], SIGKILL);
            waitpid(pids[i], NULL, 0);
        }
    return 0;
}

int main(int argc, char **argv)
{
    char line[1024], command[32];
    int count, option, end;
    struct rlimit files;
    if (argc == 3 && strcmp(argv[1], "pool") == 0)
        return pool(atoi(argv[2]));
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    while (fgets(line, sizeof line, stdin)) {
        option = 1;
        end = 0;
        if (sscanf(line, "%31s %d %d %n", command, &count, &option, &end) < 2)
            return 2;
        if (strcmp(command, "kill-wait") == 0)
            kill_wait(count);
        else if (strcmp(command, "kill-all") == 0)
            kill_all(count, end > 0 ? strtok(line + end, "\n") : "/bin/sleep");
        else if (strcmp(command, "tree") == 0 && end > 0)
            kill_tree(count, line + end);
        else if (strcmp(command, "short") == 0)
            run_short(count, option);
        else
            return 2;
        printf("\n");
        fflush(stdout);
    }
    return 0;
}
