#include "attach_message.h"

#include "lib/json/base64.h"
#include "lib/json/read.h"

#include <string.h>

/* Reads bytes, which are a string or an object with the member "base64". Returns NULL if neither comes next. */
static char *read_bytes(struct json_text *in)
{
    char  *name, *text = NULL;
    size_t size;

    if (*in->at == '"')
        return json_string(in);
    if (!json_enter(in, '{'))
        return NULL;
    while (json_member(in, &name))
        if (strcmp(name, "base64") == 0)
            text = json_string(in);
        else
            json_skip(in);
    if (text == NULL || !json_base64_decode(text, strlen(text), text, &size))
        return NULL;
    text[size] = '\0';
    return text;
}

static void read_params(struct json_text *in, struct k3t_message *message)
{
    char *name;

    if (!json_enter(in, '{'))
        return;
    while (json_member(in, &name))
        if (strcmp(name, "exception") == 0)
            message->exception = json_string(in);
        else if (strcmp(name, "message") == 0)
            message->text = read_bytes(in);
        else if (strcmp(name, "thread") == 0 && *in->at == '"')
            message->thread = json_string(in);
        else if (strcmp(name, "thread") == 0)
            (void) json_integer(in, &message->thread_id);
        else
            json_skip(in);
}

static void read_error(struct json_text *in, struct k3t_message *message)
{
    char *name;

    message->failed = true;
    if (!json_enter(in, '{'))
        return;
    while (json_member(in, &name))
        if (strcmp(name, "code") == 0)
            (void) json_integer(in, &message->code);
        else
            json_skip(in);
}

bool k3t_message_read(char *line, size_t size, struct k3t_message *ret)
{
    struct json_text in = {.at = line, .end = line + size};
    char            *name;

    *ret = (struct k3t_message){0};
    if (!json_enter(&in, '{'))
        return false;
    while (json_member(&in, &name))
        if (strcmp(name, "id") == 0)
            (void) json_integer(&in, &ret->id);
        else if (strcmp(name, "method") == 0)
            ret->method = json_string(&in);
        else if (strcmp(name, "params") == 0)
            read_params(&in, ret);
        else if (strcmp(name, "error") == 0)
            read_error(&in, ret);
        else
            json_skip(&in);
    return !in.failed;
}
