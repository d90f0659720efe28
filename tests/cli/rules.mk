# The programs of tests/cli that are not built like the others. See tests/cli/*.bats.

# These link some objects of the program.
$(BUILD)/tests/cli/mailbox: $(addprefix $(BUILD)/cli/,base/shared_string.c.o \
	base/text.c.o worker/mailbox.c.o worker/thread_report.c.o)
$(BUILD)/tests/cli/tree: $(addprefix $(BUILD)/cli/,base/clock.c.o $(addprefix process/, \
	account.c.o adopted.c.o children.c.o handle.c.o leftovers.c.o mark.c.o children_end.c.o))
$(BUILD)/tests/cli/tree: TEST_LDFLAGS = -Wl,--wrap=children_read
$(BUILD)/tests/cli/regex: $(BUILD)/cli/ready/regex.c.o
$(BUILD)/tests/cli/text: $(addprefix $(BUILD)/cli/,base/text.c.o base/duration.c.o base/size.c.o $(addprefix rpc/, \
	base64.c.o escape.c.o parse.c.o table_line.c.o write.c.o))
$(BUILD)/tests/cli/text: TEST_LIBS = -ljansson -lm
