/* send: writes to the input of a thread. */
#include "cli/base/status.h"
#include "cli/commands/arguments.h"
#include "cli/commands/command.h"
#include "cli/commands/input_copy.h"
#include "cli/commands/report.h"
#include "cli/commands/thread_word.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

struct send_options {
    const char *thread;
    char      **words; /* TEXT, up to a NULL */
    bool        eof;
    double      timeout;
};

enum { KEY_EOF = 256 };

static const struct argp_option options[] = {
    {"timeout", 't', "SECONDS", 0, "Give up when bytes have waited SECONDS for the command", 0},
    {"eof", KEY_EOF, NULL, 0, "Close the input afterwards; without TEXT, copy nothing", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct send_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        o->timeout = -1;
        return 0;
    case 't':
        return command_duration(state, "--timeout", argument, &o->timeout);
    case KEY_EOF:
        o->eof = true;
        return 0;
    case ARGP_KEY_ARGS:
        o->words = state->argv + state->next + 1;
        return command_one_thread(state, state->argv[state->next], &o->thread);
    case ARGP_KEY_END:
        return o->thread == NULL ? command_usage(state, "no thread") : 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Joins WORDS by blanks, as echo does, and adds a newline. */
static void write_line(struct text *line, char *const *words)
{
    for (char *const *word = words; *word != NULL; word++) {
        text_add(line, *word);
        text_byte(line, word[1] != NULL ? ' ' : '\n', 1);
    }
}

/* Takes the replies that have arrived. Returns 0, or -errno after a failure. */
static int take_replies(struct input_copy *copy)
{
    struct reply reply;
    int          error;

    while ((error = client_try_receive(copy->client, &reply)) > 0) {
        error = input_copy_take(copy, &reply);
        reply_release(&reply);
        if (error < 0)
            return error;
    }
    return error;
}

/* Copies until all was taken. Returns 0, or -errno after a failure. */
static int copy_all(struct input_copy *copy)
{
    int error = 0;

    while (error == 0 && !copy->is_done) {
        struct pollfd polls[] = {input_copy_poll(copy),
                                 {.fd = copy->client->wire.fd, .events = POLLIN}};

        if (copy->client->wire.unsent.size > 0)
            polls[1].events |= POLLOUT;
        if (poll(polls, 2, input_copy_patience(copy)) < 0)
            continue; /* a signal: no other error is possible here */
        error = input_copy_step(copy, polls[0].revents);
        if (error == 0)
            error = take_replies(copy);
    }
    return error;
}

/* Sends an empty text, to find out before the user types that the thread takes no input. Returns 0 or -errno. */
static int check_thread(struct client *client, const struct send_options *o)
{
    struct reply reply;
    int          error = client_call(
                 client, "send", json_pack("{s:o, s:s}", "thread", thread_to_json(o->thread), "text", ""),
                 &reply);

    if (error == 0)
        reply_release(&reply);
    return error;
}

static int run(struct invocation *invocation)
{
    const struct send_options *o = invocation->options;
    struct client             *client = &invocation->session->client;
    struct input_copy copy = {.timeout = o->timeout, .keeps_lines = true, .ends_input = o->eof};
    struct text       text = {0};
    int               status = STATUS_DONE;
    int               error;

    if (!o->eof && o->words[0] == NULL && check_thread(client, o) != 0)
        return command_failed(invocation);
    error = input_copy_open(&copy, client, thread_to_json(o->thread));
    write_line(&text, o->words);
    if (error == 0 && (o->eof || o->words[0] != NULL))
        error = input_copy_send_text(&copy, &text);
    if (error == 0)
        error = copy_all(&copy);
    if (error != 0) {
        input_copy_explain(&copy);
        status = command_failed(invocation);
    }
    text_release(&text);
    input_copy_close(&copy);
    return status;
}

const struct command command_send = {
    .name = "send",
    .arguments = "THREAD [TEXT...]",
    .doc = "Write to the input of a thread\vThe thread was started with --input or --tty. Writes "
           "TEXT and a "
           "newline, or without TEXT copies standard input. Returns when the command's input has "
           "taken the bytes: 64 KiB fit into it that the command has not read.",
    .group = COMMAND_GROUP_WATCHING,
    .flags = COMMAND_INPUT | COMMAND_CONNECTS,
    .options = options,
    .options_size = sizeof(struct send_options),
    .parse = parse,
    .run = run,
};
