# doord: which worker a datagram is for.

pkglibexec_PROGRAMS += doord/doord
doord_doord_SOURCES = doord/main.c doord/door.c doord/door.h \
	doord/reassembly.c doord/reassembly.h doord/sources.c \
	doord/sources.h doord/validate.c doord/validate.h
doord_doord_LDADD = common/libworker.a common/libquic.a common/libipc.a \
	common/libsandbox.a common/libbase.a $(QUIC_LIBS) $(MSGPACK_LIBS) \
	$(SECCOMP_LIBS) $(EV_LIBS) $(BSD_LIBS)

DOOR_SIM_SOURCES = regress/unit/door_sim.c regress/unit/door_sim.h \
	regress/unit/quic_sim.c regress/unit/quic_sim.h \
	doord/door.c doord/reassembly.c doord/sources.c doord/validate.c
DOOR_SIM_LIBS = common/libquic.a common/libipc.a common/libbase.a \
	$(QUIC_LIBS) $(MSGPACK_LIBS) $(EV_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/door_test
regress_unit_door_test_SOURCES = regress/unit/door_test.c \
	$(DOOR_SIM_SOURCES)
regress_unit_door_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_door_test_LDADD = $(DOOR_SIM_LIBS)

check_PROGRAMS += regress/unit/door_retry_test
regress_unit_door_retry_test_SOURCES = regress/unit/door_retry_test.c \
	$(DOOR_SIM_SOURCES)
regress_unit_door_retry_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_door_retry_test_LDADD = $(DOOR_SIM_LIBS)

check_PROGRAMS += regress/unit/quic_move_test
regress_unit_quic_move_test_SOURCES = regress/unit/quic_move_test.c \
	$(DOOR_SIM_SOURCES)
regress_unit_quic_move_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_quic_move_test_LDADD = $(DOOR_SIM_LIBS)

check_PROGRAMS += regress/unit/door_sources_test
regress_unit_door_sources_test_SOURCES = regress/unit/door_sources_test.c \
	doord/sources.c doord/sources.h
regress_unit_door_sources_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_door_sources_test_LDADD = common/libipc.a common/libbase.a \
	$(MSGPACK_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)
