# lookupd: tokens of people are asked of an auth server, and names of relays
# of name servers.

# What needs no libcurl, apart for its unit tests.
noinst_LIBRARIES += lookupd/liblookup.a
lookupd_liblookup_a_SOURCES = lookupd/answer.c lookupd/answer.h \
	lookupd/dns.c lookupd/dns.h lookupd/resolve.c lookupd/resolve.h

if WITH_LOOKUPD
pkglibexec_PROGRAMS += lookupd/lookupd
lookupd_lookupd_SOURCES = lookupd/http.c lookupd/http.h lookupd/lookupd.c \
	lookupd/names.c lookupd/names.h \
	lookupd/target.c lookupd/target.h
lookupd_lookupd_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
# No OpenSSL of ours: libcurl brings the system's.
lookupd_lookupd_LDADD = lookupd/liblookup.a common/libworker.a \
	common/libipc.a common/libsandbox.a common/libbase.a $(CURL_LIBS) \
	$(YYJSON_LIBS) $(EV_LIBS) $(MSGPACK_LIBS) $(SECCOMP_LIBS) $(BSD_LIBS)
endif

# lookupd's client in other workers, without one.
check_PROGRAMS += regress/unit/authcheck_test
regress_unit_authcheck_test_SOURCES = regress/unit/authcheck_test.c \
	common/worker/authcheck.c
regress_unit_authcheck_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) \
	-DAUTHCHECK_LIMIT_MS=40
regress_unit_authcheck_test_LDADD = common/libipc.a common/libbase.a \
	$(EV_LIBS) $(MSGPACK_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/lookup_test
regress_unit_lookup_test_SOURCES = regress/unit/lookup_test.c
regress_unit_lookup_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_lookup_test_LDADD = lookupd/liblookup.a common/libbase.a \
	$(YYJSON_LIBS) $(EV_LIBS) $(MSGPACK_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/names_test
regress_unit_names_test_SOURCES = regress/unit/names_test.c \
	lookupd/names.c lookupd/names.h
regress_unit_names_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_names_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=channel_send
regress_unit_names_test_LDADD = lookupd/liblookup.a common/libipc.a \
	common/libbase.a $(EV_LIBS) $(MSGPACK_LIBS) $(CMOCKA_LIBS) \
	$(BSD_LIBS)

# The whole of it, with its sandbox.
if WITH_LOOKUPD
check_PROGRAMS += regress/unit/lookupd_test
regress_unit_lookupd_test_SOURCES = regress/unit/lookupd_test.c
regress_unit_lookupd_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_lookupd_test_LDADD = common/libipc.a common/libbase.a \
	$(EV_LIBS) $(MSGPACK_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)
endif
