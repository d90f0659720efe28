/*
 * Tests what an exception does to a thread: cli/worker/worker.h and raised.h. The ends of processes are not the
 * program's, but this file's.
 */
#include "tests/lib/test.h"

#include "cli/base/exceptions.h"
#include "cli/worker/ending.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/raised.h"

#include <stdbool.h>

int __wrap_kill(pid_t pid, int signal);

static struct job job = {.stop_signal = SIGHUP, .ready_timeout = 2.5, .ready = (char *) "line:x"};
static struct assignment assignment = {.job = &job};
static struct worker     worker = {
        .assignment = &assignment, .job = &job, .report = &assignment.draft, .pid = 55};

/* The steps that were taken, in order. */
static char done[256];

static void note(const char *format, int number, int other)
{
    size_t size = strlen(done);

    (void) snprintf(done + size, sizeof(done) - size, format, number, other);
}

int __wrap_kill(pid_t pid, int signal)
{
    if (pid == 0)
        _exit(1); /* the deadline is over */
    note(" kill %d %d", pid, signal);
    return 0;
}

void ending_ask(struct worker *of, int signal, pid_t spared)
{
    note(" ask %d %d", signal, spared);
    of->report->state = STATE_STOPPING;
}

void ending_kill(struct worker *of)
{
    note(" end %d %d", of->pid, 0);
}

void mailbox_post(struct mail *mail, const struct report *report)
{
    CHECK(mail == &assignment.mail && report == &assignment.draft);
    note(" post %d %d", (int) report->state, 0);
}

static void check_done(const char *wanted)
{
    if (strcmp(done, wanted) != 0)
        fprintf(stderr, "done:%s\n", done);
    CHECK_TEXT(done, wanted);
    done[0] = '\0';
}

static void forget_run(void)
{
    report_release(worker.report);
    assignment.draft = (struct report){.state = STATE_RUNNING};
    worker.ending = false;
}

static void raise_type(const k3thread_exctype *type)
{
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), type), 0);
}

static void raise_words(const k3thread_exctype *type, const char *words)
{
    CHECK_EQUAL(k3thread_send_exceptionf(k3thread_self(), type, "%s", words), 0);
}

static void raise_with(const k3thread_exctype *type, intptr_t data, const char *words)
{
    CHECK_EQUAL(k3thread_send_data(k3thread_self(), type, (void *) data, NULL, "%s", words), 0);
}

static const k3thread_exctype *signal_type(const char *name)
{
    const k3thread_exctype *type = exceptions_find(name);

    CHECK(type != NULL);
    return type;
}

static void begin(void)
{
    CHECK(k3thread_self() != NULL);
    k3thread_set_mask(K3THREAD_RETURN);
    forget_run();
}

static void some_signals_end_a_thread_that_does_not_run(void)
{
    static const struct {
        const char *name;
        bool        ends;
    } types[] = {{"SystemExit", true}, {"TimeoutError", true}, {"KeyboardInterrupt", true},
                 {"SIGINT", true},     {"SIGQUIT", true},      {"SIGKILL", true},
                 {"SIGTERM", true},    {"SIGHUP", false},      {"SIGUSR1", false},
                 {"SIGSTOP", false},   {"SIGCONT", false},     {"SIGPIPE", false}};

    begin();
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        CHECK(worker_ends_early(signal_type(types[i].name)) == types[i].ends);
        raise_type(signal_type(types[i].name));
        CHECK_EQUAL(raised_while_idle(&worker), types[i].ends ? RAISED_END : RAISED_NOTHING);
        CHECK(worker.ending == types[i].ends);
        CHECK(worker.report->exception == (types[i].ends ? signal_type(types[i].name) : NULL));
        forget_run();
    }
    CHECK_EQUAL(raised_while_idle(&worker), RAISED_NOTHING);
    raise_type(&worker_Go);
    raise_type(signal_type("SIGHUP"));
    CHECK_EQUAL(raised_while_idle(&worker), RAISED_GO);
    CHECK_EQUAL(raised_while_idle(&worker), RAISED_NOTHING);
    raise_type(&worker_Go);
    raise_words(&k3thread_ValueError, "enough");
    raise_words(&k3thread_KeyError, "late");
    CHECK_EQUAL(raised_while_idle(&worker), RAISED_END);
    CHECK(worker.report->exception == &k3thread_ValueError); /* the first one */
    CHECK_TEXT(worker.report->message, "enough");
    check_done("");
    forget_run();
    atomic_store(&assignment.end_type, &k3thread_TimeoutError);
    raise_type(&worker_End);
    CHECK_EQUAL(raised_while_idle(&worker), RAISED_END);
    CHECK(worker.report->exception == &k3thread_TimeoutError && worker.report->message == NULL);
    forget_run();
    raise_type(&worker_Restart);
    CHECK_EQUAL(raised_while_idle(&worker), RAISED_END);
    CHECK(worker.report->exception == &k3thread_SystemExit);
    forget_run();
}

