/*
 * echo-client SOCKET [WORD…]: sends its words as a line to echo-server, waits for the answer and
 * prints it. It is statically linked: the smallest possible client.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int count, char **words)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char               line[4096];
    size_t             size = 0;
    ssize_t            got;
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || count < 2 || strlen(words[1]) >= sizeof(address.sun_path))
        return 64;
    memcpy(address.sun_path, words[1], strlen(words[1]));
    for (int i = 2; i < count && size + strlen(words[i]) + 1 < sizeof(line); i++) {
        memcpy(line + size, words[i], strlen(words[i]));
        size += strlen(words[i]);
        line[size++] = ' ';
    }
    line[size++] = '\n';
    if (connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0 ||
        write(fd, line, size) != (ssize_t) size)
        return 1;
    got = read(fd, line, sizeof(line));
    return got > 0 && write(STDOUT_FILENO, line, (size_t) got) == got ? 0 : 1;
}
