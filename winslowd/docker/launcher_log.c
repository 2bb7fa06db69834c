/* The launcher's log: bytes from two pipes in, whole CRI lines appended to one file out, up to a limit.
 *
 * Why it exists: what a stage says must be on disk as soon as it is said, at the speed of the disk, and never more
 * than was allowed. It never needs to know of processes, signals or records. Part of launcher.c, one unit with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    PIECE = 16 * 1024,       /* a longer line is split, as CRI has it */
    BATCH = 256 * 1024,      /* at most so much is read, and about so much written, at once */
    HEADER = 41,             /* time, stdout or stderr, tag, three spaces and the newline of a log line */
    EXTRA = 1024 * 1024,     /* what WINSLOW_ lines may add after the limit */
};

#define SECOND 1000000000LL
#define MARKER "WINSLOW_"

enum verdict { UNDECIDED, KEPT, DROPPED };

struct stream {
    int fd;
    const char *name;
    enum verdict verdict;    /* of the current line */
    bool open;               /* pieces of the current line are in the log, its end is not */
    size_t held;             /* bytes of an unfinished piece in `line` */
    int64_t began;           /* when the line came of which something is held */
    int64_t since;           /* when the first of them came that nobody was told of; 0 where there is none */
    bool shown, moved;       /* what is held is shown beside the log; some of it has left `line` since */
    char line[PIECE];
};

static struct stream streams[2] = {{.fd = -1, .name = "stdout"}, {.fd = -1, .name = "stderr"}};

static struct {
    int fd;
    uint64_t limit, room;
    int caps;                /* how often a limit was met: 1, only WINSLOW_ lines are kept; 2, nothing is */
    bool torn, failed;       /* the file ends within a line; something was lost */
    uint64_t lost;           /* bytes lost since the last mark of it */
    size_t used;
    char stamp[40];
    char buffer[BATCH + PIECE + 64];
} journal = {.fd = -1};

static int64_t now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

/* Lines that one read brought share one time: they are as old as each other to a few microseconds. */
static void take_stamp(void)
{
    struct timespec t;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &utc);
    size_t n = strftime(journal.stamp, sizeof journal.stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(journal.stamp + n, sizeof journal.stamp - n, ".%09ldZ", t.tv_nsec);
}

