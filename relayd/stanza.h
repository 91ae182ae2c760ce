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
 * What relayd.conf(5) says of other relays: peers, global rooms and probes.
 * parse.y hands over one piece after the other; a peer is taken when its
 * stanza ends.  Which addresses may be dialled is decided in here too,
 * because the answer is the same for the file and for a name server.
 */
#ifndef WZP_RELAYD_STANZA_H
#define WZP_RELAYD_STANZA_H

#include "relayd/conf.h"

/*
 * Each: -1 and *why is a text for the user.  The name is that of the stanza
 * that is open from here to the end.
 */
int		 stanza_begin(struct config *, const char *name,
		    const char **why);
int		 stanza_address(struct config *, const char *host, long port,
		    const char **why);
int		 stanza_fingerprint(struct config *, const char *,
		    const char **why);
void		 stanza_legacy(struct config *);
void		 stanza_transit(struct config *);
int		 stanza_end(struct config *, const char **why);
/* It had errors, and is forgotten. */
void		 stanza_drop(struct config *);
int		 stanza_room(struct config *, const char *name,
		    const char **why);
int		 stanza_probe(struct config *, const char *host, long port,
		    const char **why);

/* What only the whole file can tell; -1: logged.  Numbers all. */
int		 stanza_check(struct config *, const char *path);
void		 stanza_free(struct config *);
void		 stanza_print(const struct config *, FILE *);

/* Does anything in it have a host name? */
bool		 stanza_names(const struct config *);
/*
 * A peer or probe keeps its index while it is named; old: NULL at first.  An
 * index that was free is taken before one whose owner goes just now.
 */
void		 stanza_number(const struct config *old, struct config *);
/* The peer that has our own certificate, NULL: none. */
const char	*stanza_own(const struct config *,
		    const uint8_t fingerprint[TLS_HASH_LEN]);
/* NULL: an address that can be dialled; else why not. */
const char	*stanza_dialable(const struct config *, const struct addr *);

#endif /* WZP_RELAYD_STANZA_H */
