# doord: which worker a datagram is for.

pkglibexec_PROGRAMS += doord/doord
doord_doord_SOURCES = doord/main.c doord/door.c doord/door.h \
	doord/reassembly.c doord/reassembly.h
doord_doord_LDADD = common/libworker.a common/libquic.a common/libipc.a \
	common/libsandbox.a common/libbase.a $(QUIC_LIBS) $(MSGPACK_LIBS) \
	$(SECCOMP_LIBS) $(EV_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/door_test
regress_unit_door_test_SOURCES = regress/unit/door_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h \
	doord/door.c doord/reassembly.c
regress_unit_door_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_door_test_LDADD = common/libquic.a common/libipc.a \
	common/libbase.a $(QUIC_LIBS) $(MSGPACK_LIBS) $(EV_LIBS) \
	$(CMOCKA_LIBS) $(BSD_LIBS)
