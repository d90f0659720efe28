/* Tests exceptions that are raised in threads, the ends that the supervisor wants, and the restarts. */
#include "tests/parts/server/lives.h"

#include <stdint.h>
#include <sys/syscall.h>

static bool is_denied; /* the commands run as another user */

int __real_kill(pid_t pid, int number);

/* Commands have the pids from 1000000000 on, which no process has. */
int __wrap_kill(pid_t pid, int number)
{
    if (pid < 1000000000)
        return __real_kill(pid, number);
    CHECK_EQUAL(number, 0);
    errno = is_denied || pid % 2 == 0 ? EPERM : ESRCH; /* which means nothing after a success */
    return is_denied || pid % 2 != 0 ? -1 : 0;
}

/* Adds COUNT threads whose commands run. */
static void add_running(size_t count)
{
    add_threads(count);
    for (size_t i = 0; i < count; i++) {
        threads[i].thread = worker_of(&threads[i]);
        threads[i].now.pid = (pid_t) (1000000001 + i);
        threads[i].now.runs = 1;
        threads[i].has_slot = true;
        slots_take();
    }
}

#define LAST(id) "unwatch:" #id " unref:" #id
#define ENDED(id)                                                                                  \
    "-input:" #id " -console:" #id " ended:" #id " E:ended:" #id " wake:" #id " any:" #id          \
    " tally:" #id
#define OPENED(id) "console:" #id " input:" #id

static void a_raise_goes_to_the_worker(void)
{
    add_running(1);
    CHECK_EQUAL(threads_raise(&threads[0], &k3thread_SystemExit, "stop"), 0);
    CHECK_CALLS("SystemExit:1(stop) E:raised:1:SystemExit(stop) watch:1");
    CHECK_EQUAL(threads_raise(&threads[0], exceptions_find("SIGUSR1"), NULL), 0);
    CHECK_CALLS("SIGUSR1:1() E:raised:1:SIGUSR1(-)");
    CHECK_EQUAL(threads_raise(&threads[0], exceptions_find("SIGKILL"), NULL), 0);
    CHECK_CALLS("SIGKILL:1() E:raised:1:SIGKILL(-) watch:1");
    send_error = K3THREAD_SEND_RAISE_ERROR;
    CHECK_EQUAL(threads_raise(&threads[0], &k3thread_SystemExit, NULL), K3THREAD_SEND_RAISE_ERROR);
    CHECK_CALLS("SystemExit:1()");
    threads[0].now.state = STATE_ENDED;
    CHECK_EQUAL(threads_raise(&threads[0], &k3thread_SystemExit, NULL),
                K3THREAD_INVALID_THREAD_ID_ERROR);
    CHECK_CALLS("");
}

static void a_raise_ends_a_thread_that_waits(void)
{
    add_threads(2);
    slots_set(0);
    BEGIN(0, "E:created:1 queued");
    BEGIN(1, "E:created:2 queued");
    CHECK_EQUAL(threads_raise(&threads[0], exceptions_find("SIGUSR1"), "now"), 0);
    CHECK_CALLS("E:raised:1:SIGUSR1(now)");
    CHECK(record_is_live(&threads[0]));
    CHECK_EQUAL(threads_raise(&threads[0], &k3thread_TimeoutError, "x"), 0);
    CHECK_CALLS("E:raised:1:TimeoutError(x) unwatch:1 " ENDED(1));
    CHECK(threads[0].now.exception == &k3thread_TimeoutError && threads[0].now.exit_code == -1);
    CHECK_TEXT(threads[0].now.message, "x");
    CHECK_EQUAL(threads_end(&threads[1], &k3thread_SystemExit, NULL, 0), 0);
    CHECK_CALLS("E:raised:2:SystemExit(-) unwatch:2 " ENDED(2));
    CHECK(threads[1].now.message == NULL && threads[1].now.exception == &k3thread_SystemExit);
    CHECK_EQUAL(threads_queued(), 0);
}

