/* Tests the beginnings of threads: needs, slots and delays, workers that cannot be started, and the next runs. */
#include "tests/parts/server/lives.h"

#include "cli/base/status.h"

/* The words of the end of a thread, after its worker has gone. */
#define ENDED(id)                                                                                  \
    "-input:" #id " -console:" #id " ended:" #id " E:ended:" #id " wake:" #id " any:" #id

static void a_thread_begins_at_once(void)
{
    add_threads(3);
    BEGIN(0, "E:created:1 running start:1:running");
    CHECK(threads[0].thread == worker_of(&threads[0]) && threads[0].has_slot);
    CHECK_EQUAL(slots_taken(), 1);
    threads[1].job.daemon = true;
    threads[1].job.input_open = true;
    CHECK_EQUAL(threads_begin(&threads[1]), 0);
    CHECK_CALLS("console:2 input:2 notify:2 E:created:2 running start:2:running:d");
    CHECK_EQUAL(slots_taken(), 1);
    threads[0].now.runs = 1;
    report_state(&threads[0], STATE_ENDED);
    CHECK_CALLS("unwatch:1 unref:1 " ENDED(1) " tally:1");
    CHECK(threads[0].thread == NULL && !threads[0].has_slot && threads[0].rerun == RERUN_NONE);
    CHECK_EQUAL(slots_taken(), 0);
    threads[1].attachment = (struct attachment *) (void *) &threads[1];
    report_state(&threads[1], STATE_ENDED);
    CHECK_CALLS("detach:2 unwatch:2 unref:2 " ENDED(2) " tally:2");
    has_snapped = true;
    BEGIN(2, "E:created:3 running E:raised:3:SystemExit(snap) unwatch:3 " ENDED(3) " tally:3");
    CHECK(threads[2].now.exception == &k3thread_SystemExit && threads[2].now.exit_code == -1);
    CHECK_TEXT(threads[2].now.message, "snap");
}

#define DROPPED(id) "-input:" #id " -console:" #id " ended:" #id " E:forgotten:" #id " forget:" #id

static void a_thread_that_cannot_begin_is_forgotten(void)
{
    struct need need = {.id = 1, .condition = NEED_ENDED, .word = (char *) "t1:ended"};

    add_threads(2);
    threads[0].now.state = STATE_ENDED;
    threads[1].job.needs = &need;
    threads[1].job.need_count = 1;
    threads[1].job.input_open = true;
    console_error = -1;
    CHECK_EQUAL(threads_begin(&threads[1]), -1);
    CHECK_CALLS("console:2 " DROPPED(2));
    console_error = 0;
    threads[1].now.state = STATE_RUNNING;
    input_error = -2;
    CHECK_EQUAL(threads_begin(&threads[1]), -2);
    CHECK_CALLS("console:2 input:2 " DROPPED(2));
    CHECK_EQUAL(threads[0].needed_by, 0);
    input_error = 0;
    threads[1].now.state = STATE_RUNNING;
    start_error = -EAGAIN;
    CHECK_EQUAL(threads_begin(&threads[1]), -EAGAIN);
    CHECK_CALLS("console:2 input:2 notify:2 E:created:2 running start:2:running " DROPPED(2));
    CHECK_EQUAL(threads[0].needed_by, 0);
    CHECK_EQUAL(slots_taken(), 0);
    CHECK(!threads[1].has_slot);
}

static void threads_wait_for_a_slot_in_their_order(void)
{
    add_threads(5);
    threads_set_slots(1);
    CHECK_CALLS("limited:1 tokens:1");
    BEGIN(0, "E:created:1 running start:1:running");
    BEGIN(1, "E:created:2 queued");
    BEGIN(2, "E:created:3 queued");
    CHECK_EQUAL(threads_queued(), 2);
    CHECK(threads[1].thread == NULL && threads[1].wait_list == WAIT_LIST_QUEUE);
    threads[3].job.daemon = true;
    BEGIN(3, "E:created:4 running start:4:running:d");
    report_state(&threads[0], STATE_ENDED);
    CHECK_CALLS("unwatch:1 unref:1 " ENDED(1) " E:changed:2 running start:2:running tally:1");
    CHECK(threads[1].wait_list == WAIT_LIST_NONE && threads[1].has_slot);
    CHECK_EQUAL(threads_queued(), 1);
    CHECK(threads_advance());
    CHECK_CALLS("");
    threads_set_slots(2);
    CHECK_CALLS("limited:1 tokens:2 E:changed:3 running start:3:running");
    threads_set_slots(SLOTS_UNLIMITED);
    CHECK_CALLS("limited:0 tokens:-1");
    threads_use_hosts();
    CHECK_CALLS("limited:1");
}

