# common/ipc: messages between the processes of the relay.

noinst_LIBRARIES += common/libipc.a
common_libipc_a_SOURCES = \
	common/ipc/channel.c common/ipc/channel.h \
	common/ipc/cursor.c common/ipc/cursor.h \
	common/ipc/limiter.c common/ipc/limiter.h \
	common/ipc/limits.c common/ipc/limits.h \
	common/ipc/mesh.c common/ipc/mesh.h \
	common/ipc/messages.c common/ipc/messages.h \
	common/ipc/placement.c common/ipc/placement.h \
	common/ipc/row.c common/ipc/row.h \
	common/ipc/slots.c common/ipc/slots.h \
	common/ipc/visitor.c common/ipc/visitor.h

check_PROGRAMS += regress/unit/ipc_test
regress_unit_ipc_test_SOURCES = regress/unit/ipc_test.c
regress_unit_ipc_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_ipc_test_LDADD = common/libipc.a common/libbase.a \
	$(EV_LIBS) $(MSGPACK_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)

CHANNEL_TEST_LIBS = common/libipc.a common/libbase.a $(EV_LIBS) \
	$(MSGPACK_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/channel_test
regress_unit_channel_test_SOURCES = regress/unit/channel_test.c \
	regress/unit/channel_sim.c regress/unit/channel_sim.h
regress_unit_channel_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_channel_test_LDADD = $(CHANNEL_TEST_LIBS)

check_PROGRAMS += regress/unit/channel_turn_test
regress_unit_channel_turn_test_SOURCES = regress/unit/channel_turn_test.c \
	regress/unit/channel_sim.c regress/unit/channel_sim.h
regress_unit_channel_turn_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_channel_turn_test_LDADD = $(CHANNEL_TEST_LIBS)

check_PROGRAMS += regress/unit/placement_test
regress_unit_placement_test_SOURCES = regress/unit/placement_test.c
regress_unit_placement_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_placement_test_LDADD = common/libipc.a common/libbase.a \
	$(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/limiter_test
regress_unit_limiter_test_SOURCES = regress/unit/limiter_test.c
regress_unit_limiter_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_limiter_test_LDADD = common/libipc.a common/libbase.a \
	$(MSGPACK_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)
