#include "cli/server/jobserver.h"

#include "cli/base/clock.h"
#include "cli/base/loop_inotify.h"
#include "cli/place/journal.h"
#include "cli/server/slots.h"
#include "cli/worker/job_tokens.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/queue.h>
#include <unistd.h>

/* An offer that a command has ignored for this many seconds may be withdrawn for another command. */
#define OFFER_TIME 0.01

/*
 * The pause before a command that ignored an offer gets a new one: this part of the time since the command
 * last took or returned a token, within two limits in seconds.
 */
#define PAUSE_PART  0.25
#define PAUSE_LEAST 0.05
#define PAUSE_MOST  60.0

#define BUCKETS 64

/* One run, as the jobserver knows it. */
struct share {
    struct job_tokens *tokens;
    struct source      returns;
    unsigned           held;    /* tokens that the command has taken and not returned */
    bool               offered; /* a token is in its fifo, or was there at the last look */
    bool               eager;   /* it has ignored no offer since it last took or returned a token */
    bool               closed;  /* it gets no more tokens */
    double             since;   /* when the offer began, or else when the wait for one began */
    double             moved;   /* when it last took or returned a token, or else when it began */
    TAILQ_ENTRY(share) link;
    LIST_ENTRY(share) by_watch;
};

LIST_HEAD(share_list, share);

static struct loop_inotify inotify = {.source.fd = -1};
static TAILQ_HEAD(, share) shares = TAILQ_HEAD_INITIALIZER(shares);
static struct share_list watched[BUCKETS];
static unsigned          out;     /* the number of tokens that are held or offered */
static unsigned          offered; /* the number of tokens that are offered */

static struct share_list *bucket_of(int watch)
{
    return &watched[(unsigned) watch % BUCKETS];
}

/* Returns the number of free tokens. It is negative if `slots` has made the slots fewer than the jobs. */
static long free_tokens(void)
{
    return (long) slots_number() - (long) slots_taken() - (long) out;
}

/* Tokens that a command takes and returns */

static void end_offer(struct share *share, double now)
{
    share->offered = false;
    share->since = now;
    offered--;
}

/* Notes that the command has taken the token that it was offered. */
static void note_taken(struct share *share)
{
    double now = clock_monotonic();

    end_offer(share, now);
    share->held++;
    share->eager = true;
    share->moved = now;
}

/* Finds out whether the command has taken the token that it was offered, and notes it. */
static void look(struct share *share)
{
    int bytes;

    if (share->offered && ioctl(share->tokens->fifo, FIONREAD, &bytes) == 0 && bytes == 0)
        note_taken(share);
}

/* Withdraws the offer of SHARE. Returns false if the command has just taken the token. */
static bool withdraw(struct share *share)
{
    char token;

    if (read(share->tokens->fifo, &token, 1) != 1) {
        note_taken(share);
        return false;
    }
    end_offer(share, clock_monotonic());
    out--;
    return true;
}

/* Stops the exchange of tokens with a command: it is offered no more, and keeps the tokens that it holds. */
static void close_share(struct share *share)
{
    if (!share->closed)
        loop_remove(&share->returns);
    share->closed = true;
    if (share->offered)
        (void) withdraw(share);
}

/* Stops the exchange with a command that returned more tokens than it had taken, and reports it. */
static void distrust(struct share *share)
{
    close_share(share);
    journal_write(
        "thread %llu returned tokens to the jobserver that it had not taken: it gets no more",
        (unsigned long long) share->tokens->thread);
}

/*
 * Takes back SIZE tokens that the command returned. If it returned more than it held, its share is closed:
 * the surplus would be mistaken for the return of tokens that it takes later.
 */
static void take_back(struct share *share, unsigned size)
{
    unsigned number;

    look(share);
    number = size < share->held ? size : share->held;
    share->held -= number;
    out -= number;
    share->moved = clock_monotonic();
    share->eager = true;
    if (!share->offered)
        share->since = share->moved; /* it waits behind other commands with as few tokens */
    if (size > number)
        distrust(share);
}

/* Takes the tokens that a command has returned. Closes its share when no process of it has the pipe open any more. */
static void returns_ready(struct source *source, uint32_t events)
{
    struct share *share = LOOP_OWNER(source, struct share, returns);
    char          bytes[256];
    ssize_t       size = read(source->fd, bytes, sizeof(bytes));

    (void) events;
    if (size > 0) {
        take_back(share, (unsigned) size);
    } else if (size == 0) {
        close_share(share);
    }
}

/* Looks at the commands that have read from the fifo of WATCH. */
static void look_at_watch(int watch)
{
    struct share *share;

    LIST_FOREACH(share, bucket_of(watch), by_watch)
        if (share->tokens->watch == watch)
            look(share);
}

static void look_at_all(void)
{
    struct share *share;

    TAILQ_FOREACH(share, &shares, link)
        look(share);
}

/* Runs */

