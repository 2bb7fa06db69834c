/* Lines that are not ended: a progress bar, a prompt. What the process has said of them is shown beside the log.
 *
 * Why it exists: a log has whole lines, so that whoever looks for something in it meets no half ones; but a bar that is drawn
 * over and over, and a question, have no end for a long time. So what was held for a moment is written to a small file, as it
 * is so far, and of a line that is drawn over, what was drawn over goes into the log as pieces. It costs two small files a
 * second at the most, and nothing while nothing is said. Part of launcher.c, one unit with it.
 */

#define TOLD_AFTER (SECOND / 2)

static struct {
    int directory;           /* where the file is */
    bool there;
} beside = {.directory = -1};

/* Results are for programs: each stays in one piece, however slowly it comes. */
static bool is_result(const struct stream *s)
{
    size_t blank = 0;
    while (blank < s->held && (s->line[blank] == ' ' || s->line[blank] == '\t'))
        blank++;
    size_t n = s->held - blank;
    return !s->open && n && !memcmp(s->line + blank, MARKER, n < strlen(MARKER) ? n : strlen(MARKER));
}

/* When somebody has to look at what is held; INT64_MAX where nothing waits for that. */
static int64_t unfinished_due(void)
{
    int64_t due = INT64_MAX;
    for (struct stream *s = streams; s < streams + 2; s++)
        if (s->since && s->since + TOLD_AFTER < due)
            due = s->since + TOLD_AFTER;
    return due;
}

static void take_back(void)
{
    if (beside.there)
        unlinkat(beside.directory, "unfinished", 0);
    beside.there = false;
}

/* Replaces the file whole, so that nobody reads half of it: which line began later is behind the other. Where that fails
 * nothing is shown, and nothing is lost. */
static void show(void)
{
    static char text[2 * (PIECE + 64)];
    char *at = text;
    int first = streams[1].began < streams[0].began;
    for (int i = 0; i < 2; i++) {
        const struct stream *s = &streams[i ? !first : first];
        if (!s->shown)
            continue;
        at += sprintf(at, "%s %s P ", journal.stamp, s->name);
        at = mempcpy(at, s->line, s->held);
        *at++ = '\n';
    }
    if (at == text) {
        take_back();
        return;
    }
    unlinkat(beside.directory, "unfinished.new", 0);
    int fd = openat(beside.directory, "unfinished.new", O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0644);
    bool whole = fd >= 0 && write_all(fd, text, (size_t)(at - text)) == (size_t)(at - text);
    if (fd >= 0)
        close(fd);
    if (whole && !renameat(beside.directory, "unfinished.new", beside.directory, "unfinished"))
        beside.there = true;
    else
        take_back();   /* what was shown before is in the log by now, or was drawn over */
}

/* Once it was held for a moment: what was drawn over goes into the log, the rest is to be shown. */
static void tell(struct stream *s)
{
    if (!is_result(s))
        cut(s, drawn(s));
    s->since = 0;
    s->shown = s->held && journal.caps == 0;
}

/* Looks at what is held. What is shown and went into the log is taken back before that is written: no reader meets it twice. */
static void tell_unfinished(void)
{
    int64_t due = unfinished_due();
    bool look = due != INT64_MAX && due <= now(CLOCK_MONOTONIC), news = false;
    for (struct stream *s = streams; s < streams + 2; s++) {
        news |= s->shown && s->moved;
        s->shown &= !s->moved;
        if (look && s->since && s->since <= due - TOLD_AFTER) {
            news = true;
            tell(s);
        }
        s->moved = false;
    }
    if (news)
        show();
}

static void hide_unfinished(void)
{
    streams[0].shown = streams[1].shown = false;
    show();
}
