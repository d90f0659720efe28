#include "cli/view/thread_text.h"

#include "cli/base/result.h"
#include "cli/base/status.h"
#include "cli/rpc/bytes.h"
#include "cli/view/table.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

json_int_t thread_id(const json_t *thread)
{
    return json_integer_value(json_object_get(thread, "id"));
}

void thread_add_bytes(struct text *text, const json_t *bytes)
{
    char *copy;

    if (json_is_string(bytes)) {
        text_add_escaped(text, json_string_value(bytes), json_string_length(bytes));
    } else if (bytes_from_json(bytes, &copy) == 0) {
        text_add_escaped(text, copy, strlen(copy));
        free(copy);
    } else {
        text_byte(text, '?', 1);
    }
}

void thread_add_result(struct text *text, const json_t *thread)
{
    const json_t *exit_code = json_object_get(thread, "exit_code");
    const json_t *signal = json_object_get(thread, "signal");

    result_add(text, json_string_value(json_object_get(thread, "exception")),
               json_is_integer(exit_code) ? (int) json_integer_value(exit_code) : -1,
               (int) json_integer_value(signal));
}

void thread_add_rows(struct table *table, const json_t *part)
{
    const json_t *rows = json_object_get(part, "table");

    if (json_is_string(rows))
        table_add_lines(table, json_string_value(rows), json_string_length(rows));
}

void thread_add_reason(struct text *text, const json_t *thread)
{
    const json_t *message = json_object_get(thread, "message");

    if (json_integer_value(json_object_get(thread, "runs")) == 0 && message != NULL &&
        !json_is_null(message) && !json_is_string(json_object_get(thread, "exception")))
        thread_add_bytes(text, message);
}

void thread_add_message(struct text *text, const json_t *thread)
{
    const json_t *message = json_object_get(thread, "message");

    if (message == NULL || json_is_null(message) ||
        !json_is_string(json_object_get(thread, "exception")))
        return;
    text_add(text, ": ");
    thread_add_bytes(text, message);
}

void thread_add_unended(struct text *text, const json_t *thread)
{
    const json_t *unended = json_object_get(thread, "unended");

    if (json_is_integer(unended))
        text_printf(text, "process %" JSON_INTEGER_FORMAT " could not be ended",
                    json_integer_value(unended));
}

/* Returns the exit status for a thread that the exception NAME ended before its command ran. */
static int status_of_exception(const char *name)
{
    static const struct {
        const char *name;
        int         status;
    } statuses[] = {
        {"SystemExit", STATUS_SIGNAL_BASE + SIGTERM},
        {"KeyboardInterrupt", STATUS_SIGNAL_BASE + SIGINT},
        {"TimeoutError", STATUS_TIMEOUT},
    };

    for (size_t i = 0; name != NULL && i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (strcmp(name, statuses[i].name) == 0)
            return statuses[i].status;
    return STATUS_INTERNAL;
}

int thread_status(const json_t *thread)
{
    const char   *exception = json_string_value(json_object_get(thread, "exception"));
    const json_t *exit_code = json_object_get(thread, "exit_code");
    const json_t *signal = json_object_get(thread, "signal");

    if (exception != NULL && strcmp(exception, "TimeoutError") == 0)
        return STATUS_TIMEOUT; /* a timeout has its own status, whatever the command returned */
    if (json_is_integer(exit_code))
        return (int) json_integer_value(exit_code);
    if (json_is_integer(signal))
        return STATUS_SIGNAL_BASE + (int) json_integer_value(signal);
    return status_of_exception(exception);
}