static void a_command_of_another_user_is_only_killed(void)
{
    struct seat seat = {.name = (char *) "m0"};

    add_running(2);
    is_denied = true;
    CHECK_EQUAL(threads_raise(&threads[0], &k3thread_SystemExit, NULL), -EPERM);
    CHECK_CALLS("");
    CHECK_EQUAL(threads_raise(&threads[0], exceptions_find("SIGKILL"), NULL), -EPERM);
    CHECK_CALLS("SIGKILL:1() E:raised:1:SIGKILL(-) watch:1");
    CHECK_EQUAL(threads_restart(&threads[0], 0), -EPERM);
    CHECK_CALLS(OPENED(1));
    CHECK_EQUAL(threads[0].rerun, RERUN_NONE);
    CHECK_EQUAL(threads_restart(&threads[0], 77), 0); /* SystemExit has arrived there */
    CHECK_CALLS(OPENED(1) " again:1 77 watch:1");
    threads[1].assignment.seat = &seat; /* the pid is another machine's */
    CHECK_EQUAL(threads_raise(&threads[1], &k3thread_SystemExit, NULL), 0);
    CHECK_CALLS("SystemExit:2() E:raised:2:SystemExit(-) watch:2");
    threads[1].assignment.seat = NULL;
    threads[1].now.pid = 0; /* its command does not run */
    CHECK_EQUAL(threads_raise(&threads[1], &k3thread_SystemExit, NULL), 0);
    CHECK_CALLS("SystemExit:2() E:raised:2:SystemExit(-) watch:2");
    is_denied = false; /* the command has gone: the worker knows better */
    for (pid_t pid = 1000000003; pid <= 1000000004; pid++) {
        threads[1].now.pid = pid;
        CHECK_EQUAL(threads_raise(&threads[1], &k3thread_SystemExit, NULL), 0);
        CHECK_CALLS("SystemExit:2() E:raised:2:SystemExit(-) watch:2");
    }
}

static void the_supervisor_ends_a_thread(void)
{
    add_running(1);
    CHECK_EQUAL(threads_end(&threads[0], &k3thread_SystemExit, "over", 0), 0);
    CHECK_CALLS("end:1 (over) watch:1 E:raised:1:SystemExit(over)");
    CHECK(atomic_load(&threads[0].assignment.end_type) == &k3thread_SystemExit);
    CHECK_EQUAL(threads_end(&threads[0], &k3thread_KeyboardInterrupt, NULL, 55), 0);
    CHECK_CALLS("end:1 55 () watch:1"); /* its arrival in the process was told already */
    CHECK(atomic_load(&threads[0].assignment.end_type) == &k3thread_KeyboardInterrupt);
    send_error = K3THREAD_SEND_RAISE_ERROR;
    CHECK_EQUAL(threads_end(&threads[0], &k3thread_SystemExit, NULL, 0), K3THREAD_SEND_RAISE_ERROR);
    CHECK_CALLS("end:1 () watch:1");
    send_error = 0;
    threads[0].now.state = STATE_STOPPING;
    CHECK_EQUAL(threads_end(&threads[0], &k3thread_SystemExit, NULL, 0), 0);
    CHECK_CALLS("end:1 () watch:1");
}

static void an_exception_that_arrived_is_noted(void)
{
    add_running(1);
    threads[0].now.runs = 3;
    CHECK_EQUAL(threads_arrived(&threads[0], &k3thread_SystemExit, "bye", 66), 0);
    CHECK_CALLS("SystemExit:1 66 (bye)");
    CHECK(threads[0].arrived.type == &k3thread_SystemExit);
    CHECK_EQUAL(threads[0].arrived.run, 3);
    CHECK_TEXT(threads[0].arrived.message, "bye");
    send_error = -ENOMEM;
    CHECK_EQUAL(threads_arrived(&threads[0], &k3thread_TimeoutError, NULL, 67), -ENOMEM);
    CHECK_CALLS("TimeoutError:1 67 ()");
    CHECK(threads[0].arrived.type == &k3thread_TimeoutError && threads[0].arrived.message == NULL);
    threads_told(&threads[0], &k3thread_ValueError, "why");
    threads_told(&threads[0], &k3thread_TypeError, NULL);
    CHECK_CALLS("told:1 ValueError (why) told:1 TypeError ()");
    threads[0].thread = NULL;
    threads_told(&threads[0], &k3thread_ValueError, "why");
    CHECK_EQUAL(threads_arrived(&threads[0], &k3thread_SystemExit, NULL, 68),
                K3THREAD_INVALID_THREAD_ID_ERROR);
    CHECK_CALLS("");
    CHECK(threads[0].arrived.type == &k3thread_TimeoutError);
}

