/* watch: prints the events of the threads as they happen. */
#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/report.h"
#include "cli/view/leftover_text.h"
#include "cli/view/thread_text.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct watch_options {
    bool json;
};

enum { KEY_JSON = 256 };

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, "Print each event as a JSON object on a line", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct watch_options *o = state->input;

    (void) argument;
    if (key != KEY_JSON)
        return ARGP_ERR_UNKNOWN;
    o->json = true;
    return 0;
}

/* Prints events, until printing fails. */
struct event_printer {
    const struct invocation *invocation;
    bool                     json;
    int                      status;
};

static void add_time(struct text *text, const json_t *time)
{
    time_t    seconds = (time_t) json_number_value(time);
    struct tm parts;
    char      clock[16];

    if (localtime_r(&seconds, &parts) != NULL &&
        strftime(clock, sizeof(clock), "%H:%M:%S", &parts) > 0)
        text_add(text, clock);
}

/* Adds the number of the run that begins, and says if a user asked for it. */
static void add_run(struct text *text, const json_t *event)
{
    const json_t *runs = json_object_get(json_object_get(event, "thread"), "runs");

    text_printf(text, "; run %" JSON_INTEGER_FORMAT " begins%s", json_integer_value(runs),
                json_is_true(json_object_get(event, "asked")) ? " as asked" : "");
}

/* Adds " web (7)", or for a thread inside a process " web/worker (7/3)". */
static void add_thread(struct text *text, const json_t *event)
{
    const json_t *thread = json_object_get(event, "thread");
    const json_t *inner = json_object_get(event, "inner");

    text_add(text, " ");
    thread_add_bytes(text, json_object_get(inner != NULL ? inner : thread, "name"));
    text_add(text, " (");
    if (inner != NULL)
        thread_add_bytes(text, json_object_get(inner, "id"));
    else
        text_printf(text, "%" JSON_INTEGER_FORMAT, thread_id(thread));
    text_add(text, ")");
}

/* Adds a line such as "12:30:01 web (1) raised SystemExit: enough". */
static void add_event(struct text *text, const json_t *event)
{
    const char   *word = json_string_value(json_object_get(event, "event"));
    const json_t *thread = json_object_get(event, "thread");

    add_time(text, json_object_get(event, "time"));
    if (thread == NULL) {
        text_printf(text, " %s %" JSON_INTEGER_FORMAT " events\n", word,
                    json_integer_value(json_object_get(event, "missed")));
        return;
    }
    add_thread(text, event);
    text_printf(text, " %s", word);
    if (json_is_string(json_object_get(event, "exception"))) {
        text_add(text, " ");
        thread_add_bytes(text, json_object_get(event, "exception"));
        if (!json_is_null(json_object_get(event, "message"))) {
            text_add(text, ": ");
            thread_add_bytes(text, json_object_get(event, "message"));
        }
    }
    if (strcmp(word, "left") == 0) {
        text_add(text, " ");
        thread_add_leftovers(text, thread);
    }
    if (strcmp(word, "ended") == 0 || strcmp(word, "restarted") == 0) {
        text_add(text, ": ");
        thread_add_result(text, thread);
    }
    if (strcmp(word, "restarted") == 0)
        add_run(text, event);
    text_add(text, "\n");
}

static void add_json(struct text *text, const json_t *event)
{
    char *line = json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(16));

    if (line == NULL) {
        text->failed = true;
        return;
    }
    text_printf(text, "%s\n", line);
    free(line);
}

/* Prints EVENT at once, because a person or a program waits for it. */
static void print_event(void *context, const json_t *event)
{
    struct event_printer *printer = context;
    struct text           text = {0};

    if (printer->status != STATUS_DONE)
        return;
    if (printer->json)
        add_json(&text, event);
    else
        add_event(&text, event);
    printer->status = command_print(printer->invocation, &text);
    text_release(&text);
}

/* Waits until the supervisor has sent a message, or no process reads standard output any more. */
static int wait_for_event(const struct event_printer *printer)
{
    struct pollfd pollfds[] = {
        {.fd = printer->invocation->session->client.wire.fd, .events = POLLIN},
        {.fd = STDOUT_FILENO},
    };

    if (poll(pollfds, 2, -1) < 0 && errno != EINTR)
        return command_fail(printer->invocation, STATUS_FAILED, NULL, "poll: %s", strerror(errno));
    return pollfds[1].revents & POLLERR ? STATUS_FAILED : STATUS_DONE;
}

/* Prints events until the supervisor ends. */
static int run(struct invocation *invocation)
{
    const struct watch_options *o = invocation->options;
    struct client              *client = &invocation->session->client;
    struct event_printer        printer = {
               .invocation = invocation, .json = o->json, .status = STATUS_DONE};
    struct reply reply;
    int          found = 0;

    client->notify = print_event;
    client->notify_context = &printer;
    if (client_call(client, "watch", json_object(), &reply) != 0) {
        client->notify = NULL;
        return command_failed(invocation);
    }
    reply_release(&reply);
    while (found >= 0 && printer.status == STATUS_DONE) {
        found = client_try_receive(client, &reply);
        if (found > 0)
            reply_release(&reply);
        else if (found == 0 && printer.status == STATUS_DONE)
            printer.status = wait_for_event(&printer);
    }
    client->notify = NULL;
    return printer.status;
}

const struct command command_watch = {
    .name = "watch",
    .doc = "Show what happens to the threads, as it happens\vEvents are created, started, ready, "
           "raised, restarted, left, ended, attached and detached, and inner-started and "
           "inner-ended of "
           "threads inside an attached process; a reader that falls behind is told how many "
           "events it missed. Ends with the supervisor.",
    .group = COMMAND_GROUP_WATCHING,
    .flags = COMMAND_CONNECTS,
    .options = options,
    .options_size = sizeof(struct watch_options),
    .parse = parse,
    .run = run,
};
