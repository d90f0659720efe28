/*
 * Tests what follows from exceptions that are sent to an attached process: that they arrive, are refused, or do not
 * arrive.
 */
#include "tests/parts/written.h"

#include "cli/base/exceptions.h"
#include "cli/server/arrive.h"
#include "cli/server/events.h"
#include "cli/server/reports.h"
#include "cli/server/store.h"
#include "cli/server/threads.h"
#include "cli/server/threads_raise.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/worker.h"

static struct record threads[2] = {{.id = 1, .job.name = (char *) "web"},
                                   {.id = 2, .job.name = (char *) "db"}};
static struct record workers[3]; /* what stands for workers */
static struct text   calls;
static int           error; /* of the next steps at the worker */
static bool          is_ending;

/* The exceptions that were sent to the process and are not done yet, oldest first. */
static struct {
    void (*done)(void *context, const struct arrival *arrival);
    void *context;
} sent[4];
static size_t sent_count;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (calls.size > 0)
        text_byte(&calls, ' ', 1);
    text_vprintf(&calls, format, arguments);
    va_end(arguments);
}

#define CHECK_CALLS(wanted) check_written(&calls, wanted)

static const char *word(const char *string)
{
    return string != NULL ? string : "-";
}

/* --- what arrive.c calls --- */

int threads_raise(struct record *record, const k3thread_exctype *type, const char *message)
{
    note("raise:%d:%s:%s", (int) record->id, type->name, word(message));
    return error;
}

int threads_arrived(struct record *record, const k3thread_exctype *type, const char *message,
                    pid_t pid)
{
    note("arrived:%d:%s:%s:%d", (int) record->id, type->name, word(message), (int) pid);
    return error;
}

int threads_end(struct record *record, const k3thread_exctype *type, const char *message,
                pid_t spared)
{
    note("end:%d:%s:%s:%d", (int) record->id, type->name, word(message), (int) spared);
    return error;
}

int threads_restart(struct record *record, pid_t spared)
{
    note("restart:%d:%d", (int) record->id, (int) spared);
    return error;
}

void threads_will_restart(struct record *record)
{
    note("will-restart:%d", (int) record->id);
}

void threads_fail_restart(struct record *record)
{
    note("no-restart:%d", (int) record->id);
}

void events_post_raised(const struct record *record, const char *name, const char *message,
                        const struct text *inner)
{
    note("event:%d:%s:%s", (int) record->id, name, word(message));
    if (inner != NULL)
        note("%.*s", (int) inner->size, inner->data);
}

pid_t attachment_pid(const struct attachment *attachment)
{
    CHECK(attachment != NULL);
    return 70;
}

void attachment_begin_end(struct attachment *attachment)
{
    CHECK(attachment != NULL);
    note("ending");
}

bool attachment_is_ending(const struct attachment *attachment)
{
    CHECK(attachment != NULL);
    return is_ending;
}

void attachment_raise(struct attachment *attachment, const char *inner, const char *exception,
                      const char *message,
                      void (*done)(void *context, const struct arrival *arrival), void *context)
{
    CHECK(attachment != NULL && sent_count < 4);
    note("send:%s:%s:%s", word(inner), exception, word(message));
    sent[sent_count].done = done;
    sent[sent_count++].context = context;
}

static void (*overdue)(struct record *record);
static void (*loaded)(struct record *record);

void reports_handle_overdue(void (*handle)(struct record *record))
{
    overdue = handle;
}

void reports_handle_loaded(void (*handle)(struct record *record))
{
    loaded = handle;
}

void mailbox_notify(struct mail *mail)
{
    CHECK(mail == &threads[0].assignment.mail);
    note("notify");
}

void worker_word_not_ready(const struct job *job, char *ret, size_t size)
{
    CHECK(job == &threads[0].job);
    (void) snprintf(ret, size, "not ready");
}

k3thread *k3thread_ref(k3thread *worker)
{
    note("ref");
    return worker;
}

void k3thread_unref(k3thread *worker)
{
    CHECK(worker != NULL);
    note("unref");
}

bool store_is_pattern(const char *text)
{
    CHECK(text == NULL);
    return false;
}

