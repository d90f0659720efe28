#include "cli/worker/job_tokens.h"

#include "cli/base/descriptors.h"
#include "cli/process/limits.h"
#include "cli/worker/logs.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/makeflags.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first descriptor that a command may get. make itself begins with it. */
#define FIRST_DESCRIPTOR 3

static int         inotify = -1;
static atomic_uint jobs; /* in MAKEFLAGS */
static atomic_uint made; /* for the names of the fifos */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static STAILQ_HEAD(, job_tokens) posted = STAILQ_HEAD_INITIALIZER(posted);

void job_tokens_enable(int enabled_inotify)
{
    inotify = enabled_inotify;
}

void job_tokens_set_number(unsigned number)
{
    atomic_store(&jobs, number);
}

/* Opening */

/* Closes the command's ends. */
static void close_ends(struct job_tokens *tokens)
{
    for (size_t i = 0; i < JOB_TOKENS_ENDS; i++)
        descriptors_close(&tokens->ends[i].from);
}

void job_tokens_free(struct job_tokens *tokens)
{
    if (tokens->watch >= 0)
        (void) inotify_rm_watch(inotify, tokens->watch);
    close_ends(tokens);
    descriptors_close(&tokens->fifo);
    descriptors_close(&tokens->returns);
    free(tokens);
}

/* Makes a fifo at PATH. If its directory was removed, makes that again first. Returns 0 or -errno. */
static int make_fifo(const char *path)
{
    int error = mkfifo(path, 0600) < 0 ? -errno : 0;

    for (int tries = 0; tries < LOGS_RESTORES_MAX && error == -ENOENT; tries++) {
        (void) logs_restore();
        error = mkfifo(path, 0600) < 0 ? -errno : 0;
    }
    return error;
}

/* Opens the fifo at PATH for the supervisor, for its command, and for inotify. Returns 0 or -errno. */
static int open_fifo(struct job_tokens *tokens, const char *path)
{
    tokens->fifo = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (tokens->fifo < 0)
        return -errno;
    tokens->ends[JOB_TOKENS_TAKE].from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (tokens->ends[JOB_TOKENS_TAKE].from < 0)
        return -errno;
    tokens->watch = inotify_add_watch(inotify, path, IN_ACCESS);
    return tokens->watch < 0 ? -errno : 0;
}

/* Puts into WHY that the descriptors could not be opened because of ERROR. */
static void explain(const struct job_tokens *tokens, int error, struct text *why)
{
    bool is_watch = tokens->fifo >= 0 && tokens->watch < 0;

    if (is_watch && error == -ENOSPC) {
        text_add(why, "cannot open a jobserver: the user has as many inotify watches as "
                      "/proc/sys/fs/inotify/max_user_watches allows");
        return;
    }
    text_printf(why, "cannot open a jobserver in %s: %s", logs_directory(), strerror(-error));
    limits_explain(why, -error);
}

/* Makes the fifo, and removes its name when both ends are open. Returns 0 or -errno. */
static int make_takes(struct job_tokens *tokens)
{
    char *path;
    int   error;

    if (asprintf(&path, "%s/tokens.%u", logs_directory(), atomic_fetch_add(&made, 1)) < 0)
        return -ENOMEM;
    error = make_fifo(path);
    if (error == 0) {
        error = open_fifo(tokens, path);
        (void) unlink(path);
    }
    free(path);
    return error;
}

/* Makes the pipe. Only the supervisor's end does not block. Returns 0 or -errno. */
static int make_returns(struct job_tokens *tokens)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    tokens->returns = ends[0];
    tokens->ends[JOB_TOKENS_RETURN].from = ends[1];
    return fcntl(tokens->returns, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

/* Chooses the lowest numbers that PLAN does not use. */
static void choose_numbers(struct job_tokens *tokens, const struct spawn_plan *plan)
{
    int number = FIRST_DESCRIPTOR;

    for (size_t i = 0; i < JOB_TOKENS_ENDS; i++) {
        number = spawn_free_number(plan, number);
        tokens->ends[i].to = number++;
    }
}

int job_tokens_open(struct job_tokens **ret, uint64_t id, const struct spawn_plan *plan,
                    struct text *why)
{
    struct job_tokens *tokens;
    int                error;

    *ret = NULL;
    if (inotify < 0)
        return 0;
    tokens = calloc(1, sizeof(*tokens));
    if (tokens == NULL)
        return -ENOMEM;
    tokens->thread = id;
    tokens->fifo = tokens->returns = tokens->watch = -1;
    for (size_t i = 0; i < JOB_TOKENS_ENDS; i++)
        tokens->ends[i].from = -1;
    error = make_takes(tokens);
    if (error == 0)
        error = make_returns(tokens);
    if (error != 0) {
        explain(tokens, error, why);
        job_tokens_free(tokens);
        return error;
    }
    choose_numbers(tokens, plan);
    *ret = tokens;
    return 0;
}

void job_tokens_extend(const struct job_tokens *tokens, struct spawn_plan *plan)
{
    for (size_t i = 0; tokens != NULL && i < JOB_TOKENS_ENDS; i++)
        plan->extras[plan->extra_count++] = tokens->ends[i];
}

char *job_tokens_makeflags(const struct job_tokens *tokens, const char *old)
{
    unsigned number = atomic_load(&jobs);

    return makeflags_join(old, number > 0 ? number : 1, tokens->ends[JOB_TOKENS_TAKE].to,
                          tokens->ends[JOB_TOKENS_RETURN].to);
}

/* To the server */

/* Posts TOKENS. Caller holds the lock. */
static void post(struct job_tokens *tokens)
{
    if (!tokens->is_posted)
        STAILQ_INSERT_TAIL(&posted, tokens, link);
    tokens->is_posted = true;
}

void job_tokens_begin(struct job_tokens *tokens)
{
    if (tokens == NULL)
        return;
    close_ends(tokens);
    pthread_mutex_lock(&lock);
    tokens->has_begun = true;
    post(tokens);
    pthread_mutex_unlock(&lock);
    mailbox_wake();
}

void job_tokens_end(struct job_tokens *tokens)
{
    if (tokens == NULL)
        return;
    if (!tokens->has_begun) { /* the server does not know of TOKENS */
        job_tokens_free(tokens);
        return;
    }
    pthread_mutex_lock(&lock);
    tokens->has_ended = true;
    post(tokens);
    pthread_mutex_unlock(&lock);
    mailbox_wake();
}

struct job_tokens *job_tokens_next(bool *ret_ended)
{
    struct job_tokens *tokens;

    pthread_mutex_lock(&lock);
    tokens = STAILQ_FIRST(&posted);
    if (tokens != NULL) {
        STAILQ_REMOVE_HEAD(&posted, link);
        tokens->is_posted = false;
        *ret_ended = tokens->has_ended;
    }
    pthread_mutex_unlock(&lock);
    return tokens;
}
