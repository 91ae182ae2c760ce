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
 * The client: registers, calls, is called, joins rooms, asks relays how far
 * away they are and where they see us.  No socket and no clock in here
 * (client/net/net.h has them): packets and time go in, packets and events come
 * out.
 */
#ifndef WZP_CLIENT_CLIENT_H
#define WZP_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/audio/audio_in.h"
#include "client/audio/audio_out.h"
#include "client/event.h"
#include "client/pins.h"
#include "common/base/addr.h"
#include "common/quic/endpoint.h"
#include "common/wire/identity.h"
#include "common/wire/signal.h"

struct client;

enum client_mode {
	CLIENT_LISTEN,
	CLIENT_CALL,
	CLIENT_ROOM,
	CLIENT_PING,
	CLIENT_VERSION,
	CLIENT_NAT
};

struct client_config {
	enum client_mode	 cc_mode;
	const char		*cc_target;	/* fingerprint or room */
	const struct identity	*cc_identity;
	struct pins		*cc_pins;
	const char		*cc_relay_name;	/* key of its pin */
	struct addr		 cc_relay;
	/* CLIENT_NAT: whom to ask, and their names. */
	const struct addr	*cc_nat_relays;
	const char *const	*cc_nat_names;
	size_t			 cc_nat;
	const char		*cc_token;	/* or NULL */
	bool			 cc_as_original;
	enum accept_mode	 cc_accept;
	bool			 cc_once;	/* listen: one call only */
	struct media_profile	 cc_profile;
	bool			 cc_auto;	/* obey QualityDirective */
	struct audio_in		*cc_in;		/* not owned */
	struct audio_out	*cc_out;	/* not owned */
	unsigned int		 cc_seconds;	/* of media; 0: no limit */
	bool			 cc_until_end;	/* hang up behind the file */
	uint16_t		 cc_port[2];	/* by listener; 0: no socket */
	bool			 cc_relay_only;	/* tell nobody our addresses */
	bool			 cc_require_e2e;
	/*
	 * Frames may tell by their length whether somebody speaks: for a
	 * hundred clients in one process that have nothing to say (silence
	 * of one length takes ten times the time to encode).
	 */
	bool			 cc_any_length;
	bool			 cc_no_portmap;	/* for who makes the net */

	void			 (*cc_event)(void *,
				    const struct client_event *);
	void			 (*cc_transmit)(void *,
				    const struct quic_packet *);
	void			*cc_arg;
};

/* Strings and pointers of the configuration must outlive the client. */
struct client	*client_new(const struct client_config *);
void		 client_free(struct client *);
/* Begins what the mode says. */
void		 client_start(struct client *, uint64_t now);
/*
 * Calls somebody while listening.  -1: not registered just now, or in a call;
 * EVENT_OFFER_SENT comes from within.
 */
int		 client_dial(struct client *, const char *fingerprint,
		    uint64_t now);
/* Ends the call or room at hand, if there is one; a listener goes on. */
void		 client_hangup(struct client *, uint64_t now);
/*
 * Ends it decently: hangs up, deregisters.  A second time: at once.
 */
void		 client_stop(struct client *, uint64_t now);
/*
 * listener: 0 the IPv4 socket, 1 the IPv6 one; packets to be sent name theirs
 * in the same way.
 */
void		 client_receive(struct client *, unsigned int listener,
		    const struct addr *local, const struct addr *remote,
		    uint8_t ecn, const uint8_t *, size_t, uint64_t now);
/*
 * The addresses of this host (port 0, loopback left out): at the
 * start, and whenever they have changed.
 */
void		 client_addresses(struct client *, const struct addr *,
		    size_t n, uint64_t now);
/* Where the router maps our IPv4 socket to; NULL: nowhere (any more). */
void		 client_mapped(struct client *, const struct addr *external,
		    uint64_t now);
/* After receiving, and when client_expiry() has come. */
void		 client_turn(struct client *, uint64_t now);
uint64_t	 client_expiry(const struct client *);
/* What EVENT_STATS says, at any time.  false: no sound flows. */
bool		 client_media_stats(const struct client *,
		    struct media_stats *);
/* It is over; *ok: what was wanted took place. */
bool		 client_done(const struct client *, bool *ok);

#endif /* WZP_CLIENT_CLIENT_H */
