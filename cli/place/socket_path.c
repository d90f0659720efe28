#include "cli/place/socket_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define PATH_SIZE_MAX (sizeof(((struct sockaddr_un *) NULL)->sun_path) - 1)

/*
 * Appends the directory of the user's sockets. It is in /tmp, as tmux's is: a runtime directory is
 * removed when the user logs out, and the supervisor stays.
 */
void socket_path_add_directory(struct text *path)
{
    const char *tmp = getenv("K3THREAD_TMPDIR");

    text_add(path, tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
    text_add(path, "/k3thread-");
    text_number(path, geteuid(), 1);
}

bool socket_path_is_label(const char *label)
{
    return label[0] != '\0' && label[0] != '.' && strchr(label, '/') == NULL;
}

static int add_label(struct text *path, const char *label, struct text *why)
{
    if (!socket_path_is_label(label)) {
        text_printf(why,
                    "'%s' is no name for a supervisor (no '/', no leading '.'); -S takes a path",
                    label);
        return -EINVAL;
    }
    socket_path_add_directory(path);
    text_add(path, "/");
    text_add(path, label);
    text_add(path, SOCKET_SUFFIX);
    return 0;
}

/* Appends SOCKET. A relative SOCKET is taken from the current directory. */
static int add_socket(struct text *path, const char *socket, struct text *why)
{
    char *here;

    if (socket[0] == '\0' || socket[strlen(socket) - 1] == '/') {
        text_printf(why, "'%s' is no path for a socket", socket);
        return -EINVAL;
    }
    if (socket[0] != '/') {
        here = getcwd(NULL, 0);
        if (here == NULL) {
            text_printf(why, "the current directory has no path: %s", strerror(errno));
            return -ENOENT;
        }
        text_add(path, here);
        text_add(path, "/");
        free(here);
    }
    text_add(path, socket);
    return 0;
}

/* Ends PATH with a NUL. */
static int end_path(struct text *path, struct text *why)
{
    size_t size = path->size;

    text_byte(path, '\0', 1);
    if (path->failed) {
        text_add(why, strerror(ENOMEM));
        return -ENOMEM;
    }
    if (size <= PATH_SIZE_MAX)
        return 0;
    text_printf(why, "the socket's path is longer than %zu bytes: %s", PATH_SIZE_MAX, path->data);
    return -EINVAL;
}

int socket_path_find(struct text *path, const char *label, const char *socket, struct text *why)
{
    const char *from_environment = getenv("K3THREAD_SOCKET");
    int         error;

    if (label != NULL && socket != NULL) {
        text_add(why, "-L and -S exclude each other");
        return -EINVAL;
    }
    if (label == NULL && socket == NULL && from_environment != NULL && from_environment[0] != '\0')
        socket = from_environment;
    if (socket != NULL)
        error = add_socket(path, socket, why);
    else
        error = add_label(path, label != NULL ? label : SOCKET_DEFAULT_LABEL, why);
    return error == 0 ? end_path(path, why) : error;
}
