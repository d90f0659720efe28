/*
 * agents serve SOCKET MILLISECONDS: the agents of many machines in one process. They run no commands: each
 * command that a run sends "runs" for so long, and then ends with status 0. So what a run costs is the run's part.
 *
 * agents link SOCKET: what a run starts to reach a machine. It hands its standard input and output to the process
 * that serves, and ends when the machine's connection does, as ssh would.
 */
#include "cli/remote/bootstrap.h"
#include "cli/remote/frame.h"
#include "cli/remote/link.h"
#include "floor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PROCESSORS 4
#define BUFFER     (256 * 1024)
#define BUCKETS    64

/* Messages of an agent about a command that runs, and about one that has ended. */
#define NUMBERS                                                                                    \
    "\"exit_code\":%s,\"signal\":0,\"error\":0,\"left_listed\":0,\"left_count\":0,\"runs\":1,"     \
    "\"unended\":0,\"shown\":1,\"missed\":0,\"user\":0,\"system\":0,\"memory\":1"
#define RUNNING                                                                                    \
    "{\"jsonrpc\":\"2.0\",\"method\":\"report\",\"params\":{\"thread\":1,\"report\":"              \
    "{\"state\":\"running\",\"pid\":1," NUMBERS "}}}\n"
#define ENDED                                                                                      \
    "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"result\":{\"state\":\"ended\",\"pid\":0," NUMBERS "}}\n"

struct bytes {
    char  *data;
    size_t size, capacity;
};

/* One machine. */
struct machine {
    int  in, out, link; /* its pipes; the process that reaches it ends when LINK is closed */
    bool is_up, is_gone;
    struct bytes received;
    LIST_HEAD(, channel) channels[BUCKETS];
    LIST_ENTRY(machine) all;
};

/* The connection of one worker of the run. */
struct channel {
    uint32_t     id;
    struct bytes line;
    LIST_ENTRY(channel) in_machine;
};

/* A command, which ends at a time. */
struct command {
    struct machine *machine;
    uint32_t        channel;
    long            request;
    double          ends;
    STAILQ_ENTRY(command) in_order;
};

static LIST_HEAD(, machine) machines = LIST_HEAD_INITIALIZER(machines);
static STAILQ_HEAD(, command) commands = STAILQ_HEAD_INITIALIZER(commands);
static int    epoll_fd;
static double run_time, next_beat;

static void add(struct bytes *bytes, const void *data, size_t size)
{
    if (bytes->size + size > bytes->capacity) {
        bytes->capacity = 2 * (bytes->size + size);
        bytes->data = realloc(bytes->data, bytes->capacity);
        if (bytes->data == NULL)
            fail("realloc");
    }
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

static void drop(struct bytes *bytes, size_t size)
{
    memmove(bytes->data, bytes->data + size, bytes->size - size);
    bytes->size -= size;
}

static void put(unsigned char *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char) (value >> 8 * i);
}

static uint32_t get(const char *from, int bytes)
{
    uint32_t value = 0;

    for (int i = 0; i < bytes; i++)
        value |= (uint32_t) (unsigned char) from[i] << 8 * i;
    return value;
}

/* Writes all; a machine whose run has closed it is gone. */
static void send_bytes(struct machine *machine, const void *data, size_t size)
{
    if (!machine->is_gone && write(machine->out, data, size) != (ssize_t) size)
        machine->is_gone = true;
}

static void send_frame(struct machine *machine, uint32_t id, enum frame_kind kind, const char *data,
                       size_t size)
{
    unsigned char frame[FRAME_HEAD + 1024];

    put(frame, id, 4);
    frame[4] = (unsigned char) kind;
    put(frame + 5, (uint32_t) size, 3);
    memcpy(frame + FRAME_HEAD, data, size);
    send_bytes(machine, frame, FRAME_HEAD + size);
}

/* Commands */

static void begin(struct machine *machine, uint32_t channel, long request)
{
    struct command *command = malloc(sizeof(*command));
    char            line[1024];
    int             size = snprintf(line, sizeof(line), RUNNING, "-1");

    if (command == NULL)
        fail("malloc");
    *command = (struct command){machine, channel, request, now() + run_time, {NULL}};
    STAILQ_INSERT_TAIL(&commands, command, in_order);
    send_frame(machine, channel, FRAME_DATA, line, (size_t) size);
}

