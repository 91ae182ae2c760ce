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
 * Who can be reached: registrations by fingerprint, each owned by the
 * connection that made it.  A person may have several (the data model of
 * several devices); until all of them announced that they can share, the
 * newest replaces the others.
 */
#ifndef WZP_SIGNALD_HUB_H
#define WZP_SIGNALD_HUB_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"
#include "common/ipc/messages.h"

struct hub;
struct hub_person;

/* Lives inside its connection; the hub only links it. */
struct reg {
	TAILQ_ENTRY(reg)	 reg_entry;
	struct hub_person	*reg_person;	/* NULL: not in the hub */
	char			 reg_fp[FP_STRLEN];
	char			 reg_alias[ALIAS_STRLEN];
	uint8_t			 reg_identity_pub[PUB_LEN];
	bool			 reg_proven;	/* possession of the key */
	bool			 reg_devices;	/* can share the fingerprint */
	bool			 reg_candidates; /* announced the feature */
	/*
	 * Observed (7.1): of the handshake, and of now (validated) when
	 * the feature was announced.
	 */
	struct addr		 reg_remote;
	struct addr		 reg_local;	/* where it reaches us */
	uint64_t		 reg_rtt_us;	/* 0: not known */
	char			 reg_relay_addr[ADDR_STRLEN]; /* 6.9 */
	uint64_t		 reg_since_ns;
	void			*reg_owner;
};

struct hub_ops {
	/* One message to one registration.  -1: it did not take it. */
	int	(*send)(void *arg, struct reg *, const char *json, size_t);
	/* Out of the hub because of a newer one; its owner closes it. */
	void	(*replaced)(void *arg, struct reg *);
	/* Addresses and RTT as the connection knows them by now. */
	void	(*refresh)(void *arg, struct reg *);
};

/* At most max_people fingerprints with max_regs registrations each. */
struct hub	*hub_new(size_t max_people, size_t max_regs,
		    const struct hub_ops *, void *arg);
void		 hub_free(struct hub *);
/* Told of each fingerprint that gets its first, or loses its last. */
typedef void hub_watch_fn(void *arg, const char *fp, bool present);
void		 hub_watch(struct hub *, hub_watch_fn *, void *arg);
/* Whoever is in it stays. */
void		 hub_set_limits(struct hub *, size_t max_people,
		    size_t max_regs);
/*
 * -1: EACCES, an unproven one where a proven one is; ENOSPC; ENOMEM.
 * ops->replaced runs from within, after the new one took its place.
 */
int		 hub_register(struct hub *, struct reg *);
/* Takes it out and returns it, NULL when it was not (any more) in the hub. */
struct reg	*hub_unregister(struct hub *, struct reg *);
bool		 hub_is_online(const struct hub *, const char *fp);
/* The newest registration of a fingerprint, or NULL. */
struct reg	*hub_find(const struct hub *, const char *fp);
/* Brings its addresses and RTT up to date. */
void		 hub_refresh(const struct hub *, struct reg *);
/* The display name that fp registered with, "" for none, NULL if absent. */
const char	*hub_alias(const struct hub *, const char *fp);
/* To all registrations of fp.  -1: ENOENT absent, ENOBUFS none took it. */
int		 hub_send(struct hub *, const char *fp, const char *json,
		    size_t len);
size_t		 hub_count(const struct hub *);	/* fingerprints online */
size_t		 hub_most(const struct hub *);	/* devices of one */
size_t		 hub_highest(const struct hub *);	/* ever */
/* All registrations; start with *iter = 0 and reg = NULL. */
struct reg	*hub_next(const struct hub *, size_t *iter, struct reg *);

#endif /* WZP_SIGNALD_HUB_H */
