/*
 * Copyright (c) 2026 the WZP authors
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
 * WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
 * MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
 * ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
 * OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
 */

/*
 * Names of other relays: federd asks, one question is one look-up.  Nothing
 * is kept: it asks when it dials, and then wants to know where they are now.
 */
#ifndef WZP_LOOKUPD_NAMES_H
#define WZP_LOOKUPD_NAMES_H

#include "common/ipc/channel.h"
#include "common/ipc/row.h"
#include "lookupd/resolve.h"

/* Every peer and every probe of a configuration, at once. */
#define NAMES_MAX	(2 * PEERS_MAX)
/* Questions that are asked of name servers in a second. */
#define NAMES_RATE	200

struct names;

/* An answer came, or, silent, none of the name servers said anything. */
typedef void names_heard(void *arg, bool silent);

/* hosts: text of hosts(5), kept by the caller. */
struct names	*names_new(struct ev_loop *, const struct resolve_config *,
		    const char *hosts, names_heard *, void *arg);
/* One MSG_NAME_ANSWER on that channel, from within or later. */
void		 names_query(struct names *, struct channel *,
		    const struct msg_name_query *);
/* The channel is gone, and all that it asked. */
void		 names_lost(struct names *, const struct channel *);
void		 names_stats(const struct names *, struct row *);
/*
 * At most four of the addresses, the families in turn and IPv6 first, as RFC
 * 8305 has it.
 */
void		 names_pick(struct msg_name_answer *, const struct addr *,
		    size_t);

#endif /* WZP_LOOKUPD_NAMES_H */
