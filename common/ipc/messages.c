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
 * The one table of messages between processes, and the encoder and decoder
 * that walk it.  A new message is a row here and a struct in messages.h.
 */

#include "config.h"

#include <errno.h>
#include <msgpack/pack.h>
#include <stdio.h>
#include <string.h>

#include "common/ipc/cursor.h"
#include "common/ipc/messages.h"

#define ADDR4_LEN	6	/* address, port in network order */
#define ADDR6_LEN	18
#define ADDR6_SCOPE_LEN	22	/* with the scope of a link-local address */

#define U64(s, m)						\
	{ MSG_KIND_U64, offsetof(struct s, m), 0, #m }
#define U64_TO(s, m, v)						\
	{ MSG_KIND_U64, offsetof(struct s, m), (v), #m }
#define BOOL(s, m)						\
	{ MSG_KIND_BOOL, offsetof(struct s, m), 0, #m }
#define STR(s, m)						\
	{ MSG_KIND_STR, offsetof(struct s, m),			\
	    sizeof(((struct s *)0)->m), #m }
#define FIXED(s, m)						\
	{ MSG_KIND_FIXED, offsetof(struct s, m),		\
	    sizeof(((struct s *)0)->m), #m }
#define BYTES(s, m, v)						\
	{ MSG_KIND_BYTES, offsetof(struct s, m), (v), #m }
#define ADDR(s, m)						\
	{ MSG_KIND_ADDR, offsetof(struct s, m), 0, #m }

#define CERTIFICATE_MAX	1024
#define TBS_MAX		146
#define PAYLOAD_MAX	2048
#define CELLS_MAX	8192
#define SLOT_MAX	63
#define LISTENER_MAX	63
#define INSTANCE_MAX	63
#define TOKEN_MAX	8192
#define PATH_MAX_LEN	(FED_PATH_MAX * TLS_HASH_LEN)

static const struct msg_field	hello_fields[] = {
	STR(msg_hello, build),
	U64(msg_hello, version),
	U64_TO(msg_hello, role, PROC_MAX - 1),
	U64_TO(msg_hello, instance, INSTANCE_MAX),
	U64(msg_hello, pid)
};

static const struct msg_field	settings_fields[] = {
	BOOL(msg_settings, legacy_allow),
	BOOL(msg_settings, registry_best_effort),
	BOOL(msg_settings, registry_addresses),
	U64_TO(msg_settings, verbose, 9),
	U64(msg_settings, ring_ms),
	U64(msg_settings, register_ms),
	U64(msg_settings, offer_ms),
	U64(msg_settings, grace_ms),
	U64(msg_settings, registry_wait_ms),
	U64(msg_settings, max_connections),
	U64(msg_settings, max_registrations),
	U64(msg_settings, max_calls),
	U64(msg_settings, max_pending),
	U64(msg_settings, max_rooms),
	U64(msg_settings, max_participants),
	U64(msg_settings, retention_s),
	U64(msg_settings, max_records),
	U64(msg_settings, initial_rate),
	U64(msg_settings, handshake_rate),
	U64(msg_settings, token_rate),
	U64(msg_settings, source_connections),
	U64(msg_settings, max_streams),
	U64(msg_settings, max_queue),
	U64(msg_settings, auth_rate),
	U64(msg_settings, registration_rate),
	U64(msg_settings, registration_source_rate),
	U64(msg_settings, signal_rate),
	U64(msg_settings, offer_rate),
	U64(msg_settings, join_rate),
	U64(msg_settings, join_source_rate),
	U64(msg_settings, datagram_rate),
	U64(msg_settings, person_calls),
	U64(msg_settings, peer_links),
	U64(msg_settings, max_strangers),
	U64(msg_settings, peer_queue),
	U64(msg_settings, peer_signal_rate),
	U64(msg_settings, peer_offer_rate),
	U64(msg_settings, peer_call_signal_rate),
	U64(msg_settings, peer_search_rate),
	U64(msg_settings, peer_searches),
	U64(msg_settings, max_searches),
	U64(msg_settings, peer_presence_rate),
	U64(msg_settings, peer_people),
	U64(msg_settings, peer_room_rate),
	U64(msg_settings, peer_datagram_rate),
	U64(msg_settings, peer_member_rate),
	U64(msg_settings, original_room_rate),
	U64(msg_settings, max_probes),
	U64(msg_settings, probe_rate),
	STR(msg_settings, database),
	STR(msg_settings, advertise4),
	STR(msg_settings, advertise6),
	U64(msg_settings, boot_id),
	FIXED(msg_settings, room_key),
	BOOL(msg_settings, auth_required),
	BOOL(msg_settings, retry_always),
	BOOL(msg_settings, resumption)
};

static const struct msg_field	listen_fields[] = {
	ADDR(msg_listen, address)
};

static const struct msg_field	channel_fields[] = {
	U64_TO(msg_channel, role, PROC_MAX - 1),
	U64_TO(msg_channel, instance, INSTANCE_MAX),
	U64(msg_channel, generation),
	BOOL(msg_channel, data)
};

static const struct msg_field	slot_fields[] = {
	U64_TO(msg_slot, slot, SLOT_MAX),
	U64_TO(msg_slot, role, PROC_MAX - 1),
	U64_TO(msg_slot, instance, INSTANCE_MAX),
	U64(msg_slot, generation),
	BOOL(msg_slot, retiring)
};

static const struct msg_field	udp_socket_fields[] = {
	U64_TO(msg_udp_socket, listener, LISTENER_MAX),
	ADDR(msg_udp_socket, address),
	BOOL(msg_udp_socket, receive)
};

static const struct msg_field	control_socket_fields[] = {
	BOOL(msg_control_socket, read_only)
};

static const struct msg_field	seed_fields[] = {
	FIXED(msg_seed, seed)
};

static const struct msg_field	token_key_fields[] = {
	U64_TO(msg_token_key, role, PROC_MAX - 1),
	U64(msg_token_key, generation),
	FIXED(msg_token_key, key)
};

static const struct msg_field	ticket_key_fields[] = {
	U64(msg_ticket_key, generation),
	FIXED(msg_ticket_key, key)
};

static const struct msg_field	auth_url_fields[] = {
	STR(msg_auth_url, url),
	STR(msg_auth_url, ca)
};

static const struct msg_field	start_fields[] = {
	BOOL(msg_start, switch_ids),
	U64(msg_start, uid),
	U64(msg_start, gid),
	STR(msg_start, root),
	STR(msg_start, directory)
};

static const struct msg_field	ready_fields[] = {
	STR(msg_ready, sandbox)
};

static const struct msg_field	shutdown_fields[] = {
	U64(msg_shutdown, deadline_ms)
};

static const struct msg_field	log_fields[] = {
	U64_TO(msg_log, level, 3),
	STR(msg_log, text)
};

static const struct msg_field	blame_fields[] = {
	U64_TO(msg_blame, role, PROC_MAX - 1),
	U64_TO(msg_blame, instance, INSTANCE_MAX),
	U64(msg_blame, generation),
	STR(msg_blame, reason)
};

static const struct msg_field	self_test_fields[] = {
	STR(msg_self_test, what)
};

static const struct msg_field	key_identity_request_fields[] = {
	U64_TO(msg_key_identity_request, slot, SLOT_MAX)
};

static const struct msg_field	key_identity_fields[] = {
	FIXED(msg_key_identity, identity_pub),
	FIXED(msg_key_identity, reset_key),
	BYTES(msg_key_identity, certificate, CERTIFICATE_MAX)
};

static const struct msg_field	key_sign_tls_fields[] = {
	U64(msg_key_sign_tls, seq),
	BYTES(msg_key_sign_tls, tbs, TBS_MAX)
};

static const struct msg_field	key_sign_answer_fields[] = {
	U64(msg_key_sign_answer, seq),
	FIXED(msg_key_sign_answer, ephemeral_pub)
};

static const struct msg_field	key_signature_fields[] = {
	U64(msg_key_signature, seq),
	BOOL(msg_key_signature, ok),
	FIXED(msg_key_signature, signature)
};

static const struct msg_field	door_datagram_fields[] = {
	U64_TO(msg_door_datagram, listener, LISTENER_MAX),
	ADDR(msg_door_datagram, local),
	ADDR(msg_door_datagram, remote),
	U64_TO(msg_door_datagram, ecn, 3),
	BOOL(msg_door_datagram, validated),
	BYTES(msg_door_datagram, odcid, CID_BYTES_MAX),
	BYTES(msg_door_datagram, retry_scid, CID_BYTES_MAX),
	BYTES(msg_door_datagram, payload, PAYLOAD_MAX)
};

static const struct msg_field	room_admit_fields[] = {
	STR(msg_room_admit, call_id),
	STR(msg_room_admit, caller),
	STR(msg_room_admit, callee),
	BOOL(msg_room_admit, caller_proven),
	BOOL(msg_room_admit, callee_proven)
};

static const struct msg_field	room_admitted_fields[] = {
	STR(msg_room_admitted, call_id),
	BOOL(msg_room_admitted, ok)
};

static const struct msg_field	room_close_fields[] = {
	STR(msg_room_close, call_id)
};

static const struct msg_field	room_fields[] = {
	STR(msg_room, room)
};

static const struct msg_field	offer_seen_fields[] = {
	FIXED(msg_offer_seen, identity),
	FIXED(msg_offer_seen, ephemeral)
};

static const struct msg_field	place_room_fields[] = {
	STR(msg_place_room, room),
	U64_TO(msg_place_room, slot, SLOT_MAX),
	BOOL(msg_place_room, present)
};

static const struct msg_field	place_media_fields[] = {
	U64(msg_place_media, healthy)
};

static const struct msg_field	peer_fields[] = {
	U64_TO(msg_peer, index, PEERS_MAX - 1),
	STR(msg_peer, name),
	STR(msg_peer, host),
	U64_TO(msg_peer, port, UINT16_MAX),
	ADDR(msg_peer, address),
	FIXED(msg_peer, fingerprint),
	BOOL(msg_peer, legacy),
	BOOL(msg_peer, transit)
};

static const struct msg_field	global_room_fields[] = {
	STR(msg_global_room, room)
};

static const struct msg_field	probe_target_fields[] = {
	U64_TO(msg_probe_target, index, PEERS_MAX - 1),
	STR(msg_probe_target, host),
	U64_TO(msg_probe_target, port, UINT16_MAX),
	ADDR(msg_probe_target, address)
};

static const struct msg_field	dial_fields[] = {
	U64(msg_dial, id),
	BOOL(msg_dial, probe),
	U64_TO(msg_dial, index, PEERS_MAX - 1),
	ADDR(msg_dial, address)
};

static const struct msg_field	dial_socket_fields[] = {
	U64(msg_dial_socket, id),
	ADDR(msg_dial_socket, local),
	ADDR(msg_dial_socket, remote)
};

static const struct msg_field	dial_failed_fields[] = {
	U64(msg_dial_failed, id),
	STR(msg_dial_failed, error)
};

static const struct msg_field	fed_presence_fields[] = {
	STR(msg_fed_presence, fingerprint),
	BOOL(msg_fed_presence, present)
};

static const struct msg_field	fed_find_fields[] = {
	U64(msg_fed_find, seq),
	STR(msg_fed_find, fingerprint)
};

static const struct msg_field	fed_found_fields[] = {
	U64(msg_fed_found, seq),
	U64_TO(msg_fed_found, outcome, FED_NOT_FOUND),
	BYTES(msg_fed_found, path, PATH_MAX_LEN)
};

static const struct msg_field	fed_signal_fields[] = {
	BYTES(msg_fed_signal, path, PATH_MAX_LEN),
	BOOL(msg_fed_signal, legacy),
	STR(msg_fed_signal, label),
	BYTES(msg_fed_signal, inner, FED_SIGNAL_MAX)
};

static const struct msg_field	fed_unsent_fields[] = {
	STR(msg_fed_unsent, call_id),
	BYTES(msg_fed_unsent, path, PATH_MAX_LEN)
};

static const struct msg_field	fed_link_fields[] = {
	FIXED(msg_fed_link, fingerprint),
	BOOL(msg_fed_link, legacy),
	BOOL(msg_fed_link, up)
};

static const struct msg_field	fed_call_fields[] = {
	STR(msg_fed_call, call_id),
	BOOL(msg_fed_call, live),
	BOOL(msg_fed_call, legacy),
	BYTES(msg_fed_call, path, PATH_MAX_LEN)
};

static const struct msg_field	fed_room_fields[] = {
	STR(msg_fed_room, room),
	FIXED(msg_fed_room, tag),
	BOOL(msg_fed_room, on)
};

static const struct msg_field	fed_member_fields[] = {
	STR(msg_fed_member, room),
	STR(msg_fed_member, fingerprint),
	STR(msg_fed_member, alias),
	STR(msg_fed_member, label),
	BOOL(msg_fed_member, present)
};

static const struct msg_field	fed_media_fields[] = {
	BYTES(msg_fed_media, frames, FED_MEDIA_MAX)
};

static const struct msg_field	name_query_fields[] = {
	U64(msg_name_query, seq),
	STR(msg_name_query, host)
};

static const struct msg_field	name_answer_fields[] = {
	U64(msg_name_answer, seq),
	BOOL(msg_name_answer, ok),
	ADDR(msg_name_answer, first),
	ADDR(msg_name_answer, second),
	ADDR(msg_name_answer, third),
	ADDR(msg_name_answer, fourth),
	STR(msg_name_answer, error)
};

static const struct msg_field	auth_check_fields[] = {
	U64(msg_auth_check, seq),
	BYTES(msg_auth_check, token, TOKEN_MAX)
};

static const struct msg_field	auth_result_fields[] = {
	U64(msg_auth_result, seq),
	BOOL(msg_auth_result, ok),
	STR(msg_auth_result, fingerprint),
	STR(msg_auth_result, error)
};

static const struct msg_field	call_put_fields[] = {
	U64(msg_call_put, seq),
	STR(msg_call_put, call_id),
	STR(msg_call_put, caller),
	STR(msg_call_put, callee),
	STR(msg_call_put, caller_alias),
	U64_TO(msg_call_put, state, CALL_ENDED),
	U64_TO(msg_call_put, mode, CALL_MODE_REJECT),
	U64_TO(msg_call_put, reason, CALL_REASON_LOST),
	U64_TO(msg_call_put, path, CALL_PATH_FEDERATED_RELAY),
	BOOL(msg_call_put, caller_proven),
	BOOL(msg_call_put, callee_proven),
	U64(msg_call_put, created_ms),
	U64(msg_call_put, answered_ms),
	U64(msg_call_put, ended_ms),
	BOOL(msg_call_put, unconfirmed),
	ADDR(msg_call_put, caller_addr),
	ADDR(msg_call_put, callee_addr),
	U64_TO(msg_call_put, remote, CALL_REMOTE_CALLEE),
	BOOL(msg_call_put, remote_legacy),
	STR(msg_call_put, remote_label),
	STR(msg_call_put, remote_path)
};

static const struct msg_field	call_committed_fields[] = {
	U64(msg_call_committed, seq),
	BOOL(msg_call_committed, ok),
	STR(msg_call_committed, error)
};

static const struct msg_field	call_media_fields[] = {
	STR(msg_call_media, call_id),
	STR(msg_call_media, fingerprint),
	U64(msg_call_media, packets_in),
	U64(msg_call_media, bytes_in),
	U64(msg_call_media, packets_out),
	U64(msg_call_media, bytes_out),
	U64(msg_call_media, dropped_out),
	U64_TO(msg_call_media, loss_pct, 100),
	U64(msg_call_media, rtt_ms),
	BOOL(msg_call_media, final)
};

static const struct msg_field	live_request_fields[] = {
	U64(msg_live_request, seq)
};

static const struct msg_field	live_end_fields[] = {
	U64(msg_live_end, seq)
};

static const struct msg_field	proven_put_fields[] = {
	STR(msg_proven_put, fingerprint)
};

static const struct msg_field	proven_query_fields[] = {
	U64(msg_proven_query, seq),
	STR(msg_proven_query, fingerprint)
};

static const struct msg_field	proven_answer_fields[] = {
	U64(msg_proven_answer, seq),
	BOOL(msg_proven_answer, ok),
	BOOL(msg_proven_answer, proven)
};

static const struct msg_field	ctl_query_fields[] = {
	U64(msg_ctl_query, id),
	U64_TO(msg_ctl_query, what, CTL_LIMITS),
	U64(msg_ctl_query, limit),
	STR(msg_ctl_query, filter)
};

static const struct msg_field	ctl_row_fields[] = {
	U64(msg_ctl_row, id),
	BYTES(msg_ctl_row, cells, CELLS_MAX)
};

static const struct msg_field	ctl_end_fields[] = {
	U64(msg_ctl_end, id),
	STR(msg_ctl_end, error)
};

#define RELAYD		(1 << PROC_RELAYD)
#define KEYD		(1 << PROC_KEYD)
#define REGISTRYD	(1 << PROC_REGISTRYD)
#define SIGNALD		(1 << PROC_SIGNALD)
#define FEDERD		(1 << PROC_FEDERD)
#define MEDIAD		(1 << PROC_MEDIAD)
#define DOORD		(1 << PROC_DOORD)
#define CONTROLD	(1 << PROC_CONTROLD)
#define LOOKUPD		(1 << PROC_LOOKUPD)
#define ALL		((1 << PROC_MAX) - 1)
#define WORKERS		(ALL & ~RELAYD)
#define NETWORK		(SIGNALD | FEDERD | MEDIAD)	/* have QUIC */

#define HELLO		MSG_AT_HELLO
#define SETUP		MSG_AT_SETUP
#define SERVE		MSG_AT_SERVE

#define MSG(t, from, to, state, name)					\
	[t] = { #t, (from), (to), (state), false,			\
	    sizeof(struct msg_##name), name##_fields,			\
	    sizeof(name##_fields) / sizeof(name##_fields[0]), false }
#define MSG_FD(t, from, to, state, name)				\
	[t] = { #t, (from), (to), (state), true,			\
	    sizeof(struct msg_##name), name##_fields,			\
	    sizeof(name##_fields) / sizeof(name##_fields[0]), false }
#define MSG_DATA(t, from, to, state, name)				\
	[t] = { #t, (from), (to), (state), false,			\
	    sizeof(struct msg_##name), name##_fields,			\
	    sizeof(name##_fields) / sizeof(name##_fields[0]), true }
#define MSG_EMPTY(t, from, to, state)					\
	[t] = { #t, (from), (to), (state), false, 0, NULL, 0, false }

static const struct msg_desc	messages[MSG_TYPE_MAX] = {
	MSG(MSG_HELLO, ALL, ALL, HELLO, hello),
	MSG(MSG_SETTINGS, RELAYD, WORKERS, SETUP | SERVE, settings),
	MSG(MSG_LISTEN, RELAYD, WORKERS, SETUP, listen),
	MSG_FD(MSG_CHANNEL, RELAYD, WORKERS, SETUP | SERVE, channel),
	MSG(MSG_SLOT, RELAYD, NETWORK | DOORD | KEYD, SETUP | SERVE, slot),
	MSG_FD(MSG_UDP_SOCKET, RELAYD, NETWORK | DOORD, SETUP, udp_socket),
	MSG_FD(MSG_CONTROL_SOCKET, RELAYD, CONTROLD, SETUP, control_socket),
	MSG(MSG_SEED, RELAYD, KEYD, SETUP, seed),
	MSG(MSG_TOKEN_KEY, RELAYD, DOORD | SIGNALD | FEDERD, SETUP | SERVE,
	    token_key),
	MSG(MSG_TICKET_KEY, RELAYD, SIGNALD | MEDIAD, SETUP | SERVE,
	    ticket_key),
	MSG(MSG_AUTH_URL, RELAYD, LOOKUPD, SETUP, auth_url),
	MSG(MSG_START, RELAYD, WORKERS, SETUP, start),
	MSG(MSG_READY, WORKERS, RELAYD, SETUP, ready),
	MSG(MSG_SHUTDOWN, RELAYD, WORKERS, SETUP | SERVE, shutdown),
	MSG(MSG_LOG, WORKERS, RELAYD, SETUP | SERVE, log),
	MSG(MSG_BLAME, WORKERS, RELAYD, SETUP | SERVE, blame),
	MSG(MSG_SELF_TEST, RELAYD, WORKERS, SERVE, self_test),
	MSG_EMPTY(MSG_DRAINED, MEDIAD, RELAYD, SERVE),

	MSG_EMPTY(MSG_PEERS_BEGIN, RELAYD, FEDERD, SETUP | SERVE),
	MSG(MSG_PEER, RELAYD, FEDERD, SETUP | SERVE, peer),
	MSG(MSG_GLOBAL_ROOM, RELAYD, FEDERD, SETUP | SERVE, global_room),
	MSG(MSG_PROBE_TARGET, RELAYD, FEDERD, SETUP | SERVE, probe_target),
	MSG_EMPTY(MSG_PEERS_END, RELAYD, FEDERD, SETUP | SERVE),
	MSG(MSG_DIAL, FEDERD, RELAYD, SERVE, dial),
	MSG_FD(MSG_DIAL_SOCKET, RELAYD, FEDERD, SERVE, dial_socket),
	MSG(MSG_DIAL_FAILED, RELAYD, FEDERD, SERVE, dial_failed),

	MSG(MSG_KEY_IDENTITY_REQUEST, NETWORK, KEYD, SERVE,
	    key_identity_request),
	MSG(MSG_KEY_IDENTITY, KEYD, NETWORK, SERVE, key_identity),
	MSG(MSG_KEY_SIGN_TLS, NETWORK, KEYD, SERVE, key_sign_tls),
	MSG(MSG_KEY_SIGN_ANSWER, MEDIAD, KEYD, SERVE, key_sign_answer),
	MSG(MSG_KEY_SIGNATURE, KEYD, NETWORK, SERVE, key_signature),

	MSG_DATA(MSG_DOOR_DATAGRAM, DOORD, NETWORK, SERVE, door_datagram),
	MSG_DATA(MSG_DOOR_STRAY, NETWORK, DOORD, SERVE, door_datagram),

	MSG(MSG_ROOM_ADMIT, SIGNALD, MEDIAD, SERVE, room_admit),
	MSG(MSG_ROOM_ADMITTED, MEDIAD, SIGNALD, SERVE, room_admitted),
	MSG(MSG_ROOM_CLOSE, SIGNALD, MEDIAD, SERVE, room_close),
	MSG_EMPTY(MSG_ADMIT_END, SIGNALD, MEDIAD, SERVE),
	MSG(MSG_ROOM_OPENED, MEDIAD, SIGNALD, SERVE, room),
	MSG(MSG_ROOM_EMPTY, MEDIAD, SIGNALD, SERVE, room),
	MSG_EMPTY(MSG_ROOMS_END, MEDIAD, SIGNALD, SERVE),
	MSG(MSG_OFFER_SEEN, SIGNALD | MEDIAD, SIGNALD | MEDIAD, SERVE,
	    offer_seen),

	MSG_EMPTY(MSG_PLACE_RESET, SIGNALD, DOORD | FEDERD, SERVE),
	MSG(MSG_PLACE_ROOM, SIGNALD, DOORD | FEDERD, SERVE, place_room),
	MSG(MSG_PLACE_MEDIA, SIGNALD, DOORD | FEDERD, SERVE, place_media),

	MSG(MSG_FED_PRESENCE, SIGNALD, FEDERD, SERVE, fed_presence),
	MSG_EMPTY(MSG_FED_PRESENCE_END, SIGNALD, FEDERD, SERVE),
	MSG(MSG_FED_FIND, SIGNALD, FEDERD, SERVE, fed_find),
	MSG(MSG_FED_FOUND, FEDERD, SIGNALD, SERVE, fed_found),
	MSG(MSG_FED_SIGNAL, SIGNALD | FEDERD, SIGNALD | FEDERD, SERVE,
	    fed_signal),
	MSG(MSG_FED_UNSENT, FEDERD, SIGNALD, SERVE, fed_unsent),
	MSG(MSG_FED_LINK, FEDERD, SIGNALD, SERVE, fed_link),
	MSG(MSG_FED_CALL, SIGNALD, FEDERD, SERVE, fed_call),

	MSG(MSG_FED_ROOM, FEDERD, MEDIAD, SERVE, fed_room),
	MSG(MSG_FED_MEMBER, FEDERD | MEDIAD, FEDERD | MEDIAD, SERVE,
	    fed_member),
	MSG_DATA(MSG_FED_MEDIA, FEDERD | MEDIAD, FEDERD | MEDIAD, SERVE,
	    fed_media),

	MSG(MSG_NAME_QUERY, FEDERD, LOOKUPD, SERVE, name_query),
	MSG(MSG_NAME_ANSWER, LOOKUPD, FEDERD, SERVE, name_answer),
	MSG(MSG_AUTH_CHECK, SIGNALD | MEDIAD, LOOKUPD, SERVE, auth_check),
	MSG(MSG_AUTH_RESULT, LOOKUPD, SIGNALD | MEDIAD, SERVE, auth_result),

	MSG(MSG_CALL_PUT, SIGNALD, REGISTRYD, SERVE, call_put),
	MSG(MSG_CALL_COMMITTED, REGISTRYD, SIGNALD, SERVE, call_committed),
	MSG(MSG_CALL_MEDIA, MEDIAD, REGISTRYD, SERVE, call_media),
	MSG(MSG_LIVE_REQUEST, SIGNALD, REGISTRYD, SERVE, live_request),
	MSG(MSG_LIVE_CALL, REGISTRYD, SIGNALD, SERVE, call_put),
	MSG(MSG_LIVE_END, REGISTRYD, SIGNALD, SERVE, live_end),
	MSG(MSG_PROVEN_PUT, SIGNALD, REGISTRYD, SERVE, proven_put),
	MSG(MSG_PROVEN_QUERY, SIGNALD, REGISTRYD, SERVE, proven_query),
	MSG(MSG_PROVEN_ANSWER, REGISTRYD, SIGNALD, SERVE, proven_answer),

	MSG(MSG_CTL_QUERY, CONTROLD, ALL & ~CONTROLD, SERVE, ctl_query),
	MSG(MSG_CTL_ROW, ALL & ~CONTROLD, CONTROLD, SERVE, ctl_row),
	MSG(MSG_CTL_END, ALL & ~CONTROLD, CONTROLD, SERVE, ctl_end)
};

/* Output of the packer: a fixed buffer, and whether it overflowed. */
struct sink {
	uint8_t	*sk_buf;
	size_t	 sk_len;
	size_t	 sk_cap;
};

static int	sink_write(void *, const char *, size_t);
static int	encode_field(msgpack_packer *, const struct msg_field *,
		    const uint8_t *);
static int	encode_addr(msgpack_packer *, const struct addr *);
static int	pack_bin(msgpack_packer *, const void *, size_t);
static int	decode_field(struct cursor *, const struct msg_field *,
		    uint8_t *, const char **);
static int	decode_addr(const uint8_t *, size_t, struct addr *);

static const char *const	proc_names[PROC_MAX] = {
	[PROC_RELAYD] = "relayd",
	[PROC_KEYD] = "keyd",
	[PROC_REGISTRYD] = "registryd",
	[PROC_SIGNALD] = "signald",
	[PROC_FEDERD] = "federd",
	[PROC_MEDIAD] = "mediad",
	[PROC_DOORD] = "doord",
	[PROC_CONTROLD] = "controld",
	[PROC_LOOKUPD] = "lookupd"
};

static const char *const	state_names[] = {
	[CALL_PENDING] = "pending",
	[CALL_RINGING] = "ringing",
	[CALL_ACTIVE] = "active",
	[CALL_ENDED] = "ended"
};

static const char *const	reason_names[] = {
	[CALL_REASON_NONE] = "",
	[CALL_REASON_NORMAL] = "normal",
	[CALL_REASON_BUSY] = "busy",
	[CALL_REASON_DECLINED] = "declined",
	[CALL_REASON_TIMEOUT] = "timeout",
	[CALL_REASON_ERROR] = "error",
	[CALL_REASON_CANCELLED] = "cancelled",
	[CALL_REASON_DISCONNECT] = "disconnect",
	[CALL_REASON_LOST] = "lost"
};

static const char *const	mode_names[] = {
	[CALL_MODE_NONE] = "",
	[CALL_MODE_TRUSTED] = "trusted",
	[CALL_MODE_GENERIC] = "generic",
	[CALL_MODE_REJECT] = "reject"
};

static const char *const	path_names[] = {
	[CALL_PATH_NONE] = "",
	[CALL_PATH_RELAY] = "relay",
	[CALL_PATH_DIRECT_LAN] = "direct-lan",
	[CALL_PATH_DIRECT_V6] = "direct-v6",
	[CALL_PATH_DIRECT_REFLEXIVE] = "direct-reflexive",
	[CALL_PATH_FEDERATED_RELAY] = "federated-relay"
};

#define NAME_OF(table, v)						\
	((size_t)(v) < sizeof(table) / sizeof((table)[0]) ?		\
	(table)[(size_t)(v)] : "?")

const char *
proc_name(enum proc p)
{
	return (NAME_OF(proc_names, p));
}

const char *
call_state_name(enum call_state v)
{
	return (NAME_OF(state_names, v));
}

const char *
call_reason_name(enum call_reason v)
{
	return (NAME_OF(reason_names, v));
}

const char *
call_mode_name(enum call_mode v)
{
	return (NAME_OF(mode_names, v));
}

const char *
call_path_name(enum call_path v)
{
	return (NAME_OF(path_names, v));
}

const struct msg_desc *
msg_desc(uint64_t type)
{
	if (type >= MSG_TYPE_MAX || messages[type].name == NULL)
		return (NULL);
	return (&messages[type]);
}

const char *
msg_refuse(uint64_t type, enum proc from, enum proc to, uint8_t state,
    bool data)
{
	const struct msg_desc	*d;

	if ((d = msg_desc(type)) == NULL)
		return ("unknown message type");
	if ((d->from & 1 << from) == 0)
		return ("message not allowed from this sender");
	if ((d->to & 1 << to) == 0)
		return ("message not allowed to this receiver");
	if ((d->state & state) == 0)
		return ("message not allowed in this state");
	if (d->data != data && d->state != MSG_AT_HELLO)
		return ("message on the wrong kind of channel");
	return (NULL);
}

static int
sink_write(void *arg, const char *data, size_t len)
{
	struct sink	*s = arg;

	if (len > s->sk_cap - s->sk_len)
		return (-1);
	memcpy(s->sk_buf + s->sk_len, data, len);
	s->sk_len += len;
	return (0);
}

int
msg_encode(uint8_t *buf, size_t cap, enum msg_type type, const void *msg)
{
	const struct msg_desc	*d;
	msgpack_packer		 pk;
	struct sink		 s = { buf, 0, cap };
	size_t			 i;

	if ((d = msg_desc(type)) == NULL) {
		errno = EINVAL;
		return (-1);
	}
	if (s.sk_cap > MSG_MAX)
		s.sk_cap = MSG_MAX;
	msgpack_packer_init(&pk, &s, sink_write);
	if (msgpack_pack_array(&pk, d->nfields + 1) ||
	    msgpack_pack_uint64(&pk, type)) {
		errno = EMSGSIZE;
		return (-1);
	}
	for (i = 0; i < d->nfields; i++) {
		errno = EMSGSIZE;
		if (encode_field(&pk, &d->fields[i],
		    (const uint8_t *)msg + d->fields[i].offset))
			return (-1);
	}
	return ((int)s.sk_len);
}

/* Refuses what the decoder would refuse: a mistake stays in its process. */
static int
encode_field(msgpack_packer *pk, const struct msg_field *f, const uint8_t *p)
{
	struct msg_bytes	 bytes;
	const char		*s;
	uint64_t		 v;
	size_t			 len;
	bool			 b;

	switch (f->kind) {
	case MSG_KIND_U64:
		memcpy(&v, p, sizeof(v));
		if (f->max != 0 && v > f->max)
			break;
		return (msgpack_pack_uint64(pk, v));
	case MSG_KIND_BOOL:
		memcpy(&b, p, sizeof(b));
		return (b ? msgpack_pack_true(pk) : msgpack_pack_false(pk));
	case MSG_KIND_STR:
		s = (const char *)p;
		if ((len = strnlen(s, f->max)) == f->max)
			break;
		if (msgpack_pack_str(pk, len))
			return (-1);
		return (msgpack_pack_str_body(pk, s, len));
	case MSG_KIND_FIXED:
		return (pack_bin(pk, p, f->max));
	case MSG_KIND_BYTES:
		memcpy(&bytes, p, sizeof(bytes));
		if (bytes.len > f->max)
			break;
		return (pack_bin(pk, bytes.data, bytes.len));
	case MSG_KIND_ADDR:
		return (encode_addr(pk, (const struct addr *)(const void *)p));
	}
	errno = EINVAL;
	return (-1);
}

static int
pack_bin(msgpack_packer *pk, const void *data, size_t len)
{
	if (msgpack_pack_bin(pk, len))
		return (-1);
	return (len == 0 ? 0 : msgpack_pack_bin_body(pk, data, len));
}

static int
encode_addr(msgpack_packer *pk, const struct addr *a)
{
	uint8_t	buf[ADDR6_SCOPE_LEN];

	switch (addr_family(a)) {
	case AF_UNSPEC:
		return (pack_bin(pk, NULL, 0));
	case AF_INET:
		memcpy(buf, &a->addr_u.in.sin_addr, 4);
		memcpy(buf + 4, &a->addr_u.in.sin_port, 2);
		return (pack_bin(pk, buf, ADDR4_LEN));
	case AF_INET6:
		memcpy(buf, &a->addr_u.in6.sin6_addr, 16);
		memcpy(buf + 16, &a->addr_u.in6.sin6_port, 2);
		memcpy(buf + 18, &a->addr_u.in6.sin6_scope_id, 4);
		return (pack_bin(pk, buf, a->addr_u.in6.sin6_scope_id == 0 ?
		    ADDR6_LEN : ADDR6_SCOPE_LEN));
	default:
		errno = EINVAL;
		return (-1);
	}
}

int
msg_decode(const uint8_t *buf, size_t len, uint64_t *type, void *out,
    size_t outcap, const char **why)
{
	const struct msg_desc	*d;
	struct cursor		 c;
	size_t			 i, n;

	if (len > MSG_MAX) {
		*why = "longer than a packet may be";
		return (-1);
	}
	cursor_init(&c, buf, len);
	if (cursor_array(&c, &n) || n == 0 || cursor_u64(&c, type)) {
		*why = "does not begin with a type";
		return (-1);
	}
	if ((d = msg_desc(*type)) == NULL) {
		*why = "unknown message type";
		return (-1);
	}
	if (n != d->nfields + 1) {
		*why = "wrong number of fields";
		return (-1);
	}
	if (d->size > outcap) {
		*why = "no room for it";
		return (-1);
	}
	memset(out, 0, d->size);
	for (i = 0; i < d->nfields; i++)
		if (decode_field(&c, &d->fields[i],
		    (uint8_t *)out + d->fields[i].offset, why))
			return (-1);
	cursor_leave(&c);
	if (cursor_end(&c)) {
		*why = cursor_error(&c);
		return (-1);
	}
	return (0);
}

static int
decode_field(struct cursor *c, const struct msg_field *f, uint8_t *p,
    const char **why)
{
	struct msg_bytes	 bytes;
	const uint8_t		*bin;
	const char		*s;
	uint64_t		 v;
	size_t			 len;
	bool			 b;

	switch (f->kind) {
	case MSG_KIND_U64:
		if (cursor_u64(c, &v))
			break;
		if (f->max != 0 && v > f->max) {
			*why = "number out of range";
			return (-1);
		}
		memcpy(p, &v, sizeof(v));
		return (0);
	case MSG_KIND_BOOL:
		if (cursor_bool(c, &b))
			break;
		memcpy(p, &b, sizeof(b));
		return (0);
	case MSG_KIND_STR:
		if (cursor_str(c, &s, &len))
			break;
		if (len >= f->max || memchr(s, '\0', len) != NULL) {
			*why = "string too long or with a NUL";
			return (-1);
		}
		memcpy(p, s, len);
		p[len] = '\0';
		return (0);
	case MSG_KIND_FIXED:
		if (cursor_bin(c, &bin, &len))
			break;
		if (len != f->max) {
			*why = "byte string of the wrong length";
			return (-1);
		}
		memcpy(p, bin, len);
		return (0);
	case MSG_KIND_BYTES:
		if (cursor_bin(c, &bin, &len))
			break;
		if (len > f->max) {
			*why = "byte string too long";
			return (-1);
		}
		bytes.data = bin;
		bytes.len = len;
		memcpy(p, &bytes, sizeof(bytes));
		return (0);
	case MSG_KIND_ADDR:
		if (cursor_bin(c, &bin, &len))
			break;
		if (decode_addr(bin, len, (struct addr *)(void *)p)) {
			*why = "not an address";
			return (-1);
		}
		return (0);
	}
	*why = cursor_error(c);
	return (-1);
}

static int
decode_addr(const uint8_t *p, size_t len, struct addr *a)
{
	struct sockaddr_in	in;
	struct sockaddr_in6	in6;

	switch (len) {
	case 0:
		memset(a, 0, sizeof(*a));
		return (0);
	case ADDR4_LEN:
		memset(&in, 0, sizeof(in));
		in.sin_family = AF_INET;
		memcpy(&in.sin_addr, p, 4);
		memcpy(&in.sin_port, p + 4, 2);
		return (addr_from_sockaddr(a, (struct sockaddr *)&in,
		    sizeof(in)));
	case ADDR6_LEN:
	case ADDR6_SCOPE_LEN:
		memset(&in6, 0, sizeof(in6));
		in6.sin6_family = AF_INET6;
		memcpy(&in6.sin6_addr, p, 16);
		memcpy(&in6.sin6_port, p + 16, 2);
		if (len == ADDR6_SCOPE_LEN)
			memcpy(&in6.sin6_scope_id, p + 18, 4);
		if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
			return (-1);
		return (addr_from_sockaddr(a, (struct sockaddr *)&in6,
		    sizeof(in6)));
	default:
		return (-1);
	}
}
