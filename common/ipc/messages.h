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
 * Every message that two processes of the relay can exchange: its C form,
 * and in messages.c one table with name, allowed senders and receivers, the
 * receiver's state in which it may arrive, and the fields that the encoder
 * and the decoder walk.  This is the only header all daemons share.
 *
 * On the wire a message is one SOCK_SEQPACKET packet: a msgpack array
 * [type, field, field, ...] in table order, nothing behind it.
 */
#ifndef WZP_IPC_MESSAGES_H
#define WZP_IPC_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"

#define MSG_TABLE_VERSION	6
#define MSG_MAX			65536	/* one packet, bytes */

/* In order of rank: blame restarts the lower-ranking (later) of two. */
enum proc {
	PROC_RELAYD,
	PROC_KEYD,
	PROC_REGISTRYD,
	PROC_SIGNALD,
	PROC_FEDERD,
	PROC_MEDIAD,
	PROC_DOORD,
	PROC_CONTROLD,
	PROC_LOOKUPD,
	PROC_MAX
};

const char	*proc_name(enum proc);

#define FP_STRLEN	40	/* "xxxx:" x 8, NUL (wzp-protocol 4.2) */
#define CALL_ID_STRLEN	65	/* at most 64 bytes; 58 joinable (1.4) */
#define ROOM_STRLEN	254	/* a DNS name (1.4), NUL */
#define ALIAS_STRLEN	129
#define SIG_LEN		64
#define PUB_LEN		32
#define CID_BYTES_MAX	20	/* a connection ID at most (RFC 9000 17.2) */
#define AUTH_URL_LEN	512
#define SELF_TEST_LEN	32
#define TLS_HASH_LEN	32	/* SHA-256 of a certificate, 1.5 as bytes */
#define PEER_NAME_LEN	64	/* of relayd.conf(5), and labels */
#define HOST_STRLEN	254	/* a DNS name, NUL */
#define PEERS_MAX	64	/* in a configuration */
/* Relays that a call goes through behind the first, at most. */
#define FED_PATH_MAX	4
/* JSON text in MSG_FED_SIGNAL: fits a packet with all that is around it. */
#define FED_SIGNAL_MAX	60000
/* MSG_FED_MEDIA: frames of some datagrams; fits CHANNEL_DATA_MAX. */
#define FED_MEDIA_MAX	2240

/* A byte string inside the packet being handled; gone after the handler. */
struct msg_bytes {
	const uint8_t	*data;
	size_t		 len;
};

enum msg_type {
	/* relayd <-> everyone */
	MSG_HELLO = 1,
	MSG_SETTINGS,
	MSG_LISTEN,		/* a listen address, as text for CallSetup */
	MSG_CHANNEL,		/* + descriptor */
	MSG_SLOT,		/* a row of the table of slots */
	MSG_UDP_SOCKET,		/* + descriptor */
	MSG_CONTROL_SOCKET,	/* + descriptor; controld */
	MSG_SEED,		/* keyd */
	MSG_TOKEN_KEY,		/* doord and a role that issues tokens */
	MSG_TICKET_KEY,		/* signald, mediad: each its role's */
	MSG_AUTH_URL,		/* lookupd */
	MSG_START,
	MSG_READY,
	MSG_SHUTDOWN,
	MSG_LOG,
	MSG_BLAME,
	MSG_SELF_TEST,
	MSG_DRAINED,		/* mediad: retired, and nobody is left */
	/* relayd <-> federd: the configuration of federation, and sockets */
	MSG_PEERS_BEGIN,	/* all that follows up to the end is all */
	MSG_PEER,
	MSG_GLOBAL_ROOM,
	MSG_PROBE_TARGET,
	MSG_PEERS_END,
	MSG_DIAL,		/* federd wants a connected socket */
	MSG_DIAL_SOCKET,	/* + descriptor */
	MSG_DIAL_FAILED,
	/* keyd */
	MSG_KEY_IDENTITY_REQUEST,
	MSG_KEY_IDENTITY,
	MSG_KEY_SIGN_TLS,
	MSG_KEY_SIGN_ANSWER,
	MSG_KEY_SIGNATURE,
	/* doord <-> network workers, data channel */
	MSG_DOOR_DATAGRAM,
	MSG_DOOR_STRAY,
	/* signald <-> mediad */
	MSG_ROOM_ADMIT,
	MSG_ROOM_ADMITTED,
	MSG_ROOM_CLOSE,
	MSG_ADMIT_END,
	MSG_ROOM_OPENED,
	MSG_ROOM_EMPTY,
	MSG_ROOMS_END,
	MSG_OFFER_SEEN,		/* both ways: to all other mediads */
	/* signald -> doord, federd: where rooms are (placement.h) */
	MSG_PLACE_RESET,
	MSG_PLACE_ROOM,
	MSG_PLACE_MEDIA,
	/* signald <-> federd: people and calls of other relays */
	MSG_FED_PRESENCE,	/* who is registered here */
	MSG_FED_PRESENCE_END,	/* all were named once */
	MSG_FED_FIND,
	MSG_FED_FOUND,
	MSG_FED_SIGNAL,		/* both ways */
	MSG_FED_UNSENT,
	MSG_FED_LINK,
	MSG_FED_CALL,		/* its media has a far side */
	/* federd <-> mediad: rooms with people on other relays */
	MSG_FED_ROOM,
	MSG_FED_MEMBER,		/* both ways */
	MSG_FED_MEDIA,		/* both ways, data channel */
	/* lookupd */
	MSG_AUTH_CHECK,
	MSG_AUTH_RESULT,
	MSG_NAME_QUERY,
	MSG_NAME_ANSWER,
	/* registryd */
	MSG_CALL_PUT,
	MSG_CALL_COMMITTED,
	MSG_CALL_MEDIA,
	MSG_LIVE_REQUEST,
	MSG_LIVE_CALL,
	MSG_LIVE_END,
	MSG_PROVEN_PUT,
	MSG_PROVEN_QUERY,
	MSG_PROVEN_ANSWER,
	/* controld <-> everyone */
	MSG_CTL_QUERY,
	MSG_CTL_ROW,
	MSG_CTL_END,
	MSG_TYPE_MAX
};