static void nobody_overtakes_a_thread_that_waits_for_a_token(void)
{
    add_threads(4);
    lacks_token = true;
    BEGIN(0, "E:created:1 queued");
    lacks_token = false;
    BEGIN(1, "E:created:2 queued"); /* though it could have a slot */
    CHECK(threads_advance());
    CHECK_CALLS("E:changed:1 running start:1:running E:changed:2 running start:2:running");
}

static void machines_have_no_common_queue(void)
{
    add_threads(3);
    has_hosts = true;
    CHECK_EQUAL(slot_lines_use_hosts(2), 0);
    lacks_token = true; /* the first machine has no room */
    threads[1].job.host = (char *) "m1";
    threads[2].job.daemon = true;
    slots_set(SLOTS_UNLIMITED);
    lacks_token = true;
    BEGIN(0, "E:created:1 queued");
    BEGIN(2, "E:created:3 queued"); /* a daemon needs a machine, too */
    lacks_token = false;
    BEGIN(1, "take:m1 E:created:2 running start:2:running");
    CHECK(threads_advance());
    CHECK_CALLS("take:m0 E:changed:1 running start:1:running take:m0:d E:changed:3 running "
                "start:3:running:d");
}

static void a_delay_comes_before_the_queue(void)
{
    add_threads(4);
    slots_set(1);
    threads[0].job.after = threads[1].job.after = 0.5;
    threads[3].job.after = 0.5;
    threads[3].job.daemon = true;
    BEGIN(0, "E:created:1 running E:changed:1 delayed start:1:delayed:q");
    BEGIN(1, "E:created:2 running E:changed:2 delayed start:2:delayed:q");
    BEGIN(3, "E:created:4 running E:changed:4 delayed start:4:delayed:d");
    CHECK_EQUAL(slots_taken(), 0);
    report_state(&threads[0], STATE_QUEUED);
    CHECK_CALLS("wake:1 go:1"); /* it has not waited in the queue */
    CHECK_EQUAL(slots_taken(), 1);
    report_state(&threads[1], STATE_QUEUED);
    CHECK_CALLS("wake:2 E:changed:2 queued");
    report_state(&threads[1], STATE_QUEUED); /* the same again */
    CHECK_CALLS("wake:2");
    BEGIN(2, "E:created:3 queued");
    report_state(&threads[0], STATE_QUEUED); /* the report is late */
    CHECK_CALLS("wake:1");
    CHECK_EQUAL(threads_queued(), 2);
    report_state(&threads[0], STATE_ENDED);
    CHECK_CALLS("unwatch:1 unref:1 " ENDED(1) " go:2 tally:1");
}

static void a_worker_that_could_not_be_told_stays_the_first(void)
{
    add_threads(3);
    slots_set(0);
    threads[0].job.after = 1;
    BEGIN(0, "E:created:1 running E:changed:1 delayed start:1:delayed:q");
    report_state(&threads[0], STATE_QUEUED);
    CHECK_CALLS("wake:1 E:changed:1 queued");
    BEGIN(1, "E:created:2 queued");
    send_error = K3THREAD_SEND_RAISE_ERROR;
    slots_set(1);
    CHECK(!threads_advance());
    CHECK_CALLS("go:1");
    CHECK_EQUAL(slots_taken(), 0);
    CHECK_EQUAL(threads_queued(), 2);
    BEGIN(2, "E:created:3 queued");
    CHECK(!threads_advance());
    CHECK_CALLS("go:1");
    send_error = 0;
    CHECK(threads_advance());
    CHECK_CALLS("go:1");
    CHECK_EQUAL(slots_taken(), 1);
    send_error = K3THREAD_INVALID_THREAD_ID_ERROR; /* it ends by itself, and its report comes */
    threads[1].thread = worker_of(&threads[1]);
    slots_set(2);
    CHECK(threads_advance());
    CHECK_CALLS("go:2");
    CHECK_EQUAL(threads_queued(), 1);
}

