#include "cli/script/run_hosts.h"

#include "cli/remote/carrier.h"
#include "cli/rpc/bytes.h"
#include "cli/rpc/member.h"
#include "cli/rpc/write.h"
#include "cli/script/line_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The mark in --via that stands for the machine. */
static const char mark[] = "{}";

/* The command that is run on each machine. It reads a script from standard input. */
static const char shell[] = "sh";

/* Adds WORD with NAME in place of each mark. */
static void add_word(struct text *bytes, size_t *count, const char *word, const char *name)
{
    const char *at;

    while ((at = strstr(word, mark)) != NULL) {
        text_append(bytes, word, (size_t) (at - word));
        text_add(bytes, name);
        word = at + strlen(mark);
    }
    text_add(bytes, word);
    words_end(bytes, count);
}

/* Makes the command for the machine NAME. Returns 0 or -ENOMEM. */
static int make_command(const struct words *via, const char *name, char ***ret)
{
    struct text  bytes = {0};
    struct words words = {0};
    size_t       count = 0;
    int          error;

    for (size_t i = 0; i < via->count; i++)
        add_word(&bytes, &count, via->list[i], name);
    add_word(&bytes, &count, shell, name);
    error = words_make(&words, &bytes, count);
    if (error < 0)
        return error;
    *ret = words.list; /* lives as long as the run, and so do its bytes */
    return 0;
}

/* Splits VIA into words. Returns 0, or -errno with WHY. */
static int split(struct words *ret, const char *via, struct text *why)
{
    struct words_scope scope = {.environment = environ};
    struct words_error where = {0};
    int                error = words_split(ret, via, strlen(via), &scope, &where, why);

    if (error == 0 && ret->count == 0) {
        text_add(why, "it names no command");
        error = -EINVAL;
    }
    return error;
}

static int make_commands(struct run_hosts *hosts, const char *via, struct text *why)
{
    struct words words = {0};
    struct text  reason = {0};
    int          error = split(&words, via, &reason);

    if (error != 0)
        text_printf(why, "--via: %.*s", (int) reason.size, reason.data != NULL ? reason.data : "");
    if (error == 0) {
        hosts->commands = calloc(hosts->list.count, sizeof(*hosts->commands));
        error = hosts->commands != NULL ? 0 : -ENOMEM;
    }
    for (size_t i = 0; error == 0 && i < hosts->list.count; i++)
        error = make_command(&words, hosts->list.hosts[i].name, &hosts->commands[i]);
    text_release(&reason);
    words_release(&words);
    return error;
}

int run_hosts_read(struct run_hosts *ret, const char *list, const char *via, struct text *why)
{
    struct text reason = {0};
    int         error = host_list_read(&ret->list, list, &reason);

    if (error != 0)
        text_printf(why, "--hosts: %.*s", (int) reason.size,
                    reason.data != NULL ? reason.data : "");
    text_release(&reason);
    if (error == 0)
        error = make_commands(ret, via != NULL ? via : RUN_VIA_DEFAULT, why);
    if (error != 0 && why->size == 0)
        text_add(why, strerror(-error));
    return error;
}

/* Writes the parameters of the request "hosts". Returns 0 or -ENOMEM. */
static int write_hosts(struct text *params, const struct run_hosts *hosts,
                       const struct place *place)
{
    text_add(params, "{\"hosts\":[");
    for (size_t i = 0; i < hosts->list.count; i++) {
        char *socket = carrier_socket(place, i);

        if (socket == NULL)
            return -ENOMEM;
        write_comma(params);
        text_byte(params, '{', 1);
        member_write_string(params, "name", hosts->list.hosts[i].name);
        member_write_string(params, "socket", socket);
        free(socket);
        if (hosts->list.hosts[i].slots > 0)
            member_write_integer(params, "slots", hosts->list.hosts[i].slots);
        text_byte(params, '}', 1);
    }
    text_add(params, "]");
    write_name(params, "reschedule");
    text_add(params, hosts->reschedule ? "true" : "false");
    text_byte(params, '}', 1);
    return params->failed ? -ENOMEM : 0;
}

int run_hosts_start(const struct run_hosts *hosts, const struct place *place, struct client *client,
                    pid_t *ret_carrier)
{
    struct carrier_options options = {
        .place = place, .hosts = &hosts->list, .commands = hosts->commands};
    struct text  params = {0};
    struct reply reply;
    int          error = write_hosts(&params, hosts, place);

    if (error != 0) {
        text_release(&params);
        return error;
    }
    error = client_call_written(client, "hosts", &params, &reply);
    if (error != 0)
        return error;
    reply_release(&reply);
    return carrier_start(&options, ret_carrier);
}

void run_hosts_lose(const struct run_hosts *hosts, struct client *client)
{
    for (size_t i = 0; client->open && i < hosts->list.count; i++)
        (void) client_send(client, "host",
                           json_pack("{s:o, s:s}", "name", bytes_to_json(hosts->list.hosts[i].name),
                                     "lost", "the process that reaches it has ended"),
                           NULL);
}

void run_hosts_release(struct run_hosts *hosts)
{
    for (size_t i = 0; hosts->commands != NULL && i < hosts->list.count; i++)
        if (hosts->commands[i] != NULL) {
            free(hosts->commands[i][0]);
            free(hosts->commands[i]);
        }
    free(hosts->commands);
    host_list_release(&hosts->list);
}
