#include "cli/script/procfile.h"

#include "cli/base/env_file.h"
#include "cli/base/plain_lines.h"
#include "cli/base/status.h"
#include "cli/base/thread_name.h"
#include "cli/view/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLANKS " \t"
#define DIGITS "0123456789"

/* The bytes of a name in a Procfile, fewer than thread_name.h allows: another byte ends the name. */
#define NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-" DIGITS

/* The distance between the ports of two entries. */
#define PORT_STEP 100

/* One line */

/*
 * Returns the command behind the colon of an entry whose name has LENGTH bytes; NULL if LINE is not
 * an entry.
 */
static const char *find_command(const char *line, size_t length)
{
    const char *at = line + length + strspn(line + length, BLANKS);

    if (length == 0 || *at != ':')
        return NULL;
    at++;
    return at + strspn(at, BLANKS);
}

static int refuse(struct text *why, const char *sentence)
{
    text_add(why, sentence);
    return -EINVAL;
}

/*
 * Finds the name, which has *RET_LENGTH bytes at the start of LINE, and the command. Returns 0, or -EINVAL if
 * LINE is not an entry.
 */
static int parse_line(const char *line, size_t *ret_length, const char **ret_command,
                      struct text *why)
{
    size_t      length = strspn(line, NAME_BYTES);
    const char *command = find_command(line, length);

    if (command == NULL)
        return refuse(why, "no entry of a Procfile; \"name: command\" is one");
    if (*command == '\0')
        return refuse(why, "the entry has no command");
    if (length > THREAD_NAME_MAX)
        return refuse(why, "the name is " THREAD_NAME_TOO_LONG);
    if (thread_name_is_id(line, length))
        return refuse(why, "a name of digits alone would be an id");
    *ret_length = length;
    *ret_command = command;
    return 0;
}

/* Reading a file */

/*
 * Reports that the line NUMBER of the file NAME is wrong (-EINVAL; WHY has the reason), or that the file
 * cannot be read. Releases WHY. Returns the exit status.
 */
static int explain(const char *name, size_t number, int error, struct text *why)
{
    if (error == -EINVAL) {
        message_set_origin(name, number);
        message_print_text(NULL, NULL, why);
    } else {
        message_print("run", NULL, "%s: %s", name, plain_lines_failure(error));
    }
    message_set_origin(NULL, 0);
    text_release(why);
    return error == -EINVAL ? STATUS_USAGE : STATUS_INTERNAL;
}

static const struct procfile_entry *find_entry(const struct procfile *procfile, const char *name)
{
    for (size_t i = 0; i < procfile->count; i++)
        if (strcmp(procfile->entries[i].name, name) == 0)
            return &procfile->entries[i];
    return NULL;
}

/* Adds an entry. Returns it, or NULL if memory is lacking. */
static struct procfile_entry *new_entry(struct procfile *procfile)
{
    struct procfile_entry *grown =
        reallocarray(procfile->entries, procfile->count + 1, sizeof(*grown));

    if (grown == NULL)
        return NULL;
    procfile->entries = grown;
    return &grown[procfile->count++];
}

/* Adds the entry in LINE to CONTEXT, a struct procfile. */
static int take_line(void *context, const char *line, size_t number, struct text *why)
{
    struct procfile             *procfile = context;
    const struct procfile_entry *namesake;
    struct procfile_entry       *entry;
    const char                  *command;
    size_t                       length;
    char                        *name;

    if (parse_line(line, &length, &command, why) != 0)
        return -EINVAL;
    name = strndup(line, length);
    namesake = name != NULL ? find_entry(procfile, name) : NULL;
    if (namesake != NULL) {
        text_printf(why, "'%s' is in line %zu already", namesake->name, namesake->line);
        free(name);
        return -EINVAL;
    }
    entry = name != NULL ? new_entry(procfile) : NULL;
    if (entry == NULL) {
        free(name);
        return -ENOMEM;
    }
    *entry = (struct procfile_entry){.line = number, .name = name, .command = strdup(command)};
    return entry->command != NULL ? 0 : -ENOMEM;
}

static int read_entries(struct procfile *procfile, const char *name, int fd)
{
    struct text why = {0};
    size_t      number;
    int         error = plain_lines_read(fd, take_line, procfile, &number, &why);

    if (error != 0)
        return explain(name, number, error, &why);
    if (procfile->count > 0)
        return STATUS_DONE;
    message_print("run", NULL, "%s: no entry; \"name: command\" is one", name);
    return STATUS_USAGE;
}

static int read_variables(struct procfile *procfile, const char *name, int fd)
{
    struct text why = {0};
    size_t      number;
    int         error = env_file_read(fd, &procfile->variables, &number, &why);

    return error != 0 ? explain(name, number, error, &why) : STATUS_DONE;
}

