/* The probe http://HOST:PORT/PATH, which holds when a GET is answered with a status from 200 to 399. */
#include "cli/base/clock.h"
#include "cli/ready/probe_connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORT 80

/* The longest URL: its request fits into any socket's buffer. */
#define URL_MAX 4000

/* The most bytes of each line of an answer that are looked at. */
#define LINE_SIZE 32

/* One probe of this kind. */
struct http_probe {
    struct ready ready;
    bool         is_asked;   /* the request is sent: the answer is read */
    bool         is_in_head; /* of an answer 1xx, before the true answer */
    char         line[LINE_SIZE];
    size_t       length; /* of the line, of which `line` keeps only the beginning */
};

/* Returns the end of HOST:PORT, where the path begins. A path that is left out means "/". */
static const char *path_of(const char *argument)
{
    return argument + strcspn(argument, "/?");
}

static size_t addresses_of(const char *argument, struct address ret[ADDRESS_MAX])
{
    return address_parse(argument, (size_t) (path_of(argument) - argument), DEFAULT_PORT, ret);
}

static bool has_only_url_bytes(const char *string)
{
    for (; *string != '\0'; string++)
        if (*string <= ' ' || *string > '~' || *string == '#')
            return false;
    return true;
}

static bool is_valid(const char *argument, struct text *why)
{
    struct address addresses[ADDRESS_MAX];

    if (!has_only_url_bytes(argument))
        text_add(why,
                 "a URL has neither \"#\" nor spaces, nor letters that are not ASCII: write %20");
    else if (strlen(argument) > URL_MAX)
        text_add(why, "the URL is too long");
    else if (addresses_of(argument, addresses) == 0)
        text_add(why, "http:// takes HOST:PORT/PATH, HOST being an address or localhost");
    else
        return true;
    return false;
}

/* Sends the request. Returns true if the socket took it. */
static bool ask(struct http_probe *probe)
{
    struct ready *ready = &probe->ready;
    const char   *path = path_of(ready->argument);
    char         *request;
    int           size;
    ssize_t       sent = -1;

    size =
        asprintf(&request,
                 "GET %s%s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: k3thread/" K3THREAD_VERSION
                 "\r\nAccept: */*\r\nConnection: close\r\n\r\n",
                 path[0] == '/' ? "" : "/", path, (int) (path - ready->argument), ready->argument);
    if (size >= 0) {
        sent = send(ready->poll.fd, request, (size_t) size, MSG_NOSIGNAL);
        free(request);
    }
    probe->is_asked = size >= 0 && sent == size;
    probe->is_in_head = false;
    probe->length = 0;
    ready->poll.events = POLLIN;
    return probe->is_asked;
}

/* Returns the status in LINE, or 0 if LINE is no status line. */
static int status_of(const char *line)
{
    int  status;
    char behind = ' ';

    return sscanf(line, "HTTP/%*1[0-9].%*1[0-9] %3d%c", &status, &behind) >= 1 && behind == ' '
               ? status
               : 0;
}

/* The result of the lines of an answer so far. */
enum answer { ANSWER_GOES_ON, ANSWER_GOOD, ANSWER_BAD };

/* Takes a complete line. The head of an answer of 1xx, up to an empty line, is skipped. */
static enum answer take_line(struct http_probe *probe)
{
    size_t length = probe->length;
    int    status;

    probe->line[length < LINE_SIZE ? length : LINE_SIZE - 1] = '\0';
    probe->length = 0;
    if (probe->is_in_head) {
        probe->is_in_head = length > 0;
        return ANSWER_GOES_ON;
    }
    status = status_of(probe->line);
    probe->is_in_head = status >= 100 && status < 200;
    if (probe->is_in_head)
        return ANSWER_GOES_ON;
    return status >= 200 && status < 400 ? ANSWER_GOOD : ANSWER_BAD;
}

/* Reads the bytes that have come, up to the line that decides. */
static enum answer read_answer(struct http_probe *probe)
{
    char        text[1024];
    ssize_t     n = recv(probe->ready.poll.fd, text, sizeof(text), 0);
    enum answer answer = ANSWER_GOES_ON;

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? ANSWER_GOES_ON : ANSWER_BAD;
    for (ssize_t i = 0; i < n && answer == ANSWER_GOES_ON; i++) {
        if (text[i] == '\n')
            answer = take_line(probe);
        else if (text[i] != '\r' && probe->length++ < LINE_SIZE - 1)
            probe->line[probe->length - 1] = text[i];
    }
    return n == 0 ? ANSWER_BAD : answer;
}

static bool check(struct ready *ready, const struct spawn_plan *plan)
{
    struct http_probe *probe = (struct http_probe *) ready;
    struct address     addresses[ADDRESS_MAX];
    size_t             count = addresses_of(ready->argument, addresses);

    (void) plan;
    if (ready->poll.fd >= 0 && probe->is_asked) {
        enum answer answer = read_answer(probe);

        if (answer == ANSWER_GOOD)
            return true;
        if (answer == ANSWER_GOES_ON && clock_until(ready->next) > 0)
            return false;
        probe_unpoll(ready);
    }
    probe->is_asked = false;
    while (probe_connection_step(ready, addresses, count) == CONNECTING_DONE && !ask(probe))
        probe_unpoll(ready);
    return false;
}

const struct probe_kind probe_http = {
    .size = sizeof(struct http_probe),
    .is_shared = true,
    .is_valid = is_valid,
    .check = check,
};
