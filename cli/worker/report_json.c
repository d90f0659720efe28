#include "cli/worker/report_json.h"

#include "cli/base/exceptions.h"
#include "cli/rpc/bytes.h"
#include "cli/rpc/member.h"
#include "cli/rpc/state_word.h"
#include "cli/rpc/write.h"

#include <stdlib.h>
#include <string.h>

/* The numbers of a report: X(the member, its least value). */
#define NUMBERS(X)                                                                                 \
    X(pid, 0)                                                                                      \
    X(exit_code, -1)                                                                               \
    X(signal, 0)                                                                                   \
    X(error, 0)                                                                                    \
    X(left_listed, 0)                                                                              \
    X(left_count, 0)                                                                               \
    X(runs, 0)                                                                                     \
    X(unended, 0)                                                                                  \
    X(shown, 0)                                                                                    \
    X(missed, 0)

/* Writes TYPE, which may be NULL. If only a program knows it, writes also the known type that it is derived from. */
static void write_exception(struct text *text, const k3thread_exctype *type)
{
    const k3thread_exctype *base = type;

    if (type == NULL)
        return;
    while (base->base != NULL && exceptions_find(base->name) != base)
        base = base->base;
    member_write_string(text, "exception", type->name);
    if (base != type)
        member_write_string(text, "base", base->name);
}

void report_write(struct text *text, const struct report *report, const struct usage *usage)
{
    text_byte(text, '{', 1);
    member_write_string(text, "state", state_word(report->state));
#define X(name, least) member_write_integer(text, #name, (int64_t) report->name);
    NUMBERS(X)
#undef X
    write_exception(text, report->exception);
    member_write_true(text, "loaded", report->loaded);
    member_write_string(text, "message", report->message);
    member_write_string(text, "status", report->status);
    if (report->left != NULL) {
        write_name(text, "left");
        text_add(text, report->left);
    }
    write_name(text, "user");
    write_seconds(text, usage->user);
    write_name(text, "system");
    write_seconds(text, usage->system);
    member_write_integer(text, "memory", (int64_t) usage->memory);
    text_byte(text, '}', 1);
}

static bool read_number(const json_t *json, const char *name, json_int_t least, json_int_t *ret)
{
    const json_t *value = json_object_get(json, name);

    *ret = json_integer_value(value);
    return json_is_integer(value) && *ret >= least && *ret <= INT32_MAX;
}

/* Returns the string member NAME, to be freed, or NULL if there is none. */
static char *read_string(const json_t *json, const char *name)
{
    char *string = NULL;

    (void) bytes_from_json(json_object_get(json, name), &string);
    return string;
}

static void read_exception(struct report *report, const json_t *json)
{
    const char             *name = json_string_value(json_object_get(json, "exception"));
    const char             *base_name = json_string_value(json_object_get(json, "base"));
    const k3thread_exctype *base = base_name != NULL ? exceptions_find(base_name) : NULL;

    report->exception = name != NULL ? exceptions_find(name) : NULL;
    if (name != NULL && report->exception == NULL && base != NULL)
        report_set_foreign(report, name, base);
}

static void read_words(struct report *report, const json_t *json)
{
    char *message = read_string(json, "message"), *status = read_string(json, "status");

    report_set_message_string(report, message);
    report_set_status(report, status);
    free(message);
    free(status);
}

/* Takes the list of leftovers. Their number was read before, and stays. */
static void read_left(struct report *report, const json_t *json)
{
    const json_t *left = json_object_get(json, "left");
    struct text   list = {0};
    unsigned      count = report->left_count;

    if (!json_is_array(left))
        return;
    write_json(&list, left);
    report->left_count = 0;
    report_set_left(report, &list, report->left_listed, count);
}

bool report_read(struct report *ret, struct usage *ret_usage, const json_t *json)
{
    json_int_t number;

    if (!state_read(json, &ret->state))
        return false;
#define X(name, least)                                                                             \
    if (!read_number(json, #name, least, &number))                                                 \
        return false;                                                                              \
    ret->name = (__typeof__(ret->name)) number;
    NUMBERS(X)
#undef X
    ret->loaded = json_is_true(json_object_get(json, "loaded"));
    read_exception(ret, json);
    read_words(ret, json);
    read_left(ret, json);
    ret_usage->user = json_number_value(json_object_get(json, "user"));
    ret_usage->system = json_number_value(json_object_get(json, "system"));
    ret_usage->memory = (uint64_t) json_integer_value(json_object_get(json, "memory"));
    return true;
}
