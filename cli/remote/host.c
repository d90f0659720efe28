#include "cli/remote/host.h"

#include "cli/base/clock.h"
#include "cli/base/standard.h"
#include "cli/place/socket.h"
#include "cli/remote/bootstrap.h"
#include "cli/remote/host_command.h"
#include "cli/remote/host_script.h"
#include "cli/rpc/envelope.h"
#include "cli/rpc/member.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The most bytes that a machine may write before its agent is up. */
#define NOISE_MAX ((size_t) 256 * 1024)

#define LINE_SIZE 4096

/*
 * If a machine has no agent this many seconds after its command was started, a message says so, and the carrier begins
 * to reach another machine in its place.
 */
#define ANSWER_WITHIN 10.0

/*
 * A machine is given up this many seconds after its command has closed its input or output. Most commands end before
 * that.
 */
#define CLOSED_GRACE 1.0

/* The seconds in which an agent that has noticed the loss of its run ends everything. */
#define AGENT_END 1.0

/* A sign of life may come this many seconds late. */
#define BEAT_LATE 1.0

/*
 * A line that the command wrote to its standard error at most this many seconds before its end is the reason of that.
 */
#define REASON_WITHIN 5.0

/* How often the rest of a pipe is read: others may still write to it when the command has ended. */
#define DRAIN_READS 64

static size_t awaited; /* the number of machines whose is_awaited is set */

static void set_awaited(struct host *host, bool is_awaited)
{
    awaited += (size_t) is_awaited;
    awaited -= (size_t) host->is_awaited;
    host->is_awaited = is_awaited;
}

static void set_stage(struct host *host, enum host_stage stage)
{
    set_awaited(host, stage == HOST_CONNECTING);
    host->stage = stage;
}

/* The end of a machine */

/* Closes the command's input and output here, unless the link has taken them over. */
static void close_pipes(struct host *host)
{
    loop_close(&host->from_command);
    loop_close(&host->to_command);
    byte_queue_release(&host->unsent);
    byte_queue_release(&host->received);
}

/*
 * Returns the seconds until the machine's agent has ended everything, which takes it a second from when it notices that
 * the connection is closed. An agent that was silent is perhaps out of reach. It then notices the loss by its own
 * lease, which counts from the last bytes that have reached it.
 */
static double seconds_until_vacant(const struct host *host)
{
    if (host->stage != HOST_LINKED)
        return 0;
    if (clock_monotonic() - host->link.heard < LINK_BEAT + BEAT_LATE)
        return AGENT_END;
    return LINK_LEASE + AGENT_END;
}

/* Gives the machine up, and tells the supervisor why, before the clients see that their connections are closed. */
static void lose(struct host *host, const char *why)
{
    if (host->stage == HOST_CLOSED)
        return;
    host->vacant = seconds_until_vacant(host);
    set_stage(host, HOST_CLOSED);
    (void) snprintf(host->why, sizeof(host->why), "%s", why);
    loop_close(&host->listener);
    host->user->tell(host);
    close_pipes(host);
    link_close(&host->link);
    if (host->pid != 0)
        (void) kill(host->pid, SIGTERM);
    dprintf(STDERR_FILENO, "k3thread: run: host '%s' is lost: %s\n", host->name, why);
}

/* Gives the machine up because of WHY, which it releases. */
static void lose_for(struct host *host, struct text *why)
{
    text_byte(why, '\0', 1);
    lose(host, why->failed ? "out of memory" : why->data);
    text_release(why);
}

void host_end(struct host *host)
{
    if (host->stage == HOST_CONNECTING && host->pid != 0)
        (void) kill(host->pid, SIGTERM);
    set_stage(host, HOST_CLOSED);
    loop_close(&host->listener);
    close_pipes(host);
    link_close(&host->link);
}

static void take_cut(struct link *link, const char *why)
{
    lose((struct host *) link, why);
}

/* Returns true if something can be read from FD, or its end has come. */
static bool has_input(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return poll(&poll_fd, 1, 0) > 0;
}

/* The standard error of the command, such as ssh's messages */

static void show_line(struct host *host)
{
    while (host->line.size > 0 && host->line.data[host->line.size - 1] == '\r')
        host->line.size--;
    if (host->line.size > 0 && host->stage != HOST_CLOSED) {
        (void) snprintf(host->last, sizeof(host->last), "%.*s", (int) host->line.size,
                        host->line.data);
        host->last_came = clock_monotonic();
        dprintf(STDERR_FILENO, "%s: %.*s\n", host->name, (int) host->line.size, host->line.data);
    }
    host->line.size = 0;
}

static void messages_ready(struct source *source, uint32_t events)
{
    struct host *host = LOOP_OWNER(source, struct host, messages);
    char         bytes[1024];
    ssize_t      n = read(source->fd, bytes, sizeof(bytes));

    (void) events;
    for (ssize_t i = 0; i < n; i++) {
        if (bytes[i] == '\n' || host->line.size >= LINE_SIZE)
            show_line(host);
        if (bytes[i] != '\n' && bytes[i] != '\0')
            text_byte(&host->line, bytes[i], 1);
    }
    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
        return;
    show_line(host);
    loop_close(source);
}