static void exceptions_ask_and_signals_are_passed_on(void)
{
    begin();
    raised_while_running(&worker);
    check_done("");
    raise_type(signal_type("SIGUSR1"));
    raise_type(signal_type("SIGTERM"));
    raised_while_running(&worker);
    check_done(" kill 55 10 kill 55 15");
    CHECK(!worker.ending && worker.report->exception == NULL);
    raise_type(signal_type("SIGKILL"));
    raised_while_running(&worker);
    check_done(" end 55 0");
    CHECK(!worker.ending);
    raise_words(&k3thread_ValueError, "enough");
    raised_while_running(&worker);
    check_done(" ask 1 0"); /* the stop signal */
    CHECK(worker.ending && worker.report->exception == &k3thread_ValueError);
    CHECK_TEXT(worker.report->message, "enough");
    raise_with(&k3thread_KeyboardInterrupt, 77, "more");
    raise_type(signal_type("SIGUSR2"));
    raised_while_running(&worker);
    check_done(" ask 2 77 kill 55 12");
    CHECK(worker.report->exception == &k3thread_ValueError);
    CHECK_TEXT(worker.report->message, "enough");
    forget_run();
}

/* An end by the supervisor, or for a restart, adds nothing to an end that is under way. */
static void an_automatic_end_adds_nothing(void)
{
    struct k3thread_exc e;
    int                 signal;
    bool                automatic;

    begin();
    atomic_store(&assignment.end_type, &k3thread_TimeoutError);
    raise_type(&worker_End);
    raised_while_running(&worker);
    check_done(" ask 1 0");
    CHECK(worker.report->exception == &k3thread_TimeoutError);
    forget_run();
    raise_type(&worker_Restart);
    CHECK(raised_next(&worker, &e, &signal, &automatic));
    CHECK(e.type == &k3thread_SystemExit && signal == 0 && automatic && worker.ending);
    CHECK(!raised_next(&worker, &e, &signal, &automatic));
    raise_type(signal_type("SIGUSR1"));
    CHECK(raised_next(&worker, &e, &signal, &automatic));
    CHECK(signal == SIGUSR1 && !automatic);
    worker.report->state = STATE_STOPPING;
    worker.ending = false;
    raise_type(&worker_Restart);
    raise_type(&worker_End);
    raised_while_running(&worker);
    check_done("");
    CHECK(worker.ending); /* but no run follows */
    raise_type(&k3thread_ValueError);
    CHECK(raised_next(&worker, &e, &signal, &automatic));
    CHECK(e.type == &k3thread_ValueError && signal == 0 && !automatic);
    forget_run();
}

static void news_of_the_server_end_nothing(void)
{
    begin();
    raise_words(&k3thread_ValueError, "before");
    raised_while_running(&worker);
    check_done(" ask 1 0");
    worker.ending = false;
    raise_with(&worker_Told, (intptr_t) &k3thread_KeyError, "its own words");
    raised_while_running(&worker);
    CHECK(worker.report->exception == &k3thread_KeyError && !worker.ending);
    CHECK_TEXT(worker.report->message, "its own words");
    raise_with(&worker_Told, (intptr_t) &k3thread_KeyError, "");
    raised_while_running(&worker);
    CHECK(worker.report->message == NULL && !worker.resized);
    raise_type(&worker_Size);
    raise_type(signal_type("SIGUSR1"));
    raised_while_running(&worker);
    CHECK(worker.resized && !worker.ending);
    check_done(" kill 55 10");
    raised_while_running(&worker);
    CHECK(worker.resized); /* until the worker has passed the size on */
    worker_post(&worker, STATE_READY);
    CHECK_EQUAL(worker.report->state, STATE_READY);
    check_done(" post 4 0");
    forget_run();
}

static void the_words_about_a_missed_limit_name_it(void)
{
    char words[64], few[8];

    worker_word_not_ready(&job, words, sizeof(words));
    CHECK_TEXT(words, "not ready within 2.5 s: line:x");
    worker_word_not_ready(&job, few, sizeof(few));
    CHECK_TEXT(few, "not rea");
}

TEST_MAIN({"idle", some_signals_end_a_thread_that_does_not_run},
          {"running", exceptions_ask_and_signals_are_passed_on},
          {"automatic", an_automatic_end_adds_nothing}, {"news", news_of_the_server_end_nothing},
          {"words", the_words_about_a_missed_limit_name_it})
