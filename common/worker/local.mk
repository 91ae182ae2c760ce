# common/worker: the frame of every worker, and keyd's client.

noinst_LIBRARIES += common/libworker.a
common_libworker_a_SOURCES = \
	common/worker/authcheck.c common/worker/authcheck.h \
	common/worker/keys.c common/worker/keys.h \
	common/worker/worker.c common/worker/worker.h

check_PROGRAMS += regress/unit/worker_test
regress_unit_worker_test_SOURCES = regress/unit/worker_test.c
regress_unit_worker_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_worker_test_LDADD = common/libworker.a common/libipc.a \
	common/libsandbox.a common/libbase.a $(EV_LIBS) $(MSGPACK_LIBS) \
	$(SECCOMP_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)