/* Ends the commands whose time has come. Returns the milliseconds until the next one's end, or -1. */
static int end_due(void)
{
    struct command *command;
    double          time = now();

    while ((command = STAILQ_FIRST(&commands)) != NULL && command->ends <= time) {
        char line[1024];
        int  size = snprintf(line, sizeof(line), ENDED, command->request, "0");

        send_frame(command->machine, command->channel, FRAME_DATA, line, (size_t) size);
        STAILQ_REMOVE_HEAD(&commands, in_order);
        free(command);
    }
    return command == NULL ? -1 : (int) ((command->ends - time) * 1000) + 1;
}

/* Takes one request. Only those that start a command have an effect here. */
static void take_request(struct machine *machine, uint32_t channel, const char *line)
{
    const char *id = strstr(line, "\"id\":");

    if (id == NULL || strstr(line, "\"method\":\"execute\"") == NULL)
        return;
    begin(machine, channel, strtol(id + strlen("\"id\":"), NULL, 10));
}

/* Frames */

static struct channel *find(const struct machine *machine, uint32_t id)
{
    struct channel *channel;

    LIST_FOREACH(channel, &machine->channels[id % BUCKETS], in_machine)
        if (channel->id == id)
            return channel;
    return NULL;
}

static void open_channel(struct machine *machine, uint32_t id)
{
    struct channel *channel = calloc(1, sizeof(*channel));

    if (channel == NULL)
        fail("calloc");
    channel->id = id;
    LIST_INSERT_HEAD(&machine->channels[id % BUCKETS], channel, in_machine);
}

static void close_channel(struct machine *machine, uint32_t id)
{
    struct channel *channel = find(machine, id);

    if (channel == NULL)
        return;
    LIST_REMOVE(channel, in_machine);
    free(channel->line.data);
    free(channel);
}

static void take_data(struct machine *machine, uint32_t id, const char *data, size_t size)
{
    struct channel *channel = find(machine, id);
    unsigned char   credit[4];
    char           *end;

    if (channel == NULL)
        return;
    put(credit, (uint32_t) size, 4);
    send_frame(machine, id, FRAME_CREDIT, (char *) credit, sizeof(credit));
    add(&channel->line, data, size);
    while (channel->line.size > 0 &&
           (end = memchr(channel->line.data, '\n', channel->line.size)) != NULL) {
        *end = '\0';
        take_request(machine, id, channel->line.data);
        drop(&channel->line, (size_t) (end + 1 - channel->line.data));
    }
}

static void take_frame(struct machine *machine, uint32_t id, unsigned kind, const char *data,
                       size_t size)
{
    if (kind == FRAME_OPEN) {
        open_channel(machine, id);
    } else if (kind == FRAME_DATA) {
        take_data(machine, id, data, size);
    } else if (kind == FRAME_END) {
        send_frame(machine, id, FRAME_END, "", 0);
        close_channel(machine, id);
    } else if (kind == FRAME_CLOSE) {
        close_channel(machine, id);
    }
}

static void take_frames(struct machine *machine)
{
    size_t at = 0;

    while (machine->received.size - at >= FRAME_HEAD) {
        const char *head = machine->received.data + at;
        size_t      size = get(head + 5, 3);

        if (machine->received.size - at < FRAME_HEAD + size)
            break;
        take_frame(machine, get(head, 4), (unsigned char) head[4], head + FRAME_HEAD, size);
        at += FRAME_HEAD + size;
    }
    drop(&machine->received, at);
}

/* Says that the agent is up when the whole script has come. It is not run. */
static void take_script(struct machine *machine)
{
    static const char end[] = "; }\n", up[] = "\n" BOOTSTRAP_MARK BOOTSTRAP_UP;
    char line[128];
    int  size;

    if (machine->received.size < strlen(end) ||
        memcmp(machine->received.data + machine->received.size - strlen(end), end, strlen(end)) !=
            0)
        return;
    size = snprintf(line, sizeof(line), "%s%d %d\n", up, LINK_VERSION, PROCESSORS);
    machine->received.size = 0;
    machine->is_up = true;
    send_bytes(machine, line, (size_t) size);
}

