#include "cli/server/output_notice.h"

#include "cli/rpc/envelope.h"
#include "cli/rpc/write.h"
#include "cli/server/connection.h"

void output_notice_send(struct connection *connection, const char *data, size_t size)
{
    struct text line = {0};

    envelope_begin_notification(&line, "output");
    text_add(&line, "{\"data\":");
    write_base64(&line, data, size);
    text_byte(&line, '}', 1);
    envelope_end(&line);
    connection_send(connection, &line);
    text_release(&line);
}