/* First message in both directions of every channel. */
struct msg_hello {
	char		build[64];
	uint64_t	version;	/* MSG_TABLE_VERSION */
	uint64_t	role;		/* enum proc of the sender */
	uint64_t	instance;	/* mediad 0..N-1, else 0 */
	uint64_t	pid;
};

/*
 * The part of the configuration that workers need; sent before START, and
 * again when the configuration was read anew.
 */
struct msg_settings {
	bool		legacy_allow;		/* legacy clients allow|deny */
	bool		registry_best_effort;
	bool		registry_addresses;	/* keep addresses of calls */
	uint64_t	verbose;
	uint64_t	ring_ms;		/* limit ring */
	uint64_t	register_ms;		/* limit register: 10 s */
	uint64_t	offer_ms;		/* limit media-offer */
	uint64_t	grace_ms;		/* _signal lost in a call */
	uint64_t	registry_wait_ms;	/* 2 s */
	uint64_t	max_connections;	/* per worker */
	uint64_t	max_registrations;	/* per fingerprint */
	uint64_t	max_calls;
	uint64_t	max_pending;		/* per fingerprint; Busy */
	uint64_t	max_rooms;
	uint64_t	max_participants;	/* of one room */
	uint64_t	retention_s;		/* ended calls kept */
	uint64_t	max_records;		/* rows of the registry */
	/* Limits of common/ipc/limits.h; rates are of its units. */
	uint64_t	initial_rate;
	uint64_t	handshake_rate;
	uint64_t	token_rate;
	uint64_t	source_connections;
	uint64_t	max_streams;
	uint64_t	max_queue;
	uint64_t	auth_rate;
	uint64_t	registration_rate;
	uint64_t	registration_source_rate;
	uint64_t	signal_rate;
	uint64_t	offer_rate;
	uint64_t	join_rate;
	uint64_t	join_source_rate;
	uint64_t	datagram_rate;
	uint64_t	person_calls;
	uint64_t	peer_links;
	uint64_t	max_strangers;
	uint64_t	peer_queue;
	uint64_t	peer_signal_rate;
	uint64_t	peer_offer_rate;
	uint64_t	peer_call_signal_rate;
	uint64_t	peer_search_rate;
	uint64_t	peer_searches;
	uint64_t	max_searches;
	uint64_t	peer_presence_rate;
	uint64_t	peer_people;
	uint64_t	peer_room_rate;
	uint64_t	peer_datagram_rate;
	uint64_t	peer_member_rate;
	uint64_t	original_room_rate;
	uint64_t	max_probes;
	uint64_t	probe_rate;
	char		database[108];		/* file name inside its dir */
	char		advertise4[ADDR_STRLEN];	/* "" : none */
	char		advertise6[ADDR_STRLEN];
	uint64_t	boot_id;		/* random, per run of relayd */
	uint8_t		room_key[16];		/* placement.h; as boot_id */
	bool		auth_required;		/* auth url is configured */
	bool		retry_always;		/* retry auto|always */
	bool		resumption;		/* session tickets */
};