bool store_fits(const char *pattern, const char *name)
{
    return pattern == name;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
char *__real_strdup(const char *string);
char *__wrap_strdup(const char *string);

static bool  lacks_memory;
static char *lacks_copy; /* of this string */

/* The linker puts these in front of the functions: see the Makefile. */
void *__wrap_malloc(size_t size)
{
    return lacks_memory ? NULL : __real_malloc(size);
}

char *__wrap_strdup(const char *string)
{
    return lacks_copy != NULL && strcmp(string, lacks_copy) == 0 ? NULL : __real_strdup(string);
}

/* --- the tests' own steps --- */

static struct attachment *const some_process = (struct attachment *) (void *) &calls;

static k3thread *worker(size_t number)
{
    return (k3thread *) (void *) &workers[number];
}

/* Attaches a process to the first thread, whose command runs. */
static void attach(void)
{
    threads[0].now.state = STATE_RUNNING;
    threads[0].attachment = some_process;
    threads[0].thread = worker(0);
}

static void done(void *context, struct record *record, const struct arrival *arrival)
{
    CHECK(context == &error);
    if (arrival->how == ARRIVAL_DONE)
        note("done:%d:%d", (int) record->id, (int) arrival->inner);
    else
        note("refused:%d:%d(%s)", (int) record->id, (int) arrival->code, arrival->why);
    CHECK(arrival->how != ARRIVAL_NOT_TAKEN);
}

/* Raises an exception of TYPE in the first thread; the strings change after that. */
static void raise_in(const char *inner, const k3thread_exctype *type, const char *message)
{
    char inner_copy[32], message_copy[32];

    (void) snprintf(inner_copy, sizeof(inner_copy), "%s", word(inner));
    (void) snprintf(message_copy, sizeof(message_copy), "%s", word(message));
    arrive_raise(&threads[0], inner != NULL ? inner_copy : NULL, type,
                 message != NULL ? message_copy : NULL, done, &error);
    memset(inner_copy, 'x', sizeof(inner_copy));
    memset(message_copy, 'x', sizeof(message_copy));
}

/* Ends the oldest exception that was sent. */
static void answer(const struct arrival *arrival)
{
    CHECK(sent_count > 0);
    sent_count--;
    sent[0].done(sent[0].context, arrival);
    memmove(sent, sent + 1, sizeof(sent) - sizeof(sent[0]));
}

static const struct arrival taken = {.how = ARRIVAL_DONE, .inner = 3, .name = "w"},
                            refused = {.how = ARRIVAL_REFUSED,
                                       .code = PROTOCOL_TYPE_ERROR,
                                       .why = "no such type"},
                            late = {.how = ARRIVAL_NOT_TAKEN, .why = "too late"};

/* --- raises --- */

static void without_a_process_the_worker_has_it(void)
{
    raise_in(NULL, &k3thread_ValueError, "m");
    CHECK_CALLS("raise:1:ValueError:m done:1:0");
    raise_in(NULL, &k3thread_SystemExit, NULL);
    CHECK_CALLS("raise:1:SystemExit:- done:1:0");
    error = K3THREAD_INVALID_THREAD_ID_ERROR;
    raise_in(NULL, &k3thread_SystemExit, NULL);
    CHECK_CALLS("raise:1:SystemExit:- refused:1:-32003(no live thread 'web')");
    error = 0;
    raise_in("w", &k3thread_ValueError, "m");
    CHECK_CALLS("refused:1:-32003(the process is no longer attached)");
    attach();
    raise_in(NULL, exceptions_find("SIGUSR1"), NULL);
    CHECK_CALLS("raise:1:SIGUSR1:- done:1:0"); /* a signal is no exception of a program */
}

static void an_exception_that_arrives_may_begin_the_grace(void)
{
    attach();
    raise_in(NULL, &k3thread_SystemExit, "bye");
    CHECK_CALLS("ending send:-:SystemExit:bye");
    answer(&taken);
    CHECK_CALLS("event:1:SystemExit:bye arrived:1:SystemExit:bye:70 done:1:3");
    raise_in(NULL, &k3thread_ValueError, NULL);
    answer(&taken);
    CHECK_CALLS("send:-:ValueError:- event:1:ValueError:- done:1:3");
    raise_in("w", &k3thread_SystemExit, "bye");
    answer(&taken);
    CHECK_CALLS("send:w:SystemExit:bye event:1:SystemExit:bye {\"id\":\"1/3\",\"name\":\"web/w\"} "
                "done:1:3");
}

static void an_exception_that_does_not_arrive_may_become_a_signal(void)
{
    attach();
    raise_in(NULL, &k3thread_SystemExit, "bye");
    answer(&refused);
    CHECK_CALLS("ending send:-:SystemExit:bye refused:1:-32001(thread 'web': no such type)");
    raise_in(NULL, &k3thread_KeyboardInterrupt, "bye");
    answer(&late);
    CHECK_CALLS("ending send:-:KeyboardInterrupt:bye raise:1:KeyboardInterrupt:bye done:1:0");
    error = -EPERM;
    raise_in(NULL, &k3thread_TimeoutError, NULL);
    answer(&late);
    CHECK_CALLS("ending send:-:TimeoutError:- raise:1:TimeoutError:- refused:1:-32004(process 0 of "
                "thread 'web' may not "
                "be signalled: Operation not permitted)");
    error = 0;
    raise_in(NULL, &k3thread_ValueError, "bye");
    answer(&late);
    CHECK_CALLS("send:-:ValueError:bye refused:1:-32004(thread 'web': too late)");
    raise_in("w", &k3thread_SystemExit, "bye");
    answer(&late);
    CHECK_CALLS("send:w:SystemExit:bye refused:1:-32004(thread 'web': too late)");
}

static void three_exceptions_begin_the_grace(void)
{
    CHECK(arrive_begins_grace(&k3thread_SystemExit) &&
          arrive_begins_grace(&k3thread_KeyboardInterrupt));
    CHECK(arrive_begins_grace(&k3thread_TimeoutError) &&
          !arrive_begins_grace(&k3thread_ValueError));
    CHECK(!arrive_begins_grace(&k3thread_BaseException));
}

static void exceptions_wait_for_a_function_that_is_loaded(void)
{
    const k3thread_exctype published = {.name = "app.Error", .base = &k3thread_ValueError};

    arrive_begin();
    attach();
    threads[0].attachment = NULL;
    threads[0].job.call = true;
    raise_in(NULL, &k3thread_ValueError, "first");
    raise_in("w", &k3thread_SystemExit, "second");
    CHECK_CALLS("notify notify");
    raise_in(NULL, &published, "third"); /* this one is not known after the process */
    CHECK_CALLS("raise:1:app.Error:third done:1:0");
    loaded(&threads[0]);
    CHECK_CALLS(""); /* it was another report */
    threads[1].now.state = STATE_RUNNING;
    loaded(&threads[1]);
    CHECK_CALLS("");
    threads[0].now.loaded = true;
    threads[0].attachment = some_process;
    loaded(&threads[0]);
    CHECK_CALLS("send:-:ValueError:first send:w:SystemExit:second");
    answer(&taken);
    answer(&taken);
    CHECK_CALLS("event:1:ValueError:first done:1:3 event:1:SystemExit:second "
                "{\"id\":\"1/3\",\"name\":\"web/w\"} done:1:3");
    loaded(&threads[0]);
    CHECK_CALLS("");
    threads[0].now.loaded = false;
    raise_in(NULL, &k3thread_SystemExit, NULL);
    raise_in("w", &k3thread_SystemExit, NULL);
    threads[0].now.state = STATE_ENDED;
    threads[0].attachment = NULL;
    loaded(&threads[0]);
    CHECK_CALLS("notify notify raise:1:SystemExit:- done:1:0 refused:1:-32003(the process is no "
                "longer attached)");
    threads[0].job.call = false;
    threads[0].now.state = STATE_RUNNING;
    raise_in(NULL, &k3thread_SystemExit, NULL);
    CHECK_CALLS("raise:1:SystemExit:- done:1:0");
}

static void without_memory_an_exception_is_refused(void)
{
    attach();
    lacks_memory = true;
    raise_in("w", &k3thread_ValueError, "m");
    lacks_memory = false;
    lacks_copy = (char *) "m";
    raise_in("w", &k3thread_ValueError, "m");
    raise_in("m", &k3thread_ValueError, NULL);
    CHECK_CALLS("refused:1:-32004(out of memory) refused:1:-32004(out of memory) "
                "refused:1:-32004(out of memory)");
}

/* --- ends and restarts --- */

static void not_asked(struct record *record)
{
    note("not-asked:%d", (int) record->id);
}

static void the_supervisor_ends_a_process(void)
{
    CHECK_EQUAL(arrive_end(&threads[0], &k3thread_SystemExit, "over", not_asked), 0);
    CHECK_CALLS("end:1:SystemExit:over:0");
    attach();
    CHECK_EQUAL(arrive_end(&threads[0], &k3thread_SystemExit, "over", not_asked), 0);
    CHECK_CALLS("ref ending send:-:SystemExit:over");
    answer(&taken);
    CHECK_CALLS("event:1:SystemExit:over end:1:SystemExit:over:70 unref");
    CHECK_EQUAL(arrive_end(&threads[0], &k3thread_KeyboardInterrupt, NULL, not_asked), 0);
    answer(&refused);
    CHECK_CALLS("ref ending send:-:KeyboardInterrupt:- end:1:KeyboardInterrupt:-:0 unref");
    error = -ENOMEM;
    CHECK_EQUAL(arrive_end(&threads[0], &k3thread_SystemExit, NULL, not_asked), 0);
    answer(&late);
    CHECK_CALLS("ref ending send:-:SystemExit:- end:1:SystemExit:-:0 not-asked:1 unref");
    error = K3THREAD_INVALID_THREAD_ID_ERROR; /* it has just ended */
    CHECK_EQUAL(arrive_end(&threads[0], &k3thread_SystemExit, NULL, not_asked), 0);
    answer(&late);
    CHECK_CALLS("ref ending send:-:SystemExit:- end:1:SystemExit:-:0 unref");
    error = 0;
    CHECK_EQUAL(arrive_end(&threads[0], &k3thread_SystemExit, NULL, not_asked), 0);
    threads[0].thread = worker(1); /* the thread has begun again */
    answer(&taken);
    CHECK_CALLS("ref ending send:-:SystemExit:- event:1:SystemExit:- unref");
    is_ending = true;
    error = -ENOMEM;
    CHECK_EQUAL(arrive_end(&threads[0], &k3thread_SystemExit, NULL, not_asked), -ENOMEM);
    CHECK_CALLS("end:1:SystemExit:-:0");
    is_ending = false;
    lacks_memory = true;
    CHECK_EQUAL(arrive_end(&threads[0], &k3thread_SystemExit, NULL, not_asked), -ENOMEM);
    lacks_memory = false;
    CHECK_CALLS("end:1:SystemExit:-:0");
    threads[0].now.state = STATE_STOPPING;
    CHECK_EQUAL(arrive_end(&threads[0], &k3thread_SystemExit, NULL, not_asked), -ENOMEM);
    CHECK_CALLS("end:1:SystemExit:-:0");
}

static void a_process_is_restarted(void)
{
    error = -EPERM;
    CHECK_EQUAL(arrive_restart(&threads[0]), -EPERM);
    CHECK_CALLS("restart:1:0");
    error = 0;
    attach();
    CHECK_EQUAL(arrive_restart(&threads[0]), 0);
    CHECK_CALLS("ref ending send:-:SystemExit:- will-restart:1");
    answer(&taken);
    CHECK_CALLS("event:1:SystemExit:- restart:1:70 unref");
    CHECK_EQUAL(arrive_restart(&threads[0]), 0);
    error = -ENOMEM;
    answer(&late);
    CHECK_CALLS("ref ending send:-:SystemExit:- will-restart:1 restart:1:0 no-restart:1 unref");
}

static void the_end_of_a_time_limit_arrives(void)
{
    arrive_begin();
    attach();
    overdue(&threads[0]);
    CHECK_CALLS("ending send:-:TimeoutError:");
    answer(&taken);
    CHECK_CALLS("event:1:TimeoutError: arrived:1:TimeoutError::70");
    threads[0].now.ready_overdue = true;
    overdue(&threads[0]);
    CHECK_CALLS("ending send:-:TimeoutError:not ready");
    answer(&refused);
    CHECK_CALLS(""); /* the worker ends the run itself */
    is_ending = true;
    overdue(&threads[0]);
    is_ending = false;
    threads[0].now.state = STATE_STOPPING;
    overdue(&threads[0]);
    CHECK_CALLS("");
}

TEST_MAIN({"worker", without_a_process_the_worker_has_it},
          {"grace", an_exception_that_arrives_may_begin_the_grace},
          {"late", an_exception_that_does_not_arrive_may_become_a_signal},
          {"types", three_exceptions_begin_the_grace},
          {"loaded", exceptions_wait_for_a_function_that_is_loaded},
          {"memory", without_memory_an_exception_is_refused},
          {"end", the_supervisor_ends_a_process}, {"restart", a_process_is_restarted},
          {"overdue", the_end_of_a_time_limit_arrives})