/* Returns how many bytes reached the file; less than `size` only on an error, which errno tells. */
static size_t write_all(int fd, const char *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = write(fd, data + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return done;
}

static bool append(const char *data, size_t size)
{
    size_t done = journal.fd < 0 ? 0 : write_all(journal.fd, data, size);
    if (done)
        journal.torn = data[done - 1] != '\n';
    journal.lost += size - done;
    journal.failed |= done < size;
    return done == size;
}

/* A gap in the log is told in the log, once there is room again; until then everything is dropped, never waited for. */
static bool tell_gap(void)
{
    char text[160];
    uint64_t lost = journal.lost;
    int n = snprintf(text, sizeof text, "%s%s winslow F %llu bytes of the log could not be written and are lost\n",
                     journal.torn ? "\n" : "", journal.stamp, (unsigned long long)lost);
    if (!append(text, (size_t)n)) {
        journal.lost = lost;
        return false;
    }
    journal.lost = 0;
    return true;
}

static void flush(void)
{
    size_t size = journal.used;
    journal.used = 0;
    if (!size)
        return;
    if (journal.lost && !tell_gap())
        journal.lost += size;
    else
        append(journal.buffer, size);
}

static void put(const char *stream, char tag, const char *text, size_t size)
{
    if (journal.used + 64 + size > sizeof journal.buffer)
        flush();
    char *at = stpcpy(journal.buffer + journal.used, journal.stamp);
    *at++ = ' ';
    at = stpcpy(at, stream);
    *at++ = ' ';
    *at++ = tag;
    *at++ = ' ';
    at = mempcpy(at, text, size);
    *at++ = '\n';
    journal.used = (size_t)(at - journal.buffer);
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put("winslow", 'F', text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

/* Lines under way are closed first, so that no reader joins their beginnings to later lines. */
static void cap(void)
{
    for (struct stream *s = streams; s < streams + 2; s++) {
        if (s->open)
            put(s->name, 'F', "", 0);
        if (s->open || s->verdict == KEPT)
            s->verdict = DROPPED;
        s->open = false;
    }
    if (journal.caps++ == 0)
        say("log capped at %llu bytes; what follows is dropped except " MARKER " lines",
            (unsigned long long)journal.limit);
    else
        say("log capped: " MARKER " lines too are dropped from here on");
    journal.room = journal.caps == 1 ? EXTRA : 0;
}

/* The end of a line of which there are pieces is always written: it says nothing, and no reader shall wait for it. */
static bool admit(struct stream *s, const char *text, size_t size)
{
    size_t need = HEADER + size;
    bool closes = s->open && !size;
    bool begins = s->verdict == UNDECIDED;
    bool marked = begins && size >= strlen(MARKER) && !memcmp(text, MARKER, strlen(MARKER));
    if (begins)
        s->verdict = journal.caps == 0 || (journal.caps == 1 && marked) ? KEPT : DROPPED;
    if (s->verdict == KEPT && need > journal.room && !closes) {
        cap();
        s->verdict = marked && journal.caps == 1 ? KEPT : DROPPED;
    }
    if (s->verdict != KEPT)
        return false;
    journal.room -= need < journal.room ? need : journal.room;
    return true;
}

/* A whole line or the last piece of one (tag F), or an earlier piece (tag P). */
static void emit(struct stream *s, char tag, const char *text, size_t size)
{
    if (admit(s, text, size)) {
        put(s->name, tag, text, size);
        s->open = tag == 'P';
    }
    if (tag == 'F')
        s->verdict = UNDECIDED;
}

static void hold(struct stream *s, const char *text, size_t size)
{
    if (!s->since && size) {
        s->since = now(CLOCK_MONOTONIC);
        if (!s->held && !s->open)
            s->began = s->since;
    }
    memcpy(s->line + s->held, text, size);
    s->held += size;
}

/* How many of the bytes that are held were drawn over: a progress bar returns to its line's beginning. */
static size_t drawn(const struct stream *s)
{
    const char *last = memrchr(s->line, '\r', s->held);
    return last ? (size_t)(last - s->line) + 1 : 0;
}

/* The first `size` bytes of what is held go on as a piece. Behind a drawing where there is one, so that no reader meets half a number. */
static void cut(struct stream *s, size_t size)
{
    if (!size)
        return;
    emit(s, 'P', s->line, size);
    s->held -= size;
    s->since = s->held ? s->since : 0;
    s->moved = true;
    memmove(s->line, s->line + size, s->held);
}

static void end_line(struct stream *s)
{
    emit(s, 'F', s->line, s->held);
    s->held = 0;
    s->since = 0;
    s->moved = true;
}

static void feed(struct stream *s, const char *at, size_t left)
{
    while (left) {
        const char *newline = memchr(at, '\n', left);
        size_t n = newline ? (size_t)(newline - at) : left;
        left -= n + (newline != NULL);
        while (s->held + n > PIECE) {
            size_t take = PIECE - s->held, over;
            hold(s, at, take);
            over = drawn(s);
            cut(s, over ? over : PIECE);
            at += take;
            n -= take;
        }
        if (newline && !s->held) {
            emit(s, 'F', at, n);
        } else {
            hold(s, at, n);
            if (newline)
                end_line(s);
        }
        at += n + (newline != NULL);
    }
}

/* Takes what one read brings. False when there was nothing to take: at the end, where the pipe is closed too, or for now. */
static bool take(struct stream *s)
{
    static char data[BATCH];
    if (s->fd < 0)
        return false;
    ssize_t n = read(s->fd, data, sizeof data);
    if (n > 0) {
        take_stamp();
        feed(s, data, (size_t)n);
        return true;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    close(s->fd);
    s->fd = -1;
    return false;
}