struct msg_listen {
	struct addr	address;
};

/* With the descriptor of a new channel to a neighbour. */
struct msg_channel {
	uint64_t	role;
	uint64_t	instance;
	uint64_t	generation;	/* of that neighbour */
	bool		data;		/* the lossy one of this pair */
};

/*
 * The slot of a worker: which socket of the shared port is its own, and byte
 * 0 of its connection IDs.  generation counts its starts.
 */
struct msg_slot {
	uint64_t	slot;
	uint64_t	role;
	uint64_t	instance;
	uint64_t	generation;
	bool		retiring;	/* gets nothing new */
};

/* A UDP socket, bound and fully set up: send and, if told so, receive. */
struct msg_udp_socket {
	uint64_t	listener;	/* index of the listen address */
	struct addr	address;	/* as bound */
	bool		receive;
};

struct msg_control_socket {
	bool		read_only;
};

struct msg_seed {
	uint8_t		seed[32];
};

/*
 * Address validation tokens of a role (RFC 9000 8.1.3): the role makes them,
 * doord checks them.  The two newest generations are good.
 */
struct msg_token_key {
	uint64_t	role;
	uint64_t	generation;
	uint8_t		key[32];
};

/*
 * Session tickets (RFC 8446 4.6.1) of the receiver's role.  The two newest
 * generations are good.
 */
struct msg_ticket_key {
	uint64_t	generation;
	uint8_t		key[32];
};

struct msg_auth_url {
	char		url[AUTH_URL_LEN];
	char		ca[256];	/* file of certificates; "": system's */
};

/* The identity to take: ids are switched and root entered only if asked. */
struct msg_start {
	bool		switch_ids;
	uint64_t	uid;
	uint64_t	gid;
	char		root[256];	/* empty directory to chroot to */
	char		directory[256];	/* registryd: where the database is */
};

/* The worker serves from here on; sandbox: what is in force, one line. */
struct msg_ready {
	char		sandbox[256];
};

struct msg_shutdown {
	uint64_t	deadline_ms;
};

struct msg_log {
	uint64_t	level;
	char		text[1024];
};

struct msg_blame {
	uint64_t	role;
	uint64_t	instance;
	uint64_t	generation;	/* as MSG_CHANNEL gave it */
	char		reason[256];
};

/* Do a forbidden thing (common/sandbox/selftest.h); there is no answer. */
struct msg_self_test {
	char		what[SELF_TEST_LEN];
};

/* Another relay of the configuration. */
struct msg_peer {
	uint64_t	index;			/* stays its own while named */
	char		name[PEER_NAME_LEN];
	char		host[HOST_STRLEN];	/* "": it dials us */
	uint64_t	port;
	struct addr	address;		/* when host is a literal */
	uint8_t		fingerprint[TLS_HASH_LEN];
	bool		legacy;			/* an original */
	bool		transit;	/* calls of others go through us */
};

struct msg_global_room {
	char		room[ROOM_STRLEN];	/* lower case (gap 45) */
};

/* A relay whose health is watched (wzp-protocol 10.1). */
struct msg_probe_target {
	uint64_t	index;
	char		host[HOST_STRLEN];
	uint64_t	port;
	struct addr	address;
};

/*
 * A socket connected to a peer or probe target: relayd compares the address
 * with the configuration, and the port where that has a name.
 */
struct msg_dial {
	uint64_t	id;			/* the answer has it */
	bool		probe;
	uint64_t	index;
	struct addr	address;
};

struct msg_dial_socket {
	uint64_t	id;
	struct addr	local;
	struct addr	remote;
};

struct msg_dial_failed {
	uint64_t	id;
	char		error[128];
};

struct msg_key_identity_request {
	uint64_t	slot;
};

struct msg_key_identity {
	uint8_t		 identity_pub[PUB_LEN];
	uint8_t		 reset_key[32];		/* stateless reset, this slot */
	struct msg_bytes certificate;		/* DER, at most 1024 bytes */
};

