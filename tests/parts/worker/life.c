/*
 * Tests the life of a worker's thread: when the command runs, and when it runs again (cli/worker/thread_life.h). The
 * runs, the clock and the sleep are not the program's, but this file's.
 */
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/process/children.h"
#include "cli/worker/execution.h"
#include "cli/worker/raised.h"
#include "cli/worker/seat.h"
#include "cli/worker/slot_numbers.h"
#include "cli/worker/thread_life.h"

#include <math.h>
#include <stdbool.h>

double __wrap_clock_monotonic(void);
double __wrap_clock_wall(void);
double __wrap_clock_until(double deadline);
int    __wrap_k3thread_sleep(double seconds);

/* One run of the command. */
struct run {
    double lasts;
    int    exit_code;
    bool   failed; /* it did not begin */
    bool   lost, ends;
};

/* An exception that comes at a time. */
struct raise {
    double      at;
    enum raised effect;
};

static double              now;
static const struct run   *runs;
static const struct raise *raises;
static char                done[512]; /* the posts, the sleeps and the runs */
static bool                is_blocked;

static const k3thread_exctype *exception,
    *exception_before; /* of each run; and as the next run found it */

double __wrap_clock_monotonic(void)
{
    return now;
}

double __wrap_clock_wall(void)
{
    return 5000 + now;
}

double __wrap_clock_until(double deadline)
{
    return isinf(deadline) ? -1 : deadline > now ? deadline - now : 0;
}

void children_block_signal(void)
{
    is_blocked = true;
}

static void note(const char *word)
{
    size_t size = strlen(done);

    (void) snprintf(done + size, sizeof(done) - size, " %s", word);
}

int __wrap_k3thread_sleep(double seconds)
{
    double end = isinf(seconds) || seconds < 0 ? INFINITY : now + seconds;
    char   word[32];

    (void) snprintf(word, sizeof(word), "%g", seconds);
    note(word);
    if (raises->at <= end) {
        now = raises->at > now ? raises->at : now;
        return -ECANCELED;
    }
    CHECK(!isinf(end)); /* nothing would wake it */
    now = end;
    return 0;
}

enum raised raised_while_idle(struct worker *worker)
{
    enum raised effect = RAISED_NOTHING;

    while (effect != RAISED_END && raises->at <= now)
        effect = raises++->effect;
    worker->ending |= effect == RAISED_END;
    return effect;
}

void worker_post(struct worker *worker, enum protocol_state state)
{
    worker->report->state = state;
    note(state == STATE_DELAYED ? "delayed" : state == STATE_QUEUED ? "queued" : "ended");
    if (state == STATE_ENDED)
        CHECK(worker->report->tid == 0 && worker->report->pid == 0);
    else
        CHECK(!worker->report->ready && worker->report->tid == gettid());
}

bool execution_run(struct worker *worker)
{
    struct report *report = worker->report;

    CHECK(runs->lasts > 0 && is_blocked && test_mask() == K3THREAD_RETURN);
    CHECK(worker->slot == SLOT_NUMBER_NONE && worker->pidfd == -1 && isinf(worker->deadline));
    CHECK(report->exception == NULL && report->exception_before == exception_before);
    note("run");
    now += runs->lasts;
    report->ready = true;
    report->pid = 33;
    report->exit_code = runs->exit_code;
    report->exception = exception_before = exception;
    worker->lost = runs->lost;
    worker->ending |= runs->ends;
    return !runs++->failed;
}

/* Checks the life of a thread with JOB, which runs as the_runs and is raised as the_raises. */
static void check_life(const struct job *job, const struct run *the_runs,
                       const struct raise *the_raises, const char *wanted)
{
    static const struct raise none = {INFINITY, RAISED_NOTHING};
    struct seat               seat = {.name = (char *) "far"};
    struct job                copy = *job;
    struct assignment         assignment = {.job = &copy, .seat = &seat};

    now = 100;
    done[0] = '\0';
    exception_before = NULL;
    runs = the_runs;
    raises = the_raises != NULL ? the_raises : &none;
    atomic_store(&seat.vacant, 101.5);
    k3thread_set_mask(K3THREAD_NEVER);
    CHECK(thread_life_run(&assignment) == NULL);
    if (strcmp(done, wanted) != 0)
        fprintf(stderr, "done:%s\n", done);
    CHECK_TEXT(done, wanted);
    CHECK(assignment.draft.ended == 5000 + now && assignment.draft.state == STATE_ENDED);
    report_release(&assignment.draft);
}

#define RUNS(...)   ((const struct run[]){__VA_ARGS__, {.lasts = 0}})
#define RAISES(...) ((const struct raise[]){__VA_ARGS__, {INFINITY, RAISED_NOTHING}})

static void a_thread_waits_for_its_time_and_its_turn(void)
{
    struct assignment again = {.job = &(struct job){.after = 2}, .again = true};

    check_life(&(struct job){.after = 0}, RUNS({.lasts = 5}), NULL, " run ended");
    check_life(&(struct job){.after = 0}, RUNS({.lasts = 5}), RAISES({99, RAISED_END}), " ended");
    check_life(&(struct job){.after = 0}, RUNS({.lasts = 5}), RAISES({99, RAISED_GO}),
               " run ended");
    check_life(&(struct job){.after = 2}, RUNS({.lasts = 5}), NULL, " delayed 2 run ended");
    check_life(&(struct job){.after = 2}, RUNS({.lasts = 5}),
               RAISES({101, RAISED_NOTHING}, {101.5, RAISED_NOTHING}),
               " delayed 2 1 0.5 run ended");
    check_life(&(struct job){.after = 2}, RUNS({.lasts = 5}), RAISES({101, RAISED_END}),
               " delayed 2 ended");
    check_life(&(struct job){.queues = true}, RUNS({.lasts = 5}),
               RAISES({101, RAISED_NOTHING}, {107, RAISED_GO}), " queued inf inf run ended");
    check_life(&(struct job){.queues = true}, RUNS({.lasts = 5}), RAISES({107, RAISED_END}),
               " queued inf ended");
    check_life(&(struct job){.queues = true, .after = 1}, RUNS({.lasts = 5}),
               RAISES({100.5, RAISED_END}), " delayed 1 ended");
    now = 100;
    done[0] = '\0';
    runs = RUNS({.lasts = 5});
    raises = RAISES({INFINITY, RAISED_NOTHING});
    k3thread_set_mask(K3THREAD_NEVER);
    CHECK(thread_life_run(&again) == NULL); /* `restart` waits out no delay */
    CHECK_TEXT(done, " run ended");
}

