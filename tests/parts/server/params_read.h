/* Four threads, a client whose call reads parameters, and the functions that the readers call. */
#ifndef PARAMS_READ_H
#define PARAMS_READ_H

#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/ready/ready.h"
#include "cli/server/hosts.h"
#include "cli/server/leash.h"
#include "cli/server/leash_param.h"
#include "cli/server/need_params.h"
#include "cli/server/param_limits.h"
#include "cli/server/peer.h"
#include "cli/server/select.h"
#include "cli/server/selection.h"
#include "cli/server/start_params.h"
#include "cli/server/store.h"
#include "cli/worker/environment.h"
#include "cli/worker/origin.h"

#include <fnmatch.h>
#include <jansson.h>
#include <math.h>

static struct record_list all = TAILQ_HEAD_INITIALIZER(all);
static struct record      threads[4]; /* the thread t has the id t + 1 */
static struct peer        peer;
static struct call        call = {.peer = &peer, .method = "start"};
static char               failure[512]; /* the message of the last call that failed */

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
    return call_fail(failed, error == -EILSEQ ? PROTOCOL_VALUE_ERROR : PROTOCOL_TYPE_ERROR, "%s",
                     what);
}

bool call_fail_memory(struct call *failed)
{
    return call_fail(failed, PROTOCOL_INTERNAL_ERROR, "out of memory");
}

/* Checks that a call failed with MESSAGE behind its code. */
static inline void check_failure(const char *message)
{
    if (strcmp(failure, message) != 0)
        fprintf(stderr, "'%s', not '%s'\n", failure, message);
    CHECK_TEXT(failure, message);
    failure[0] = '\0';
}

const struct record_list *store_all(void)
{
    return &all;
}

struct record *store_find_id(uint64_t id)
{
    return id > 0 && id <= 4 ? &threads[id - 1] : NULL;
}

struct record *store_find_name(const char *name)
{
    for (size_t i = 0; i < 4; i++)
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
    return fnmatch(pattern, name, 0) == 0;
}

bool record_is_live(const struct record *record)
{
    return record->now.state != STATE_ENDED;
}

bool record_has_failed(const struct record *record)
{
    return !record_is_live(record) && record->now.exit_code != 0;
}

uint64_t record_member(const char *name)
{
    return name == NULL ? 0 : strcmp(name, "id") == 0 ? 1 : strcmp(name, "pid") == 0 ? 2 : 0;
}

bool ready_is_valid(const char *word, struct text *why)
{
    if (strcmp(word, "bad") != 0)
        return true;
    text_add(why, "no probe");
    return false;
}

const struct seat *hosts_find(const char *name, struct text *why)
{
    static const struct seat seat;

    if (strcmp(name, "m1") == 0)
        return &seat;
    text_printf(why, "no machine '%s'", name);
    return NULL;
}

static int needs_read;

bool need_params_read(struct call *failed, const json_t *needs, struct job *job)
{
    (void) job;
    needs_read++;
    return needs == NULL || call_fail(failed, PROTOCOL_VALUE_ERROR, "needs");
}

bool leash_param_read(struct call *failed, const json_t *word, struct leash **ret)
{
    (void) ret;
    return word == NULL || call_fail(failed, PROTOCOL_VALUE_ERROR, "leash");
}

void leash_release(struct leash *leash)
{
    CHECK(leash == NULL);
}

void origin_free(struct origin *origin)
{
    CHECK(origin == NULL);
}

static inline void add_threads(void)
{
    static const char *const names[] = {"a", "b", "web-1", "web-2"};

    for (size_t i = 0; i < 4; i++) {
        threads[i].id = i + 1;
        threads[i].job.name = (char *) names[i];
        threads[i].now.state = i % 2 == 0 ? STATE_RUNNING : STATE_ENDED;
        TAILQ_INSERT_TAIL(&all, &threads[i], order);
    }
    threads[3].now.exit_code = 1;
}

/* Returns the JSON that TEXT is, with quotes for apostrophes. */
static inline json_t *json(const char *text)
{
    char    quoted[1024];
    json_t *value;

    (void) snprintf(quoted, sizeof(quoted), "%s", text);
    for (char *byte = quoted; *byte != '\0'; byte++)
        if (*byte == '\'')
            *byte = '"';
    value = json_loads(quoted, JSON_DECODE_ANY, NULL);
    CHECK(value != NULL);
    return value;
}

#endif