static void a_worker_that_cannot_be_started_ends_its_thread(void)
{
    struct text message = {0};

    add_threads(3);
    slots_set(0);
    BEGIN(0, "E:created:1 queued");
    BEGIN(1, "E:created:2 queued");
    start_error = -ENOMEM;
    threads_set_slots(1);
    CHECK_CALLS("limited:1 tokens:1 E:changed:1 running start:1:running unwatch:1 " ENDED(
        1) " tally:1 "
           "E:changed:2 running start:2:running unwatch:2 " ENDED(2) " tally:2");
    CHECK_EQUAL(threads[0].now.exit_code, STATUS_INTERNAL);
    CHECK(threads[0].now.exception == NULL && threads[0].now.ended > 1e9);
    CHECK_TEXT(threads[0].now.message, "cannot start a thread: Cannot allocate memory");
    CHECK_EQUAL(slots_taken(), 0);
    slots_set(0);
    BEGIN(2, "E:created:3 queued");
    start_error = -EMFILE;
    threads_set_slots(1);
    text_release(&calls);
    text_add(&message, threads[2].now.message);
    CHECK(strstr(threads[2].now.message, "Too many open files; the supervisor's own limit is ") !=
          NULL);
    text_release(&message);
}

/* --- needs --- */

/* Makes thread NUMBER need the threads of NEEDS. */
static void set_needs(size_t number, struct need *needs, size_t count)
{
    threads[number].job.needs = needs;
    threads[number].job.need_count = count;
    for (size_t i = 0; i < count; i++)
        threads[needs[i].id - 1].is_needed = true;
}

static void a_thread_begins_when_its_needs_are_met(void)
{
    struct need needs[] = {{.id = 1, .word = (char *) "t1"}, {.id = 2, .word = (char *) "t2"}};
    struct need other = {.id = 1, .word = (char *) "t1"};

    add_threads(4);
    set_needs(2, needs, 2);
    set_needs(3, &other, 1);
    slots_set(1);
    threads[3].job.after = 1;
    BEGIN(2, "E:created:3 waiting");
    BEGIN(3, "E:created:4 waiting");
    CHECK_EQUAL(threads[0].needed_by, 2);
    CHECK_EQUAL(threads[2].wait_list, WAIT_LIST_NEEDS);
    report_state(&threads[0], STATE_RUNNING); /* it is not ready yet */
    CHECK_CALLS("wake:1");
    report(&threads[0], &(struct report){.state = STATE_READY, .ready = true, .shown = 1});
    CHECK_CALLS("E:ready:1 wake:1 E:changed:3 waiting E:changed:4 delayed start:4:delayed:q");
    report(&threads[1], &(struct report){.state = STATE_READY, .ready = true, .shown = 1});
    CHECK_CALLS("E:ready:2 wake:2 E:changed:3 running start:3:running");
    CHECK(threads[2].wait_list == WAIT_LIST_NONE);
    report(&threads[0], &(struct report){.state = STATE_READY, .ready = true, .shown = 2});
    CHECK_CALLS("wake:1"); /* nobody waits any more */
    report_state(&threads[2], STATE_ENDED);
    CHECK_CALLS("unwatch:3 unref:3 " ENDED(3) " tally:3");
    CHECK_EQUAL(threads[0].needed_by, 1);
    CHECK_EQUAL(threads[1].needed_by, 0);
}

static void a_lost_need_ends_all_that_depend_on_it(void)
{
    struct need first = {.id = 1, .word = (char *) "t1"}, second = {.id = 2, .word = (char *) "t2"},
                third = {.id = 2, .condition = NEED_ENDED, .word = (char *) "t2:ended"};

    add_threads(5);
    set_needs(1, &first, 1);
    set_needs(2, &second, 1);
    set_needs(3, &third, 1);
    slots_set(0);
    BEGIN(4, "E:created:5 queued");
    BEGIN(2, "E:created:3 waiting");
    BEGIN(3, "E:created:4 waiting");
    BEGIN(1, "E:created:2 waiting");
    report_state(&threads[0], STATE_ENDED);
    CHECK_CALLS("unwatch:1 " ENDED(1) " unwatch:2 " ENDED(2) " tally:2 unwatch:3 " ENDED(
        3) " tally:3 E:changed:4 queued "
           "tally:1");
    CHECK_TEXT(threads[1].now.message,
               "thread 't1' (id 1), which it needs, ended before it was ready");
    CHECK_EQUAL(threads[1].now.exit_code, STATUS_INTERNAL);
    CHECK_TEXT(threads[2].now.message,
               "thread 't2' (id 2), which it needs, ended before it was ready");
    CHECK_EQUAL(threads[2].now.exit_code, STATUS_INTERNAL);
    CHECK_EQUAL(threads_queued(), 2);
}

