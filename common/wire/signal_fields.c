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

/* The messages of wzp-protocol 3 and ours as tables, and their names. */

#include "config.h"

#include <string.h>

#include "common/wire/signal_fields.h"

/* FT_ENUM is read and written as an unsigned int. */
_Static_assert(sizeof(enum hangup_reason) == sizeof(unsigned int) &&
    sizeof(enum accept_mode) == sizeof(unsigned int) &&
    sizeof(enum media_codec) == sizeof(unsigned int), "size of an enum");
/* FT_STRINGS and FT_OBJECTS are read and written as a field_list. */
_Static_assert(sizeof(struct sig_strings) == sizeof(struct field_list) &&
    sizeof(struct sig_profiles) == sizeof(struct field_list) &&
    sizeof(struct sig_participants) == sizeof(struct field_list) &&
    offsetof(struct sig_strings, n) == offsetof(struct field_list, n) &&
    offsetof(struct sig_profiles, n) == offsetof(struct field_list, n) &&
    offsetof(struct sig_participants, n) == offsetof(struct field_list, n),
    "shape of a list");

static const char	*codec_name(unsigned int);
static const char	*reason_name(unsigned int);
static const char	*mode_name(unsigned int);

static const char *
codec_name(unsigned int n)
{
	const struct media_codec_info	*info;

	return ((info = media_codec_info(n)) != NULL ? info->name : NULL);
}

static const char *
reason_name(unsigned int n)
{
	static const char *const	 names[] = {
		[HANGUP_NORMAL] = "Normal",
		[HANGUP_BUSY] = "Busy",
		[HANGUP_DECLINED] = "Declined",
		[HANGUP_TIMEOUT] = "Timeout",
		[HANGUP_ERROR] = "Error",
	};

	return (n < sizeof(names) / sizeof(names[0]) ? names[n] : NULL);
}

static const char *
mode_name(unsigned int n)
{
	static const char *const	 names[] = {
		[ACCEPT_REJECT] = "Reject",
		[ACCEPT_TRUSTED] = "AcceptTrusted",
		[ACCEPT_GENERIC] = "AcceptGeneric",
	};

	return (n < sizeof(names) / sizeof(names[0]) ? names[n] : NULL);
}

void
signal_hangup(struct signal *s, const char *call_id, enum hangup_reason reason)
{
	memset(s, 0, sizeof(*s));
	s->type = SIGNAL_HANGUP;
	s->u.hangup.reason = reason;
	s->u.hangup.call_id = call_id;
}

const char *
hangup_reason_name(enum hangup_reason reason)
{
	return (reason_name(reason));
}

const char *
signal_name(enum signal_type type)
{
	return (type > 0 && type < SIGNAL_TYPE_MAX ?
	    signal_variants[type].v_name : "?");
}

#define NFIELDS(f)	(sizeof(f) / sizeof((f)[0]))

/*
 * A field of an object or of a message whose JSON name is its C name, then
 * type, kind and what else that type wants.
 */
