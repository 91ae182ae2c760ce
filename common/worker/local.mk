# common/worker: the frame of every worker, and keyd's client.

noinst_LIBRARIES += common/libworker.a
common_libworker_a_SOURCES = \
	common/worker/keys.c common/worker/keys.h \
	common/worker/worker.c common/worker/worker.h
