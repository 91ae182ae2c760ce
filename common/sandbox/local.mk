# common/sandbox: what a process can do once it serves.

noinst_LIBRARIES += common/libsandbox.a
common_libsandbox_a_SOURCES = \
	common/sandbox/landlock.c common/sandbox/lock.h \
	common/sandbox/sandbox.c common/sandbox/sandbox.h \
	common/sandbox/seccomp.c \
	common/sandbox/selftest.c common/sandbox/selftest.h

check_PROGRAMS += regress/unit/sandbox_test
regress_unit_sandbox_test_SOURCES = regress/unit/quiet.h \
	regress/unit/sandbox_test.c
regress_unit_sandbox_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_sandbox_test_LDADD = common/libsandbox.a common/libbase.a \
	$(SECCOMP_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/sandbox/memscan
regress_sandbox_memscan_SOURCES = regress/sandbox/memscan.c
regress_sandbox_memscan_LDADD = common/libwire.a common/libbase.a \
	$(CRYPTO_LIBS) $(YYJSON_LIBS) $(BSD_LIBS)
