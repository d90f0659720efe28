#include "cli/worker/prober.h"

#include "cli/base/clock.h"
#include "cli/process/children.h"
#include "cli/process/mark.h"
#include "cli/process/spawn.h"
#include "cli/ready/ready.h"
#include "cli/worker/environment.h"
#include "cli/worker/far_probe.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/origin.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PROBER_STACK (64 * 1024)

/* The orders of the server to a prober. */
static K3THREAD_DEFINE_EXCEPTION(prober_Finish, k3thread_BaseException);
static K3THREAD_DEFINE_EXCEPTION(prober_Stop, k3thread_BaseException);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static STAILQ_HEAD(, prober) posted = STAILQ_HEAD_INITIALIZER(posted);

/* News */

static void post(struct prober *prober, enum prober_news news)
{
    pthread_mutex_lock(&lock);
    prober->news = news;
    if (!prober->is_posted)
        STAILQ_INSERT_TAIL(&posted, prober, link);
    prober->is_posted = true;
    pthread_mutex_unlock(&lock);
    mailbox_wake();
}

struct prober *prober_take(enum prober_news *ret)
{
    struct prober *prober;

    pthread_mutex_lock(&lock);
    prober = STAILQ_FIRST(&posted);
    if (prober != NULL) {
        STAILQ_REMOVE_HEAD(&posted, link);
        prober->is_posted = false;
        *ret = prober->news;
    }
    pthread_mutex_unlock(&lock);
    return prober;
}

/* Trying */

static struct spawn_plan plan_of(const struct prober *prober, char **environment)
{
    return (struct spawn_plan){
        .environment = environment,
        .directory = prober->directory,
        .input_from = -1,
        .output = prober->output,
        .umask = prober->umask,
        .output_umask = 0177,
        .limits = environment_limits(prober->environment),
        .mark_resource = mark_resource(),
        .mark = mark_of(mark_new_id()),
    };
}

/* Carries out the server's orders. Returns false if the prober must stop. */
static bool take_orders(struct ready *ready)
{
    struct k3thread_exc order;

    while (k3thread_take(&order)) {
        if (order.type != &prober_Finish)
            return false;
        ready_finish(ready);
    }
    return true;
}

/* Tries until the probe holds, or can hold no more. */
static enum prober_news try_until_over(struct prober *prober, struct ready *ready,
                                       const struct spawn_plan *plan)
{
    bool told = false;

    while (!ready_is_over(ready)) {
        struct pollfd poll = ready_poll(ready);
        int           n = k3thread_poll(&poll, 1, clock_until(ready_next(ready)));

        if (n == -ECANCELED && !take_orders(ready))
            return PROBER_IN_VAIN;
        if (poll.revents == 0 && clock_until(ready_next(ready)) != 0)
            continue;
        if (ready_check(ready, plan))
            return PROBER_HOLDS;
        if (ready_has_tried(ready) && !told && !ready_is_over(ready)) {
            post(prober, PROBER_TRIED);
            told = true;
        }
    }
    return PROBER_IN_VAIN;
}

/* Opens the probe, tries it, and closes it. */
static enum prober_news try_probe(struct prober *prober, char **environment)
{
    struct spawn_plan plan = plan_of(prober, environment);
    struct ready     *ready;
    enum prober_news  news = PROBER_IMPOSSIBLE;
    int               error = ready_open(prober->spec, &ready);

    if (error != 0) {
        text_add(&prober->why, strerror(-error));
        return PROBER_FAILED;
    }
    if (ready_rule_out_later(ready, &plan, "--until", &prober->why) == 0) {
        ready_begin(ready, &plan, prober->start);
        news = try_until_over(prober, ready, &plan);
    }
    ready_close(ready);
    return news;
}

/* Carries out the server's orders: an agent knows by itself when the command has ended. */
static bool goes_on(void)
{
    struct k3thread_exc order;

    while (k3thread_take(&order))
        if (order.type != &prober_Finish)
            return false;
    return true;
}

static void tell_tried(void *context)
{
    post(context, PROBER_TRIED);
}

static enum prober_news ask_agent(struct prober *prober)
{
    struct far_probe probe = {
        .seat = prober->seat,
        .id = prober->far_id,
        .spec = prober->spec,
        .goes_on = goes_on,
        .tried = tell_tried,
        .context = prober,
    };

    return far_probe_try(&probe, &prober->why);
}

static void *probe(void *argument)
{
    struct prober   *prober = argument;
    char           **environment;
    enum prober_news news = PROBER_FAILED;

    children_block_signal();
    k3thread_set_mask(K3THREAD_RETURN);
    if (far_probe_is_wanted(prober->seat, prober->spec)) {
        post(prober, ask_agent(prober));
        return NULL;
    }
    environment = environment_list(prober->environment, &prober->own);
    if (environment != NULL)
        news = try_probe(prober, environment);
    else
        text_add(&prober->why, "out of memory");
    free(environment);
    post(prober, news);
    return NULL;
}

/* Start and end */

static bool copy(struct prober *prober, const char *spec, const struct job *job)
{
    struct own_variables *own = &prober->own;

    prober->spec = strdup(spec);
    own->name = prober->name = strdup(own->name);
    prober->directory = strdup(job->directory);
    prober->output = strdup(job->output);
    prober->environment = environment_ref(job->environment);
    if (own->host != NULL && (own->host = prober->host = strdup(own->host)) == NULL)
        return false;
    return prober->spec != NULL && prober->name != NULL && prober->directory != NULL &&
           prober->output != NULL;
}

int prober_start(struct prober **ret, void *owner, const char *spec,
                 const struct assignment *assignment, const struct report *report)
{
    const struct job       *job = assignment->job;
    struct k3thread_options options = {
        .name = "prober", .daemon = true, .stack_size = PROBER_STACK};
    struct prober *prober = calloc(1, sizeof(*prober));
    int            error = -ENOMEM;

    if (prober == NULL)
        return error;
    prober->owner = owner;
    prober->own = origin_variables(job->origin, assignment->id, job->name, report->slot);
    prober->seat = assignment->seat;
    prober->far_id = report->far_id;
    prober->umask = job->umask;
    prober->start = report->run_start;
    if (copy(prober, spec, job))
        error = k3thread_start(&prober->thread, probe, prober, &options);
    if (error != 0)
        prober_free(prober);
    else
        *ret = prober;
    return error;
}

void prober_finish(struct prober *prober)
{
    (void) k3thread_send_exception(prober->thread, &prober_Finish); /* it may have just ended */
}

void prober_stop(struct prober *prober)
{
    (void) k3thread_send_exception(prober->thread, &prober_Stop);
}

void prober_free(struct prober *prober)
{
    k3thread_unref(prober->thread);
    environment_unref(prober->environment);
    free(prober->host);
    free(prober->spec);
    free(prober->name);
    free(prober->directory);
    free(prober->output);
    text_release(&prober->why);
    free(prober);
}
