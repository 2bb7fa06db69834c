/* Winslow's launcher: process 1 of every stage's container.
 *
 * Why it exists: the engine cannot promise that a process starts at most once, loses log lines when it is killed,
 * tells of an end 35 ms late and, on cgroup v1, never of a kill for memory. This program claims the one launch,
 * copies stdout and stderr to a file bound into the container, and leaves a record of the end.
 * It never needs to know of the cluster, the engine or the network, and it needs no privilege.
 *
 *   launch [--hold] [--control DIR] [--log FILE] --limit BYTES -- ARGV...
 *
 * DIR belongs to the node: the FIFOs `go` and `done` and the marker `released` cannot be replaced from in here.
 * DIR/record belongs to the container's user: `started`, `refused`, `exit` and `unfinished` are written there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "launcher_log.c"
#include "launcher_unfinished.c"

enum {
    LINGER_MS = 2000,        /* how long survivors of the main process may still write */
    REAP_MS = 5000,          /* how long killed survivors may take to go */
    REFUSED = 125, NOT_EXECUTABLE = 126, NOT_FOUND = 127,
};

struct outcome {
    bool launched, oom, disk_full, quota_full;
    int code, signal;
    int64_t started, ended;
    char message[256];
};

static int control = -1, record = -1, signals = -1;
static pid_t child = -1;     /* the stage's main process; -1 before and after */

/* ---- what is observed of the end ---- */

/* How often the kernel killed for memory in this container's cgroup: version 2, then version 1; -1 when neither tells. */
static long oom_kills(void)
{
    static const char *const files[] = {"/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"};
    for (size_t i = 0; i < 2; i++) {
        char line[128];
        long count = -1;
        FILE *file = fopen(files[i], "re");
        if (!file)
            continue;
        while (fgets(line, sizeof line, file))
            if (sscanf(line, "oom_kill %ld", &count) == 1)
                break;
        fclose(file);
        if (count >= 0)
            return count;
    }
    return -1;
}

static int open_probe(const char *directory)
{
    int fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
        return fd;
    char name[64];
    snprintf(name, sizeof name, "%s/.winslow-probe", directory);
    fd = open(name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600);
    int kept = errno;
    if (fd >= 0)
        unlink(name);
    errno = kept;
    return fd;
}

/* ENOSPC for a full disk, EDQUOT for a quota that is used up, 0 for neither. */
static int is_full(const char *directory)
{
    enum { WRITTEN = 64 * 1024, AT_ONCE = 1024 * 1024 };
    static const char zeros[WRITTEN];
    struct statvfs fs;
    if (!statvfs(directory, &fs) && fs.f_blocks && !(fs.f_flag & ST_RDONLY) &&
        (uint64_t)fs.f_bavail * fs.f_frsize < sizeof zeros)
        return ENOSPC;
    int fd = open_probe(directory);
    int why = fd < 0 ? errno : 0;
    if (fd >= 0) {
        if (write_all(fd, zeros, sizeof zeros) < sizeof zeros || fsync(fd))
            why = errno;
        /* CephFS refuses a write that does not fit as a whole, and counts holes: less than one write may be left. */
        else if (pwrite(fd, zeros, 1, AT_ONCE - 1) < 0)
            why = errno;
        close(fd);
    }
    return why == ENOSPC || why == EDQUOT ? why : 0;
}

/* ---- records ---- */

static int create_record(const char *name)
{
    return openat(record, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0644);
}

static int refuse(const char *why)
{
    int fd = create_record("refused");
    if (fd >= 0) {
        dprintf(fd, "%s\n", why);
        close(fd);
    }
    return REFUSED;
}

/* Replaces the record whole, or not at all. Where it cannot be written, the exit code alone speaks. */
static void write_exit(const struct outcome *o)
{
    unlinkat(record, "exit.new", 0);
    int fd = create_record("exit.new");
    if (fd < 0)
        return;
    int n = dprintf(fd, "launched=%d\ncode=%d\nsignal=%d\nout_of_memory=%d\ndisk_full=%d\nquota_full=%d\nlog_lost=%d\n"
                    "started=%lld\nended=%lld\nmessage=%s\n", o->launched, o->code, o->signal, o->oom, o->disk_full, o->quota_full,
                    journal.failed, (long long)o->started, (long long)o->ended, o->message);
    bool safe = n > 0 && !fsync(fd);
    close(fd);
    if (safe && !renameat(record, "exit.new", record, "exit"))
        fsync(record);
}

