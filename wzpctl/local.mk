# wzpctl: the control tool.

sbin_PROGRAMS += wzpctl/wzpctl
wzpctl_wzpctl_SOURCES = wzpctl/wzpctl.c wzpctl/output.c wzpctl/output.h
wzpctl_wzpctl_LDADD = $(YYJSON_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/output_test
regress_unit_output_test_SOURCES = regress/unit/output_test.c \
	wzpctl/output.c wzpctl/output.h
regress_unit_output_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_output_test_LDADD = $(YYJSON_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)
