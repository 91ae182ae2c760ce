# controld: control sockets.

controld_core = controld/client.c controld/client.h controld/json.c \
	controld/json.h controld/query.c controld/query.h

pkglibexec_PROGRAMS += controld/controld
controld_controld_SOURCES = controld/controld.c $(controld_core)
controld_controld_LDADD = common/libworker.a common/libipc.a \
	common/libsandbox.a common/libbase.a $(EV_LIBS) $(SECCOMP_LIBS) \
	$(MSGPACK_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/control_test
regress_unit_control_test_SOURCES = regress/unit/control_test.c \
	$(controld_core)
regress_unit_control_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_control_test_LDADD = common/libipc.a common/libbase.a \
	$(EV_LIBS) $(MSGPACK_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)