/*
 * The one and only launch, when by the wall clock and by the one that nobody sets. Not yet synced: the process need not
 * wait for the disk, see `sync_claim`.
 */
static int claim(int64_t when)
{
    int fd = create_record("started");
    if (fd >= 0)
        dprintf(fd, "%lld %lld\n", (long long)when, (long long)now(CLOCK_BOOTTIME));
    return fd;
}

static void sync_claim(int fd)
{
    fsync(fd);
    close(fd);
    fsync(record);
}

/* ---- the stage's processes ---- */

/* Turns into the stage's process; returns only where that fails, and errno tells why. */
static void become(char **argv, int out, int err)
{
    sigset_t none;
    sigemptyset(&none);
    for (int s = 1; s < NSIG; s++)
        signal(s, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    prctl(PR_SET_DUMPABLE, 1);
    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        return;
    if (null > 2)
        close(null);
    /* The kernel shall take the stage before the launcher that has to tell of it. Raising it needs no privilege. */
    int adj = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    char text[16] = "";
    if (adj >= 0 && read(adj, text, sizeof text - 1) > 0)
        dprintf(adj, "%d", atoi(text) > 900 ? 1000 : atoi(text) + 100);
    execvp(argv[0], argv);
}

static int open_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC))
        return -1;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(ends[0], F_SETPIPE_SZ, BATCH);
    return 0;
}

/* Returns 0 once the command runs, or the errno that kept it from running. */
static int launch(char **argv)
{
    int out[2], err[2], report[2], why = 0;
    if (open_pipe(out) || open_pipe(err) || pipe2(report, O_CLOEXEC))
        return errno;
    child = fork();
    if (child == 0) {
        become(argv, out[1], err[1]);
        why = errno;
        write_all(report[1], (const char *)&why, sizeof why);
        _exit(NOT_EXECUTABLE);
    }
    int failed = child < 0 ? errno : 0;
    close(out[1]);
    close(err[1]);
    close(report[1]);
    streams[0].fd = out[0];
    streams[1].fd = err[0];
    ssize_t n;
    while (!failed && (n = read(report[0], &why, sizeof why)) < 0 && errno == EINTR)
        ;
    close(report[0]);
    return failed ? failed : why;
}

/* Reaps whoever ended, as process 1 must. True when the stage's main process is among them. */
static bool reap(struct outcome *o)
{
    int status;
    bool ended = false;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid != child)
            continue;
        o->ended = now(CLOCK_REALTIME);
        o->code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
        o->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        child = -1;
        ended = true;
    }
    return ended;
}

static int poll_for(int64_t deadline, struct pollfd *fds, nfds_t count)
{
    int64_t left = deadline - now(CLOCK_MONOTONIC);
    return poll(fds, count, deadline == INT64_MAX ? -1 : left <= 0 ? 0 : (int)(left / 1000000) + 1);
}

/* Nothing of the stage may outlive its record: the workspace is sealed as soon as it is read. */
static void kill_rest(pid_t group)
{
    int64_t deadline = now(CLOCK_MONOTONIC) + REAP_MS * 1000000LL;
    struct pollfd fd = {signals, POLLIN, 0};
    struct signalfd_siginfo info;
    pid_t pid;
    kill(getpid() == 1 ? -1 : -group, SIGKILL);
    while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0 && now(CLOCK_MONOTONIC) < deadline) {
        if (pid == 0)
            poll_for(deadline, &fd, 1);
        while (read(signals, &info, sizeof info) > 0)
            ;
    }
}