#define IN(s, m, ...)	\
	{ .f_name = #m, .f_offset = offsetof(struct s, m), __VA_ARGS__ }
#define OF(v, m, ...)	\
	{ .f_name = #m, .f_offset = offsetof(struct signal, u.v.m), \
	    __VA_ARGS__ }
#define HAS(v, m)	.f_has = offsetof(struct signal, u.v.m)

static const struct field	profile_fields[] = {
	IN(media_profile, codec, FT_ENUM, FK_REQUIRED, .f_names = codec_name),
	IN(media_profile, fec_ratio, FT_F32, FK_REQUIRED),
	{ .f_name = "frame_duration_ms",
	    .f_offset = offsetof(struct media_profile, frame_ms), FT_U8,
	    FK_REQUIRED },
	IN(media_profile, frames_per_block, FT_U8, FK_REQUIRED),
};

static const struct field	participant_fields[] = {
	IN(sig_participant, fingerprint, FT_STRING, FK_REQUIRED),
	IN(sig_participant, alias, FT_STRING, FK_NULLABLE),
	IN(sig_participant, relay_label, FT_STRING, FK_NULLABLE),
};

static const struct field	report_fields[] = {
	IN(media_report, loss_pct, FT_U8, FK_REQUIRED),
	IN(media_report, rtt_4ms, FT_U8, FK_REQUIRED),
	IN(media_report, jitter_ms, FT_U8, FK_REQUIRED),
	IN(media_report, bitrate_cap_kbps, FT_U8, FK_REQUIRED),
};

static const struct object	profile = { profile_fields,
	NFIELDS(profile_fields), sizeof(struct media_profile) };
static const struct object	participant = { participant_fields,
	NFIELDS(participant_fields), sizeof(struct sig_participant) };
static const struct object	report = { report_fields,
	NFIELDS(report_fields), sizeof(struct media_report) };

#define PROFILE		FT_OBJECT, FK_REQUIRED, .f_object = &profile
#define PROFILES	FT_OBJECTS, FK_REQUIRED, .f_object = &profile
#define PARTICIPANTS(k)	FT_OBJECTS, k, .f_object = &participant

static const struct field	call_offer[] = {
	OF(call_offer, identity_pub, FT_BYTES32, FK_REQUIRED),
	OF(call_offer, ephemeral_pub, FT_BYTES32, FK_REQUIRED),
	OF(call_offer, signature, FT_BYTES, FK_REQUIRED),
	OF(call_offer, supported_profiles, PROFILES),
	OF(call_offer, alias, FT_STRING, FK_NULLABLE),
	OF(call_offer, proof, FT_BYTES, FK_EXTENSION),
};

static const struct field	call_answer[] = {
	OF(call_answer, identity_pub, FT_BYTES32, FK_REQUIRED),
	OF(call_answer, ephemeral_pub, FT_BYTES32, FK_REQUIRED),
	OF(call_answer, signature, FT_BYTES, FK_REQUIRED),
	OF(call_answer, chosen_profile, PROFILE),
};

static const struct field	ice_candidate[] = {
	OF(ice_candidate, candidate, FT_STRING, FK_REQUIRED),
};

static const struct field	rekey[] = {
	OF(rekey, new_ephemeral_pub, FT_BYTES32, FK_REQUIRED),
	OF(rekey, signature, FT_BYTES, FK_REQUIRED),
};

static const struct field	quality_update[] = {
	OF(quality_update, report, FT_OBJECT, FK_REQUIRED,
	    .f_object = &report),
	OF(quality_update, recommended_profile, PROFILE),
};

static const struct field	loss_recovery_update[] = {
	OF(loss_recovery_update, dred_reconstructions, FT_U64, FK_DEFAULT),
	OF(loss_recovery_update, classical_plc_invocations, FT_U64,
	    FK_DEFAULT),
	OF(loss_recovery_update, frames_decoded, FT_U64, FK_DEFAULT),
};

static const struct field	ping[] = {
	OF(ping, timestamp_ms, FT_U64, FK_REQUIRED),
};

static const struct field	hangup[] = {
	OF(hangup, reason, FT_ENUM, FK_REQUIRED, .f_names = reason_name),
	OF(hangup, call_id, FT_STRING, FK_OMITTED),
};

static const struct field	auth_token[] = {
	OF(auth_token, token, FT_STRING, FK_REQUIRED),
};

static const struct field	transfer[] = {
	OF(transfer, target_fingerprint, FT_STRING, FK_REQUIRED),
	OF(transfer, relay_addr, FT_STRING, FK_NULLABLE),
};

static const struct field	presence_update[] = {
	OF(presence_update, fingerprints, FT_STRINGS, FK_REQUIRED),
	OF(presence_update, relay_addr, FT_STRING, FK_REQUIRED),
};

static const struct field	route_query[] = {
	OF(route_query, fingerprint, FT_STRING, FK_REQUIRED),
	OF(route_query, ttl, FT_U8, FK_REQUIRED),
	OF(route_query, id, FT_U64, FK_EXTENSION),
	OF(route_query, path, FT_STRINGS, FK_EXTENSION),
};

static const struct field	route_response[] = {
	OF(route_response, fingerprint, FT_STRING, FK_REQUIRED),
	OF(route_response, found, FT_BOOL, FK_REQUIRED),
	OF(route_response, relay_chain, FT_STRINGS, FK_REQUIRED),
	OF(route_response, id, FT_U64, FK_EXTENSION),
};

static const struct field	session_forward[] = {
	OF(session_forward, session_id, FT_STRING, FK_REQUIRED),
	OF(session_forward, target_fingerprint, FT_STRING, FK_REQUIRED),
	OF(session_forward, source_relay, FT_STRING, FK_REQUIRED),
};

static const struct field	session_forward_ack[] = {
	OF(session_forward_ack, session_id, FT_STRING, FK_REQUIRED),
	OF(session_forward_ack, room_name, FT_STRING, FK_REQUIRED),
};

static const struct field	room_update[] = {
	OF(room_update, count, FT_U32, FK_REQUIRED),
	OF(room_update, participants, PARTICIPANTS(FK_REQUIRED)),
};

static const struct field	federation_hello[] = {
	OF(federation_hello, tls_fingerprint, FT_STRING, FK_REQUIRED),
	OF(federation_hello, features, FT_STRINGS, FK_EXTENSION),
	OF(federation_hello, purpose, FT_STRING, FK_EXTENSION),
};

static const struct field	global_room_active[] = {
	OF(global_room, room, FT_STRING, FK_REQUIRED),
	OF(global_room, participants, PARTICIPANTS(FK_DEFAULT)),
	OF(global_room, origin, FT_STRING, FK_EXTENSION),
	OF(global_room, version, FT_U64, FK_EXTENSION),
};

static const struct field	global_room_inactive[] = {
	OF(global_room, room, FT_STRING, FK_REQUIRED),
	OF(global_room, origin, FT_STRING, FK_EXTENSION),
	OF(global_room, version, FT_U64, FK_EXTENSION),
};

static const struct field	register_presence[] = {
	OF(register_presence, identity_pub, FT_BYTES32, FK_REQUIRED),
	OF(register_presence, signature, FT_BYTES, FK_REQUIRED),
	OF(register_presence, alias, FT_STRING, FK_NULLABLE),
	OF(register_presence, proof, FT_BYTES, FK_EXTENSION),
	OF(register_presence, features, FT_STRINGS, FK_EXTENSION),
};

static const struct field	register_presence_ack[] = {
	OF(register_presence_ack, success, FT_BOOL, FK_REQUIRED),
	OF(register_presence_ack, error, FT_STRING, FK_OMITTED),
	OF(register_presence_ack, relay_build, FT_STRING, FK_OMITTED),
	OF(register_presence_ack, features, FT_STRINGS, FK_EXTENSION),
};

static const struct field	direct_call_offer[] = {
	OF(direct_call_offer, caller_fingerprint, FT_STRING, FK_REQUIRED),
	OF(direct_call_offer, caller_alias, FT_STRING, FK_NULLABLE),
	OF(direct_call_offer, target_fingerprint, FT_STRING, FK_REQUIRED),
	OF(direct_call_offer, call_id, FT_STRING, FK_REQUIRED),
	OF(direct_call_offer, identity_pub, FT_BYTES32, FK_REQUIRED),
	OF(direct_call_offer, ephemeral_pub, FT_BYTES32, FK_REQUIRED),
	OF(direct_call_offer, signature, FT_BYTES, FK_REQUIRED),
	OF(direct_call_offer, supported_profiles, PROFILES),
	OF(direct_call_offer, caller_reflexive_addr, FT_STRING, FK_OMITTED),
	OF(direct_call_offer, caller_local_addrs, FT_STRINGS,
	    FK_DEFAULT_OMITTED),
	OF(direct_call_offer, caller_build_version, FT_STRING, FK_OMITTED),
	OF(direct_call_offer, caller_features, FT_STRINGS, FK_EXTENSION),
};

static const struct field	direct_call_answer[] = {
	OF(direct_call_answer, call_id, FT_STRING, FK_REQUIRED),
	OF(direct_call_answer, accept_mode, FT_ENUM, FK_REQUIRED,
	    .f_names = mode_name),
	OF(direct_call_answer, identity_pub, FT_BYTES, FK_OMITTED,
	    .f_exact = 32),
	OF(direct_call_answer, ephemeral_pub, FT_BYTES, FK_OMITTED,
	    .f_exact = 32),
	OF(direct_call_answer, signature, FT_BYTES, FK_OMITTED),
	OF(direct_call_answer, chosen_profile, FT_OBJECT, FK_OMITTED,
	    .f_object = &profile, HAS(direct_call_answer, has_profile)),
	OF(direct_call_answer, callee_reflexive_addr, FT_STRING, FK_OMITTED),
	OF(direct_call_answer, callee_local_addrs, FT_STRINGS,
	    FK_DEFAULT_OMITTED),
	OF(direct_call_answer, callee_build_version, FT_STRING, FK_OMITTED),
	OF(direct_call_answer, callee_features, FT_STRINGS, FK_EXTENSION),
};

static const struct field	call_setup[] = {
	OF(call_setup, call_id, FT_STRING, FK_REQUIRED),
	OF(call_setup, room, FT_STRING, FK_REQUIRED),
	OF(call_setup, relay_addr, FT_STRING, FK_REQUIRED),
	OF(call_setup, peer_direct_addr, FT_STRING, FK_OMITTED),
	OF(call_setup, peer_local_addrs, FT_STRINGS, FK_DEFAULT_OMITTED),
	OF(call_setup, peer_features, FT_STRINGS, FK_EXTENSION),
};

static const struct field	call_ringing[] = {
	OF(call_ringing, call_id, FT_STRING, FK_REQUIRED),
};

static const struct field	reflect_response[] = {
	OF(reflect_response, observed_addr, FT_STRING, FK_REQUIRED),
};

static const struct field	media_path_report[] = {
	OF(media_path_report, call_id, FT_STRING, FK_REQUIRED),
	OF(media_path_report, direct_ok, FT_BOOL, FK_REQUIRED),
	OF(media_path_report, race_winner, FT_STRING, FK_DEFAULT),
};

static const struct field	federated_forward[] = {
	OF(federated_forward, inner, FT_SIGNAL, FK_REQUIRED),
	OF(federated_forward, origin_relay_fp, FT_STRING, FK_REQUIRED),
	OF(federated_forward, path, FT_STRINGS, FK_EXTENSION),
	OF(federated_forward, route, FT_STRINGS, FK_EXTENSION),
};

static const struct field	quality_directive[] = {
	OF(quality_directive, recommended_profile, PROFILE),
	OF(quality_directive, reason, FT_STRING, FK_OMITTED),
};

static const struct field	call_candidates[] = {
	OF(call_candidates, call_id, FT_STRING, FK_REQUIRED),
	OF(call_candidates, generation, FT_U32, FK_REQUIRED),
	OF(call_candidates, candidates, FT_STRINGS, FK_REQUIRED),
	OF(call_candidates, end, FT_BOOL, FK_REQUIRED),
};

static const struct field	call_punch[] = {
	OF(call_punch, call_id, FT_STRING, FK_REQUIRED),
	OF(call_punch, round, FT_U32, FK_REQUIRED),
	OF(call_punch, delay_ms, FT_U32, FK_REQUIRED),
};

static const struct field	presence_digest[] = {
	OF(presence_digest, salt, FT_STRING, FK_REQUIRED),
	OF(presence_digest, reset, FT_BOOL, FK_REQUIRED),
	OF(presence_digest, add, FT_STRING, FK_REQUIRED),
	OF(presence_digest, remove, FT_STRING, FK_REQUIRED),
};

static const struct field	direct_proof[] = {
	OF(direct_proof, mac, FT_BYTES32, FK_REQUIRED),
};

#define UNIT(n)	\
	{ .v_name = (n) }
#define STRUCT(n, f)	\
	{ (n), { (f), NFIELDS(f), 0 } }

const struct variant	signal_variants[SIGNAL_TYPE_MAX] = {
	[SIGNAL_CALL_OFFER] = STRUCT("CallOffer", call_offer),
	[SIGNAL_CALL_ANSWER] = STRUCT("CallAnswer", call_answer),
	[SIGNAL_ICE_CANDIDATE] = STRUCT("IceCandidate", ice_candidate),
	[SIGNAL_REKEY] = STRUCT("Rekey", rekey),
	[SIGNAL_QUALITY_UPDATE] = STRUCT("QualityUpdate", quality_update),
	[SIGNAL_LOSS_RECOVERY_UPDATE] =
	    STRUCT("LossRecoveryUpdate", loss_recovery_update),
	[SIGNAL_PING] = STRUCT("Ping", ping),
	[SIGNAL_PONG] = STRUCT("Pong", ping),
	[SIGNAL_HANGUP] = STRUCT("Hangup", hangup),
	[SIGNAL_AUTH_TOKEN] = STRUCT("AuthToken", auth_token),
	[SIGNAL_HOLD] = UNIT("Hold"),
	[SIGNAL_UNHOLD] = UNIT("Unhold"),
	[SIGNAL_MUTE] = UNIT("Mute"),
	[SIGNAL_UNMUTE] = UNIT("Unmute"),
	[SIGNAL_TRANSFER] = STRUCT("Transfer", transfer),
	[SIGNAL_TRANSFER_ACK] = UNIT("TransferAck"),
	[SIGNAL_PRESENCE_UPDATE] = STRUCT("PresenceUpdate", presence_update),
	[SIGNAL_ROUTE_QUERY] = STRUCT("RouteQuery", route_query),
	[SIGNAL_ROUTE_RESPONSE] = STRUCT("RouteResponse", route_response),
	[SIGNAL_SESSION_FORWARD] = STRUCT("SessionForward", session_forward),
	[SIGNAL_SESSION_FORWARD_ACK] =
	    STRUCT("SessionForwardAck", session_forward_ack),
	[SIGNAL_ROOM_UPDATE] = STRUCT("RoomUpdate", room_update),
	[SIGNAL_FEDERATION_HELLO] =
	    STRUCT("FederationHello", federation_hello),
	[SIGNAL_GLOBAL_ROOM_ACTIVE] =
	    STRUCT("GlobalRoomActive", global_room_active),
	[SIGNAL_GLOBAL_ROOM_INACTIVE] =
	    STRUCT("GlobalRoomInactive", global_room_inactive),
	[SIGNAL_REGISTER_PRESENCE] =
	    STRUCT("RegisterPresence", register_presence),
	[SIGNAL_REGISTER_PRESENCE_ACK] =
	    STRUCT("RegisterPresenceAck", register_presence_ack),
	[SIGNAL_DIRECT_CALL_OFFER] =
	    STRUCT("DirectCallOffer", direct_call_offer),
	[SIGNAL_DIRECT_CALL_ANSWER] =
	    STRUCT("DirectCallAnswer", direct_call_answer),
	[SIGNAL_CALL_SETUP] = STRUCT("CallSetup", call_setup),
	[SIGNAL_CALL_RINGING] = STRUCT("CallRinging", call_ringing),
	[SIGNAL_REFLECT] = UNIT("Reflect"),
	[SIGNAL_REFLECT_RESPONSE] =
	    STRUCT("ReflectResponse", reflect_response),
	[SIGNAL_MEDIA_PATH_REPORT] =
	    STRUCT("MediaPathReport", media_path_report),
	[SIGNAL_FEDERATED_SIGNAL_FORWARD] =
	    STRUCT("FederatedSignalForward", federated_forward),
	[SIGNAL_QUALITY_DIRECTIVE] =
	    STRUCT("QualityDirective", quality_directive),
	[SIGNAL_CALL_CANDIDATES] =
	    STRUCT("CallCandidates", call_candidates),
	[SIGNAL_CALL_PUNCH] = STRUCT("CallPunch", call_punch),
	[SIGNAL_PRESENCE_DIGEST] =
	    STRUCT("PresenceDigest", presence_digest),
	[SIGNAL_DIRECT_PROOF] = STRUCT("DirectProof", direct_proof),
};