/* The exchange with the script */

/* Closes SOURCE: the command has closed the other end. The command should end now, and its end says why. */
static void note_closed(struct host *host, struct source *source)
{
    loop_close(source);
    host->closed_at = clock_monotonic();
}

static void flush(struct host *host)
{
    int error = byte_queue_flush(&host->unsent, host->to_command.fd);

    if (error == -EPIPE)
        note_closed(host, &host->to_command);
    else if (error != 0)
        lose(host, strerror(-error));
    else
        (void) loop_change(&host->to_command,
                           byte_queue_size(&host->unsent) > 0 ? (uint32_t) EPOLLOUT : 0);
}

static void to_command_ready(struct source *source, uint32_t events)
{
    struct host *host = LOOP_OWNER(source, struct host, to_command);

    if ((events & EPOLLOUT) != 0)
        flush(host);
    else
        note_closed(host, source);
}

/* Sends the program to a machine that lacks it, whose processor is MACHINE. */
static void send_program(struct host *host, const char *machine)
{
    struct text why = {0};

    if (host_script_add_program(&host->unsent, machine, &why))
        flush(host);
    else
        lose_for(host, &why);
}

/*
 * Reads ANSWER, the agent's version and number of processors, and begins the link. The bytes behind that line are
 * frames.
 */
static void begin_link(struct host *host, const char *answer)
{
    unsigned version, processors;
    int      in = host->from_command.fd, out = host->to_command.fd;
    int      error;

    if (out < 0) {
        lose(host, "its command takes no input any more");
        return;
    }
    if (sscanf(answer, "%u %u", &version, &processors) != 2 || version != LINK_VERSION) {
        lose(host, "its agent speaks another version of the protocol");
        return;
    }
    loop_remove(&host->from_command);
    loop_remove(&host->to_command);
    host->from_command.fd = host->to_command.fd = -1;
    error = link_open(&host->link, in, out, byte_queue_front(&host->received),
                      byte_queue_size(&host->received));
    byte_queue_release(&host->received);
    if (error != 0) {
        lose(host, strerror(-error));
        return;
    }
    set_stage(host, HOST_LINKED);
    host->last[0] =
        '\0'; /* what was written on the way, such as a warning, explains no later end */
    host->processors = processors;
    host->user->tell(host);
}

