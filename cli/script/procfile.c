#include "cli/script/procfile.h"

#include "cli/base/status.h"
#include "cli/base/thread_name.h"
#include "cli/base/variable.h"
#include "cli/script/env_file.h"
#include "cli/script/file_lines.h"
#include "cli/script/reader.h"
#include "cli/view/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLANKS     " \t"
#define DIGITS     "0123456789"
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
 * Makes two words of a line: the name and the command. Returns 1, 0 for a line without an entry, or
 * an error.
 */
static int parse_line(struct reader *reader, struct text *text, struct words *ret, struct text *why)
{
    struct text bytes = {0};
    size_t      count = 0, blanks, length;
    const char *line, *command;

    (void) reader;
    if (!reader_end_line(text))
        return refuse(why, LINE_HOLDS_NUL);
    if (text->failed)
        return -ENOMEM;
    line = text->data;
    blanks = strspn(line, BLANKS);
    if (line[blanks] == '\0' || line[blanks] == '#')
        return 0;
    length = strspn(line, NAME_BYTES);
    command = find_command(line, length);
    if (command == NULL)
        return refuse(why, "no entry of a Procfile; \"name: command\" is one");
    if (*command == '\0')
        return refuse(why, "the entry has no command");
    if (length > THREAD_NAME_MAX)
        return refuse(why, "the name is " THREAD_NAME_TOO_LONG);
    if (strspn(line, DIGITS) == length)
        return refuse(why, "a name of digits alone would be an id");
    text_append(&bytes, line, length);
    words_end(&bytes, &count);
    text_add(&bytes, command);
    words_end(&bytes, &count);
    return words_make(ret, &bytes, count);
}

/* Reading a file */

/*
 * Reports that the present line of READER is wrong (-EINVAL; WHY says why), or that the file NAME
 * cannot be read. Releases WHY. Returns the exit status.
 */
static int explain(const struct reader *reader, const char *name, int error, struct text *why)
{
    if (error == -EINVAL) {
        message_set_origin(name, reader->line);
        message_print_text(NULL, NULL, why);
    } else {
        message_print("run", NULL, "%s: %s", name, strerror(-error));
    }
    message_set_origin(NULL, 0);
    text_release(why);
    return error == -EINVAL ? STATUS_USAGE : STATUS_INTERNAL;
}

/*
 * Adds a zeroed element to a list of COUNT elements of SIZE bytes. Returns false if memory is
 * lacking.
 */
static bool grow(void **list, size_t count, size_t size)
{
    void *grown = reallocarray(*list, count + 1, size);

    if (grown == NULL)
        return false;
    *list = grown;
    memset((char *) grown + count * size, 0, size);
    return true;
}

static const struct procfile_entry *find_entry(const struct procfile *procfile, const char *name)
{
    for (size_t i = 0; i < procfile->count; i++)
        if (strcmp(procfile->entries[i].name, name) == 0)
            return &procfile->entries[i];
    return NULL;
}

/* Adds the entry with WORDS, its name and its command. */
static int add_entry(struct procfile *procfile, const struct reader *reader,
                     const struct words *words, struct text *why)
{
    const struct procfile_entry *namesake = find_entry(procfile, words->list[0]);
    struct procfile_entry       *entry;

    if (namesake != NULL) {
        text_printf(why, "'%s' is in line %zu already", namesake->name, namesake->line);
        return -EINVAL;
    }
    if (!grow((void **) &procfile->entries, procfile->count, sizeof(*entry)))
        return -ENOMEM;
    entry = &procfile->entries[procfile->count++];
    entry->line = reader->line;
    entry->name = strdup(words->list[0]);
    entry->command = strdup(words->list[1]);
    return entry->name != NULL && entry->command != NULL ? 0 : -ENOMEM;
}

static int read_entries(struct procfile *procfile, const char *name, int fd)
{
    struct file_lines file = {.fd = fd};
    struct reader     reader = {.next_line = file_lines_next, .context = &file};
    struct words      words = {0};
    struct text       why = {0};
    int               found;

    while ((found = reader_next_line(&reader, parse_line, &words, &why)) > 0) {
        int error = add_entry(procfile, &reader, &words, &why);

        words_release(&words);
        found = error != 0 ? error : found;
        if (error != 0)
            break;
    }
    file_lines_release(&file);
    if (found < 0)
        return explain(&reader, name, found, &why);
    if (procfile->count > 0)
        return STATUS_DONE;
    message_print("run", NULL, "%s: no entry; \"name: command\" is one", name);
    return STATUS_USAGE;
}

