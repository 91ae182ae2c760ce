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
 * Signals: the 36 JSON messages of wzp-protocol 3, parsed with the exact
 * strictness of 2.1 and printed byte for byte like the original (fields in
 * declaration order, compact), and four of our own for those who announced
 * them (doc/PROTOCOL).
 */
#ifndef WZP_WIRE_SIGNAL_H
#define WZP_WIRE_SIGNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire/media.h"

#define SIGNAL_MAX	65536	/* bytes of JSON we accept or send */

/* In `features': CallCandidates, CallPunch and peer_features are understood. */
#define SIGNAL_FEATURE_CANDIDATES	"candidates"
/* In FederationHello, each a thing that its sender understands. */
#define SIGNAL_FEATURE_PATHS		"paths"	/* path, route, RouteQuery */
#define SIGNAL_FEATURE_DIGEST		"digest" /* PresenceDigest */
#define SIGNAL_FEATURE_MEDIA		"media"	/* media connections */
#define SIGNAL_FEATURE_ROOMS		"rooms"	/* origin, version */

enum signal_type {
	SIGNAL_CALL_OFFER = 1,
	SIGNAL_CALL_ANSWER,
	SIGNAL_ICE_CANDIDATE,
	SIGNAL_REKEY,
	SIGNAL_QUALITY_UPDATE,
	SIGNAL_LOSS_RECOVERY_UPDATE,
	SIGNAL_PING,
	SIGNAL_PONG,
	SIGNAL_HANGUP,
	SIGNAL_AUTH_TOKEN,
	SIGNAL_HOLD,
	SIGNAL_UNHOLD,
	SIGNAL_MUTE,
	SIGNAL_UNMUTE,
	SIGNAL_TRANSFER,
	SIGNAL_TRANSFER_ACK,
	SIGNAL_PRESENCE_UPDATE,
	SIGNAL_ROUTE_QUERY,
	SIGNAL_ROUTE_RESPONSE,
	SIGNAL_SESSION_FORWARD,
	SIGNAL_SESSION_FORWARD_ACK,
	SIGNAL_ROOM_UPDATE,
	SIGNAL_FEDERATION_HELLO,
	SIGNAL_GLOBAL_ROOM_ACTIVE,
	SIGNAL_GLOBAL_ROOM_INACTIVE,
	SIGNAL_REGISTER_PRESENCE,
	SIGNAL_REGISTER_PRESENCE_ACK,
	SIGNAL_DIRECT_CALL_OFFER,
	SIGNAL_DIRECT_CALL_ANSWER,
	SIGNAL_CALL_SETUP,
	SIGNAL_CALL_RINGING,
	SIGNAL_REFLECT,
	SIGNAL_REFLECT_RESPONSE,
	SIGNAL_MEDIA_PATH_REPORT,
	SIGNAL_FEDERATED_SIGNAL_FORWARD,
	SIGNAL_QUALITY_DIRECTIVE,
	/* Ours: feature SIGNAL_FEATURE_CANDIDATES. */
	SIGNAL_CALL_CANDIDATES,
	SIGNAL_CALL_PUNCH,
	/* Ours: between relays, feature SIGNAL_FEATURE_DIGEST. */
	SIGNAL_PRESENCE_DIGEST,
	/* Ours: between two clients that share an end-to-end secret. */
	SIGNAL_DIRECT_PROOF,
	SIGNAL_TYPE_MAX
};

enum hangup_reason {
	HANGUP_NORMAL,
	HANGUP_BUSY,
	HANGUP_DECLINED,
	HANGUP_TIMEOUT,
	HANGUP_ERROR
};

enum accept_mode {
	ACCEPT_REJECT,
	ACCEPT_TRUSTED,
	ACCEPT_GENERIC
};

/*
 * Strings are NUL-terminated UTF-8 without embedded NUL (such input is
 * refused); NULL means absent or null.  Lists: n elements.  A parsed signal
 * owns all it points to; for printing they may point anywhere.
 */
struct sig_bytes {
	const uint8_t	*data;		/* NULL: absent */
	size_t		 len;
};

struct sig_strings {
	const char	**list;
	size_t		  n;
};

struct sig_profiles {
	struct media_profile	*list;
	size_t			 n;
};

struct sig_participant {
	const char	*fingerprint;
	const char	*alias;
	const char	*relay_label;
};

struct sig_participants {
	struct sig_participant	*list;
	size_t			 n;
};

