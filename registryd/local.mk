# registryd: the call registry.
noinst_LIBRARIES += registryd/libregistryd.a
registryd_libregistryd_a_SOURCES = \
	registryd/commit.c registryd/commit.h \
	registryd/schema.c registryd/schema.h \
	registryd/store.c registryd/store.h registryd/store_int.h \
	registryd/store_rows.c

REGISTRYD_TEST_LIBS = registryd/libregistryd.a common/libipc.a \
	common/libbase.a $(CMOCKA_LIBS) $(SQLITE_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/registry_test
regress_unit_registry_test_SOURCES = regress/unit/registry_test.c \
	regress/unit/quiet.h regress/unit/registry_world.c \
	regress/unit/registry_world.h
regress_unit_registry_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_registry_test_LDADD = $(REGISTRYD_TEST_LIBS)

check_PROGRAMS += regress/unit/registry_commit_test
regress_unit_registry_commit_test_SOURCES = \
	regress/unit/registry_commit_test.c \
	regress/unit/quiet.h regress/unit/registry_world.c \
	regress/unit/registry_world.h
regress_unit_registry_commit_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_registry_commit_test_LDADD = $(REGISTRYD_TEST_LIBS)

pkglibexec_PROGRAMS += registryd/registryd
registryd_registryd_SOURCES = registryd/query.c registryd/query.h \
	registryd/registryd.c
registryd_registryd_LDADD = registryd/libregistryd.a common/libworker.a \
	common/libipc.a common/libsandbox.a common/libbase.a $(EV_LIBS) \
	$(SQLITE_LIBS) $(MSGPACK_LIBS) $(SECCOMP_LIBS) $(BSD_LIBS)