/* --- restarts --- */

static void a_running_command_is_run_again(void)
{
    const struct report last = {.state = STATE_ENDED,
                                .exit_code = 3,
                                .signal = 15,
                                .ready = true,
                                .loaded = true,
                                .exception = &k3thread_SystemExit,
                                .run_begin = 5,
                                .run_end = 6,
                                .ended = 7,
                                .started = 4,
                                .shown = 1,
                                .runs = 1};

    add_running(1);
    slots_set(1);
    threads[1].id = 2;
    BEGIN(1, "E:created:2 queued");
    threads[0].is_told = true;
    threads[0].job.after = 1;
    threads[0].assignment.draft.runs = 1;
    CHECK_EQUAL(threads_restart(&threads[0], 0), 0);
    CHECK_CALLS(OPENED(1) " again:1 watch:1");
    CHECK_EQUAL(threads[0].rerun, RERUN_ENDS);
    threads[0].now.shown = 1;
    report(&threads[0], &last);
    CHECK_CALLS(
        LAST(1) " E:changed:1 running start:1:running"); /* without the delay, and in its slot */
    CHECK_EQUAL(threads[0].rerun, RERUN_BEGINS);
    CHECK(!threads[0].now.ready && !threads[0].now.loaded && threads[0].has_slot);
    CHECK(threads[0].now.run_begin == 0 && threads[0].now.run_end == 0 &&
          threads[0].now.ended == 0);
    CHECK(threads[0].now.exception == NULL && threads[0].now.started == 4);
    CHECK(threads[0].now.exception_before == &k3thread_SystemExit);
    CHECK_EQUAL(slots_taken(), 1);
    send_error = K3THREAD_INVALID_THREAD_ID_ERROR; /* it is ending by itself, and runs again then */
    CHECK_EQUAL(threads_restart(&threads[0], 0), 0);
    CHECK_CALLS(OPENED(1) " again:1 watch:1");
    CHECK_EQUAL(threads[0].rerun, RERUN_ENDS);
    threads[0].rerun = RERUN_NONE;
    send_error = K3THREAD_SEND_RAISE_ERROR;
    CHECK_EQUAL(threads_restart(&threads[0], 0), K3THREAD_SEND_RAISE_ERROR);
    CHECK_CALLS(OPENED(1) " again:1");
    CHECK_EQUAL(threads[0].rerun, RERUN_NONE);
    console_error = -ENFILE;
    CHECK_EQUAL(threads_restart(&threads[0], 0), -ENFILE);
    CHECK_CALLS("console:1");
}

static void check_cancelled(struct record *record)
{
    CHECK_EQUAL(record->rerun, RERUN_CANCELLED);
    text_release(&calls);
    report_state(record, STATE_ENDED);
    CHECK_CALLS(LAST(1) " " ENDED(1));
    CHECK_EQUAL(record->rerun, RERUN_FAILED);
    record->thread = worker_of(record);
    record->now.state = STATE_RUNNING;
    threads_will_restart(record);
    CHECK_EQUAL(record->rerun, RERUN_ENDS);
}

static void a_later_raise_cancels_a_restart(void)
{
    struct record *record = &threads[0];

    add_running(1);
    threads_will_restart(record);
    CHECK_EQUAL(threads_raise(record, &k3thread_KeyboardInterrupt, NULL), 0);
    check_cancelled(record);
    CHECK_EQUAL(threads_end(record, &k3thread_SystemExit, NULL, 0), 0);
    check_cancelled(record);
    CHECK_EQUAL(threads_arrived(record, &k3thread_SystemExit, NULL, 70), 0);
    check_cancelled(record);
    CHECK_EQUAL(threads_raise(record, exceptions_find("SIGKILL"), NULL),
                0); /* a signal decides nothing */
    CHECK_EQUAL(record->rerun, RERUN_ENDS);
    record->rerun = RERUN_BEGINS;
    CHECK_EQUAL(threads_raise(record, &k3thread_KeyboardInterrupt, NULL), 0);
    CHECK_EQUAL(record->rerun, RERUN_BEGINS);
    text_release(&calls);
    threads_fail_restart(record);
    CHECK_CALLS("wake:1");
    CHECK_EQUAL(record->rerun, RERUN_FAILED);
}

