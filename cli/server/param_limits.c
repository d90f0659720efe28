#include "cli/server/param_limits.h"

#include "cli/rpc/write.h"

#include <string.h>
#include <sys/socket.h>

/* Reads one number of a limit. */
static bool parse_number(const json_t *number, rlim_t *ret)
{
    json_int_t value = json_integer_value(number);

    *ret = value < 0 ? RLIM_INFINITY : (rlim_t) value;
    return json_is_integer(number) && value >= -1;
}

/* Reads a list of a soft and a hard limit. */
static bool parse_limit(const json_t *pair, struct rlimit *ret)
{
    return json_array_size(pair) == 2 && parse_number(json_array_get(pair, 0), &ret->rlim_cur) &&
           parse_number(json_array_get(pair, 1), &ret->rlim_max) && ret->rlim_cur <= ret->rlim_max;
}

/* Returns true if PAIR is a list of whole numbers. */
static bool are_numbers(const json_t *pair)
{
    const json_t *number;
    size_t        i;

    json_array_foreach((json_t *) pair, i, number)
        if (!json_is_integer(number))
            return false;
    return json_is_array(pair);
}

/* Reads how the process at the other end of the socket FD is scheduled. It waits for the reply, so it lives. */
static struct scheduling read_scheduling(int fd)
{
    struct ucred peer;
    socklen_t    size = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.pid <= 0)
        return (struct scheduling){0};
    return scheduling_read(peer.pid);
}

bool param_limits_parse(struct call *call, const json_t *limits, const json_t *nice,
                        struct limits *ret)
{
    const char *name;
    json_t     *pair;

    *ret = *limits_started_with();
    ret->scheduling = read_scheduling(call->peer->connection.source.fd);
    if (limits != NULL && !json_is_object(limits))
        return call_fail(call, PROTOCOL_TYPE_ERROR, "\"limits\" must be an object");
    json_object_foreach((json_t *) limits, name, pair) {
        int i = limits_find(name);

        if (i < 0)
            return call_fail(call, PROTOCOL_VALUE_ERROR, "there is no limit '%.64s'", name);
        if (!parse_limit(pair, &ret->of[i]))
            return call_fail(call, are_numbers(pair) ? PROTOCOL_VALUE_ERROR : PROTOCOL_TYPE_ERROR,
                             "the limit '%s' must be a list of two whole numbers, the first not "
                             "above the second; -1 is none",
                             name);
    }
    if (nice == NULL)
        return true;
    ret->nice = (int) json_integer_value(nice);
    if (json_is_integer(nice) && json_integer_value(nice) >= -20 && json_integer_value(nice) <= 19)
        return true;
    return call_fail(call, json_is_integer(nice) ? PROTOCOL_VALUE_ERROR : PROTOCOL_TYPE_ERROR,
                     "\"nice\" must be a whole number from -20 to 19");
}

void param_limits_write_names(struct text *text, unsigned bits)
{
    text_byte(text, '[', 1);
    for (int i = 0; i < LIMITS_BITS; i++) {
        const char *name = limits_name(i);

        if ((bits & 1U << i) == 0)
            continue;
        write_comma(text);
        write_text(text, name, strlen(name));
    }
    text_byte(text, ']', 1);
}
