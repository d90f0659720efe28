/*
 * Tests a prober (cli/worker/prober.h): what it tries, its news, and the orders that it takes. The probe itself is not
 * the program's, but does what a case says, step by step.
 */
#include "tests/lib/test.h"

#include "cli/process/children.h"
#include "cli/process/mark.h"
#include "cli/process/spawn.h"
#include "cli/ready/ready.h"
#include "cli/worker/environment.h"
#include "cli/worker/far_probe.h"
#include "cli/worker/job.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/origin.h"
#include "cli/worker/prober.h"
#include "cli/worker/seat.h"

#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>

/* The answers of the probe, and the questions to it. */
static atomic_bool         is_begun, is_closed;
static atomic_int          opened, checks, finishes, wakes, polls, asks, blocks;
static atomic_int          allowed;       /* how many checks may be made */
static int                 over_after;    /* after this many checks the probe can hold no more */
static int                 holds_at = -1; /* the check at which it holds */
static double              next;          /* when the next check is due */
static int                 open_error, rule_out_error;
static int                 event = -1; /* a descriptor that the probe waits for */
static rlim_t              mark;
static bool                is_far, has_no_list;
static enum prober_news    far_news;
static int                 strings_left = -1; /* how many fit into memory; negative: all */
static int                 start_error;
static struct ready *const probe = (struct ready *) &opened;
static struct seat         seat = {.name = "far"};
static const char *const   variables[] = {"A=1", NULL};

static void check_plan(const struct spawn_plan *plan)
{
    CHECK_TEXT(plan->environment[0], "A=1");
    CHECK_TEXT(plan->environment[1], "K3THREAD_ID=7");
    CHECK_TEXT(plan->environment[2], "K3THREAD_NAME=web");
    CHECK_TEXT(plan->directory, "/dir");
    CHECK_TEXT(plan->output, "out");
    CHECK(plan->input_from == -1 && plan->umask == 027 && plan->output_umask == 0177);
    CHECK_EQUAL(plan->limits->nice, 3);
    CHECK(plan->mark_resource == mark_resource() && plan->mark != 0);
    CHECK(mark == 0 || mark == plan->mark); /* the same for all that it starts */
    mark = plan->mark;
}

int __wrap_ready_open(const char *spec, struct ready **ret);
int __wrap_ready_open(const char *spec, struct ready **ret)
{
    CHECK_TEXT(spec, "probe");
    opened++;
    *ret = probe;
    return open_error;
}

int __wrap_ready_rule_out_later(struct ready *ready, const struct spawn_plan *plan,
                                const char *option, struct text *why);
int __wrap_ready_rule_out_later(struct ready *ready, const struct spawn_plan *plan,
                                const char *option, struct text *why)
{
    CHECK(ready == probe);
    CHECK_TEXT(option, "--until");
    check_plan(plan);
    if (rule_out_error != 0)
        text_add(why, "it cannot hold");
    return rule_out_error;
}

void __wrap_ready_begin(struct ready *ready, const struct spawn_plan *plan, off_t start);
void __wrap_ready_begin(struct ready *ready, const struct spawn_plan *plan, off_t start)
{
    CHECK(ready == probe && start == 1234);
    check_plan(plan);
    is_begun = true;
}

bool __wrap_ready_is_over(const struct ready *ready);
bool __wrap_ready_is_over(const struct ready *ready)
{
    CHECK(ready == probe);
    return checks >= over_after;
}

struct pollfd __wrap_ready_poll(const struct ready *ready);
struct pollfd __wrap_ready_poll(const struct ready *ready)
{
    CHECK(ready == probe);
    polls++;
    return (struct pollfd){.fd = event, .events = POLLIN};
}

double __wrap_ready_next(const struct ready *ready);
double __wrap_ready_next(const struct ready *ready)
{
    CHECK(ready == probe);
    return next;
}

bool __wrap_ready_check(struct ready *ready, const struct spawn_plan *plan);
bool __wrap_ready_check(struct ready *ready, const struct spawn_plan *plan)
{
    CHECK(ready == probe);
    check_plan(plan);
    WAIT_FOR(checks < allowed);
    return checks++ == holds_at;
}

/* The first check is only a part of the first try. */
bool __wrap_ready_has_tried(const struct ready *ready);
bool __wrap_ready_has_tried(const struct ready *ready)
{
    CHECK(ready == probe);
    return checks > 1;
}

void __wrap_ready_finish(struct ready *ready);
void __wrap_ready_finish(struct ready *ready)
{
    CHECK(ready == probe);
    finishes++;
}

void __wrap_ready_close(struct ready *ready);
void __wrap_ready_close(struct ready *ready)
{
    CHECK(ready == probe && !is_closed);
    is_closed = true;
}

char **__wrap_environment_list(const struct environment   *environment,
                               const struct own_variables *own);
