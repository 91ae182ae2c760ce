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
 * What the client library tells its user.
 */
#ifndef WZP_CLIENT_EVENT_H
#define WZP_CLIENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/audio/media.h"

enum client_event_type {
	EVENT_CONNECTED,	/* relay, tls_fp */
	EVENT_PINNED,		/* relay, tls_fp, file */
	EVENT_PIN_MISMATCH,	/* relay, tls_fp, pinned, file, line */
	EVENT_REGISTERED,	/* build */
	EVENT_UNREGISTERED,	/* text */
	EVENT_INCOMING,		/* call_id, from, alias */
	EVENT_BUSY,		/* call_id, from: refused, we are in a call */
	EVENT_OFFER_SENT,	/* call_id, to */
	EVENT_RINGING,		/* call_id */
	EVENT_ANSWERED,		/* call_id, mode */
	EVENT_E2E,		/* call_id, e2e, words: before any sound */
	EVENT_SETUP,		/* call_id, room, relay_addr */
	EVENT_MEDIA_START,	/* call_id, room, path, e2e, words */
	EVENT_HEARD,		/* call_id, room, path: the other's sound */
	EVENT_PATH,		/* call_id, path, local, remote, text: why */
	EVENT_MEDIA_LOST,	/* call_id, room, text */
	EVENT_ROOM_UPDATE,	/* count */
	EVENT_STATS,		/* media, rtt_ms */
	EVENT_HANGUP,		/* call_id, reason, by; perhaps text */
	EVENT_CALL_END,		/* call_id, room, path, e2e, media, paths */
	EVENT_PONG,		/* relay, rtt_ms */
	EVENT_VERSION,		/* relay, build */
	EVENT_NAT_RELAY,	/* relay, observed and rtt_ms, or text */
	EVENT_NAT,		/* class; observed, if they all agree */
	EVENT_WARNING,		/* text */
	EVENT_ERROR,		/* text */
	EVENT_TYPE_MAX
};

/* Media packets of a call by the way that they took (client/direct/paths.h). */
struct path_counts {
	uint64_t	pc_relay_sent;
	uint64_t	pc_relay_received;
	uint64_t	pc_direct_sent;
	uint64_t	pc_direct_received;
	/* Of those received: on both ways, or again; not the other's. */
	uint64_t	pc_repeated;
	uint64_t	pc_refused;
	/* Checks and connections that were not the other's. */
	uint64_t	pc_strangers;
};

/*
 * NULL or 0: not said.  Strings live as long as the callback.  Those that
 * came from the network are bytes of strangers: valid UTF-8, nothing else.
 */
struct client_event {
	enum client_event_type	 ce_type;
	const char		*ce_call_id;
	const char		*ce_room;
	const char		*ce_from;
	const char		*ce_to;
	const char		*ce_alias;
	const char		*ce_relay;	/* as the user named it */
	const char		*ce_relay_addr;
	const char		*ce_tls_fp;
	const char		*ce_pinned;	/* what the file says */
	const char		*ce_file;
	unsigned int		 ce_line;
	const char		*ce_build;
	const char		*ce_mode;
	const char		*ce_reason;
	const char		*ce_by;		/* peer, self, relay */
	const char		*ce_path;
	const char		*ce_observed;	/* our address */
	const char		*ce_class;	/* of NAT */
	const char		*ce_text;
	unsigned int		 ce_count;
	double			 ce_rtt_ms;
	const struct media_stats *ce_media;
	bool			 ce_e2e;	/* encrypted end to end */
	const char		*ce_words;	/* ... and to be compared */
	/* Kinds of address, such as `ipv4-private'. */
	const char		*ce_local;
	const char		*ce_remote;
	const struct path_counts *ce_paths;
};

#endif /* WZP_CLIENT_EVENT_H */
