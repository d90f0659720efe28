#include "cli/base/helper.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The thread of a helper: does its jobs, until it is given one without a function. */
static void *serve(void *argument)
{
    struct helper *helper = argument;

    for (;;) {
        while (sem_wait(&helper->jobs) < 0)
            continue; /* a signal came */
        if (helper->work == NULL)
            return NULL;
        helper->work(helper->context);
        (void) eventfd_write(helper->done, 1);
    }
}

int helper_open(struct helper *helper)
{
    int error;

    *helper = (struct helper){.done = eventfd(0, EFD_CLOEXEC)};
    if (helper->done < 0)
        return -errno;
    (void) sem_init(&helper->jobs, 0, 0);
    error = pthread_create(&helper->thread, NULL, serve, helper);
    if (error != 0) {
        (void) sem_destroy(&helper->jobs);
        close(helper->done);
    }
    return -error;
}

void helper_begin(struct helper *helper, void (*work)(void *context), void *context)
{
    helper->work = work;
    helper->context = context;
    helper->busy = true;
    (void) sem_post(&helper->jobs);
}

bool helper_is_done(const struct helper *helper)
{
    struct pollfd done = {.fd = helper->done, .events = POLLIN};

    return !helper->busy || poll(&done, 1, 0) > 0;
}

void helper_finish(struct helper *helper)
{
    eventfd_t ignored;

    while (helper->busy && eventfd_read(helper->done, &ignored) < 0)
        continue; /* a signal came */
    helper->busy = false;
}

void helper_close(struct helper *helper)
{
    helper_finish(helper);
    helper->work = NULL;
    (void) sem_post(&helper->jobs);
    (void) pthread_join(helper->thread, NULL);
    (void) sem_destroy(&helper->jobs);
    close(helper->done);
}