static void add_share(struct job_tokens *tokens)
{
    struct share *share = calloc(1, sizeof(*share));

    tokens->share = share;
    if (share == NULL)
        return; /* its command runs one job at a time */
    share->tokens = tokens;
    share->eager = true;
    share->since = share->moved = clock_monotonic();
    share->returns = (struct source){.fd = tokens->returns, .ready = returns_ready};
    share->closed = loop_add(&share->returns, EPOLLIN) != 0;
    TAILQ_INSERT_TAIL(&shares, share, link);
    LIST_INSERT_HEAD(bucket_of(tokens->watch), share, by_watch);
}

/* Takes back all tokens of a run that has ended. */
static void remove_share(struct share *share)
{
    out -= share->held + share->offered;
    offered -= share->offered;
    if (!share->closed)
        loop_remove(&share->returns);
    TAILQ_REMOVE(&shares, share, link);
    LIST_REMOVE(share, by_watch);
    free(share);
}

void jobserver_take_runs(void)
{
    struct job_tokens *tokens;
    bool               ended;

    while ((tokens = job_tokens_next(&ended)) != NULL) {
        if (!ended) {
            add_share(tokens);
            continue;
        }
        if (tokens->share != NULL)
            remove_share(tokens->share);
        job_tokens_free(tokens);
    }
}

/* Offers */

static void offer(struct share *share, double now)
{
    if (write(share->tokens->fifo, "+", 1) != 1) {
        close_share(share); /* the command has filled its fifo */
        return;
    }
    share->offered = true;
    share->since = now;
    offered++;
    out++;
}

/* Returns the time at which SHARE, which has no offer, may get one. */
static double next_offer(const struct share *share)
{
    double pause = PAUSE_PART * (share->since - share->moved);

    if (share->eager)
        return share->since;
    return share->since + fmin(fmax(pause, PAUSE_LEAST), PAUSE_MOST);
}

/* Returns true if A is to get a token before B: A holds fewer tokens, or as many and has waited longer. */
static bool goes_before(const struct share *a, const struct share *b)
{
    return a->held < b->held || (a->held == b->held && a->since < b->since);
}

/* Returns the share that is to get the next token, or NULL. */
static struct share *find_next(double now)
{
    struct share *share, *next = NULL;

    TAILQ_FOREACH(share, &shares, link)
        if (!share->offered && !share->closed && next_offer(share) <= now &&
            (next == NULL || goes_before(share, next)))
            next = share;
    return next;
}

/* Returns the share with the oldest offer, or NULL. */
static struct share *find_oldest_offer(void)
{
    struct share *share, *oldest = NULL;

    if (offered == 0)
        return NULL;
    TAILQ_FOREACH(share, &shares, link)
        if (share->offered && (oldest == NULL || share->since < oldest->since))
            oldest = share;
    return oldest;
}

/* Withdraws the oldest offer. Returns false if there is none. */
static bool withdraw_oldest(void)
{
    struct share *share;

    while ((share = find_oldest_offer()) != NULL)
        if (withdraw(share))
            return true;
    return false;
}

/* Withdraws the oldest offer that its command has ignored for OFFER_TIME. Returns false if there is none. */
static bool withdraw_ignored(double now)
{
    struct share *share;

    while ((share = find_oldest_offer()) != NULL && share->since + OFFER_TIME <= now) {
        share->eager = false;
        if (withdraw(share))
            return true;
    }
    return false;
}

bool jobserver_make_room(void)
{
    if (!jobserver_is_open())
        return true;
    while (free_tokens() < 1)
        if (!withdraw_oldest())
            return false;
    return true;
}

/* Returns the time of the next offer, of a free token or of a token that is withdrawn first; or INFINITY. */
static double next_time(void)
{
    const struct share *oldest = find_oldest_offer();
    const struct share *share;
    double              next = INFINITY;

    if (free_tokens() < 1 && oldest == NULL)
        return next;
    TAILQ_FOREACH(share, &shares, link)
        if (!share->offered && !share->closed)
            next = fmin(next, next_offer(share));
    return free_tokens() < 1 ? fmax(next, oldest->since + OFFER_TIME) : next;
}

double jobserver_advance(void)
{
    double        now = clock_monotonic();
    double        next;
    struct share *share;

    if (TAILQ_EMPTY(&shares))
        return -1;
    while (free_tokens() < 0 && withdraw_oldest())
        ;
    while ((free_tokens() > 0 || offered > 0) && (share = find_next(now)) != NULL &&
           (free_tokens() > 0 || withdraw_ignored(now)))
        offer(share, now);
    next = next_time();
    return isinf(next) ? -1 : fmax(next - now, 0);
}

bool jobserver_is_open(void)
{
    return inotify.source.fd >= 0;
}

/* Puts the message of ERROR into WHY. Returns ERROR. */
static int explain(int error, struct text *why)
{
    text_printf(why, "cannot open a jobserver: %s",
                error == -EMFILE ? "the user has as many inotify instances as "
                                   "/proc/sys/fs/inotify/max_user_instances allows"
                                 : strerror(-error));
    return error;
}

int jobserver_open(struct text *why)
{
    int error = loop_inotify_open(&inotify, IN_ACCESS, look_at_watch, look_at_all);

    if (error != 0)
        return explain(error, why);
    job_tokens_enable(inotify.source.fd);
    return 0;
}

void jobserver_close(void)
{
    loop_inotify_close(&inotify);
}
