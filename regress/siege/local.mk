# regress/siege: bad input from networks, files, databases, control clients.

check_PROGRAMS += regress/siege/wzp-siege
regress_siege_wzp_siege_SOURCES = regress/siege/attack.c
regress_siege_wzp_siege_LDADD = $(BSD_LIBS)
check_PROGRAMS += regress/siege/onpath
regress_siege_onpath_SOURCES = regress/siege/onpath.c
regress_siege_onpath_LDADD = $(BSD_LIBS)
LINT_SH += regress/siege/siege.inc

check_PROGRAMS += regress/siege/rude regress/siege/sql
regress_siege_rude_SOURCES = regress/siege/hold.c regress/siege/hold.h \
	regress/siege/rude.c
regress_siege_rude_LDADD = $(BSD_LIBS)
regress_siege_sql_SOURCES = regress/siege/hold.c regress/siege/hold.h \
	regress/siege/sql.c
regress_siege_sql_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
regress_siege_sql_LDADD = $(SQLITE_LIBS) $(BSD_LIBS)
EXTRA_DIST += regress/siege
LINT_SH += regress/siege/direct.inc regress/siege/disk.inc regress/siege/harm.inc