/* tbs: 130 or 146 bytes, a TLS 1.3 server CertificateVerify (RFC 8446 4.4.3) */
struct msg_key_sign_tls {
	uint64_t	 seq;
	struct msg_bytes tbs;
};

/* CallAnswer: keyd signs ephemeral_pub || "call-answer" (wzp-protocol 5.3) */
struct msg_key_sign_answer {
	uint64_t	seq;
	uint8_t		ephemeral_pub[PUB_LEN];
};

struct msg_key_signature {
	uint64_t	seq;
	bool		ok;
	uint8_t		signature[SIG_LEN];
};

/*
 * One UDP datagram that doord read; the worker answers on its own socket.
 * As MSG_DOOR_STRAY the other way: a worker read the first packet of a
 * connection, which is the door's to judge.
 */
struct msg_door_datagram {
	uint64_t	 listener;	/* index of the socket it came from */
	struct addr	 local;
	struct addr	 remote;
	uint64_t	 ecn;
	bool		 validated;	/* the source address is proved */
	struct msg_bytes odcid;		/* after a Retry: the first DCID */
	struct msg_bytes retry_scid;	/* after a Retry; both at most 20 */
	struct msg_bytes payload;	/* at most 2048 bytes */
};

/*
 * Two fingerprints may enter room "call-" || call_id.  Who proved its key to
 * signald has to prove it there too: a CallOffer alone can be replayed.
 */
struct msg_room_admit {
	char		call_id[CALL_ID_STRLEN];
	char		caller[FP_STRLEN];
	char		callee[FP_STRLEN];
	bool		caller_proven;
	bool		callee_proven;
};

struct msg_room_admitted {
	char		call_id[CALL_ID_STRLEN];
	bool		ok;
};

/* No new joins; who is inside stays (wzp-protocol 6.13). */
struct msg_room_close {
	char		call_id[CALL_ID_STRLEN];
};

/* A room got its first member, or lost its last. */
struct msg_room {
	char		room[ROOM_STRLEN];
};

/* A CallOffer came: no mediad takes another one with this key (gap 4). */
struct msg_offer_seen {
	uint8_t		identity[PUB_LEN];
	uint8_t		ephemeral[PUB_LEN];
};

/* A room that is not where its name alone would put it; or no more. */
struct msg_place_room {
	char		room[ROOM_STRLEN];
	uint64_t	slot;
	bool		present;
};

struct msg_place_media {
	uint64_t	healthy;	/* 1 << slot of each mediad */
};

/* A fingerprint got its first registration here, or lost its last. */
struct msg_fed_presence {
	char		fingerprint[FP_STRLEN];
	bool		present;
};

struct msg_fed_find {
	uint64_t	seq;
	char		fingerprint[FP_STRLEN];
};

enum fed_outcome {
	FED_FOUND,		/* path leads to the relay that has said so */
	FED_MAYBE,		/* only originals are left to be asked */
	FED_NOT_FOUND
};

/*
 * A path is TLS_HASH_LEN bytes for each relay, the neighbour first, the relay
 * of the other person last; at most FED_PATH_MAX of them.
 */
struct msg_fed_found {
	uint64_t	 seq;
	uint64_t	 outcome;
	struct msg_bytes path;
};

/*
 * A signal of a call.  From signald: to the end of the path; without a path,
 * to every original that we have a link with.  To signald: path is the way
 * back to where it came from, and legacy says that an original sent it.
 */
struct msg_fed_signal {
	struct msg_bytes path;
	bool		 legacy;
	char		 label[PEER_NAME_LEN];	/* of the neighbour */
	struct msg_bytes inner;			/* JSON */
};

/* What was to go along this path about this call did not, and will not. */
struct msg_fed_unsent {
	char		call_id[CALL_ID_STRLEN];
	struct msg_bytes path;
};

/* A link with this neighbour came up or went down. */
struct msg_fed_link {
	uint8_t		fingerprint[TLS_HASH_LEN];
	bool		legacy;
	bool		up;
};

/* The room of this call has a party at the end of this path, or no more. */
struct msg_fed_call {
	char		call_id[CALL_ID_STRLEN];
	bool		live;
	bool		legacy;
	struct msg_bytes path;
};

/*
 * Members of this room are to be told, datagrams to be given.  tag: the first
 * 8 bytes of SHA-256 of the canonical name (wzp-protocol 9.5).
 */
