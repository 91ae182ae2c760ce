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
 * Names in scripts: identities, keys, connections and plain variables, and
 * the expansion of $NAME, $NAME.field and $NAME.field(arguments).
 */
#ifndef WZP_REGRESS_PEER_VARS_H
#define WZP_REGRESS_PEER_VARS_H

#include "regress/peer/peer.h"

struct vars;

struct vars	*vars_new(struct peer *);
void		 vars_free(struct vars *);
void		 vars_seed(struct vars *, const char *name, const char *hex);
void		 vars_key(struct vars *, const char *name, const char *hex);
void		 vars_set(struct vars *, const char *name, const char *,
		    size_t);
const struct ident
		*vars_ident(struct vars *, const char *name);
/* The newest connection of that name; NULL: none. */
struct pconn	*vars_conn(struct peer *, const char *name);
/* Expanded copy, to be freed. */
char		*vars_expand(struct vars *, const char *);

#endif /* WZP_REGRESS_PEER_VARS_H */
