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

/* Other relays, the parent's side (see peers.h). */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/quic/udp.h"
#include "relayd/peers.h"
#include "relayd/stanza.h"

/*
 * A link carries the signals and media of many calls, as a listen socket does
 * (listen.c); there are at most PEERS_MAX of them.
 */
#define SOCKET_BUFFER	(2 * 1024 * 1024)

/*
 * Sockets that wait to be read are descriptors of ours: who does not read
 * what he asked for gets no more of them.
 */
#define DIAL_QUEUE_MAX	16384

static const char
		*refuse_host(const struct config *, const struct addr *,
		    const struct addr *, uint64_t);
static void	source_of(const struct config *, const struct addr *,
		    struct addr *);
static void	fail(struct process *, uint64_t, const char *);

int
peers_send(struct process *p)
{
	const struct config	*cf = p->pr_super->sv_config;
	const struct conf_peer	*cp;
	const struct conf_probe	*cb;
	const struct conf_room	*cr;
	struct channel		*ch = p->pr_channel;

	if (channel_send(ch, MSG_PEERS_BEGIN, NULL) == -1)
		return (-1);
	TAILQ_FOREACH(cp, &cf->cf_peers, cp_entry)
		if (channel_send(ch, MSG_PEER, &cp->cp_peer) == -1)
			return (-1);
	TAILQ_FOREACH(cr, &cf->cf_rooms, cr_entry)
		if (channel_send(ch, MSG_GLOBAL_ROOM, &cr->cr_room) == -1)
			return (-1);
	TAILQ_FOREACH(cb, &cf->cf_probes, cb_entry)
		if (channel_send(ch, MSG_PROBE_TARGET, &cb->cb_target) == -1)
			return (-1);
	return (channel_send(ch, MSG_PEERS_END, NULL));
}

/*
 * A literal is dialled as it stands.  Of a name the port is ours to compare;
 * its address came from name servers, and federd passed it on.
 */
static const char *
refuse_host(const struct config *cf, const struct addr *literal,
    const struct addr *want, uint64_t port)
{
	if (literal->addr_len != 0)
		return (addr_equal(literal, want) ? NULL :
		    "not the address of the configuration");
	if (addr_port(want) != port)
		return ("not the port of the configuration");
	return (stanza_dialable(cf, want));
}

const char *
peers_refuse(const struct config *cf, const struct msg_dial *msg)
{
	const struct conf_peer	*cp;
	const struct conf_probe	*cb;

	if (msg->probe) {
		TAILQ_FOREACH(cb, &cf->cf_probes, cb_entry)
			if (cb->cb_target.index == msg->index)
				return (refuse_host(cf,
				    &cb->cb_target.address, &msg->address,
				    cb->cb_target.port));
		return ("no such probe in the configuration");
	}
	TAILQ_FOREACH(cp, &cf->cf_peers, cp_entry) {
		if (cp->cp_peer.index != msg->index)
			continue;
		if (cp->cp_peer.host[0] == '\0')
			return ("that peer has no address: it dials us");
		return (refuse_host(cf, &cp->cp_peer.address, &msg->address,
		    cp->cp_peer.port));
	}
	return ("no such peer in the configuration");
}

/*
 * From where people know us: an original takes a link only from the address
 * that its configuration has (wzp-protocol 9.1).  A listener on the loopback
 * reaches nobody else, and is the right one for nobody else.
 */
static void
source_of(const struct config *cf, const struct addr *remote,
    struct addr *source)
{
	const struct listener	*ln;

	memset(source, 0, sizeof(*source));
	TAILQ_FOREACH(ln, &cf->cf_listeners, ln_entry) {
		if (addr_family(&ln->ln_addr) != addr_family(remote))
			continue;
		if (!addr_is_any(&ln->ln_addr) &&
		    addr_is_loopback(&ln->ln_addr) !=
		    addr_is_loopback(remote))
			continue;
		*source = ln->ln_addr;
		addr_set_port(source, 0);
		return;
	}
	/* None of that family: the system chooses. */
	source->addr_u.sa.sa_family = (sa_family_t)addr_family(remote);
	source->addr_len = remote->addr_len;
}

int
peers_socket(const struct config *cf, const struct addr *remote,
    struct addr *local, const char **why)
{
	const struct listener	*ln;
	struct sockaddr_storage	 ss;
	struct addr		 source;
	socklen_t		 len = sizeof(ss);
	int			 fd;

	source_of(cf, remote, &source);
	if ((fd = udp_bind(&source, SOCKET_BUFFER)) == -1) {
		*why = strerror(errno);
		return (-1);
	}
	if (connect(fd, &remote->addr_u.sa, remote->addr_len) == -1 ||
	    getsockname(fd, (struct sockaddr *)&ss, &len) == -1 ||
	    addr_from_sockaddr(local, (struct sockaddr *)&ss, len) == -1) {
		*why = strerror(errno);
		close(fd);
		return (-1);
	}
	/*
	 * To one of its own addresses the system talks from that address;
	 * where a listener takes all of them, it would be ourselves.
	 */
	TAILQ_FOREACH(ln, &cf->cf_listeners, ln_entry)
		if (addr_is_any(&ln->ln_addr) && addr_family(&ln->ln_addr) ==
		    addr_family(remote) && addr_port(&ln->ln_addr) ==
		    addr_port(remote) && addr_same_host(local, remote)) {
			*why = "that is this relay itself";
			close(fd);
			return (-1);
		}
	return (fd);
}

static void
fail(struct process *p, uint64_t id, const char *why)
{
	struct msg_dial_failed	msg;

	memset(&msg, 0, sizeof(msg));
	msg.id = id;
	(void)strlcpy(msg.error, why, sizeof(msg.error));
	(void)channel_send(p->pr_channel, MSG_DIAL_FAILED, &msg);
}

void
peers_dial(struct process *p, const struct msg_dial *dial)
{
	struct supervisor	*sv = p->pr_super;
	struct msg_dial_socket	 msg;
	const char		*why;
	int			 fd;

	if (channel_queued(p->pr_channel) > DIAL_QUEUE_MAX) {
		fail(p, dial->id, "the sockets before it were not taken");
		return;
	}
	if (!rate_take(&sv->sv_dials, clock_mono_ns(), PEERS_DIAL_RATE,
	    PEERS_DIAL_BURST)) {
		fail(p, dial->id, "too many sockets at once");
		return;
	}
	memset(&msg, 0, sizeof(msg));
	if ((why = peers_refuse(sv->sv_config, dial)) != NULL ||
	    (fd = peers_socket(sv->sv_config, &dial->address, &msg.local,
	    &why)) == -1) {
		fail(p, dial->id, why);
		return;
	}
	msg.id = dial->id;
	msg.remote = dial->address;
	(void)channel_send_fd(p->pr_channel, MSG_DIAL_SOCKET, &msg, fd);
	close(fd);
}
