/*
 * Command lines that run in this process, with a supervisor that the test plays. Its replies wait in the socket before
 * the command asks, or, in a dialogue, each comes when its request has come.
 */
#ifndef PLAYED_H
#define PLAYED_H

#include "tests/parts/pair.h"

#include "cli/base/process_state.h"
#include "cli/base/status.h"
#include "cli/commands/execute.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>

/* A command line, and what must come of it. In replies and requests, ' stands for ". */
struct play {
    const char *words;     /* separated by blanks; '' is an empty word, and ; ends a command line */
    const char *replies;   /* NULL: none */
    const char *requests;  /* all that the supervisor has got; NULL: none */
    const char *out, *err; /* NULL: nothing */
    int         status;
    size_t      ones;      /* standard input has that many bytes 1 */
    const char *input;     /* standard input; NULL: /dev/null */
    bool        dialogue;  /* each reply comes behind its request */
    bool        goes_away; /* the supervisor closes the connection behind its replies */
    bool        far;       /* the supervisor is on another machine */
    bool        by_ssh;    /* the connection leads there, and has reached it */
    const char *logs;      /* the directory of the logs; NULL: none */
    const char *place;     /* the values of -L, -S and -H that the session has then; NULL: any */
    int         output;    /* a descriptor for standard output; 0: a file */
    enum {
        NO_TERMINAL,
        TERMINAL, /* standard input and output are a terminal; OUT is what it shows */
        SCREEN,   /* standard error is a terminal; OUT is what it shows */
        ALL,      /* standard input, output and error are a terminal; OUT is what it shows */
        KEYS,     /* standard input alone is a terminal, which shows nothing */
    } terminal;
    bool any_out, any_requests; /* OUT, or the requests, are not compared */
    bool scripted, chains; /* the command line stands in a script; its starts are not waited for */
    int  ended_by;         /* the signal that must end the program, too */
    bool leaves;           /* the command closes the connection, and blocks no signal any more */
};

#define REQUEST(id, method, params)                                                                \
    "{'jsonrpc':'2.0','id':" #id ",'method':'" method "','params':{" params "}}\n"
#define RESULT(id, result) "{'id':" #id ",'result':" result "}\n"
#define ERROR(id, code, type, message)                                                             \
    "{'id':" #id ",'error':{'code':" #code ",'message':'" message "','data':{'type':'" type "'}}}" \
    "\n"
#define EVENT(members) "{'jsonrpc':'2.0','method':'event','params':{" members "}}\n"
/* The members of a thread that a join asks for. */
#define JOIN_MEMBERS                                                                               \
    "'members':['id','name','runs','exit_code','signal','exception','message','unended']"
#define NO_THREAD(id) ERROR(id, -32003, "InvalidThreadIdError", "no live thread")

/* Replaces the descriptor FD by NEW, which it closes. Returns a copy of the old one. */
static inline int play_replace(int fd, int new)
{
    int before = fcntl(fd, F_DUPFD_CLOEXEC, 100);

    CHECK(before >= 0 && new >= 0);
    CHECK(dup2(new, fd) == fd);
    close(new);
    return before;
}

