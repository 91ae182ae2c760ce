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
 * A direct call as a client sees it (wzp-protocol 6): one at a time, as the
 * caller or the callee.  Signals and time go in, signals and events come out;
 * connections are its owner's.
 */
#ifndef WZP_CLIENT_CALL_H
#define WZP_CLIENT_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "client/direct/direct.h"
#include "client/e2e/e2e.h"
#include "client/event.h"
#include "common/wire/identity.h"
#include "common/wire/signal.h"

#define CALL_ID_MAX	58	/* `call-' and it fit a label of DNS (1.4) */

enum call_phase {
	PHASE_IDLE,
	PHASE_DIALING,		/* offer sent */
	PHASE_RINGING,		/* ... and routed */
	PHASE_ANSWERED,		/* answer sent or received, no CallSetup yet */
	PHASE_ACTIVE,		/* CallSetup received */
	PHASE_ENDED		/* until call_clear() */
};

struct call;

struct call_ops {
	/* -1: not registered just now. */
	int	(*send)(void *, const struct signal *);
	/* Media may begin; strings are a stranger's. */
	void	(*setup)(void *, const struct sig_call_setup *);
	/* Our addresses now, for the other party. */
	const struct direct_own
		*(*own)(void *);
	/* Sound goes directly just now. */
	bool	(*direct)(void *);
	/* The call is over.  Nothing may be freed from within. */
	void	(*ended)(void *);
	void	(*event)(void *, const struct client_event *);
};

struct call_config {
	const struct call_ops	*cf_ops;
	void			*cf_arg;
	const struct identity	*cf_identity;
	enum accept_mode	 cf_accept;	/* of incoming calls */
	bool			 cf_listen;	/* takes incoming calls */
	bool			 cf_as_original;
	bool			 cf_relay_only;	/* no address of ours */
	bool			 cf_require_e2e;
	struct media_profile	 cf_profile;
};

struct call	*call_new(const struct call_config *);
void		 call_free(struct call *);
/* target: a canonical fingerprint.  -1: in a call, or not registered. */
int		 call_dial(struct call *, const char *target, uint64_t now);
void		 call_signal(struct call *, const struct signal *,
		    uint64_t now);
/* The same from the other party itself, not through a relay. */
void		 call_told(struct call *, const struct signal *);
/* We end it. */
void		 call_hangup(struct call *, enum hangup_reason);
/* The registration is lost: a call not yet answered is, too. */
void		 call_unregistered(struct call *);
/* Media flows; a call without it did not take place. */
void		 call_media(struct call *);
/* The direct connection is lost, or the other party closed it. */
void		 call_parted(struct call *);
void		 call_clear(struct call *);
void		 call_expire(struct call *, uint64_t now);
uint64_t	 call_expiry(const struct call *);

enum call_phase	 call_phase(const struct call *);
bool		 call_outgoing(const struct call *);
/* Of an active call; NULL: it is not encrypted end to end. */
struct e2e	*call_e2e(const struct call *);
/* Both have told each other their addresses, or may. */
bool		 call_open(const struct call *);
const char	*call_id(const struct call *);	/* "" when idle */
/* Of a call that ended. */
bool		 call_by_self(const struct call *);
/* It was answered, media flowed, and it ended by a normal Hangup. */
bool		 call_went_well(const struct call *);
/* It was refused because that is what we were told to do. */
bool		 call_refused(const struct call *);

#endif /* WZP_CLIENT_CALL_H */