struct sig_call_offer {
	uint8_t			 identity_pub[32];
	uint8_t			 ephemeral_pub[32];
	struct sig_bytes	 signature;
	struct sig_profiles	 supported_profiles;
	const char		*alias;
	struct sig_bytes	 proof;		/* ours: proof of possession */
};

struct sig_call_answer {
	uint8_t			 identity_pub[32];
	uint8_t			 ephemeral_pub[32];
	struct sig_bytes	 signature;
	struct media_profile	 chosen_profile;
};

struct sig_ice_candidate {
	const char	*candidate;
};

struct sig_rekey {
	uint8_t			 new_ephemeral_pub[32];
	struct sig_bytes	 signature;
};

struct sig_quality_update {
	struct media_report	 report;	/* JSON form of 3.1 */
	struct media_profile	 recommended_profile;
};

struct sig_loss_recovery_update {
	uint64_t	dred_reconstructions;
	uint64_t	classical_plc_invocations;
	uint64_t	frames_decoded;
};

struct sig_ping {			/* Ping and Pong */
	uint64_t	timestamp_ms;
};

struct sig_hangup {
	enum hangup_reason	 reason;
	const char		*call_id;
};

struct sig_auth_token {
	const char	*token;
};

struct sig_transfer {
	const char	*target_fingerprint;
	const char	*relay_addr;
};

struct sig_presence_update {
	struct sig_strings	 fingerprints;
	const char		*relay_addr;
};

/*
 * On `_probe' as the original has it.  On links of ours: id tells searches
 * apart (0: absent), path lists the relays (tls-fp) that it came through, and
 * relay_chain those (tls-fp) that lead to the person, the next one first.
 */
struct sig_route_query {
	const char		*fingerprint;
	uint8_t			 ttl;
	uint64_t		 id;		/* ours */
	struct sig_strings	 path;		/* ours */
};

struct sig_route_response {
	const char		*fingerprint;
	bool			 found;
	struct sig_strings	 relay_chain;
	uint64_t		 id;		/* ours */
};

struct sig_session_forward {
	const char	*session_id;
	const char	*target_fingerprint;
	const char	*source_relay;
};

struct sig_session_forward_ack {
	const char	*session_id;
	const char	*room_name;
};

struct sig_room_update {
	uint32_t		count;
	struct sig_participants	participants;
};

struct sig_federation_hello {
	const char		*tls_fingerprint;
	struct sig_strings	 features;	/* ours */
	const char		*purpose;	/* ours: "media"; NULL: link */
};

/*
 * Active; Inactive has no participants.  Ours say whose people these are
 * (origin, a tls-fp) and count the changes (version).
 */
struct sig_global_room {
	const char		*room;
	struct sig_participants	 participants;
	const char		*origin;	/* ours */
	uint64_t		 version;	/* ours; 0: absent */
};

struct sig_register_presence {
	uint8_t			 identity_pub[32];
	struct sig_bytes	 signature;	/* data != NULL even if empty */
	const char		*alias;
	struct sig_bytes	 proof;		/* ours */
	struct sig_strings	 features;	/* ours */
};

struct sig_register_presence_ack {
	bool			 success;
	const char		*error;
	const char		*relay_build;
	struct sig_strings	 features;	/* ours */
};

struct sig_direct_call_offer {
	const char		*caller_fingerprint;
	const char		*caller_alias;
	const char		*target_fingerprint;
	const char		*call_id;
	uint8_t			 identity_pub[32];
	uint8_t			 ephemeral_pub[32];
	struct sig_bytes	 signature;
	struct sig_profiles	 supported_profiles;
	const char		*caller_reflexive_addr;
	struct sig_strings	 caller_local_addrs;
	const char		*caller_build_version;
	struct sig_strings	 caller_features; /* ours, between relays */
};

struct sig_direct_call_answer {
	const char		*call_id;
	enum accept_mode	 accept_mode;
	struct sig_bytes	 identity_pub;	/* 32 or absent */
	struct sig_bytes	 ephemeral_pub;	/* 32 or absent */
	struct sig_bytes	 signature;
	bool			 has_profile;
	struct media_profile	 chosen_profile;
	const char		*callee_reflexive_addr;
	struct sig_strings	 callee_local_addrs;
	const char		*callee_build_version;
	struct sig_strings	 callee_features; /* ours, between relays */
};

