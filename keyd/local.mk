# keyd: the private keys.

pkglibexec_PROGRAMS += keyd/keyd
keyd_keyd_SOURCES = keyd/keyd.c keyd/store.c keyd/store.h
keyd_keyd_LDADD = common/libworker.a common/libwire.a common/libipc.a \
	common/libsandbox.a common/libbase.a $(CRYPTO_LIBS) $(YYJSON_LIBS) \
	$(MSGPACK_LIBS) $(SECCOMP_LIBS) $(EV_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/keyd_test
regress_unit_keyd_test_SOURCES = regress/unit/keyd_test.c keyd/store.c \
	keyd/store.h
regress_unit_keyd_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_keyd_test_LDADD = common/libwire.a common/libbase.a \
	$(CRYPTO_LIBS) $(YYJSON_LIBS) $(CMOCKA_LIBS) $(BSD_LIBS)
