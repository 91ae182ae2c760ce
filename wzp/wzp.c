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
 * wzp(1): calls people by their fingerprints.
 */

#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_id.h"
#include "client/audio/audio_in.h"
#include "client/audio/audio_out.h"
#include "client/client.h"
#include "client/identity_store.h"
#include "client/net/net.h"
#include "client/natprobe.h"
#include "client/pins.h"
#include "client/portmap/portmap.h"
#include "common/base/log.h"
#include "common/quic/params.h"
#include "common/quic/sni.h"
#include "common/quic/tls.h"
#include "common/sandbox/sandbox.h"
#include "common/wire/identity.h"
#include "common/wire/media.h"
#include "wzp/output.h"

#define EXIT_USAGE	2
#define WHY_MAX		512

enum option_id {
	OPT_ACCEPT = 256,
	OPT_AS_ORIGINAL,
	OPT_MUTE,
	OPT_NO_PORTMAP,
	OPT_ONCE,
	OPT_PLAY,
	OPT_PROFILE,
	OPT_RECORD,
	OPT_RELAY_ONLY,
	OPT_REQUIRE_E2E,
	OPT_SECONDS,
	OPT_TOKEN,
	OPT_TONE
};

struct options {
	const char		*o_relay;
	const char		*o_identity;
	bool			 o_json;
	int			 o_verbose;
	const char		*o_play;
	const char		*o_record;
	double			 o_tone;	/* 0: none */
	bool			 o_mute;
	bool			 o_audio;	/* any option about sound */
	bool			 o_accept_given;
	bool			 o_call_given;	/* options about calls */
	char			**o_nat;	/* relays, o_config.cc_nat */
	struct portmap		*o_portmap;
	struct client_config	 o_config;
	char			 o_target[QUIC_SNI_MAX];
};

