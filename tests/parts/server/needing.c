/* Tests how the needs of a start are read. */
#include "tests/parts/written.h"

#include "cli/server/need_params.h"
#include "cli/server/peer.h"
#include "cli/server/store.h"
#include "cli/worker/job.h"
#include "cli/worker/mailbox.h"

static struct record threads[3]; /* the thread t has the id t + 1 */
static struct peer   peer;
static struct call   call = {.peer = &peer};
static char          failure[256];
static int           notified;

bool call_fail(struct call *failed, enum protocol_error code, const char *format, ...)
{
    va_list arguments;
    int     length = snprintf(failure, sizeof(failure), "%d ", code);

    CHECK(failed == &call);
    va_start(arguments, format);
    (void) vsnprintf(failure + length, sizeof(failure) - (size_t) length, format, arguments);
    va_end(arguments);
    return false;
}

bool call_refuse(struct call *failed, int error, const char *what)
{
    CHECK(error != 0);
    return call_fail(failed, PROTOCOL_TYPE_ERROR, "%s", what);
}

bool call_fail_memory(struct call *failed)
{
    return call_fail(failed, PROTOCOL_INTERNAL_ERROR, "out of memory");
}

struct record *store_find_id(uint64_t id)
{
    return id >= 1 && id <= 3 ? &threads[id - 1] : NULL;
}

struct record *store_find_name(const char *name)
{
    for (size_t i = 0; i < 3; i++)
        if (strcmp(threads[i].job.name, name) == 0)
            return &threads[i];
    return NULL;
}

bool store_is_pattern(const char *text)
{
    return strpbrk(text, "*?[") != NULL;
}

bool store_fits(const char *pattern, const char *name)
{
    return strcmp(pattern, name) == 0;
}

bool record_is_live(const struct record *record)
{
    return record->now.state != STATE_ENDED;
}

void mailbox_notify(struct mail *mail)
{
    for (size_t i = 0; i < 3; i++)
        if (mail == &threads[i].assignment.mail)
            notified |= 1 << i;
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static bool lacks_memory;

/* The linker puts this in front of the function: see the Makefile. */
void *__wrap_calloc(size_t count, size_t size)
{
    return lacks_memory ? NULL : __real_calloc(count, size);
}

/*
 * Reads the needs in TEXT, with quotes for apostrophes, of a thread NAME. Checks that they are refused with WHY, or
 * read as it says.
 */
static void check(const char *name, const char *text, const char *wanted)
{
    struct job  job = {.name = (char *) name};
    struct text read = {0};
    char        quoted[256];
    json_t     *needs;
    bool        is_read;

    (void) snprintf(quoted, sizeof(quoted), "%s", text);
    for (char *byte = quoted; *byte != '\0'; byte++)
        if (*byte == '\'')
            *byte = '"';
    needs = json_loads(quoted, JSON_DECODE_ANY, NULL);
    failure[0] = '\0';
    is_read = need_params_read(&call, needs, &job);
    CHECK_EQUAL(is_read, failure[0] == '\0');
    for (size_t i = 0; is_read && i < job.need_count; i++)
        text_printf(&read, "%d:%d:%s:%u:%d ", (int) job.needs[i].id, (int) job.needs[i].condition,
                    job.needs[i].word, job.needs[i].shown, job.needs[i].met);
    text_add(&read, failure);
    check_written(&read, wanted);
    json_decref(needs);
    for (size_t i = 0; i < job.need_count; i++)
        free(job.needs[i].word);
    free(job.needs);
}

static void add_threads(void)
{
    static const char *const names[] = {"web", "db", "7:ended"};

    for (size_t i = 0; i < 3; i++) {
        threads[i].id = i + 1;
        threads[i].job.name = (char *) names[i];
        threads[i].now.state = STATE_RUNNING;
        threads[i].now.shown = (unsigned) i;
    }
}

static void each_need_has_a_thread_and_a_condition(void)
{
    add_threads();
    check(NULL, "[]", "");
    CHECK_EQUAL(notified, 0);
    check("app", "['web','db:ended',2,'1:succeeded','db:ready']",
          "1:0:web:0:0 2:1:db:ended:1:0 2:0:db:1:0 "
          "1:2:web:succeeded:0:0 ");
    check("app", "['web:ended','web','1:ended',1,'1:ready']", "1:1:web:ended:0:0 1:0:web:0:0 ");
    CHECK_EQUAL(notified, 3);
    CHECK(threads[0].is_needed && threads[1].is_needed && !threads[2].is_needed);
}

static void needs_that_make_no_sense_are_refused(void)
{
    add_threads();
    check(NULL, "'web'", "-32001 \"needs\" must be a list of threads");
    check(NULL, "{}", "-32001 \"needs\" must be a list of threads");
    check(NULL, "['web',true]", "-32001 \"needs\" must be a list of threads");
    check(NULL, "['none']",
          "-32003 no thread 'none'; --needs takes threads that were started before");
    check("x", "['web:end']",
          "-32003 no thread 'web:end'; a condition is :ready, :ended or :succeeded");
    check("x", "['web',9]", "-32003 no thread 9");
    check("x", "['x']", "-32002 --needs goes in a circle: x needs x");
    check("x", "['web','x:ended']", "-32002 --needs goes in a circle: x needs x");
    check("web", "['web']",
          "-32002 --needs goes in a circle: web needs web; the thread of that name that has ended "
          "is 1");
    lacks_memory = true;
    check("x", "['web']", "-32603 out of memory");
}

TEST_MAIN({"read", each_need_has_a_thread_and_a_condition},
          {"refused", needs_that_make_no_sense_are_refused})