/* Copies output and passes signals on until the main process has ended and its output with it. */
static void attend(struct outcome *o)
{
    pid_t group = child;
    int64_t deadline = INT64_MAX;
    while (child > 0 || ((streams[0].fd >= 0 || streams[1].fd >= 0) && now(CLOCK_MONOTONIC) < deadline)) {
        struct pollfd fds[] = {{signals, POLLIN, 0}, {streams[0].fd, POLLIN, 0}, {streams[1].fd, POLLIN, 0}};
        struct signalfd_siginfo info;
        int64_t due = unfinished_due();
        poll_for(due < deadline ? due : deadline, fds, 3);
        while (read(signals, &info, sizeof info) > 0) {
            if (info.ssi_signo == SIGCHLD) {
                if (reap(o))
                    deadline = now(CLOCK_MONOTONIC) + LINGER_MS * 1000000LL;
            } else if (child > 0) {
                kill(-child, (int)info.ssi_signo);
            } else {
                deadline = 0;   /* asked to end while only survivors write: no more lingering */
            }
        }
        take(&streams[0]);
        take(&streams[1]);
        tell_unfinished();
        flush();
    }
    hide_unfinished();
    kill_rest(group);
    for (struct stream *s = streams; s < streams + 2; s++) {
        while (take(s))
            flush();
        if (s->held || s->open)
            end_line(s);
    }
    flush();
}

/* ---- holding ---- */

/* Waits for the release. True when it came; false when a signal asked to end instead. */
static bool wait_release(void)
{
    int go = openat(control, "go", O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    struct pollfd fds[] = {{signals, POLLIN, 0}, {go, POLLIN, 0}};
    struct signalfd_siginfo info;
    /* The FIFO is open before the marker is looked for: a release at any moment is seen in one or the other. */
    while (faccessat(control, "released", F_OK, 0)) {
        poll(fds, 2, go < 0 ? 100 : -1);
        while (read(signals, &info, sizeof info) > 0)
            if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT || info.ssi_signo == SIGQUIT || info.ssi_signo == SIGHUP)
                return false;
        if (fds[1].revents & POLLIN)
            break;
    }
    close(go);
    return true;
}

/* ---- main ---- */

static void describe(struct outcome *o, const char *what, const char *name, int why)
{
    snprintf(o->message, sizeof o->message, "%s%.128s: %s", what, name, strerror(why));
    for (char *c = o->message; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
}

static void run(char **argv, int started, struct outcome *o)
{
    long kills = oom_kills();
    int why = launch(argv);
    sync_claim(started);
    if (why) {
        o->code = why == ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
        describe(o, "cannot run ", argv[0], why);
        o->ended = now(CLOCK_REALTIME);
        take_stamp();
        say("%s", o->message);
        flush();
        return;
    }
    o->launched = true;
    attend(o);
    if (o->code || o->signal) {
        o->oom = oom_kills() > kills;
        int why = is_full(".");
        if (!why)
            why = is_full("/output");
        o->disk_full = why != 0;
        o->quota_full = why == EDQUOT;
    }
}

static void prepare(const char *directory, const char *log)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    signals = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
    prctl(PR_SET_DUMPABLE, 0);   /* the stage has this process's user: it shall not trace it or reach its files */
    control = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    record = beside.directory = openat(control, "record", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    journal.fd = open(log, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    /* Held open until the kernel closes it: the daemon at the other end learns of the end at once, however it came. */
    openat(control, "done", O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
}

int main(int argc, char **argv)
{
    const char *directory = "/.winslow/control", *log = "/.winslow/log";
    bool held = false;
    int i = 1;
    for (; i < argc && strcmp(argv[i], "--"); i++) {
        if (!strcmp(argv[i], "--hold"))
            held = true;
        else if (!strcmp(argv[i], "--limit") && i + 1 < argc)
            journal.limit = journal.room = strtoull(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--control") && i + 1 < argc)
            directory = argv[++i];
        else if (!strcmp(argv[i], "--log") && i + 1 < argc)
            log = argv[++i];
        else
            break;
    }
    if (i + 1 >= argc || strcmp(argv[i], "--"))
        return REFUSED;
    prepare(directory, log);
    if (record < 0 || signals < 0)
        return REFUSED;

    struct outcome o = {0};
    bool released = !held || wait_release();
    o.started = o.ended = now(CLOCK_REALTIME);
    int started = claim(o.started);
    if (started < 0)
        return refuse(errno == EEXIST ? "it was launched before" : strerror(errno));
    if (released) {
        run(argv + i + 1, started, &o);
    } else {
        sync_claim(started);
        o.signal = SIGTERM;
        strcpy(o.message, "stopped before it was released");
    }
    if (journal.fd >= 0 && fsync(journal.fd))
        journal.failed = true;
    write_exit(&o);
    return o.signal ? 128 + o.signal : o.code;
}
