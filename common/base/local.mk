# common/base: what every program of the tree uses.

noinst_LIBRARIES += common/libbase.a
common_libbase_a_SOURCES = \
	common/base/addr.c common/base/addr.h common/base/bytes.h \
	common/base/clock.c common/base/clock.h \
	common/base/log.c common/base/log.h \
	common/base/table.c common/base/table.h

check_PROGRAMS += regress/unit/base_test
regress_unit_base_test_SOURCES = regress/unit/base_test.c
regress_unit_base_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_base_test_LDADD = common/libbase.a $(CMOCKA_LIBS) $(BSD_LIBS)
