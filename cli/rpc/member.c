#include "cli/rpc/member.h"

#include "cli/rpc/write.h"

void member_write_integer(struct text *text, const char *name, int64_t number)
{
    write_name(text, name);
    write_integer(text, number);
}

void member_write_seconds(struct text *text, const char *name, double seconds)
{
    if (seconds < 0)
        return;
    write_name(text, name);
    write_seconds(text, seconds);
}

void member_write_string(struct text *text, const char *name, const char *string)
{
    if (string == NULL)
        return;
    write_name(text, name);
    write_bytes(text, string);
}

void member_write_true(struct text *text, const char *name, bool value)
{
    if (!value)
        return;
    write_name(text, name);
    text_add(text, "true");
}

void member_write_strings(struct text *text, const char *name, char *const *strings)
{
    write_name(text, name);
    write_strings(text, strings);
}

void member_write_exception(struct text *text, const char *exception, const char *message)
{
    member_write_string(text, "exception", exception);
    if (message != NULL && message[0] != '\0')
        member_write_string(text, "message", message);
}