struct sig_call_setup {
	const char		*call_id;
	const char		*room;
	const char		*relay_addr;
	const char		*peer_direct_addr;
	struct sig_strings	 peer_local_addrs;
	struct sig_strings	 peer_features;		/* ours */
};

struct sig_call_ringing {
	const char	*call_id;
};

struct sig_reflect_response {
	const char	*observed_addr;
};

struct sig_media_path_report {
	const char	*call_id;
	bool		 direct_ok;
	const char	*race_winner;	/* never NULL after parsing */
};

struct signal;

struct sig_federated_forward {
	struct signal	*inner;		/* nesting: at most 8 */
	const char	*origin_relay_fp;
	/*
	 * Ours.  path: the relays that it came through (tls-fp), the first one
	 * first, the sender last; route: those that it still has to reach
	 * behind the receiver, the next one first.
	 */
	struct sig_strings	 path;
	struct sig_strings	 route;
};

/*
 * Who is registered at the sender, as hashes of fingerprints (doc/PROTOCOL):
 * 8 hexadecimal digits each, one behind the other.
 */
struct sig_presence_digest {
	const char	*salt;		/* of the hashes: 32 digits */
	bool		 reset;		/* forget what was said before */
	const char	*add;
	const char	*remove;
};

struct sig_quality_directive {
	struct media_profile	 recommended_profile;
	const char		*reason;
};

/* All candidates of one party; a higher generation replaces a lower one. */
struct sig_call_candidates {
	const char		*call_id;
	uint32_t		 generation;
	struct sig_strings	 candidates;
	bool			 end;		/* no more will come */
};

/* From the relay: both parties send their checks delay_ms from now. */
struct sig_call_punch {
	const char	*call_id;
	uint32_t	 round;
	uint32_t	 delay_ms;
};

struct sig_direct_proof {
	uint8_t		mac[32];
};

struct signal {
	enum signal_type	type;
	union {
		struct sig_call_offer		 call_offer;
		struct sig_call_answer		 call_answer;
		struct sig_ice_candidate	 ice_candidate;
		struct sig_rekey		 rekey;
		struct sig_quality_update	 quality_update;
		struct sig_loss_recovery_update	 loss_recovery_update;
		struct sig_ping			 ping;
		struct sig_hangup		 hangup;
		struct sig_auth_token		 auth_token;
		struct sig_transfer		 transfer;
		struct sig_presence_update	 presence_update;
		struct sig_route_query		 route_query;
		struct sig_route_response	 route_response;
		struct sig_session_forward	 session_forward;
		struct sig_session_forward_ack	 session_forward_ack;
		struct sig_room_update		 room_update;
		struct sig_federation_hello	 federation_hello;
		struct sig_global_room		 global_room;
		struct sig_register_presence	 register_presence;
		struct sig_register_presence_ack register_presence_ack;
		struct sig_direct_call_offer	 direct_call_offer;
		struct sig_direct_call_answer	 direct_call_answer;
		struct sig_call_setup		 call_setup;
		struct sig_call_ringing		 call_ringing;
		struct sig_reflect_response	 reflect_response;
		struct sig_media_path_report	 media_path_report;
		struct sig_federated_forward	 federated_forward;
		struct sig_quality_directive	 quality_directive;
		struct sig_call_candidates	 call_candidates;
		struct sig_call_punch		 call_punch;
		struct sig_direct_proof		 direct_proof;
		struct sig_presence_digest	 presence_digest;
	}			u;
	void			*arena;		/* internal: parsed storage */
};

/*
 * Parses one JSON text (at most SIGNAL_MAX bytes).  NULL: *why says what is
 * wrong (static text).  Free with signal_free(), never an inner one alone.
 */
struct signal	*signal_parse(const uint8_t *, size_t, const char **why);
void		 signal_free(struct signal *);
/*
 * Prints compact JSON; length without the NUL, or -1 when it does not fit in
 * cap or cannot be said (a required string is NULL, a float not finite, more
 * than SIGNAL_MAX bytes).  Byte-identical to the original for its own fields.
 */
int		 signal_print(const struct signal *, char *buf, size_t cap);
/* call_id stays the caller's; NULL: of no call in particular (6.8). */
void		 signal_hangup(struct signal *, const char *call_id,
		    enum hangup_reason);
const char	*signal_name(enum signal_type);
const char	*hangup_reason_name(enum hangup_reason);

#endif /* WZP_WIRE_SIGNAL_H */
