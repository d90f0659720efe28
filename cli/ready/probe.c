#include "cli/ready/probe.h"

#include "cli/base/clock.h"

#include <string.h>
#include <unistd.h>

static const struct {
    const char              *prefix;
    const struct probe_kind *kind;
} kinds[] = {
#define X(kind, prefix, syntax) {prefix, &probe_##kind},
    PROBE_KINDS(X)
#undef X
};

const struct probe_kind *probe_kind_of(const char *spec, const char **ret_argument)
{
    *ret_argument = spec;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t length = strlen(kinds[i].prefix);

        if (strncmp(spec, kinds[i].prefix, length) == 0) {
            *ret_argument = spec + length;
            return kinds[i].kind;
        }
    }
    return &probe_fd;
}

bool probe_kind_is_later(const struct probe_kind *kind)
{
#define X(name, prefix, syntax) || kind == &probe_##name
    return false PROBE_KINDS_LATER(X);
#undef X
}

void probe_postpone(struct ready *ready)
{
    ready->has_tried = true;
    ready->next = clock_monotonic() + ready->pause;
    ready->pause = clock_earlier(2 * ready->pause, PROBE_LAST_PAUSE);
}

void probe_unpoll(struct ready *ready)
{
    if (ready->poll.fd >= 0)
        close(ready->poll.fd);
    ready->poll.fd = -1;
}