char **__real_environment_list(const struct environment   *environment,
                               const struct own_variables *own);
char **__wrap_environment_list(const struct environment   *environment,
                               const struct own_variables *own)
{
    return has_no_list ? NULL : __real_environment_list(environment, own);
}

void __wrap_children_block_signal(void);
void __real_children_block_signal(void);
void __wrap_children_block_signal(void)
{
    blocks++;
    __real_children_block_signal();
}

void __wrap_mailbox_wake(void);
void __wrap_mailbox_wake(void)
{
    wakes++;
}

bool __wrap_far_probe_is_wanted(const struct seat *of, const char *spec);
bool __wrap_far_probe_is_wanted(const struct seat *of, const char *spec)
{
    CHECK(of == (is_far ? &seat : NULL));
    CHECK_TEXT(spec, "probe");
    return is_far;
}

enum prober_news __wrap_far_probe_try(const struct far_probe *asked, struct text *why);
enum prober_news __wrap_far_probe_try(const struct far_probe *asked, struct text *why)
{
    CHECK(asked->seat == &seat && asked->id == 99);
    CHECK_TEXT(asked->spec, "probe");
    CHECK(asked->goes_on());
    asked->tried(asked->context);
    if (far_news != PROBER_IN_VAIN) {
        text_add(why, "said there");
        return far_news;
    }
    is_begun = true;
    WAIT_FOR(!asked->goes_on() || asks++ < 0);
    return PROBER_IN_VAIN;
}

char *__wrap_strdup(const char *text);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    return strings_left-- == 0 ? NULL : __real_strdup(text);
}

int __wrap_k3thread_start(k3thread **ret, k3thread_target target, void *arg,
                          const struct k3thread_options *options);
int __real_k3thread_start(k3thread **ret, k3thread_target target, void *arg,
                          const struct k3thread_options *options);
int __wrap_k3thread_start(k3thread **ret, k3thread_target target, void *arg,
                          const struct k3thread_options *options)
{
    CHECK_TEXT(options->name, "prober");
    CHECK(options->daemon && options->after == 0);
    return start_error != 0 ? start_error : __real_k3thread_start(ret, target, arg, options);
}

/* Starts a prober, whose job changes at once: it has copies. Returns what prober_start() does. */
static int start_for(struct prober **ret, struct origin *origin)
{
    const struct limits limits = {.nice = 3};
    char                spec[] = "probe", name[] = "web", directory[] = "/dir", output[] = "out";
    struct job          job = {
                 .name = name, .directory = directory, .output = output, .umask = 027, .origin = origin};
    struct assignment assignment = {.id = 7, .job = &job, .seat = is_far ? &seat : NULL};
    struct report     report = {.run_start = 1234, .far_id = 99, .slot = 5};
    int               error;

    job.environment = environment_new((char *const *) variables, &limits);
    is_begun = is_closed = false;
    opened = checks = finishes = wakes = polls = blocks = 0;
    mark = 0;
    error = prober_start(ret, &report, spec, &assignment, &report);
    environment_unref(job.environment);
    spec[0] = name[0] = directory[0] = output[0] = '-';
    if (error == 0)
        CHECK((*ret)->owner == &report);
    return error;
}

static struct prober *start(void)
{
    struct prober *prober = NULL;

    CHECK_EQUAL(start_for(&prober, NULL), 0);
    return prober;
}

/* Waits for the news of PROBER, which must be WANTED, and for the end of its thread if they are the last ones. */
static void check_news(struct prober *prober, enum prober_news wanted)
{
    enum prober_news news = PROBER_FAILED;
    struct prober   *from;

    WAIT_FOR((from = prober_take(&news)) != NULL);
    CHECK(from == prober);
    CHECK_EQUAL(news, wanted);
    CHECK(prober_take(&news) == NULL);
    if (wanted != PROBER_TRIED)
        CHECK_EQUAL(k3thread_join(prober->thread, -1, NULL), 0);
}

/* Checks the reason of PROBER, and frees it. */
static void end(struct prober *prober, const char *reason)
{
    CHECK_EQUAL(prober->why.size, strlen(reason));
    CHECK(reason[0] == '\0' || memcmp(prober->why.data, reason, strlen(reason)) == 0);
    prober_free(prober);
}

