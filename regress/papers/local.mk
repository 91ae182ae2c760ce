# regress/papers: what the documents say, compared with what is there.

check_PROGRAMS += regress/papers/wzp-messages
regress_papers_wzp_messages_SOURCES = regress/papers/messages.c
regress_papers_wzp_messages_LDADD = common/libipc.a common/libbase.a \
	$(EV_LIBS) $(MSGPACK_LIBS) $(BSD_LIBS)

EXTRA_DIST += regress/papers