static inline int play_file(const char *text)
{
    int fd = memfd_create("play", MFD_CLOEXEC);

    CHECK(fd >= 0);
    CHECK_EQUAL(write(fd, text, strlen(text)), strlen(text));
    CHECK_EQUAL(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* Returns a file of SIZE bytes 1. */
static inline int play_ones(size_t size)
{
    int   fd = play_file("");
    char *bytes = malloc(size);

    CHECK(bytes != NULL);
    memset(bytes, 1, size);
    CHECK_EQUAL(pwrite(fd, bytes, size, 0), size);
    free(bytes);
    return fd;
}

/* Puts BEFORE back in the place of FD, a file, and returns what that holds, to be freed. */
static inline char *play_take(int fd, int before)
{
    static char bytes[64 * 1024];
    ssize_t     size = pread(fd, bytes, sizeof(bytes) - 1, 0);

    bytes[size >= 0 ? size : 0] = '\0'; /* -1: FD is a pipe */
    CHECK(dup2(before, fd) == fd);
    close(before);
    return strdup(bytes);
}

/* Splits a copy of WORDS. Returns the number of words. */
static inline int play_split(char *words, char **ret, int most)
{
    int count = 0;

    for (char *word = strtok(words, " "); word != NULL && count < most; word = strtok(NULL, " "))
        ret[count++] = strcmp(word, "''") == 0 ? word + 2 : word;
    ret[count] = NULL;
    return count;
}

static inline void play_compare(const struct play *play, const char *what, const char *got,
                                const char *wanted)
{
    if (strcmp(got, wanted != NULL ? wanted : "") == 0)
        return;
    fprintf(stderr, "%s: %s:\n%s\nnot:\n%s\n", play->words, what, got,
            wanted != NULL ? wanted : "");
    test_fail(__FILE__, __LINE__, what);
}

/* Returns all that the supervisor has got, with ' in place of ", to be freed. */
static inline char *play_requests(int supervisor, int log)
{
    static char bytes[256 * 1024];
    ssize_t     size = pread(log, bytes, sizeof(bytes) - 1, 0), n;

    while ((n = recv(supervisor, bytes + size, sizeof(bytes) - 1 - (size_t) size, MSG_DONTWAIT)) >
           0)
        size += n;
    bytes[size] = '\0';
    for (char *at = bytes; (at = strchr(at, '"')) != NULL;)
        *at = '\'';
    return strdup(bytes);
}

/* The seconds by which the clock of the command is ahead; shared with the supervisor of a dialogue. */
static double *play_ahead;

/* The terminal's other end, or -1. It does not block. */
static int play_screen = -1;

/* Makes a terminal of 24 rows and 80 columns. Returns its descriptor, and sets play_screen. */
static inline int play_open_terminal(void)
{
    const struct winsize size = {.ws_row = 24, .ws_col = 80};
    int                  fd;

    play_screen = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    CHECK(play_screen >= 0 && grantpt(play_screen) == 0 && unlockpt(play_screen) == 0);
    CHECK(ioctl(play_screen, TIOCSWINSZ, &size) == 0);
    fd = open(ptsname(play_screen), O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(fd >= 0);
    return fd;
}

/* Stops the terminal as Ctrl-S does, by TCOOFF, or lets it go on, by TCOON. */
static inline void play_flow(int action)
{
    int fd = open(ptsname(play_screen), O_RDWR | O_NOCTTY | O_CLOEXEC);

    CHECK(fd >= 0 && tcflow(fd, action) == 0);
    close(fd);
}

/* Waits until the command has read all that was sent to it, and waits itself. */
static inline void play_await_rest(int supervisor)
{
    int unread;

    do {
        test_pause();
        CHECK(ioctl(supervisor, SIOCOUTQ, &unread) == 0);
    } while (unread > 0 || process_state(getppid()) != 'S');
}

/* Appends to the file FD what the terminal has shown since. */
static inline void play_look(int fd)
{
    char    bytes[4096];
    ssize_t size;

    while (play_screen >= 0 && (size = read(play_screen, bytes, sizeof(bytes))) > 0)
        CHECK_EQUAL(write(fd, bytes, (size_t) size), size);
}

/* Types SIZE bytes, as the terminal takes them. */
static inline void play_type(const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(play_screen, bytes, size);

        if (n < 0)
            WAIT_FOR(true);
        bytes += n > 0 ? n : 0;
        size -= n > 0 ? (size_t) n : 0;
    }
}

/* Waits until the file FD holds WORDS. */
static inline void play_await(int fd, const char *words)
{
    static char bytes[64 * 1024];
    ssize_t     size;

    do {
        test_pause();
        play_look(fd);
        size = pread(fd, bytes, sizeof(bytes) - 1, 0);
        bytes[size > 0 ? size : 0] = '\0';
    } while (strstr(bytes, words) == NULL);
}

/* Reads requests until they hold COUNT bytes 1, as JSON has them. */
static inline void play_drain(int supervisor, int log, int count)
{
    static char bytes[64 * 1024];

    while (count > 0) {
        ssize_t n = read(supervisor, bytes, sizeof(bytes));

        CHECK(n > 0);
        CHECK_EQUAL(write(log, bytes, (size_t) n), n);
        for (ssize_t i = 0; i < n; i++)
            count -= bytes[i] == '\\';
    }
}

/* Sends SIZE bytes of output of the thread's terminal. */
static inline void play_flood(const struct pair *pair, size_t size)
{
    char *bytes = malloc(size + 1), *line;

    CHECK(bytes != NULL);
    memset(bytes, 'x', size);
    bytes[size] = '\0';
    CHECK(asprintf(&line, EVENT("'data':'%s'"), bytes) > 0);
    answer(pair, line);
    free(bytes);
    free(line);
}

/*
 * Does what LINE says: "!append FILE WORDS" (a new line), "!unlink FILE" (or an empty directory), "!rename FILE OTHER", "!await WORDS" (on
 * standard output, OUT), "!mkdir DIR", "!exchange FILE OTHER", "!kill SIGNAL", "!later SECONDS", "!type KEYS", "!paste COUNT" (that many bytes 1),
 * "!size ROWS", "!drain COUNT" (that many of these bytes are in requests, which go to the file LOG), "!flood COUNT"
 * (output of that many bytes), "!cook" (the terminal waits for whole lines), "!stop" (it shows nothing more), "!go" (it
 * shows again), "!sleeps" (the command has read all, and waits).
 */
static inline void play_act(const struct pair *pair, char *line, int log, int out)
{
    char *verb = strtok(line, " \n"), *first = strtok(NULL, " \n"), *rest = strtok(NULL, "\n");

    if (strcmp(verb, "!append") == 0) {
        int fd = open(first, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

        CHECK(fd >= 0 && dprintf(fd, "%s\n", rest) > 0);
        close(fd);
    } else if (strcmp(verb, "!unlink") == 0) {
        CHECK(remove(first) == 0);
    } else if (strcmp(verb, "!mkdir") == 0) {
        CHECK(mkdir(first, 0700) == 0);
    } else if (strcmp(verb, "!exchange") == 0) {
        CHECK(renameat2(AT_FDCWD, first, AT_FDCWD, rest, RENAME_EXCHANGE) == 0);
    } else if (strcmp(verb, "!rename") == 0) {
        CHECK(rename(first, rest) == 0);
    } else if (strcmp(verb, "!await") == 0) {
        play_await(out, first);
    } else if (strcmp(verb, "!kill") == 0) {
        CHECK(kill(getppid(), atoi(first)) == 0);
    } else if (strcmp(verb, "!type") == 0) {
        play_type(first, strlen(first));
    } else if (strcmp(verb, "!paste") == 0) {
        for (int i = 0; i < atoi(first); i++)
            play_type("\001", 1);
    } else if (strcmp(verb, "!flood") == 0) {
        play_flood(pair, (size_t) atoi(first));
    } else if (strcmp(verb, "!drain") == 0) {
        play_drain(pair->supervisor, log, atoi(first));
    } else if (strcmp(verb, "!stop") == 0 || strcmp(verb, "!go") == 0) {
        play_flow(verb[1] == 's' ? TCOOFF : TCOON);
    } else if (strcmp(verb, "!sleeps") == 0) {
        play_await_rest(pair->supervisor);
    } else if (strcmp(verb, "!cook") == 0) {
        struct termios settings;

        CHECK(tcgetattr(play_screen, &settings) == 0);
        settings.c_lflag |= ICANON;
        CHECK(tcsetattr(play_screen, TCSANOW, &settings) == 0);
    } else if (strcmp(verb, "!size") == 0) {
        const struct winsize size = {.ws_row = (unsigned short) atoi(first), .ws_col = 100};

        CHECK(ioctl(play_screen, TIOCSWINSZ, &size) == 0);
    } else {
        CHECK_TEXT(verb, "!later");
        *play_ahead += atof(first);
    }
}

/* Sends the LINES up to the first reply to a request after ID, and does what they say. Returns the rest. */
static inline const char *play_answer(const struct pair *pair, const char *lines, long id, int log,
                                      int out)
{
    while (lines[0] != '\0') {
        size_t size = strcspn(lines, "\n") + 1;
        char  *line;

        if (strncmp(lines, "{'id':", 6) == 0 && strtol(lines + 6, NULL, 10) > id)
            break;
        line = strndup(lines, size);
        if (line[0] == '!')
            play_act(pair, line, log, out);
        else
            answer(pair, line);
        free(line);
        lines += size;
    }
    return lines;
}

/* Plays the supervisor of a dialogue in a process of its own, which writes all requests to the file LOG. */
static inline pid_t play_dialogue(const struct play *play, const struct pair *pair, int log,
                                  int out)
{
    const char *lines = play->replies;
    static char bytes[1024 * 1024];
    size_t      kept = 0; /* the first bytes of a request that is not whole */
    ssize_t     n;
    pid_t       pid;

    if (play_ahead == NULL)
        play_ahead = mmap(NULL, sizeof(*play_ahead), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(play_ahead != MAP_FAILED);
    pid = fork();
    CHECK(pid >= 0);
    if (pid != 0) {
        /* The end of that process, at its deadline, ends the connection: a command may have blocked all signals. */
        close(play_replace(pair->supervisor, open("/dev/null", O_RDONLY | O_CLOEXEC)));
        return pid;
    }
    test_alarm();
    close(pair->client.wire.fd);
    while ((n = read(pair->supervisor, bytes + kept, sizeof(bytes) - kept)) > 0) {
        char *line = bytes, *end;

        CHECK_EQUAL(write(log, bytes + kept, (size_t) n), n);
        kept += (size_t) n;
        while ((end = memchr(line, '\n', (size_t) (bytes + kept - line))) != NULL) {
            lines =
                play_answer(pair, lines, strtol(strstr(line, "\"id\":") + 5, NULL, 10), log, out);
            line = end + 1;
        }
        kept -= (size_t) (line - bytes);
        memmove(bytes, line, kept);
        if (lines[0] == '\0' && play->goes_away)
            (void) shutdown(pair->supervisor, SHUT_WR);
    }
    _exit(0);
}

/* A session that is connected to the supervisor of PAIR. */
static inline struct session play_session(const struct play *play, struct pair *pair)
{
    struct session session = {.client = pair->client};

    pair->place.logs = (char *) play->logs;
    session.place = pair->place;
    session.client.notify = NULL;
    session.client.place = &pair->place;
    session.client.environment_known = true;
    /* The failure of the command before is none of this one. */
    (void) snprintf(session.client.failure.type, sizeof(session.client.failure.type), "OldError");
    session.host = play->far ? "far" : NULL;
    session.client.host = play->by_ssh ? "far" : NULL;
    session.client.greeted = play->by_ssh;
    session.scripted = play->scripted;
    session.chains = play->chains;
    return session;
}

/* Runs the command lines in WORDS, which are COUNT words. Returns the status of the last one. */
static inline int play_words(struct session *session, char **words, int count)
{
    int end = 0;

    while (end < count && strcmp(words[end], ";") != 0)
        end++;
    if (end == count)
        return command_execute(session, count, words);
    words[end] = NULL;
    (void) command_execute(session, end, words);
    return play_words(session, words + end + 1, count - end - 1);
}

/* Checks the options of SESSION that say where the supervisor is. */
static inline void play_compare_place(const struct play *play, const struct session *session)
{
    char got[128];

    (void) snprintf(got, sizeof(got), "%s %s %s", session->label != NULL ? session->label : "-",
                    session->socket != NULL ? session->socket : "-",
                    session->host_option != NULL ? session->host_option : "-");
    if (play->place != NULL)
        play_compare(play, "place", got, play->place);
}

/* Runs the command line and checks all that comes of it; and that it leaves no descriptor and no listener behind. */
static inline void play(const struct play *play)
{
    int            open_before = test_count_open();
    struct pair   *pair = open_pair();
    struct session session = play_session(play, pair);
    char          *line = strdup(play->words), *out, *err, *requests, *words[64];
    int            count = play_split(line, words, 63), status;
    int            in_before, out_before, err_before, log = play_file("");
    int            terminal = play->terminal != NO_TERMINAL ? play_open_terminal() : -1;
    int            out_file = play->output > 0 ? dup(play->output) : play_file("");
    int            shown = dup(out_file);
    pid_t          player = play->dialogue ? play_dialogue(play, pair, log, shown) : 0;
    struct termios settings, settings_after;
    sigset_t       mask, mask_after;
    bool           shows = play->terminal == TERMINAL || play->terminal == ALL;

    if (!play->dialogue && play->replies != NULL)
        answer(pair, play->replies);
    if (!play->dialogue && play->goes_away)
        CHECK(shutdown(pair->supervisor, SHUT_WR) == 0);
    CHECK(terminal < 0 || tcgetattr(terminal, &settings) == 0);
    in_before =
        play_replace(STDIN_FILENO, shows || play->terminal == KEYS ? dup(terminal)
                                   : play->ones > 0                ? play_ones(play->ones)
                                   : play->input != NULL           ? play_file(play->input)
                                                         : open("/dev/null", O_RDONLY | O_CLOEXEC));
    out_before = play_replace(STDOUT_FILENO, shows ? dup(terminal) : out_file);
    err_before = play_replace(STDERR_FILENO, play->terminal == SCREEN || play->terminal == ALL
                                                 ? dup(terminal)
                                                 : play_file(""));
    CHECK(sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
    status = play_words(&session, words, count);
    CHECK(sigprocmask(SIG_SETMASK, &mask, &mask_after) == 0);
    for (int i = 1; i <= SIGRTMAX && play->leaves; i++)
        CHECK_EQUAL(sigismember(&mask_after, i), sigismember(&mask, i));
    err = play_take(STDERR_FILENO, err_before);
    out = play_take(STDOUT_FILENO, out_before);
    CHECK(terminal < 0 || tcgetattr(terminal, &settings_after) == 0);
    CHECK(terminal < 0 || (settings.c_lflag == settings_after.c_lflag &&
                           settings.c_iflag == settings_after.c_iflag &&
                           settings.c_oflag == settings_after.c_oflag));
    CHECK(dup2(in_before, STDIN_FILENO) == STDIN_FILENO);
    close(in_before);
    CHECK(session.client.notify == NULL && !(play->leaves && session.client.open));
    client_close(&session.client);
    CHECK(player == 0 || waitpid(player, NULL, 0) == player);
    requests = play_requests(pair->supervisor, log);
    if (terminal >= 0 && play->terminal == KEYS) {
        close(terminal);
        close(play_screen);
        play_screen = -1;
    } else if (terminal >= 0) {
        play_look(shown);
        free(out);
        out = play_take(shown, fcntl(shown, F_DUPFD_CLOEXEC, 0));
        close(terminal);
        close(play_screen);
        play_screen = -1;
        if (shows)
            close(out_file);
    }
    close(shown);
    play_compare(play, "standard error", err, play->err);
    if (!play->any_out)
        play_compare(play, "standard output", out, play->out);
    if (!play->any_requests)
        play_compare(play, "requests", requests, play->requests);
    if (status != play->status) {
        fprintf(stderr, "%s: status %d, not %d\n", play->words, status, play->status);
        test_fail(__FILE__, __LINE__, "status");
    }
    CHECK_EQUAL(session.ended_by, play->ended_by);
    play_compare_place(play, &session);
    close(log);
    close(pair->supervisor);
    CHECK_EQUAL(test_count_open(), open_before);
    free(err);
    free(out);
    free(requests);
    free(line);
}

static inline void play_all(const struct play *plays, size_t count)
{
    for (size_t i = 0; i < count; i++)
        play(&plays[i]);
}

#define PLAY_ALL(plays) play_all(plays, sizeof(plays) / sizeof((plays)[0]))

#endif