static void a_prober_tries_until_its_probe_holds(void)
{
    struct prober *prober;
    rlim_t         first;

    over_after = 9;
    holds_at = 3;
    allowed = 1;
    prober = start();
    WAIT_FOR(checks == 1);
    allowed = 2; /* the end of the first try */
    check_news(prober, PROBER_TRIED);
    CHECK_EQUAL(wakes, 1);
    allowed = 9; /* it is told once */
    check_news(prober, PROBER_HOLDS);
    CHECK(checks == 4 && is_begun && is_closed && wakes == 2 && finishes == 0);
    CHECK_EQUAL(blocks, 1); /* it is not for a prober that the end of a child is told */
    first = mark;
    end(prober, "");
    over_after = 2;
    prober = start();
    check_news(prober, PROBER_IN_VAIN); /* without being told that it was tried */
    CHECK(checks == 2 && is_closed && wakes == 1);
    CHECK(mark != first); /* a check does not end the processes of another one */
    end(prober, "");
    holds_at = -1;
    over_after = 4;
    prober = start(); /* only the last news count, if the server has not taken those before */
    CHECK_EQUAL(k3thread_join(prober->thread, -1, NULL), 0);
    CHECK_EQUAL(wakes, 2);
    check_news(prober, PROBER_IN_VAIN);
    end(prober, "");
}

static void a_prober_waits_for_its_probe(void)
{
    struct prober *prober;
    int            ends[2];

    CHECK_EQUAL(pipe2(ends, O_CLOEXEC), 0);
    event = ends[0];
    next = INFINITY;
    over_after = 9;
    allowed = 9;
    holds_at = 0;
    prober = start();
    WAIT_FOR(polls == 1);
    prober_finish(prober); /* the command has ended: the probe looks at the rest */
    WAIT_FOR(finishes == 1);
    prober_finish(prober);
    WAIT_FOR(finishes == 2 && polls == 3);
    CHECK_EQUAL(checks, 0); /* there was nothing to look at */
    CHECK_EQUAL(write(ends[1], "", 1), 1);
    check_news(prober, PROBER_HOLDS);
    CHECK_EQUAL(checks, 1);
    end(prober, "");
    CHECK_EQUAL(read(ends[0], (char[1]){0}, 1), 1);
    prober = start();
    WAIT_FOR(polls == 1);
    prober_stop(prober);
    check_news(prober, PROBER_IN_VAIN);
    CHECK(checks == 0 && finishes == 0 && is_closed);
    prober_stop(prober); /* it has ended already */
    prober_finish(prober);
    end(prober, "");
    (void) start(); /* it does not keep the process from its end */
}

static void a_probe_that_cannot_be_tried_has_a_reason(void)
{
    struct prober *prober;

    open_error = -ENOMEM;
    prober = start();
    check_news(prober, PROBER_FAILED);
    CHECK(!is_begun && !is_closed);
    end(prober, "Cannot allocate memory");
    open_error = 0;
    rule_out_error = -EINVAL;
    prober = start();
    check_news(prober, PROBER_IMPOSSIBLE);
    CHECK(!is_begun && is_closed);
    end(prober, "it cannot hold");
    has_no_list = true;
    prober = start();
    check_news(prober, PROBER_FAILED);
    CHECK_EQUAL(opened, 0);
    end(prober, "out of memory");
}

static void an_agent_is_asked_for_its_thread(void)
{
    struct prober *prober;
    int            before;

    is_far = true;
    far_news = PROBER_HOLDS;
    prober = start();
    WAIT_FOR(wakes == 2);
    check_news(prober, PROBER_HOLDS);
    CHECK_EQUAL(opened, 0);
    end(prober, "said there");
    far_news = PROBER_IN_VAIN;
    prober = start();
    check_news(prober, PROBER_TRIED);
    WAIT_FOR(is_begun);
    prober_finish(prober); /* the agent knows that itself */
    before = asks;
    WAIT_FOR(asks > before + 2); /* it goes on */
    CHECK_EQUAL(wakes, 1);
    prober_stop(prober);
    check_news(prober, PROBER_IN_VAIN);
    CHECK_EQUAL(finishes, 0);
    end(prober, "");
}

static void a_prober_that_cannot_start_leaves_nothing(void)
{
    struct origin    origin = {.id = 7, .name = (char *) "web", .host = (char *) "h", .slot = 2};
    struct prober   *prober = NULL;
    enum prober_news news;
    int              tries = 0;

    over_after = 1;
    holds_at = 0;
    allowed = 1;
    for (int error = -ENOMEM; error != 0; tries++) {
        strings_left = tries;
        error = start_for(&prober, &origin);
        CHECK(error == 0 || (error == -ENOMEM && prober == NULL));
    }
    CHECK_EQUAL(tries, 6); /* five strings are copied */
    strings_left = -1;
    check_news(prober, PROBER_HOLDS);
    end(prober, "");
    start_error = -EAGAIN;
    prober = NULL;
    CHECK(start_for(&prober, NULL) == -EAGAIN && prober == NULL);
    CHECK(prober_take(&news) == NULL);
}

TEST_MAIN({"tries", a_prober_tries_until_its_probe_holds}, {"waits", a_prober_waits_for_its_probe},
          {"reasons", a_probe_that_cannot_be_tried_has_a_reason},
          {"far", an_agent_is_asked_for_its_thread},
          {"start", a_prober_that_cannot_start_leaves_nothing})