static void a_process_that_cannot_be_ended_prevents_the_next_run(void)
{
    add_running(1);
    threads_will_restart(&threads[0]);
    report(&threads[0], &(struct report){.state = STATE_ENDED, .unended = 9, .runs = 1});
    CHECK_CALLS(LAST(1) " " ENDED(1));
    CHECK_EQUAL(threads[0].rerun, RERUN_FAILED);
    CHECK_EQUAL(threads_restart(&threads[0], 0), 0); /* that is asked for once more */
    CHECK_CALLS(OPENED(1) " revived:1 start:1:running");
    CHECK_EQUAL(threads[0].now.unended, 0);
}

static void a_thread_that_has_ended_begins_again(void)
{
    struct need need = {.id = 2, .word = (char *) "t2"};

    add_threads(3);
    slots_set(1);
    threads[0].job.needs = &need;
    threads[0].job.need_count = 1;
    threads[0].now.state = STATE_ENDED;
    CHECK_EQUAL(threads_restart(&threads[0], 0), 0);
    CHECK_CALLS(OPENED(1) " revived:1");
    CHECK_EQUAL(threads[0].now.state, STATE_WAITING);
    CHECK_EQUAL(threads[0].rerun, RERUN_BEGINS);
    CHECK_EQUAL(threads[1].needed_by, 1);
    threads[0].rerun = RERUN_NONE;
    CHECK_EQUAL(threads_restart(&threads[0], 0), 0); /* it has not begun: it begins at its turn */
    CHECK_CALLS(OPENED(1));
    CHECK_EQUAL(threads[0].rerun, RERUN_BEGINS);
    need.met = true;
    BEGIN(2, "E:created:3 running start:3:running");
    threads[1].now.state = STATE_ENDED;
    CHECK_EQUAL(threads_restart(&threads[1], 0), 0);
    CHECK_CALLS(OPENED(2) " revived:2");
    CHECK_EQUAL(threads[1].now.state, STATE_QUEUED);
    threads[1].thread = worker_of(&threads[1]); /* as after a delay */
    threads[1].rerun = RERUN_NONE;
    CHECK_EQUAL(threads_restart(&threads[1], 0), 0);
    CHECK_CALLS(OPENED(2));
    CHECK_EQUAL(threads[1].rerun, RERUN_BEGINS);
}

/* A need can be lost when the thread that it waits for has ended meanwhile. */
static void a_lost_need_ends_a_restart(void)
{
    struct need need = {.id = 2, .word = (char *) "t2"};

    add_threads(2);
    threads[0].job.needs = &need;
    threads[0].job.need_count = 1;
    threads[0].now.state = threads[1].now.state = STATE_ENDED;
    CHECK_EQUAL(threads_restart(&threads[0], 0), 0);
    CHECK_CALLS(OPENED(1) " revived:1 unwatch:1 " ENDED(1));
    CHECK_EQUAL(threads[0].rerun, RERUN_FAILED);
}

static void a_restart_looks_for_a_machine_again(void)
{
    add_threads(1);
    has_hosts = true;
    CHECK_EQUAL(slot_lines_use_hosts(2), 0);
    BEGIN(0, "take:m0 E:created:1 running start:1:running");
    threads_will_restart(&threads[0]);
    report_state(&threads[0], STATE_ENDED);
    CHECK_CALLS(LAST(1) " back:m0 take:m0 E:changed:1 running start:1:running");
    CHECK_EQUAL(slots_taken(), 1);
}

TEST_MAIN({"raise", a_raise_goes_to_the_worker}, {"waits", a_raise_ends_a_thread_that_waits},
          {"denied", a_command_of_another_user_is_only_killed},
          {"end", the_supervisor_ends_a_thread}, {"arrived", an_exception_that_arrived_is_noted},
          {"again", a_running_command_is_run_again}, {"cancelled", a_later_raise_cancels_a_restart},
          {"unended", a_process_that_cannot_be_ended_prevents_the_next_run},
          {"ended", a_thread_that_has_ended_begins_again},
          {"lost-need", a_lost_need_ends_a_restart},
          {"machine", a_restart_looks_for_a_machine_again})
