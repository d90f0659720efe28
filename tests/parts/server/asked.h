/*
 * Calls methods of the server as a client does. Keeps what a method makes others do, and its replies, as lines. A
 * program that includes this defines the functions that its methods call, and adds lines for them.
 *
 * There are four threads: a and web-1 run, b and web-2 have ended.
 */
#ifndef ASKED_H
#define ASKED_H

#include "tests/lib/test.h"

#include "cli/rpc/write.h"
#include "cli/server/call.h"
#include "cli/server/method.h"
#include "cli/server/store.h"

#include <fnmatch.h>
#include <jansson.h>

#define THREADS 4

static struct record_list all = TAILQ_HEAD_INITIALIZER(all);
static struct record      threads[THREADS]; /* the thread t has the id t + 1 */
static bool               is_forgotten;     /* none of them is found by its id */
static struct peer        peer;
static char seen[8000]; /* each line with a newline, and with apostrophes for quotes */

/* Adds a line. */
__attribute__((format(printf, 1, 2))) static inline void note(const char *format, ...)
{
    size_t  used = strlen(seen);
    va_list arguments;

    va_start(arguments, format);
    (void) vsnprintf(seen + used, sizeof(seen) - used, format, arguments);
    va_end(arguments);
    for (char *byte = seen + used; *byte != '\0'; byte++)
        if (*byte == '"')
            *byte = '\'';
    (void) snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "\n");
}

#define CHECK_SEEN(wanted)                                                                         \
    do {                                                                                           \
        if (strcmp(seen, wanted) != 0)                                                             \
            fprintf(stderr, "seen: %swanted: %s", seen, wanted);                                   \
        CHECK_TEXT(seen, wanted);                                                                  \
        seen[0] = '\0';                                                                            \
    } while (0)

/*
 * Notes a notification: the method and the parameters. Notes a reply: the result; or the code, the message and the rest
 * of the data of an error.
 */
void connection_send(struct connection *connection, const struct text *line)
{
    json_t *reply = json_loadb(line->data, line->size, 0, NULL);
    json_t *result = json_object_get(reply, "result"), *error = json_object_get(reply, "error");
    json_t *data = json_object_get(error, "data");
    char   *words;

    CHECK(connection == &peer.connection && !line->failed && reply != NULL);
    if (json_object_get(reply, "method") != NULL)
        result = json_object_get(reply, "params");
    (void) json_object_del(data, "type");
    words = json_dumps(error != NULL ? data : result, JSON_COMPACT | JSON_ENCODE_ANY);
    if (json_object_get(reply, "method") != NULL)
        note("%s %s", json_string_value(json_object_get(reply, "method")), words);
    else if (error == NULL)
        note("%s", words);
    else
        note("%d %s%s", (int) json_integer_value(json_object_get(error, "code")),
             json_string_value(json_object_get(error, "message")),
             json_object_size(data) > 0 ? words : "");
    free(words);
    json_decref(reply);
}

void connection_settle(struct connection *connection)
{
    CHECK(connection == &peer.connection);
}

const struct record_list *store_all(void)
{
    return &all;
}

struct record *store_find_id(uint64_t id)
{
    return id > 0 && id <= THREADS && !is_forgotten ? &threads[id - 1] : NULL;
}

struct record *store_find_name(const char *name)
{
    for (size_t i = 0; i < THREADS; i++)
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

/* A thread is its id, or a list of its id and the members that were asked for. */
void record_write(struct text *text, const struct record *record, uint64_t members)
{
    if (members == RECORD_ALL_MEMBERS)
        text_printf(text, "{\"id\":%d}", (int) record->id);
    else
        text_printf(text, "{\"id\":%d,\"members\":%d}", (int) record->id, (int) members);
}

uint64_t record_member(const char *name)
{
    return name == NULL ? 0 : strcmp(name, "id") == 0 ? 1 : strcmp(name, "pid") == 0 ? 2 : 0;
}

/* Begins a case. */
static inline void add_threads(void)
{
    static const char *const names[] = {"a", "b", "web-1", "web-2"};

    for (size_t i = 0; i < THREADS; i++) {
        threads[i].id = i + 1;
        threads[i].job.name = (char *) names[i];
        threads[i].now.state = i % 2 == 0 ? STATE_RUNNING : STATE_ENDED;
        TAILQ_INSERT_TAIL(&all, &threads[i], order);
    }
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

/* Calls METHOD, with PARAMS as json() reads them; NULL: none. Returns the call, which has ended if it was answered. */
static inline struct call *ask(const struct method *method, const char *params)
{
    static int   id;
    json_t      *value = params != NULL ? json(params) : NULL;
    struct call *call = call_new(&peer, json_integer(++id));

    CHECK(call != NULL);
    call->method = method->name;
    method->run(call, value);
    json_decref(value);
    return call;
}

/* A request, and what is seen then. */
struct request {
    const char *params, *wanted;
};

/* Calls METHOD with each of COUNT requests, and checks that each is answered. */
static inline void check_requests(const struct method *method, const struct request *requests,
                                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char got[sizeof(seen)];

        (void) ask(method, requests[i].params);
        CHECK(LIST_EMPTY(&peer.calls) && peer.connection.pending == 0);
        (void) snprintf(got, sizeof(got), "%s", seen);
        seen[0] = '\0';
        if (strcmp(got, requests[i].wanted) != 0)
            fprintf(stderr, "%s\ngot: %swanted: %s", requests[i].params, got, requests[i].wanted);
        CHECK_TEXT(got, requests[i].wanted);
    }
}

#define CHECK_REQUESTS(method, table)                                                              \
    check_requests(&(method), table, sizeof(table) / sizeof((table)[0]))

#endif
