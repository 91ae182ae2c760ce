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

/* The table of pairs (see mesh.h). */

#include "config.h"

#include "common/ipc/mesh.h"

static const enum proc		workers[] = {
	PROC_KEYD,
	PROC_REGISTRYD,
	PROC_SIGNALD,
	PROC_FEDERD,
	PROC_MEDIAD,
	PROC_DOORD,
	PROC_CONTROLD,
	PROC_LOOKUPD
};

static const struct {
	enum proc	mp_a;
	enum proc	mp_b;
	bool		mp_data;	/* has a lossy data channel as well */
}	pairs[] = {
	{ PROC_KEYD, PROC_SIGNALD, false },
	{ PROC_KEYD, PROC_FEDERD, false },
	{ PROC_KEYD, PROC_MEDIAD, false },
	{ PROC_DOORD, PROC_SIGNALD, true },
	{ PROC_DOORD, PROC_FEDERD, true },
	{ PROC_DOORD, PROC_MEDIAD, true },
	{ PROC_SIGNALD, PROC_REGISTRYD, false },
	{ PROC_SIGNALD, PROC_FEDERD, false },
	{ PROC_SIGNALD, PROC_MEDIAD, false },
	{ PROC_SIGNALD, PROC_LOOKUPD, false },
	{ PROC_FEDERD, PROC_MEDIAD, true },
	{ PROC_FEDERD, PROC_LOOKUPD, false },
	{ PROC_FEDERD, PROC_REGISTRYD, false },
	{ PROC_MEDIAD, PROC_REGISTRYD, false },
	/* A join with a token must not depend on signald's life. */
	{ PROC_MEDIAD, PROC_LOOKUPD, false },
	{ PROC_CONTROLD, PROC_SIGNALD, false },
	{ PROC_CONTROLD, PROC_FEDERD, false },
	{ PROC_CONTROLD, PROC_MEDIAD, false },
	{ PROC_CONTROLD, PROC_REGISTRYD, false },
	{ PROC_CONTROLD, PROC_DOORD, false },
	{ PROC_CONTROLD, PROC_KEYD, false },
	{ PROC_CONTROLD, PROC_LOOKUPD, false }
};

const enum proc *
mesh_workers(size_t *n)
{
	*n = sizeof(workers) / sizeof(workers[0]);
	return (workers);
}

bool
mesh_allows(enum proc a, enum proc b, bool data)
{
	size_t	i;

	for (i = 0; i < sizeof(workers) / sizeof(workers[0]); i++)
		if ((a == PROC_RELAYD && b == workers[i]) ||
		    (b == PROC_RELAYD && a == workers[i]))
			return (!data);
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if ((pairs[i].mp_a == a && pairs[i].mp_b == b) ||
		    (pairs[i].mp_a == b && pairs[i].mp_b == a))
			return (!data || pairs[i].mp_data);
	return (false);
}