static void a_need_that_is_lost_at_the_start_ends_the_thread(void)
{
    struct need need = {.id = 1, .word = (char *) "t1"};

    add_threads(2);
    threads[0].now.state = STATE_ENDED;
    set_needs(1, &need, 1);
    BEGIN(1, "E:created:2 waiting unwatch:2 " ENDED(2) " tally:2");
    CHECK_EQUAL(threads[1].now.exit_code, STATUS_INTERNAL);
}

static void a_thread_whose_need_is_met_late_waits_behind_others(void)
{
    struct need need = {.id = 1, .word = (char *) "t1"}, daemon = {.id = 1, .word = (char *) "t1"};

    add_threads(4);
    set_needs(1, &need, 1);
    set_needs(3, &daemon, 1);
    threads[3].job.daemon = true;
    threads[3].job.after = 1;
    BEGIN(1, "E:created:2 waiting");
    BEGIN(3, "E:created:4 waiting");
    lacks_token = true;
    BEGIN(2, "E:created:3 queued");
    lacks_token = false;
    report(&threads[0], &(struct report){.state = STATE_READY, .ready = true, .shown = 1});
    CHECK_CALLS("E:ready:1 wake:1 E:changed:2 queued E:changed:3 running start:3:running "
                "E:changed:2 running start:2:running E:changed:4 delayed start:4:delayed:d");
}

/* --- reports --- */

static void each_run_gets_the_input(void)
{
    add_threads(1);
    BEGIN(0, "E:created:1 running start:1:running");
    report(&threads[0], &(struct report){.state = STATE_RUNNING, .runs = 1});
    CHECK_CALLS("run:1 E:started:1 wake:1");
    report(&threads[0], &(struct report){.state = STATE_RUNNING, .runs = 1, .pid = 7});
    CHECK_CALLS("wake:1");
    threads[0].rerun = RERUN_BEGINS;
    report(&threads[0], &(struct report){.state = STATE_STOPPING, .runs = 1});
    CHECK_CALLS("E:changed:1 stopping wake:1");
    CHECK_EQUAL(threads[0].rerun, RERUN_BEGINS);
    report(&threads[0], &(struct report){.state = STATE_RUNNING, .runs = 2});
    CHECK_CALLS("run:1 E:asked:1 wake:1");
    CHECK_EQUAL(threads[0].rerun, RERUN_NONE);
    threads[0].rerun = RERUN_ENDS;
    report(&threads[0], &(struct report){.state = STATE_RUNNING, .runs = 3});
    CHECK_CALLS("run:1 E:restarted:1 wake:1");
    CHECK_EQUAL(threads[0].rerun, RERUN_ENDS); /* that was a restart by the thread's policy */
}

static void a_command_of_a_lost_machine_waits_for_another(void)
{
    add_threads(1);
    has_hosts = true;
    CHECK_EQUAL(slot_lines_use_hosts(2), 0);
    BEGIN(0, "take:m0 E:created:1 running start:1:running");
    report(&threads[0], &(struct report){.state = STATE_QUEUED, .lost = 1});
    CHECK_CALLS("lost:m0 wake:1 back:m0 take:m0 go:1");
    report(&threads[0], &(struct report){.state = STATE_QUEUED, .lost = 1});
    CHECK_CALLS("wake:1");
    report(&threads[0], &(struct report){.state = STATE_ENDED, .lost = 2});
    CHECK_CALLS("lost:m0 unwatch:1 unref:1 -input:1 -console:1 back:m0 ended:1 E:ended:1 wake:1 "
                "any:1 tally:1");
}

TEST_MAIN({"at-once", a_thread_begins_at_once},
          {"forgotten", a_thread_that_cannot_begin_is_forgotten},
          {"order", threads_wait_for_a_slot_in_their_order},
          {"token", nobody_overtakes_a_thread_that_waits_for_a_token},
          {"machines", machines_have_no_common_queue}, {"delay", a_delay_comes_before_the_queue},
          {"untold", a_worker_that_could_not_be_told_stays_the_first},
          {"no-worker", a_worker_that_cannot_be_started_ends_its_thread},
          {"needs", a_thread_begins_when_its_needs_are_met},
          {"lost-need", a_lost_need_ends_all_that_depend_on_it},
          {"lost-before", a_need_that_is_lost_at_the_start_ends_the_thread},
          {"late-need", a_thread_whose_need_is_met_late_waits_behind_others},
          {"runs", each_run_gets_the_input},
          {"lost-machine", a_command_of_a_lost_machine_waits_for_another})