struct msg_fed_room {
	char		room[ROOM_STRLEN];	/* as it is joined here */
	uint8_t		tag[8];
	bool		on;
};

/* A member: to federd a local one, to mediad one of another relay. */
struct msg_fed_member {
	char		room[ROOM_STRLEN];
	char		fingerprint[FP_STRLEN];	/* "": not known */
	char		alias[ALIAS_STRLEN];
	char		label[PEER_NAME_LEN];	/* of its relay */
	bool		present;
};

/*
 * Datagrams of rooms, one behind the other: tag (8), source (8), length (2,
 * big-endian), MediaPacket.  The source says whose it is: to federd a number
 * of that member in this mediad, to mediad whatever came with it.
 */
struct msg_fed_media {
	struct msg_bytes frames;
};

struct msg_name_query {
	uint64_t	seq;
	char		host[HOST_STRLEN];
};

/* Both families in the order of preference; unused ones have no family. */
struct msg_name_answer {
	uint64_t	seq;
	bool		ok;
	struct addr	first;
	struct addr	second;
	struct addr	third;
	struct addr	fourth;
	char		error[128];
};

struct msg_auth_check {
	uint64_t	 seq;
	struct msg_bytes token;		/* at most 8192 bytes */
};

struct msg_auth_result {
	uint64_t	seq;
	bool		ok;
	char		fingerprint[FP_STRLEN];
	char		error[128];
};

enum call_state {
	CALL_PENDING,
	CALL_RINGING,
	CALL_ACTIVE,
	CALL_ENDED
};

enum call_reason {		/* why a call ended; texts in messages.c */
	CALL_REASON_NONE,
	CALL_REASON_NORMAL,	/* hung up by a party */
	CALL_REASON_BUSY,
	CALL_REASON_DECLINED,	/* rejected by the callee */
	CALL_REASON_TIMEOUT,	/* ring limit, or a party never came back */
	CALL_REASON_ERROR,
	CALL_REASON_CANCELLED,	/* hung up by the caller before the answer */
	CALL_REASON_DISCONNECT,	/* a party's _signal connection ended */
	CALL_REASON_LOST	/* found live after a crash of everything */
};

enum call_mode {
	CALL_MODE_NONE,
	CALL_MODE_TRUSTED,
	CALL_MODE_GENERIC,
	CALL_MODE_REJECT
};

enum call_path {
	CALL_PATH_NONE,
	CALL_PATH_RELAY,
	CALL_PATH_DIRECT_LAN,
	CALL_PATH_DIRECT_V6,
	CALL_PATH_DIRECT_REFLEXIVE,
	CALL_PATH_FEDERATED_RELAY
};

const char	*call_state_name(enum call_state);
const char	*call_reason_name(enum call_reason);
const char	*call_mode_name(enum call_mode);
const char	*call_path_name(enum call_path);

enum call_remote {		/* which party is registered at another relay */
	CALL_REMOTE_NONE,
	CALL_REMOTE_CALLER,
	CALL_REMOTE_CALLEE
};

/* A path (see struct msg_fed_found) as text: 64 hexadecimal digits a relay. */
#define CALL_PATH_STRLEN	(2 * FED_PATH_MAX * TLS_HASH_LEN + 1)

/* The whole record of a call as signald knows it; idempotent by call_id. */
struct msg_call_put {
	uint64_t	seq;		/* per signald, rising */
	char		call_id[CALL_ID_STRLEN];
	char		caller[FP_STRLEN];
	char		callee[FP_STRLEN];
	char		caller_alias[ALIAS_STRLEN];
	uint64_t	state;
	uint64_t	mode;
	uint64_t	reason;
	uint64_t	path;
	bool		caller_proven;
	bool		callee_proven;
	uint64_t	created_ms;	/* Unix time; 0: not yet */
	uint64_t	answered_ms;
	uint64_t	ended_ms;
	bool		unconfirmed;	/* best-effort: went on unrecorded */
	struct addr	caller_addr;	/* none unless registry_addresses */
	struct addr	callee_addr;
	uint64_t	remote;		/* enum call_remote */
	bool		remote_legacy;	/* its relay is an original */
	char		remote_label[PEER_NAME_LEN];
	char		remote_path[CALL_PATH_STRLEN];
};

/* Everything with seq <= this is on disk (ok), or seq alone failed. */
struct msg_call_committed {
	uint64_t	seq;
	bool		ok;
	char		error[128];
};

