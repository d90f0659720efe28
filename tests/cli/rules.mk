# The tests of the program: what is compiled otherwise than the rest. See tests/cli/*.bats.

# A part of the supervisor alone.
$(BUILD)/tests/cli/mailbox: $(BUILD)/cli/supervisor/mailbox.c.o
