#include "cli/server/error.h"

#include "cli/rpc/member.h"
#include "cli/rpc/write.h"

#include <string.h>

/* Returns the exception type that the data of an error with CODE names, or NULL. */
static const char *type_of(enum protocol_error code)
{
    switch (code) {
#define X(name, number, type)                                                                      \
    case PROTOCOL_##name:                                                                          \
        return type;
        PROTOCOL_ERRORS(X)
#undef X
    }
    return NULL;
}

/* Writes MESSAGE. Bytes that are not UTF-8 are written as \xNN, because JSON cannot hold them. */
static void write_message(struct text *text, const char *message)
{
    struct text escaped = {0};

    if (text_is_utf8(message, strlen(message))) {
        write_bytes(text, message);
        return;
    }
    text_add_escaped(&escaped, message, strlen(message));
    write_text(text, escaped.data, escaped.size);
    text->failed |= escaped.failed;
    text_release(&escaped);
}

void error_write(struct text *text, enum protocol_error code, const char *message,
                 const struct text *data)
{
    text->failed |= data->failed;
    text_byte(text, '{', 1);
    member_write_integer(text, "code", code);
    write_name(text, "message");
    write_message(text, message);
    if (type_of(code) != NULL) {
        write_name(text, "data");
        text_printf(text, "{\"type\":\"%s\"", type_of(code));
        text_byte(text, ',', data->size > 0 ? 1 : 0);
        text_append(text, data->data, data->size);
        text_byte(text, '}', 1);
    }
    text_byte(text, '}', 1);
}
