/* Tests how the columns of tables are aligned (cli/view/table.h). */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/view/table.h"

/* Adds LINES to TABLE, which end where the string does. */
static void add_lines(struct table *table, const char *lines)
{
    table_add_lines(table, lines, strlen(lines));
}

/* Checks the table, which is released. */
static void check_table(struct table *table, size_t width, const char *wanted)
{
    struct text text = {0};

    text_add_table(&text, table, width);
    check_written(&text, wanted);
    CHECK(table->cells.data == NULL && table->sizes.data == NULL && table->columns == 0);
}

static void columns_are_aligned(void)
{
    static const char *const head[] = {"ID", "NAME", "WORDS"}, *const row[] = {"1", "日本", "x  "};
    struct table table = {0};

    table_add_words(&table, head, 3);
    table_add_words(&table, row, 3);
    add_lines(&table, "1000\ta name\tthe words\n2\t\t\n3\tb\tend");
    check_table(
        &table, 0,
        "ID    NAME    WORDS\n1     日本    x\n1000  a name  the words\n2\n3     b       end\n");
    table_add_words(&table, head, 3);
    table_add_words(&table, row, 3);
    check_table(&table, 7, "ID  NAM\n1   日\n");
    table_add_words(&table, head, 3);
    check_table(&table, 1, "I\n");
}

/* Lines may come first, in any number of parts. Letters are as wide as they are, and long cells need many blanks. */
static void lines_are_aligned(void)
{
    struct table table = {0};

    add_lines(&table, "ID\tNAME\tX\n1\tab日本\tx\n日本\t\303\244\ty\n");
    table_add_lines(&table, "x", 0); /* nothing */
    add_lines(&table, "2\ta name of 24 characters..\tz\n");
    add_lines(&table, "3\tb\t日本\n");
    check_table(&table, 0,
                "ID    NAME                       X\n"
                "1     ab日本                     x\n"
                "日本  \303\244                          y\n"
                "2     a name of 24 characters..  z\n"
                "3     b                          日本\n");
    add_lines(&table, "a\tb"); /* a row without an end */
    add_lines(&table, "c\td\n");
    check_table(&table, 0, "a  b\nc  d\n");
    add_lines(&table, "a");
    add_lines(&table, "b");
    check_table(&table, 0, "a\nb\n");
}

/* A table may be empty, have one column, or lack the end of its row. */
static void small_tables_are_whole(void)
{
    static const char *const words[] = {"", "b"};
    struct table             table = {0};
    struct text              text = {0};

    check_table(&table, 0, "");
    table_end_row(&table);
    check_table(&table, 0, "");
    table_add_words(&table, words, 1);
    table_add_words(&table, words + 1, 1);
    text_add(&text, "> ");
    text_add_table(&text, &table, 0);
    check_written(&text, "> \nb\n");
    table_add_words(&table, words, 2);
    text_add(&text, "> ");
    text_add_table(&text, &table, 2);
    check_written(&text, "> \n"); /* the width is that of the row */
    table_add_words(&table, words + 1, 1);
    check_table(&table, 0, "b\n");
    text_add(&table.cells, "a");
    table_end_cell(&table);
    text_add(&table.cells, "b");
    table_end_cell(&table);
    check_table(&table, 0, "a  b\n");
    table_add_words(&table, words, 2);
    text_add(&table.cells, "c");
    table_end_cell(&table);
    check_table(&table, 0, "   b\nc\n");
}

/* A table that follows other text is cut by itself. */
static void a_table_may_follow_text(void)
{
    struct table table = {0};
    struct text  text = {0};

    add_lines(&table, "日本語\nab\n");
    text_add(&text, "a text with \303\244: ");
    text_add_table(&text, &table, 4);
    check_written(&text, "a text with \303\244: 日本\nab\n");
    add_lines(&table, "ab\n");
    text_add(&text, "a text with \303\244: ");
    text_add_table(&text, &table, 9);
    check_written(&text, "a text with \303\244: ab\n");
}

/* All columns behind the sixteenth have one width. */
static void tables_may_be_wide(void)
{
    static const char *const heads[18] = {"a", "b", "c", "d", "e", "f", "g", "h",  "i",
                                          "j", "k", "l", "m", "n", "o", "p", "qq", "r"};
    struct table             table = {0};

    table_add_words(&table, heads, 18);
    check_table(&table, 0, "a  b  c  d  e  f  g  h  i  j  k  l  m  n  o  p   qq  r\n");
}

TEST_MAIN({"columns", columns_are_aligned}, {"lines", lines_are_aligned},
          {"small", small_tables_are_whole}, {"behind", a_table_may_follow_text},
          {"wide", tables_may_be_wide})
