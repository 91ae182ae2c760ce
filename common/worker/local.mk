# common/worker: the frame of every worker, and keyd's client.

noinst_LIBRARIES += common/libworker.a
common_libworker_a_SOURCES = \
	common/worker/authcheck.c common/worker/authcheck.h \
	common/worker/keys.c common/worker/keys.h \
	common/worker/worker.c common/worker/worker.h

# A worker that misbehaves, for relay/hostile-worker.sh.
check_PROGRAMS += regress/unit/badworker
regress_unit_badworker_SOURCES = regress/unit/badworker.c
regress_unit_badworker_LDADD = common/libworker.a common/libipc.a \
	common/libsandbox.a common/libbase.a $(EV_LIBS) $(MSGPACK_LIBS) \
	$(SECCOMP_LIBS) $(BSD_LIBS)