static void a_command_runs_again_as_its_start_says(void)
{
    const struct job always = {.restart = RESTART_ALWAYS, .restart_max = 2},
                     on_failure = {.restart = RESTART_ON_FAILURE};

    check_life(&(struct job){.restart = RESTART_NEVER, .restart_max = 3},
               RUNS({.lasts = 1, .exit_code = 1}), NULL, " run ended");
    check_life(&always, RUNS({.lasts = 1}, {.lasts = 1}, {.lasts = 1}), NULL,
               " run delayed 0.1 run delayed 0.2 run ended");
    check_life(&always, RUNS({.lasts = 1}, {.lasts = 1, .ends = true}), NULL,
               " run delayed 0.1 run ended");
    check_life(&always, RUNS({.lasts = 1, .failed = true}), NULL, " run ended");
    check_life(&always,
               RUNS({.lasts = 1}, {.lasts = 1, .failed = true}, {.lasts = 1, .failed = true}), NULL,
               " run delayed 0.1 run delayed 0.2 run ended");
    check_life(&always, RUNS({.lasts = 1}), RAISES({101.05, RAISED_END}), " run delayed 0.1 ended");
    check_life(&on_failure,
               RUNS({.lasts = 1, .exit_code = 2}, {.lasts = 1, .exit_code = -1}, {.lasts = 1}),
               NULL, " run delayed 0.1 run delayed 0.2 run ended");
    exception = &k3thread_TimeoutError; /* also with status 0 */
    check_life(&on_failure, RUNS({.lasts = 1}, {.lasts = 1, .ends = true}), NULL,
               " run delayed 0.1 run ended");
    check_life(&(struct job){.restart = RESTART_ALWAYS, .restart_max = 1},
               RUNS({.lasts = 1}, {.lasts = 1}), NULL, " run delayed 0.1 run ended");
}

static void the_pauses_grow_and_begin_anew_after_a_good_run(void)
{
    const struct job always = {.restart = RESTART_ALWAYS};

    check_life(&always,
               RUNS({.lasts = 1}, {.lasts = 1}, {.lasts = 1}, {.lasts = 1}, {.lasts = 1},
                    {.lasts = 1}, {.lasts = 1}, {.lasts = 1}, {.lasts = 1}, {.lasts = 1},
                    {.lasts = 1}, {.lasts = 1}, {.lasts = 9.75}, {.lasts = 10}, {.lasts = 1},
                    {.lasts = 1, .ends = true}),
               NULL,
               " run delayed 0.1 run delayed 0.2 run delayed 0.4 run delayed 0.8 run delayed 1.6"
               " run delayed 3.2 run delayed 6.4 run delayed 12.8 run delayed 25.6"
               " run delayed 51.2 run delayed 60 run delayed 60 run delayed 60 run delayed 0.1"
               " run delayed 0.2 run ended");
}

static void a_command_moves_when_its_machine_is_lost(void)
{
    const struct job moves = {.reschedule = true};

    exception = &k3thread_ConnectionError;
    /* It waits a second, until the machine is free of it, and for its turn; and then it is no restart. */
    check_life(&moves, RUNS({.lasts = 0.25, .lost = true}, {.lasts = 1}), RAISES({103, RAISED_GO}),
               " run delayed 1 0.25 queued inf run ended");
    check_life(
        &moves,
        RUNS({.lasts = 2, .lost = true, .failed = true}, {.lasts = 1, .lost = true}, {.lasts = 1}),
        RAISES({103.5, RAISED_GO}, {107, RAISED_GO}),
        " run delayed 1 0 queued inf run delayed 1 0 queued inf run ended");
    check_life(&moves, RUNS({.lasts = 0.25, .lost = true}), RAISES({100.5, RAISED_END}),
               " run delayed 1 ended");
    check_life(&moves, RUNS({.lasts = 0.25, .lost = true}), RAISES({101.375, RAISED_END}),
               " run delayed 1 0.25 ended");
    check_life(&moves, RUNS({.lasts = 0.25, .lost = true}), RAISES({103, RAISED_END}),
               " run delayed 1 0.25 queued inf ended");
    check_life(&moves, RUNS({.lasts = 1, .lost = true, .ends = true}), NULL, " run ended");
    check_life(&(struct job){.reschedule = true, .host = (char *) "far"},
               RUNS({.lasts = 1, .lost = true}), NULL, " run ended");
    check_life(&(struct job){.restart = RESTART_ALWAYS}, RUNS({.lasts = 1, .lost = true}), NULL,
               " run ended");
}

TEST_MAIN({"turn", a_thread_waits_for_its_time_and_its_turn},
          {"restarts", a_command_runs_again_as_its_start_says},
          {"pauses", the_pauses_grow_and_begin_anew_after_a_good_run},
          {"lost", a_command_moves_when_its_machine_is_lost})
