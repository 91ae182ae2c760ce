# relayd: the parent.

# The configuration, apart for its unit tests.
noinst_LIBRARIES += relayd/libconf.a
relayd_libconf_a_SOURCES = relayd/conf.c relayd/conf.h relayd/limits.c \
	relayd/limits.h relayd/parse.y relayd/printconf.c
relayd_libconf_a_CFLAGS = $(AM_CFLAGS) -Wno-conversion
relayd_libconf_a_CPPFLAGS = $(AM_CPPFLAGS) \
	-DWZP_EMPTYDIR='"$(localstatedir)/empty/wzp"'

check_PROGRAMS += regress/unit/conf_test
regress_unit_conf_test_SOURCES = regress/unit/conf_test.c
regress_unit_conf_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_conf_test_LDADD = relayd/libconf.a common/libipc.a \
	common/libbase.a $(MSGPACK_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)

sbin_PROGRAMS += relayd/relayd
relayd_relayd_SOURCES = relayd/identity.c relayd/identity.h relayd/listen.c \
	relayd/listen.h relayd/main.c relayd/process.h relayd/report.c \
	relayd/report.h relayd/setup.c relayd/setup.h relayd/spawn.c \
	relayd/spawn.h relayd/supervise.c relayd/supervise.h relayd/users.c \
	relayd/users.h
# No JSON, no TLS, no SQLite in here: the parent parses nothing.
relayd_relayd_LDADD = relayd/libconf.a common/libwire.a common/libquic.a \
	common/libipc.a common/libbase.a $(CRYPTO_LIBS) $(MSGPACK_LIBS) \
	$(EV_LIBS) $(BSD_LIBS)
