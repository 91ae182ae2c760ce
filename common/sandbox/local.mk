# common/sandbox: what a process can do once it serves.

noinst_LIBRARIES += common/libsandbox.a
common_libsandbox_a_SOURCES = \
	common/sandbox/landlock.c common/sandbox/lock.h \
	common/sandbox/sandbox.c common/sandbox/sandbox.h \
	common/sandbox/seccomp.c