/* Returns true if FD is a directory. Python's virtual environments are sometimes called .env. */
static bool is_directory(int fd)
{
    struct stat info;

    return fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Opens the .env beside the Procfile, if there is one. */
static int open_variables(struct procfile *procfile)
{
    const char *directory = procfile->directory;
    char       *name;
    int         fd, status = STATUS_DONE;

    if (asprintf(&name, "%s.env", directory != NULL ? directory : "") < 0) {
        message_no_memory("run");
        return STATUS_INTERNAL;
    }
    fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 && errno != ENOENT) {
        message_print("run", NULL, "%s: %s", name, strerror(errno));
        status = STATUS_NOT_EXECUTABLE;
    } else if (fd >= 0 && !is_directory(fd)) {
        status = read_variables(procfile, name, fd);
    }
    if (fd >= 0)
        close(fd);
    free(name);
    return status;
}

/*
 * Returns the directory of the file NAME, with its slash; NULL if that is the caller's directory, or is
 * not known.
 */
static char *find_directory(const char *name, int fd)
{
    const char *slash = strrchr(name, '/');
    struct stat info;

    if (slash == NULL || fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) ||
        strncmp(name, "/dev/", strlen("/dev/")) == 0)
        return NULL;
    return strndup(name, (size_t) (slash - name) + 1);
}

/* Ports and names */

/* Returns the port of the first entry, or 0 after reporting that PORT is wrong. */
static unsigned find_port(const struct variables *variables)
{
    const char *set = variables_find(variables, "PORT");
    const char *text = set != NULL ? set : getenv("PORT");
    size_t      digits = text != NULL ? strspn(text, DIGITS) : 0;
    long        port = digits > 0 && digits < 6 ? strtol(text, NULL, 10) : 0;

    if (text == NULL || text[0] == '\0')
        return PROCFILE_PORT;
    if (text[digits] == '\0' && port >= 1 && port <= PROCFILE_PORT_MAX)
        return (unsigned) port;
    message_print("run", "ValueError", "the variable PORT is '%s', which is no port", text);
    return 0;
}

static int assign_ports(struct procfile *procfile, const struct variables *variables, unsigned port)
{
    if (port == 0)
        port = find_port(variables);
    if (port == 0)
        return STATUS_USAGE;
    for (size_t i = 0; i < procfile->count; i++) {
        size_t own = port + i * PORT_STEP;

        if (own > PROCFILE_PORT_MAX) {
            message_print("run", "ValueError",
                          "there is no port for '%s' if the first entry's is %u",
                          procfile->entries[i].name, port);
            return STATUS_USAGE;
        }
        procfile->entries[i].port = (unsigned) own;
    }
    return STATUS_DONE;
}

static void release_entry(struct procfile_entry *entry)
{
    free(entry->name);
    free(entry->command);
}

static bool is_among(const char *name, char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* Keeps only the entries that are among NAMES, in the order of the file. */
static int choose(struct procfile *procfile, const char *name, char *const *names)
{
    size_t kept = 0;

    for (size_t i = 0; names[i] != NULL; i++)
        if (find_entry(procfile, names[i]) == NULL) {
            message_print("run", "ValueError", "%s: no entry '%s'", name, names[i]);
            return STATUS_USAGE;
        }
    for (size_t i = 0; i < procfile->count; i++)
        if (is_among(procfile->entries[i].name, names))
            procfile->entries[kept++] = procfile->entries[i];
        else
            release_entry(&procfile->entries[i]);
    procfile->count = kept;
    return STATUS_DONE;
}

int procfile_read(struct procfile *procfile, const char *name, int fd, char *const *names,
                  unsigned port, const struct variables *variables)
{
    int status;

    *procfile = (struct procfile){.directory = find_directory(name, fd)};
    status = read_entries(procfile, name, fd);
    if (status == STATUS_DONE && variables == NULL)
        status = open_variables(procfile);
    if (status == STATUS_DONE)
        status = assign_ports(procfile, variables != NULL ? variables : &procfile->variables, port);
    if (status == STATUS_DONE && names != NULL && names[0] != NULL)
        status = choose(procfile, name, names);
    return status;
}

/* Starting */

int procfile_words(const struct procfile *procfile, size_t index, struct words *ret)
{
    const struct procfile_entry *entry = &procfile->entries[index];
    struct text                  bytes = {0};
    size_t                       count = 0;
    int                          made;

    words_add(&bytes, "start", &count);
    words_add(&bytes, "--name", &count);
    words_add(&bytes, entry->name, &count);
    words_add(&bytes, "--input", &count);
    words_add(&bytes, "--env", &count);
    text_printf(&bytes, "PORT=%u", entry->port);
    words_end(&bytes, &count);
    if (procfile->directory != NULL) {
        words_add(&bytes, "--directory", &count);
        words_add(&bytes, procfile->directory, &count);
    }
    words_add(&bytes, "--", &count);
    words_add(&bytes, "/bin/sh", &count);
    words_add(&bytes, "-c", &count);
    words_add(&bytes, entry->command, &count);
    made = words_make(ret, &bytes, count);
    return made < 0 ? made : 0;
}

void procfile_release(struct procfile *procfile)
{
    for (size_t i = 0; i < procfile->count; i++)
        release_entry(&procfile->entries[i]);
    variables_release(&procfile->variables);
    free(procfile->entries);
    free(procfile->directory);
    *procfile = (struct procfile){0};
}
