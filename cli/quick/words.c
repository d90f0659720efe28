#include "cli/quick/words.h"

#include "cli/quick/bytes.h"
#include "cli/quick/system.h"

#include <stddef.h>

static const char *variable(const struct words *words, const char *name)
{
    size_t length = bytes_length(name);

    for (char **word = words->environment; *word != NULL; word++)
        if (bytes_begin(*word, length, name) && (*word)[length] == '=')
            return *word + length + 1;
    return NULL;
}

bool words_take(struct words *words, const char *word)
{
    if (*words->next == NULL || !bytes_are(*words->next, word))
        return false;
    words->next++;
    return true;
}

bool words_take_option(struct words *words, const char *word, const char **ret)
{
    if (*words->next == NULL || !bytes_are(*words->next, word) || words->next[1] == NULL)
        return false;
    *ret = words->next[1];
    words->next += 2;
    return true;
}

bool words_is_plain(const char *word)
{
    if (word[0] == '-' || word[0] == '\0')
        return false;
    while ((unsigned char) *word >= ' ')
        word++;
    return *word == '\0';
}

/* Where the supervisor is */

/* As own_directory() in cli/place/place.c has it. */
static void put_directory(struct bytes *path, const struct words *words)
{
    const char *tmp = variable(words, "K3THREAD_TMPDIR");

    bytes_put_word(path, tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
    bytes_put_word(path, "/k3thread-");
    bytes_put_number(path, (unsigned long) system_call(SYS_geteuid, 0, 0, 0, 0, 0, 0));
}

static void put_label(struct bytes *path, const char *label)
{
    path->failed |= label[0] == '\0' || label[0] == '.';
    for (const char *c = label; *c != '\0'; c++)
        path->failed |= *c == '/';
    bytes_put_word(path, "/");
    bytes_put_word(path, label);
    bytes_put_word(path, ".sock");
}

/* The words before the command name it, or the environment does. */
bool words_take_place(struct words *words, struct sockaddr_un *ret)
{
    const char  *socket = NULL, *label = NULL;
    struct bytes path;

    bytes_open(&path, ret->sun_path, sizeof(ret->sun_path) - 1);
    while (words_take_option(words, "-S", &socket) || words_take_option(words, "-L", &label))
        ;
    if (label == NULL && socket == NULL)
        socket = variable(words, "K3THREAD_SOCKET");
    else if (label != NULL && socket != NULL)
        return false;
    if (label == NULL && socket != NULL && socket[0] == '\0')
        return false;
    if (socket != NULL) {
        bytes_put_word(&path, socket);
    } else {
        put_directory(&path, words);
        put_label(&path, label != NULL ? label : "default");
    }
    if (path.failed || path.size == 0 || path.data[0] != '/' || path.data[path.size - 1] == '/')
        return false;
    path.data[path.size] = '\0';
    return true;
}
