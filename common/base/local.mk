# common/base: what every program of the tree uses.

noinst_LIBRARIES += common/libbase.a
common_libbase_a_SOURCES = \
	common/base/addr.c common/base/addr.h common/base/bytes.h \
	common/base/clock.c common/base/clock.h \
	common/base/log.c common/base/log.h \
	common/base/meter.c common/base/meter.h \
	common/base/notice.c common/base/notice.h common/base/rate.h \
	common/base/regulars.c common/base/regulars.h \
	common/base/table.c common/base/table.h \
	common/base/text.c common/base/text.h

check_PROGRAMS += regress/unit/base_test
regress_unit_base_test_SOURCES = regress/unit/base_test.c
regress_unit_base_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_base_test_LDADD = common/libbase.a $(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/meter_test
regress_unit_meter_test_SOURCES = regress/unit/meter_test.c
regress_unit_meter_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_meter_test_LDADD = common/libbase.a $(CMOCKA_LIBS) $(BSD_LIBS)

check_PROGRAMS += regress/unit/notice_test
regress_unit_notice_test_SOURCES = regress/unit/notice_test.c
regress_unit_notice_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
regress_unit_notice_test_LDADD = common/libbase.a $(CMOCKA_LIBS) $(BSD_LIBS)
