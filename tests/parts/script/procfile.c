/* Tests how a Procfile is read (cli/script/procfile.h). */
#include "tests/parts/said.h"

#include "cli/base/status.h"
#include "cli/script/procfile.h"

#include <sys/stat.h>

/* Writes TEXT into the file NAME in the current directory. */
static void put(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    CHECK_EQUAL(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* Reads TEXT as the Procfile NAME. Checks the STATUS and what was SAID. */
static void read_text(struct procfile *procfile, const char *name, const char *text,
                      char *const *names, unsigned port, const struct variables *variables,
                      int status, const char *said)
{
    int fd = file_of(text, strlen(text)), got;

    said_begin();
    got = procfile_read(procfile, name, fd, names, port, variables);
    said_check(said);
    CHECK_EQUAL(got, status);
    close(fd);
}

/* Checks the entries: "LINE NAME PORT COMMAND" of each. */
static void check_entries(struct procfile *procfile, const char *wanted)
{
    struct text text = {0};

    for (size_t i = 0; i < procfile->count; i++)
        text_printf(&text, "%s%zu %s %u %s", i > 0 ? ", " : "", procfile->entries[i].line,
                    procfile->entries[i].name, procfile->entries[i].port,
                    procfile->entries[i].command);
    check_written(&text, wanted);
    procfile_release(procfile);
    CHECK(procfile->entries == NULL && procfile->count == 0 && procfile->directory == NULL);
}

static void entries_are_read(void)
{
    static char *const names[] = {"b-2", "a", NULL}, *const no_names[] = {NULL};
    static char *const unknown[] = {"a", "x", NULL};
    static const char  text[] = "# services\n\na: echo  $X : y \nB_1 \t:\t  run b\nb-2:c\n12a:d";
    struct procfile    procfile;

    CHECK(unsetenv("PORT") == 0);
    read_text(&procfile, "Procfile", text, NULL, 0, NULL, 0, "");
    CHECK(procfile.directory == NULL);
    check_entries(&procfile,
                  "3 a 5000 echo  $X : y , 4 B_1 5100 run b, 5 b-2 5200 c, 6 12a 5300 d");
    read_text(&procfile, "Procfile", text, no_names, 7, NULL, 0, "");
    check_entries(&procfile, "3 a 7 echo  $X : y , 4 B_1 107 run b, 5 b-2 207 c, 6 12a 307 d");
    /* The wanted entries have the ports that they would have among all. */
    read_text(&procfile, "Procfile", text, names, 0, NULL, 0, "");
    check_entries(&procfile, "3 a 5000 echo  $X : y , 5 b-2 5200 c");
    read_text(&procfile, "Procfile", text, unknown, 0, NULL, STATUS_USAGE,
              "k3thread: run: ValueError: Procfile: no entry 'x'\n");
    procfile_release(&procfile);
    read_text(&procfile, "P", "# a\n", NULL, 0, NULL, STATUS_USAGE,
              "k3thread: run: P: no entry; \"name: command\" is one\n");
    procfile_release(&procfile);
}

static void wrong_lines_are_named(void)
{
#define NAME_64 "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
    static const char *const lines[][2] = {
        {"no entry", "no entry of a Procfile; \"name: command\" is one"},
        {": true", "no entry of a Procfile; \"name: command\" is one"},
        {" a: true", "no entry of a Procfile; \"name: command\" is one"},
        {"a.b: true", "no entry of a Procfile; \"name: command\" is one"},
        {"a: \t", "the entry has no command"},
        {"a:", "the entry has no command"},
        {"12: true", "a name of digits alone would be an id"},
        {NAME_64 "x: true", "the name is longer than 64 bytes"},
        {"two: true", "'two' is in line 2 already"},
    };
    struct procfile procfile;
    char            text[256], said[256];

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        (void) snprintf(text, sizeof(text), "one: true\ntwo: true\n\n%s\nthree: true\n",
                        lines[i][0]);
        (void) snprintf(said, sizeof(said), "Procfile:4: k3thread: %s\n", lines[i][1]);
        read_text(&procfile, "Procfile", text, NULL, 0, NULL, STATUS_USAGE, said);
        procfile_release(&procfile);
        /* The line is not named in messages about other things. */
        read_text(&procfile, "P", "", NULL, 0, NULL, STATUS_USAGE,
                  "k3thread: run: P: no entry; \"name: command\" is one\n");
        procfile_release(&procfile);
    }
    read_text(&procfile, "Procfile", NAME_64 ": true\n", NULL, 1, NULL, 0, "");
    check_entries(&procfile, "1 " NAME_64 " 1 true");
}

static void ports_come_from_the_variables(void)
{
    static const char *const wrong[] = {"x", "1x", "0", "65536", "100000", "-1", " 1"};
    static const char        two[] = "a: true\nb: true\n";
    struct variables         variables = {0};
    struct procfile          procfile;
    char                     said[128];

    CHECK(setenv("PORT", "80", 1) == 0);
    read_text(&procfile, "Procfile", two, NULL, 0, NULL, 0, "");
    check_entries(&procfile, "1 a 80 true, 2 b 180 true");
    CHECK(variables_add(&variables, "PORT=65435") == 0);
    read_text(&procfile, "Procfile", two, NULL, 0, &variables, 0, "");
    check_entries(&procfile, "1 a 65435 true, 2 b 65535 true");
    CHECK(variables_add(&variables, "PORT=65436") == 0);
    read_text(
        &procfile, "Procfile", two, NULL, 0, &variables, STATUS_USAGE,
        "k3thread: run: ValueError: there is no port for 'b' if the first entry's is 65436\n");
    procfile_release(&procfile);
    CHECK(variables_add(&variables, "PORT=1") == 0);
    read_text(&procfile, "Procfile", two, NULL, 0, &variables, 0, "");
    check_entries(&procfile, "1 a 1 true, 2 b 101 true");
    CHECK(variables_add(&variables, "PORT=") == 0);
    read_text(&procfile, "Procfile", two, NULL, 0, &variables, 0, "");
    check_entries(&procfile, "1 a 5000 true, 2 b 5100 true");
    read_text(&procfile, "Procfile", two, NULL, 90, &variables, 0, "");
    check_entries(&procfile, "1 a 90 true, 2 b 190 true");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK(setenv("PORT", wrong[i], 1) == 0);
        (void) snprintf(said, sizeof(said),
                        "k3thread: run: ValueError: the variable PORT is '%s', which is no port\n",
                        wrong[i]);
        read_text(&procfile, "Procfile", two, NULL, 0, NULL, STATUS_USAGE, said);
        procfile_release(&procfile);
    }
    variables_release(&variables);
}