static void read_machine(struct machine *machine)
{
    static char buffer[BUFFER];
    ssize_t     n = read(machine->in, buffer, sizeof(buffer));

    if (n <= 0) {
        machine->is_gone = true;
        close(machine->in);
        close(machine->out);
        close(machine->link);
        LIST_REMOVE(machine, all); /* its memory stays, for commands that have not ended */
        return;
    }
    add(&machine->received, buffer, (size_t) n);
    if (machine->is_up)
        take_frames(machine);
    else
        take_script(machine);
}

/* Machines */

static int connect_or_listen(const char *path, bool listens)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int                error;

    (void) snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    error = listens ? bind(fd, (struct sockaddr *) &address, sizeof(address))
                    : connect(fd, (struct sockaddr *) &address, sizeof(address));
    if (fd < 0 || error < 0 || (listens && listen(fd, SOMAXCONN) < 0))
        fail(path);
    return fd;
}

/* Sends or receives the two descriptors of a machine. Returns what sendmsg() or recvmsg() does. */
static ssize_t move_descriptors(int socket, int *fds, bool sends)
{
    union {
        struct cmsghdr head;
        char           space[CMSG_SPACE(2 * sizeof(int))];
    } control = {0};
    char          byte = 0;
    struct iovec  bytes = {&byte, 1};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    ssize_t       n;

    if (sends) {
        control.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(2 * sizeof(int)),
                                        .cmsg_level = SOL_SOCKET,
                                        .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.head), fds, 2 * sizeof(int));
        return sendmsg(socket, &message, 0);
    }
    n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (n > 0 && control.head.cmsg_type == SCM_RIGHTS)
        memcpy(fds, CMSG_DATA(&control.head), 2 * sizeof(int));
    return n;
}

static void accept_machine(int listener)
{
    struct machine    *machine = calloc(1, sizeof(*machine));
    int                socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    int                fds[2] = {-1, -1};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = machine};

    if (machine == NULL || socket < 0 || move_descriptors(socket, fds, false) <= 0)
        fail("accept");
    machine->link = socket;
    machine->in = fds[0];
    machine->out = fds[1];
    LIST_INSERT_HEAD(&machines, machine, all);
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, machine->in, &event) < 0)
        fail("epoll_ctl");
}

/* Sends a sign of life of every machine when it is time. */
static void beat(void)
{
    struct machine *machine;

    if (now() < next_beat)
        return;
    next_beat = now() + LINK_BEAT;
    LIST_FOREACH(machine, &machines, all)
        if (machine->is_up)
            send_frame(machine, 0, FRAME_BEAT, "", 0);
}

static void raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        fail("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    (void) setrlimit(RLIMIT_NOFILE, &limit);
}

static void serve(const char *path)
{
    int                listener = connect_or_listen(path, true);
    struct epoll_event event = {.events = EPOLLIN}, events[64];

    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event) < 0)
        fail("epoll");
    puts("ready");
    (void) fflush(stdout);
    for (;;) {
        int next = end_due();
        int count = epoll_wait(epoll_fd, events, 64, next >= 0 && next < 1000 ? next : 1000);

        for (int i = 0; i < count; i++)
            if (events[i].data.ptr == NULL)
                accept_machine(listener);
            else
                read_machine(events[i].data.ptr);
        beat();
    }
}

/* Hands over the input and the output, and waits until the process that serves has closed the connection. */
static void reach(const char *path)
{
    int  socket = connect_or_listen(path, false);
    int  fds[2] = {STDIN_FILENO, STDOUT_FILENO};
    char byte;

    if (move_descriptors(socket, fds, true) < 0)
        fail("sendmsg");
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    while (read(socket, &byte, 1) > 0)
        continue;
}

int main(int count, char **words)
{
    if (count == 4 && strcmp(words[1], "serve") == 0) {
        run_time = number(words[3]) / 1000.0;
        raise_limit();
        (void) signal(SIGPIPE, SIG_IGN);
        serve(words[2]);
    } else if (count >= 3 && strcmp(words[1], "link") == 0) {
        reach(words[2]);
    } else {
        fprintf(stderr, "Usage: agents serve SOCKET MILLISECONDS | agents link SOCKET\n");
        return 64;
    }
    return 0;
}
