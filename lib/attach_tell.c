#include "attach_tell.h"

#include "attach_message.h"
#include "attach_state.h"
#include "news.h"
#include "published.h"
#include "shell_name.h"

static void put_begun(struct k3t_connection *connection, const struct k3thread *t)
{
    char name[K3T_SHELL_NAME_SIZE];

    k3t_shell_name(t->name, name);
    k3t_put(connection, "{\"id\":");
    k3t_put_integer(connection, t->id);
    k3t_put(connection, ",\"name\":");
    k3t_put_bytes(connection, name);
    k3t_put(connection, ",\"tid\":");
    k3t_put_integer(connection, (uint64_t) k3thread_get_tid(t));
    if (t->daemon)
        k3t_put(connection, ",\"daemon\":true");
    if (t->delayed)
        k3t_put(connection, ",\"state\":\"delayed\"");
    k3t_put(connection, "}");
}

/* Sends one line of NEWS (K3T_NEWS_ bits): T has begun, has ended, or both. Returns 0, or -errno. */
static int tell_thread(struct k3t_connection *connection, const struct k3thread *t, unsigned news)
{
    k3t_put_begin(connection, 0, ",\"method\":\"tell\",\"params\":{");
    if ((news & K3T_NEWS_BEGUN) != 0) {
        k3t_put(connection, "\"started\":[");
        put_begun(connection, t);
        k3t_put(connection, "]");
    }
    if (news == (K3T_NEWS_BEGUN | K3T_NEWS_ENDED))
        k3t_put(connection, ",");
    if ((news & K3T_NEWS_ENDED) != 0) {
        k3t_put(connection, "\"ended\":[");
        k3t_put_integer(connection, t->id);
        k3t_put(connection, "]");
    }
    k3t_put(connection, "}}");
    return k3t_connection_send(connection, K3T_ATTACH_PATIENCE);
}

static int tell_threads(struct k3t_connection *connection)
{
    struct k3thread *t;
    unsigned         news = 0;
    int              error = 0;

    while (error == 0 && (t = k3t_news_take(&news)) != NULL) {
        error = tell_thread(connection, t, news);
        k3thread_unref(t);
    }
    return error;
}

static int tell_published(struct k3t_connection *connection, struct k3t_told *told)
{
    const k3thread_exctype *type;
    int                     error = 0;

    while (error == 0 && (type = k3t_published_at(told->published)) != NULL) {
        told->published++;
        k3t_put_begin(connection, 0, ",\"method\":\"tell\",\"params\":{\"published\":[{\"name\":");
        k3t_put_bytes(connection, type->name);
        k3t_put(connection, ",\"base\":");
        k3t_put_bytes(connection, k3t_published_base(type)->name);
        k3t_put(connection, "}]}}");
        error = k3t_connection_send(connection, K3T_ATTACH_PATIENCE);
    }
    return error;
}

/*
 * Sends the newest request of other threads, unless it was sent before. All other news are sent first, because the
 * reply to the request confirms them too.
 */
static int tell_asked(struct k3t_connection *connection, struct k3t_told *told)
{
    const k3thread_exctype *type;
    char                    text[K3THREAD_MESSAGE_MAX];
    unsigned                asked = k3t_attach_asked(&type, text);

    if (asked == told->asked)
        return 0;
    told->asked = asked;
    k3t_put_begin(connection, (uint64_t) asked + K3T_ATTACH_ID,
                  ",\"method\":\"tell\",\"params\":{");
    if (type != NULL) {
        k3t_put(connection, "\"exception\":");
        k3t_put_bytes(connection, type->name);
        k3t_put(connection, ",\"message\":");
        k3t_put_bytes(connection, text);
    }
    k3t_put(connection, "}}");
    return k3t_connection_send(connection, K3T_ATTACH_PATIENCE);
}

int k3t_tell(struct k3t_connection *connection, struct k3t_told *told)
{
    int error = tell_threads(connection);

    if (error == 0)
        error = tell_published(connection, told);
    return error == 0 ? tell_asked(connection, told) : error;
}
