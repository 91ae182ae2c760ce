# relayd: the parent.

# The configuration, apart for its unit tests.
noinst_LIBRARIES += relayd/libconf.a
relayd_libconf_a_SOURCES = relayd/conf.c relayd/conf.h relayd/parse.y relayd/printconf.c \
	relayd/stanza.c relayd/stanza.h
relayd_libconf_a_CFLAGS = $(AM_CFLAGS) -Wno-conversion
relayd_libconf_a_CPPFLAGS = $(AM_CPPFLAGS) \
	-DWZP_EMPTYDIR='"$(localstatedir)/empty/wzp"'

check_PROGRAMS += regress/unit/conf_test
regress_unit_conf_test_SOURCES = regress/unit/conf_test.c
regress_unit_conf_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_conf_test_LDADD = relayd/libconf.a common/libquic.a \
	common/libipc.a common/libbase.a $(MSGPACK_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/dispute_test
regress_unit_dispute_test_SOURCES = regress/unit/dispute_test.c \
	relayd/dispute.c relayd/dispute.h
regress_unit_dispute_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_dispute_test_LDADD = common/libipc.a common/libbase.a \
	$(MSGPACK_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)

# listen.c with a kernel that can and one that cannot steer.
check_PROGRAMS += regress/unit/listen_test
regress_unit_listen_test_SOURCES = regress/unit/listen_test.c \
	relayd/listen.c relayd/listen.h
regress_unit_listen_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_listen_test_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=steer_attach
regress_unit_listen_test_LDADD = common/libquic.a common/libipc.a \
	common/libbase.a $(MSGPACK_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)

# What the parent decides and tells, without processes.
check_PROGRAMS += regress/unit/parent_test
regress_unit_parent_test_SOURCES = regress/unit/parent_test.c \
	relayd/blame.c relayd/blame.h relayd/dispute.c relayd/dispute.h \
	relayd/listen.c relayd/listen.h relayd/slots.c relayd/slots.h \
	relayd/tokens.c relayd/tokens.h
regress_unit_parent_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_parent_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=channel_send
regress_unit_parent_test_LDADD = relayd/libconf.a common/libquic.a \
	common/libipc.a common/libbase.a $(EV_LIBS) $(MSGPACK_LIBS) \
	$(CMOCKA_LIBS) $(BSD_LIBS)

# Which other relays there are, and which of them may be dialled.
check_PROGRAMS += regress/unit/peers_test
regress_unit_peers_test_SOURCES = regress/unit/peers_test.c \
	relayd/peers.c relayd/peers.h
regress_unit_peers_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_peers_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=channel_send \
	-Wl,--wrap=channel_send_fd -Wl,--wrap=channel_queued
regress_unit_peers_test_LDADD = relayd/libconf.a common/libquic.a \
	common/libipc.a common/libbase.a $(EV_LIBS) $(MSGPACK_LIBS) \
	$(CMOCKA_LIBS) $(BSD_LIBS)

sbin_PROGRAMS += relayd/relayd
relayd_relayd_SOURCES = relayd/blame.c relayd/blame.h relayd/dispute.c \
	relayd/dispute.h relayd/drill.c relayd/drill.h relayd/identity.c \
	relayd/identity.h relayd/listen.c relayd/listen.h relayd/main.c \
	relayd/peers.c relayd/peers.h \
	relayd/process.h relayd/reload.c relayd/reload.h relayd/report.c \
	relayd/report.h relayd/roster.c relayd/roster.h relayd/setup.c \
	relayd/setup.h relayd/slots.c relayd/slots.h relayd/sockets.c \
	relayd/sockets.h relayd/spawn.c relayd/spawn.h relayd/stop.c \
	relayd/stop.h relayd/supervise.c relayd/supervise.h relayd/tokens.c \
	relayd/tokens.h relayd/users.c relayd/users.h
# No JSON, no TLS, no SQLite in here: the parent parses nothing.
relayd_relayd_LDADD = relayd/libconf.a common/libwire.a common/libquic.a \
	common/libipc.a common/libsandbox.a common/libbase.a $(CRYPTO_LIBS) \
	$(MSGPACK_LIBS) $(SECCOMP_LIBS) $(EV_LIBS) $(BSD_LIBS)

# Another program on the relay's port, for regress/relay/port-in-use.sh.
check_PROGRAMS += regress/relay/hold
regress_relay_hold_SOURCES = regress/relay/hold.c