static const struct option	long_options[] = {
	{ "accept", required_argument, NULL, OPT_ACCEPT },
	{ "as-original", no_argument, NULL, OPT_AS_ORIGINAL },
	{ "help", no_argument, NULL, 'h' },
	{ "identity", required_argument, NULL, 'i' },
	{ "json", no_argument, NULL, 'j' },
	{ "mute", no_argument, NULL, OPT_MUTE },
	{ "no-portmap", no_argument, NULL, OPT_NO_PORTMAP },
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "play", required_argument, NULL, OPT_PLAY },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "record", required_argument, NULL, OPT_RECORD },
	{ "relay", required_argument, NULL, 'r' },
	{ "relay-only", no_argument, NULL, OPT_RELAY_ONLY },
	{ "require-e2e", no_argument, NULL, OPT_REQUIRE_E2E },
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ "token", required_argument, NULL, OPT_TOKEN },
	{ "tone", required_argument, NULL, OPT_TONE },
	{ "verbose", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

/* Commands that talk to a relay; `id' does not, `nat' to several. */
static const struct {
	const char		*name;
	enum client_mode	 mode;
	bool			 target;
	bool			 sound;
} commands[] = {
	{ "listen", CLIENT_LISTEN, false, true },
	{ "call", CLIENT_CALL, true, true },
	{ "room", CLIENT_ROOM, true, true },
	{ "ping", CLIENT_PING, false, false },
	{ "version", CLIENT_VERSION, false, false },
};

static const struct {
	const char			*name;
	const struct media_profile	*profile;
} profiles[] = {
	{ "good", &media_profile_good },
	{ "degraded", &media_profile_degraded },
	{ "studio32", &media_profile_studio_32k },
	{ "studio48", &media_profile_studio_48k },
	{ "studio64", &media_profile_studio_64k },
};

static void	 help(void);
static void	 bad_usage(const char *, ...)
		    __attribute__((format(printf, 1, 2), noreturn));
static void	 parse_options(struct options *, int, char *[]);
static void	 parse_option(struct options *, int, const char *);
static void	 parse_command(struct options *, int, char *[], bool *);
static void	 parse_room(struct options *, const char *);
static int	 open_identity(struct options *, struct identity *,
		    char path[PATH_MAX]);
static int	 open_pins(struct options *, const char *);
static int	 open_sound(struct options *);
static void	 open_portmap(struct options *);
static int	 run(struct options *, struct identity *, const char *);
static int	 run_nat(struct options *);
static int	 run_client(struct options *, struct net *);
static void	 on_event(void *, const struct client_event *);
static void	 on_transmit(void *, const struct quic_packet *);

int
main(int argc, char *argv[])
{
	static struct options	o;
	struct identity		id;
	char			path[PATH_MAX], fp[IDENTITY_FP_STRLEN];
	bool			only_id;
	int			status;

	log_init("wzp", NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	o.o_relay = "127.0.0.1:4433";
	o.o_config.cc_accept = ACCEPT_GENERIC;
	o.o_config.cc_profile = media_profile_good;
	o.o_config.cc_auto = true;
	parse_options(&o, argc, argv);
	parse_command(&o, argc - optind, argv + optind, &only_id);
	output_init(o.o_json, o.o_verbose);
	log_set_verbose(o.o_verbose > 1);

	if (quic_tls_init() == -1) {
		output_error("the TLS library cannot be used");
		return (EXIT_FAILURE);
	}
	if (o.o_nat != NULL) {
		status = run_nat(&o);
		output_exit(status == EXIT_SUCCESS);
		quic_tls_fini();
		return (status);
	}
	/* Its helper must not inherit the key. */
	if (!only_id)
		open_portmap(&o);
	if (open_identity(&o, &id, path) == -1) {
		portmap_free(o.o_portmap);
		output_exit(false);
		return (EXIT_FAILURE);
	}
	if (only_id) {
		identity_fingerprint(id.id_pub, fp);
		if (!o.o_json)
			printf("%s\n", fp);
		status = EXIT_SUCCESS;
	} else
		status = run(&o, &id, path);
	identity_wipe(&id);
	output_exit(status == EXIT_SUCCESS);
	quic_tls_fini();
	return (status);
}

static void
help(void)
{
	printf(
	    "usage: wzp [-jv] [-i identity] [-r relay[:port]] [options] "
	    "command\n"
	    "commands:\n"
	    "  id                  print my fingerprint\n"
	    "  listen              wait for calls\n"
	    "  call FINGERPRINT    call somebody\n"
	    "  room NAME           join a room\n"
	    "  nat RELAY...        ask relays from where they see me\n"
	    "  ping                ask the relay how far away it is\n"
	    "  version             ask the relay for its build\n"
	    "options:\n"
	    "  -i, --identity FILE file with my key (made when missing)\n"
	    "  -j, --json          print events as JSON, one a line\n"
	    "  -r, --relay HOST    the relay (127.0.0.1:4433)\n"
	    "  -v, --verbose       say more\n"
	    "  --accept MODE       of calls: trusted (directly, if there is "
	    "a way),\n"
	    "                      generic (default: by the relay), reject\n"
	    "  --once              leave after one call\n"
	    "  --play FILE         send this instead of the microphone\n"
	    "  --tone HZ           send a tone\n"
	    "  --mute              send silence\n"
	    "  --record FILE       write what is heard to a WAV file\n"
	    "  --seconds N         hang up after so much media\n"
	    "  --profile NAME      good, degraded, studio32, studio48, "
	    "studio64;\n"
	    "                      without it, what the relay recommends\n"
	    "  --relay-only        tell nobody my address: no direct calls\n"
	    "  --require-e2e       no call that the relay could hear\n"
	    "  --no-portmap        do not ask my router for a port\n"
	    "  --token TOKEN       for relays that want one\n"
	    "  --as-original       behave like the original's client\n");
}

static void
bad_usage(const char *fmt, ...)
{
	va_list	ap;

	fprintf(stderr, "wzp: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nusage: wzp [-jv] [-i identity] [-r relay] "
	    "[options] command; more with --help\n");
	exit(EXIT_USAGE);
}

static void
parse_options(struct options *o, int argc, char *argv[])
{
	int	ch;

	opterr = 0;
	while ((ch = getopt_long(argc, argv, ":hi:jr:v", long_options,
	    NULL)) != -1) {
		switch (ch) {
		case 'h':
			help();
			exit(EXIT_SUCCESS);
		case 'i':
			o->o_identity = optarg;
			break;
		case 'j':
			o->o_json = true;
			break;
		case 'r':
			o->o_relay = optarg;
			break;
		case 'v':
			o->o_verbose++;
			break;
		case ':':
			bad_usage("%s: needs an argument", argv[optind - 1]);
		case '?':
			bad_usage("%s: no such option", argv[optind - 1]);
		default:
			parse_option(o, ch, optarg);
			break;
		}
	}
}

static void
parse_option(struct options *o, int ch, const char *arg)
{
	const char	*why;
	size_t		 i, n;

	switch (ch) {
	case OPT_ACCEPT:
		o->o_accept_given = true;
		if (strcmp(arg, "trusted") == 0)
			o->o_config.cc_accept = ACCEPT_TRUSTED;
		else if (strcmp(arg, "generic") == 0)
			o->o_config.cc_accept = ACCEPT_GENERIC;
		else if (strcmp(arg, "reject") == 0)
			o->o_config.cc_accept = ACCEPT_REJECT;
		else
			bad_usage("--accept %s: is trusted, generic or reject",
			    arg);
		break;
	case OPT_AS_ORIGINAL:
		o->o_config.cc_as_original = true;
		break;
	case OPT_MUTE:
		o->o_mute = o->o_audio = true;
		break;
	case OPT_NO_PORTMAP:
		o->o_config.cc_no_portmap = o->o_call_given = true;
		break;
	case OPT_ONCE:
		o->o_config.cc_once = true;
		break;
	case OPT_PLAY:
		o->o_play = arg;
		o->o_audio = true;
		break;
	case OPT_PROFILE:
		n = sizeof(profiles) / sizeof(profiles[0]);
		for (i = 0; i < n; i++)
			if (strcmp(arg, profiles[i].name) == 0)
				break;
		if (i == n)
			bad_usage("--profile %s: no such profile", arg);
		o->o_config.cc_profile = *profiles[i].profile;
		o->o_config.cc_auto = false;
		o->o_audio = true;
		break;
	case OPT_RECORD:
		o->o_record = arg;
		o->o_audio = true;
		break;
	case OPT_RELAY_ONLY:
		o->o_config.cc_relay_only = o->o_call_given = true;
		break;
	case OPT_REQUIRE_E2E:
		o->o_config.cc_require_e2e = o->o_call_given = true;
		break;
	case OPT_SECONDS:
		o->o_config.cc_seconds = (unsigned int)strtonum(arg, 1, 604800,
		    &why);
		if (why != NULL)
			bad_usage("--seconds %s: %s", arg, why);
		break;
	case OPT_TOKEN:
		o->o_config.cc_token = arg;
		break;
	case OPT_TONE:
		o->o_tone = (double)strtonum(arg, 20, 20000, &why);
		if (why != NULL)
			bad_usage("--tone %s: %s", arg, why);
		o->o_audio = true;
		break;
	}
}

static void
parse_command(struct options *o, int argc, char *argv[], bool *only_id)
{
	size_t	i, n = sizeof(commands) / sizeof(commands[0]);
	int	sources;

	*only_id = false;
	if (argc < 1)
		bad_usage("no command");
	sources = (o->o_play != NULL) + (o->o_tone > 0.0) + o->o_mute;
	if (sources > 1)
		bad_usage("only one of --play, --tone and --mute");
	if (strcmp(argv[0], "id") == 0) {
		if (argc > 1)
			bad_usage("id: takes no argument");
		*only_id = true;
		return;
	}
	if (strcmp(argv[0], "nat") == 0) {
		if (argc < 2 || argc > 1 + NATPROBE_MAX)
			bad_usage("nat: takes 1 to %d relays", NATPROBE_MAX);
		if (o->o_audio || o->o_accept_given || o->o_call_given ||
		    o->o_config.cc_once)
			bad_usage("nat: takes no options of calls");
		o->o_config.cc_mode = CLIENT_NAT;
		o->o_config.cc_nat = (size_t)argc - 1;
		o->o_nat = argv + 1;
		return;
	}
	for (i = 0; i < n; i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			break;
	if (i == n)
		bad_usage("%s: no such command", argv[0]);
	o->o_config.cc_mode = commands[i].mode;
	if (argc != 1 + commands[i].target)
		bad_usage("%s: %s", argv[0], commands[i].target ?
		    "takes one argument" : "takes no argument");
	if (o->o_audio && !commands[i].sound)
		bad_usage("%s: has no sound", argv[0]);
	if ((o->o_config.cc_once || o->o_accept_given) &&
	    o->o_config.cc_mode != CLIENT_LISTEN)
		bad_usage("%s: --once and --accept belong to listen", argv[0]);
	if (o->o_call_given && o->o_config.cc_mode != CLIENT_LISTEN &&
	    o->o_config.cc_mode != CLIENT_CALL)
		bad_usage("%s: --relay-only, --require-e2e and --no-portmap "
		    "belong to call and listen", argv[0]);
	if (o->o_config.cc_require_e2e && o->o_config.cc_as_original)
		bad_usage("the original has no --require-e2e");
	switch (o->o_config.cc_mode) {
	case CLIENT_CALL:
		if (identity_fingerprint_parse(argv[1], o->o_target) == -1)
			bad_usage("call %s: is not a fingerprint", argv[1]);
		break;
	case CLIENT_ROOM:
		parse_room(o, argv[1]);
		break;
	case CLIENT_LISTEN:
	case CLIENT_PING:
	case CLIENT_VERSION:
	case CLIENT_NAT:
		break;
	}
	o->o_config.cc_target = o->o_target;
	/* A file that was asked for without a time is the time. */
	o->o_config.cc_until_end = o->o_play != NULL &&
	    o->o_config.cc_seconds == 0 &&
	    o->o_config.cc_mode != CLIENT_LISTEN;
}

/* Rooms are names of DNS, in lower case (wzp-protocol 1.4). */
static void
parse_room(struct options *o, const char *name)
{
	static const char *const	reserved[] = { QUIC_SNI_PING,
	    QUIC_SNI_VERSION, QUIC_SNI_PROBE, QUIC_SNI_FEDERATION,
	    QUIC_SNI_SIGNAL };
	size_t				i;
	char				*p;

	if (strlcpy(o->o_target, name, sizeof(o->o_target)) >=
	    sizeof(o->o_target) || !sni_valid(name, strlen(name)))
		bad_usage("room %s: can be no room: letters, digits, `-', `_' "
		    "and dots only, and not only digits", name);
	for (p = o->o_target; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	for (i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(o->o_target, reserved[i]) == 0)
			bad_usage("room %s: is no room", name);
	if (strncmp(o->o_target, QUIC_CALL_ROOM_PREFIX,
	    strlen(QUIC_CALL_ROOM_PREFIX)) == 0)
		bad_usage("room %s: belongs to a call", name);
}

static int
open_identity(struct options *o, struct identity *id, char path[PATH_MAX])
{
	char	why[WHY_MAX], fp[IDENTITY_FP_STRLEN];
	bool	created;

	if (o->o_identity != NULL) {
		if (strlcpy(path, o->o_identity, PATH_MAX) >= PATH_MAX) {
			output_error("the name of the identity file is too "
			    "long");
			return (-1);
		}
	} else if (identity_store_default(path, PATH_MAX, why,
	    sizeof(why)) == -1) {
		output_error("%s", why);
		return (-1);
	}
	if (identity_store_load(path, id, &created, why, sizeof(why)) == -1) {
		output_error("%s", why);
		return (-1);
	}
	identity_fingerprint(id->id_pub, fp);
	output_identity(fp, path, created);
	o->o_config.cc_identity = id;
	return (0);
}

/* known_relays beside the identity. */
static int
open_pins(struct options *o, const char *identity)
{
	char	path[PATH_MAX + sizeof("known_relays")], why[WHY_MAX];
	char	*slash;

	(void)strlcpy(path, identity, sizeof(path));
	if ((slash = strrchr(path, '/')) != NULL)
		slash[1] = '\0';
	else
		path[0] = '\0';
	(void)strlcat(path, "known_relays", sizeof(path));
	o->o_config.cc_pins = pins_open(path, why, sizeof(why));
	if (o->o_config.cc_pins == NULL) {
		output_error("%s", why);
		return (-1);
	}
	return (0);
}

static int
open_sound(struct options *o)
{
	struct client_config	*cc = &o->o_config;
	char			 why[WHY_MAX];
	bool			 own = true;

	(void)strlcpy(why, "out of memory", sizeof(why));
	if (o->o_play != NULL)
		cc->cc_in = audio_in_file(o->o_play, why, sizeof(why));
	else if (o->o_tone > 0.0)
		cc->cc_in = audio_in_tone(o->o_tone);
	else if (o->o_mute)
		cc->cc_in = audio_in_silence();
	else {
		own = false;
		cc->cc_in = audio_in_device(why, sizeof(why));
	}
	if (cc->cc_in == NULL) {
		output_error("%s%s", why, own ? "" :
		    "; use --play, --tone or --mute");
		return (-1);
	}
	if (o->o_record != NULL)
		cc->cc_out = audio_out_file(o->o_record, why, sizeof(why));
	else
		cc->cc_out = audio_out_device(why, sizeof(why));
	if (cc->cc_out == NULL && o->o_record == NULL && own) {
		fprintf(stderr, "wzp: %s: what is heard is lost\n", why);
		cc->cc_out = audio_out_null();
	}
	if (cc->cc_out == NULL) {
		output_error("%s%s", why, o->o_record != NULL ? "" :
		    "; use --record");
		return (-1);
	}
	return (0);
}

/* Only who may be called directly needs a port that is reached. */
static void
open_portmap(struct options *o)
{
	const struct client_config	*cc = &o->o_config;

	if (cc->cc_no_portmap || cc->cc_relay_only || cc->cc_as_original)
		return;
	if (cc->cc_mode != CLIENT_CALL && (cc->cc_mode != CLIENT_LISTEN ||
	    cc->cc_accept != ACCEPT_TRUSTED))
		return;
	/* Of a relay on this very host there is no router in between. */
	if (strncmp(o->o_relay, "127.", 4) == 0 ||
	    strncmp(o->o_relay, "[::1]", 5) == 0 ||
	    strncmp(o->o_relay, "localhost", 9) == 0)
		return;
	o->o_portmap = portmap_new();
}

static int
run(struct options *o, struct identity *id, const char *path)
{
	struct client_config	*cc = &o->o_config;
	struct net		*net = NULL;
	char			 why[WHY_MAX], name[PINS_RELAY_MAX];
	char			 fp[IDENTITY_FP_STRLEN];
	int			 status = EXIT_FAILURE;

	identity_fingerprint(id->id_pub, fp);
	if (cc->cc_mode == CLIENT_CALL && strcmp(fp, o->o_target) == 0) {
		output_error("this is your own fingerprint");
		goto done;
	}
	if (open_pins(o, path) == -1)
		goto done;
	if ((cc->cc_mode == CLIENT_LISTEN || cc->cc_mode == CLIENT_CALL ||
	    cc->cc_mode == CLIENT_ROOM) && open_sound(o) == -1)
		goto done;
	if (net_resolve(o->o_relay, &cc->cc_relay, name, sizeof(name), why,
	    sizeof(why)) == -1 ||
	    (net = net_new(&cc->cc_relay, why, sizeof(why))) == NULL) {
		output_error("%s", why);
		goto done;
	}
	net_portmap(net, o->o_portmap);
	o->o_portmap = NULL;
	cc->cc_relay_name = name;
	status = run_client(o, net);
done:
	portmap_free(o->o_portmap);
	net_free(net);
	audio_in_free(cc->cc_in);
	audio_out_free(cc->cc_out);
	pins_free(cc->cc_pins);
	return (status);
}

static int
run_nat(struct options *o)
{
	static char		 names[NATPROBE_MAX][PINS_RELAY_MAX];
	static const char	*list[NATPROBE_MAX];
	static struct addr	 relays[NATPROBE_MAX];
	static struct identity	 nobody;
	struct client_config	*cc = &o->o_config;
	struct net		*net;
	char			 why[WHY_MAX];
	size_t			 i;
	int			 status;

	for (i = 0; i < cc->cc_nat; i++) {
		if (net_resolve(o->o_nat[i], &relays[i], names[i],
		    sizeof(names[i]), why, sizeof(why)) == -1) {
			output_error("%s", why);
			return (EXIT_FAILURE);
		}
		list[i] = names[i];
	}
	if ((net = net_new(&relays[0], why, sizeof(why))) == NULL) {
		output_error("%s", why);
		return (EXIT_FAILURE);
	}
	/* All ask from the same socket, as somebody without a key. */
	cc->cc_relay = relays[0];
	cc->cc_nat_relays = relays;
	cc->cc_nat_names = list;
	cc->cc_identity = &nobody;
	status = run_client(o, net);
	net_free(net);
	return (status);
}

static int
run_client(struct options *o, struct net *net)
{
	struct sandbox_identity	 nobody;
	struct client_config	*cc = &o->o_config;
	struct client		*client;
	char			 in_force[256];
	const char		*error;
	int			 status = EXIT_FAILURE;

	net_ports(net, cc->cc_port);
	cc->cc_event = on_event;
	cc->cc_transmit = on_transmit;
	cc->cc_arg = net;
	if ((client = client_new(cc)) == NULL) {
		output_error("the client could not be set up");
		return (EXIT_FAILURE);
	}

	/* Everything is open, every name is known. */
	memset(&nobody, 0, sizeof(nobody));
	if (sandbox_enter(SANDBOX_CLIENT, &nobody, NULL, in_force,
	    sizeof(in_force)) == -1) {
		output_error("the sandbox could not be entered");
		goto done;
	}
	log_debug("sandbox: %s", in_force);

	if (net_run(net, client))
		status = EXIT_SUCCESS;
	if (cc->cc_out != NULL &&
	    (error = audio_out_error(cc->cc_out))[0] != '\0') {
		output_error("%s", error);
		status = EXIT_FAILURE;
	}
done:
	client_free(client);
	return (status);
}

static void
on_event(void *arg, const struct client_event *ev)
{
	(void)arg;
	output_event(ev);
}

static void
on_transmit(void *arg, const struct quic_packet *packet)
{
	net_transmit(arg, packet);
}
