#include "cli/quick/answer.h"

#include "cli/base/status.h"
#include "cli/base/text.h"
#include "cli/rpc/envelope.h"
#include "cli/rpc/plain_text.h"
#include "cli/rpc/protocol.h"
#include "cli/view/output.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Moves behind a number without leading zeros, no longer than an id. Returns false if none comes next. */
static bool skip_number(struct plain_text *rest, unsigned long *ret)
{
    const char *begin = rest->at;

    *ret = 0;
    while (rest->at < rest->end && *rest->at >= '0' && *rest->at <= '9' &&
           rest->at - begin <= PROTOCOL_ID_DIGITS)
        *ret = *ret * 10 + (unsigned long) (*rest->at++ - '0');
    return rest->at > begin && rest->at - begin <= PROTOCOL_ID_DIGITS &&
           (*begin != '0' || rest->at - begin == 1);
}

/* Moves behind a string without escapes. Returns false if none comes next. */
static bool skip_string(struct plain_text *rest)
{
    size_t size;

    return plain_text_take(rest, "\"") && plain_text_take_string(rest, &size) != NULL;
}

/* Returns true if END is all that is left. */
static bool ends(struct plain_text *rest, const char *end)
{
    return plain_text_take(rest, end) && rest->at == rest->end;
}

/*
 * Prints TEXT. Returns the exit status, or -1 if nothing could be printed. If only a part could be printed, reports
 * that here, because the program would print this part again.
 */
static int print(const struct text *text)
{
    static const char message[] = "k3thread: cannot write to standard output\n";
    const char       *rest = text->data;
    size_t            size = text->size;

    if (output_write_part(STDOUT_FILENO, &rest, &size) == 0)
        return STATUS_DONE;
    if (size == text->size)
        return -1;
    (void) output_write(STDERR_FILENO, message, strlen(message));
    return STATUS_FAILED;
}

/* Reads {"id":12}, and prints the id. */
static int end_start(struct plain_text *rest)
{
    struct text   line = {0};
    unsigned long id;

    if (!plain_text_take(rest, "{\"id\":") || !skip_number(rest, &id) || !ends(rest, "}"))
        return -1;
    text_number(&line, id, 1);
    text_add(&line, "\n");
    return print(&line);
}

/* Reads {"id":12,"name":"web","exit_code":3,"runs":1}: the command exited by itself. */
static int end_join(struct plain_text *rest)
{
    unsigned long id, status, runs;

    if (!plain_text_take(rest, "{\"id\":") || !skip_number(rest, &id) ||
        !plain_text_take(rest, ",\"name\":") || !skip_string(rest) ||
        !plain_text_take(rest, ",\"exit_code\":") || !skip_number(rest, &status) ||
        !plain_text_take(rest, ",\"runs\":") || !skip_number(rest, &runs) || !ends(rest, "}"))
        return -1;
    return status <= 255 && runs > 0 ? (int) status : -1;
}

/* Reads [{"id":12},{"id":13}], and prints nothing. */
static int end_raise(struct plain_text *rest)
{
    unsigned long id;
    bool          more = plain_text_take(rest, "[");

    while (more) {
        if (!plain_text_take(rest, "{\"id\":") || !skip_number(rest, &id) ||
            !plain_text_take(rest, "}"))
            return -1;
        more = plain_text_take(rest, ",");
    }
    return ends(rest, "]") ? STATUS_DONE : -1;
}

int answer_end(enum quick_command command, const char *line, size_t size)
{
    struct plain_text rest = {line, line + size};

    if (size == 0 || rest.end[-1] != '}' ||
        !plain_text_take(&rest, ENVELOPE_START ",\"id\":1,\"result\":"))
        return -1;
    rest.end--; /* the end of the message */
    switch (command) {
    case QUICK_START:
        return end_start(&rest);
    case QUICK_JOIN:
        return end_join(&rest);
    default:
        return end_raise(&rest);
    }
}