static bool starts(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

/* Takes a line of output. A line without the mark is noise, such as the greeting of a login. */
static void take_line(struct host *host, const char *line)
{
    if (!starts(line, BOOTSTRAP_MARK))
        return;
    line += strlen(BOOTSTRAP_MARK);
    if (starts(line, BOOTSTRAP_NEED))
        send_program(host, line + strlen(BOOTSTRAP_NEED));
    else if (starts(line, BOOTSTRAP_FAIL))
        lose(host, line + strlen(BOOTSTRAP_FAIL));
    else if (starts(line, BOOTSTRAP_UP))
        begin_link(host, line + strlen(BOOTSTRAP_UP));
}

/* Takes the lines that have come, until frames follow: then, and when the machine is lost, the queue is empty. */
static void take_lines(struct host *host)
{
    while (byte_queue_size(&host->received) > 0) {
        char  *front = byte_queue_front(&host->received);
        char  *end = memchr(front, '\n', byte_queue_size(&host->received));
        char   line[LINE_SIZE];
        size_t size;

        if (end == NULL)
            return;
        size = (size_t) (end - front);
        (void) snprintf(line, sizeof(line), "%.*s", (int) size, front); /* it may be cut */
        line[strcspn(line, "\r")] = '\0';
        host->received.taken += size + 1;
        take_line(host, line);
    }
}

/* Gives the machine up because the output of its command cannot be read, for ERROR, an errno. */
static void lose_output(struct host *host, int error)
{
    struct text why = {0};

    text_printf(&why, "cannot read the output of its command: %s", strerror(error));
    lose_for(host, &why);
}

/* Reads what the command has written, for which there is room. */
static void read_output(struct host *host)
{
    ssize_t n = read(host->from_command.fd, host->received.bytes.data + host->received.bytes.size,
                     LINE_SIZE);

    if (n > 0) {
        host->received.bytes.size += (size_t) n;
        host->noise += (size_t) n;
        take_lines(host);
    } else if (n == 0) {
        note_closed(host, &host->from_command);
    } else if (errno != EAGAIN && errno != EINTR) {
        lose_output(host, errno);
    }
}

static void from_command_ready(struct source *source, uint32_t events)
{
    struct host *host = LOOP_OWNER(source, struct host, from_command);

    (void) events;
    if (host->noise >= NOISE_MAX)
        lose(host, "its output has no reply of an agent");
    else if (!byte_queue_reserve(&host->received, LINE_SIZE))
        lose_output(host, ENOMEM);
    else
        read_output(host);
}

/* The end of the command */

/* Reads the rest of what the command wrote before it ended. */
static void drain(struct host *host)
{
    for (int i = 0; i < DRAIN_READS && host->messages.fd >= 0 && has_input(host->messages.fd); i++)
        messages_ready(&host->messages, EPOLLIN);
    while (host->from_command.fd >= 0 && has_input(host->from_command.fd)) /* up to NOISE_MAX */
        from_command_ready(&host->from_command, EPOLLIN);
}

/* Returns true if the command has said why it ends. A command that a signal ends cannot say that. */
static bool has_reason(const struct host *host, int status)
{
    return !WIFSIGNALED(status) && host->last[0] != '\0' &&
           clock_monotonic() <= host->last_came + REASON_WITHIN;
}

void host_take_exit(struct host *host, int status)
{
    char why[sizeof(host->why)];

    host->pid = 0;
    drain(host);
    if (has_reason(host, status))
        (void) snprintf(why, sizeof(why), "%s", host->last);
    else if (WIFSIGNALED(status))
        (void) snprintf(why, sizeof(why), "'%s' was ended by signal %d", host->command[0],
                        WTERMSIG(status));
    else
        (void) snprintf(why, sizeof(why), "'%s' ended with status %d", host->command[0],
                        WEXITSTATUS(status));
    lose(host, why);
}

/* The beginning of a machine */

static int connect_supervisor(struct link *link)
{
    return ((struct host *) link)->user->connect();
}

/* Accepts clients. While the agent is not up, closes their connections. */
static void listener_ready(struct source *source, uint32_t events)
{
    struct host *host = LOOP_OWNER(source, struct host, listener);
    int          fd;

    (void) events;
    while ((fd = loop_accept(source)) >= 0)
        if (link_is_open(&host->link))
            link_add_client(&host->link, fd);
        else
            close(fd);
    if (fd != -EAGAIN)
        loop_rest(source);
}

int host_open(struct host *host, const struct host_user *user, const char *name, const char *socket,
              char **command)
{
    int fd = socket_listen(socket);

    *host = (struct host){.user = user, .name = name, .command = command};
    host->link =
        (struct link){.connect = connect_supervisor, .cut = take_cut, .in.fd = -1, .out.fd = -1};
    host->from_command.fd = host->to_command.fd = host->messages.fd = host->listener.fd = -1;
    if (fd < 0)
        return fd;
    return loop_watch(&host->listener, fd, listener_ready, EPOLLIN);
}

/* Watches ENDS, this side's ends of the command's pipes, and takes them over. On failure puts the reason into WHY. */
static bool watch_command(struct host *host, const int *ends, struct text *why)
{
    const int errors[] = {
        loop_watch(&host->to_command, ends[STDIN_FILENO], to_command_ready, 0),
        loop_watch(&host->from_command, ends[STDOUT_FILENO], from_command_ready, EPOLLIN),
        loop_watch(&host->messages, ends[STDERR_FILENO], messages_ready, EPOLLIN),
    };

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i] != 0) {
            text_printf(why, "cannot watch '%s': %s", host->command[0], strerror(-errors[i]));
            return false;
        }
    return true;
}

/* Starts the command. On failure puts the reason into WHY. */
static bool start_command(struct host *host, struct text *why)
{
    int ends[3];
    int error = host_command_start(host->command, &host->pid, ends);

    if (error == 0)
        return watch_command(host, ends, why);
    text_printf(why, "cannot run '%s': %s", host->command[0], strerror(-error));
    return false;
}

void host_reach(struct host *host)
{
    struct text why = {0};

    set_stage(host, HOST_CONNECTING);
    host->started_at = clock_monotonic();
    if (start_command(host, &why) &&
        host_script_add(&host->unsent, &why)) /* while the command is under way */
        flush(host);
    else
        lose_for(host, &why);
}

size_t hosts_awaited(void)
{
    return awaited;
}

/* Looks at a machine whose agent is not up. Returns the seconds until the next look. */
static double await_agent(struct host *host)
{
    double now = clock_monotonic();

    if (host->closed_at > 0 && now >= host->closed_at + CLOSED_GRACE) {
        lose(host, "its command has closed the connection");
    } else if (host->is_awaited && now >= host->started_at + ANSWER_WITHIN) {
        set_awaited(host, false);
        dprintf(STDERR_FILENO, "k3thread: run: host '%s' has not answered for %.0f seconds\n",
                host->name, ANSWER_WITHIN);
    }
    return CLOSED_GRACE;
}

double host_do_due(struct host *host)
{
    if (host->stage == HOST_CONNECTING)
        return await_agent(host);
    return link_do_due(&host->link);
}

void host_write_news(struct text *line, const struct host *host, int64_t id)
{
    envelope_begin_request(line, id, "host");
    text_byte(line, '{', 1);
    member_write_string(line, "name", host->name);
    if (host->stage == HOST_LINKED) {
        member_write_integer(line, "processors", host->processors);
    } else {
        member_write_string(line, "lost", host->why);
        member_write_seconds(line, "vacant", host->vacant);
    }
    text_byte(line, '}', 1);
    envelope_end(line);
    text_byte(line, '\n', 1);
}