static void variables_stand_beside_the_file(void)
{
    static const struct variables none = {0};
    struct procfile               procfile;
    int                           fd, got, next = dup(0);

    close(next);
    CHECK(unsetenv("PORT") == 0);
    CHECK(mkdir("app", 0700) == 0);
    put("app/Procfile", "a: true\n");
    put("app/.env", "PORT=3000\nX=1\n");
    put(".env", "PORT=4000\n");
    fd = open("app/Procfile", O_RDONLY | O_CLOEXEC);
    CHECK_EQUAL(procfile_read(&procfile, "app/Procfile", fd, NULL, 0, NULL), 0);
    CHECK_TEXT(procfile.directory, "app/");
    CHECK_TEXT(variables_find(&procfile.variables, "X"), "1");
    check_entries(&procfile, "1 a 3000 true");
    /* Those of --env-file replace them. */
    CHECK_EQUAL(lseek(fd, 0, SEEK_SET), 0);
    CHECK_EQUAL(procfile_read(&procfile, "app/Procfile", fd, NULL, 0, &none), 0);
    CHECK_EQUAL(procfile.variables.count, 0);
    check_entries(&procfile, "1 a 5000 true");
    /* What is below /dev has no directory of its own, and a pipe has none. */
    CHECK_EQUAL(lseek(fd, 0, SEEK_SET), 0);
    CHECK_EQUAL(procfile_read(&procfile, "/dev/fd/3", fd, NULL, 0, NULL), 0);
    CHECK(procfile.directory == NULL);
    check_entries(&procfile, "1 a 4000 true");
    close(fd);
    read_text(&procfile, "app/Procfile", "a: true\n", NULL, 0, NULL, 0, ""); /* a regular file */
    CHECK_TEXT(procfile.directory, "app/");
    check_entries(&procfile, "1 a 3000 true");
    CHECK(mkfifo("app/pipe", 0600) == 0);
    fd = open("app/pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    put("app/pipe", "a: true\nno\n");
    said_begin();
    got = procfile_read(&procfile, "app/pipe", fd, NULL, 0, NULL);
    said_check("app/pipe:2: k3thread: no entry of a Procfile; \"name: command\" is one\n");
    CHECK_EQUAL(got, STATUS_USAGE);
    CHECK(procfile.directory == NULL);
    procfile_release(&procfile);
    close(fd);

    /* A .env that is wrong, or that cannot be opened; and one that is a directory, as Python makes it. */
    put("app/.env", "PORT=3000\nno\n");
    read_text(&procfile, "app/Procfile", "a: true\n", NULL, 0, NULL, STATUS_USAGE,
              "app/.env:2: k3thread: no variable; NAME=VALUE is one\n");
    procfile_release(&procfile);
    CHECK(unlink("app/.env") == 0 && symlink(".env", "app/.env") == 0);
    read_text(&procfile, "app/Procfile", "a: true\n", NULL, 0, NULL, STATUS_NOT_EXECUTABLE,
              "k3thread: run: app/.env: Too many levels of symbolic links\n");
    procfile_release(&procfile);
    CHECK(unlink("app/.env") == 0 && mkdir("app/.env", 0700) == 0);
    read_text(&procfile, "app/Procfile", "a: true\n", NULL, 0, NULL, 0, "");
    check_entries(&procfile, "1 a 5000 true");
    CHECK_EQUAL(dup(0), next); /* all files are closed again */
}

static void entries_become_starts(void)
{
    struct procfile procfile;
    struct words    words;
    struct text     text = {0};

    CHECK(mkdir("app", 0700) == 0);
    read_text(&procfile, "app/Procfile", "a: true\nb: x  y\n", NULL, 1, NULL, 0, "");
    CHECK_EQUAL(procfile_words(&procfile, 1, &words), 0);
    for (size_t i = 0; i < words.count; i++)
        text_printf(&text, "[%s]", words.list[i]);
    check_written(
        &text,
        "[start][--name][b][--input][--env][PORT=101][--directory][app/][--][/bin/sh][-c][x  y]");
    words_release(&words);
    procfile_release(&procfile);
    read_text(&procfile, "Procfile", "a: true\n", NULL, 1, NULL, 0, "");
    CHECK_EQUAL(procfile_words(&procfile, 0, &words), 0);
    for (size_t i = 0; i < words.count; i++)
        text_printf(&text, "[%s]", words.list[i]);
    check_written(&text, "[start][--name][a][--input][--env][PORT=1][--][/bin/sh][-c][true]");
    words_release(&words);
    procfile_release(&procfile);
}

TEST_MAIN({"entries", entries_are_read}, {"wrong", wrong_lines_are_named},
          {"ports", ports_come_from_the_variables}, {"variables", variables_stand_beside_the_file},
          {"starts", entries_become_starts})
