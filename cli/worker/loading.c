#include "cli/worker/loading.h"

#include "cli/base/status.h"
#include "cli/worker/host_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The lowest number of the pipe in the process. */
#define FIRST_DESCRIPTOR 3

struct loading {
    int    ends[2];    /* of the pipe; the second is -1 after the spawn */
    char   number[12]; /* of the pipe in the process */
    char  *path;       /* of k3thread-host */
    char **argv;
};

static int make_pipe(int *ends)
{
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    return fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

/* Makes the arguments: the program, the pipe's number, and the arguments of JOB. */
static int make_argv(struct loading *loading, const struct job *job)
{
    size_t count = 0;

    while (job->argv[count] != NULL)
        count++;
    loading->argv = calloc(count + 3, sizeof(*loading->argv));
    if (loading->argv == NULL)
        return -ENOMEM;
    loading->argv[0] = loading->path;
    loading->argv[1] = loading->number;
    memcpy(loading->argv + 2, job->argv, count * sizeof(*loading->argv));
    return 0;
}

int loading_open(const struct job *job, struct loading **ret, struct text *why)
{
    struct loading *loading = calloc(1, sizeof(*loading));
    int             error;

    if (loading == NULL)
        return -ENOMEM;
    loading->ends[0] = loading->ends[1] = -1;
    loading->path = host_path_find(why);
    error = loading->path != NULL ? make_argv(loading, job) : -ENOENT;
    if (error == 0)
        error = make_pipe(loading->ends);
    if (error == 0)
        *ret = loading;
    else
        loading_close(loading);
    return error;
}

void loading_extend(struct loading *loading, struct spawn_plan *plan)
{
    int number = spawn_free_number(plan, FIRST_DESCRIPTOR);

    if (loading->ends[1] < 0)
        return;
    (void) snprintf(loading->number, sizeof(loading->number), "%d", number);
    plan->argv = loading->argv;
    plan->extras[plan->extra_count++] =
        (struct spawn_descriptor){.from = loading->ends[1], .to = number};
}

void loading_begin(struct loading *loading)
{
    close(loading->ends[1]);
    loading->ends[1] = -1;
}

struct pollfd loading_poll(const struct loading *loading)
{
    return (struct pollfd){.fd = loading->ends[0], .events = POLLIN};
}

int loading_check(const struct loading *loading, struct text *why)
{
    char    message[PIPE_BUF + 1];
    ssize_t size = read(loading->ends[0], message, sizeof(message) - 1);
    char   *words;

    if (size < 0)
        return errno == EAGAIN || errno == EINTR ? LOADING_NOTHING : LOADING_NEVER;
    if (size == 0)
        return LOADING_NEVER;
    message[size] = '\0';
    words = strchr(message, ' ');
    if (words == NULL)
        return LOADING_DONE;
    text_add(why, words + 1);
    return strtol(message, NULL, 10) == STATUS_NOT_FOUND ? -ENOENT : -ENOEXEC;
}

void loading_close(struct loading *loading)
{
    if (loading == NULL)
        return;
    for (int i = 0; i < 2; i++)
        if (loading->ends[i] >= 0)
            close(loading->ends[i]);
    free(loading->argv);
    free(loading->path);
    free(loading);
}
