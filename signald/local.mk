# signald: registrations and the signalling of calls.
noinst_LIBRARIES += signald/libsignald.a
signald_libsignald_a_SOURCES = \
	signald/call_flow.c signald/call_flow.h signald/call_flow_int.h \
	signald/call_links.c signald/call_paths.c \
	signald/call_recover.c signald/call_remote.c signald/call_signals.c \
	signald/calls.c signald/calls.h \
	signald/hub.c signald/hub.h \
	signald/offer.c signald/offer.h \
	signald/outbox.c signald/outbox.h \
	signald/placing.c signald/placing.h \
	signald/presence.c signald/presence.h \
	signald/proven.c signald/proven.h \
	signald/registration.c signald/registration.h \
	signald/signal_conn.c signald/signal_conn.h

SIGNALD_TEST_LIBS = signald/libsignald.a common/libwire.a common/libipc.a \
	common/libbase.a $(CMOCKA_LIBS) $(YYJSON_LIBS) $(MSGPACK_LIBS) \
	$(CRYPTO_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/hub_test regress/unit/calls_test
regress_unit_hub_test_SOURCES = regress/unit/hub_test.c
regress_unit_hub_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_hub_test_LDADD = signald/libsignald.a common/libbase.a \
	$(CMOCKA_LIBS) $(BSD_LIBS)
regress_unit_calls_test_SOURCES = regress/unit/calls_test.c
regress_unit_calls_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_calls_test_LDADD = signald/libsignald.a common/libwire.a \
	common/libbase.a $(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/presence_test
regress_unit_presence_test_SOURCES = regress/unit/presence_test.c
regress_unit_presence_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_presence_test_LDADD = signald/libsignald.a common/libbase.a \
	$(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/call_flow_test
regress_unit_call_flow_test_SOURCES = regress/unit/call_flow_test.c \
	regress/unit/flow_lines.h regress/unit/flow_world.c \
	regress/unit/flow_world.h regress/unit/quiet.h
regress_unit_call_flow_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_call_flow_test_LDADD = $(SIGNALD_TEST_LIBS)

check_PROGRAMS += regress/unit/call_paths_test
regress_unit_call_paths_test_SOURCES = regress/unit/call_paths_test.c \
	regress/unit/flow_lines.h regress/unit/flow_world.c \
	regress/unit/flow_world.h regress/unit/quiet.h
regress_unit_call_paths_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_call_paths_test_LDADD = $(SIGNALD_TEST_LIBS)

check_PROGRAMS += regress/unit/call_remote_test
regress_unit_call_remote_test_SOURCES = regress/unit/call_remote_test.c \
	regress/unit/flow_lines.h regress/unit/flow_world.c \
	regress/unit/flow_world.h regress/unit/quiet.h
regress_unit_call_remote_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_call_remote_test_LDADD = $(SIGNALD_TEST_LIBS)

check_PROGRAMS += regress/unit/call_links_test
regress_unit_call_links_test_SOURCES = regress/unit/call_links_test.c \
	regress/unit/flow_lines.h regress/unit/flow_world.c \
	regress/unit/flow_world.h regress/unit/quiet.h
regress_unit_call_links_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_call_links_test_LDADD = $(SIGNALD_TEST_LIBS)

check_PROGRAMS += regress/unit/call_two_test
regress_unit_call_two_test_SOURCES = regress/unit/call_two_test.c \
	regress/unit/chaos_world.c regress/unit/chaos_world.h \
	regress/unit/flow_lines.h regress/unit/flow_world.c \
	regress/unit/flow_world.h regress/unit/quiet.h
regress_unit_call_two_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_call_two_test_LDADD = $(SIGNALD_TEST_LIBS)

check_PROGRAMS += regress/unit/call_kill_test
regress_unit_call_kill_test_SOURCES = regress/unit/call_kill_test.c \
	regress/unit/chaos_world.c regress/unit/chaos_world.h \
	regress/unit/flow_lines.h regress/unit/flow_world.c \
	regress/unit/flow_world.h regress/unit/quiet.h
regress_unit_call_kill_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_call_kill_test_LDADD = $(SIGNALD_TEST_LIBS)

check_PROGRAMS += regress/unit/placement_rooms_test
regress_unit_placement_rooms_test_SOURCES = \
	regress/unit/placement_rooms_test.c \
	regress/unit/flow_lines.h regress/unit/flow_world.c \
	regress/unit/flow_world.h regress/unit/quiet.h
regress_unit_placement_rooms_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_placement_rooms_test_LDADD = $(SIGNALD_TEST_LIBS)

check_PROGRAMS += regress/unit/call_record_test
regress_unit_call_record_test_SOURCES = regress/unit/call_record_test.c \
	regress/unit/flow_lines.h regress/unit/flow_world.c \
	regress/unit/flow_world.h regress/unit/quiet.h
regress_unit_call_record_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_call_record_test_LDADD = $(SIGNALD_TEST_LIBS)

check_PROGRAMS += regress/unit/signal_register_test
regress_unit_signal_register_test_SOURCES = \
	regress/unit/signal_register_test.c \
	regress/unit/signal_world.c regress/unit/signal_world.h \
	regress/unit/quiet.h
regress_unit_signal_register_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_signal_register_test_LDADD = $(SIGNALD_TEST_LIBS)

check_PROGRAMS += regress/unit/signal_token_test
regress_unit_signal_token_test_SOURCES = regress/unit/signal_token_test.c \
	regress/unit/signal_world.c regress/unit/signal_world.h \
	regress/unit/quiet.h
regress_unit_signal_token_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_signal_token_test_LDADD = $(SIGNALD_TEST_LIBS)

check_PROGRAMS += regress/unit/signal_conn_test
regress_unit_signal_conn_test_SOURCES = regress/unit/signal_conn_test.c \
	regress/unit/signal_world.c regress/unit/signal_world.h \
	regress/unit/quiet.h
regress_unit_signal_conn_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_signal_conn_test_LDADD = $(SIGNALD_TEST_LIBS)

pkglibexec_PROGRAMS += signald/signald
signald_signald_SOURCES = signald/signald.c signald/signald.h \
	signald/control.c signald/control.h signald/links.c
signald_signald_LDADD = signald/libsignald.a common/libworker.a \
	common/libwire.a common/libquicservice.a common/libquic.a \
	common/libipc.a common/libsandbox.a common/libbase.a \
	$(QUIC_LIBS) $(YYJSON_LIBS) $(MSGPACK_LIBS) $(SECCOMP_LIBS) \
	$(EV_LIBS) $(BSD_LIBS)
