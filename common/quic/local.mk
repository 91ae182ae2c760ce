# common/quic: QUIC for workers and the client (libquic), and its glue to a
# worker's event loop and channels (libquicservice).

noinst_LIBRARIES += common/libquic.a common/libquicservice.a
common_libquic_a_SOURCES = \
	common/quic/access.c common/quic/endpoint.h \
	common/quic/admission.c common/quic/admission.h \
	common/quic/cid.c common/quic/cid.h \
	common/quic/conn.c common/quic/conn.h common/quic/crypto.c \
	common/quic/end.c common/quic/endpoint.c \
	common/quic/gather.c common/quic/gather.h \
	common/quic/initial.c common/quic/initial.h \
	common/quic/packet.c common/quic/packet.h \
	common/quic/params.h common/quic/session.h \
	common/quic/protect.c common/quic/protect.h \
	common/quic/remotekey.c common/quic/remotekey.h \
	common/quic/sni.c common/quic/sni.h \
	common/quic/steer.c common/quic/steer.h \
	common/quic/stream.c \
	common/quic/timer.c common/quic/timer.h \
	common/quic/ticket.c common/quic/ticket.h \
	common/quic/tls.c common/quic/tls.h \
	common/quic/udp.c common/quic/udp.h
common_libquicservice_a_SOURCES = \
	common/quic/service.c common/quic/service.h

QUIC_TEST_LIBS = common/libquic.a common/libbase.a $(QUIC_LIBS) \
	$(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/quic_test
regress_unit_quic_test_SOURCES = regress/unit/quic_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_quic_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_quic_test_LDADD = $(QUIC_TEST_LIBS)

check_PROGRAMS += regress/unit/quic_stream_test
regress_unit_quic_stream_test_SOURCES = regress/unit/quic_stream_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_quic_stream_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_quic_stream_test_LDADD = $(QUIC_TEST_LIBS)

check_PROGRAMS += regress/unit/quic_path_test
regress_unit_quic_path_test_SOURCES = regress/unit/quic_path_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_quic_path_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_quic_path_test_LDADD = $(QUIC_TEST_LIBS)

check_PROGRAMS += regress/unit/quic_settle_test
regress_unit_quic_settle_test_SOURCES = regress/unit/quic_settle_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_quic_settle_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_quic_settle_test_LDADD = $(QUIC_TEST_LIBS)

check_PROGRAMS += regress/unit/quic_protect_test
regress_unit_quic_protect_test_SOURCES = regress/unit/quic_protect_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_quic_protect_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_quic_protect_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=free
regress_unit_quic_protect_test_LDADD = $(QUIC_TEST_LIBS)

check_PROGRAMS += regress/unit/quic_packet_test
regress_unit_quic_packet_test_SOURCES = regress/unit/quic_packet_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_quic_packet_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_quic_packet_test_LDADD = $(QUIC_TEST_LIBS)

check_PROGRAMS += regress/unit/quic_storm_test
regress_unit_quic_storm_test_SOURCES = regress/unit/quic_storm_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_quic_storm_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_quic_storm_test_LDADD = $(QUIC_TEST_LIBS)

check_PROGRAMS += regress/unit/quic_turn_test
regress_unit_quic_turn_test_SOURCES = regress/unit/quic_turn_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_quic_turn_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_quic_turn_test_LDADD = $(QUIC_TEST_LIBS)

check_PROGRAMS += regress/unit/quic_steer_test
regress_unit_quic_steer_test_SOURCES = regress/unit/quic_steer_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_quic_steer_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_quic_steer_test_LDADD = $(QUIC_TEST_LIBS)

check_PROGRAMS += regress/unit/quic_both_test
regress_unit_quic_both_test_SOURCES = regress/unit/quic_both_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_quic_both_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_quic_both_test_LDADD = $(QUIC_TEST_LIBS)

check_PROGRAMS += regress/unit/quic_cert_test
regress_unit_quic_cert_test_SOURCES = regress/unit/quic_cert_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_quic_cert_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_quic_cert_test_LDADD = common/libquic.a common/libwire.a \
	common/libbase.a $(QUIC_LIBS) $(YYJSON_LIBS) $(CMOCKA_LIBS) \
	$(BSD_LIBS)

check_PROGRAMS += regress/unit/quic_ticket_test
regress_unit_quic_ticket_test_SOURCES = regress/unit/quic_ticket_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_quic_ticket_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_quic_ticket_test_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=clock_wall_ms
regress_unit_quic_ticket_test_LDADD = common/libquic.a common/libwire.a \
	common/libbase.a $(QUIC_LIBS) $(YYJSON_LIBS) $(CMOCKA_LIBS) \
	$(BSD_LIBS)

check_PROGRAMS += regress/unit/udp_test
regress_unit_udp_test_SOURCES = regress/unit/udp_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_udp_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_udp_test_LDADD = common/libquicservice.a common/libquic.a \
	common/libipc.a common/libbase.a $(QUIC_LIBS) $(MSGPACK_LIBS) \
	$(EV_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/quic_dial_test
regress_unit_quic_dial_test_SOURCES = regress/unit/quic_dial_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_quic_dial_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_quic_dial_test_LDADD = common/libquicservice.a \
	common/libquic.a common/libipc.a common/libbase.a $(QUIC_LIBS) \
	$(MSGPACK_LIBS) $(EV_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/quic_gather_test
regress_unit_quic_gather_test_SOURCES = regress/unit/quic_gather_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_quic_gather_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_quic_gather_test_LDADD = common/libquicservice.a \
	common/libquic.a common/libipc.a common/libbase.a $(QUIC_LIBS) \
	$(MSGPACK_LIBS) $(EV_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/quic_loss_test
regress_unit_quic_loss_test_SOURCES = regress/unit/quic_loss_test.c \
	regress/unit/quic_sim.c regress/unit/quic_sim.h
regress_unit_quic_loss_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_quic_loss_test_LDADD = $(QUIC_TEST_LIBS)
