#include "cli/quick/answer.h"

#include "cli/base/status.h"
#include "cli/base/text.h"
#include "cli/rpc/envelope.h"
#include "cli/rpc/protocol.h"
#include "cli/view/output.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The part of an answer that was not read yet. */
struct rest {
    const char *at, *end;
};

/* Moves behind WORD. Returns false if WORD does not come next. */
static bool skip(struct rest *rest, const char *word)
{
    size_t size = strlen(word);

    if ((size_t) (rest->end - rest->at) < size || memcmp(rest->at, word, size) != 0)
        return false;
    rest->at += size;
    return true;
}

/* Moves behind a number without leading zeros, no longer than an id. Returns false if none comes next. */
static bool skip_number(struct rest *rest, unsigned long *ret)
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
static bool skip_string(struct rest *rest)
{
    if (!skip(rest, "\""))
        return false;
    while (rest->at < rest->end && *rest->at >= ' ' && *rest->at <= '~' && *rest->at != '"' &&
           *rest->at != '\\')
        rest->at++;
    return skip(rest, "\"");
}

/* Returns true if END is all that is left. */
static bool ends(struct rest *rest, const char *end)
{
    return skip(rest, end) && rest->at == rest->end;
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
static int end_start(struct rest *rest)
{
    struct text   line = {0};
    unsigned long id;

    if (!skip(rest, "{\"id\":") || !skip_number(rest, &id) || !ends(rest, "}"))
        return -1;
    text_number(&line, id, 1);
    text_add(&line, "\n");
    return print(&line);
}

/* Reads {"id":12,"name":"web","exit_code":3,"runs":1}: the command exited by itself. */
static int end_join(struct rest *rest)
{
    unsigned long id, status, runs;

    if (!skip(rest, "{\"id\":") || !skip_number(rest, &id) || !skip(rest, ",\"name\":") ||
        !skip_string(rest) || !skip(rest, ",\"exit_code\":") || !skip_number(rest, &status) ||
        !skip(rest, ",\"runs\":") || !skip_number(rest, &runs) || !ends(rest, "}"))
        return -1;
    return status <= 255 && runs > 0 ? (int) status : -1;
}

/* Reads [{"id":12},{"id":13}], and prints nothing. */
static int end_raise(struct rest *rest)
{
    unsigned long id;
    bool          more = skip(rest, "[");

    while (more) {
        if (!skip(rest, "{\"id\":") || !skip_number(rest, &id) || !skip(rest, "}"))
            return -1;
        more = skip(rest, ",");
    }
    return ends(rest, "]") ? STATUS_DONE : -1;
}

int answer_end(enum quick_command command, const char *line, size_t size)
{
    struct rest rest = {line, line + size};

    if (size == 0 || rest.end[-1] != '}' || !skip(&rest, ENVELOPE_START ",\"id\":1,\"result\":"))
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