/* mediad, once per departing member of a call-* room, and at intervals. */
struct msg_call_media {
	char		call_id[CALL_ID_STRLEN];
	char		fingerprint[FP_STRLEN];
	uint64_t	packets_in;	/* from this member since it joined */
	uint64_t	bytes_in;
	uint64_t	packets_out;
	uint64_t	bytes_out;
	uint64_t	dropped_out;
	uint64_t	loss_pct;	/* last QualityReport, 0-100 */
	uint64_t	rtt_ms;
	bool		final;
};

struct msg_live_request {
	uint64_t	seq;
};

/* MSG_LIVE_CALL carries struct msg_call_put. */

struct msg_live_end {
	uint64_t	seq;
};

struct msg_proven_put {
	char		fingerprint[FP_STRLEN];
};

struct msg_proven_query {
	uint64_t	seq;
	char		fingerprint[FP_STRLEN];
};

struct msg_proven_answer {
	uint64_t	seq;
	bool		ok;		/* false: the registry could not say */
	bool		proven;
};

enum ctl_what {
	CTL_CALLS,
	CTL_CLIENTS,
	CTL_ROOMS,
	CTL_WORKERS,
	CTL_STATS,
	CTL_HISTORY,		/* ended calls, newest first */
	CTL_RELOAD,		/* relayd: read the configuration anew */
	CTL_PEERS,		/* federd: links to other relays */
	CTL_MESH,		/* federd: what the probes say */
	CTL_PEER,		/* federd: filter is "NAME up" or "NAME down" */
	CTL_LIMITS		/* who is over a limit, and how often */
};

struct msg_ctl_query {
	uint64_t	id;
	uint64_t	what;		/* enum ctl_what */
	uint64_t	limit;		/* rows at most */
	char		filter[128];	/* "" or a call_id / fingerprint */
};

/* cells: a msgpack map of names to strings, integers and booleans (row.h) */
struct msg_ctl_row {
	uint64_t	 id;
	struct msg_bytes cells;		/* at most 8192 bytes */
};

struct msg_ctl_end {
	uint64_t	id;
	char		error[128];
};

/* State of a channel's receiver, as a mask. */
#define MSG_AT_HELLO	0x1	/* only as the first message */
#define MSG_AT_SETUP	0x2	/* before START */
#define MSG_AT_SERVE	0x4	/* after START */

enum msg_kind {
	MSG_KIND_U64,		/* at most max, unless that is 0 */
	MSG_KIND_BOOL,
	MSG_KIND_STR,		/* char[max], NUL-terminated in C */
	MSG_KIND_FIXED,		/* uint8_t[max], exactly max bytes */
	MSG_KIND_BYTES,		/* struct msg_bytes, at most max bytes */
	MSG_KIND_ADDR		/* struct addr; 0, 6, 18 or 22 bytes */
};

struct msg_field {
	enum msg_kind	 kind;
	uint16_t	 offset;	/* in the C struct */
	uint16_t	 max;		/* see enum msg_kind */
	const char	*name;
};

struct msg_desc {
	const char		*name;
	uint16_t		 from;		/* mask of 1 << enum proc */
	uint16_t		 to;
	uint8_t			 state;		/* MSG_AT_* */
	bool			 carries_fd;
	uint16_t		 size;		/* of the C struct */
	const struct msg_field	*fields;
	size_t			 nfields;
	bool			 data;		/* travels on data channels */
};

/* NULL for an unknown type. */
const struct msg_desc	*msg_desc(uint64_t type);
/* Longest encoding of the struct of any type fits; bytes written or -1. */
int	 msg_encode(uint8_t *buf, size_t cap, enum msg_type, const void *);
/*
 * Decodes one whole packet (exact consumption, every limit checked) into
 * storage of at least msg_desc()->size bytes, MSG_STRUCT_MAX suffices for
 * all.  -1: *why says what is wrong with it.
 */
int	 msg_decode(const uint8_t *buf, size_t len, uint64_t *type, void *out,
	    size_t outcap, const char **why);
/*
 * NULL if from may send this type to to, whose state is given, on this kind
 * of channel; else what is wrong with it.
 */
const char	*msg_refuse(uint64_t type, enum proc from, enum proc to,
		    uint8_t state, bool data);

#define MSG_STRUCT_MAX	2048

#endif /* WZP_IPC_MESSAGES_H */