static int read_variables(struct procfile *procfile, const char *name, int fd)
{
    struct file_lines file = {.fd = fd};
    struct reader     reader = {.next_line = file_lines_next, .context = &file};
    struct words      words = {0};
    struct text       why = {0};
    int               found;

    while ((found = env_file_next(&reader, &words, &why)) > 0) {
        if (!grow((void **) &procfile->variables, procfile->variable_count, sizeof(words))) {
            words_release(&words);
            found = -ENOMEM;
            break;
        }
        procfile->variables[procfile->variable_count++] = words;
    }
    file_lines_release(&file);
    return found < 0 ? explain(&reader, name, found, &why) : STATUS_DONE;
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
 * Returns the directory of the file NAME, with its slash; NULL if it is the caller's, or is
 * unknown.
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

static const char *find_variable(const struct procfile *procfile, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = procfile->variable_count; i-- > 0;) {
        const char *value = variable_value(procfile->variables[i].list[0], name, length);

        if (value != NULL)
            return value;
    }
    return getenv(name);
}

/* Returns the port of the first entry, or 0 after reporting that PORT is wrong. */
static unsigned find_port(const struct procfile *procfile)
{
    const char *text = find_variable(procfile, "PORT");
    size_t      digits = text != NULL ? strspn(text, DIGITS) : 0;
    long        port = digits > 0 && digits < 6 ? strtol(text, NULL, 10) : 0;

    if (text == NULL || text[0] == '\0')
        return PROCFILE_PORT;
    if (text[digits] == '\0' && port >= 1 && port <= PROCFILE_PORT_MAX)
        return (unsigned) port;
    message_print("run", "ValueError", "the variable PORT is '%s', which is no port", text);
    return 0;
}

static int assign_ports(struct procfile *procfile, unsigned port)
{
    if (port == 0)
        port = find_port(procfile);
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
                  unsigned port)
{
    int status;

    *procfile = (struct procfile){.directory = find_directory(name, fd)};
    status = read_entries(procfile, name, fd);
    if (status == STATUS_DONE)
        status = open_variables(procfile);
    if (status == STATUS_DONE)
        status = assign_ports(procfile, port);
    if (status == STATUS_DONE && names != NULL && names[0] != NULL)
        status = choose(procfile, name, names);
    return status;
}

/* Starting */

int procfile_set_variables(const struct procfile *procfile)
{
    for (size_t i = 0; i < procfile->variable_count; i++) {
        char  *variable = procfile->variables[i].list[0];
        size_t name = strcspn(variable, "=");
        int    error;

        variable[name] = '\0';
        error = setenv(variable, variable + name + 1, 1) < 0 ? -errno : 0;
        variable[name] = '=';
        if (error != 0)
            return error;
    }
    return 0;
}

static void add_word(struct text *bytes, const char *word, size_t *count)
{
    text_add(bytes, word);
    words_end(bytes, count);
}

int procfile_words(const struct procfile *procfile, size_t index, struct words *ret)
{
    const struct procfile_entry *entry = &procfile->entries[index];
    struct text                  bytes = {0};
    size_t                       count = 0;
    int                          made;

    add_word(&bytes, "start", &count);
    add_word(&bytes, "--name", &count);
    add_word(&bytes, entry->name, &count);
    add_word(&bytes, "--input", &count);
    add_word(&bytes, "--env", &count);
    text_printf(&bytes, "PORT=%u", entry->port);
    words_end(&bytes, &count);
    if (procfile->directory != NULL) {
        add_word(&bytes, "--directory", &count);
        add_word(&bytes, procfile->directory, &count);
    }
    add_word(&bytes, "--", &count);
    add_word(&bytes, "/bin/sh", &count);
    add_word(&bytes, "-c", &count);
    add_word(&bytes, entry->command, &count);
    made = words_make(ret, &bytes, count);
    return made < 0 ? made : 0;
}

void procfile_release(struct procfile *procfile)
{
    for (size_t i = 0; i < procfile->count; i++)
        release_entry(&procfile->entries[i]);
    for (size_t i = 0; i < procfile->variable_count; i++)
        words_release(&procfile->variables[i]);
    free(procfile->entries);
    free(procfile->variables);
    free(procfile->directory);
    *procfile = (struct procfile){0};
}
