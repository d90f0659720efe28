#include "cli/rpc/envelope.h"

#include "cli/rpc/write.h"

static void begin_params(struct text *line, const char *method)
{
    text_add(line, ",\"method\":\"");
    text_add(line, method);
    text_add(line, "\",\"params\":");
}

void envelope_begin_request(struct text *line, int64_t id, const char *method)
{
    text_add(line, ENVELOPE_START ",\"id\":");
    write_integer(line, id);
    begin_params(line, method);
}

void envelope_begin_notification(struct text *line, const char *method)
{
    text_add(line, ENVELOPE_START);
    begin_params(line, method);
}

void envelope_end(struct text *line)
{
    text_byte(line, '}', 1);
}
